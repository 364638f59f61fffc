"""python -m checks.outline [--database-url URL]: what a loader of many rows has to know of a live schema, as JSON.

`workshop` never imports `checks`; what it needs to know of a learner's tables, it asks this command. Which table and
column plays which part, what points where, and rows that each table takes: made in a transaction that is rolled back,
they meet every rule that nobody foresaw. For each price, status and type of movement there is a row of its own, since
other columns may hang on it.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

from checks import contract
from checks.catalog import Column, ForeignKey, Table
from checks.command import Parser, answer, subject
from checks.labels import labels_in, labels_of
from checks.outcome import Skipped
from checks.probe import Shop
from checks.rows import Draft, NoRow, Row, Values, qualified, quote, rules_about, why
from checks.session import Statement
from checks.steps.on_database import open_shop
from checks.trade import purchase
from checks.trade.life_cycle import CANCELLED
from checks.trade.stock import ADDITION, ADJUSTMENT, SALE, Ledger, Stock

#: What things cost in the shop.
PRICES = tuple(Decimal(cents) / 100 for cents in (450, 690, 990, 1250, 1490, 1990, 2490, 2900, 3900, 4900, 7900, 12900))
#: Statuses of an order and types of movement, each with the labels that it may have, the likeliest first.
STATUSES: Mapping[str, Sequence[str]] = {**{label: (label,) for label in purchase.WAY}, "cancelled": CANCELLED}
MOVEMENTS: Mapping[str, Sequence[str]] = {"addition": ADDITION, "sale": SALE, "adjustment": ADJUSTMENT}

#: What tells rows of one kind apart, so that more than one value has to be known.
VARIED: Mapping[str, Sequence[str]] = {"product_variants": ("size", "color")}

#: Parts whose rows hang on an order.
OF_AN_ORDER = frozenset({"order_items", "order_status_history", "payments"})

#: A row that is wished for: what it stands for, and the stored values it may have, the best first.
Wish = tuple[str | None, list[Values]]


def outline(shop: Shop) -> dict[str, Any]:
    """The parts that are there, in the contract's order, and the rows of other tables that must be there for them."""
    there = [table.name for table in contract.TABLES if table.name in shop.roles.tables]
    others = _Others(shop)
    parts = [_part(shop, part, others) for part in there if shop.roles.tables[part].is_table]
    return {"parts": parts, "others": list(others.needed.values())}


def _part(shop: Shop, part: str, others: _Others) -> dict[str, Any]:
    table = shop.table(part)
    examples: list[dict[str, Any]] = []
    problems: list[str] = []
    values: dict[str, list[str]] = {}
    with shop.isolated():
        with suppress(Skipped, NoRow):
            _prepare(shop, part)
        with _noted(problems):
            for label, ways in _wishes(shop, part):
                with shop.isolated(), _noted(problems):
                    row, explicit = _made(shop, part, label, ways)
                    told = _as_text(shop, row, _telling(shop, part, explicit))
                    examples.append({"for": label, "row": told | others.pointed_at(row, _labels(shop, part))})
        with _noted(problems):
            values = {name: found for name in VARIED.get(part, ()) if (found := _values(shop, part, name))}
    columns = {c.name: shop.roles.column(part, c.name) for c in contract.table(part).columns}
    return {
        "part": part,
        "schema": table.schema,
        "table": table.name,
        "label": table.label,
        "columns": {name: column.name for name, column in columns.items() if column is not None},
        "foreign_keys": [_foreign_key(shop, key) for key in table.foreign_keys],
        "values": values,
        "examples": examples,
        "problem": next(iter(problems), ""),
    }


@contextmanager
def _noted(problems: list[str]) -> Iterator[None]:
    """Where no row is found, the reason is kept."""
    try:
        yield
    except NoRow as none:
        problems.append(f"{none.table.label}: {why(none.answer.refusal if none.answer else None)}")


def _prepare(shop: Shop, part: str) -> None:
    """What makes an ordinary row of a part possible."""
    if part in OF_AN_ORDER:
        purchase.open_order(shop)
    if part == "orders":
        purchase.begin_pending(shop)
    if part in ("reviews", "review_votes"):
        shop.usually("reviews", {shop.column("reviews", "rating").name: 5})


