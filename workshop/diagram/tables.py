"""What a diagram shows: tables, columns and foreign keys, read from the live database or made up by the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

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

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Table:
        """A table of JSON: its name, and its columns and foreign keys with the attributes above."""
        keys = (ForeignKey(**{**key, "columns": tuple(key["columns"])}) for key in data["foreign_keys"])
        return cls(data["name"], tuple(Column(**column) for column in data["columns"]), tuple(keys))

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


def with_missing(tables: Sequence[Table], missing: Sequence[dict[str, Any]]) -> tuple[Table, ...]:
    """The tables and what `python -m checks.missing` says is missing: tables after them, columns at a table's end."""
    drawn = {table.name: table for table in tables}
    for data in missing:
        lost = Table.from_data(data)
        there = drawn.get(data["stored"])
        if there is None:
            drawn[lost.name] = replace(lost, is_missing=True)
            continue
        columns = (replace(column, is_missing=True) for column in lost.columns)
        drawn[there.name] = replace(
            there, columns=(*there.columns, *columns), foreign_keys=(*there.foreign_keys, *lost.foreign_keys)
        )
    return tuple(drawn.values())


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
