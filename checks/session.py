"""One grading transaction: opened with safe settings, tried in with savepoints, always rolled back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg2
from psycopg2 import errorcodes, extensions

from workshop.errors import WorkshopError
from workshop.postgres.connection import words_of

#: How long a try waits for a lock that somebody else holds, and how long one statement may run. Five seconds is
#: a hundred times what the slowest probe of the reference solution needs.
LOCK_TIMEOUT = "1s"
STATEMENT_TIMEOUT = "5s"
#: How many seconds all tries together may take. A step makes some hundreds, and takes one second or two.
PATIENCE = 60

#: What a role or a database sets for its sessions is not what the checks are about, and may hide what the schema does:
#: keys that are not enforced (session_replication_role), plans that are switched off, built-in names that mean
#: something else. The schemas of the search path stay, with PostgreSQL's own before them; so do settings of the
#: learner's own, which have a dot in their name. What runs before that says of every name where it is from.
_OWN_SETTINGS = """
set transaction read write;
set local statement_timeout = '5s';
select pg_catalog.set_config('search_path', coalesce((
    select pg_catalog.string_agg(pg_catalog.quote_ident(schema::pg_catalog.text), ', '::pg_catalog.text)
    from pg_catalog.unnest(pg_catalog.array_remove(pg_catalog.current_schemas(false), 'pg_catalog')) as schema
), ''), true);
do $$
declare
    place record;
