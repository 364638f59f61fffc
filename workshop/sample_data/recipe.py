"""How each column of a learner's table is filled from the sample shop: candidates, the most lifelike first.

A column gets its value from the row that it refers to, from what the shop says of it, by counting, or from a row that
is known to be taken. Where PostgreSQL refuses one candidate, the next may do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from psycopg2.extensions import cursor as Cursor

from workshop.sample_data.outline import ForeignKey, Part
from workshop.sample_data.table import Column, Table
from workshop.sample_data.variety import Expression, literal, varied

#: What the other columns of a row may hang on: an example of each is known. A price has an example for each, too, but
#: others may be written; a status or a type without one may not.
PRICES = {"products": "price", "order_items": "unit_price"}
LABELS = {"orders": "status", "order_status_history": "status", "stock_movements": "movement_type"}

#: References that a row may do without where the learner's key is optional; nothing else is left open.
OPTIONAL = frozenset(
    {("categories", "categories"), ("reviews", "orders"), ("reviews", "order_items"), ("stock_movements", "orders")}
)

#: What will do as well as the shop's own value.
ALTERNATIVES: Mapping[tuple[str, str], Sequence[Expression]] = {
    ("users", "password_hash"): (lambda row: f"encode(sha256({row}.email::bytea), 'hex')",),
    ("addresses", "country"): (lambda row: f"{row}.country_code",),
}

_NUMBERS = ("int2", "int4", "int8", "numeric")


class CantFill(Exception):
    """A table that takes no rows; the text is a sentence that says why."""


@dataclass
class Sample:
    """The temporary table `sample_<part>` of shop.sql."""

    cursor: Cursor
    name: str
    _lengths: dict[str, int] = field(default_factory=dict)

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """The category of each column's type."""
        self.cursor.execute(
            "select attname, typcategory from pg_catalog.pg_attribute join pg_catalog.pg_type t on t.oid = atttypid"
            " where attrelid = %s::regclass and attnum > 0",
            (f"pg_temp.{self.name}",),
        )
        return dict(self.cursor.fetchall())

    def highest(self) -> int:
        """The largest number of a row."""
        self.cursor.execute(f"select coalesce(max(n), 0) from pg_temp.{self.name}")
        [[highest]] = self.cursor.fetchall()
        return int(highest)

    def length(self, column: str) -> int:
        """How many characters the longest value has."""
        if column not in self._lengths:
            self.cursor.execute(f"select coalesce(max(length({column})), 0) from pg_temp.{self.name}")
            [[self._lengths[column]]] = self.cursor.fetchall()
        return self._lengths[column]


@dataclass
class Recipe:
    """The candidates for each column of a table, and which of them is tried.

    Attributes:
        joins: SQL that brings the rows referred to.
        conditions: which rows of the sample there are to be.
        candidates: by column; a column without any is left to PostgreSQL.
    """

    part: Part
    table: Table
    joins: list[str]
    conditions: list[str]
    candidates: dict[str, list[Expression]]
    _chosen: dict[str, int] = field(default_factory=dict)

    def insert(self) -> str:
        """The statement that fills the table."""
        columns = [column for column in self.table.columns if self.candidates[column.name]]
        names = ", ".join(quote(column.name) for column in columns)
        overriding = " overriding system value" if any(column.is_always for column in columns) else ""
        values = ", ".join(self.value(column) for column in columns)
        return f"insert into {self.table.label} ({names}){overriding} select {values} {self._source()}"

    def keep(self, columns: Sequence[str]) -> str:
        """The statement that keeps these columns of each row by its number, for rows that refer to it."""
        kept = [
            f"{self.value(column)} as {quote(column.name)}" for column in self.table.columns if column.name in columns
        ]
        name = f"poured_{self.part.name}"
        return f"create temp table {name} on commit drop as select {', '.join(['s.n', *kept])} {self._source()}"

    def value(self, column: Column, alias: str = "s") -> str:
        """What is tried for a column, as SQL of its type."""
        return f"({self.candidates[column.name][self._chosen.get(column.name, 0)](alias)})::{column.type}"

    def try_another(self, columns: Sequence[Column]) -> bool:
        """Take the next candidate for one of these columns; False when there is none."""
        for column in columns:
            place = self._chosen.get(column.name, 0) + 1
            if place < len(self.candidates[column.name]):
                self._chosen[column.name] = place
                return True
        return False

    def _source(self) -> str:
        where = f" where {' and '.join(self.conditions)}" if self.conditions else ""
        return f"from pg_temp.sample_{self.part.name} as s {' '.join(self.joins)}{where}"


