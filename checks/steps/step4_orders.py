"""Step 4: addresses, carts, orders, payments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from psycopg2.errorcodes import FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION

from checks.catalog import Column, ForeignKey, Table
from checks.labels import labels_of, same
from checks.outcome import CantTell, Failed, Result, Skipped
from checks.probe import Shop, shorten
from checks.rows import Row, Values, qualified, quote, why
from checks.rules import bounds, money, ordinary, references, tables, times, uniqueness
from checks.session import Answer, Statement
from checks.step import StepChecks
from checks.steps import card_data
from checks.steps.on_database import run_on_database
from checks.subject import Subject
from checks.trade import purchase

step: StepChecks[Shop] = StepChecks(4)

Prove = Callable[[Shop], None]


def run(subject: Subject) -> tuple[Result, ...]:
    return run_on_database(step, subject)


PARTS = ("addresses", "cart_items", "orders", "order_items", "order_status_history", "payments")
TIMED = ("cart_items", "orders")

for _part in PARTS:
    step.check(f"{_part}.exists")(tables.exists(_part))
    step.check(f"{_part}.key", needs=(f"{_part}.exists",))(tables.primary_key(_part))
    step.check(f"{_part}.columns", needs=(f"{_part}.exists",))(tables.columns(_part))


# -- what several tables share ---------------------------------------------------------------------------------


@step.scenery
def shop_with_a_pending_order(shop: Shop) -> None:
    """A variant in stock and a pending order for rows to point at; a line of another variant, to be paid for."""
    other = purchase.stocked_variant(shop)
    order = purchase.open_order(shop)
    purchase.line_of(shop, order, other)


def _check(rule_id: str, *needs: str) -> Callable[[Prove], Prove]:
    """Declare a check on the table that the rule is about."""
    return step.check(rule_id, needs=(f"{rule_id.partition('.')[0]}.exists", *needs))


def _known_status(part: str, what: str) -> Prove:
    """A status that no shop has is refused, on INSERT and on UPDATE."""

    def check(shop: Shop) -> None:
        statuses = labels_of(shop, part, "status")
        for value in statuses.unknown("paid"):
            with shop.isolated():
                shop.never(
                    part,
                    {statuses.column.name: value},
                    happened=f"PostgreSQL took {what} with the {statuses.column.name} {value!r}, which means nothing.",
                    next=f"Make {statuses.column.name} an Enum, or give it a CHECK or a look-up table.",
                    column=statuses.column.name,
                )

    return check


# -- addresses -------------------------------------------------------------------------------------------------

_check("addresses.user")(references.belongs("addresses", "users", "user", "user_id"))
_check("addresses.line1-required")(tables.required("addresses", "line1", "first line"))
_check("addresses.city-required")(tables.required("addresses", "city", "city"))
_check("addresses.country-required")(tables.required("addresses", "country", "country"))


# -- cart ------------------------------------------------------------------------------------------------------

_check("cart_items.user")(references.belongs("cart_items", "users", "user", "user_id"))
_check("cart_items.variant")(references.belongs("cart_items", "product_variants", "variant", "product_variant_id"))
_check("cart_items.quantity-required")(tables.required("cart_items", "quantity", "quantity"))
_check("cart_items.quantity-positive", "cart_items.columns")(
    bounds.above_zero("cart_items", "quantity", "a line of a cart")
)


@_check("cart_items.one-row", "cart_items.user", "cart_items.variant")
def one_row_per_user_and_variant(shop: Shop) -> None:
    """The same variant a second time in one cart is refused, also when both come at the same moment."""
    variant, other = purchase.stocked_variant(shop), purchase.stocked_variant(shop)
    user = purchase.points(shop, "cart_items", shop.row("users"))
    same_variant = user | purchase.points(shop, "cart_items", variant)
    names = ", ".join(f'"{name}"' for name in same_variant)
    uniqueness.unique_together(
        shop,
        "cart_items",
        same_variant,
        user | purchase.points(shop, "cart_items", other),
        meaning="user and variant",
        next=f"Add UniqueConstraint({names}).",
    )


@_check("cart_items.ordinary", "cart_items.user", "cart_items.variant")
def many_carts_many_variants(shop: Shop) -> None:
    """One variant lies in the carts of two users, two variants in the cart of one."""
    user, variant = shop.row("users"), purchase.stocked_variant(shop)
    in_cart = purchase.points(shop, "cart_items", user)
    of_variant = purchase.points(shop, "cart_items", variant)
    ordinary.another_fits(shop, "cart_items", in_cart | of_variant, "A variant in a cart")
    other = purchase.points(shop, "cart_items", shop.row("users"))
    ordinary.another_fits(shop, "cart_items", other | of_variant, "The same variant in another user's cart")
    second = purchase.points(shop, "cart_items", purchase.stocked_variant(shop))
    ordinary.another_fits(shop, "cart_items", in_cart | second, "A second variant in the same cart")
    for sibling in purchase.stocked_siblings(shop):
        of_sibling = purchase.points(shop, "cart_items", sibling)
        ordinary.another_fits(shop, "cart_items", in_cart | of_sibling, "Another variant of a product in the same cart")


@_check("cart_items.gone-with-user", "cart_items.user", "cart_items.variant")
def cart_goes_with_its_user(shop: Shop) -> None:
    """A user with two lines in the cart and nothing else is deleted; neither line is left."""
    table = shop.table("cart_items")
    key = references.refers(shop, "cart_items", "users", next="")
    user = shop.row("users")
    variants = [purchase.stocked_variant(shop) for _ in range(2)]
    for variant in variants:
        shop.row("cart_items", purchase.points(shop, "cart_items", user) | purchase.points(shop, "cart_items", variant))
    answer = shop.session.keep(user.delete())
    where = {
        "next": references.goes_with_parent(shop, key, table, answer.refusal),
        "table": table.label,
        "column": references.own_column(key),
        "tried": shorten(answer.tried),
    }
    if answer.refusal is not None and not answer.refusal.is_verdict and not references.keeps_rows(table):
        raise CantTell(f"The try itself went wrong: {why(answer.refusal)}", table=table.label)
    if answer.refusal is not None:
        raise Failed(f"A user with nothing but a cart could not be deleted: {why(answer.refusal)}.", **where)
    if answer.rowcount == 0:
        where["next"] = f"Look for a trigger or rule on {user.table.label} that keeps rows from being deleted."
        raise Failed("A user with nothing but a cart was deleted, with success, and is still there.", **where)
    if any(purchase.rows_where(shop, "cart_items", purchase.points(shop, "cart_items", v)) for v in variants):
        raise Failed(f"A user was deleted, but a line of the cart is still in {table.label}.", **where)


# -- orders ----------------------------------------------------------------------------------------------------

_check("orders.user")(references.belongs("orders", "users", "user", "user_id"))
_check("orders.status-required")(tables.required("orders", "status", "status"))
_check("orders.status-known")(_known_status("orders", "an order"))


def _address_key(shop: Shop, name: str) -> ForeignKey:
    """The foreign key of one of the two address columns, in force."""
    own = shop.column("orders", name).name
    next_ = f'Declare {own} with ForeignKey("{shop.table("addresses").name}.id") and nullable=False.'
    return references.refers(shop, "orders", "addresses", next=next_, column=own)


def _address(name: str) -> Prove:
    """An order's address is there, and one that exists."""

    def check(shop: Shop) -> None:
        key = _address_key(shop, name)
        own = shop.column("orders", name).name
        next_ = f"Make {own} NOT NULL (nullable=False), with a foreign key to {shop.table('addresses').label}."
        references.key_is_required(shop, "orders", key, "address", next=next_)
        references.orphan_is_rejected(shop, "orders", key, "addresses", next=next_)

    return check


