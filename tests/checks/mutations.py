"""Ways to break any shop's schema, worked out from its own catalog: one for each thing that a MUST rests on.

A design may keep a rule in several ways at once: what is taken away here is every one of them that the catalog shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checks.breaking import of_type, unbound, without_keys, without_triggers, without_unique
from checks.catalog import Column, ForeignKey, Table
from checks.catalog.facts import INTEGER, NUMERIC
from checks.roles import Roles
from checks.rows import qualified, quote

#: Makes the DDL that breaks a design; LookupError where this design has nothing there to break.
Break = Callable[[Roles], str]


@dataclass(frozen=True)
class Mutation:
    """A way to break one rule's part of a schema."""

    step: int
    part: str
    name: str
    ddl: Break

    def __str__(self) -> str:
        return f"{self.part}: {self.name}"


STEPS = {
    2: ("users", "categories", "products"),
    3: ("product_variants", "product_images", "price_history"),
    4: ("addresses", "cart_items", "orders", "order_items", "order_status_history", "payments"),
    5: ("inventory", "stock_movements", "reviews", "review_votes"),
}
NEVER_NULL = {
    "users": ("email", "password_hash"),
    "categories": ("name",),
    "products": ("name", "sku", "price"),
    "product_variants": ("sku",),
    "product_images": ("url", "display_order"),
    "price_history": ("new_price",),
    "addresses": ("line1", "city", "country"),
    "cart_items": ("quantity",),
    "orders": ("status",),
    "order_items": ("quantity", "unit_price"),
    "order_status_history": ("status",),
    "payments": ("amount",),
    "inventory": ("quantity",),
    "stock_movements": ("quantity_change", "movement_type"),
    "reviews": ("rating",),
    "review_votes": ("is_helpful",),
}
IN_RANGE = {
    "products": ("price",),
    "cart_items": ("quantity",),
    "order_items": ("quantity", "unit_price"),
    "payments": ("amount",),
    "inventory": ("quantity",),
    "reviews": ("rating",),
}
MONEY = {
    "products": ("price",),
    "price_history": ("new_price",),
    "order_items": ("unit_price",),
    "payments": ("amount",),
}
UNIQUE = {"users": ("email",), "products": ("sku",), "product_variants": ("sku",)}
ONCE = {
    "cart_items": ("users", "product_variants"),
    "inventory": ("product_variants",),
    "review_votes": ("users", "reviews"),
}
REFERS = {
    "categories": ("categories",),
    "products": ("categories",),
    "product_variants": ("products",),
    "product_images": ("products",),
    "addresses": ("users",),
    "cart_items": ("users", "product_variants"),
    "orders": ("users", "addresses"),
    "order_items": ("orders", "product_variants"),
    "order_status_history": ("orders",),
    "payments": ("orders",),
    "inventory": ("product_variants",),
    "reviews": ("users", "products"),
    "review_votes": ("users", "reviews"),
}


def mutations() -> Iterator[Mutation]:
    """Every mutation there is."""
    for step, parts in STEPS.items():
        for part in parts:
            for name, ddl in _ways(part):
                yield Mutation(step, part, name, ddl)


def _ways(part: str) -> Iterator[tuple[str, Break]]:
    yield "gone", lambda roles: f"drop table {qualified(_table(roles, part))} cascade"
    yield "a view", lambda roles: _as_view(_table(roles, part))
    yield "no primary key", lambda roles: _without_key(_table(roles, part))
    for name in NEVER_NULL[part]:
        yield f"{name} may be NULL", lambda roles, name=name: _nullable(roles, part, name)
    for name in IN_RANGE.get(part, ()):
        yield (
            f"{name} has no bounds",
            lambda roles, name=name: _unbound(_table(roles, part), _column(roles, part, name)),
        )
    for name in MONEY.get(part, ()):
        yield f"{name} is a float", lambda roles, name=name: _as_float(roles, part, name)
    for name in UNIQUE.get(part, ()):
        yield (
            f"{name} twice",
            lambda roles, name=name: _repeatable(_table(roles, part), frozenset({_column(roles, part, name).name})),
        )
    if targets := ONCE.get(part):
        yield (
            "twice",
            lambda roles: _repeatable(
                _table(roles, part),
                frozenset(name for target in targets for name in _keys(roles, part, target)[0].columns),
            ),
        )
    for target in REFERS.get(part, ()):
        yield f"no key to {target}", lambda roles, target=target: _unrelated(roles, part, target)
        yield f"key to {target} not valid", lambda roles, target=target: _never_looked_at(roles, part, target)


# -- what a design has there -----------------------------------------------------------------------------------


def _table(roles: Roles, part: str) -> Table:
    return roles.tables[part]


def _column(roles: Roles, part: str, name: str) -> Column:
    column = roles.column(part, name)
    if column is None or column.generated:
        raise LookupError
    return column


def _keys(roles: Roles, part: str, target: str) -> list[ForeignKey]:
    keys = [key for key in _table(roles, part).foreign_keys if key.target == _table(roles, target).oid]
    if not keys:
        raise LookupError
    return keys


# -- and how it is taken away ----------------------------------------------------------------------------------


def _as_view(table: Table) -> str:
    aside = f"{table.name[:50]}_aside"
    name = qualified(table)
    return (
        f"alter table {name} rename to {aside};"
        f" create view {quote(table.schema)}.{quote(table.name)} as select * from {quote(table.schema)}.{aside}"
    )


def _without_key(table: Table) -> str:
    if table.primary_key is None:
        raise LookupError
    return f"alter table {qualified(table)} drop constraint {quote(table.primary_key.name)} cascade"


def _nullable(roles: Roles, part: str, name: str) -> str:
    table, column = _table(roles, part), _column(roles, part, name)
    if table.primary_key and column.name in table.primary_key.columns:
        raise LookupError
    return f"{_unbound(table, column)}; alter table {qualified(table)} alter {quote(column.name)} drop not null"


def _unbound(table: Table, column: Column) -> str:
    return "; ".join(unbound(table, column))


def _as_float(roles: Roles, part: str, name: str) -> str:
    table, column = _table(roles, part), _column(roles, part, name)
    if column.type.base not in NUMERIC | INTEGER:
        raise LookupError
    return "; ".join([*unbound(table, column), *of_type(table, column, "double precision")])


def _repeatable(table: Table, columns: frozenset[str]) -> str:
    """Nothing unique is about no more than these columns, and no trigger looks for them."""
    return "; ".join([*without_triggers(table), *without_unique(table, columns)])


def _unrelated(roles: Roles, part: str, target: str) -> str:
    return "; ".join(without_keys(_table(roles, part), _keys(roles, part, target)))


def _never_looked_at(roles: Roles, part: str, target: str) -> str:
    table = _table(roles, part)
    if table.kind == "p" or _table(roles, target).kind == "p":
        raise LookupError  # PostgreSQL takes no such key there

    def again(key: ForeignKey) -> str:
        ours, theirs = (", ".join(map(quote, names)) for names in (key.columns, key.target_columns))
        return (
            f"alter table {qualified(table)} drop constraint {quote(key.name)}, add constraint {quote(key.name)}"
            f" foreign key ({ours}) references {qualified(_table(roles, target))} ({theirs}) not valid"
        )

    return "; ".join(again(key) for key in _keys(roles, part, target))
