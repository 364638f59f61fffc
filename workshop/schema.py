"""Builds the database schema from the project's files, in one transaction: all of it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg2
import sqlalchemy as sa
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from workshop import project
from workshop.errors import WorkshopError
from workshop.faults import Fault, FaultyProject, plain_reason
from workshop.indexes import Contents, Index, adopt_indexes, read_contents, surplus
from workshop.postgres import Mark, connect, current_url, read_mark, write_mark
from workshop.stamp import STAMP, read_stamp

LOCK_TIMEOUT = 3  # seconds
_ONE_BUILD_AT_A_TIME = 5_204_119  # an advisory lock; any number that nobody else takes

_ASIDE = "workshop_aside"  # a schema that is there for a moment

_STAYS = "The old schema and its rows stay."


class BuildError(WorkshopError):
    """The schema was not built, and the database is as it was before; `fault` when that is the files' doing."""

    def __init__(self, text: str, fault: Fault | None = None) -> None:
        super().__init__(text)
        self.fault = fault


@dataclass(frozen=True)
class Built:
    """What `build_schema` made; a notebook shows it as a sentence.

    Attributes:
        tables: names in the order of creation, with the schema's where that is not `public`.
        rows_lost: how many rows the tables before had.
        unsaved: a sentence on files whose latest text was not saved and so is not in it; else empty.
    """

    tables: tuple[str, ...]
    rows_lost: int
    unsaved: str = ""

    def __str__(self) -> str:
        return f"{self._tables()}{self._rows()}{self._unsaved()}"

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        printer.text(str(self))

    def _tables(self) -> str:
        if not self.tables:
            return "The schema is built; no file of the project makes a table yet."
        count = "1 table" if len(self.tables) == 1 else f"{len(self.tables)} tables"
        return f"Built {count}: {', '.join(self.tables)}."

    def _rows(self) -> str:
        match self.rows_lost:
            case 0:
                return ""
            case 1:
                return " The one row of the old tables went with them."
            case rows:
                return f" The {rows:,} rows of the old tables went with them."

    def _unsaved(self) -> str:
        return f"\nThis is built without it: {self.unsaved[0].lower()}{self.unsaved[1:]}" if self.unsaved else ""


class _Printer(Protocol):
    def text(self, text: str) -> None: ...


def build_schema(database_url: str | None = None, *, replace: bool = False) -> Built:
    """Make the database hold exactly what the project's files say; what it held before is gone.

    First come the files `schemas/00….sql`, then the tables of the models, then the other `schemas/*.sql` in order of
    name. The files run as they are: `%`, `:` and braces in them mean nothing.

    Args:
        database_url: another database than the workshop's.
        replace: also empty a database that does not carry the workshop's mark.

    Raises:
        WorkshopError: a sentence that says what stood in the way; the old schema and its rows are still there.
    """
    _require_files()
    return rebuild(database_url or current_url(), replace=replace)


def rebuild(url: str, *, replace: bool = False) -> Built:
    """`build_schema` for a known URL, also when the project has no files any more: then the database gets empty."""
    metadatas = _models()
    built_from = project.fingerprint()
    with _transaction(url, replace) as (connection, cursor):
        rows = count_rows(cursor)
        _make_everything(connection, cursor, metadatas)
        write_mark(cursor.connection, Mark(built_from))
        return Built(_tables(cursor), rows, project.unsaved())


@dataclass(frozen=True)
class BuiltIndexes:
    """What `build_indexes` made and dropped; a notebook shows it as a sentence."""

    made: tuple[Index, ...]
    dropped: tuple[Index, ...]

    def __str__(self) -> str:
        told = [
            f"{verb} {_counted(indexes)}."
            for verb, indexes in (("Made", self.made), ("Dropped", self.dropped))
            if indexes
        ]
        return " ".join([*(told or ["The indexes are those of your files already."]), "All rows stay."])

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        printer.text(str(self))


def _counted(indexes: tuple[Index, ...]) -> str:
    tables = dict.fromkeys(index.table for index in indexes)
    return f"{'1 index' if len(indexes) == 1 else f'{len(indexes)} indexes'}, on {', '.join(tables)}"