_check("orders.shipping-address", "orders.columns")(_address("shipping_address_id"))
_check("orders.billing-address", "orders.columns")(_address("billing_address_id"))


def _order_of(shop: Shop, user: Row) -> Values:
    """What an order of that user holds, with one new address of theirs for both purposes."""
    home = shop.row("addresses", purchase.points(shop, "addresses", user))
    shipping, billing = (_address_key(shop, name) for name in ("shipping_address_id", "billing_address_id"))
    addresses = references.pointing_at(shipping, home) | references.pointing_at(billing, home)
    return addresses | purchase.points(shop, "orders", user)


_WHOSE = ("orders.user", "orders.shipping-address", "orders.billing-address", "addresses.user")


@_check("orders.ordinary", *_WHOSE)
def a_user_orders_again(shop: Shop) -> None:
    """Two orders of one user to one address, which serves both purposes, and one of somebody else."""
    values = _order_of(shop, shop.row("users"))
    ordinary.another_fits(shop, "orders", values, "An order with one address for both purposes")
    ordinary.another_fits(shop, "orders", values, "A second order of the same user to the same address")
    ordinary.another_fits(shop, "orders", _order_of(shop, shop.row("users")), "An order of a second user")
    created = shop.roles.column("orders", "created_at")
    if shop.table("orders").kind == "p" and created is not None:
        [[now]] = shop.session.query("select pg_catalog.now()")
        ordinary.another_fits(shop, "orders", values | {created.name: now}, "An order that is made today")