def _labels(shop: Shop, part: str) -> frozenset[str]:
    """The stored columns of a part that hold a label."""
    labels = [column.name for column in contract.table(part).columns if column.kind is contract.Kind.LABEL]
    return frozenset(found.name for name in labels if (found := shop.roles.column(part, name)))


def _foreign_key(shop: Shop, key: ForeignKey) -> dict[str, Any]:
    target = shop.catalog.by_oid(key.target)
    return {
        "columns": list(key.columns),
        "part": shop.roles.part_of(target) if target else None,
        "target_columns": list(key.target_columns),
    }


# -- rows that go in -------------------------------------------------------------------------------------------


def _wishes(shop: Shop, part: str) -> Iterator[Wish]:
    """The rows that tell a loader enough of a part."""
    try:
        match part:
            case "products":
                price = shop.column(part, "price").name
                yield from ((str(amount), [{price: amount}]) for amount in PRICES)
            case "order_items":
                yield from _lines(shop)
            case "orders" | "order_status_history":
                yield from _statuses(shop, part)
            case "payments":
                amount = shop.column(part, "amount").name
                received = purchase.received(shop)
                yield None, [{amount: PRICES[0]} | received, {amount: PRICES[0]}, received, {}]
            case "stock_movements":
                yield from _movements(shop)
            case _:
                yield None, [{}]
    except Skipped:  # a column is missing; the rest of the row may still be told
        yield None, [{}]


def _lines(shop: Shop) -> Iterator[Wish]:
    price, quantity = (shop.column("order_items", name).name for name in ("unit_price", "quantity"))
    yield from ((str(amount), [{price: amount, quantity: 1}]) for amount in PRICES)


def _statuses(shop: Shop, part: str) -> Iterator[Wish]:
    """Each status; that an order can be cancelled is not asked for, so it counts where it is known or plainly taken."""
    status = labels_of(shop, part, "status")
    name = status.column.name
    for label, names in STATUSES.items():
        values = status.values(*names)
        if label not in purchase.WAY and not any(status.knows(known) for known in names):
            draft = shop.draft(part)
            values = [value for value in values if shop.session.attempt(draft.but(**{name: value})).refusal is None]
        if values:
            yield label, [{name: value} for value in values]


def _movements(shop: Shop) -> Iterator[Wish]:
    """Each type with the sign that it has in this design; what leaves is negative, unless that is refused."""
    variant = purchase.stocked_variant(shop)
    ledger = Ledger(shop, Stock.of(shop))
    for label, names in MOVEMENTS.items():
        signs = (3,) if label == "addition" else (-3, 3)
        values = ledger.types.values(*names)
        known = [value for value in values if ledger.types.knows(str(value))] or values
        yield label, [ledger.about(variant) | ledger.says(value, change) for change in signs for value in known]


def _made(shop: Shop, part: str, label: str | None, ways: Sequence[Values]) -> tuple[Row, frozenset[str]]:
    """The first row of these that goes in, and which columns it had to say; NoRow when none does."""
    first: NoRow | None = None
    for attempt in (_drafted, _advanced if part == "orders" else _unwatched):
        for values in ways:
            try:
                return attempt(shop, part, label, values)
            except NoRow as none:
                first = first or none
    raise first or NoRow(shop.table(part), None)


def _drafted(shop: Shop, part: str, label: str | None, values: Values) -> tuple[Row, frozenset[str]]:
    draft: Draft = shop.draft(part, values)
    return shop.put(draft), frozenset(draft.values)


def _advanced(shop: Shop, part: str, label: str | None, values: Values) -> tuple[Row, frozenset[str]]:
    """An order that got there step by step: a design may refuse to write it down as what it is now."""
    order, _ = purchase.placed_order(shop)
    way = [CANCELLED[0]] if label == "cancelled" else purchase.WAY[1 : purchase.WAY.index(str(label)) + 1]
    for status in way:
        refused = purchase.advance(shop, order, status)
        if refused is not None:
            raise NoRow(order.table, refused)
    return order, frozenset()


