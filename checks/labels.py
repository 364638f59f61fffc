"""The labels that a column takes, whatever the design: an enum, a CHECK or a domain over text, a look-up table.

What a look-up table holds is the learner's data, so labels are read from it, never put there.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checks.catalog import Column, ForeignKey, Table
from checks.probe import Shop
from checks.rows import qualified, rules_about
from checks.rows.values import pool
from checks.session import Statement

#: No label of any shop; no longer than `adjust`, the shortest that the longest label of a design may be.
_NO_LABEL = "banana"

#: Rows of a look-up table that are read; one with more is no list of labels.
_MOST_LABELS = 500


@dataclass(frozen=True)
class Labels:
    """What a column may hold: each label as written, and the value that is stored for it."""

    column: Column
    known: tuple[tuple[str, Any], ...]
    complete: bool  # an enum or a look-up table names them all; of a CHECK only the server knows what it takes
    lookup: Table | None = None

    def values(self, *names: str) -> list[Any]:
        """The stored values that may stand for a label or its synonyms, the likeliest first; none if it is missing."""
        wanted = [fold(name) for name in names]
        found = [value for name in wanted for label, value in self.known if fold(label) == name]
        if self.complete or self.column.type.category != "S":
            return list(dict.fromkeys(found))
        spelled = [form for name in names for form in (name, name.upper(), name.capitalize())]
        return list(dict.fromkeys([*found, *spelled]))

    def knows(self, name: str) -> bool:
        """The catalog, or a look-up table, names this label."""
        return any(fold(label) == fold(name) for label, _ in self.known)

    def unknown(self, near: str) -> list[Any]:
        """Values that no design takes, never longer than a legal label; `near` is a label that some are close to."""
        if self.lookup is not None and not any(isinstance(value, str) for _, value in self.known):
            return [self._no_key()]
        if self.column.type.category == "N" and self.lookup is None:
            return [32000]
        if self.column.type.base == "uuid":
            return [str(uuid.UUID(int=7))]
        return [_NO_LABEL] if self.complete else [_NO_LABEL, f"x{near}", f"{near}x"]

    def _no_key(self) -> int:
        numbers = [int(value) for _, value in self.known]
        return max(numbers, default=0) + 1 if max(numbers, default=0) < 32767 else min(numbers) - 1

    @property
    def listed(self) -> str:
        """The labels, for a sentence."""
        return ", ".join(dict.fromkeys(label for label, _ in self.known)) or "none"


def labels_of(shop: Shop, part: str, name: str) -> Labels:
    """The labels of the column that plays `name`; Skipped when there is no such column."""
    return labels_in(shop, shop.table(part), shop.column(part, name))


def labels_in(shop: Shop, table: Table, column: Column) -> Labels:
    """The labels of any column of a table."""
    for key in sorted(table.foreign_keys, key=lambda key: len(key.columns)):
        target = shop.catalog.by_oid(key.target)
        if column.name in key.columns and target is not None and target.is_table:
            return Labels(column, tuple(_looked_up(shop, column, key, target)), complete=True, lookup=target)
    texts = [value for value in pool(column, 1, rules_about(table, column)) if isinstance(value, str)]
    return Labels(column, tuple((text, text) for text in texts), complete=bool(column.type.labels))


def _looked_up(shop: Shop, column: Column, key: ForeignKey, target: Table) -> Iterator[tuple[str, Any]]:
    """Each row's label: the key itself where that is text, else any text beside it."""
    place = key.target_columns[key.columns.index(column.name)]
    answer = shop.session.attempt(Statement(f"select * from {qualified(target)} limit {_MOST_LABELS}"))
    worded = target.column(place)
    for row in answer.rows:
        if worded is not None and worded.type.category in "SE":
            yield row[place], row[place]
        else:
            yield from ((text, row[place]) for name, text in row.items() if isinstance(text, str) and name != place)


def fold(label: Any) -> Any:
    """A label without its letter case and punctuation; any other value as it is.

    >>> fold("In_Transit ")
    'in transit'
    """
    return re.sub(r"[\W_]+", " ", label).strip().lower() if isinstance(label, str) else label


def same(one: Any, other: Any) -> bool:
    """Whether two stored values are one label."""
    return bool(fold(one) == fold(other))


__all__ = ["Labels", "fold", "labels_in", "labels_of", "same"]