def quote(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


class Composer:
    """Writes the recipe of one table. `poured` are the parts that are filled, `wanted` the columns referred to."""

    def __init__(
        self, cursor: Cursor, part: Part, table: Table, poured: frozenset[str], wanted: frozenset[str]
    ) -> None:
        self.cursor = cursor
        self.part = part
        self.table = table
        self.poured = poured
        self.wanted = wanted
        self.sample = Sample(cursor, f"sample_{part.name}")
        self._columns = {column.name: column for column in table.columns}
        self._roles = {stored: name for name, stored in part.columns.items()}

    def recipe(self) -> Recipe:
        """Raises CantFill where the table can't be filled at all."""
        if not self.part.examples:
            raise CantFill(f"No row was found that {self.part.label} takes ({self.part.problem}).")
        referring: dict[str, list[Expression]] = {}
        recipe = Recipe(self.part, self.table, [], self._conditions(), {})
        for number, key in enumerate(sorted(self.part.foreign_keys, key=self._is_optional)):
            if key.part is not None:
                self._refer(key, f"r{number}", recipe, referring)
        for column in self.table.columns:
            recipe.candidates[column.name] = (
                [] if column.is_generated else referring.get(column.name) or list(self._candidates(column))
            )
        return recipe

    # -- rows ----------------------------------------------------------------------------------------------------

    def _conditions(self) -> list[str]:
        """Only what can be written: known labels, and no row without a value that the table demands."""
        needed = [
            f"s.{name} is not null"
            for name, stored in self.part.columns.items()
            if name in self.sample.columns and self._columns[stored].not_null and not self._columns[stored].is_generated
        ]
        label = LABELS.get(self.part.name)
        known = [literal(example.stands_for) for example in self.part.examples if example.stands_for]
        return [*needed, *([f"s.{label} in ({', '.join(known)})"] if label and known else [])]

    # -- rows that are referred to -------------------------------------------------------------------------------

    def _is_optional(self, key: ForeignKey) -> bool:
        return not all(self._columns[name].not_null for name in key.columns)

    def _refer(self, key: ForeignKey, alias: str, recipe: Recipe, referring: dict[str, list[Expression]]) -> None:
        optional = self._is_optional(key)
        number = self._number(key)
        if key.part == self.part.name:
            self._refer_to_itself(key, number, recipe, referring)
            return
        if key.part not in self.poured or (number is None and optional):
            if not optional:
                raise CantFill(f"{self.part.label} refers to {key.part}, which is not filled.")
            referring.update({name: [_null] for name in key.columns if name not in referring and self._is_free(name)})
            return
        number = number or f"(select min(n) from pg_temp.poured_{key.part})"
        recipe.joins.append(f"left join pg_temp.poured_{key.part} as {alias} on {alias}.n = {number}")
        if not (optional and (self.part.name, key.part) in OPTIONAL):
            recipe.conditions.append(f"{alias}.n is not null")
        for ours, theirs in zip(key.columns, key.target_columns, strict=True):
            referring.setdefault(ours, [_of(alias, theirs), *([_null] if self._is_free(ours) else [])])

    def _refer_to_itself(
        self, key: ForeignKey, number: str | None, recipe: Recipe, referring: dict[str, list[Expression]]
    ) -> None:
        """The row above, in the same table; where there must be one, the topmost row is its own."""
        number = "s.n" if number is None else number if self._is_optional(key) else f"coalesce({number}, s.n)"
        recipe.joins.append(f"left join pg_temp.{self.sample.name} as up on up.n = {number}")
        for ours, theirs in zip(key.columns, key.target_columns, strict=True):
            if ours != theirs:
                referring.setdefault(ours, [self._above(recipe, self._columns[theirs])])

    def _above(self, recipe: Recipe, column: Column) -> Expression:
        return lambda _: f"case when up.n is not null then {recipe.value(column, 'up')} end"

    def _is_free(self, name: str) -> bool:
        return not self._columns[name].not_null

    def _number(self, key: ForeignKey) -> str | None:
        """The sample's column with the number of the row that a key refers to."""
        named = [f"{role.removesuffix('_id')}_n" for name in key.columns if (role := self._roles.get(name))]
        return next((f"s.{name}" for name in (*named, f"{key.part}_n") if name in self.sample.columns), None)

    # -- values --------------------------------------------------------------------------------------------------

    def _candidates(self, column: Column) -> Iterator[Expression]:
        """For a column that refers to no row of the shop."""
        role = self._roles.get(column.name, column.name)
        example = self.part.examples[0].row.get(column.name)
        is_label = role == LABELS.get(self.part.name)
        is_known = not is_label and self._fits(role, column)
        if is_known:
            yield _of_row(role)
            yield from ALTERNATIVES.get((self.part.name, role), ()) if column.category == "S" else ()
            if role in self.part.values:
                yield self._of_a_few(role)
            if column.category == "S" and self._must_vary(column):  # the learner's own row may have the same
                yield lambda row: f"{row}.{role} || '-2'"
        elif role in self.part.values:
            yield self._of_a_few(role)
        elif self._is_key(column):
            if column.has_default and column.sequence is None:
                yield self._as_in_example(column)
            yield from self._counted(column)
        if example is not None and not is_label and self._must_vary(column):
            yield from self._varied(column, example)
        if column.name in self.part.examples[0].row and (column.has_default or self._is_told(column)):
            yield self._as_in_example(column)

    def _fits(self, role: str, column: Column) -> bool:
        """The shop says something of that name, and the column has room for it."""
        if self.sample.columns.get(role) != column.category or role in ("n", "place") or role.endswith("_n"):
            return False
        if self._is_foreign(column):
            return False
        return column.length is None or column.category != "S" or self.sample.length(role) <= column.length

    def _of_a_few(self, role: str) -> Expression:
        """In turns; where sizes and colours are both limited, a size comes back when all colours had it."""
        values = ", ".join(literal(value) for value in self.part.values[role])
        stride = max(1, len(self.part.values.get("color", ()))) if role == "size" else 1
        return lambda row: f"(array[{values}])[1 + {row}.n / {stride} % {len(self.part.values[role])}]"

    def _is_key(self, column: Column) -> bool:
        """A number that tells rows apart, or that others refer to."""
        is_key = column.sequence is not None or column.name in self.table.primary_key | self.wanted
        return is_key and column.base in _NUMBERS and not self._is_foreign(column)

    def _counted(self, column: Column) -> Iterator[Expression]:
        """A number of its own: among the rows that hang on one other where that is part of the key, else of all."""
        primary = self.table.primary_key
        referring = {name for key in self.part.foreign_keys if key.part for name in key.columns}
        is_composite = column.name in primary and bool(primary & referring - {column.name})
        if is_composite and column.sequence is None and "place" in self.sample.columns:
            yield _of_row("place")
        start = self._ask(f"select coalesce(max({quote(column.name)}), 0)::bigint from {self.table.label}")
        yield lambda row: f"{row}.n + {start}" if start else f"{row}.n"

    def _is_told(self, column: Column) -> bool:
        return any(example.row.get(column.name) is not None for example in self.part.examples)

    def _must_vary(self, column: Column) -> bool:
        return not self._is_foreign(column) and any(column.name in key.columns for key in self.table.keys)

    def _is_foreign(self, column: Column) -> bool:
        return any(column.name in key.columns for key in self.part.foreign_keys)

    def _varied(self, column: Column, example: str) -> Iterator[Expression]:
        start = self._ask(f"select count(*) from {self.table.label}")
        made = varied(column.base, column.category, example, self.sample.highest, start)
        if made is not None:
            yield made

    def _as_in_example(self, column: Column) -> Expression:
        """The value that is known to be taken, by price or label where that makes a difference."""
        values = {example.stands_for: example.row.get(column.name) for example in self.part.examples}
        first, *others = dict.fromkeys(values.values())
        if not others:
            return lambda _: _constant(first)
        by = (PRICES | LABELS)[self.part.name]

        def cases(row: str) -> str:
            whens = " ".join(f"when {literal(str(label))} then {_constant(value)}" for label, value in values.items())
            return f"case {row}.{by} {whens} else {_constant(first)} end"

        return cases

    def _ask(self, question: str) -> int:
        self.cursor.execute(question)
        [[answer]] = self.cursor.fetchall()
        return int(answer)


def _null(_: str) -> str:
    return "null"


def _of(alias: str, column: str) -> Expression:
    return lambda _: f"{alias}.{quote(column)}"


def _of_row(column: str) -> Expression:
    return lambda row: f"{row}.{column}"


def _constant(value: str | None) -> str:
    return "null" if value is None else literal(value)


__all__ = ["CantFill", "Composer", "Recipe", "quote"]
