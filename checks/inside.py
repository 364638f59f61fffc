"""What our scripts need inside a process in which code of the learner's runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn


class OtherDatabase(psycopg2.OperationalError):
    """Somebody went to a database that nobody named; `database` is its name, empty where none was said."""

    def __init__(self, database: str = "") -> None:
        super().__init__(f'the database "{database}" is not the one that DATABASE_URL names')
        self.database = database


def answer_channel() -> TextIO:
    """Where the script's answer goes. What is printed from now on goes to standard error."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answer


def allow_only(database: str, tell: Callable[[str], None] = lambda _: None) -> None:
    """From now on a connection to another database raises OtherDatabase before it is made; `tell` hears its name.

    What goes to a wrong place must not do there what it is tried for.
    """
    connect = psycopg2.connect

    def guarded(dsn: str | None = None, *arguments: Any, **keywords: Any) -> Any:
        named = {key: value for key, value in keywords.items() if key not in ("connection_factory", "cursor_factory")}
        wanted = parse_dsn(make_dsn(dsn, **named)).get("dbname", os.environ.get("PGDATABASE", ""))
        if wanted != database:
            tell(wanted)
            raise OtherDatabase(wanted)
        return connect(dsn, *arguments, **keywords)

    psycopg2.connect = guarded


def first_line(error: BaseException) -> str:
    """What an exception says, or the database's behind it, in its first line and without a full stop.

    The place of a SyntaxError is not in it: see place_of.
    """
    said = error.msg if isinstance(error, SyntaxError) else str(getattr(error, "orig", None) or error)
    lines = [line.strip() for line in said.strip().splitlines()]
    return next((line for line in lines if line), "").rstrip(".")[:300]


def place_of(error: BaseException) -> str:
    """Where in the project, which is the working directory, it happened: the innermost place; empty for nowhere.

    Such as "line 12 of tests/test_schema.py".
    """
    folder = Path.cwd().resolve()
    if isinstance(error, SyntaxError) and error.filename:
        return f"line {error.lineno} of {_shown(Path(error.filename), folder)}"
    place = ""
    trace = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(folder) and ".venv" not in path.parts:
            place = f"line {trace.tb_lineno} of {_shown(path, folder)}"
        trace = trace.tb_next
    return place


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
