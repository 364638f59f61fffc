"""Analytics: what was sold on each day and of each product, in materialized views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from psycopg2.errorcodes import INSUFFICIENT_PRIVILEGE, UNIQUE_VIOLATION

from checks import contract
from checks.catalog import Column, ForeignKey, Index, Table
from checks.contract import Kind
from checks.outcome import CantTell, Failed, Skipped
from checks.probe import Shop, shorten
from checks.rows import NoRow, Row, qualified, quote, why
from checks.rules import money, references, tables
from checks.session import Statement
from checks.step import StepChecks
from checks.trade import purchase
from checks.trade.life_cycle import CANCELLED
from workshop.words import listed

extension: StepChecks[Shop] = StepChecks("analytics")

DAILY, PRODUCT = "daily_sales", "product_sales"

Key = TypeVar("Key")

#: What counts as sold.
SOLD = ("paid", "shipped", "delivered")


# -- views -----------------------------------------------------------------------------------------------------


def _view(shop: Shop, part: str) -> Table:
    """The materialized view in that part; Skipped when there is none (the check `part.exists` says so)."""
    view = shop.roles.tables.get(part)
    if view is None or view.kind != "m":
        raise Skipped
    return view


def _column(shop: Shop, part: str, name: str) -> Column:
    """A column of the view; Skipped when there is none (the check `part.columns` says so)."""
    _view(shop, part)
    column = shop.roles.column(part, name)
    if column is None:
        raise Skipped
    return column


_CREATE = "Write create materialized view {part} as select … into schemas/, then run build_schema()."
_OTHER_KINDS = {
    "v": "a view, which works everything out anew for each reader",
    "r": "a table, which follows the orders only where somebody writes it",
    "p": "a table, which follows the orders only where somebody writes it",
    "f": "a foreign table",
}


def _exists(part: str) -> Callable[[Shop], None]:
    def check(shop: Shop) -> None:
        view = shop.roles.tables.get(part)
        if view is None:
            raise tables.missing(shop, part, next=_CREATE.format(part=part), what="materialized view")
        if view.kind != "m":
            raise Failed(
                f"{view.label} is {_OTHER_KINDS[view.kind]}, and not a materialized view.",
                next=f"Drop it, and create materialized view {view.label} in its place.",
                table=view.label,
            )

    return check


def _has_its_columns(part: str) -> Callable[[Shop], None]:
    def check(shop: Shop) -> None:
        view = _view(shop, part)
        try:
            tables.has_columns(shop, part, view)
            money.keeps_money_exact(shop, part, view)
        except Failed as failed:
            kinds = {c.name: wanted.kind for wanted, c in _cast(shop, part) if wanted.kind in _CASTS}
            if failed.column not in kinds:
                raise
            raise Failed(
                failed.happened,
                next=f"Cast it in the query of {view.label}: (…)::{_CASTS[kinds[failed.column]]} as {failed.column}.",
                table=failed.table,
                column=failed.column,
            ) from None

    return check


#: The types that a query can give to a column of another one.
_CASTS = {Kind.DAY: "date", Kind.NUMBER: "bigint", Kind.MONEY: "numeric"}


def _cast(shop: Shop, part: str) -> Iterator[tuple[contract.Column, Column]]:
    """The columns of the contract that the view has, each with the one that plays it."""
    for wanted in contract.table(part).columns:
        if (column := shop.roles.column(part, wanted.name)) is not None:
            yield wanted, column


def _can_be_refreshed_concurrently(part: str) -> Callable[[Shop], None]:
    """An index as REFRESH … CONCURRENTLY wants it: unique, finished, on columns alone and over every row."""

    def check(shop: Shop) -> None:
        view = _view(shop, part)
        unique = [index for index in view.indexes if index.unique]
        if any(_is_usable(index) for index in unique):
            return
        first = {DAILY: "day", PRODUCT: "product_id"}[part]
        column = shop.roles.column(part, first)
        name = column.name if column else first
        fault = f" {unique[0].name} is unique, but {_fault(unique[0])}." if unique else ""
        raise Failed(
            f"refresh materialized view concurrently {view.label} is refused: {view.label} has no unique index that "
            f"covers every row by its columns.{fault}",
            next=f"Add to your SQL file: create unique index on {view.label} ({name});",
            table=view.label,
            column=name,
        )

    return check


def _is_usable(index: Index) -> bool:
    return index.works and index.is_plain and index.immediate and index.method == "btree"


def _fault(index: Index) -> str:
    if index.predicate is not None:
        return f"it covers only the rows where {index.predicate}"
    if not index.is_plain:
        return "it is on an expression"
    return "its build did not finish"


for _part in (DAILY, PRODUCT):
    extension.check(f"{_part}.exists")(_exists(_part))
    extension.check(f"{_part}.columns", needs=(f"{_part}.exists",))(_has_its_columns(_part))
    extension.check(f"{_part}.unique-index", needs=(f"{_part}.exists",))(_can_be_refreshed_concurrently(_part))


# -- what the views say ----------------------------------------------------------------------------------------

#: The materialized views that a view reads from, deepest first, and itself.
_RESTS_ON = """
with recursive reached (oid, depth) as (
    select %s::oid, 0
    union
    select d.refobjid, reached.depth + 1
    from reached
    join pg_catalog.pg_rewrite w on w.ev_class = reached.oid
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> reached.oid
    where depth < 20
)
select pg_catalog.format('%%I.%%I', n.nspname, c.relname)
from reached
join pg_catalog.pg_class c using (oid)
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'm'
group by 1
order by max(depth) desc
"""


#: What a view has one row for.
_EACH = {DAILY: "day", PRODUCT: "product"}


def _refresh(shop: Shop, part: str) -> None:
    """What the view says is up to date; Failed when PostgreSQL can't do that."""
    view = _view(shop, part)
    for (name,) in shop.session.look_up(_RESTS_ON, (view.oid,)):
        answer = shop.session.keep(Statement(f"refresh materialized view {name}"))
        refusal = answer.refusal
        if refusal is None:
            continue
        if refusal.sqlstate == INSUFFICIENT_PRIVILEGE:
            raise CantTell(f"{view.label} could not be refreshed: {refusal.message}.", table=view.label)
        twice = refusal.sqlstate == UNIQUE_VIOLATION
        raise Failed(
            f"{view.label} could not be refreshed once there were more orders: {why(refusal)}.",
            next=f"Let {view.label} have one row for each {_EACH[part]}: look at its group by."
            if twice
            else f"Look at the query of {view.label}.",
            table=view.label,
            tried=shorten(answer.tried),
            sqlstate=refusal.sqlstate,
        )


