"""Buying something in a shop of any design: pieces in stock, an order with a line, its way from pending to delivered.

A design may take stock as a line is written or later, may want an order to begin as pending and to go one step at a
time, may want a payment first, may close an order's lines. What is done here is what such a shop does in life.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from checks.catalog import Column, Table
from checks.labels import Labels, labels_in, labels_of, same
from checks.outcome import CantTell, Skipped
from checks.probe import Shop
from checks.rows import NoRow, Row, Values, qualified, quote
from checks.session import Answer, Statement
from checks.trade.stock import Stock

#: An order's way, in the contract's words.
WAY = ("pending", "paid", "shipped", "delivered")

#: What payments that have come in are called.
_RECEIVED = ("paid", "completed", "captured", "succeeded", "success", "successful", "settled", "confirmed", "approved")


def points(shop: Shop, part: str, parent: Row) -> Values:
    """The values, by stored column, of a row of `part` whose first key to that parent's table points at it."""
    target = shop.roles.part_of(parent.table)
    key = next(iter(shop.foreign_keys(part, target)), None) if target else None
    if key is None:
        raise Skipped
    return {ours: parent[theirs] for ours, theirs in zip(key.columns, key.target_columns, strict=True)}


def rows_where(shop: Shop, part: str, values: Mapping[str, Any]) -> list[Row]:
    """The stored rows of a part that have all these values."""
    table = shop.table(part)
    conditions = " and ".join(f"{quote(name)} = %s" for name in values)
    sql = f"select *, ctid::text as ctid from {qualified(table)} where {conditions}"
    return [Row(table, row) for row in shop.session.attempt(Statement(sql, tuple(values.values()))).rows]


# -- stock -----------------------------------------------------------------------------------------------------


def stocked_variant(shop: Shop) -> Row:
    """A new variant with plenty of pieces, where the shop counts them at all."""
    return _stocked(shop, shop.row("product_variants"))


def _stocked(shop: Shop, variant: Row) -> Row:
    with suppress(Skipped, NoRow, CantTell):
        Stock.of(shop).stock_up(variant)
    return variant


def two_of_a_product(shop: Shop) -> tuple[Row, Row]:
    """Two variants of one product, or of two where sizes are not free."""
    of_product = points(shop, "product_variants", shop.row("products"))
    size = shop.column("product_variants", "size").name
    try:
        with_sizes = [shop.row("product_variants", of_product | {size: value}) for value in ("M", "L")]
        return with_sizes[0], with_sizes[1]
    except NoRow:
        return shop.row("product_variants"), shop.row("product_variants")


def stocked_siblings(shop: Shop) -> tuple[Row, Row]:
    """The same, with plenty of pieces of both."""
    one, other = two_of_a_product(shop)
    return _stocked(shop, one), _stocked(shop, other)


# -- orders ----------------------------------------------------------------------------------------------------


def begin_pending(shop: Shop) -> None:
    """From now on orders, and their history, begin as pending.

    A design may refuse any other beginning, and lines in any other order.
    """
    for part in ("orders", "order_status_history"):
        if part in shop.roles.tables and shop.usual(part) is None:
            shop.usually(part, {})
            with suppress(Skipped):
                shop.usually(part, _pending(shop, part))


def _pending(shop: Shop, part: str) -> Values:
    """What makes a row of a part say pending; nothing when it can't."""
    statuses = labels_of(shop, part, "status")
    ways = [{statuses.column.name: value} for value in statuses.values("pending")]
    if not statuses.knows("pending"):
        ways = [way for way in ways if _is_taken(shop, part, way)]
    return ways[0] if ways else {}


def _is_taken(shop: Shop, part: str, values: Values) -> bool:
    with shop.isolated():
        try:
            shop.row(part, values)
        except NoRow:
            return False
    return True


def open_order(shop: Shop, values: Values | None = None) -> Row:
    """A pending order without lines; lines that are made from now on belong to it, and are of a variant in stock."""
    begin_pending(shop)
    shop.stand(stocked_variant(shop))
    order = shop.row("orders", values)
    shop.stand(order)
    return order


def placed_order(shop: Shop, values: Values | None = None) -> tuple[Row, Row]:
    """A pending order and its one line, of a variant of its own."""
    order = open_order(shop, values)
    return order, line_of(shop, order, stocked_variant(shop))


def line_of(shop: Shop, order: Row, variant: Row, values: Values | None = None) -> Row:
    """A line of that order, for one piece of that variant."""
    one = {shop.column("order_items", "quantity").name: 1}
    return shop.row(
        "order_items", points(shop, "order_items", order) | points(shop, "order_items", variant) | one | (values or {})
    )


def advance(shop: Shop, order: Row, label: str) -> Answer | None:
    """Take an order one step on and keep that; the order is paid for where the shop wants that first.

    None when it has arrived, else PostgreSQL's first answer: a refusal, or success that changed nothing.
    """
    statuses = labels_of(shop, "orders", "status")
    first = _try_status(shop, order, statuses, label)
    if first is not None and first.refusal is not None and pay(shop, order):
        return first if _try_status(shop, order, statuses, label) is not None else None
    return first


def _try_status(shop: Shop, order: Row, statuses: Labels, label: str) -> Answer | None:
    first: Answer | None = None
    for value in statuses.values(label):
        answer = shop.change(order, **{statuses.column.name: value})
        if answer.refusal is None and same(order[statuses.column.name], value):
            return None
        first = first or answer
    return first or Answer(tried="")


def pay(shop: Shop, order: Row) -> bool:
    """Pay for an order in full, with a payment that has come in; False when that can't be done."""
    try:
        to_order = points(shop, "payments", order)
        lines = rows_where(shop, "order_items", points(shop, "order_items", order))
        price, quantity = (shop.column("order_items", name).name for name in ("unit_price", "quantity"))
        amount = shop.column("payments", "amount")
    except Skipped:
        return False
    total = sum(line[price] * line[quantity] for line in lines)
    for values in ({amount.name: total} | received(shop), {amount.name: total}, received(shop), {}):
        with suppress(NoRow):
            shop.row("payments", to_order | values)
            return True
    return False


def received(shop: Shop) -> Values:
    """What says that a payment has come in, where payments have a status."""
    table = shop.table("payments")
    return {column.name: value for column in table.columns for value in _received_labels(shop, table, column)[:1]}


def _received_labels(shop: Shop, table: Table, column: Column) -> list[Any]:
    if not re.search(r"stat(e|us)", column.name):
        return []
    labels = labels_in(shop, table, column)
    return [value for word in _RECEIVED if labels.knows(word) for value in labels.values(word)]


def deliver(shop: Shop, order: Row) -> bool:
    """Take a pending order to the end of its way; False when it got stuck."""
    return all(advance(shop, order, label) is None for label in WAY[1:])
