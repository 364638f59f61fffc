"""Numbers that are unique: room for new ones, and such as are counted within a parent."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from checks.catalog import Column, Table
from checks.catalog.facts import INTEGER
from checks.rows.statement import Draft

#: The largest number of each small type. Where keys come close to it, new ones go into a gap of that much room.
LARGEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}
ROOM = 2000


def counted_within(table: Table, parents: Container[int]) -> list[tuple[Column, frozenset[str]]]:
    """Whole numbers that are unique only within a parent, such as the lines of an order, and the columns of the parent.

    parents: oids of the tables that count as such; a tenant whom all keys share is none.

    Rows of different parents share them, and who counts them counts from 1.
    """
    foreign = {name for key in table.foreign_keys for name in key.columns}
    found: dict[str, tuple[Column, frozenset[str]]] = {}
    for index in table.indexes:
        own = index.columns - foreign
        scope = index.columns & foreign
        is_within = any(set(key.columns) <= scope and key.target in parents for key in table.foreign_keys)
        if not (index.unique and index.is_plain and is_within and len(own) == 1):
            continue
        column = table.column(next(iter(own)))
        if column is not None and column.required and not column.numbered and column.type.base in INTEGER:
            found.setdefault(column.name, (column, scope))
    return list(found.values())


def numbered_on(drafts: Sequence[Draft]) -> list[Draft]:
    """Drafts that are to go in together: those with one parent, each of which was the next one, count on."""
    counted: list[Draft] = []
    for draft in drafts:
        values = dict(draft.values)
        for column, scope in counted_within(draft.table, {key.target for key in draft.table.foreign_keys}):
            name = column.name
            same = {other.values[name] for other in counted if all(other.values[n] == values[n] for n in scope)}
            if values.get(name) in same:
                values[name] = max(same) + 1
        counted.append(replace(draft, values=values))
    return counted


def has_room(column: Column, highest: int) -> bool:
    return column.type.base not in LARGEST or highest <= LARGEST[column.type.base] - ROOM
