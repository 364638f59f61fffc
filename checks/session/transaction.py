"""A connection in a transaction that nobody will commit, and the tries in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errorcodes, extensions
from psycopg2.extras import Json

from checks.session.answers import RETURNING, Answer, Statement, is_lock_timeout, is_raised, refusal_of
from checks.session.reading import read_leniently
from checks.session.troubles import Busy, ServerGone, TooSlow, is_about_the_server
from workshop.errors import WorkshopError
from workshop.postgres.connection import words_of

#: How long a try waits for a lock that somebody else holds, and how long one statement may run. Five seconds is
#: a hundred times what the slowest probe of the reference solution needs.
LOCK_TIMEOUT = "1s"
STATEMENT_TIMEOUT = "5s"
#: How many seconds all tries together may take. A step makes some hundreds, and takes one second or two.
PATIENCE = 60

_FOLDER = Path(__file__).parent
_PLAIN_SETTINGS, _SHIELD_SEQUENCES, _OPEN_TRANSACTIONS = (
    (_FOLDER / f"{what}.sql").read_text("utf-8") for what in ("plain_settings", "shield_sequences", "open_transactions")
)

#: JIT would take the catalog query, which is long and quick, for a heavy one: two seconds where 10 ms do.
_SETTINGS = f"""
set transaction read write;
set local lock_timeout = '{LOCK_TIMEOUT}';
set local statement_timeout = '{STATEMENT_TIMEOUT}';
set local client_min_messages = 'error';
set local jit = off;
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local standard_conforming_strings = on;
set local quote_all_identifiers = off;
set constraints all deferred
"""

#: Deferred rules speak now; then they may wait again, for rows that need each other.
_JUDGE = "set constraints all immediate; set constraints all deferred"

#: Is there anything in this database that may wait until the end of a transaction?
_ANYTHING_DEFERRABLE = "select exists (select from pg_catalog.pg_constraint where condeferrable)"

_TAKE_BACK = "rollback to savepoint try; release savepoint try"
#: A trigger may have set limits of its own, which would stay with its row.
_LIMITS = f"set local lock_timeout = '{LOCK_TIMEOUT}'; set local statement_timeout = '{STATEMENT_TIMEOUT}'"
_LEAVE = f"release savepoint try; {_LIMITS}"


class Session:
    """A connection in a transaction that nobody will commit."""

    def __init__(self, connection: extensions.connection) -> None:
        self.connection = connection
        if connection.encoding != "UTF8":
            connection.set_client_encoding("UTF8")
        read_leniently(connection)
        self.cursor = connection.cursor()
        self._until = time.monotonic() + PATIENCE
        self._due: list[str] = []
        self._latest: Answer | None = None  # of the latest try, if it was taken
        self._begin()

    @cached_property
    def _anything_deferrable(self) -> bool:
        [[answer]] = self.query(_ANYTHING_DEFERRABLE)
        return bool(answer)

    def _begin(self) -> None:
        self._settle()
        self._due = [_SETTINGS]

    def _settle(self) -> None:
        try:
            self.cursor.execute(_PLAIN_SETTINGS)
        except psycopg2.errors.FeatureNotSupported as error:  # all that such a server knows of writing
            raise WorkshopError(
                f"Nothing can be tried here, since this server can only be read: PostgreSQL says {words_of(error)}. "
                "It is a copy of another one, or recovers; check on a server that takes rows."
            ) from None
        (role,) = self.cursor.fetchone() or ("origin",)
        if role != "origin":
            raise WorkshopError(
                f"session_replication_role is {role} for every session here, so PostgreSQL checks no foreign key and "
                "fires no trigger, and nothing can be tried. Run: alter role … reset session_replication_role (or "
                "alter database …, wherever it was set); then check again."
            )

    def query(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Rows of a read-only question that can't fail for the learner's sake."""
        self._execute(sql, values)
        return list(self.cursor.fetchall())

    def look_up(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """The same for a question of the catalog, which is about a few of perhaps many tables: go by its indexes."""
        self._due.append("set local enable_hashjoin = off; set local enable_mergejoin = off")
        rows = self.query(sql, values)
        self._due.append("set local enable_hashjoin = default; set local enable_mergejoin = default")
        return rows

    def _execute(self, sql: str, values: Any = None) -> None:
        """Send what is due and this, in one go: a step makes some two hundred tries, and each trip counts."""
        due, self._due = "".join(f"{earlier}; " for earlier in self._due), []
        self._latest = None
        self.cursor.execute((due.replace("%", "%%") if values else due) + sql, values)

    def shield_sequences(self) -> None:
        """Keep what triggers draw from sequences from outliving the transaction, as a drawn number otherwise does."""
        self._due.append(_SHIELD_SEQUENCES)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside is rolled back at the end."""
        self._due.append("savepoint undone")
        try:
            yield
        finally:
            self._due.append("rollback to savepoint undone; release savepoint undone")

    def keep(self, statement: Statement) -> Answer:
        """Run it and keep what it did, if it was taken and the deferred constraints agree."""
        return self._run(statement, _LEAVE)

    def attempt(self, statement: Statement) -> Answer:
        """Run it, judge the deferred constraints too, and take it back."""
        return self._run(statement, _TAKE_BACK)

    def is_fresh(self, answer: Answer | None) -> bool:
        """Nothing was sent since that attempt: to take it back, which goes with what comes next, is still due."""
        return answer is not None and answer is self._latest and self._due[-1:] == [_TAKE_BACK]

    def keep_after_all(self, fresh: Answer) -> None:
        """What a fresh attempt did stays."""
        assert self.is_fresh(fresh)
        self._due[-1] = _LEAVE

    @contextmanager
    def held(self, fresh: Answer) -> Iterator[None]:
        """What a fresh attempt did stays as long as this lasts."""
        assert self.is_fresh(fresh)
        self._due.pop()
        try:
            yield
        finally:
            self._due.append(_TAKE_BACK)

    def _run(self, statement: Statement, afterwards: str) -> Answer:
        cursor = self.cursor
        judge = self._anything_deferrable
        values = tuple(Json(value) if isinstance(value, dict) else value for value in statement.values)
        sql = cursor.mogrify(statement.sql, values).decode() if values else statement.sql
        if time.monotonic() > self._until:
            raise TooSlow(
                f"The checks were still at work after {PATIENCE} seconds, and got as far as: "
                f"{sql.removesuffix(RETURNING)}. Look for a trigger or a rule there that takes long; then check again."
            )
        try:
            self._due.append("savepoint try")
            self._execute(sql)
            rowcount = cursor.rowcount
            rows: tuple[dict[str, Any], ...] = ()
            if cursor.description is not None:
                names = [column.name for column in cursor.description]
                rows = tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
            if judge:
                self._execute(_JUDGE)
        except psycopg2.Error as error:
            if self.connection.closed or (is_about_the_server(error) and not is_raised(error)):
                raise  # on a full disk nothing can be told of anything
            self._due.append(_TAKE_BACK)
            if is_lock_timeout(error):
                raise
            if error.pgcode == errorcodes.QUERY_CANCELED and not is_raised(error):
                raise TooSlow(
                    f"PostgreSQL was still at work after {STATEMENT_TIMEOUT} on: {sql.removesuffix(RETURNING)}. "
                    "Look for a trigger or a rule there that never comes to an end; then check again."
                ) from None
            return Answer(sql, refusal=refusal_of(error))
        self._due.append(afterwards)
        self._latest = Answer(sql, rows, rowcount)
        return self._latest

    def open_transactions(self) -> list[str]:
        """Other connections to this database that have a transaction open and idle, each in a few words."""
        rows = self.query(_OPEN_TRANSACTIONS)
        return [f"connection {pid}{f' ({name})' if name else ''}, idle for {idle} s" for pid, name, idle in rows]

    def begin_again(self) -> None:
        """Whatever was done is rolled back."""
        self.connection.rollback()
        self._begin()

    def who_is_in_the_way(self) -> str:
        """A sentence on the open transaction that holds a lock."""
        self.begin_again()
        others = self.open_transactions()
        who = f" ({others[0]})" if others else ""
        return (
            f"Another connection{who} has a transaction open and holds a lock, so nothing could be tried. "
            "Commit or roll back there, with %sql rollback or session.rollback() for example, and check again."
        )


@contextmanager
def open_session(connection: extensions.connection) -> Iterator[Session]:
    """A session on a fresh connection, which is rolled back and closed at the end."""
    session: Session | None = None
    try:
        session = Session(connection)
        yield session
    except psycopg2.Error as error:
        if session is not None and not connection.closed and is_lock_timeout(error):
            raise Busy(session.who_is_in_the_way()) from None
        if error.pgcode == errorcodes.QUERY_CANCELED:
            raise TooSlow(
                f"PostgreSQL did not get through the catalog of your database within {STATEMENT_TIMEOUT}, or was told "
                "to stop: check again when it has less to do."
            ) from None
        if connection.closed or is_about_the_server(error):
            raise ServerGone(error) from error
        raise
    finally:
        with suppress(psycopg2.Error):  # the server may be gone by now: then that is rolled back, too
            connection.rollback()
        connection.close()
