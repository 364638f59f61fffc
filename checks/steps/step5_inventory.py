"""Step 5: inventory, its movements, and what orders do to both."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

from checks.outcome import CantTell, Failed, Result, Skipped
from checks.probe import Shop, shorten
from checks.rows import Draft, NoRow, Row, insert, qualified, quote, why
from checks.rules import money, references, tables, times, uniqueness
from checks.session import Statement
from checks.steps import step5_reviews
from checks.steps.on_database import run_on_database
from checks.steps.step5 import step
from checks.subject import Subject
from checks.trade import purchase, rival
from checks.trade.life_cycle import CANCELLED, STEPS, Line, Orders, Refused, together
from checks.trade.stock import ADDITION, ADJUSTMENT, SALE, Ledger, OutOfReach, Stock


def run(subject: Subject) -> tuple[Result, ...]:
    return run_on_database(step, subject)


PARTS = ("inventory", "stock_movements", "reviews", "review_votes")

for _part in PARTS:
    step.check(f"{_part}.exists")(tables.exists(_part))
    step.check(f"{_part}.key", needs=(f"{_part}.exists",))(tables.primary_key(_part))
    step.check(f"{_part}.columns", needs=(f"{_part}.exists",))(tables.columns(_part))


@dataclass(frozen=True)
class _Plenty:
    """A variant of which there is more than anybody buys."""

    variant: Row


@step.scenery
def a_shop_in_business(shop: Shop) -> None:
    """Somebody who bought two products, which were delivered; and a variant of which there is plenty."""
    shop.furnish("users", "categories", "products")
    shop.remember(_Plenty(purchase.stocked_variant(shop)))
    shop.remember(step5_reviews.Purchases(step5_reviews.buy(shop, 2)))


# -- inventory -------------------------------------------------------------------------------------------------

_HERE = ("inventory.exists", "inventory.columns")
_VARIANT_NEXT = 'Add product_variant_id with ForeignKey("product_variants.id"), as primary key or unique.'


@step.check("inventory.quantity-required", needs=_HERE)
def quantity_is_required(shop: Shop) -> None:
    """The number of pieces takes no NULL."""
    column = shop.column("inventory", "quantity")
    if not (column.not_null or column.type.domain_not_null):
        _never_in_stock(
            shop,
            {column.name: None},
            happened=f"PostgreSQL took a row of {shop.table('inventory').label} in which {column.name} is NULL.",
            next=f"Make {column.name} NOT NULL (nullable=False).",
            column=column.name,
        )


@step.check("inventory.not-negative", needs=_HERE)
def stock_is_never_negative(shop: Shop) -> None:
    """Fewer than zero pieces are refused: on INSERT, on UPDATE, and through a movement."""
    table, column = shop.table("inventory"), shop.column("inventory", "quantity")
    next_ = f'Add CheckConstraint("{column.name} >= 0", name="not_negative") to the model of {table.label}.'
    for pieces in (-1, -500):
        _never_in_stock(
            shop,
            {column.name: pieces},
            happened=f"PostgreSQL took a row of {table.label} with {pieces} pieces.",
            next=next_,
            column=column.name,
        )
    with suppress(Skipped, NoRow, CantTell):
        _no_movement_goes_below_zero(shop, next_)


def _no_movement_goes_below_zero(shop: Shop, next_: str) -> None:
    stock = Stock.of(shop)
    ledger = Ledger(shop, stock)
    variant = shop.row("product_variants")
    stock.fill(variant, 5)
    draft = ledger.draft(variant)
    for change in (-6, 6):
        for type_ in (*ledger.types.values(*SALE)[:1], *ledger.types.values(*ADJUSTMENT)[:1]):
            with shop.isolated():
                answer = shop.session.keep(draft.but(**ledger.says(type_, change)))
                pieces = stock.pieces(variant)
            if pieces is not None and pieces < 0:
                raise Failed(
                    f"A movement of {change} pieces took {stock.table.label} from 5 to {pieces}.",
                    next=next_,
                    table=stock.table.label,
                    column=stock.quantity,
                    tried=shorten(answer.tried),
                )


def _never_in_stock(shop: Shop, values: dict[str, Any], *, happened: str, next: str, column: str) -> None:
    """No row of inventory has these values, be it written by hand or made by the database."""
    table = shop.table("inventory")
    try:
        shop.never("inventory", values, happened=happened, next=next, column=column)
        return
    except NoRow as none:
        if none.table.oid != table.oid:
            raise
    stock = Stock.of(shop)
    row = stock.fill(shop.row("product_variants"), 5)
    where = {"happened": happened, "next": next, "table": table.label, "column": column}
    shop.rejects(row.update(**values), **where)
    if shop.session.keep(row.delete()).rowcount == 1:
        own = {c.name: row[c.name] for c in table.columns if not c.generated}
        if shop.session.attempt(insert(table, own)).rowcount == 1:
            shop.rejects(insert(table, own | values), **where)


@step.check("inventory.variant", needs=("inventory.exists",))
def stock_of_a_variant(shop: Shop) -> None:
    """A foreign key to the variants is in force and not optional."""
    table = shop.table("inventory")
    key = references.refers(shop, "inventory", "product_variants", next=_VARIANT_NEXT)
    own = references.own_column(key)
    for name in key.columns:
        column = table.column(name)
        if column is not None and not (column.not_null or column.type.domain_not_null):
            _never_in_stock(
                shop,
                {name: None},
                happened=f"PostgreSQL took a row of {table.label} that belongs to no variant: {name} is NULL.",
                next=f"Make {name} NOT NULL (nullable=False).",
                column=name,
            )
    with shop.isolated():
        nobody = references.pointing_at(key, shop.row("product_variants"))
    _never_in_stock(
        shop,
        nobody,
        happened=f"PostgreSQL took a row of {table.label} with {_shown(nobody)}, though there is no such variant.",
        next=_VARIANT_NEXT,
        column=own,
    )


def _shown(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in values.items())


@step.check("inventory.one-per-variant", needs=("inventory.exists", "inventory.variant"))
def one_row_per_variant(shop: Shop) -> None:
    """A unique index keeps a second row of one variant out."""
    table = shop.table("inventory")
    key = references.refers(shop, "inventory", "product_variants", next=_VARIANT_NEXT)
    if any(i.unique and i.works and i.is_plain and i.columns <= set(key.columns) for i in table.indexes):
        return
    stock = Stock.of(shop)
    places = []
    for _ in range(2):
        variant = shop.row("product_variants")
        made = stock.row(variant)
        if made is not None:
            shop.session.keep(made.delete())
        places.append(references.pointing_at(key, variant))

    def twice_is_refused() -> None:
        uniqueness.unique_together(
            shop,
            "inventory",
            places[0],
            places[1],
            meaning="variant",
            next=f"Make {references.own_column(key)} the primary key, or unique (unique=True).",
        )

    try:
        twice_is_refused()
    except NoRow:
        # No row goes in by hand: what keeps a second one out is not what keeps every one out.
        shop.session.keep(Statement(f"alter table {qualified(table)} disable trigger user"))
        twice_is_refused()


@step.check("inventory.ordinary", needs=_HERE)
def ordinary_stock(shop: Shop) -> None:
    """Two variants of one product with equally many pieces, of which one is then sold out."""
    stock = Stock.of(shop)
    first, second = purchase.two_of_a_product(shop)
    try:
        stock.fill(first, 5)
    except OutOfReach as none:
        if none.tried is None:
            raise
        raise Failed(
            f"Nothing brings pieces into {stock.table.label}: its rows can't be written by hand, and an addition was "
            "taken, but left them as they were.",
            next=f"Let {stock.table.label} be written, or let a trigger on the movements do it.",
            table=stock.table.label,
            column=stock.quantity,
            tried=shorten(none.tried),
        ) from None
    for variant, pieces, words in (
        (second, 5, "A second variant of the same product, with as many pieces,"),
        (first, 0, "A variant that is sold out, with 0 pieces,"),
    ):
        try:
            stock.fill(variant, pieces)
        except CantTell:
            raise Failed(
                f"{words} was refused in {stock.table.label}.",
                next=f"Loosen the rules on {stock.table.label}: one row per variant, any number from 0.",
                table=stock.table.label,
                column=stock.quantity,
            ) from None


# -- movements -------------------------------------------------------------------------------------------------

_LEDGER = ("stock_movements.exists", "stock_movements.columns", "inventory.exists", "inventory.columns")
_THING_NEXT = 'Add product_variant_id with ForeignKey("product_variants.id") and nullable=False.'


def _movement(shop: Shop) -> tuple[Ledger, Draft]:
    """An ordinary movement of a variant of which there is plenty."""
    stock = Stock.of(shop)
    ledger = Ledger(shop, stock)
    variant = shop.row("product_variants")
    stock.fill(variant, 50)
    return ledger, ledger.draft(variant)


def _never_moved(shop: Shop, draft: Draft, values: dict[str, Any], *, happened: str, next: str, column: str) -> None:
    for answer in shop.both_ways(draft, **values):
        shop.refused(answer, happened=happened, next=next, table=draft.table.label, column=column)


def _movement_has(shop: Shop, column: str, meaning: str) -> None:
    """NULL is refused in a column of the movements."""
    found = shop.table("stock_movements").column(column)
    if found is None or found.not_null or found.type.domain_not_null:
        return
    _, draft = _movement(shop)
    _never_moved(
        shop,
        draft,
        {column: None},
        happened=f"PostgreSQL took a movement with no {meaning}: {column} is NULL.",
        next=f"Make {column} NOT NULL (nullable=False).",
        column=column,
    )


@step.check("stock_movements.thing", needs=("stock_movements.exists",))
def movements_belong_to_something(shop: Shop) -> None:
    """A foreign key to the variants, or to inventory, is in force and not optional."""
    table = shop.table("stock_movements")
    hangs_on_inventory = "inventory" in shop.roles.tables and shop.foreign_keys("stock_movements", "inventory")
    target = "inventory" if hangs_on_inventory else "product_variants"
    if "product_variants" in shop.roles.tables and shop.foreign_keys("stock_movements", "product_variants"):
        target = "product_variants"
    key = references.refers(shop, "stock_movements", target, next=_THING_NEXT)
    for name in key.columns:
        _movement_has(shop, name, "variant")
    with shop.isolated():
        variant = shop.row("product_variants")
        ghost = variant if target == "product_variants" else Stock.of(shop).fill(variant, 1)
    nobody = references.pointing_at(key, ghost)
    _, draft = _movement(shop)
    _never_moved(
        shop,
        draft,
        nobody,
        happened=f"PostgreSQL took a movement with {_shown(nobody)}, "
        f"though no such row of {shop.table(target).label} exists.",
        next=_THING_NEXT if target == "product_variants" else f"Let {table.label} refer to {target}.",
        column=references.own_column(key),
    )


@step.check("stock_movements.change-required", needs=_LEDGER)
def change_is_required(shop: Shop) -> None:
    """The number of pieces that came or went takes no NULL."""
    _movement_has(shop, shop.column("stock_movements", "quantity_change").name, "number of pieces")


@step.check("stock_movements.type-required", needs=_LEDGER)
def type_is_required(shop: Shop) -> None:
    """The type takes no NULL."""
    _movement_has(shop, shop.column("stock_movements", "movement_type").name, "type")


@step.check("stock_movements.type-known", needs=(*_LEDGER, "stock_movements.types-fit"))
def unknown_types_are_refused(shop: Shop) -> None:
    """A type that no list of types holds is refused, also one that looks much like a known one."""
    ledger, draft = _movement(shop)
    change = draft.values[ledger.change]
    for value, pieces in product(ledger.types.unknown("sale"), (change, -change)):
        with shop.isolated():
            _never_moved(
                shop,
                draft,
                ledger.says(value, pieces),
                happened=f"PostgreSQL took a movement of the type {value!r}, which no shop knows.",
                next=f"Make {ledger.type} an Enum, or add a CheckConstraint that lists the types.",
                column=ledger.type,
            )


@step.check("stock_movements.types-fit", needs=_LEDGER)
def every_type_fits(shop: Shop) -> None:
    """An addition, a sale and an adjustment fit, with whichever sign this design gives them."""
    stock = Stock.of(shop)
    ledger = Ledger(shop, stock)
    variant = shop.row("product_variants")
    stock.fill(variant, 50)
    for words, names, changes in (
        ("An addition", ADDITION, (3, -3)),
        ("A sale", SALE, (-3, 3)),
        ("An adjustment", ADJUSTMENT, (-3, 3)),
    ):
        values = ledger.types.values(*names)
        if not values:
            raise Failed(
                f"{words} can't be written down: {ledger.table.label}.{ledger.type} knows {ledger.types.listed}.",
                next=f"Add {names[0]} to the types of {ledger.table.label}.",
                table=ledger.table.label,
                column=ledger.type,
            )
        refused = _first_that_fits(shop, ledger, variant, values, changes)
        if refused is not None and not (names is SALE and _a_sale_is_recorded(shop)):
            raise Failed(
                f"{words} of 3 pieces was refused: {why(refused.answer.refusal if refused.answer else None)}.",
                next=f"Let {ledger.table.label} take an addition (or restock, purchase, …), a sale and an adjustment.",
                table=ledger.table.label,
                column=ledger.type,
                tried=shorten(refused.answer.tried) if refused.answer else None,
            )


def _first_that_fits(
    shop: Shop, ledger: Ledger, variant: Row, values: list[Any], changes: tuple[int, ...]
) -> NoRow | None:
    """None when a movement with one of these types and changes is taken, else the first refusal."""
    tries = [(value, change) for value in values for change in changes]
    with suppress(NoRow):
        draft = ledger.draft(variant)
        for value, change in tries:
            if shop.session.attempt(draft.but(**ledger.says(value, change))).rowcount == 1:
                return None
    refused: NoRow | None = None
    for value, change in tries[: 2 * len(changes)]:
        try:
            shop.draft("stock_movements", ledger.about(variant) | ledger.says(value, change))
            return None
        except NoRow as none:
            refused = refused or none
    return refused


def _a_sale_is_recorded(shop: Shop) -> bool:
    """Sales are written by orders alone in this design, and are written."""
    with suppress(Skipped, NoRow, CantTell, Failed), shop.isolated():
        scene = _Scene(shop)
        variant = scene.variant(5)
        scene.orders.must_deliver(scene.orders.place(Line(variant, 2)))
        return bool(scene.ledger.sold(variant))
    return False


@step.check("stock_movements.not-zero", needs=(*_LEDGER, "stock_movements.types-fit"))
def zero_moves_nothing(shop: Shop) -> None:
    """A movement of zero pieces is refused."""
    ledger, draft = _movement(shop)
    _never_moved(
        shop,
        draft,
        {ledger.change: 0},
        happened="PostgreSQL took a movement of 0 pieces: nothing moved.",
        next=f'Add CheckConstraint("{ledger.change} <> 0", name="moves_something") to {ledger.table.label}.',
        column=ledger.change,
    )


@step.check("stock_movements.append-only", needs=(*_LEDGER, "stock_movements.types-fit"))
def movements_stay_as_they_are(shop: Shop) -> None:
    """Neither UPDATE nor DELETE of a movement is taken."""
    ledger, draft = _movement(shop)
    row = shop.put(draft)
    for statement, words in (
        (row.update(**{ledger.change: draft.values[ledger.change] + 1}), "changed"),
        (row.delete(), "deleted"),
    ):
        shop.rejects(
            statement,
            happened=f"A movement that was written down was {words} afterwards: the ledger no longer adds up.",
            next=f"A trigger before UPDATE or DELETE on {ledger.table.label} can refuse both; "
            "a mistake is put right by another movement.",
            table=ledger.table.label,
        )


# -- stock and orders ------------------------------------------------------------------------------------------


class _Scene:
    """Everything that a sale needs."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.stock = Stock.of(shop)
        self.ledger = Ledger(shop, self.stock)
        self.orders = Orders(shop)
        kept = shop.recall(_Plenty)
        self._plenty = kept.variant if kept else purchase.stocked_variant(shop)

    def variant(self, pieces: int) -> Row:
        variant = self.shop.row("product_variants")
        self.stock.begin(variant, pieces)
        return variant

    def line(self, order: Row, line: Line) -> Draft:
        """A line that nothing but the stock can refuse: it would be taken for a variant of which there is plenty."""
        return self.orders.about(self.orders.line(order, Line(self._plenty, line.quantity)), line.variant)

    def has_left(self, variant: Row, before: int, sold: int, words: str) -> None:
        """Failed unless exactly so many pieces of a variant are gone since `before`."""
        after = self.stock.pieces(variant)
        if after == before - sold:
            return
        table, gone = self.stock.table.label, None if after is None else before - after
        if after is None:
            what = f"its row of {table} is gone"
        elif gone == 0:
            what = f"{table} still shows {before}: nothing left the stock"
        elif after > before:
            what = f"{table} went up from {before} to {after}"
        elif gone == 2 * sold:
            what = f"{table} went from {before} to {after}: the pieces left twice"
        else:
            what = f"{table} went from {before} to {after} instead of {before - sold}"
        raise Failed(
            f"{words}, but {what}.",
            next="Let one trigger take quantity pieces of each line's variant, at one moment on the order's way.",
            table=table,
            column=self.stock.quantity,
        )