@_check("orders.lifecycle", "orders.columns", "addresses.user")
def order_goes_its_way(shop: Shop) -> None:
    """An order is made as pending, then paid, shipped, delivered, each by an UPDATE of its status."""
    table, statuses = shop.table("orders"), labels_of(shop, "orders", "status")
    name = statuses.column.name
    where = {"table": table.label, "column": name}
    for label in purchase.WAY:
        if not statuses.values(label):
            known = f"it knows {statuses.listed}" if statuses.complete else f"its type is {statuses.column.type.text}"
            raise Failed(
                f"{table.label}.{name} can't say that an order is {label}: {known}.",
                next=f"Let {name} take {', '.join(purchase.WAY[:-1])} and {purchase.WAY[-1]}.",
                **where,
            )
    order = _pending_order(shop, name)
    for before, label in pairwise(purchase.WAY):
        answer = purchase.advance(shop, order, label)
        if answer is not None and answer.refusal is not None and not answer.refusal.is_verdict and not _rules(table):
            raise CantTell(f"The try itself went wrong: {why(answer.refusal)}", table=table.label)
        if answer is not None:
            said = f"was refused: {answer.refusal.message}" if answer.refusal else f"left it {order[name]}"
            raise Failed(
                f"Taking an order from {before} to {label} {said}.",
                next=f"Let an order that is {before} become {label}.",
                tried=shorten(answer.tried),
                sqlstate=answer.refusal.sqlstate if answer.refusal else None,
                **where,
            )


def _rules(table: Table) -> bool:
    """A rewrite rule does something else instead, which PostgreSQL may refuse for the way we ask and not for what."""
    return any(rule.instead for rule in table.rules)


def _pending_order(shop: Shop, name: str) -> Row:
    """A pending order, with a line if there is a table for lines."""
    purchase.begin_pending(shop)
    pending = labels_of(shop, "orders", "status").values("pending")
    order = shop.takes(
        "orders",
        {name: pending[0], **(shop.usual("orders") or {})},
        happened="An order that is pending was refused: {why}.",
        next=f"Let {name} take pending.",
        column=name,
    )
    if not any(same(order[name], value) for value in pending):
        raise Failed(
            f"An order was made as pending, but reading it back shows {order[name]}.",
            next=f"Look for a trigger or rule on {order.table.label} that changes {name}.",
            table=order.table.label,
            column=name,
            tried=shorten(order.tried),
        )
    if "order_items" in shop.roles.tables and "product_variants" in shop.roles.tables:
        purchase.line_of(shop, order, purchase.stocked_variant(shop))
    return order


@_check("orders.begins-pending", "orders.lifecycle")
def a_new_order_is_pending(shop: Shop) -> None:
    """An order that says nothing of its status is pending."""
    table, statuses = shop.table("orders"), labels_of(shop, "orders", "status")
    name = statuses.column.name
    draft = shop.draft("orders")
    draft.values.pop(name, None)
    answer = shop.session.attempt(draft.but())
    begins = answer.rows[0][name] if answer.rows else None
    if not any(same(begins, value) for value in statuses.values("pending")):
        outcome = f"is {begins}" if answer.rows else f"was refused: {why(answer.refusal)}"
        raise Failed(
            f"An order that says nothing of its status {outcome}.",
            next=f'Add server_default="{next(iter(statuses.values("pending")), "pending")}" to {name}.',
            table=table.label,
            column=name,
            tried=shorten(answer.tried),
        )


@_check("orders.no-step-back", "orders.lifecycle")
def no_way_back(shop: Shop) -> None:
    """A delivered order can't be made pending."""
    order = _delivered_order(shop)
    statuses = labels_of(shop, "orders", "status")
    shop.rejects(
        order.update(**{statuses.column.name: statuses.values("pending")[0]}),
        happened="An order that was delivered became pending again.",
        next="A BEFORE UPDATE trigger can compare the old status with the new one and refuse.",
        table=order.table.label,
        column=statuses.column.name,
    )


