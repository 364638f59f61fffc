"""Measures what indexes cost: how many rows per second go into a table, with them and without."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url
from workshop.postgres.connection import words_of
from workshop.sample_data.recipe import quote
from workshop.sample_data.table import Column, Table, read_table
from workshop.sample_data.variety import varied
from workshop.schema import LOCK_TIMEOUT, who_is_in_the_way

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

ROUNDS = 3

_INDEXES = Path(__file__).with_name("measure.sql").read_text("utf-8")


@dataclass(frozen=True)
class _Target:
    """A table, and its indexes: for each whether a rule needs it."""

    name: str
    schema: str
    table: Table
    indexes: dict[str, bool]


def measure_writes(
    table: str, without: Sequence[str] | None = None, *, rows: int = 10_000, database_url: str | None = None
) -> pd.DataFrame:
    """How many rows per second go into a table with all its indexes, and how many without some of them.

    The rows are copies of those that are there, with other keys. They are written, and the indexes left out, in a
    transaction that is rolled back. Foreign keys and other rules hold meanwhile; the learner's triggers rest.

    Args:
        table: its name, with its schema where that is needed.
        without: names of indexes; all that no rule needs, unless some are named.
        rows: how many rows are written at a time; the best of three times counts.

    Returns:
        A line with all indexes and one without those, each with the number of `indexes` and `rows per second`.

    Raises:
        WorkshopError: there is no such table or index, the table is empty, or it takes no copies.
    """
    import pandas as pd

    with closing(connect(database_url or current_url(), "measure_writes")) as connection:
        with _explained(connection, table), connection.cursor() as cursor:
            cursor.execute(
                f"set local lock_timeout = '{LOCK_TIMEOUT}s'; set local jit = off; set local timezone = 'UTC'"
            )
            target = _target(cursor, table)
            left_out = _left_out(target, without)
            copies = _prepare_copies(cursor, target, rows)
            seconds = _seconds(cursor, target, left_out)
        connection.rollback()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"vacuum (skip_locked) {target.table.label}")  # what was rolled back leaves holes
    return pd.DataFrame(
        {
            "indexes": [len(target.indexes), len(target.indexes) - len(left_out)],
            "rows per second": [round(copies / taken) for taken in seconds],
        },
        index=["with all indexes", f"without {', '.join(left_out)}"],
    )


def _target(cursor: Cursor, name: str) -> _Target:
    cursor.execute(
        "select n.nspname, c.relname"
        " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        " where c.oid = pg_catalog.to_regclass(%s) and c.relkind in ('r', 'p')",
        (name,),
    )
    found = cursor.fetchone()
    if found is None:
        raise WorkshopError(f"There is no table {name}: look at show_diagram() for the names that there are.")
    schema, stored = found
    table = read_table(cursor, schema, stored)
    cursor.execute(_INDEXES, {"table": table.label})
    return _Target(name, schema, table, dict(cursor.fetchall()))


def _left_out(target: _Target, without: Sequence[str] | None) -> list[str]:
    free = [name for name, is_needed in target.indexes.items() if not is_needed]
    if without is None:
        if not free:
            raise WorkshopError(f"{target.name} has no index but those of its rules, so there is nothing to leave out.")
        return free
    for name in [without] if isinstance(without, str) else without:
        if name not in target.indexes:
            listed = ", ".join(free) or "none but those of its rules"
            raise WorkshopError(f"{target.name} has no index {name}. It has {listed}.")
        if target.indexes[name]:
            raise WorkshopError(f"The index {name} belongs to a rule of {target.name}, so it can't be left out.")
    return [without] if isinstance(without, str) else list(without)


def _prepare_copies(cursor: Cursor, target: _Target, rows: int) -> int:
    """About as many copies as wanted, in a temporary table, with keys that nobody has; how many there are."""
    table = target.table
    cursor.execute(f"select count(*) from {table.label}")
    [[there]] = cursor.fetchall()
    if not there:
        raise WorkshopError(f"{target.name} is empty, so there is nothing to copy: load_sample_data() fills it.")
    new = _new_values(cursor, table, rows, there)
    values = ", ".join(
        f"{new.get(column.name, f'(s.old).{quote(column.name)}')} as {quote(column.name)}"
        for column in table.columns
        if not column.is_generated
    )
    numbered = f"select row_number() over () as n, old from {table.label} as old, generate_series(0, {rows} / {there})"
    cursor.execute(
        f"create temp table measured_copies on commit drop as select {values} from ({numbered} limit {rows}) as s"
    )
    for columns in filter(None, (key.columns for key in table.keys)):
        # What counts on from a key that is there may meet another one.
        same = " and ".join(f"t.{quote(name)} = c.{quote(name)}" for name in sorted(columns))
        cursor.execute(f"delete from measured_copies as c using {table.label} as t where {same}")
    cursor.execute("select count(*) from measured_copies")
    [[copies]] = cursor.fetchall()
    cursor.execute(f"alter table {table.label} disable trigger user")
    _drop_foreign_keys(cursor, table, list(new))
    return int(copies)


def _new_values(cursor: Cursor, table: Table, rows: int, there: int) -> dict[str, str]:
    """For one column of each unique key, if possible one that no other table knows: SQL for values that are new."""
    foreign = frozenset().union(*(rule.columns for rule in table.rules))
    free = sorted(
        (column for column in table.columns if not column.is_generated), key=lambda column: column.name in foreign
    )
    new: dict[str, str] = {}
    for key in sorted(table.keys, key=lambda key: len(key.columns)):
        if not key.columns & set(new):
            made = (
                (column.name, _new_value(cursor, table, column, rows, there))
                for column in free
                if column.name in key.columns
            )
            new |= next(({name: value} for name, value in made if value), {})
    return new


def _new_value(cursor: Cursor, table: Table, column: Column, rows: int, there: int) -> str | None:
    name = quote(column.name)
    is_number = column.category == "N"
    cursor.execute(f"select max({name}::text){f', max({name})::bigint' if is_number else ''} from {table.label}")
    [[example, *highest]] = cursor.fetchall()
    if example is None:
        return None
    # Text may count on from a higher number than that of the rows: there are gaps.
    start = int(highest[0]) if is_number else 4 * there
    made = varied(column.base, column.category, example, lambda: rows, start)
    return f"({made('s')})::{column.type}" if made else None


def _drop_foreign_keys(cursor: Cursor, table: Table, names: list[str]) -> None:
    """A new key that is somebody else's as well has no row there."""
    cursor.execute(
        "select k.conname from pg_catalog.pg_constraint k where k.contype = 'f' and k.conrelid = %s::regclass"
        " and k.conparentid = 0 and exists (select from pg_catalog.pg_attribute a where a.attrelid = k.conrelid"
        " and a.attnum = any (k.conkey) and a.attname = any (%s))",
        (table.label, names),
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"alter table {table.label} drop constraint {quote(name)}")


