"""What a database holds, apart from its rows, and how it gets the indexes of another one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

_STRUCTURE = Path(__file__).with_name("structure.sql").read_text("utf-8")
_INDEXES = Path(__file__).with_name("indexes.sql").read_text("utf-8")
_EXTENSIONS = (
    "select e.extname, n.nspname from pg_catalog.pg_extension e"
    " join pg_catalog.pg_namespace n on n.oid = e.extnamespace"
)


@dataclass(frozen=True)
class Index:
    """An index that no constraint made; names as SQL takes them, `statement` makes it."""

    name: str
    table: str
    statement: str


@dataclass(frozen=True)
class Contents:
    """What a database holds, apart from its rows.

    Attributes:
        structure: everything but indexes and extensions, as pairs of an object's name and a fact about it.
        extensions: pairs of a name and a schema.
        indexes: in the order in which they were made.
    """

    structure: frozenset[tuple[str, str]]
    extensions: frozenset[tuple[str, str]]
    indexes: tuple[Index, ...]

    def is_same_as(self, other: Contents) -> bool:
        """Whether both hold the same, in whatever order it was made."""
        return (self.structure, self.extensions, {*self.indexes}) == (
            other.structure,
            other.extensions,
            {*other.indexes},
        )


def read_contents(cursor: Cursor) -> Contents:
    """What the database holds now, as the cursor's transaction sees it."""
    cursor.execute(_STRUCTURE)
    structure = frozenset(cursor.fetchall())
    cursor.execute(_EXTENSIONS)
    extensions = frozenset(cursor.fetchall())
    cursor.execute(_INDEXES)
    return Contents(structure, extensions, tuple(Index(*row) for row in cursor.fetchall()))


def surplus(one: Contents, other: Contents) -> tuple[Index, ...]:
    """The indexes that only the first of them has, in their order."""
    return tuple(index for index in one.indexes if index not in other.indexes)


def adopt_indexes(cursor: Cursor, present: Contents, wanted: Contents) -> None:
    """Drop and create until the database, which holds `present`, has the indexes of `wanted`; the rows stay."""
    for index in surplus(present, wanted):
        cursor.execute(f"drop index {index.name}")
    for name, schema in sorted(wanted.extensions - present.extensions):
        cursor.execute(sql.SQL("create extension {} schema {}").format(sql.Identifier(name), sql.Identifier(schema)))
    made = surplus(wanted, present)
    for index in made:
        cursor.execute(index.statement)
    for table in dict.fromkeys(index.table for index in made):
        cursor.execute(f"analyze {table}")  # what is known about an expression, PostgreSQL learns only now
