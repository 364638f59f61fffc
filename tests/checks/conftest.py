"""A database to put schemas to the checks, and the two kinds of schema: right designs and wrong ones."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection
from sqlalchemy import create_mock_engine

from checks import contract
from checks.grade import grade
from checks.report import Report
from checks.subject import find_subject
from tests.conftest import drop_database
from workshop import postgres
from workshop.postgres.connection import Address
from workshop.settings import Settings

collect_ignore = ["learners_tests"]  # files that are put before the checks; here they have no project around them

DESIGNS = Path(__file__).parent / "designs"
REFERENCE = DESIGNS / "reference.sql"


def design_sql(path: Path) -> str:
    """A design as DDL: its SQL file, or what SQLAlchemy makes of its models."""
    if path.suffix == ".sql":
        return path.read_text(encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"design_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    statements: list[str] = []
    engine = create_mock_engine(
        "postgresql+psycopg2://", lambda ddl, *_: statements.append(str(ddl.compile(dialect=engine.dialect)))
    )
    module.Base.metadata.create_all(engine, checkfirst=False)
    return ";\n".join(statements)


def reference_sql(step: int | str) -> str:
    """The reference as far as that step; its parts begin with a line `-- Step 3`. Of an extension: that upon step 5."""
    if isinstance(step, str):
        return reference_sql(5) + (DESIGNS / "extensions" / f"{step}.sql").read_text(encoding="utf-8")
    return REFERENCE.read_text(encoding="utf-8").partition(f"\n-- Step {step + 1}\n")[0]


def last_step(path: Path) -> int:
    """How far a design goes: to the step that a line like `-- steps: 2` names, else to the last one."""
    found = re.search(r"^(?:--|#) steps: (\d)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found.group(1)) if found else contract.SCHEMA_STEPS[-1]


@pytest.fixture(scope="module")
def playground(server: postgres.Server) -> Iterator[Connection]:
    """A connection, on autocommit, to a database that each test of a module fills anew."""
    address = Address.parse(server.url).at("playground")
    drop_database(server.url, "playground")
    with closing(postgres.connect(server.url, "tests")) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute("create database playground template template0")
        with closing(postgres.connect(address.url(), "tests")) as connection:
            connection.autocommit = True
            yield connection
    drop_database(server.url, "playground")


@pytest.fixture
def url(playground: Connection, server: postgres.Server) -> str:
    return Address.parse(server.url).at("playground").url()


@pytest.fixture
def build(playground: Connection) -> Callable[[str], None]:
    """Puts a schema, given as SQL, in the place of whatever was there."""

    def build(sql: str) -> None:
        with playground.cursor() as cursor:
            cursor.execute("reset all; alter database playground reset all")
            cursor.execute(
                "select string_agg(format('drop schema %I cascade', nspname), ';') from pg_namespace"
                " where nspname !~ '^pg_' and nspname <> 'information_schema'"
            )
            [drops] = cursor.fetchone() or [None]
            cursor.execute(f"{drops or 'select'}; create schema public")
            cursor.execute(sql or "select")
            # A design that sets its search path means it for the whole database.
            cursor.execute("select current_setting('search_path')")
            [path] = cursor.fetchone() or [None]
            cursor.execute(f"alter database playground set search_path = {path}")

    return build


@pytest.fixture
def as_superuser(url: str, server_settings: Settings) -> Callable[[str], None]:
    """Runs SQL in the playground with every right there is."""
    keys = json.loads((server_settings.home / "postgres" / "data" / "workshop.json").read_text(encoding="utf-8"))

    def execute(sql: str) -> None:
        admin = replace(Address.parse(url), user="postgres", password=keys["superuser"])
        with closing(postgres.connect(admin.url(), "tests")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)

    return execute


@pytest.fixture
def check(url: str) -> Callable[[int | str], Report]:
    """Grades the playground."""
    return lambda step: grade(step, find_subject(url))