_SALE_PARTS = (*_LEDGER, "inventory.ordinary")
_SOLD = (*_SALE_PARTS, "stock.sold")


@step.check("stock.sold", needs=_SALE_PARTS)
def what_is_ordered_leaves(shop: Shop) -> None:
    """Two orders, one after the other; several lines, two of them alike, a single piece, the last pieces."""
    scene = _Scene(shop)
    orders = scene.orders
    many, some, single, other = (scene.variant(pieces) for pieces in (20, 11, 10, 9))
    first = orders.place(Line(many, 2), Line(some, 3), Line(single, 1))
    again = _one_more_line(scene, first, Line(many, 2))
    orders.must_deliver(first)
    scene.has_left(some, 11, 3, "An order for 3 pieces of a variant, and for others, was delivered")
    scene.has_left(single, 10, 1, "An order for a single piece of a variant, and for others, was delivered")
    if again:
        scene.has_left(many, 20, 2 + again, "An order with two lines of one variant, 2 pieces each, was delivered")
    scene.has_left(many, 20, 2 + again, "An order for 2 pieces was delivered")
    scene.has_left(other, 9, 0, "An order for other things was delivered")
    last, left = scene.variant(4), 18 - again
    orders.must_deliver(orders.place(Line(many, 5), Line(last, 4)))
    scene.has_left(many, left, 5, "A second order, for 5 pieces of the same variant, was delivered")
    scene.has_left(last, 4, 4, "An order for the last 4 pieces of a variant was delivered")


