"""Leads the learner's migrations through their trial: from nothing to the head, down to nothing, and up again.

Everything is seen once, in the order in which Alembic has to be asked, and remembered; the checks only judge it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from checks import contract
from checks.grade import grade_required
from checks.migrations.contents import Contents, read_contents
from checks.report import Report
from checks.scratch import NotBuilt, pristine_database, scratch_database
from checks.subject import Subject
from workshop.errors import WorkshopError
from workshop.postgres import connect
from workshop.postgres.connection import Address

#: How long Alembic may take for what it is asked at a time; the reference takes two.
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
    with ThreadPoolExecutor(max_workers=1) as aside, scratch_database(subject.database_url) as url:
        wanted = aside.submit(_wanted, subject)  # takes as long as Alembic's first answers
        trial.live = read_contents(subject.database_url)
        trial.before = read_contents(url)
        scratch = replace(subject, database_url=url)
        told, chain, models, upgrade = _ask(scratch, "describe", "chain", "models", "upgrade")
        trial.described = _described(told)
        if isinstance(trial.described, Described):
            trial.chain = _chain(chain)
            trial.models = _list(models)
            trial.stamp = _stamp(subject.database_url, trial.described.version_table)
            trial.upgrade = _trouble(upgrade)
            if isinstance(trial.chain, Chain) and not trial.upgrade:
                _go_on(trial, scratch)
        trial.wanted = wanted.result()
    return trial


def _go_on(trial: Trial, scratch: Subject) -> None:
    """From the head: what is there, down, and up again. No code of the learner's runs while something is read."""
    trial.migrated = read_contents(scratch.database_url)
    trial.reports = grade_required(contract.SCHEMA_STEPS, scratch)
    drift, downgrade = _ask(scratch, "check", "downgrade")
    trial.drift, trial.downgrade = _list(drift), _trouble(downgrade)
    if not trial.downgrade:
        trial.after = read_contents(scratch.database_url)
        [again] = _ask(scratch, "upgrade")
        trial.again = _trouble(again)


def _wanted(subject: Subject) -> Contents | WorkshopError:
    try:
        with scratch_database(subject.database_url, pristine_database(subject)) as copy:
            return read_contents(copy)
    except NotBuilt as problem:
        return problem


def _stamp(url: str, version_table: tuple[str, str]) -> Sequence[str] | None:
    """The revisions that the workshop's database is stamped with."""
    table = sql.Identifier(*(part for part in version_table if part))
    with closing(connect(url, "checks")) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("select version_num from {}").format(table))
            return [str(number) for (number,) in cursor.fetchall()]
        except psycopg2.Error:
            return None


# -- Alembic, and what it answers --------------------------------------------------------------------------------


def _ask(subject: Subject, *commands: str) -> list[Any]:
    """What each command answers on the subject's database (see `runner.py`), or the Trouble that it met."""
    question = json.dumps({"database": Address.parse(subject.database_url).database or "", "commands": commands})
    environment = {"DATABASE_URL": subject.database_url, "WORKSHOP_POSTGRES": "external"}
    ended = subject.run(RUNNER, question, subject.project, environment, SECONDS)
    answers = [_answer(told) for told in ended.answers[: len(commands)]]
    stopped = Trouble("time", f"it was still running after {SECONDS} seconds") if ended.is_late else _STOPPED
    return answers + [stopped] * (len(commands) - len(answers))


_STOPPED = Trouble("end", "Python stopped in the middle of it")


def _answer(told: Any) -> Any:
    """What is told, which may be anything: code of the learner's ran in the process that told it."""
    try:
        if "trouble" not in told:
            return told["ok"]
        return Trouble(*(str(told["trouble"][part]) for part in ("kind", "text", "place", "hint")))
    except (KeyError, TypeError):
        return _STOPPED


def _described(answer: Any) -> Described | Trouble:
    if isinstance(answer, Trouble):
        return answer
    try:
        schema, table = map(str, answer["version_table"])
        return Described(bool(answer["has_run"]), [str(name) for name in answer["tables"]], (schema, table))
    except (KeyError, TypeError, ValueError):
        return _STOPPED


def _chain(answer: Any) -> Chain | Trouble:
    if isinstance(answer, Trouble):
        return answer
    try:
        return Chain(*([str(name) for name in answer[part]] for part in ("heads", "revisions")))
    except (KeyError, TypeError):
        return _STOPPED


def _trouble(answer: Any) -> Trouble | None:
    return answer if isinstance(answer, Trouble) else None


def _list(answer: Any) -> Sequence[str] | Trouble:
    if isinstance(answer, Trouble):
        return answer
    return [str(part) for part in answer] if isinstance(answer, list) else _STOPPED
