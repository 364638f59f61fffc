"""Leads the learner's migrations through their trial: from nothing to the head, down to nothing, and up again.

Everything is seen once, in the order in which Alembic has to be asked, and remembered; the checks only judge it.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from checks import contract
from checks.grade import grade_required
from checks.migrations.contents import Contents, read_contents
from checks.own_process import FROM_SOURCE, end, start
from checks.report import Report
from checks.scratch import NotBuilt, pristine_database, scratch_database
from checks.subject import Subject
from workshop.errors import WorkshopError
from workshop.postgres import connect
from workshop.postgres.connection import Address

#: How long one command of Alembic may take; the reference takes one.
SECONDS = 20

RUNNER = Path(__file__).with_name("runner.py")


@dataclass(frozen=True)
class Trouble:
    """Why a command of Alembic did not do what it should.

    Attributes:
        kind: `other_database` (text is its name), `alembic` (what Alembic says), `database` (what PostgreSQL says),
            `python` (an exception of the learner's code), `time` or `end` (the process did not answer).
        text: without a full stop.
        place: "line 12 of migrations/versions/0001_shop.py"; empty where there is none.
        hint: what PostgreSQL advises, a sentence; empty where it does not.
    """

    kind: str
    text: str
    place: str = ""
    hint: str = ""

    def __str__(self) -> str:
        said = f"PostgreSQL says: {self.text}" if self.kind == "database" else self.text
        return f"{said}, in {self.place}" if self.place else said


@dataclass(frozen=True)
class Described:
    """What env.py tells Alembic."""

    has_run: bool
    tables: Sequence[str]
    version_table: tuple[str, str]  # schema (empty for the usual one) and name


@dataclass(frozen=True)
class Chain:
    """The revisions of the project, and those that no other one follows."""

    heads: Sequence[str]
    revisions: Sequence[str]


@dataclass
class Trial:
    """What was seen; None where it did not come to that."""

    subject: Subject
    described: Described | Trouble | None = None
    chain: Chain | Trouble | None = None
    models: Sequence[str] | Trouble | None = None
    stamp: Sequence[str] | None = None  # of the workshop's database; None without Alembic's table
    live: Contents | None = None
    wanted: Contents | WorkshopError | None = None  # what the files build
    upgrade: Trouble | None = None
    migrated: Contents | None = None
    reports: Sequence[Report] = ()
    drift: Sequence[str] | Trouble | None = None
    downgrade: Trouble | None = None
    before: Contents = field(default_factory=Contents)
    after: Contents | None = None  # the downgrade
    again: Trouble | None = None

    @contextmanager
    def isolated(self) -> Iterator[None]:
        yield


def try_out(subject: Subject) -> Trial:
    """The trial of the project's migrations; raises WorkshopError when there can be none."""
    trial = Trial(subject)
    with (
        ThreadPoolExecutor(max_workers=1) as aside,
        scratch_database(subject.database_url) as scratch,
        Runner(subject.project, scratch) as alembic,
    ):
        wanted = aside.submit(_wanted, subject)  # takes as long as Alembic's first answer
        trial.before = read_contents(scratch)
        trial.described = _described(alembic.ask("describe"))
        if isinstance(trial.described, Described):
            trial.chain = _chain(alembic.ask("chain"))
            trial.models = _list(alembic.ask("models"))
            trial.stamp, trial.live = _live(subject.database_url, trial.described.version_table)
            if isinstance(trial.chain, Chain):
                _migrate(trial, alembic, scratch)
        trial.wanted = wanted.result()
    return trial


def _migrate(trial: Trial, alembic: Runner, scratch: str) -> None:
    trial.upgrade = _trouble(alembic.ask("upgrade"))
    if trial.upgrade:
        return
    trial.migrated = read_contents(scratch)
    trial.reports = grade_required(contract.SCHEMA_STEPS, replace(trial.subject, database_url=scratch))
    trial.drift = _list(alembic.ask("check"))
    trial.downgrade = _trouble(alembic.ask("downgrade"))
    if not trial.downgrade:
        trial.after = read_contents(scratch)
        trial.again = _trouble(alembic.ask("upgrade"))


def _wanted(subject: Subject) -> Contents | WorkshopError:
    try:
        return read_contents(Address.parse(subject.database_url).at(pristine_database(subject)).url())
    except NotBuilt as problem:
        return problem


def _live(url: str, version_table: tuple[str, str]) -> tuple[Sequence[str] | None, Contents]:
    """The revisions that the workshop's database is stamped with, and what it holds."""
    table = sql.Identifier(*(part for part in version_table if part))
    with closing(connect(url, "checks")) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("select version_num from {}").format(table))
            stamp = [str(number) for (number,) in cursor.fetchall()]
        except psycopg2.Error:
            stamp = None
    return stamp, read_contents(url)


def _described(answer: Any) -> Described | Trouble:
    if isinstance(answer, Trouble):
        return answer
    return Described(**answer | {"version_table": tuple(answer["version_table"])})


def _chain(answer: Any) -> Chain | Trouble:
    return answer if isinstance(answer, Trouble) else Chain(**answer)


def _trouble(answer: Any) -> Trouble | None:
    return answer if isinstance(answer, Trouble) else None


def _list(answer: Any) -> Sequence[str] | Trouble:
    return answer if isinstance(answer, Trouble) else list(answer)


class Runner:
    """The process in which Alembic runs (see `runner.py`). What the learner's code prints is let go."""

    def __init__(self, project: Path, url: str) -> None:
        self._process = start(
            [sys.executable, str(RUNNER), Address.parse(url).database or ""],
            cwd=project,
            env=os.environ | FROM_SOURCE | {"DATABASE_URL": url, "WORKSHOP_POSTGRES": "external"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read_answers, daemon=True)
        self._reader.start()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        end(self._process)
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def ask(self, command: str) -> Any:
        """What the command answers, or the Trouble that it met."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{command}\n")
            self._process.stdin.flush()
            answer = self._answers.get(timeout=SECONDS)
        except queue.Empty:
            end(self._process)
            return Trouble("time", f"it was still running after {SECONDS} seconds")
        except OSError:
            answer = ""
        if not answer:
            return Trouble("end", "Python stopped in the middle of it")
        told = json.loads(answer)
        return Trouble(**told["trouble"]) if "trouble" in told else told["ok"]

    def _read_answers(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")  # there will be no more