def _one_more_line(scene: _Scene, order: Row, line: Line) -> int:
    """A second line of one variant in an order, where the schema takes that; how many pieces it is about."""
    try:
        scene.shop.put(scene.orders.line(order, line))
    except NoRow:
        return 0
    return line.quantity


@step.check("stock.recorded", needs=(*_SOLD, "stock_movements.types-fit", "stock_movements.thing"))
def sales_leave_movements(shop: Shop) -> None:
    """The sale movements of each variant add up to what was sold of it, counted down or up; nothing else has one."""
    scene = _Scene(shop)
    few, unsold = purchase.two_of_a_product(shop)
    for variant in (few, unsold):
        scene.stock.begin(variant, 9)
    many = scene.variant(12)
    order = scene.orders.place(Line(few, 2), Line(many, 5))
    again = _one_more_line(scene, order, Line(few, 2))
    scene.orders.must_deliver(order)
    table = scene.ledger.table.label
    for variant, quantity in ((few, 2 + again), (many, 5)):
        found = scene.ledger.sold(variant)
        if abs(sum(found)) == quantity:
            continue
        what = f"its sale movements in {table} add up to {sum(found)}" if found else f"{table} has no sale of them"
        raise Failed(
            f"An order for {quantity} pieces of a variant was delivered, but {what}.",
            next="Let the trigger that takes the pieces from the stock also write a sale movement of as many.",
            table=table,
            column=scene.ledger.change,
        )
    if scene.ledger.sold(unsold):
        raise Failed(
            f"An order was delivered, and {table} has a sale of a variant that was not in it.",
            next="Let the trigger write movements for the variants of the order's own lines alone.",
            table=table,
            column=scene.ledger.change,
        )


