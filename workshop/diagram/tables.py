"""What a diagram shows: tables, columns and foreign keys, read from the live database or made up by the caller."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from psycopg2.extensions import connection as Connection

_COLUMNS = Path(__file__).with_name("columns.sql").read_text("utf-8")
_FOREIGN_KEYS = Path(__file__).with_name("foreign_keys.sql").read_text("utf-8")


@dataclass(frozen=True)
class Column:
    """A column as it is drawn.

    Attributes:
        type: as short as PostgreSQL takes it, such as "varchar(255)"; may be empty.
        is_key: part of the primary key.
        is_unique: no two rows share a value, by this column alone.
        is_optional: may be null.
        is_missing: it should be there and is not.
    """

    name: str
    type: str = ""
    is_key: bool = False
    is_unique: bool = False
    is_optional: bool = False
    is_missing: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """An arrow from the table that has it to `table`.

    Attributes:
        columns: the columns that refer; empty when a caller leaves them open.
        is_optional: a row need not refer to another.
        is_single: at most one row refers to another (the columns are unique).
    """

    table: str
    columns: tuple[str, ...] = ()
    is_optional: bool = False
    is_single: bool = False


@dataclass(frozen=True)
class Table:
    """A table as it is drawn; `is_missing` when it should be there and is not."""

    name: str
    columns: tuple[Column, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = field(default=())
    is_missing: bool = False

    def refers_by(self, column: str) -> bool:
        """Is the column part of a foreign key?"""
        return any(column in key.columns for key in self.foreign_keys)


def read_tables(connection: Connection) -> tuple[Table, ...]:
    """The tables of a database, in the order in which they were made; partitions and system tables are left out."""
    columns: dict[str, list[Column]] = {}
    keys: dict[str, list[ForeignKey]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, name, type_, is_key, is_unique, is_optional in cursor.fetchall():
            found = columns.setdefault(table, [])
            if name is not None:
                found.append(Column(name, _short(type_), is_key, is_unique, is_optional))
        cursor.execute(_FOREIGN_KEYS)
        for table, target, names, is_optional, is_single in cursor.fetchall():
            keys[table].append(ForeignKey(target, tuple(names), is_optional, is_single))
    return tuple(Table(name, tuple(found), tuple(keys[name])) for name, found in columns.items())


_SHORTER = {
    "character varying": "varchar",
    "character": "char",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
}


def _short(type_: str) -> str:
    for long, short in _SHORTER.items():
        if type_.startswith(long):
            return short + type_.removeprefix(long)
    return type_
