"""Submissions as learners hand them in, made from the reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checks.finished import make_finished
from workshop.postgres import Server, connect
from workshop.postgres.connection import Address
from workshop.reference import files_until
from workshop.settings import Settings

FOLDERS = ("schemas", "migrations", "tests", "scripts", "models")


def hand_in(folder: Path, changes: Mapping[str, str | None], step: int = 6) -> Path:
    """The reference as far as that step as a project folder; `changes`: further files, None for one that is missing."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    texts: dict[str, str | None] = {path.as_posix(): text for path, text in files_until(step).items()}
    for name, text in {**texts, **changes}.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference after step 8, with revisions and tests."""
    folder = make_finished(tmp_path_factory.mktemp("whole") / "ecommerce-db", server.url)
    for path, text in files_until(8).items():
        if path.parts[0] == "tests":
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    return folder


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    folder = tmp_path / "submissions"
    folder.mkdir()
    return folder


@pytest.fixture
def as_superuser_url(server: Server, server_settings: Settings) -> str:
    """The tests' server, for somebody who may make databases and roles."""
    keys = json.loads((server_settings.home / "postgres" / "data" / "workshop.json").read_text(encoding="utf-8"))
    return replace(Address.parse(server.url), user="postgres", password=keys["superuser"], database="postgres").url()


@pytest.fixture
def as_maker_url(as_superuser_url: str) -> Iterator[str]:
    """The same server, for somebody who may do just that."""
    address = replace(Address.parse(as_superuser_url), user="grader", password="grader")
    with closing(connect(as_superuser_url, "tests")) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("create role grader login createdb createrole password 'grader'")
        yield address.url()
        cursor.execute("drop owned by grader; drop role grader")