@dataclass(frozen=True)
class _Figures:
    """How many orders, or pieces, and how much money. The two are counted in the same way for a day or a product."""

    count: Decimal = Decimal(0)
    revenue: Decimal = Decimal(0)

    def __add__(self, other: _Figures) -> _Figures:
        return _Figures(self.count + other.count, self.revenue + other.revenue)

    def __sub__(self, other: _Figures) -> _Figures:
        return _Figures(self.count - other.count, self.revenue - other.revenue)


NOTHING = _Figures()


def _read(shop: Shop, part: str, names: tuple[str, str, str], keys: Sequence[str]) -> dict[str, _Figures]:
    """What a view says of some days or products, by the text of its key, which must not be there twice."""
    view = _view(shop, part)
    by, count, revenue = (quote(_column(shop, part, name).name) for name in names)
    by = f"{by}::date::text" if part == DAILY else f"{by}::text"
    sql = f"select {by}, {count}, {revenue} from {qualified(view)} where {by} = any (%s)"
    found: dict[str, _Figures] = {}
    for key, number, amount in shop.session.query(sql, (list(keys),)):
        if key in found:
            raise Failed(
                f"{view.label} has more than one row for {key}.",
                next=f"Group the query of {view.label} by {_column(shop, part, names[0]).name} alone.",
                table=view.label,
                column=_column(shop, part, names[0]).name,
            )
        found[key] = _Figures(Decimal(str(number or 0)), Decimal(str(amount or 0)))
    return found