@step.check("stock.together", needs=(*_SOLD, "stock.recorded"))
def statements_with_many_rows(shop: Shop) -> None:
    """The lines of two orders in one INSERT, two of them alike, and both orders a step further in one UPDATE."""
    scene = _Scene(shop)
    orders = scene.orders
    one, other = scene.variant(20), scene.variant(9)
    first, second = orders.begin(), orders.begin()
    drafts = [
        scene.line(first, Line(one, 2)),
        scene.line(first, Line(other, 3)),
        scene.line(second, Line(one, 2)),
    ]
    answer = shop.session.keep(together(drafts))
    if answer.rowcount != len(drafts):
        raise orders.refused_though_in_stock(Refused("when its lines were written in one statement", answer))
    orders.must_deliver(first, second)
    words = "Two orders, for {} pieces of a variant in all, were written and delivered together"
    scene.has_left(other, 9, 3, words.format(3))
    scene.has_left(one, 20, 4, words.format(4))
    sold = scene.ledger.sold(one)
    if abs(sum(sold)) != 4:
        raise Failed(
            f"{words.format(4)}, but the sale movements of that variant in {scene.ledger.table.label} "
            f"add up to {sum(sold)}.",
            next="Let the trigger write a movement for every line, FOR EACH ROW or from the transition table.",
            table=scene.ledger.table.label,
            column=scene.ledger.change,
        )


