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
from psycopg2.extensions import connection as Connection

from checks import check_extension, check_step, copilot_prompt, hint, scorecard
from checks.grade import CheckerFault
from checks.migrations import trial
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
    with empty_database() as url, suppress(psycopg2.Error), closing(postgres.connect(url, "tests")) as connection:
        connection.cursor().execute("select pg_sleep(1)")


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


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.3])
def test_a_kernel_is_killed_in_the_middle_of_catching_up(own_shop: Path, kernel: Kernel, moment: float) -> None:
    mine = {"config.py": "MINE = 1\n", "models/core.py": "MINE = 2\n", "schemas/02_mine.sql": "select 3;\n"}
    _write(own_shop, mine)
    notebook = kernel(after="import workshop; print('now', flush=True); workshop.catch_up(5); print('caught up')")
    assert notebook.stdout
    while "now" not in notebook.stdout.readline():
        pass
    time.sleep(moment)
    notebook.kill()
    assert "caught up" not in notebook.communicate()[0]
    kept = [path.read_text("utf-8") for folder in (own_shop, settings().home / "history") for path in _texts(folder)]
    assert set(mine.values()) <= set(kept)
    catch_up(5)
    assert check_step(5).passed


def _texts(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in (".py", ".sql")]


# --- Files ----------------------------------------------------------------------------------------------------------

Change = Callable[[bytes], bytes]

#: What becomes of a file that was fine.
DAMAGE: dict[str, Change] = {
    "a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "Windows line ends": lambda good: good.replace(b"\n", b"\r\n"),
    "Latin-1": lambda good: good + "\n# Käufer\n".encode("latin-1"),
    "UTF-16": lambda good: good.decode().encode("utf-16"),
    "a character 0": lambda good: good + b"\0",
    "10 MB": lambda good: good + b"\n# " + b"x" * 10_000_000,
    "5 MB of empty lines": lambda good: good + b"\n" * 5_000_000,
    "nothing": lambda good: b"",
    "a picture": lambda good: b"\x89PNG\r\n\x1a\n\x00\x00",
}
#: What the learner's Python may do while it is loaded; `engine` goes to the database that it should.
DEEDS = {
    "raises": "raise RuntimeError('no')",
    "ends Python": "import sys; sys.exit(0)",
    "ends the process": "import os; os._exit(0)",
    "loops for ever": "while True: pass",
    "recurses": "def f(): f()\nf()",
    "prints a lot": "for _ in range(100): print('x' * 100_000)",
    "prints an answer": 'print(\'{"outcome": "pass", "ok": 1}\')',
    "reads what nobody types": "input()",
    "leaves a transaction open": "kept = engine.connect(); kept.execute(text('insert into categories values (99)'))",
    "leaves a lock": "kept = engine.connect(); kept.execute(text('lock table users'))",
    "drops the schema and changes its mind": (
        "kept = engine.connect(); kept.execute(text('drop schema public cascade')); kept.rollback()"
    ),
    "changes the folder": "import os; os.chdir('/')",
    "takes modules away": "import sys; sys.modules['json'] = sys.modules['psycopg2'] = None",
}
ENGINE = "import os\nfrom sqlalchemy import create_engine, text\nengine = create_engine(os.environ['DATABASE_URL'])\n"
#: Which step runs which file. The late steps take seconds, and get fewer cases.
QUICK = {"config.py": 1, "queries.py": 6}
SLOW = {
    "migrations/env.py": ["UTF-16", "10 MB", "raises", "ends the process", "leaves a lock", "changes the folder"],
    "migrations/versions/0001.py": ["a character 0", "loops for ever", "leaves a transaction open"],
    "alembic.ini": ["a byte order mark", "Latin-1", "nothing", "a picture"],
    "tests/test_schema.py": ["a character 0", "loops for ever"],
}
STEP_OF = {"migrations": 7, "alembic.ini": 7, "tests": 8}


@pytest.fixture
def files(database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same project, built and with rows in it; its files have little time."""
    for module in (step1_setup, order_history, trial, runs):
        monkeypatch.setattr(module, "SECONDS", 4)
    folder = settings().project
    _write(folder, FILES)
    build_schema()
    with closing(postgres.connect(database, "tests")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(ROWS)
    return folder


def _is_told(step: int, database: str) -> None:
    """The check comes to a report or a sentence, so do hint and prompt, and the database stays as it was."""
    with closing(postgres.connect(database, "tests")) as connection:
        connection.autocommit = True
        before = _facts(connection)
        _outcome(lambda: check_step(step))
        assert_unchanged(before, _facts(connection))
        if step < 7:  # of the others they say the same, and take as long
            _outcome(lambda: hint(step))
            _outcome(lambda: copilot_prompt(step))


def _facts(connection: Connection) -> dict[str, Any]:
    """Without the list of databases: the one that steps 7 and 8 copy from stays, beside the learner's."""
    shared = ("pg_database", "pg_shdepend", "pg_shdescription")
    return {name: fact for name, fact in fingerprint(connection).items() if name not in shared}


@pytest.mark.parametrize("case", [*DAMAGE, *DEEDS])
@pytest.mark.parametrize("name", QUICK)
def test_a_file_with(files: Path, database: str, name: str, case: str) -> None:
    _spoil(files / name, case)
    _is_told(QUICK[name], database)


@pytest.mark.parametrize(("name", "case"), [(name, case) for name, cases in SLOW.items() for case in cases])
def test_a_file_of_a_late_step_with(files: Path, database: str, name: str, case: str) -> None:
    _spoil(files / name, case)
    _is_told(STEP_OF[name.partition("/")[0]], database)


def _spoil(path: Path, case: str) -> None:
    good = path.read_bytes()
    path.write_bytes(DAMAGE[case](good) if case in DAMAGE else good + f"\n{ENGINE}{DEEDS[case]}\n".encode())