begin
    for place in
        select s.name, s.boot_val
        from (
            select distinct pg_catalog.split_part(entry, '='::text, 1) as name
            from pg_catalog.pg_db_role_setting cross join pg_catalog.unnest(setconfig) as entry
            where setdatabase::int8 = 0
               or setdatabase in (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        ) as own
        join pg_catalog.pg_settings s on pg_catalog.lower(s.name) = pg_catalog.lower(own.name)
        where s.source in ('database', 'user', 'database user') and s.name <> 'search_path'
          and s.context in ('user', 'superuser') and s.boot_val is not null
    loop
        begin
            perform pg_catalog.set_config(place.name, place.boot_val, true);
        exception when others then
            null; -- somebody with more rights has set it
        end;
    end loop;
end $$;
select pg_catalog.current_setting('session_replication_role')
"""

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

#: Every statement brings its row back as it was stored; the row's place stands in for a key where there is none.
RETURNING = " returning *, ctid::text as ctid"

#: A sequence that was restarted in a transaction is a new one, and gone with it. Those matter that a function may draw
#: from: the functions of the database mention them, or insert into the table that owns them (which one that composes
#: its statements may do to every table it mentions); and those that a default may draw from though they count up no
#: column of whole numbers. They go on far away, so that no number is drawn that a row of ours has. One that somebody
#: else has drawn from in an open transaction is left alone, after a moment.
_SHIELD = r"""
set local enable_hashjoin = off;
set local enable_mergejoin = off;
do $$
declare
    place record;
    upcoming bigint;
    role text := pg_catalog.current_setting('session_replication_role');
begin
    if exists (select from pg_catalog.pg_event_trigger) then -- which would see to `alter sequence`
        begin
            set local session_replication_role = replica;
        exception when insufficient_privilege then
            null;
        end;
    end if;
    for place in
        with code as (
            select left(coalesce(nullif(prosrc, ''), pg_catalog.pg_get_functiondef(oid)), 30000) as body
            from pg_catalog.pg_proc
            where oid operator(pg_catalog.>=) 16384 -- below are PostgreSQL's own
              and prokind in ('f', 'p')
              and prolang in (select oid from pg_catalog.pg_language where lanname in ('plpgsql', 'sql'))
        ),
        word as (
            select hit[1] as name, body ~* '\mexecute\M'::text as filled
            from code cross join pg_catalog.regexp_matches(body, '\w+', 'g') as hit
            union
            select hit[1], true
            from code
            cross join pg_catalog.regexp_matches(body, '\minto\s+(?:"?\w+"?\s*\.\s*)?"?(\w+)', 'gi') as hit
        ),
        relation as (
            select c.oid, c.relkind
            from word
            join pg_catalog.pg_class c on c.relname operator(pg_catalog.=) any (array[name, pg_catalog.lower(name)])
            where filled or c.relkind = 'S'
        ),
        mentioned (seqrelid) as (
            select oid from relation where relkind = 'S'
            union
            select d.objid
            from relation
            join pg_catalog.pg_depend d
                on d.refclassid = 'pg_catalog.pg_class'::regclass::oid and d.refobjid = relation.oid
            where d.classid = 'pg_catalog.pg_class'::regclass::oid and d.deptype in ('a', 'i')
            union
            select seqrelid
            from pg_catalog.pg_sequence
            left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass::oid and d.objid = seqrelid
                and d.refclassid = 'pg_catalog.pg_class'::regclass::oid and d.deptype in ('a', 'i')
            left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where a.atttypid is null
               or a.atttypid not in ('int2'::regtype::oid, 'int4'::regtype::oid, 'int8'::regtype::oid)
        )
        select n.nspname as schemaname, c.relname as sequencename, seqincrement as step, seqmax as last
        from mentioned
        join pg_catalog.pg_sequence using (seqrelid)
        join pg_catalog.pg_class c on c.oid = seqrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relpersistence <> 't' and pg_catalog.pg_has_role(c.relowner, 'USAGE')
    loop
        begin
            set local lock_timeout = '20ms';
            execute pg_catalog.format(
                'select last_value + case when is_called then %s else 0 end from %I.%I',
                place.step, place.schemaname, place.sequencename
            ) into upcoming;
            upcoming := upcoming + case when place.step > 0 then least(1000000, (place.last - upcoming) / 2) else 0 end;
            execute pg_catalog.format(
                'alter sequence %I.%I restart with %s', place.schemaname, place.sequencename, upcoming
            );
        exception when others then
            null; -- it is a courtesy, and no reason to stop
        end;
    end loop;
    if role <> pg_catalog.current_setting('session_replication_role') then
        perform pg_catalog.set_config('session_replication_role', role, true);
    end if;
end $$;
set local enable_hashjoin = default;
set local enable_mergejoin = default;
set local lock_timeout = '1s'
"""

#: Deferred rules speak now; then they may wait again, for rows that need each other.
_JUDGE = "set constraints all immediate; set constraints all deferred"

#: Is there anything in this database that may wait until the end of a transaction?
_ANYTHING_DEFERRABLE = "select exists (select from pg_catalog.pg_constraint where condeferrable)"

_TAKE_BACK = "rollback to savepoint try; release savepoint try"
#: A trigger may have set limits of its own, which would stay with its row.
_LIMITS = f"set local lock_timeout = '{LOCK_TIMEOUT}'; set local statement_timeout = '{STATEMENT_TIMEOUT}'"
_LEAVE = f"release savepoint try; {_LIMITS}"

#: Error classes that tell of the try and not of the rule: a name that isn't there, a broken connection, no memory.
_NO_VERDICT = ("08", "0A", "25", "26", "28", "34", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "F0", "XX")


#: An end that somebody ordered or a crash; too little disk, memory or connections, or a disk that fails.
_ENDED = ("08", "57P")
_NO_ROOM = ("53", "58")


class Busy(WorkshopError):
    """Somebody else's open transaction is in the way."""


class ServerGone(WorkshopError):
    """The connection broke off, or the server has no room to go on."""

    def __init__(self, error: psycopg2.Error) -> None:
        if is_lost(error):
            told = "The connection to PostgreSQL was lost in the middle of the check."
            super().__init__(f"{told} start_step(n) brings the database back, with your data; then check again.")
        else:
            super().__init__(f"PostgreSQL could not go on: {words_of(error)}. See to that, then check again.")


class TooSlow(WorkshopError):
    """A statement of ours, or a trigger that it set off, did not come to an end."""


def _or_text(cast: Any) -> Any:
    """Reads what Python can hold, and leaves the rest as text: a year beyond 9999, a date in another style."""

    def read(value: str | bytes | None, cursor: extensions.cursor) -> Any:
        try:
            return cast(value, cursor)
        except (ValueError, psycopg2.Error):
            return value

    return extensions.new_type(cast.values, cast.name, read)


#: Of these types PostgreSQL knows values that Python does not.
_READABLE = [
    _or_text(cast)
    for cast in (
        extensions.PYDATE,
        extensions.PYDATETIME,
        extensions.PYDATETIMETZ,
        extensions.PYTIME,
        extensions.PYINTERVAL,
    )
]


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


class Session:
    """A connection in a transaction that nobody will commit."""

    def __init__(self, connection: extensions.connection) -> None:
        self.connection = connection
        if connection.encoding != "UTF8":
            connection.set_client_encoding("UTF8")
        for readable in _READABLE:
            extensions.register_type(readable, connection)
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
        self._ignore_own_settings()
        self._due = [_SETTINGS]

    def _ignore_own_settings(self) -> None:
        try:
            self.cursor.execute(_OWN_SETTINGS)
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
        self._due.append(_SHIELD)

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
        sql = cursor.mogrify(statement.sql, statement.values).decode() if statement.values else statement.sql
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
            if self.connection.closed:
                raise
            self._due.append(_TAKE_BACK)
            if _is_lock_timeout(error):
                raise
            if error.pgcode == errorcodes.QUERY_CANCELED and not _raised(error):
                raise TooSlow(
                    f"PostgreSQL was still at work after {STATEMENT_TIMEOUT} on: {sql.removesuffix(RETURNING)}. "
                    "Look for a trigger or a rule there that never comes to an end; then check again."
                ) from None
            return Answer(sql, refusal=_refusal(error))
        self._due.append(afterwards)
        self._latest = Answer(sql, rows, rowcount)
        return self._latest

    def open_transactions(self) -> list[str]:
        """Other connections to this database that have a transaction open and idle, each in a few words."""
        rows = self.query(
            """
            select pid, application_name, extract(epoch from pg_catalog.clock_timestamp() - state_change)::int
            from pg_catalog.pg_stat_activity
            where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid()
              and state like 'idle in transaction%'::text and backend_xid is not null
            order by state_change
            """
        )
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
            "Commit or roll back there, for example with session.rollback(), and check again."
        )