@step.check("stock.once", needs=_SOLD)
def saved_twice_sold_once(shop: Shop) -> None:
    """The same order and the same line written again change nothing, where they are taken; nor in one statement with
    an order that is one step behind."""
    scene = _Scene(shop)
    orders = scene.orders
    variant = scene.variant(20)
    order, late = orders.begin(), orders.begin()
    line = shop.put(orders.line(order, Line(variant, 3)))
    shop.put(orders.line(late, Line(variant, 3)))
    # What is written again may be refused: that is one way to sell once.
    for again in (line.update(**{orders.quantity: 3}), line.save()):
        shop.session.keep(again)
    for status in STEPS:
        _must_advance(orders, order, status)
        for again in (order.update(**{orders.status: order[orders.status]}), order.save()):
            shop.session.keep(again)
        if orders.advance_together([late, order], status) is not None:
            _must_advance(orders, late, status)
    scene.has_left(
        variant, 20, 6, "Two orders, each for 3 pieces, one of them saved twice with each status, were delivered"
    )


def _must_advance(orders: Orders, order: Row, status: str) -> None:
    refused = orders.advance(order, status)
    if refused is not None:
        raise orders.refused_though_in_stock(refused)


@dataclass(frozen=True)
class _TooMany:
    """Orders for more than there is."""

    words: str  # completes: "… went through"
    orders: tuple[tuple[Line, ...], ...]
    at_once: bool = False


