"""A real IPython in this process, as a learner's notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from workshop import magics, postgres, reference
from workshop.errors import WorkshopError
from workshop.settings import settings


class Notebook:
    """Runs cells, and says what became of them."""

    def __init__(self, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self._capsys = capsys
        self.printed = ""

    def run(self, cell: str) -> Any:
        """Run a cell that has to succeed; its value. What it prints is in `printed`."""
        result, shown = self._run(cell)
        assert result.success, shown
        self.printed = shown
        return result.result

    def refuse(self, cell: str) -> str:
        """Run a cell that has to fail with a sentence of ours; the sentence."""
        result, shown = self._run(cell)
        error = result.error_before_exec or result.error_in_exec
        assert isinstance(error, WorkshopError), shown
        assert shown.strip() == str(error).strip(), "the learner sees the sentence, and nothing else"
        return str(error)

    def save(self, name: str, text: str) -> str:
        """A cell `%%project_file`; the line it prints."""
        self.run(f"%%project_file {name}\n{text}")
        return self.printed.strip()

    def refuse_file(self, name: str, text: str) -> str:
        """A cell `%%project_file` that has to fail; its sentence."""
        return self.refuse(f"%%project_file {name}\n{text}")

    def _run(self, cell: str) -> tuple[Any, str]:
        self._capsys.readouterr()
        result = self.shell.run_cell(cell)
        return result, self._capsys.readouterr().out


@pytest.fixture
def notebook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A fresh notebook with the workshop's magics and names."""
    monkeypatch.setenv("PGAPPNAME", "tests")  # start_step sets it
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    magics.register(shell)
    shell.run_cell("from workshop import *")
    yield Notebook(shell, capsys)
    InteractiveShell.clear_instance()


@pytest.fixture
def project() -> Path:
    """The learner's project folder of this test."""
    return settings().project


@pytest.fixture
def query(database: str) -> Callable[..., list[tuple[Any, ...]]]:
    """Run a statement on the test's database, committed; its rows."""

    def run(statement: str) -> list[tuple[Any, ...]]:
        with closing(postgres.connect(database, "tests")) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def made_up_solution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes solution notebooks, from their names and code cells, which then stand for the workbook's."""
    folder = tmp_path / "solutions"
    folder.mkdir()
    monkeypatch.setattr(reference, "SOLUTIONS", folder)

    def write(name: str, *cells: str) -> None:
        made = [{"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}} for cell in cells]
        title = {"cell_type": "markdown", "source": ["%%project_file no.py"], "metadata": {}}
        (folder / f"{name}.ipynb").write_text(json.dumps({"cells": [title, *made]}), "utf-8")

    return write


BASE = """\
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
"""

CORE = """\
from sqlalchemy import ForeignKey, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(100), unique=True)


class Category(Base):
    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    products: Mapped[list["Product"]] = relationship(back_populates="category")


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    price = mapped_column(Numeric(10, 2), nullable=False)
    category: Mapped[Category] = relationship(back_populates="products")
"""


@pytest.fixture
def base() -> str:
    """models/base.py as a learner writes it."""
    return BASE


@pytest.fixture
def core() -> str:
    """models/core.py as a learner writes it: users, categories, products."""
    return CORE


@pytest.fixture
def shop(notebook: Notebook, base: str, core: str) -> Notebook:
    """A notebook in which both are saved."""
    notebook.save("models/base.py", base)
    notebook.save("models/core.py", core)
    return notebook
