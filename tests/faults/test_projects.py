"""Steps 7 and 8, the scorecard and catching up: a server or a kernel that goes in the middle, and files of any kind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from checks import check_extension, check_step, copilot_prompt, hint, scorecard
from checks.grade import CheckerFault
from checks.migrations import trial
from checks.report import Report
from checks.schema_tests import runs
from checks.steps import order_history, step1_setup
from tests.checks.conftest import reference_sql
from tests.checks.fingerprint import fingerprint
from tests.faults.conftest import ROWS, assert_readable, assert_unchanged
from tests.faults.test_servers import _kill_server, _run, _start
from tests.postgres.conftest import Kernel, kernel
from workshop import build_schema, catch_up, empty_database, postgres
from workshop.errors import WorkshopError
from workshop.settings import settings

__all__ = ["kernel"]

INI = "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n"
ENV = """\
from alembic import context
from sqlalchemy import MetaData, create_engine

from config import Settings

target_metadata = MetaData()
with create_engine(Settings().database_url).connect() as connection:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
CONFIG = """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = ""
    echo_sql: bool = False
"""
QUERIES = "def order_history(session, user_id):\n    return []\n"
REVISION = """\
from pathlib import Path

from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.execute(Path("schemas/01_shop.sql").read_text("utf-8"))


def downgrade():
    op.execute("drop schema public cascade; create schema public")
"""
TESTS = """\
import os

import pytest
from sqlalchemy import create_engine, text


def test_users():
    with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        assert connection.execute(text("select count(*) from users")).scalar() == 0
"""

FILES = {
    "schemas/01_shop.sql": reference_sql(5),
    "alembic.ini": INI,
    "migrations/env.py": ENV,
    "migrations/versions/0001.py": REVISION,
    "config.py": CONFIG,
    "queries.py": QUERIES,
    "tests/test_schema.py": TESTS,
}


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def _outcome(work: Callable[[], Any]) -> str:
    """What a call comes to, in words: what it gives, or a sentence of ours. A fault of the checks is none."""
    try:
        said = str(work())
    except WorkshopError as error:
        assert not isinstance(error, CheckerFault), error
        assert_readable(str(error))
        return str(error)
    assert "Traceback" not in said and "stumbled" not in said, said
    return said


# --- Servers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_shop(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole project on a server of this test's own, built and with rows in it."""
    for name in ("DATABASE_URL", "PGAPPNAME"):  # start_step sets them
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("WORKSHOP_POSTGRES", "embedded")
    folder = settings().project
    _write(folder, FILES)
    _start()
    _run(ROWS)
    return folder


def _use_an_empty_database() -> None:
    with empty_database() as url, suppress(psycopg2.Error):
        with closing(postgres.connect(url, "tests")) as connection, connection.cursor() as cursor:
            cursor.execute("select pg_sleep(1)")


WORKS: dict[str, Callable[[], Any]] = {
    "check_step(7)": lambda: check_step(7),
    "check_step(8)": lambda: check_step(8),
    "scorecard()": scorecard,
    "check_extension()": lambda: check_extension("coupons"),
    "empty_database()": _use_an_empty_database,
}


@pytest.mark.parametrize("moment", [0.1, 0.9])
@pytest.mark.parametrize("work", WORKS)
def test_the_server_is_killed_in_the_middle_of(own_shop: Path, work: str, moment: float) -> None:
    url = os.environ["DATABASE_URL"]
    with ThreadPoolExecutor() as aside:
        busy = aside.submit(_outcome, WORKS[work])
        time.sleep(moment)
        _kill_server()
        busy.result()
    assert os.environ["DATABASE_URL"] == url
    _start()
    assert _run("select count(*), sum(id) from users") == [(5, 15)]
    assert check_step(5).passed