def _delivered_order(shop: Shop) -> Row:
    order = _pending_order(shop, shop.column("orders", "status").name)
    if not purchase.deliver(shop, order):
        raise Skipped
    return order


@_check("orders.user-kept", *_WHOSE)
def buyers_stay(shop: Shop) -> None:
    """Deleting a user who has an order is refused."""
    user = shop.row("users")
    order = shop.row("orders", _order_of(shop, user))
    shop.rejects(
        user.delete(),
        happened="A user who had ordered was deleted: nobody knows any more who bought.",
        next='Use ondelete="RESTRICT" (or leave ondelete out) on the key from orders to users.',
        table=order.table.label,
        column=references.own_column(references.refers(shop, "orders", "users", next="")),
    )


@_check("orders.own-address", *_WHOSE)
def address_is_the_buyers(shop: Shop) -> None:
    """An order with somebody else's address, for either purpose, is refused."""
    mine = _order_of(shop, shop.row("users"))
    theirs = shop.row("addresses", purchase.points(shop, "addresses", shop.row("users")))
    buyer = {name for key in shop.foreign_keys("orders", "users") for name in key.columns}
    for name, purpose in (("shipping_address_id", "sent"), ("billing_address_id", "billed")):
        pointing = references.pointing_at(_address_key(shop, name), theirs)
        changes = {ours: value for ours, value in pointing.items() if ours not in buyer}
        with shop.isolated():
            for answer in shop.both_ways(shop.draft("orders", mine), **changes):
                shop.refused(
                    answer,
                    happened=f"PostgreSQL took an order that is {purpose} to an address of another user.",
                    next="A foreign key over address and user together refuses this; so does a trigger.",
                    table=shop.table("orders").label,
                    column=shop.column("orders", name).name,
                )


# -- lines of an order -----------------------------------------------------------------------------------------

_check("order_items.order")(references.belongs("order_items", "orders", "order", "order_id"))
_check("order_items.quantity-required")(tables.required("order_items", "quantity", "quantity"))
_check("order_items.quantity-positive", "order_items.columns")(
    bounds.above_zero("order_items", "quantity", "a line of an order")
)
_check("order_items.price-required")(tables.required("order_items", "unit_price", "price"))
_check("order_items.price-not-negative")(bounds.never_negative("order_items", "unit_price", "a line of an order"))

_VARIANT_NEXT = 'Add product_variant_id with ForeignKey("product_variants.id").'


@_check("order_items.variant")
def line_names_a_variant(shop: Shop) -> None:
    """A foreign key to the variants is in force; a line may outlive its variant, so NULL is allowed."""
    key = references.refers(shop, "order_items", "product_variants", next=_VARIANT_NEXT)
    references.orphan_is_rejected(shop, "order_items", key, "product_variants", next=_VARIANT_NEXT)


@_check("order_items.ordinary", "order_items.order", "order_items.variant")
def several_lines_and_orders(shop: Shop) -> None:
    """Two variants in one order at one price, and one of them in a second order."""
    price = shop.column("order_items", "unit_price")
    _, line = purchase.placed_order(shop)
    in_order, of_variant = (_key_values(shop, line, target) for target in ("orders", "product_variants"))
    other = purchase.points(shop, "order_items", purchase.stocked_variant(shop))
    ordinary.another_fits(shop, "order_items", in_order | other, "A second line in the same order")
    third = purchase.points(shop, "order_items", purchase.stocked_variant(shop))
    if not price.generated:
        third |= {price.name: line[price.name]}
    ordinary.another_fits(shop, "order_items", in_order | third, "A line at the same price as another one")
    for sibling in purchase.stocked_siblings(shop):
        of_sibling = purchase.points(shop, "order_items", sibling)
        ordinary.another_fits(shop, "order_items", in_order | of_sibling, "A line for another variant of a product")
    again = purchase.points(shop, "order_items", shop.row("orders")) | of_variant
    ordinary.another_fits(shop, "order_items", again, "A line for the same variant in a second order")


def _key_values(shop: Shop, line: Row, target: str) -> Values:
    return {name: line[name] for name in shop.foreign_keys("order_items", target)[0].columns}


