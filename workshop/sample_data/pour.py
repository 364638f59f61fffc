"""Fills the tables of the learner's, one after the other, each in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import cursor as Cursor

from workshop.errors import WorkshopError
from workshop.postgres.connection import words_of
from workshop.sample_data.outline import Other, Outline, Part
from workshop.sample_data.recipe import CantFill, Composer, Recipe, quote
from workshop.sample_data.table import Column, Table, read_table

#: A shop without these is none.
CORE = frozenset({"users", "categories", "products", "product_variants", "addresses", "orders", "order_items"})

#: Classes of errors that speak of a row: integrity, data, and what functions of the learner's raise.
_ABOUT_A_ROW = ("22", "23", "P0")


@dataclass(frozen=True)
class Poured:
    """What became of a table: how many rows went in, or why none did."""

    part: Part
    rows: int = 0
    left_empty: str = ""


def pour(cursor: Cursor, outline: Outline, tables: Mapping[str, Table]) -> Iterator[Poured]:
    """Fill each part's table from the sample shop, in order; one that can't be filled is left empty, but for the core.

    Raises:
        WorkshopError: a table that belongs to the core takes no rows; the sentence names it and the rule.
    """
    for other in outline.others:
        _make(cursor, other)
    poured: frozenset[str] = frozenset()
    for name, part in outline.parts.items():
        wanted = _wanted(outline, name)
        try:
            recipe = Composer(cursor, part, tables[name], poured, wanted).recipe()
            rows = _fill(cursor, recipe)
        except CantFill as problem:
            if name in CORE:
                raise WorkshopError(
                    f"{problem} So nothing was loaded: every table is as it was. Change that rule and call "
                    "build_schema(), then load_sample_data() again."
                ) from None
            yield Poured(part, left_empty=f"Left empty: {problem}")
            continue
        if wanted:
            cursor.execute(recipe.keep(sorted(wanted)))
        poured |= {name}
        yield Poured(part, rows)


def count_on(cursor: Cursor, tables: Sequence[Table]) -> None:
    """Let sequences go on after the highest number that is there.

    Not by setval(), which would outlive a rollback: a sequence that was restarted is a new one, its nextval() included.
    """
    for table in tables:
        for column in table.columns:
            if column.sequence:
                cursor.execute(f"select max({quote(column.name)}) from {table.label}")
                [[highest]] = cursor.fetchall()
                if highest is not None:
                    cursor.execute(f"alter sequence {column.sequence} restart with {int(highest)}")
                    cursor.execute("select pg_catalog.nextval(%s)", (column.sequence,))


def read_tables(cursor: Cursor, outline: Outline) -> dict[str, Table]:
    """The facts of each part's table."""
    return {name: read_table(cursor, part.schema, part.table) for name, part in outline.parts.items()}


def _wanted(outline: Outline, name: str) -> frozenset[str]:
    """The columns that other tables refer to."""
    keys = (key for part in outline.parts.values() if part.name != name for key in part.foreign_keys)
    return frozenset(column for key in keys if key.part == name for column in key.target_columns)


def _make(cursor: Cursor, other: Other) -> None:
    """A row of another table that rows of the shop refer to."""
    names = ", ".join(quote(name) for name in other.row)
    table = f"{quote(other.schema)}.{quote(other.table)}"
    holes = ", ".join(["%s"] * len(other.row))
    statement = f"insert into {table} ({names}) overriding system value values ({holes})"
    try:
        cursor.execute(statement, tuple(other.row.values()))
    except psycopg2.Error as error:
        if not _is_about_a_row(error):
            raise
        words = words_of(error)
    else:
        return
    raise WorkshopError(
        f"The sample data need a row in {other.table}, which others refer to, and PostgreSQL says: {words}. Put one in "
        "by hand, then load_sample_data() again."
    )


def _fill(cursor: Cursor, recipe: Recipe) -> int:
    """Insert all rows; where a rule refuses them, with the next candidates for the columns that it is about."""
    while True:
        cursor.execute("savepoint filling")
        try:
            cursor.execute(recipe.insert())
            rows = cursor.rowcount
        except psycopg2.Error as error:
            if not _is_about_a_row(error):
                raise
            cursor.execute("rollback to savepoint filling")
            if not recipe.try_another(_columns(recipe.table, error)):
                reason = f"{recipe.part.label} can't be filled, because PostgreSQL says: {words_of(error)}."
                raise CantFill(reason) from None
        else:
            cursor.execute("release savepoint filling")
            return rows


def _is_about_a_row(error: psycopg2.Error) -> bool:
    return (error.pgcode or "").startswith(_ABOUT_A_ROW)


def _columns(table: Table, error: psycopg2.Error) -> list[Column]:
    """The columns that an error is about; all of them where it does not say."""
    if error.pgcode == errorcodes.NOT_NULL_VIOLATION and error.diag.column_name:
        return [column for column in table.columns if column.name == error.diag.column_name]
    if isinstance(error, psycopg2.IntegrityError):
        found = table.about(error.diag.constraint_name, error.diag.datatype_name)
        return found or list(table.columns)
    return list(table.columns)