# -- orders to be counted --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """A line of an order as it was stored."""

    product: str
    quantity: Decimal
    price: Decimal
    catalog: Decimal  # what the product costs when the views are refreshed

    @property
    def money(self) -> Decimal:
        return self.quantity * self.price


@dataclass(frozen=True)
class _Order:
    """An order as it was stored, in the status that it got to."""

    day: str
    status: str
    lines: tuple[_Line, ...]

    @property
    def is_sold(self) -> bool:
        return self.status in SOLD


@dataclass(frozen=True)
class _Sales:
    """Orders that were made, and what they add to the views; or why a view could not be read.

    `around` are the days that may be called today, here or there in the world.
    """

    around: tuple[str, ...]
    orders: tuple[_Order, ...]
    daily: dict[str, _Figures] | Exception
    product: dict[str, _Figures] | Exception


@extension.scenery
def somebody_who_orders(shop: Shop) -> None:
    """Users, and what they buy."""
    shop.furnish("users", "categories", "products")
    purchase.begin_pending(shop)


def _sales(shop: Shop) -> _Sales:
    """The orders of this check, made once, with the difference that they make to each view."""
    known = shop.recall(_Sales)
    return known or shop.remember(_make_sales(shop))


#: What is ordered on which of the last days, and where it gets to: places of variants, quantities and prices. The
#: first two variants are of one product.
_PLAN: tuple[tuple[int, str, tuple[tuple[int, int, str], ...]], ...] = (
    (2, "paid", ((0, 2, "10.50"), (1, 1, "12.25"), (2, 1, "4.10"))),
    (2, "shipped", ((0, 1, "11.75"), (2, 3, "5.05"))),
    (2, "delivered", ((2, 3, "5.05"),)),
    (2, "pending", ((0, 5, "10.50"),)),
    (2, "cancelled", ((2, 7, "5.05"),)),
    (4, "delivered", ((1, 4, "7.30"),)),
    (6, "pending", ((3, 3, "8.20"),)),
    (8, "cancelled", ((4, 2, "6.40"),)),
)


def _make_sales(shop: Shop) -> _Sales:
    [[now]] = shop.session.query("select pg_catalog.now()")
    noon: datetime = now.replace(hour=12, minute=0, second=0, microsecond=0)
    days = [str((noon - timedelta(days=back)).date()) for back in range(-1, 10)]
    before = _as_read(shop, DAILY, days)
    with shop.isolated():
        variants = [*purchase.stocked_siblings(shop), *(purchase.stocked_variant(shop) for _ in range(3))]
        placed = [
            _placed(
                shop,
                noon - timedelta(days=back),
                status,
                [(variants[place], pieces, amount) for place, pieces, amount in lines],
            )
            for back, status, lines in _PLAN
        ]
        catalog = _raise_prices(shop, variants)
        orders = tuple(_as_stored(shop, order, status, lines, catalog) for order, status, lines in filter(None, placed))
        daily = _as_read(shop, DAILY, sorted({*days, *(order.day for order in orders)}))
        product = _as_read(shop, PRODUCT, sorted(set(catalog)))
    if isinstance(before, dict) and isinstance(daily, dict):
        daily = {day: daily.get(day, NOTHING) - before.get(day, NOTHING) for day in {*daily, *before}}
    return _Sales(tuple(days[:3]), orders, before if isinstance(before, Exception) else daily, product)