@_check("order_items.gone-with-order", "order_items.variant")
def lines_go_with_their_order(shop: Shop) -> None:
    """Deleting an order is refused, or takes its line with it."""
    if not shop.foreign_keys("order_items", "orders"):
        raise Skipped
    order, line = purchase.placed_order(shop)
    of_variant = _key_values(shop, line, "product_variants")
    answer = shop.session.keep(order.delete())
    if answer.refusal is not None and not answer.refusal.is_verdict and not references.keeps_rows(line.table):
        raise CantTell(f"The try itself went wrong: {why(answer.refusal)}", table=line.table.label)
    if answer.refusal is None and shop.read(order) is None and purchase.rows_where(shop, "order_items", of_variant):
        raise Failed(
            f"An order was deleted, but its line is still in {line.table.label} and belongs to no order of its own.",
            next='Use ondelete="CASCADE" or ondelete="RESTRICT" on the key from the lines to the order.',
            table=line.table.label,
            column=references.own_column(shop.foreign_keys("order_items", "orders")[0]),
            tried=shorten(answer.tried),
        )
    _does_not_move(shop, "orders")


@_check("order_items.kept", "order_items.order", "order_items.variant", "order_items.columns")
def lines_outlive_the_catalog(shop: Shop) -> None:
    """Deleting the variant or the product of a line is refused, or leaves all but the key to the variant as it was."""
    variant = purchase.stocked_variant(shop)
    order = purchase.open_order(shop)
    line = purchase.line_of(shop, order, variant)
    for _ in ("pending", "delivered"):
        for gone, what in ((variant, "variant"), (_product_of(shop, variant), "product")):
            with shop.isolated():
                _survives(shop, line, gone, what)
        if not purchase.deliver(shop, order):
            break
    _does_not_move(shop, "product_variants")


def _does_not_move(shop: Shop, target: str) -> None:
    """A key that is set to its default names somebody else, as soon as a row is there that the default names."""
    table = shop.table("order_items")
    for key in shop.foreign_keys("order_items", target):
        defaults = [c for name in key.columns if (c := table.column(name)) is not None and c.default is not None]
        if key.on_delete == "d" and defaults:
            raise Failed(
                f"When a row of {shop.table(target).label} is deleted, the foreign key {key.name} sets "
                f"{defaults[0].name} to its default, {defaults[0].default}: the line then belongs to something else.",
                next='Use ondelete="RESTRICT" on that key.',
                table=table.label,
                column=defaults[0].name,
            )


def _product_of(shop: Shop, variant: Row) -> Row:
    key = next(iter(shop.foreign_keys("product_variants", "products")), None)
    if key is None:
        raise Skipped
    product = {theirs: variant[ours] for ours, theirs in zip(key.columns, key.target_columns, strict=True)}
    return purchase.rows_where(shop, "products", product)[0]


def _survives(shop: Shop, line: Row, gone: Row, what: str) -> None:
    before = shop.read(line)
    answer = _delete_in_spite_of_others(shop, gone)
    if before is None or answer.refusal is not None or answer.rowcount == 0:
        return
    after = shop.read(line)
    where = {
        "next": 'Use ondelete="RESTRICT" on the key from the lines to the variant, or ondelete="SET NULL".',
        "table": line.table.label,
        "tried": shorten(answer.tried),
    }
    key = references.refers(shop, "order_items", "product_variants", next=_VARIANT_NEXT)
    if after is None:
        raise Failed(
            f"A line of an order was lost when its {what} was deleted: the order no longer says what was bought.",
            column=references.own_column(key),
            **where,
        )
    for name in _altered(shop, before, after):
        raise Failed(
            f"A line of an order was altered when its {what} was deleted: {name} was {before[name]} "
            f"and is {after[name]} now.",
            column=name,
            **where,
        )


def _altered(shop: Shop, before: Values, after: Values) -> Iterator[str]:
    """Columns that changed, but for keys to the catalog that became NULL and the time of the change itself."""
    table = shop.table("order_items")
    catalog = {shop.table(part).oid for part in ("products", "product_variants")}
    loose = {name for key in table.foreign_keys if key.target in catalog for name in key.columns}
    for column in table.columns:
        name = column.name
        follows = column.generated or column.type.category == "D" or (name in loose and after[name] is None)
        if before[name] != after[name] and not follows:
            yield name


