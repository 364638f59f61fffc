"""Two connections side by side, statements in turns: who did what when, and who had to wait for whom.

A shop with one buyer at a time shows nothing of this, and neither does a notebook with one connection. Here both sides
are real connections. PostgreSQL is asked who waits, so nothing depends on how long anything takes: the same statements
always give the same table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from enum import Enum
from html import escape
from itertools import zip_longest
from textwrap import wrap

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url
from workshop.postgres.connection import words_of

# Nobody waits for ever, be it for the other side or for a transaction that some other notebook has left open.
LOCK_TIMEOUT = 3  # seconds
STATEMENT_TIMEOUT = 10  # seconds

_LOOK_AGAIN = 0.01  # seconds
_MOST_ROWS = 3  # that are shown
_WIDTH = 56  # characters of a column in plain text


class Became(Enum):
    """What became of a statement; the values are the signs before its outcome."""

    DONE = "→"
    WAITS = "…"
    REFUSED = "✗"


@dataclass(frozen=True)
class Moment:
    """One row of the table.

    Attributes:
        who: 0 for the first side, 1 for the second.
        statement: the SQL; empty where a statement goes on that had to wait.
        outcome: what came back, in a few words; empty where there is nothing to say.
    """

    who: int
    statement: str
    became: Became
    outcome: str

    @property
    def lines(self) -> tuple[str, ...]:
        told = f"{self.became.value} {self.outcome}" if self.outcome else ""
        return tuple(filter(None, (self.statement, told)))


@dataclass(frozen=True)
class SideBySide:
    """What happened on two connections, from top to bottom. A notebook shows it as a table."""

    names: tuple[str, str]
    moments: tuple[Moment, ...]

    def __str__(self) -> str:
        rows = [self.names, ("-" * _WIDTH, "-" * _WIDTH), *self._text_rows()]
        return "\n".join(f"{left:<{_WIDTH}} | {right}" if right else left for left, right in rows)

    def _text_rows(self) -> Iterator[tuple[str, ...]]:
        for moment in self.moments:
            cell = [part for line in moment.lines for part in wrap(line, _WIDTH, subsequent_indent="  ")]
            yield from zip_longest(*((cell, ()) if moment.who == 0 else ((), cell)), fillvalue="")

    @property
    def html(self) -> str:
        """The table in the colours of the notebook around it, light or dark."""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.names)
        rows = "".join(_html_row(moment) for moment in self.moments)
        return (
            f'<style>{_STYLE}</style><table class="side-by-side"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": str(self)}


def side_by_side(**statements: Sequence[str]) -> SideBySide:
    """Run two lists of SQL statements on two connections to the workshop's database, in turns, a statement each.

    A side that has to wait for the other misses its turns until it can go on. After a refusal a side sends nothing else
    of its list. A transaction that is then, or at the end, still open is rolled back; what was committed stays.

    Args:
        statements: the two sides by name, such as `Ada=["begin", "update …", "commit"], Ben=[…]`.

    Raises:
        WorkshopError: there are not two lists of statements, or there is no database.
    """
    if len(statements) != 2 or any(isinstance(each, str) for each in statements.values()):
        raise WorkshopError("side_by_side takes two lists of statements: side_by_side(Ada=[…], Ben=[…]).")
    left, right = statements
    url = current_url()
    with ExitStack() as stack:
        watcher = stack.enter_context(closing(connect(url, "side_by_side")))
        watcher.autocommit = True
        first, second = (
            stack.enter_context(closing(_Side(who, name, statements[name], connect(url, f"side_by_side: {name}"))))
            for who, name in enumerate((left, right))
        )
        try:
            return SideBySide((left, right), tuple(_in_turns(first, second, watcher)))
        except psycopg2.Error as error:
            reason = f"PostgreSQL broke off ({words_of(error)})."
    raise WorkshopError(f"{reason} Call start_step(n) with the number of your step, then run this again.")


def _in_turns(first: _Side, second: _Side, watcher: Connection) -> Iterator[Moment]:
    while first.is_at_work or second.is_at_work:
        for side, other in ((first, second), (second, first)):
            if not side.is_waiting and side.send():
                yield from _seen(side, other, watcher)
            if other.is_waiting:
                yield from _seen(other, side, watcher)


def _seen(side: _Side, other: _Side, watcher: Connection) -> Iterator[Moment]:
    """What becomes of the statement that a side has sent: it comes back, or has to wait for the other side."""
    while not side.has_come_back():
        if _waits_for(watcher, side.process, other.process):
            if not side.is_waiting:
                side.is_waiting = True
                yield side.moment(Became.WAITS, f"waits for {other.name}")
            return
    yield side.answer()


def _waits_for(watcher: Connection, process: int, other: int) -> bool:
    with watcher.cursor() as cursor:
        cursor.execute("select %s = any (pg_catalog.pg_blocking_pids(%s))", (other, process))
        (waits,) = cursor.fetchone() or (False,)
    return bool(waits)


class _Side:
    """One connection, the statements that it still has to send, and a thread that does the waiting."""

    def __init__(self, who: int, name: str, statements: Sequence[str], connection: Connection) -> None:
        self.who = who
        self.name = name
        self.process = connection.info.backend_pid
        self.is_waiting = False
        self._connection = connection
        self._left = list(statements)
        self._sent = ""
        self._answer: Future[str] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"set lock_timeout = '{LOCK_TIMEOUT}s'; set statement_timeout = '{STATEMENT_TIMEOUT}s'")

    @property
    def is_at_work(self) -> bool:
        return bool(self._left) or self._answer is not None or self._in_transaction()

    def send(self) -> bool:
        """Send the next statement, or undo what was left open; False when there is nothing to send."""
        if not self._left and self._in_transaction():
            self._left = ["rollback"]
        if not self._left:
            return False
        self._sent = self._left.pop(0)
        self._answer = self._thread.submit(self._run, self._sent)
        return True

    def has_come_back(self) -> bool:
        """Whether there is an answer, or comes one within a moment."""
        return self._answer is None or bool(wait([self._answer], timeout=_LOOK_AGAIN).done)

    def answer(self) -> Moment:
        """What came back; after a refusal nothing else is sent."""
        assert self._answer is not None
        sent, self._answer = self._answer, None
        try:
            moment = self.moment(Became.DONE, sent.result())
        except psycopg2.Error as error:
            self._left = []
            moment = self.moment(Became.REFUSED, words_of(error))
        if self.is_waiting:
            self.is_waiting = False
            goes_on = moment.became is Became.DONE
            outcome = ": ".join(filter(None, ("goes on", moment.outcome))) if goes_on else moment.outcome
            moment = replace(moment, statement="", outcome=outcome)
        return moment

    def moment(self, became: Became, outcome: str) -> Moment:
        return Moment(self.who, self._sent, became, outcome)

    def close(self) -> None:
        if self._answer is not None:  # something went wrong meanwhile: a server that is gone, or an impatient reader
            with suppress(psycopg2.Error):
                self._connection.cancel()
        self._thread.shutdown()
        self._connection.close()

    def _run(self, statement: str) -> str:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return _outcome(cursor)

    def _in_transaction(self) -> bool:
        return not self._connection.closed and self._connection.info.transaction_status != TRANSACTION_STATUS_IDLE


def _outcome(cursor: Cursor) -> str:
    """What a statement gave: its rows, or how many it changed."""
    if cursor.description is None:
        return _count(cursor.rowcount) if cursor.rowcount >= 0 else ""
    rows = cursor.fetchall()
    if not 0 < len(rows) <= _MOST_ROWS:
        return _count(len(rows))
    return "; ".join(", ".join(str(value) for value in row) for row in rows)


def _count(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


def _html_row(moment: Moment) -> str:
    statement = f"<code>{escape(moment.statement)}</code>" if moment.statement else ""
    outcome = f"<div>{moment.became.value} {escape(moment.outcome)}</div>" if moment.outcome else ""
    cells = ["<td></td>", "<td></td>"]
    cells[moment.who] = f'<td class="{moment.became.name.lower()}">{statement}{outcome}</td>'
    return f"<tr>{''.join(cells)}</tr>"


# Twice the class: JupyterLab's own rules for tables in outputs are that specific.
_STYLE = """
.side-by-side.side-by-side { width: 100%; max-width: 60rem; table-layout: fixed; border-collapse: separate;
  border-spacing: 10px 3px; color: var(--jp-ui-font-color1, #1f2328); font-size: 14px; line-height: 1.45; }
.side-by-side.side-by-side tbody tr, .side-by-side.side-by-side tbody tr:hover { background: none; }
.side-by-side.side-by-side th, .side-by-side.side-by-side td { width: 50%; max-width: none; padding: 1px 10px;
  text-align: left; vertical-align: top; white-space: normal; border: 0; background: none; }
.side-by-side.side-by-side th { border-bottom: 1px solid var(--jp-border-color1, #bdbdbd); }
.side-by-side.side-by-side td:not(:empty) { border-left: 4px solid var(--jp-border-color1, #bdbdbd); }
.side-by-side.side-by-side td.waits { border-left-color: var(--jp-warn-color1, #bf6900); }
.side-by-side.side-by-side td.refused { border-left-color: var(--jp-error-color1, #b3261e); }
.side-by-side.side-by-side td code { background: none; padding: 0; font-size: 13px; overflow-wrap: anywhere;
  color: var(--jp-ui-font-color1, #1f2328); }
.side-by-side .waits div, .side-by-side .refused div { font-weight: 600; }
""".strip()