def is_lost(error: psycopg2.Error) -> bool:
    """The connection is no more: nobody answered, or somebody ended it."""
    code = error.pgcode or ""
    return isinstance(error, psycopg2.InterfaceError | psycopg2.OperationalError) and (
        not code or code.startswith(_ENDED)
    )


def is_about_the_server(error: psycopg2.Error) -> bool:
    """It is no matter of what was asked: the connection is lost, or the server short of disk, memory or connections."""
    return is_lost(error) or (error.pgcode or "").startswith(_NO_ROOM)


def _raised(error: psycopg2.Error) -> bool:
    return error.diag.source_function == "exec_stmt_raise"


#: The first line of an error's context names the innermost function; `pg_temp` is where our own ones are.
_FUNCTION = re.compile(r"(?:PL/pgSQL|SQL) function (?!pg_temp)\"?([\w.]+)")
_ABOUT_CODE = "42"
_ABOUT_RIGHTS = (errorcodes.INSUFFICIENT_PRIVILEGE,)


def _stumbled(error: psycopg2.Error) -> str | None:
    """The learner's function with code that PostgreSQL can make nothing of; None when the error is another."""
    code = error.pgcode or ""
    if not code.startswith(_ABOUT_CODE) or code in _ABOUT_RIGHTS or _raised(error):
        return None
    found = _FUNCTION.search(error.diag.context or "")
    return found.group(1).rpartition(".")[2] if found else None


def _is_lock_timeout(error: psycopg2.Error) -> bool:
    return error.pgcode == errorcodes.LOCK_NOT_AVAILABLE and not _raised(error)


def _refusal(error: psycopg2.Error) -> Refusal:
    return Refusal(
        sqlstate=error.pgcode or "XX000",
        message=error.diag.message_primary or str(error).strip(),
        constraint=error.diag.constraint_name,
        column=error.diag.column_name,
        table=error.diag.table_name,
        raised=_raised(error),
        stumbled=_stumbled(error),
    )


@contextmanager
def open_session(connection: extensions.connection) -> Iterator[Session]:
    """A session on a fresh connection, which is rolled back and closed at the end."""
    session: Session | None = None
    try:
        session = Session(connection)
        yield session
    except psycopg2.Error as error:
        if session is not None and not connection.closed and _is_lock_timeout(error):
            raise Busy(session.who_is_in_the_way()) from None
        if error.pgcode == errorcodes.QUERY_CANCELED:
            raise TooSlow(
                f"PostgreSQL did not get through the catalog of your database within {STATEMENT_TIMEOUT}, or was told "
                "to stop: check again when it has less to do."
            ) from None
        if connection.closed:
            raise ServerGone(error) from error
        raise
    finally:
        with suppress(psycopg2.Error):  # the server may be gone by now: then that is rolled back, too
            connection.rollback()
        connection.close()
