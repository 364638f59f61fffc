"""What is tried with a row, as the statements that are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks.catalog import Table
from checks.rows.names import qualified, quote
from checks.session import RETURNING, Answer, Refusal, Statement

Values = dict[str, Any]  # by stored column name


class NoRow(Exception):
    """No row that the table takes was found."""

    def __init__(
        self,
        table: Table,
        answer: Answer | None,
        impossible: frozenset[str] = frozenset(),
        contradiction: tuple[str, ...] = (),
        dropped: bool = False,
        ahead: str | None = None,
    ) -> None:
        super().__init__(table.label)
        self.table = table
        self.answer = answer
        #: Columns whose own CHECK turned down every candidate.
        self.impossible = impossible
        #: Rules that PostgreSQL itself knows can't all hold: no row will ever go in.
        self.contradiction = contradiction
        #: PostgreSQL reported success for each of many rows and stored none, in the table or in one that inherits it.
        self.dropped = dropped
        #: The learner's function that writes a row which points at this one, where no such row is there.
        self.ahead = ahead


@dataclass
class Draft:
    """A row that the table would take, not stored."""

    table: Table
    values: Values
    #: Rows that point at this one and it at them, so that they can only go in together.
    before: tuple[Statement, ...] = ()
    #: How PostgreSQL took it when it was tried.
    tried: Answer | None = None

    def but(self, **changes: Any) -> Statement:
        """The same row with these stored columns changed, as an INSERT."""
        return together(self.before, insert(self.table, self.values | changes))


@dataclass
class Row:
    """A row that was stored, as the server gave it back."""

    table: Table
    values: Values
    tried: str = ""

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def update(self, **changes: Any) -> Statement:
        """Change these stored columns of this row."""
        sets = ", ".join(f"{quote(name)} = %s" for name in changes)
        where, key = self._where()
        sql = f"update {qualified(self.table)} set {sets} where {where}{RETURNING}"
        return Statement(sql, (*changes.values(), *key))

    def save(self) -> Statement:
        """Write this row once more as it is."""
        key = self.table.primary_key.columns if self.table.primary_key else frozenset()
        written = [c for c in self.table.columns if not c.generated and c.identity != "a" and c.name not in key]
        sets = ", ".join(f"{quote(column.name)} = {quote(column.name)}" for column in written)
        where, values = self._where()
        return Statement(f"update {qualified(self.table)} set {sets} where {where}{RETURNING}", values)

    def delete(self) -> Statement:
        where, key = self._where()
        return Statement(f"delete from {qualified(self.table)} where {where}", key)

    def read(self) -> Statement:
        where, key = self._where()
        return Statement(f"select * from {qualified(self.table)} where {where}", key)

    def _where(self) -> tuple[str, tuple[Any, ...]]:
        primary = self.table.primary_key
        names = sorted(primary.columns) if primary else ["ctid"]
        casts = " and ".join(f"{quote(name)} = %s" for name in names)
        return casts, tuple(self.values[name] for name in names)


def insert(table: Table, values: Values) -> Statement:
    """One row, all values explicit."""
    if not values:
        return Statement(f"insert into {qualified(table)} default values{RETURNING}")
    overriding = any((c := table.column(name)) and c.identity == "a" for name in values)
    return Statement(
        f"insert into {qualified(table)} ({', '.join(quote(name) for name in values)})"
        f"{' overriding system value' if overriding else ''}"
        f" values ({', '.join(['%s'] * len(values))}){RETURNING}",
        tuple(values.values()),
    )


def together(before: Sequence[Statement], last: Statement) -> Statement:
    """Rows that point at each other, in one statement: foreign keys are judged at its end, deferrable or not."""
    values = tuple(value for statement in (*before, last) for value in statement.values)
    made = ", ".join(f"row_{place} as ({statement.sql})" for place, statement in enumerate(before, 1))
    return Statement(f"with {made} {last.sql}" if made else last.sql, values)


def why(refusal: Refusal | None) -> str:
    """What PostgreSQL said, for a sentence."""
    return refusal.message if refusal else "it reported success, but stored nothing"
