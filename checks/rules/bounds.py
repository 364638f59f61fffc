"""Numbers between bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from checks.catalog import Column, Table
from checks.outcome import Failed
from checks.probe import Shop, shorten
from checks.rows import rules_about
from checks.rows.values import pool


def within_bounds(
    shop: Shop, part: str, column: Column, refused: Iterable[Any], taken: Iterable[Any], *, what: str, rule: str
) -> None:
    """The first values are refused, on INSERT and UPDATE, and the others taken; `rule` is the CHECK that does it."""
    for value in refused:
        with shop.isolated():
            shop.never(
                part,
                {column.name: value},
                happened=f"PostgreSQL took {what} with the {column.name} {value}.",
                next=f"Add {rule} to {shop.table(part).label}.",
                column=column.name,
            )
    for value in taken:
        with shop.isolated():
            shop.takes(
                part,
                {column.name: value},
                happened=f"{what.capitalize()} with the {column.name} {value} was refused: {{why}}.",
                next=f"Loosen the rule on {column.name}: {value} is an ordinary number.",
                column=column.name,
            )


def above_zero(part: str, name: str, what: str) -> Callable[[Shop], None]:
    """Zero and negative numbers are refused, small ones are taken."""

    def check(shop: Shop) -> None:
        column = shop.column(part, name)
        rule = f'CheckConstraint("{column.name} > 0", name="{column.name}_positive")'
        refused = dict.fromkeys([0, -1, -5, *_spoken_of(shop, part, column)])
        within_bounds(shop, part, column, refused, (1, 2, 3), what=what, rule=rule)

    return check


def _negative_amounts(table: Table, column: Column) -> list[Decimal]:
    """Amounts below zero where a rule may have a hole: the smallest that the column keeps, and what rules speak of."""
    scale = 6 if column.type.scale is None else column.type.scale
    smallest = Decimal(1).scaleb(-scale)  # what is less is rounded, perhaps to zero
    usual = pool(column, 1)
    named = [Decimal(value) for value in pool(column, 1, rules_about(table, column)) if value not in usual]
    amounts = [Decimal("-0.01"), -smallest, *(amount for amount in named if amount < 0)]
    return [amount for amount in dict.fromkeys(amounts) if abs(amount) >= smallest]


def never_negative(part: str, name: str, what: str) -> Callable[[Shop], None]:
    """Amounts below zero are refused, large and small; that ordinary ones are taken other checks say."""

    def check(shop: Shop) -> None:
        column = shop.column(part, name)
        rule = f'CheckConstraint("{column.name} >= 0", name="{column.name}_not_negative")'
        within_bounds(shop, part, column, (Decimal("-1.00"), Decimal("-500.00")), (), what=what, rule=rule)
        for amount in _negative_amounts(shop.table(part), column):
            _is_not_stored(shop, part, column, amount, what, rule)

    return check


def _is_not_stored(shop: Shop, part: str, column: Column, amount: Decimal, what: str, rule: str) -> None:
    """An amount below zero is not stored; where it is rounded away, which other checks report, it may be taken."""
    for answer in shop.both_ways(shop.draft(part), **{column.name: amount}):
        if answer.rows and str(answer.rows[0][column.name]).startswith("-"):
            raise Failed(
                f"PostgreSQL took {what} with the {column.name} {amount}.",
                next=f"Add {rule} to {shop.table(part).label}.",
                table=shop.table(part).label,
                column=column.name,
                tried=shorten(answer.tried),
            )


def _spoken_of(shop: Shop, part: str, column: Column) -> list[Any]:
    """Numbers below -5 that the rules about a column are about: a rule may let some of those pass."""
    numbers = pool(column, 1, rules_about(shop.table(part), column))
    return [number for number in numbers if isinstance(number, int | Decimal) and number < -5]