def _seconds(cursor: Cursor, target: _Target, left_out: Sequence[str]) -> tuple[float, float]:
    """The shortest time with all indexes, and without; in turns, so that a noisy moment hits both."""
    drop = [sql.SQL("drop index {}").format(sql.Identifier(target.schema, name)) for name in left_out]
    times = [(_time(cursor, target, []), _time(cursor, target, drop)) for _ in range(ROUNDS)]
    return min(first for first, _ in times), min(second for _, second in times)


def _time(cursor: Cursor, target: _Target, before: Sequence[sql.Composed]) -> float:
    names = ", ".join(quote(column.name) for column in target.table.columns if not column.is_generated)
    cursor.execute("savepoint measuring")
    for statement in before:
        cursor.execute(statement)
    started = time.perf_counter()
    cursor.execute(
        f"insert into {target.table.label} ({names}) overriding system value select {names} from measured_copies"
    )
    taken = time.perf_counter() - started
    cursor.execute("rollback to savepoint measuring")
    return taken


@contextmanager
def _explained(connection: Connection, table: str) -> Iterator[None]:
    try:
        yield
    except errors.LockNotAvailable:
        connection.rollback()
        reason = who_is_in_the_way(connection, "measure_writes()")
    except psycopg2.Error as error:
        reason = f"PostgreSQL says: {words_of(error)}."
    else:
        return
    raise WorkshopError(f"Writing to {table} could not be measured. {reason}")