def build_indexes() -> BuiltIndexes:
    """Make the indexes of the database those that the project's files make; its tables and their rows stay.

    Raises WorkshopError, and leaves everything as it is, when the files say more than other indexes: that takes
    `build_schema`.
    """
    _require_files()
    metadatas = _models()
    built_from = project.fingerprint()
    with _transaction(current_url(), replace=False) as (connection, cursor):
        present = read_contents(cursor)
        cursor.execute("savepoint aside")  # what the files make, PostgreSQL itself can tell best
        _make_everything(connection, cursor, metadatas)
        wanted = read_contents(cursor)
        cursor.execute("rollback to savepoint aside")
        _require_same_structure(present, wanted)
        adopt_indexes(cursor, present, wanted)
        write_mark(cursor.connection, Mark(built_from))
        return BuiltIndexes(surplus(wanted, present), surplus(present, wanted))


def is_up_to_date(url: str) -> bool:
    """Was the database built from the project's files as they are?"""
    with closing(connect(url, "build_schema")) as connection:
        mark = read_mark(connection)
    return mark is not None and mark.built_from == project.fingerprint()


def recognise(url: str) -> bool:
    """Take note that the database holds just what the project's files say, and leave all as it is; False if not so."""
    metadatas = _models()
    built_from = project.fingerprint()
    with _transaction(url, replace=False) as (connection, cursor):
        present = read_contents(cursor)
        cursor.execute("savepoint aside")
        _make_everything(connection, cursor, metadatas)
        wanted = read_contents(cursor)
        cursor.execute("rollback to savepoint aside")
        is_same = present.is_same_as(wanted)
        if is_same:
            write_mark(cursor.connection, Mark(built_from))
        return is_same


def _require_files() -> None:
    if not project.project_files():
        raise BuildError("There is nothing to build yet: save a file with %%project_file models/core.py first.")


def _require_same_structure(present: Contents, wanted: Contents) -> None:
    differ = sorted({about for about, _ in present.structure ^ wanted.structure})
    if differ:
        raise BuildError(
            f"Your files say more than other indexes: {', '.join(differ[:3])}{' and more' if differ[3:] else ''} would "
            "differ from what the database holds. Call build_schema(), which makes the tables anew, without rows."
        )


@contextmanager
def _transaction(url: str, replace: bool) -> Iterator[tuple[sa.Connection, Cursor]]:
    """A transaction in which the database may be changed; what goes wrong in it is told in a sentence."""
    with _connected(url) as connection:
        raw: Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
        with _explained(raw), connection.begin(), raw.cursor() as cursor:
            _take_over(raw, cursor, replace)
            yield connection, cursor


def _connected(url: str) -> sa.Connection:
    engine = sa.create_engine(
        "postgresql+psycopg2://", creator=lambda: connect(url, "build_schema"), poolclass=NullPool
    )
    try:
        return engine.connect()
    except DBAPIError as error:  # SQLAlchemy asks some questions first
        reason = str(error.orig).strip().rstrip(".")
    raise BuildError(f"The schema is not built. PostgreSQL says: {reason}. {_STAYS}")


# --- The steps of a build -------------------------------------------------------------------------------------------


def _models() -> list[sa.MetaData]:
    try:
        return project.load_models()
    except FaultyProject as problem:
        fault = problem.fault
    raise _not_built(fault)


def _make_everything(connection: sa.Connection, cursor: Cursor, metadatas: list[sa.MetaData]) -> None:
    """What the database holds goes, and what the files say comes."""
    _drop_everything(cursor)
    early, late = _sql_files()
    for path in early:
        _run_file(cursor, path)
    for metadata in metadatas:
        _create_tables(connection, metadata)
    for path in late:
        _run_file(cursor, path)
    cursor.execute("set constraints all immediate")


def _sql_files() -> tuple[list[Path], list[Path]]:
    """The SQL files that tables may need, and those that need tables."""
    files = [path for path in project.project_files() if path.suffix == ".sql"]
    return [path for path in files if path.name.startswith("00")], [p for p in files if not p.name.startswith("00")]


def _take_over(raw: Connection, cursor: Cursor, replace: bool) -> None:
    have_to_oneself(cursor)
    if not replace and read_mark(raw) is None:
        raise BuildError(
            f"The database {raw.info.dbname} is not the workshop's own, and building empties it first: if that is what "
            "you want, call build_schema(…, replace=True)."
        )