def _unwatched(shop: Shop, part: str, label: str | None, values: Values) -> tuple[Row, frozenset[str]]:
    """The same without the learner's triggers, which a loader goes without as well."""
    for table in shop.roles.tables.values():
        if table.is_table and table.triggers:
            shop.session.keep(Statement(f"alter table {qualified(table)} disable trigger user"))
    return _drafted(shop, part, label, values)


# -- rows as text ----------------------------------------------------------------------------------------------


def _telling(shop: Shop, part: str, explicit: frozenset[str]) -> list[Column]:
    """The columns whose values a loader may not leave to the database: said, without a default, unique, or cast."""
    table = shop.table(part)
    cast = {found.name for c in contract.table(part).columns if (found := shop.roles.column(part, c.name))}
    unique = {name for index in table.indexes if index.unique or index.exclusion for name in index.uses}
    told = explicit | cast | unique
    return [c for c in table.columns if not c.generated and (c.name in told or c.default is None)]


def _as_text(shop: Shop, row: Row, columns: Sequence[Column]) -> Values:
    read = row.read()
    texts = ", ".join(f"{quote(column.name)}::text" for column in columns)
    [values] = shop.session.query(f"select {texts} from ({read.sql}) as stored", read.values)
    return {column.name: value for column, value in zip(columns, values, strict=True)}


def _values(shop: Shop, part: str, name: str) -> list[str]:
    """What a column takes where an enum, a look-up table or a CHECK limits it; empty where nothing does."""
    table, column = shop.table(part), shop.roles.column(part, name)
    if column is None:
        return []
    labels = labels_in(shop, table, column)
    if not labels.complete and not rules_about(table, column):
        return []
    draft = shop.draft(part)
    taken = [
        value for _, value in labels.known if shop.session.attempt(draft.but(**{column.name: value})).rowcount == 1
    ]
    return [str(value) for value in dict.fromkeys(taken)]


class _Others:
    """Rows of the learner's own tables that rows of the contract point at: one of each table does for all of them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.needed: dict[int, dict[str, Any]] = {}  # by oid: rows that are not there yet, those pointed at first
        self._rows: dict[int, Values] = {}
        for table in shop.catalog.tables:
            if table.is_table and shop.roles.part_of(table) is None:
                found = shop.session.attempt(Statement(f"select * from {qualified(table)} order by 1 limit 1")).rows
                if found:
                    self._rows[table.oid] = self._text(Row(table, found[0]))

    def pointed_at(self, row: Row, labels: frozenset[str] = frozenset()) -> Values:
        """The row's foreign keys to such tables; those that hold a label may stay as they are, its row is there."""
        values: Values = {}
        for key in row.table.foreign_keys:
            target = self.shop.catalog.by_oid(key.target)
            where = {theirs: row[ours] for ours, theirs in zip(key.columns, key.target_columns, strict=True)}
            is_other = target is not None and self.shop.roles.part_of(target) is None
            if target is not None and is_other and not labels & set(key.columns) and None not in where.values():
                other = self._rows.get(target.oid) or self._need(target, where)
                values |= {ours: other[theirs] for ours, theirs in zip(key.columns, key.target_columns, strict=True)}
        return values

    def _need(self, table: Table, where: Values) -> Values:
        condition = " and ".join(f"{quote(name)} = %s" for name in where)
        sql = f"select * from {qualified(table)} where {condition}"
        row = Row(table, self.shop.session.attempt(Statement(sql, tuple(where.values()))).rows[0])
        values = self._rows[table.oid] = self._text(row)  # known from here on: it may point at itself
        values |= self.pointed_at(row)
        self.needed[table.oid] = {"schema": table.schema, "table": table.name, "row": values}
        return values

    def _text(self, row: Row) -> Values:
        return _as_text(self.shop, row, [column for column in row.table.columns if not column.generated])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the outline; exit status 2, and one line on standard error, where there is no database to read."""
    parser = Parser(prog="python -m checks.outline", description="What it takes to fill a database with rows.")
    parser.add_subject()

    def work(options: Namespace) -> dict[str, Any]:
        with open_shop(subject(options)) as shop:
            return outline(shop)

    return answer(parser, arguments, work)


if __name__ == "__main__":
    sys.exit(main())
