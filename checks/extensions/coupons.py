"""Coupons: codes that make an order cheaper, in their time and as often as they allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from checks.catalog.facts import NUMERIC
from checks.labels import labels_of
from checks.outcome import CantTell, Failed, Skipped
from checks.probe import Shop, shorten
from checks.rows import Draft, NoRow, Row, Values, qualified, quote
from checks.rules import bounds, money, ordinary, references, tables, uniqueness
from checks.session import RETURNING, Answer, Statement
from checks.step import StepChecks
from checks.trade import purchase, rival
from checks.trade.life_cycle import together

extension: StepChecks[Shop] = StepChecks("coupons")

PARTS = ("coupons", "coupon_redemptions")
COUPONS, REDEMPTIONS = PARTS

for _part in PARTS:
    extension.check(f"{_part}.exists")(tables.exists(_part))
    extension.check(f"{_part}.key", needs=(f"{_part}.exists",))(tables.primary_key(_part))

PERCENT = ("percent", "percentage", "percent_off")
FIXED = ("fixed", "fixed_amount", "amount", "amount_off")

#: Ten percent is 10 in one design, and 0.10 in another one.
_AMOUNTS = (Decimal(10), Decimal("0.10"), Decimal(5))

#: A limit that no check comes close to, where it is not about that.
_OFTEN = 50


@extension.scenery
def a_shop_that_gives_coupons(shop: Shop) -> None:
    """Somebody who orders, and from now on coupons that are good today."""
    shop.furnish("users", "categories", "products")
    _order_today(shop)
    today, often = _today(shop), {shop.column(COUPONS, "max_redemptions").name: _OFTEN}
    for values in (today | often, today, often, {}):
        shop.usually(COUPONS, values)
        with suppress(NoRow):
            shop.usually(COUPONS, values | _discount(shop, PERCENT))
            break
    shop.furnish(COUPONS)
    _find_moment(shop)


# -- coupons ---------------------------------------------------------------------------------------------------


def _check(rule_id: str, *needs: str) -> Callable[[Callable[[Shop], None]], Callable[[Shop], None]]:
    """Declare a check on the coupons, or on the redemptions of coupons that are in order."""
    return extension.check(rule_id, needs=("coupons.exists", "coupons.columns", *needs))


def _now(shop: Shop) -> datetime:
    [[now]] = shop.session.query("select pg_catalog.now()")
    return now  # type: ignore[no-any-return]


def _dates(shop: Shop, begins: int, ends: int) -> Values:
    """The dates of a coupon, in days from now."""
    names = (shop.column(COUPONS, name).name for name in ("valid_from", "valid_until"))
    return {name: str(_now(shop) + timedelta(days=days)) for name, days in zip(names, (begins, ends), strict=True)}


def _today(shop: Shop) -> Values:
    """The dates of a coupon that is good today, whether its ends belong to it or not."""
    return _dates(shop, -20, 20)


def _discount(shop: Shop, names: Sequence[str]) -> Values:
    """A discount of that type, of an amount that this design takes; NoRow when none is found."""
    types, value = labels_of(shop, COUPONS, "discount_type"), shop.column(COUPONS, "discount_value")
    none: NoRow | None = None
    for type_ in types.values(*names):
        for amount in _AMOUNTS:
            values = {types.column.name: type_, value.name: amount}
            try:
                if shop.draft(COUPONS, values).values:
                    return values
            except NoRow as refused:
                none = none or refused
    raise none or NoRow(shop.table(COUPONS), None)


_check("coupons.code-required")(tables.required(COUPONS, "code", "code"))
_check("coupons.type-required")(tables.required(COUPONS, "discount_type", "type"))


@_check("coupons.code-unique")
def one_code_one_coupon(shop: Shop) -> None:
    """The same code a second time is refused, in the same letters and in others; codes that differ are taken."""
    pairs = (("SPRING10", "SPRING20"), ("spring-10", "spring-11"), ("SPRING10", "SPRING"))
    uniqueness.unique(COUPONS, "code", "code", pairs, in_any_case=True)(shop)
    uniqueness.unique_in_any_case(COUPONS, "code", "code")(shop)


@extension.check("coupons.columns", needs=("coupons.exists",))
def coupons_have_their_columns(shop: Shop) -> None:
    """Every column is there and of its family; a discount has digits behind the point, as it may be money."""
    table, value = shop.table(COUPONS), shop.roles.column(COUPONS, "discount_value")
    if value is not None and value.type.base not in NUMERIC:
        raise Failed(
            f"{table.label}.{value.name} is of type {value.type.text}, but a discount is exact, with cents.",
            next=f"Declare {value.name} as Numeric(10, 2).",
            table=table.label,
            column=value.name,
        )
    tables.columns(COUPONS)(shop)


@_check("coupons.types-fit")
def both_types_fit(shop: Shop) -> None:
    """A percentage and a sum of money can be written down."""
    types = labels_of(shop, COUPONS, "discount_type")
    for names in (PERCENT, FIXED):
        where = {"table": shop.table(COUPONS).label, "column": types.column.name}
        if not types.values(*names):
            raise Failed(
                f"{where['table']}.{types.column.name} can't say {names[0]}: it knows {types.listed}.",
                next=f"Let {types.column.name} take percent and fixed.",
                **where,
            )
        try:
            _discount(shop, names)
        except NoRow as none:
            refusal = none.answer.refusal if none.answer else None
            if none.table.oid != shop.table(COUPONS).oid or refusal is None or not refusal.is_verdict:
                raise
            raise Failed(
                f"A coupon with a {names[0]} discount was refused: {refusal.message}.",
                next=f"Let {types.column.name} take percent and fixed.",
                tried=shorten(none.answer.tried) if none.answer else None,
                sqlstate=refusal.sqlstate,
                **where,
            ) from None


@_check("coupons.type-known", "coupons.types-fit")
def unknown_types_are_refused(shop: Shop) -> None:
    """A type that no shop has is refused, also one that looks much like a known one."""
    types = labels_of(shop, COUPONS, "discount_type")
    for value in types.unknown("percent"):
        with shop.isolated():
            shop.never(
                COUPONS,
                {types.column.name: value},
                happened=f"PostgreSQL took a coupon with the {types.column.name} {value!r}, which means nothing.",
                next=f"Make {types.column.name} an Enum, or give it a CHECK or a look-up table.",
                column=types.column.name,
            )


@_check("coupons.value-positive", "coupons.types-fit")
def discounts_are_above_zero(shop: Shop) -> None:
    """Nothing, and less than nothing, is refused for both types."""
    value = shop.column(COUPONS, "discount_value")
    for names in (PERCENT, FIXED):
        discount = _discount(shop, names)
        for amount in map(Decimal, (0, -1, -5)):
            with shop.isolated():
                shop.never(
                    COUPONS,
                    discount | {value.name: amount},
                    happened=f"PostgreSQL took a coupon ({names[0]}) with the {value.name} {amount}.",
                    next=f'Add CheckConstraint("{value.name} > 0", name="gives_something") to the model.',
                    column=value.name,
                )


@_check("coupons.percent-limit", "coupons.types-fit")
def all_of_it_at_most(shop: Shop) -> None:
    """More than 100 percent is refused; so is turning a sum above 100 into a percentage."""
    types, value = labels_of(shop, COUPONS, "discount_type"), shop.column(COUPONS, "discount_value")
    percent, fixed = _discount(shop, PERCENT), _discount(shop, FIXED)
    words: dict[str, Any] = {
        "next": f"Add CheckConstraint(\"{types.column.name} <> 'percent' or {value.name} <= 100\", "
        'name="percent_at_most_100") to the model.',
        "column": value.name,
    }
    for amount in map(Decimal, (101, 150, 1000)):
        happened = f"PostgreSQL took a coupon that gives {amount} percent off."
        with shop.isolated():
            shop.never(COUPONS, percent | {value.name: amount}, happened=happened, **words)
    with suppress(NoRow):
        row = shop.row(COUPONS, fixed | {value.name: Decimal(150)})
        shop.rejects(
            row.update(**{types.column.name: percent[types.column.name]}),
            happened="A coupon over a sum of 150 was turned into one of 150 percent.",
            table=row.table.label,
            **words,
        )


@_check("coupons.dates-in-order")
def no_end_before_the_beginning(shop: Shop) -> None:
    """An end before the start is refused, whichever of the two is moved; an end a few days later is taken."""
    first, last = (shop.column(COUPONS, name).name for name in ("valid_from", "valid_until"))
    next_ = f'Add CheckConstraint("{last} >= {first}", name="dates_in_order") to the model.'
    usual = shop.usual(COUPONS) or {}
    alone = [{last: _dates(shop, 0, -40)[last]}, {first: _dates(shop, 40, 0)[first]}]
    for dates in (_dates(shop, 20, 10), *(alone if {first, last} <= set(usual) else ())):
        with shop.isolated():
            shop.never(
                COUPONS,
                dates,
                happened="PostgreSQL took a coupon that ends before it begins.",
                next=next_,
                column=last,
            )
    shop.takes(
        COUPONS,
        _dates(shop, -3, 3),
        happened="A coupon that is good for six days was refused: {why}.",
        next=f"Let every {last} after {first} pass.",
        column=last,
    )


@_check("coupons.limit-optional", "coupons.ordinary")
def no_limit_is_possible(shop: Shop) -> None:
    """A coupon without a limit is taken: NULL, or nothing said where the database has a word of its own for it."""
    limit = shop.column(COUPONS, "max_redemptions")
    shop.takes(
        COUPONS,
        _unlimited(shop),
        happened=f"A coupon that says nothing of {limit.name} was refused: {{why}}.",
        next=f"Let {limit.name} be NULL (nullable=True): such a coupon has no limit.",
        column=limit.name,
    )
    if limit.required:
        raise Failed(
            f"A coupon can't go without {limit.name}: the column is NOT NULL and has no default.",
            next=f"Let {limit.name} be NULL (nullable=True): such a coupon has no limit.",
            table=shop.table(COUPONS).label,
            column=limit.name,
        )


def _unlimited(shop: Shop) -> Values:
    """What a coupon without a limit says of it."""
    limit = shop.column(COUPONS, "max_redemptions")
    return {} if limit.not_null or limit.type.domain_not_null else {limit.name: None}


@_check("coupons.limit-not-negative")
def limits_are_not_negative(shop: Shop) -> None:
    """A limit below zero is refused; small ones are taken."""
    limit = shop.column(COUPONS, "max_redemptions")
    rule = f'CheckConstraint("{limit.name} >= 0", name="limit_not_negative")'
    bounds.within_bounds(shop, COUPONS, limit, (-1, -5), (1, 2, 100), what="a coupon", rule=rule)


@_check("coupons.ordinary", "coupons.types-fit")
def coupons_that_are_alike(shop: Shop) -> None:
    """A second coupon with the same discount in the same weeks, and as often."""
    alike = _today(shop) | _discount(shop, PERCENT) | {shop.column(COUPONS, "max_redemptions").name: 5}
    ordinary.another_fits(shop, COUPONS, alike, "A coupon")
    ordinary.another_fits(shop, COUPONS, alike, "A second coupon with the same discount in the same weeks")


# -- redemptions -----------------------------------------------------------------------------------------------


def _order_today(shop: Shop) -> None:
    """Orders are made today, and so are redemptions: what time they have is theirs to say."""
    purchase.begin_pending(shop)
    now = str(_now(shop))
    with suppress(Skipped):
        shop.usually("orders", {shop.column("orders", "created_at").name: now} | dict(shop.usual("orders") or {}))
    with suppress(Skipped):
        times = [c.name for c in shop.table(REDEMPTIONS).columns if c.type.category == "D" and c.required]
        shop.usually(REDEMPTIONS, dict.fromkeys(times, now))


@dataclass(frozen=True)
class _Moment:
    """How far an order is when a coupon is redeemed for it: the steps that it went."""

    way: tuple[str, ...]


def _find_moment(shop: Shop) -> None:
    """A shop may redeem coupons for orders that are paid, and for no others."""
    order = purchase.placed_order(shop)[0]
    for count, label in enumerate(purchase.WAY):
        if count and purchase.advance(shop, order, label) is not None:
            return
        shop.stand(order)
        with suppress(NoRow):
            shop.draft(REDEMPTIONS)
            shop.remember(_Moment(purchase.WAY[1 : count + 1]))
            return


def _order(shop: Shop) -> Row:
    """An order that a coupon can be redeemed for."""
    order = purchase.placed_order(shop)[0]
    moment = shop.recall(_Moment)
    if moment and any(purchase.advance(shop, order, label) for label in moment.way):
        raise CantTell("No order got as far as the one before.", table=order.table.label)
    return order


def _of(shop: Shop, coupon: Row, order: Row) -> Values:
    return purchase.points(shop, REDEMPTIONS, order) | purchase.points(shop, REDEMPTIONS, coupon)


_HERE = ("coupon_redemptions.exists",)
_WHOLE = (*_HERE, "coupon_redemptions.coupon", "coupon_redemptions.order")

_check("coupon_redemptions.coupon", *_HERE)(references.belongs(REDEMPTIONS, COUPONS, "coupon", "coupon_id"))
_check("coupon_redemptions.order", *_HERE)(references.belongs(REDEMPTIONS, "orders", "order", "order_id"))


def _redeem(shop: Shop, coupon: Row, words: str, next_: str) -> Row:
    """An ordinary redemption for a new order; Failed with these words when it is refused."""
    return shop.takes(
        REDEMPTIONS,
        _of(shop, coupon, _order(shop)),
        happened=f"{words} was refused: {{why}}.",
        next=next_,
        column=_column(shop),
    )


def _column(shop: Shop) -> str:
    return references.own_column(shop.foreign_keys(REDEMPTIONS, COUPONS)[0])


@_check("coupon_redemptions.once", *_WHOLE)
def once_per_order(shop: Shop) -> None:
    """The same coupon a second time for one order is refused, also when both come at the same moment."""
    coupon, order = shop.row(COUPONS, _unlimited(shop)), _order(shop)
    same = _of(shop, coupon, order)
    names = ", ".join(f'"{name}"' for name in same)
    uniqueness.unique_together(
        shop,
        REDEMPTIONS,
        same,
        _of(shop, coupon, _order(shop)),
        meaning="coupon and order",
        next=f"Add UniqueConstraint({names}).",
    )


@_check("coupon_redemptions.ordinary", *_WHOLE, "coupons.limit-optional")
def many_orders(shop: Shop) -> None:
    """A coupon without a limit is redeemed for four orders."""
    coupon = shop.row(COUPONS, _unlimited(shop))
    for words in ("first", "second", "third", "fourth"):
        values = _of(shop, coupon, _order(shop))
        ordinary.another_fits(shop, REDEMPTIONS, values, f"The {words} redemption of a coupon that has no limit")


@dataclass(frozen=True)
class _Closed:
    """A coupon that nobody can redeem any more, and what it means that somebody did."""

    coupon: Row
    happened: str
    next: str


def _is_closed(shop: Shop, closed: _Closed, open_: Row) -> None:
    """No redemption gets in: neither by INSERT, nor by moving one of another coupon there."""
    table = shop.table(REDEMPTIONS)
    order = _order(shop)
    draft = shop.draft(REDEMPTIONS, _of(shop, open_, order))
    moved = purchase.points(shop, REDEMPTIONS, closed.coupon)
    inserted, updated = shop.both_ways(draft, **moved)
    where = {"next": closed.next, "table": table.label, "column": _column(shop)}
    shop.refused(inserted, happened=closed.happened, **where)
    stayed = updated.rows and all(updated.rows[0][name] != value for name, value in moved.items())
    if not stayed:
        shop.refused(updated, happened=f"{closed.happened} It came from another coupon, by an UPDATE.", **where)


@_check("coupon_redemptions.limit", *_WHOLE, "coupon_redemptions.ordinary", "coupons.limit-not-negative")
def no_more_than_it_allows(shop: Shop) -> None:
    """One redemption more than a limit of 1, or of 2, is refused: by itself, moved, or written with the last one."""
    limit, open_ = shop.column(COUPONS, "max_redemptions").name, shop.row(COUPONS, _unlimited(shop))
    next_ = (
        f"Let a trigger on {shop.table(REDEMPTIONS).label}, before INSERT or UPDATE, lock the coupon, count its "
        "redemptions and raise an exception when they are as many as it allows."
    )
    for number in (1, 2):
        with shop.isolated():
            coupon = shop.row(COUPONS, {limit: number})
            for count in range(1, number + 1):
                _redeem(shop, coupon, f"Redemption {count} of a coupon that allows {number}", next_)
            happened = f"A coupon with {limit} {number} was redeemed for {number + 1} orders."
            _is_closed(shop, _Closed(coupon, happened, next_), open_)
    with shop.isolated():
        coupon = shop.row(COUPONS, {limit: 1})
        drafts = [shop.draft(REDEMPTIONS, _of(shop, coupon, _order(shop))) for _ in range(2)]
        shop.refused(
            _written(shop, drafts),
            happened=f"A coupon with {limit} 1 was redeemed for 2 orders, written in one statement.",
            next=next_,
            table=shop.table(REDEMPTIONS).label,
            column=_column(shop),
        )


def _written(shop: Shop, drafts: Sequence[Draft]) -> Answer:
    return shop.session.attempt(together(drafts))


@_check("coupon_redemptions.dates", *_WHOLE, "coupon_redemptions.ordinary", "coupons.dates-in-order")
def only_in_its_time(shop: Shop) -> None:
    """A coupon that ended, or that has not begun, is refused; one that is good this week is taken."""
    next_ = (
        f"Let a trigger on {shop.table(REDEMPTIONS).label}, before INSERT or UPDATE, compare the moment with the dates "
        "of the coupon and raise an exception outside of them."
    )
    open_ = shop.row(COUPONS, _unlimited(shop) | _dates(shop, -3, 3))
    _redeem(shop, open_, "The redemption of a coupon that began three days ago and ends in three days", next_)
    for dates, words in (((-40, -20), "ended 20 days ago"), ((20, 40), "begins in 20 days")):
        with shop.isolated():
            coupon = _coupon_of_another_time(shop, _unlimited(shop) | _dates(shop, *dates))
            _is_closed(shop, _Closed(coupon, f"A coupon was redeemed that {words}.", next_), open_)


def _coupon_of_another_time(shop: Shop, values: Mapping[str, Any]) -> Row:
    """Such a coupon; where none can be begun like that, one that has got there."""
    try:
        return shop.row(COUPONS, values)
    except NoRow:
        row = shop.row(COUPONS)
        if shop.change(row, **values).refusal is not None:
            raise
        return row


# -- two at the same moment ------------------------------------------------------------------------------------

#: What keeps a second transaction waiting: locks that this one holds on the redemptions, on the coupons, or by a number
#: that the learner's own functions agreed on.
_HELD = """
select pg_catalog.count(*) from pg_catalog.pg_locks
where pid = pg_catalog.pg_backend_pid() and granted and (
    locktype = 'advisory'
    or locktype = 'relation' and relation = any (%s::oid[])
        and mode in ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
)
"""


@_check("coupon_redemptions.two-at-once", *_WHOLE, "coupon_redemptions.limit")
def one_of_two_gets_the_last(shop: Shop) -> None:
    """Who redeems a coupon holds something that the next one has to wait for.

    The row of another transaction would have to be committed before this one could see it, so that can't be tried:
    what a redemption holds on to is looked at instead.
    """
    _writes_no_number_of_its_own(shop)
    if _is_numbered(shop) or _holds_a_lock(shop) or _holds_the_coupon(shop):
        return
    raise Failed(
        "A redemption counts those before it and locks nothing: two orders that take the last one at the same moment "
        "don't see each other, and both get it.",
        next="Let the trigger lock the coupon first: select … from coupons where … for update.",
        table=shop.table(REDEMPTIONS).label,
        column=_column(shop),
    )


def _writes_no_number_of_its_own(shop: Shop) -> None:
    """Where the coupon counts its redemptions, one that comes in between is counted as well."""
    limit = shop.column(COUPONS, "max_redemptions").name
    coupon = shop.row(COUPONS, {limit: _OFTEN})
    draft = shop.draft(REDEMPTIONS, _of(shop, coupon, _order(shop)))
    before = dict(coupon.values)
    with shop.isolated():
        shop.session.keep(draft.but())
        after = shop.read(coupon) or before
    for name in [name for name in before if _is_one_more(before[name], after.get(name))]:
        with shop.isolated():
            counted = coupon.update(**{name: before[name] + 1})
            sql = counted.sql.removesuffix(RETURNING)
            rival.let_in(shop, coupon.table, shop.session.cursor.mogrify(sql, counted.values).decode())
            taken = shop.session.keep(draft.but()).refusal is None
            lost = taken and rival.has_been(shop) and (shop.read(coupon) or after)[name] == after[name]
        if lost:
            raise Failed(
                f"Two orders were given the same redemption: the trigger reads {name}, then writes a number of its own "
                "over what another order has left.",
                next=f"Write {name} = {name} + 1 in the UPDATE itself, or lock the coupon first with SELECT … FOR "
                "UPDATE.",
                table=coupon.table.label,
                column=name,
            )


def _is_one_more(before: Any, after: Any) -> bool:
    return isinstance(before, (int, Decimal)) and isinstance(after, (int, Decimal)) and after == before + 1


def _is_numbered(shop: Shop) -> bool:
    """A unique index over the coupon and a number of the redemption keeps the second one out."""
    of_coupon = {name for key in shop.foreign_keys(REDEMPTIONS, COUPONS) for name in key.columns}
    of_order = {name for key in shop.foreign_keys(REDEMPTIONS, "orders") for name in key.columns}
    indexes = [i for i in shop.table(REDEMPTIONS).indexes if i.unique and i.works and i.is_plain]
    return any(of_coupon < i.columns and not of_order & i.columns for i in indexes)


def _last_one(shop: Shop) -> tuple[Row, Draft]:
    """A coupon with one redemption, and that."""
    coupon = shop.row(COUPONS, {shop.column(COUPONS, "max_redemptions").name: 1})
    return coupon, shop.draft(REDEMPTIONS, _of(shop, coupon, _order(shop)))


def _holds_a_lock(shop: Shop) -> bool:
    """More locks of tables, or by number, are held after a redemption than before."""
    _, draft = _last_one(shop)
    tables = [shop.table(part).oid for part in PARTS]
    [[before]] = shop.session.query(_HELD, (tables,))
    with shop.isolated():
        shop.session.keep(draft.but())
        [[after]] = shop.session.query(_HELD, (tables,))
    return bool(after > before)


def _holds_the_coupon(shop: Shop) -> bool:
    """The coupon's row was locked or changed, though no foreign key asked for that."""
    coupon, draft = _last_one(shop)
    for key in shop.foreign_keys(REDEMPTIONS, COUPONS):
        shop.session.keep(
            Statement(f"alter table {qualified(shop.table(REDEMPTIONS))} drop constraint {quote(key.name)}")
        )
    before = _place(shop, coupon)
    if shop.session.keep(draft.but()).refusal is not None:
        raise CantTell("The redemption could not be watched.", table=shop.table(REDEMPTIONS).label)
    return bool(_place(shop, coupon) != before)


def _place(shop: Shop, row: Row) -> Any:
    """Where a row lies, and who holds it: both change when it is updated or locked."""
    statement = row.read()
    sql = statement.sql.replace("select *", "select ctid::text, xmax::text as holder", 1)
    return shop.session.attempt(Statement(sql, statement.values)).rows


@extension.check("coupons.money")
def money_is_exact(shop: Shop) -> None:
    """Every column that holds money is numeric, to the cent or finer."""
    tables.each(shop, PARTS, money.money_is_exact)