def have_to_oneself(cursor: Cursor) -> None:
    """Until the transaction ends nobody else builds or fills this database; waits for LOCK_TIMEOUT and no longer."""
    cursor.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}s'")
    cursor.execute("select pg_catalog.pg_advisory_xact_lock(%s)", (_ONE_BUILD_AT_A_TIME,))


_USER_TABLES = """
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
"""


def count_rows(cursor: Cursor) -> int:
    """How many rows the tables of a database have together."""
    cursor.execute(f"select n.nspname, c.relname {_USER_TABLES} and c.relkind = 'r'")
    counts = [sql.SQL("(select count(*) from {})").format(sql.Identifier(*name)) for name in cursor.fetchall()]
    cursor.execute(sql.SQL("select 0 + {}").format(sql.SQL(" + ").join([*counts, sql.SQL("0")])))
    (rows,) = cursor.fetchone() or (0,)
    return int(rows)


def _drop_everything(cursor: Cursor) -> None:
    cursor.execute(
        "select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"
    )
    schemas = [sql.Identifier(name) for (name,) in cursor.fetchall()]
    with _keep_stamp(cursor):
        if schemas:
            cursor.execute(sql.SQL("drop schema {} cascade").format(sql.SQL(", ").join(schemas)))
        # As PostgreSQL 15 and newer make it in a new database.
        cursor.execute("create schema public authorization pg_database_owner; grant usage on schema public to public")


@contextmanager
def _keep_stamp(cursor: Cursor) -> Iterator[None]:
    """Which revision of Alembic's the database is at is known afterwards as well."""
    if read_stamp(cursor) is None:
        yield
        return
    cursor.execute(f"create schema {_ASIDE}; alter table public.{STAMP} set schema {_ASIDE}")
    yield
    cursor.execute(f"alter table {_ASIDE}.{STAMP} set schema public; drop schema {_ASIDE}")


def _run_file(cursor: Cursor, path: Path) -> None:
    """Run the file inside a DO block: there PostgreSQL itself refuses a commit, which would end our transaction."""
    try:
        text = path.read_text("utf-8-sig")
        cursor.execute("select pg_catalog.set_config('workshop.file', %s, true)", (text,))
        cursor.execute("do $$ begin execute pg_catalog.current_setting('workshop.file'); end $$")
    except errors.LockNotAvailable:
        raise
    except psycopg2.Error as error:
        if cursor.connection.closed:
            raise
        problem = _sql_fault(path, text, error)
    except ValueError as error:  # not UTF-8, or a character 0
        problem = Fault(project.name_of(path), None, "", f"The file is not plain text: {error}.")
    else:
        return
    raise _not_built(problem)


def _create_tables(connection: sa.Connection, metadata: sa.MetaData) -> None:
    try:
        metadata.create_all(connection)
    except DBAPIError as error:
        if isinstance(error.orig, psycopg2.OperationalError):
            raise error.orig from None
        problem = _ddl_fault(error, metadata)
    except Exception as error:  # the models' own events run here, too, and may raise anything
        problem = Fault(_file_named_in(str(error), metadata), None, "", plain_reason(error))
    else:
        return
    raise _not_built(problem)


def _tables(cursor: Cursor) -> tuple[str, ...]:
    cursor.execute(
        "select case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end"
        f" {_USER_TABLES} and c.relkind in ('r', 'p') and not c.relispartition order by c.oid"
    )
    return tuple(name for (name,) in cursor.fetchall())


# --- What to say when it fails --------------------------------------------------------------------------------------


def _not_built(fault: Fault) -> BuildError:
    return BuildError(f"The schema is not built, because of {fault.place}.\n\n{fault}\n\n{_STAYS}", fault)


@contextmanager
def _explained(raw: Connection) -> Iterator[None]:
    try:
        with _without_wrapping():
            yield
    except errors.LockNotAvailable:
        raw.rollback()
        reason = who_is_in_the_way(raw, "build_schema()")
    except errors.DiskFull as error:
        reason = f"The disk is full ({_words(error)}): free some space, then call it again."
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        reason = f"PostgreSQL broke off ({_words(error)}). Call start_step(n) with the number of your step, then again."
    except psycopg2.Error as error:
        reason = f"PostgreSQL says: {_words(error)}."
    else:
        return
    raise BuildError(f"The schema is not built. {reason} {_STAYS}")