def _as_read(shop: Shop, part: str, keys: Sequence[str]) -> dict[str, _Figures] | Exception:
    """What a view says after a refresh, or why that can't be told: the checks on it raise that."""
    names = {DAILY: ("day", "orders", "revenue"), PRODUCT: ("product_id", "units_sold", "revenue")}[part]
    try:
        _has_its_columns(part)(shop)
        _refresh(shop, part)
        return _read(shop, part, names, keys)
    except (Failed, CantTell, Skipped) as problem:
        return problem


def _placed(
    shop: Shop, moment: datetime, status: str, lines: Sequence[tuple[Row, int, str]]
) -> tuple[Row, str, list[tuple[Row, Row]]] | None:
    """An order of that day and its lines, in that status; None where this design knows no such order."""
    quantity, price = (shop.column("order_items", name).name for name in ("quantity", "unit_price"))
    created = shop.column("orders", "created_at").name
    try:
        order = shop.row("orders", {created: str(moment)})
    except NoRow:
        order = shop.row("orders")  # the shop says itself when an order is made
    rows = []
    for variant, pieces, amount in lines:
        rows.append((variant, purchase.line_of(shop, order, variant, {quantity: pieces, price: Decimal(amount)})))
    if status == "cancelled":
        if not any(purchase.advance(shop, order, label) is None for label in CANCELLED):
            return None
    elif any(purchase.advance(shop, order, label) for label in purchase.WAY[1 : purchase.WAY.index(status) + 1]):
        raise CantTell(f"No order got to {status}: step 4 says more.", table=order.table.label)
    if status in SOLD:
        with suppress(NoRow, Skipped):
            _pay_in_two_parts(shop, order, sum(line[price] * line[quantity] for _, line in rows))
    return order, status, rows


def _pay_in_two_parts(shop: Shop, order: Row, total: Decimal) -> None:
    """As people do who pay the rest on delivery; a join to the payments then repeats the lines."""
    to_order, amount = purchase.points(shop, "payments", order), shop.column("payments", "amount").name
    if purchase.rows_where(shop, "payments", to_order):
        return  # the shop wanted its money first
    for part in (Decimal(10), total - Decimal(10)):
        shop.row("payments", to_order | {amount: part} | purchase.received(shop))


def _raise_prices(shop: Shop, variants: Sequence[Row]) -> dict[str, Decimal]:
    """Every product gets a new price, by which nothing was sold; what each costs now, by its key."""
    price = shop.column("products", "price").name
    catalog: dict[str, Decimal] = {}
    for variant in variants:
        product = _product_of(shop, variant)
        shop.change(product, **{price: Decimal("77.77")})
        catalog[_key(shop, variant)] = Decimal(str(product[price]))
    return catalog


def _to_product(shop: Shop) -> ForeignKey:
    keys = shop.foreign_keys("product_variants", "products")
    if not keys:
        raise Skipped
    return keys[0]


def _product_of(shop: Shop, variant: Row) -> Row:
    key = _to_product(shop)
    where = {theirs: variant[ours] for ours, theirs in zip(key.columns, key.target_columns, strict=True)}
    return purchase.rows_where(shop, "products", where)[0]


def _key(shop: Shop, variant: Row) -> str:
    """The product of a variant, as a view names it."""
    return str(variant[references.own_column(_to_product(shop))])


def _as_stored(
    shop: Shop, order: Row, status: str, lines: Sequence[tuple[Row, Row]], catalog: dict[str, Decimal]
) -> _Order:
    """What became of an order, by the rows as they are now."""
    quantity, price = (shop.column("order_items", name).name for name in ("quantity", "unit_price"))
    created = shop.read(order) or order.values
    moment = created[shop.column("orders", "created_at").name]
    if not isinstance(moment, date):  # a datetime is one as well
        raise Skipped
    stored = [(_key(shop, variant), shop.read(line) or line.values) for variant, line in lines]
    return _Order(
        str(moment.date() if isinstance(moment, datetime) else moment),
        status,
        tuple(_Line(key, Decimal(str(row[quantity])), Decimal(str(row[price])), catalog[key]) for key, row in stored),
    )