def _delete_in_spite_of_others(shop: Shop, row: Row) -> Answer:
    """Delete a variant or product and keep that, as if stock, carts, reviews and the like did not hold it back."""
    lines = shop.table("order_items")
    while True:
        answer = shop.session.keep(row.delete())
        holder = _held_by(shop, answer)
        if holder is None or holder[0].oid == lines.oid:
            return answer
        table, name = holder
        drop = f"alter table {qualified(table)} drop constraint {quote(name)}"
        if shop.session.keep(Statement(drop)).refusal is not None:
            return answer


def _held_by(shop: Shop, answer: Answer) -> tuple[Table, str] | None:
    """The foreign key that refused a deletion, and its table."""
    refusal = answer.refusal
    if refusal is None or refusal.raised or refusal.sqlstate not in (FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION):
        return None
    holders = [t for t in shop.catalog.tables for key in t.foreign_keys if key.name == refusal.constraint]
    return (holders[0], refusal.constraint) if len(holders) == 1 and refusal.constraint else None


@_check("order_items.price-fixed", "order_items.order", "order_items.variant")
def prices_in_lines_stay(shop: Shop) -> None:
    """However far the order is, after the product's price went up and down, and the variant's where it has one, the
    line reads as before."""
    price = shop.column("order_items", "unit_price").name
    variant = purchase.stocked_variant(shop)
    order = purchase.open_order(shop)
    line = purchase.line_of(shop, order, variant)
    for label in purchase.WAY:
        if label != "pending" and purchase.advance(shop, order, label) is not None:
            break
        for row, column in _catalog_prices(shop, variant):
            _stays(shop, line, price, row, column)


def _stays(shop: Shop, line: Row, price: str, row: Row, column: Column) -> None:
    was = row[column.name]
    usual = was if isinstance(was, Decimal) else Decimal(20)
    for amount in (usual + Decimal("2.50"), usual + Decimal("1.25")):
        changes = {column.name: amount}
        answer = shop.change(row, **changes)
        where = {"table": line.table.label, "column": price, "tried": shorten(answer.tried)}
        if answer.refusal is not None:
            _refused_for_all(shop, row, changes, where)
            return
    after = shop.read(line)
    if after is None or after[price] != line[price]:
        raise Failed(
            f"A line was sold at {line[price]}. Then {row.table.label}.{column.name} was changed, and the line "
            f"reads {after[price] if after else 'nothing'}: old orders change with the catalog.",
            next=f"Keep the price of the moment in {price}, and let nothing move it later.",
            **where,
        )


def _catalog_prices(shop: Shop, variant: Row) -> list[tuple[Row, Column]]:
    """Every price of the variant and of its product, each with the row that holds it."""
    found = []
    for part, row in (("products", _product_of(shop, variant)), ("product_variants", variant)):
        found += [(row, c) for c in money.money_columns(shop, part) if not c.generated and c.type.base == "numeric"]
    return found


def _refused_for_all(shop: Shop, row: Row, changes: Values, where: dict[str, Any]) -> None:
    """A price that nobody can change is no matter of the lines; one that can be changed until it is ordered is."""
    part = shop.roles.part_of(row.table)
    assert part is not None
    answer = shop.change(shop.row(part), **changes)
    if answer.refusal is None:
        raise Failed(
            f"{row.table.label}.{next(iter(changes))} can't be changed any more once somebody has ordered.",
            next=f"Take away what ties {where['column']} to the price in the catalog.",
            **where,
        )


# -- history ---------------------------------------------------------------------------------------------------

_check("order_status_history.order")(references.belongs("order_status_history", "orders", "order", "order_id"))
_check("order_status_history.status-required")(tables.required("order_status_history", "status", "status"))
_check("order_status_history.status-known")(_known_status("order_status_history", "an entry in the history"))


@_check("order_status_history.time")
def history_says_when(shop: Shop) -> None:
    """changed_at is a timestamp and takes no NULL."""
    times.times_are_recorded(shop, "order_status_history")
    tables.required("order_status_history", "changed_at", "time")(shop)


