"""nbgrader and otter-grader at work, for `grading.py` to compare with.

What they grade is step 2 of the workbook, solved, reduced to a notebook that needs no database: a cell with the models
of the reference, and plain asserts on what SQLAlchemy knows of them. That is all in their favour. Each is installed
from the package index into an environment of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ASSERTS = (
    'users, categories, products = (Base.metadata.tables[name] for name in ("users", "categories", "products"))',
    'assert {"email", "password_hash", "first_name", "last_name", "is_active"} <= set(users.columns.keys())',
    "assert not users.columns.email.nullable and not users.columns.password_hash.nullable",
    "assert any(index.unique for index in users.indexes)",
    "assert {key.column.table.name for key in categories.foreign_keys} == {'categories'}",
    "assert not products.columns.name.nullable and not products.columns.sku.nullable",
    "assert any(index.unique and 'sku' in index.columns for index in products.indexes) or products.columns.sku.unique "
    "or any(type(rule).__name__ == 'UniqueConstraint' and 'sku' in rule.columns for rule in products.constraints)",
    "assert {key.column.table.name for key in products.foreign_keys} == {'categories'}",
    "assert products.columns.price.type.asdecimal and products.columns.price.type.scale == 2",
    "assert any(type(rule).__name__ == 'CheckConstraint' for rule in products.constraints)",
)


class Unavailable(Exception):
    """A peer can't be installed here; the text says why."""


class Nbgrader:
    """`nbgrader autograde`: one command for a class, one notebook after the other."""

    name = "nbgrader autograde"

    def __init__(self, scratch: Path) -> None:
        """Install it, and release the assignment; raises Unavailable."""
        self._programs = _environment(scratch / "nbgrader", "nbgrader==0.9.6")
        self._course = scratch / "course"
        self._learners = 0
        source = self._course / "source" / "shop"
        source.mkdir(parents=True)
        _write(source / "shop.ipynb", [_marked(_models(), "answer", 0), _marked("\n".join(ASSERTS), "check", 1)])
        self._run("generate_assignment", "shop")

    def seconds(self, count: int) -> float:
        """Grade so many submissions that are new, all of them right."""
        for _ in range(count):
            self._learners += 1
            folder = self._course / "submitted" / f"learner{self._learners:04}" / "shop"
            folder.mkdir(parents=True)
            shutil.copy(self._course / "source" / "shop" / "shop.ipynb", folder)
        started = time.monotonic()
        self._run("autograde", "shop")
        seconds = time.monotonic() - started
        self._require_full_marks()
        return seconds

    def _run(self, *words: str) -> None:
        _call([self._programs / "nbgrader", *words], self._course, self._programs)

    def _require_full_marks(self) -> None:
        question = (
            "from nbgrader.api import Gradebook\n"
            "with Gradebook('sqlite:///gradebook.db') as book:\n"
            "    print(sum(submission.score for submission in book.assignment_submissions('shop')))"
        )
        points = float(_call([self._programs / "python", "-c", question], self._course, self._programs))
        if points != self._learners:
            raise AssertionError(f"nbgrader gave {points} points to {self._learners} right submissions")


class Otter:
    """`otter run`: a command for each submission. (`otter grade`, for a class, needs Docker and an image.)"""

    name = "otter run"

    def __init__(self, scratch: Path) -> None:
        """Install it, and make its autograder; raises Unavailable."""
        self._programs = _environment(scratch / "otter", "otter-grader==7.0.0")
        self._folder = scratch / "exercise"
        for name in ("tests", "results"):
            (self._folder / name).mkdir(parents=True)
        test = ["from otter.test_files import test_case", "OK_FORMAT = False", 'name = "models"', "points = 1"]
        test += ["@test_case()", "def test_models(Base):", *(f"    {line}" for line in ASSERTS)]
        (self._folder / "tests" / "models.py").write_text("\n".join(test), encoding="utf-8")
        _write(self._folder / "shop.ipynb", [_cell(_models(), "answer")])
        self._otter("generate", "--tests-dir", "tests", "--output-path", "autograder.zip")

    def seconds(self, count: int) -> float:
        """Grade the right submission so many times."""
        started = time.monotonic()
        for _ in range(count):
            self._otter("run", "--autograder", "autograder.zip", "--output-dir", "results", "--no-logo", "shop.ipynb")
        seconds = time.monotonic() - started
        results = json.loads((self._folder / "results" / "results.json").read_text(encoding="utf-8"))
        if sum(test.get("score", 0) for test in results["tests"]) != 1:
            raise AssertionError(f"otter gave a right submission {results}")
        return seconds

    def _otter(self, *words: str) -> None:
        _call([self._programs / "otter", *words], self._folder, self._programs)


def _environment(folder: Path, package: str) -> Path:
    """Where the programs of a new environment with this package are."""
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        raise Unavailable(f"there is no uv to install {package} with")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    words: list[str | Path] = [uv, "pip", "install", "--compile-bytecode", "--python", programs / "python"]
    done = subprocess.run(
        [*words, package, "ipykernel", "sqlalchemy>=2.1"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"{package} can't be installed: {done.stderr.strip().splitlines()[-1]}")
    return programs


def _call(words: Sequence[str | Path], folder: Path, programs: Path) -> str:
    """What a command prints, with the programs of its environment first; what it writes beside that, if it fails."""
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    done = subprocess.run(
        words, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    return done.stdout


def _models() -> str:
    """The models of step 2 in one cell."""
    from workshop.reference import files_until

    texts = {path.name: text for path, text in files_until(2).items()}
    return f"{texts['base.py']}\n\n{texts['core.py'].replace('from models.base import Base, Times', '')}"


def _cell(source: str, key: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    form: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
    return {**form, "id": key, "metadata": metadata or {}, "source": source}


def _marked(source: str, key: str, points: int) -> dict[str, Any]:
    """A cell with nbgrader's metadata: one with points is a check, one without an answer."""
    is_check = points > 0
    role = {"grade": is_check, "locked": is_check, "solution": not is_check, "task": False}
    return _cell(source, key, {"nbgrader": {"grade_id": key, "schema_version": 3, "points": points, **role}})


def _write(path: Path, cells: Sequence[dict[str, Any]]) -> None:
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
