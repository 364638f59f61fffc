"""A handful of rows for a random design, written as a shop would: numbers counted by the database, orders going on."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from checks.rows import quote
from tests.checks.random_designs.ddl import Column, Design, Names, Reference, Table


def write_samples(connection: Connection, design: Design) -> None:
    """Rows for every table, in an order that keys allow, and what happens to them."""
    stored: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        for part, table in design.tables.items():
            for k in range(1, table.samples + 1):
                values = _values(cursor, table, stored, k)
                places = ", ".join(["%s"] * len(values))
                row = f"insert into {quote(table.name)} ({Names(values)}) overriding system value values ({places})"
                cursor.execute(row, list(values.values()))
            for deed in table.deeds:
                cursor.execute(design.fill(deed))
            cursor.execute(f"select * from {quote(table.name)} order by {table.primary}")
            stored[part] = [dict(row) for row in cursor.fetchall()]


def _values(cursor: Any, table: Table, stored: dict[str, list[dict[str, Any]]], k: int) -> dict[str, Any]:
    values = {column.name: column.sample.format(k=k) for column in table.columns.values() if column.sample is not None}
    if any(_is_own_parent(table, key) for key in table.references):
        [number] = table.roles["number"]
        values.setdefault(number, _next(cursor, table, table.columns[number]))
    for key in table.references:
        if _is_own_parent(table, key):
            parent = values
        elif key.target is not table:
            parents = stored[key.target.part]
            parent = parents[min(k, len(parents)) - 1]
        else:
            continue
        values |= {ours: parent[theirs] for ours, theirs in zip(key.columns, key.target_columns, strict=True)}
    return values


def _is_own_parent(table: Table, key: Reference) -> bool:
    return key.target is table and all(table.columns[name].required for name in key.columns)


def _next(cursor: Any, table: Table, number: Column) -> Any:
    """What the database would give a row for its number."""
    counted = f"nextval(pg_get_serial_sequence('{quote(table.name)}', '{number.name}'))"
    cursor.execute(f"select {number.default or counted} as number")
    return cursor.fetchone()["number"]