# -- the figures -----------------------------------------------------------------------------------------------


def _found(shown: dict[str, _Figures] | Exception) -> dict[str, _Figures]:
    if isinstance(shown, Exception):
        raise shown
    return shown


def _sums(figures: Sequence[_Figures]) -> _Figures:
    return sum(figures, NOTHING)


def _of_day(orders: Sequence[_Order], day: str) -> _Figures:
    """What a day's sales are."""
    mine = [order for order in orders if order.day == day]
    return _sums([_Figures(Decimal(1), sum((line.money for line in order.lines), Decimal(0))) for order in mine])


def _of_product(orders: Sequence[_Order], product: str) -> _Figures:
    """What was sold of a product."""
    return _sums([_Figures(line.quantity, line.money) for line in _lines(orders, product)])


def _lines(orders: Sequence[_Order], product: str) -> list[_Line]:
    return [line for order in orders for line in order.lines if line.product == product]


def _with_days(sales: _Sales, shown: dict[str, _Figures]) -> tuple[_Order, ...]:
    """The orders, each with its day: that on which it was made, or else that on which it was paid.

    The view decides. All of ours were paid today, so a view that goes by that has everything there.
    """
    days = [day for day, figures in shown.items() if figures != NOTHING]
    made = {order.day for order in sales.orders}
    if len(days) == 1 and days[0] in sales.around and days[0] not in made:
        return tuple(replace(order, day=days[0]) for order in sales.orders)
    return sales.orders


@extension.check(f"{DAILY}.paid-only", needs=(f"{DAILY}.columns",))
def only_what_is_paid_makes_a_day(shop: Shop) -> None:
    """A day whose only order is pending, or cancelled, has no orders and no revenue."""
    sales = _sales(shop)
    if isinstance(sales.daily, Failed):
        raise Skipped  # the check on the figures says so
    counted = _unpaid_days(sales)
    if not counted:
        return
    view, (day, order, found) = _view(shop, DAILY), counted[0]
    raise Failed(
        f"{view.label} says {_orders(found.count)} and {_money(found)} on {day}; the only order of that day is "
        f"{order.status}.",
        next=f"Let the query of {view.label} take orders that are {listed(SOLD)}, and no others.",
        table=view.label,
        column=_column(shop, DAILY, "orders" if found.count else "revenue").name,
    )


def _unpaid_days(sales: _Sales) -> list[tuple[str, _Order, _Figures]]:
    """Days that count though nothing was sold there: each with its order, and what the view says."""
    shown = _found(sales.daily)
    orders = _with_days(sales, shown)
    sold = {order.day for order in orders if order.is_sold}
    unpaid = {order.day: order for order in orders if order.day not in sold}
    return [(day, order, shown[day]) for day, order in unpaid.items() if shown.get(day, NOTHING) != NOTHING]


@extension.check(f"{DAILY}.figures", needs=(f"{DAILY}.columns",))
def days_add_up(shop: Shop) -> None:
    """Orders and revenue of a day with several orders of each kind, and of one with a single order."""
    sales = _sales(shop)
    shown = _found(sales.daily)
    if _unpaid_days(sales):
        raise Skipped
    view, orders = _view(shop, DAILY), [order for order in _with_days(sales, shown) if order.is_sold]
    for day in sorted({order.day for order in orders}):
        right, found = _of_day(orders, day), shown.get(day, NOTHING)
        if found == right:
            continue
        mine = [order for order in orders if order.day == day]
        raise Failed(
            f"{view.label} says {_orders(found.count)} and {_money(found)} on {day}; the orders say "
            f"{right.count:f} and {_money(right)}.",
            next=_advice(found, right, mine, [line for order in mine for line in order.lines], "day"),
            table=view.label,
            column=_column(shop, DAILY, "orders" if found.count != right.count else "revenue").name,
        )


