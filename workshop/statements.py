"""Counts the SQL statements that SQLAlchemy sends, so that an N+1 is seen as it happens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

WIDTH = 100  # characters of a statement that are shown


class Statements:
    """The statements sent so far; a notebook shows them, those with the same text together, the first ones first."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    @property
    def count(self) -> int:
        return len(self.texts)

    def __str__(self) -> str:
        groups = Counter(map(_alike, self.texts))
        total = "1 statement" if self.count == 1 else f"{self.count:,} statements"
        width = len(f"{max(groups.values(), default=0):,}")
        return "\n".join([total, *(f"{times:>{width + 2},} × {_short(text)}" for text, times in groups.items())])

    __repr__ = __str__

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        printer.text(str(self))


class _Printer(Protocol):
    def text(self, text: str) -> None: ...


@contextmanager
def count_statements(through: Session | Engine | Connection) -> Iterator[Statements]:
    """Count what goes through a session, an engine or a connection inside of the `with`; `count` grows as it happens.

    >>> with count_statements(session) as counter:  # doctest: +SKIP
    ...     orders = order_history(session, 1)
    >>> counter.count  # doctest: +SKIP
    101

    `begin`, `commit` and `rollback` are not counted.
    """
    statements = Statements()
    target = through.get_bind() if isinstance(through, Session) else through

    def note(
        connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        statements.texts.append(statement)

    event.listen(target, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(target, "before_cursor_execute", note)


def _alike(statement: str) -> str:
    """One line, in which a list of values is as good as a longer one."""
    line = " ".join(statement.split())
    return re.sub(r"\(%\(\w+\)s(::[\w ]+)?(, %\(\w+\)s(::[\w ]+)?)*\)", "(…)", line)


def _short(line: str) -> str:
    """Without the columns of a select: what it reads from says more."""
    line = re.sub(r"^(select) .*? (from) ", r"\1 … \2 ", line, flags=re.IGNORECASE)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1].rstrip()}…"
