"""What is sent, and what PostgreSQL says to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import errorcodes

#: Every statement brings its row back as it was stored; the row's place stands in for a key where there is none.
RETURNING = " returning *, ctid::text as ctid"

#: Error classes that tell of the try and not of the rule: a name that isn't there, a broken connection, no memory.
_NO_VERDICT = ("08", "0A", "25", "26", "28", "34", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "F0", "XX")

#: The first line of an error's context names the innermost function; `pg_temp` is where our own ones are.
_FUNCTION = re.compile(r"(?:PL/pgSQL|SQL) function (?!pg_temp)\"?([\w.]+)")
_ABOUT_CODE = "42"
_ABOUT_RIGHTS = (errorcodes.INSUFFICIENT_PRIVILEGE,)


@dataclass(frozen=True)
class Refusal:
    """Why PostgreSQL did not take a statement."""

    sqlstate: str
    message: str
    constraint: str | None
    column: str | None
    table: str | None
    raised: bool  # by RAISE in the learner's own function, whatever SQLSTATE it chose
    stumbled: str | None = None  # the learner's own function that does not work, such as on a column that is not there
    function: str | None = None  # the learner's own function that was at work

    @property
    def is_verdict(self) -> bool:
        """It speaks of the row or of what the learner does with it, not of our statement or the server."""
        return self.raised or self.stumbled is not None or not self.sqlstate.startswith(_NO_VERDICT)

    @property
    def is_duplicate(self) -> bool:
        return self.sqlstate in (errorcodes.UNIQUE_VIOLATION, errorcodes.EXCLUSION_VIOLATION)


@dataclass(frozen=True)
class Statement:
    """SQL with its values, as it is sent."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What became of a statement."""

    tried: str  # the SQL with its values written out
    rows: tuple[dict[str, Any], ...] = ()
    rowcount: int = 0
    refusal: Refusal | None = None


def refusal_of(error: psycopg2.Error) -> Refusal:
    """What an error says of the statement that met with it."""
    return Refusal(
        sqlstate=error.pgcode or "XX000",
        message=error.diag.message_primary or str(error).strip(),
        constraint=error.diag.constraint_name,
        column=error.diag.column_name,
        table=error.diag.table_name,
        raised=is_raised(error),
        stumbled=_stumbled(error),
        function=_function(error),
    )


def is_raised(error: psycopg2.Error) -> bool:
    """It comes from RAISE in PL/pgSQL, and so from a function of the learner's."""
    return error.diag.source_function == "exec_stmt_raise"


def is_lock_timeout(error: psycopg2.Error) -> bool:
    """Somebody else held a lock for too long."""
    return error.pgcode == errorcodes.LOCK_NOT_AVAILABLE and not is_raised(error)


def _stumbled(error: psycopg2.Error) -> str | None:
    """The learner's function with code that PostgreSQL can make nothing of; None when the error is another."""
    code = error.pgcode or ""
    if not code.startswith(_ABOUT_CODE) or code in _ABOUT_RIGHTS or is_raised(error):
        return None
    return _function(error)


def _function(error: psycopg2.Error) -> str | None:
    """The learner's function in which the error came up."""
    found = _FUNCTION.search(error.diag.context or "")
    return found.group(1).rpartition(".")[2] if found else None