@step.check("stock.no-oversell", needs=_SOLD)
def nobody_gets_what_is_not_there(shop: Shop) -> None:
    """More than there is: in one line or two, in orders after each other or at once, and of what was never counted."""
    scene = _Scene(shop)
    enough, scarce = scene.variant(9), scene.variant(3)
    uncounted = shop.row("product_variants")
    scene.orders.begin()  # whoever orders, and their address, stand for every case
    for case in (
        _TooMany("An order for 4 pieces of which there were 3", ((Line(enough, 2), Line(scarce, 4)),)),
        _TooMany("An order with two lines, each for 2 of the same 3 pieces,", ((Line(scarce, 2), Line(scarce, 2)),)),
        _TooMany("A second order for 2 pieces, of which 1 was left,", ((Line(scarce, 2),), (Line(scarce, 2),))),
        _TooMany("An order for a piece of a variant that was sold out", ((Line(scarce, 3),), (Line(scarce, 1),))),
        _TooMany(
            "Two orders, each for 2 of the same 3 pieces,", ((Line(scarce, 2),), (Line(scarce, 2),)), at_once=True
        ),
        _TooMany("An order for a piece of a variant that has no stock", ((Line(uncounted, 1),),)),
    ):
        with shop.isolated():
            _is_refused(scene, case)


def _is_refused(scene: _Scene, case: _TooMany) -> None:
    """Somewhere on the way to delivered an error stops the orders."""
    table = scene.stock.table.label
    refused = _sell_too_many(scene, case)
    if refused is None or refused.answer.refusal is None:
        how = "went through" if refused is None else f"came to a halt {refused.moment}, but without an error"
        raise Failed(
            f"{case.words} {how}.",
            next=f"Raise an exception when {table} has no row with enough pieces for a line.",
            table=table,
            column=scene.stock.quantity,
            tried=shorten(refused.answer.tried) if refused else None,
        )


def _sell_too_many(scene: _Scene, case: _TooMany) -> Refused | None:
    orders = scene.orders
    placed = []
    for lines in case.orders:
        order = orders.begin()
        for line in lines:
            refused = orders.write([scene.line(order, line)])
            if refused is not None:
                return refused
        placed.append(order)
    groups = [placed] if case.at_once else [[order] for order in placed]
    return next((refused for group in groups if (refused := orders.deliver(*group)) is not None), None)


