"""Numbers between bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from checks.catalog import Column
from checks.catalog.facts import NUMERIC
from checks.probe import Shop
from checks.rows import rules_about
from checks.values import pool


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
        rule = f'CheckConstraint("{column.name} > 0", name="positive")'
        refused = dict.fromkeys([0, -1, -5, *_spoken_of(shop, part, column)])
        within_bounds(shop, part, column, refused, (1, 2, 3), what=what, rule=rule)

    return check


def never_negative(part: str, name: str, what: str) -> Callable[[Shop], None]:
    """Amounts below zero are refused, large and small; that ordinary ones are taken other checks say."""

    def check(shop: Shop) -> None:
        column = shop.column(part, name)
        keeps_cents = column.type.base in NUMERIC and (column.type.scale or 2) >= 2
        # Fewer digits would round a cent below zero to zero.
        refused = [Decimal("-1.00"), Decimal("-500.00"), *([Decimal("-0.01")] if keeps_cents else [])]
        refused += [value for value in map(Decimal, _spoken_of(shop, part, column)) if value not in refused]
        rule = f'CheckConstraint("{column.name} >= 0", name="not_negative")'
        within_bounds(shop, part, column, refused, (), what=what, rule=rule)

    return check


def _spoken_of(shop: Shop, part: str, column: Column) -> list[Any]:
    """Numbers below -5 that the rules about a column are about: a rule may let some of those pass."""
    numbers = pool(column, 1, rules_about(shop.table(part), column))
    return [number for number in numbers if isinstance(number, int | Decimal) and number < -5]