@extension.check(f"{PRODUCT}.paid-only", needs=(f"{PRODUCT}.columns",))
def only_what_is_paid_is_sold(shop: Shop) -> None:
    """A product that is in a pending order alone, or in a cancelled one, was not sold."""
    sales = _sales(shop)
    if isinstance(sales.product, Failed):
        raise Skipped  # the check on the figures says so
    counted = _unpaid_products(sales)
    if not counted:
        return
    view, (order, found) = _view(shop, PRODUCT), counted[0]
    raise Failed(
        f"{view.label} says {_pieces(found.count)} and {_money(found)} for a product; the only order of it is "
        f"{order.status}.",
        next=f"Let the query of {view.label} take lines of orders that are {listed(SOLD)}, and no others.",
        table=view.label,
        column=_column(shop, PRODUCT, "units_sold" if found.count else "revenue").name,
    )


def _unpaid_products(sales: _Sales) -> list[tuple[_Order, _Figures]]:
    """Products that count though nobody paid for them: of each the order, and what the view says."""
    shown = _found(sales.product)
    sold = set(_products([order for order in sales.orders if order.is_sold]))
    unpaid = {line.product: order for order in sales.orders for line in order.lines if line.product not in sold}
    return [(order, shown[key]) for key, order in unpaid.items() if shown.get(key, NOTHING) != NOTHING]


@extension.check(f"{PRODUCT}.figures", needs=(f"{PRODUCT}.columns",))
def products_add_up(shop: Shop) -> None:
    """Pieces and revenue of a product with two variants in one order, and of one with a single variant."""
    sales = _sales(shop)
    shown, view = _found(sales.product), _view(shop, PRODUCT)
    if _unpaid_products(sales):
        raise Skipped
    orders = [order for order in sales.orders if order.is_sold]
    for product in _products(orders):
        right, found = _of_product(orders, product), shown.get(product, NOTHING)
        if found == right:
            continue
        mine = [order for order in orders if _lines([order], product)]
        raise Failed(
            f"{view.label} says {_pieces(found.count)} and {_money(found)} for a product; the orders say "
            f"{right.count:f} and {_money(right)}.",
            next=_advice(found, right, mine, _lines(orders, product), "product"),
            table=view.label,
            column=_column(shop, PRODUCT, "units_sold" if found.count != right.count else "revenue").name,
        )


def _products(orders: Sequence[_Order]) -> list[str]:
    return list(dict.fromkeys(line.product for order in orders for line in order.lines))


def _orders(count: Decimal) -> str:
    return f"{count:f} order{'' if count == 1 else 's'}"


def _pieces(count: Decimal) -> str:
    return f"{count:f} piece{'' if count == 1 else 's'}"


def _money(figures: _Figures) -> str:
    return f"{figures.revenue:.2f}"


def _advice(found: _Figures, right: _Figures, orders: Sequence[_Order], lines: Sequence[_Line], each: str) -> str:
    """What to look at, by the mistake that would explain what the view says of a day or a product."""
    count_alone = found.revenue == right.revenue and found.count in (len(lines), len(orders))
    if found == NOTHING:
        return f"Look at the statuses and joins of the query: orders that are {listed(SOLD)} count."
    if found.revenue == sum(line.quantity * line.catalog for line in lines):
        return "Take unit_price of the line: the price in the catalog is today's, and not what was paid."
    if found.revenue == sum(line.price for line in lines):
        return "Multiply each line's unit_price by its quantity before you add them up."
    if count_alone and each == "day":
        return "Count each order once, not each of its lines: count(distinct orders.id)."
    if count_alone:
        return "Add up the quantity of the lines: sum(quantity), not how many lines there are."
    if found.revenue > right.revenue:
        return "Look for a join that repeats lines, such as one to payments or to the history: each line counts once."
    return f"Count every order that is {listed(SOLD)}, and every line of it."