@step.check("stock.given-back", needs=_SOLD)
def cancelling_gives_back(shop: Shop) -> None:
    """An order that is cancelled, pending or paid, leaves the stock as it was before it."""
    scene = _Scene(shop)
    orders = scene.orders
    for reached in ((), ("paid",)):
        with shop.isolated():
            variant = scene.variant(9)
            order = orders.place(Line(variant, 2))
            if any(orders.advance(order, status) for status in reached):
                continue
            if all(orders.advance(order, status) for status in CANCELLED):
                continue  # a design may know no such thing, or refuse it
            pieces = scene.stock.pieces(variant)
        if pieces != 9:
            raise Failed(
                f"An order for 2 of 9 pieces was cancelled when it was {reached[0] if reached else 'pending'}, "
                f"and {scene.stock.table.label} shows {pieces}.",
                next="Let a trigger put the pieces back, with a movement that says so, when an order is cancelled.",
                table=scene.stock.table.label,
                column=scene.stock.quantity,
            )


@step.check("stock.two-buyers", needs=(*_SOLD, "stock.no-oversell"))
def one_of_two_gets_the_last(shop: Shop) -> None:
    """A piece that goes between the look at the stock and the sale is not sold again."""
    scene = _Scene(shop)
    orders, stock = scene.orders, scene.stock
    variant = scene.variant(1)
    order = orders.begin()
    draft = scene.line(order, Line(variant, 1))
    rival.let_in(shop, stock.table, _takes_the_last(shop, stock, variant))
    if orders.write([draft]) is not None or orders.deliver(order) is not None:
        return
    if rival.has_been(shop):
        raise Failed(
            "One piece was left and two buyers got it: the trigger looks how many there are, then writes a number of "
            "its own over what another buyer has left.",
            next=f"Write {stock.quantity} = {stock.quantity} - n in the UPDATE itself, or lock the row first "
            "with SELECT … FOR UPDATE.",
            table=stock.table.label,
            column=stock.quantity,
        )


def _takes_the_last(shop: Shop, stock: Stock, variant: Row) -> str:
    """What another buyer does."""
    where = references.pointing_at(stock.key, variant)
    condition = " and ".join(f"{quote(name)} = %s" for name in where)
    literal = shop.session.cursor.mogrify(condition, tuple(where.values())).decode()
    quantity = quote(stock.quantity)
    return f"update {qualified(stock.table)} set {quantity} = {quantity} - 1 where {quantity} = 1 and {literal}"


# -- money and times, in every table of the step ---------------------------------------------------------------


@step.check("stock.money")
def money_is_exact(shop: Shop) -> None:
    """Every column that holds money is numeric, to the cent or finer."""
    tables.each(shop, PARTS, money.money_is_exact)


TIMED = ("stock_movements", "reviews")


@step.check("stock.audit")
def times_are_recorded(shop: Shop) -> None:
    """created_at, and updated_at of a review, are there and are timestamps."""
    tables.each(shop, TIMED, times.times_are_recorded)


@step.check("stock.time-zone", needs=("stock.audit",))
def times_have_a_zone(shop: Shop) -> None:
    """Each time is a timestamp with time zone."""
    for part in TIMED:
        times.have_a_zone(shop, part)


@step.check("stock.times-filled", needs=("stock.audit", "stock_movements.types-fit", "reviews.rating-range"))
def times_are_filled_in(shop: Shop) -> None:
    """A row that leaves the times out gets them from the database, and none of them takes NULL."""
    times.are_filled_in(shop, "stock_movements", _movement(shop)[1])
    times.are_filled_in(shop, "reviews", step5_reviews.ordinary_review(shop))


@step.check("stock.updated-moves", needs=("stock.audit", "reviews.rating-range"))
def updated_at_moves(shop: Shop) -> None:
    """After any UPDATE of a review the database has set updated_at to now, whatever it was."""
    draft = step5_reviews.ordinary_review(shop)
    updated = shop.column("reviews", "updated_at").name
    row = shop.put(Draft(draft.table, draft.values | {updated: times.LONG_AGO}))
    rating = shop.column("reviews", "rating").name
    answer = shop.session.keep(row.update(**{rating: "2"}))
    if answer.rowcount == 1:
        times.have_moved(shop, "reviews", row, answer.tried)