@_check("order_status_history.by-itself", "order_status_history.order", "orders.lifecycle")
def history_writes_itself(shop: Shop) -> None:
    """After an order was paid, the history holds one more entry that says so."""
    table, statuses = shop.table("order_status_history"), labels_of(shop, "order_status_history", "status")
    paid = statuses.values("paid")
    order = _pending_order(shop, shop.column("orders", "status").name)

    def entries() -> int:
        rows = purchase.rows_where(shop, table_part, purchase.points(shop, table_part, order))
        return sum(any(same(row[statuses.column.name], value) for value in paid) for row in rows)

    table_part = "order_status_history"
    before = entries()
    if purchase.advance(shop, order, "paid") is not None:
        raise Skipped
    if entries() <= before:
        raise Failed(
            f"An order was paid, and {table.label} says nothing of it.",
            next=f"An AFTER UPDATE trigger on {order.table.label} can write each change into {table.label}.",
            table=table.label,
            column=statuses.column.name,
        )


# -- payments --------------------------------------------------------------------------------------------------

_check("payments.order")(references.belongs("payments", "orders", "order", "order_id"))
_check("payments.amount-required")(tables.required("payments", "amount", "amount"))
_check("payments.amount-not-negative")(bounds.never_negative("payments", "amount", "a payment"))


@step.check("payments.no-card-data")
def no_card_data(shop: Shop) -> None:
    """No column of any table is named as one for card data."""
    for place in card_data.places(shop):
        if place.is_card_data:
            raise Failed(
                f"{place.table} has a column {place.column}: whoever reads the table, or a backup, can pay with it.",
                next=f"Remove {place.column}; a payment provider's reference, and at most last4, is enough.",
                table=place.table,
                column=place.column,
            )


@step.check("payments.last4")
def last_four_at_most(shop: Shop) -> None:
    """A column for the last digits is text and takes no more than four characters."""
    parts = {table.label: part for part, table in shop.roles.tables.items()}
    for place in card_data.places(shop):
        if not place.is_last4:
            continue
        too_long = f"{place.table}.{place.column} can hold more than four characters, so a whole card number fits."
        where = {"next": f"Declare {place.column} as String(4).", "table": place.table, "column": place.column}
        if place.category != "S":
            raise Failed(
                f"{place.table}.{place.column} is of type {place.type}: of the digits 0042 it keeps only 42.", **where
            )
        if place.length is not None and place.length <= 4:
            continue
        part = parts.get(place.table)
        if part is None and not place.is_guarded:
            raise Failed(too_long, **where)
        if part is not None:
            for digits in ("12345", "123456789012", "4111111111111111"):
                with shop.isolated():
                    shop.never(
                        part,
                        {place.column: digits},
                        happened=too_long,
                        next=where["next"],
                        column=place.column,
                        harmless=lambda stored: len(str(stored)) <= 4,
                    )


# -- money and times, in every table of the step ---------------------------------------------------------------


@step.check("checkout.money")
def money_is_exact(shop: Shop) -> None:
    """Every column that holds money is numeric, to the cent or finer."""
    tables.each(shop, PARTS, money.money_is_exact)


@step.check("checkout.audit")
def times_are_recorded(shop: Shop) -> None:
    """created_at and updated_at are there, and are timestamps."""
    tables.each(shop, TIMED, times.times_are_recorded)


@step.check("checkout.time-zone", needs=("checkout.audit",))
def times_have_a_zone(shop: Shop) -> None:
    """Each time is a timestamp with time zone."""
    for part in (*TIMED, "order_status_history"):
        times.have_a_zone(shop, part)


@step.check("checkout.times-filled", needs=("checkout.audit", "orders.lifecycle"))
def times_are_filled_in(shop: Shop) -> None:
    """A row that leaves both times out gets them from the database, and neither takes NULL."""
    for part in TIMED:
        times.are_filled_in(shop, part, shop.draft(part))


@step.check("checkout.updated-moves", needs=("checkout.audit", "orders.lifecycle"))
def updated_at_moves(shop: Shop) -> None:
    """After an UPDATE the database has set updated_at to now, whatever it was."""
    quantity = shop.column("cart_items", "quantity").name
    line = shop.row("cart_items", {quantity: 1, shop.column("cart_items", "updated_at").name: times.LONG_AGO})
    changed = shop.change(line, **{quantity: 2})
    if changed.refusal is None:
        times.have_moved(shop, "cart_items", line, changed.tried)
    order, _ = purchase.placed_order(shop, {shop.column("orders", "updated_at").name: times.LONG_AGO})
    if purchase.advance(shop, order, "paid") is None:
        times.have_moved(shop, "orders", order, f"update {order.table.label} set status …")
