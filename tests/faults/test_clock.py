"""A clock that steps: what is dated in the future or long ago is taken as it is, and nothing is lost or missed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest

from checks import check_step
from checks.report import Report
from tests.checks.conftest import reference_sql
from tests.checks.test_step1 import CONFIG
from tests.faults.conftest import LAST, ROWS, Outcome
from workshop import build_schema, postgres, project
from workshop.postgres import scratch
from workshop.postgres.scratch import scratch_database
from workshop.settings import settings

LONG_AGO, FAR_AHEAD = 0.0, 4_000_000_000.0  # seconds: 1970 and 2096
Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.mark.parametrize(("before", "after"), [(FAR_AHEAD, LONG_AGO), (LONG_AGO, FAR_AHEAD), (FAR_AHEAD, FAR_AHEAD)])
def test_files_of_another_time(database: str, query: Query, before: float, after: float) -> None:
    """Of equal size, too: whoever goes by time and size sees no change in the last case."""
    path = settings().project / "schemas/01.sql"
    path.parent.mkdir(parents=True)
    for name, moment in (("one", before), ("two", after)):
        path.write_text(f"create table {name} (id int);\n", "utf-8")
        os.utime(path, (moment, moment))
        build_schema()
        assert query("select tablename from pg_tables where schemaname = 'public'") == [(name,)]


@pytest.mark.parametrize("moment", [LONG_AGO, FAR_AHEAD])
def test_settings_of_equal_size_and_time(database: str, moment: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python keeps what it has compiled by time and size: the checks have to see the file as it is."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    folder = settings().project
    (folder / "models").mkdir(parents=True)
    path = folder / "config.py"
    for text, holds in ((CONFIG, True), (CONFIG.replace("echo_sql", "echo_qls"), False)):
        path.write_text(text, "utf-8")
        os.utime(path, (moment, moment))
        [result] = [each for each in check_step(1).checks if each.rule.id == "setup.settings"]
        assert (result.outcome.value == "pass") is holds


@pytest.mark.parametrize("year", [1970, 2096])
def test_rows_of_another_time(
    build: Callable[[str], None], playground: Any, holds: Callable[[], list[Outcome]], year: int
) -> None:
    build(reference_sql(LAST) + ROWS)
    with playground.cursor() as cursor:
        cursor.execute(
            "alter table users disable trigger user;"
            f"update users set created_at = '{year}-01-01', updated_at = '{year}-01-02';"
            "alter table users enable trigger user"
        )
    assert all(isinstance(outcome, Report) and outcome.passed for outcome in holds())


def test_a_history_from_before_the_clock_went_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three texts within one second, as the clock tells it: each is kept."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Stopped:
            return cls(2026, 1, 1)

    monkeypatch.setattr(project, "datetime", Stopped)
    texts = [f"-- {number}\n" for number in range(4)]
    for text in texts:
        project.save("schemas/01.sql", text)
    kept = {path.read_text("utf-8") for path in (settings().home / "history").rglob("*.sql")}
    assert kept == set(texts[:-1])


def test_a_scratch_database_from_the_future_goes_too(server: postgres.Server) -> None:
    """Its maker was killed before the clock went back: without this it stays for years."""
    with closing(postgres.connect(server.url, "tests")) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"create database workshop_scratch_{int(FAR_AHEAD)}_00ff00ff template template0")
        with scratch_database(server.url):
            cursor.execute("select count(*) from pg_database where datname ~ '^workshop_scratch_4'")
            assert cursor.fetchone() == (0,)


def test_the_clock_steps_while_a_scratch_database_is_in_use(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scratch_database(server.url) as mine, closing(postgres.connect(mine, "tests")) as connection:
        for moment in (LONG_AGO, FAR_AHEAD):
            monkeypatch.setattr(scratch.time, "time", lambda moment=moment: moment)
            with scratch_database(server.url):
                pass
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            assert cursor.fetchone() == (1,)