@contextmanager
def _without_wrapping() -> Iterator[None]:
    """What SQLAlchemy itself sent, such as the commit, fails with psycopg2's own error."""
    try:
        yield
    except DBAPIError as error:
        raise error.orig or error from None


def _words(error: psycopg2.Error) -> str:
    parts = (error.diag.message_primary or str(error).strip(), error.diag.message_detail, error.diag.message_hint)
    return ". ".join(part.strip().rstrip(".") for part in parts if part)


def _sql_fault(path: Path, text: str, error: psycopg2.Error) -> Fault:
    line = _line_of(text, error)
    code = text.splitlines()[line - 1].rstrip() if line else ""
    return Fault(project.name_of(path), line, code, _sql_reason(error))


def _sql_reason(error: psycopg2.Error) -> str:
    words = _words(error)
    if isinstance(error, errors.InvalidTransactionTermination) or "EXECUTE of transaction commands" in words:
        return "The file has a begin, commit or rollback of its own: leave them out, the build is one transaction."
    if isinstance(error, errors.ActiveSqlTransaction):
        return f"{words}, and the build is one: write the statement without that, or leave it out."
    return f"PostgreSQL says: {words}."


def _line_of(text: str, error: psycopg2.Error) -> int | None:
    """The line of the file that PostgreSQL points to: it gives a position in the file, or in a function's body."""
    query, position = error.diag.internal_query, error.diag.internal_position
    start = text.find(query) if query else -1
    if start < 0 or position is None:
        return None
    return text.count("\n", 0, start + int(position) - 1) + 1


def _ddl_fault(error: DBAPIError, metadata: sa.MetaData) -> Fault:
    if not isinstance(error.orig, psycopg2.Error):
        return Fault(None, None, "", plain_reason(error))
    statement = error.statement or ""
    found = re.search(r"(?:CREATE TABLE|ALTER TABLE|ON) (\S+)", statement)
    table = found[1].strip('"') if found else ""
    what = f"The table {table}" if statement.strip().startswith("CREATE TABLE") else "Something"
    reason = f"{what} can't be made. PostgreSQL says: {_words(error.orig)}.{_told(statement, error.orig)}"
    return Fault(_file_of(table, metadata), None, "", reason)


def _told(statement: str, error: psycopg2.Error) -> str:
    """The line of SQLAlchemy's statement that PostgreSQL points to."""
    position = error.diag.statement_position
    if position is None:
        return ""
    line = statement.count("\n", 0, int(position) - 1)
    return f"\nIt was told: {statement.splitlines()[line].strip().rstrip(',')}"


def _file_named_in(message: str, metadata: sa.MetaData) -> str | None:
    found = re.search(r"'(\w+)\.\w+'|table '(\w+)'", message)
    return _file_of(found[1] or found[2], metadata) if found else None


def _file_of(table: str, metadata: sa.MetaData) -> str | None:
    path = project.file_of(metadata.tables[table]) if table in metadata.tables else None
    return str(path) if path else None


_HOLDERS = """
    select a.application_name, a.pid, a.state like 'idle in transaction%%',
        pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.state_change)::int
    from pg_catalog.pg_stat_activity a
    where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid() and exists (
        select from pg_catalog.pg_locks l
        where l.pid = a.pid and l.granted
          and (l.locktype = 'relation' and l.relation >= 16384 or l.locktype = 'advisory' and l.objid = %s)
    )
    order by 3 desc, a.xact_start
    limit 1
"""


def who_is_in_the_way(raw: Connection, call: str) -> str:
    """A sentence on the connection that a lock was waited for; `call` is what to call again, such as build_schema()."""
    with raw.cursor() as cursor:
        cursor.execute(_HOLDERS, (_ONE_BUILD_AT_A_TIME,))
        holder = cursor.fetchone()
    if holder is None:
        return f"Another connection was using its tables; call {call} again."
    name, pid, is_idle, seconds = holder
    what = f"has left a transaction open for {seconds} seconds" if is_idle else "is working with its tables"
    return (
        f'The connection "{name or "without a name"}" (process {pid}) {what}. End it there, with session.commit(), '
        f"session.close() or %sql rollback, or restart that notebook's kernel; then call {call} again."
    )
