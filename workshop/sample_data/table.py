"""A table as PostgreSQL's catalog knows it: what one has to know to fill it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

_TABLE = Path(__file__).with_name("table.sql").read_text("utf-8")


@dataclass(frozen=True)
class Column:
    """A column, its type seen through all domains.

    Attributes:
        type: as it is written, its length and schema included.
        base: name of the base type, such as "int4".
        category: the base type's pg_type.typcategory: S text, N number, B boolean, D time, and others.
        length: how many characters fit; None for no limit.
        not_null: by the column or by a domain.
        is_always: an identity column that is only written with "overriding system value".
        sequence: what it draws its numbers from, as SQL.
        domains: names of the domains that its type is made of.
    """

    name: str
    type: str
    base: str
    category: str
    length: int | None
    not_null: bool
    has_default: bool
    is_always: bool
    is_generated: bool
    sequence: str | None
    domains: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """A unique index or an exclusion constraint, with every column that it looks at."""

    name: str
    is_primary: bool
    columns: frozenset[str]


@dataclass(frozen=True)
class Table:
    """Facts of one table; keys and rules of its partitions count as its own."""

    label: str  # as SQL, with its schema where that is not on the search path
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    rules: tuple[Key, ...]  # CHECKs and foreign keys

    @property
    def primary_key(self) -> frozenset[str]:
        """Its columns; none where there is no primary key."""
        return next((key.columns for key in self.keys if key.is_primary), frozenset())

    def about(self, constraint: str | None, domain: str | None) -> list[Column]:
        """The columns that a rule or a unique key of that name looks at, or those of that domain."""
        names: frozenset[str] = frozenset().union(
            *(key.columns for key in (*self.keys, *self.rules) if key.name == constraint)
        )
        return [column for column in self.columns if column.name in names or domain in column.domains]


def read_table(cursor: Cursor, schema: str, table: str) -> Table:
    """The facts of a table that is there."""
    cursor.execute(_TABLE, {"schema": schema, "table": table})
    [[told]] = cursor.fetchall()
    return Table(
        label=told["label"],
        columns=tuple(Column(**column | {"domains": tuple(column["domains"])}) for column in told["columns"]),
        keys=tuple(Key(key["name"], key["is_primary"], frozenset(key["columns"] or ())) for key in told["keys"]),
        rules=tuple(Key(rule["name"], False, frozenset(rule["columns"])) for rule in told["rules"]),
    )
