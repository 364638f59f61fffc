"""Step 3: variants, images, price history."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from psycopg2.errorcodes import FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION

from checks import contract
from checks.catalog import Column, ForeignKey, Table
from checks.catalog.facts import NUMERIC, TIMESTAMP
from checks.outcome import CantTell, Failed, Result, Skipped
from checks.plan import leading_index, literal
from checks.probe import Shop, shorten
from checks.rows import NoRow, Row, qualified, quote, rules_about, why
from checks.rows.values import pool
from checks.rules import money, ordinary, references, tables, times, uniqueness
from checks.session import Answer, Refusal, Statement
from checks.step import StepChecks
from checks.steps.on_database import run_on_database
from checks.subject import Subject
from checks.trade import purchase

step: StepChecks[Shop] = StepChecks(3)


def run(subject: Subject) -> tuple[Result, ...]:
    return run_on_database(step, subject)


PARTS = ("product_variants", "product_images", "price_history")


_PERIOD = ("tstzrange", "tsrange", "daterange")


def _is_valid_from(table: Table) -> bool:
    """Rows are periods: each price holds from a time on, so the price before is the row before."""
    words = {"valid", "effective", "from", "until", "start", "starts", "since", "period", "to"}
    return any(c.type.base in (*TIMESTAMP, "date", *_PERIOD) and words & set(c.name.split("_")) for c in table.columns)


def _may_lack(table: Table) -> Collection[str]:
    return {"old_price"} if _is_valid_from(table) else ()


for _part in PARTS:
    step.check(f"{_part}.exists")(tables.exists(_part))
    step.check(f"{_part}.key", needs=(f"{_part}.exists",))(tables.primary_key(_part))
for _part in ("product_variants", "product_images"):
    step.check(f"{_part}.columns", needs=(f"{_part}.exists",))(tables.columns(_part))
step.check("price_history.columns", needs=("price_history.exists",))(tables.columns("price_history", _may_lack))


@step.scenery
def a_product(shop: Shop) -> None:
    """A product for variants, images and prices to belong to."""
    shop.furnish("categories", "products")


_PRODUCT_NEXT = 'Add product_id with ForeignKey("products.id") and nullable=False.'


def _belongs_to_product(part: str) -> None:
    """A foreign key to products is in force and not optional."""

    def check(shop: Shop) -> None:
        key = references.refers(shop, part, "products", next=_PRODUCT_NEXT)
        references.key_is_required(shop, part, key, "product", next=f"Make {key.own_column} NOT NULL (nullable=False).")
        references.orphan_is_rejected(shop, part, key, "products", next=_PRODUCT_NEXT)

    step.check(f"{part}.product", needs=(f"{part}.exists",))(check)


_belongs_to_product("product_variants")
_belongs_to_product("product_images")


# -- variants --------------------------------------------------------------------------------------------------

step.check("product_variants.sku-required", needs=("product_variants.exists",))(
    tables.required("product_variants", "sku", "SKU")
)
step.check("product_variants.sku-unique", needs=("product_variants.exists",))(
    uniqueness.unique(
        "product_variants",
        "sku",
        "SKU",
        (("PROBE-7001", "PROBE-7002"), ("PROBE-7001", "QROBE-7001"), ("PROBE-70-01", "PROBE-71-01")),
    )
)

_SIZES = ("S", "M", "L", "XL", "s", "m", "Small", "Medium", "small", "medium", "38", "40")
_COLORS = ("Red", "Blue", "Green", "red", "blue", "RED", "BLUE", "black", "white", "#ff0000", "#0000ff")


def _two_values(shop: Shop, column: Column, usual: tuple[str, ...]) -> tuple[Any, Any]:
    """Two values that the column takes, so that variants can differ in it alone."""
    table = shop.table("product_variants")
    looked_up = list(_looked_up(shop, table, column))
    candidates = looked_up or [*usual, *pool(column, 1, rules_about(table, column))]
    taken: list[Any] = []
    for value in dict.fromkeys(candidates):
        try:
            stored = shop.draft("product_variants", {column.name: value})
        except NoRow:
            continue
        if value and stored.values[column.name] == value:
            taken.append(value)
        if len(taken) == 2:
            return taken[0], taken[1]
    raise CantTell(f"No two values were found that {table.label}.{column.name} takes.", table=table.label)


def _looked_up(shop: Shop, table: Table, column: Column) -> Iterator[Any]:
    """What a look-up table holds for the column; where it is empty, two rows are put into it."""
    key = next((key for key in table.foreign_keys if key.columns == (column.name,)), None)
    target = shop.catalog.by_oid(key.target) if key else None
    if key is None or target is None:
        return
    name = key.target_columns[0]
    stored = shop.session.query(f"select {quote(name)} from {qualified(target)} order by 1 limit 5")
    yield from (value for (value,) in stored)
    for _ in range(2 - len(stored)):
        yield shop.row_in(target)[name]


def _choices(shop: Shop) -> tuple[Column, tuple[Any, Any], Column, tuple[Any, Any]]:
    """The columns of size and colour, each with two values that it takes."""
    size, color = shop.column("product_variants", "size"), shop.column("product_variants", "color")
    return size, _two_values(shop, size, _SIZES), color, _two_values(shop, color, _COLORS)


def _at_product(shop: Shop, part: str) -> dict[str, Any]:
    """The values of a row that belongs to a new product."""
    key = references.refers(shop, part, "products", next=_PRODUCT_NEXT)
    return references.pointing_at(key, shop.row("products"))


@step.check("product_variants.ordinary", needs=("product_variants.product", "product_variants.columns"))
def variants_differ_in_one_thing(shop: Shop) -> None:
    """Beside a variant fit others of another size, of another colour, and the same of another product."""
    size, (small, large), color, (red, blue) = _choices(shop)
    product = _at_product(shop, "product_variants")
    first = product | {size.name: small, color.name: red}
    ordinary.another_fits(shop, "product_variants", first, f"A variant in {small} and {red}")
    for values, words in (
        (first | {size.name: large}, "A second variant that differs in its size alone"),
        (first | {color.name: blue}, "A second variant that differs in its color alone"),
        (first | _at_product(shop, "product_variants"), "A variant of another product in the same size and color"),
    ):
        row = ordinary.another_fits(shop, "product_variants", values, words)
        changed = next((name for name, value in values.items() if row[name] != value), None)
        if changed is not None:
            raise Failed(
                f"A variant was stored with {changed} = {values[changed]!r} and read back with {row[changed]!r}.",
                next=f"Look for a trigger on {row.table.label} that changes {changed}.",
                table=row.table.label,
                column=changed,
                tried=shorten(row.tried),
            )


_TWICE_NEXT = (
    "Add UniqueConstraint over product, size and color; with postgresql_nulls_not_distinct=True it counts NULL too."
)


@step.check("product_variants.one-of-a-kind", needs=("product_variants.ordinary",))
def one_variant_of_a_kind(shop: Shop) -> None:
    """The same product, size and colour twice is refused by something that two at once can't get past."""
    size, (small, _), color, (red, blue) = _choices(shop)
    same = _at_product(shop, "product_variants") | {size.name: small, color.name: red}
    other = same | {color.name: blue}
    uniqueness.unique_together(
        shop, "product_variants", same, other, meaning="product, size and color", next=_TWICE_NEXT
    )


@step.check("product_variants.nothing-twice", needs=("product_variants.one-of-a-kind",))
def nothing_twice_without_size(shop: Shop) -> None:
    """The same with no size, or with no colour, is refused as well."""
    table = shop.table("product_variants")
    size, (small, _), color, (red, _) = _choices(shop)
    for empty, filled, value in ((size, color, red), (color, size, small)):
        values = _at_product(shop, "product_variants") | {empty.name: None, filled.name: value}
        try:
            shop.row("product_variants", values)
        except NoRow:
            continue  # this design wants both
        draft = shop.draft("product_variants", _at_product(shop, "product_variants"))
        shop.rejects(
            draft.but(**values),
            happened=f"PostgreSQL took two variants of one product, both with the {filled.name} {value!r} and no "
            f"{empty.name}: a unique constraint takes NULLs for different.",
            next=_TWICE_NEXT,
            table=table.label,
            column=empty.name,
        )


# -- images ----------------------------------------------------------------------------------------------------

step.check("product_images.url-required", needs=("product_images.exists",))(
    tables.required("product_images", "url", "URL")
)
step.check("product_images.order-required", needs=("product_images.exists",))(
    tables.required("product_images", "display_order", "place in the order")
)


@step.check("product_images.ordinary", needs=("product_images.product", "product_images.columns"))
def several_images(shop: Shop) -> None:
    """A product can have three images, and another product one in the same place."""
    place = shop.column("product_images", "display_order")
    product = _at_product(shop, "product_images")
    for number, words in ((1, "An image"), (2, "A second image of one product"), (3, "A third image of one product")):
        ordinary.another_fits(shop, "product_images", product | {place.name: number}, words)
    elsewhere = _at_product(shop, "product_images") | {place.name: 1}
    ordinary.another_fits(shop, "product_images", elsewhere, "A first image of another product")


@step.check("product_images.own-place", needs=("product_images.ordinary",))
def each_image_has_its_place(shop: Shop) -> None:
    """A second image in the same place of the same product is refused, or the first one makes room."""
    table, place = shop.table("product_images"), shop.column("product_images", "display_order")
    product = _at_product(shop, "product_images")
    first = shop.row("product_images", product | {place.name: 1})
    draft = shop.draft("product_images", product | {place.name: 2})
    answer = shop.session.keep(draft.but(**{place.name: 1}))
    stored = shop.read(first)
    if answer.rows and stored is not None and answer.rows[0][place.name] == stored[place.name]:
        raise Failed(
            f"PostgreSQL took two images of one product with {place.name} = {stored[place.name]}: which is first?",
            next=f"Make product and {place.name} unique together.",
            table=table.label,
            column=place.name,
            tried=shorten(answer.tried),
        )


# -- price history ---------------------------------------------------------------------------------------------

_HISTORY_NEXT = 'Add product_id with ForeignKey("products.id") and nullable=False to the price history.'


def _begin_with_the_past(shop: Shop) -> None:
    """From now on rows of the history are periods that are over, if the design takes no others.

    Where a trigger keeps the history, the one row that is still open may be its own.
    """
    if shop.usual("price_history") is not None:
        return
    columns = [c for c in shop.table("price_history").columns if c.type.base in TIMESTAMP]
    changed = shop.roles.column("price_history", "changed_at")
    ends = [c.name for c in columns if c is not changed and not c.not_null and not c.generated]
    over = dict.fromkeys(ends, "2030-01-01 00:00:00+00")
    ways: list[dict[str, str]] = [{}, over]
    if changed is not None and ends:
        # Before any row that a trigger has written, or will write once there is a price.
        past = dict.fromkeys(ends, "2001-01-02 00:00:00+00") | {changed.name: "2001-01-01 00:00:00+00"}
        ways.insert(1, past)
    for way in ways:
        shop.usually("price_history", way)
        with suppress(NoRow), shop.isolated():
            shop.draft("price_history")
            return
    shop.usually("price_history", over)


@step.check("price_history.price-required", needs=("price_history.exists",))
def recorded_change_has_a_price(shop: Shop) -> None:
    """The new price takes no NULL."""
    _begin_with_the_past(shop)
    tables.required("price_history", "new_price", "new price")(shop)


@step.check("price_history.time", needs=("price_history.exists",))
def changes_have_a_time(shop: Shop) -> None:
    """changed_at is there, is a timestamp, and takes no NULL."""
    _begin_with_the_past(shop)
    table = shop.table("price_history")
    column = shop.roles.column("price_history", "changed_at")
    rivals = [c.name for c in table.columns if c.name in contract.table("price_history").column("changed_at").names]
    if column is None and rivals:
        raise Failed(
            f"It is not clear which column of {table.label} says when a price changed: {' or '.join(rivals)}.",
            next=f'Say so in names.toml: [columns] price_history.changed_at = "{rivals[0]}".',
            table=table.label,
            column=rivals[0],
        )
    times.times_are_recorded(shop, "price_history")
    tables.required("price_history", "changed_at", "time")(shop)


def _subjects(shop: Shop) -> list[tuple[str, ForeignKey]]:
    """What the history is about: products, variants or both, each with a key in force."""
    targets = [part for part in ("products", "product_variants") if part in shop.roles.tables]
    named = [part for part in targets if shop.foreign_keys("price_history", part)]
    return [
        (part, references.refers(shop, "price_history", part, next=_HISTORY_NEXT)) for part in named or [_meant(shop)]
    ]


def _meant(shop: Shop) -> str:
    """What a history without a foreign key seems to be about, by the name of a column."""
    called = tuple(f"{name}_" for name in contract.table("product_variants").names)
    is_named = any(column.name.startswith(called) for column in shop.table("price_history").columns)
    return "product_variants" if is_named and "product_variants" in shop.roles.tables else "products"


@step.check("price_history.subject", needs=("price_history.exists",))
def price_belongs_to_something(shop: Shop) -> None:
    """A foreign key to products or variants is in force; of several, each row has one at least."""
    _begin_with_the_past(shop)
    table = shop.table("price_history")
    subjects = _subjects(shop)
    for part, key in subjects:
        references.orphan_is_rejected(shop, "price_history", key, part, next=_HISTORY_NEXT)
    if len(subjects) == 1:
        [(part, key)] = subjects
        next_ = f"Make {references.own_column(key)} NOT NULL (nullable=False)."
        references.key_is_required(shop, "price_history", key, part.replace("_", " ").removesuffix("s"), next=next_)
        return
    columns = [table.column(name) for _, key in subjects for name in key.columns]
    if not any(column is not None and column.not_null for column in columns):
        shop.never(
            "price_history",
            {column.name: None for column in columns if column is not None},
            happened=f"PostgreSQL took a row of {table.label} that is about no product and no variant.",
            next="Add a CHECK such as num_nonnulls(…) = 1 over the two keys.",
            column=columns[0].name if columns[0] is not None else None,
        )


def _subject(shop: Shop) -> tuple[str, ForeignKey, Row]:
    """Something whose price can be recorded: its part, the history's key to it, and a new row of it."""
    part, key = _subjects(shop)[0]
    return part, key, shop.row(part)


def _recorded(shop: Shop, key: ForeignKey, subject: Row) -> list[dict[str, Any]]:
    """The rows of the history about one product or variant."""
    where = references.pointing_at(key, subject)
    condition = " and ".join(f"{quote(name)} = %s" for name in where)
    table = qualified(shop.table("price_history"))
    sql = f"select * , ctid::text as ctid from {table} where {condition}"
    return list(shop.session.attempt(Statement(sql, tuple(where.values()))).rows)


@step.check("price_history.ordinary", needs=("price_history.subject", "price_history.columns", "price_history.time"))
def recorded_again_and_again(shop: Shop) -> None:
    """Three changes of one price, there and back, can be recorded, and one of another price at the same time: by hand,
    as periods in a row, or by a trigger."""
    part, key, subject = _subject(shop)
    other = shop.row(part)
    changed = shop.column("price_history", "changed_at")
    new = shop.column("price_history", "new_price")
    about = references.pointing_at(key, subject)
    by_hand = [
        (f"2026-0{month}-01 00:00:00+00", Decimal(price)) for month, price in ((1, "11.00"), (2, "12.00"), (3, "11.00"))
    ]
    refused: Failed | None = None
    for periods in (False, True):
        try:
            with shop.isolated():
                for start, price in by_hand:
                    values = {c.name: value for c, value in ((changed, start), (new, price)) if not c.generated}
                    end = _period_end(shop, changed, start) if periods else {}
                    ordinary.another_fits(shop, "price_history", about | values | end, "A further price of one product")
                about_other = references.pointing_at(key, other)
                ordinary.another_fits(
                    shop, "price_history", about_other | values | end, "A price of another product at the same time"
                )
            return
        except Failed as failed:
            refused = failed if refused is None or _is_valid_from(shop.table("price_history")) else refused
    with shop.isolated():
        _change_prices(shop, subject)
        for column in money.money_columns(shop, part):
            shop.session.keep(other.update(**{column.name: _PRICES[0]}))  # at the very same time
        if len(_recorded(shop, key, subject)) >= len(_PRICES) and _recorded(shop, key, other):
            return
    assert refused is not None
    raise refused


def _period_end(shop: Shop, changed: Column, start: str) -> dict[str, str]:
    """The other times of the history, as the end of a period that lasts some days; the period, where that is one."""
    end = start.replace("-01 ", "-20 ")
    others = [c for c in shop.table("price_history").columns if c.name != changed.name and not c.generated]
    ends = {c.name: end for c in others if c.type.base in TIMESTAMP}
    return ends | {c.name: f"[{start},{end})" for c in others if c.type.base in _PERIOD}


_PRICES = tuple(map(Decimal, ("21.00", "22.50", "21.00")))


def _change_prices(shop: Shop, subject: Row) -> None:
    """Give a product or variant other prices, one after the other, and the first of them once more."""
    part = shop.roles.part_of(subject.table)
    assert part is not None
    for column in money.money_columns(shop, part):
        for price in _PRICES:
            shop.change(subject, **{column.name: price})


_FITTING = tuple(map(Decimal, ("1.00", "19.99", "1234.56", "9999.99")))


@step.check("price_history.prices-fit", needs=("price_history.subject", "price_history.columns"))
def recorded_prices_fit(shop: Shop) -> None:
    """The new price, and the old one where there is one, hold the whole range and give it back as it was."""
    _begin_with_the_past(shop)
    table = shop.table("price_history")
    for name in ("new_price", "old_price"):
        column = shop.roles.column("price_history", name)
        if column is None or column.generated:
            continue
        for price in _FITTING:
            with shop.isolated():
                row = shop.takes(
                    "price_history",
                    {column.name: price},
                    happened=f"Recording {column.name} = {price} was refused: {{why}}.",
                    next=f"Let {column.name} hold every price from 1.00 to 9999.99.",
                    column=column.name,
                )
                back = row[column.name]
            if not isinstance(back, (Decimal, int)):
                raise Skipped  # not numeric: the check on money says so
            if back != price:
                raise Failed(
                    f"A price was recorded with {column.name} = {price} and read back with {back}.",
                    next=f"Declare {column.name} as Numeric(10, 2), and let no trigger change it.",
                    table=table.label,
                    column=column.name,
                    tried=shorten(row.tried),
                )


@step.check("price_history.price-changes", needs=("price_history.exists",))
def prices_still_change(shop: Shop) -> None:
    """A product's price, and a variant's own, can be changed three times, up and down, with the history beside it."""
    price = shop.column("products", "price")
    for amounts in (("24.50", "15.00", "24.50"), ("9999.99",), ("1.00",)):
        product = shop.row("products", {price.name: Decimal("20.00")})
        variant = _variant_of(shop, product)
        _change_again_and_again(shop, product, price, amounts)
        own = next((c for c in variant.table.columns if c.name in _OWN_PRICE), None) if variant else None
        if variant and own and not own.generated and own.type.base in NUMERIC:
            _change_again_and_again(shop, variant, own, amounts)


#: What the price of a variant is called, where variants have prices of their own.
_OWN_PRICE = contract.table("products").column("price").names


def _variant_of(shop: Shop, product: Row) -> Row | None:
    """A variant of that product, as a history may follow the prices of variants; None where there can't be one."""
    with suppress(NoRow, Skipped):
        return shop.row("product_variants", purchase.points(shop, "product_variants", product))
    return None


def _change_again_and_again(shop: Shop, row: Row, price: Column, amounts: Sequence[str]) -> None:
    for amount in map(Decimal, amounts):
        answer = shop.change(row, **{price.name: amount})
        if answer.refusal is not None:
            raise _change_refused(shop, row, price, amount, answer)
        if answer.rowcount == 0:
            raise Failed(
                f"The price of a row of {row.table.label} was changed to {amount}, PostgreSQL reported success, and "
                "nothing changed.",
                next=shop.let_through(row.table.label),
                table=row.table.label,
                column=price.name,
                tried=shorten(answer.tried),
            )


def _change_refused(shop: Shop, row: Row, price: Column, amount: Decimal, answer: Answer) -> Failed:
    """Who said no: a rule of the history, a trigger that does not work, or something on the row's own table."""
    refusal = answer.refusal
    assert refusal is not None
    one = "variant" if row.table.oid == shop.roles.tables["product_variants"].oid else "product"
    tried = shorten(answer.tried)
    if refusal.stumbled or not refusal.is_verdict:
        return Failed(
            f"Changing a {one}'s price was refused, because a trigger does not work: {refusal.message}.",
            next="Correct the trigger function that records the price, and build again.",
            table=row.table.label,
            column=price.name,
            tried=tried,
            sqlstate=refusal.sqlstate,
        )
    table, column = _owner_of(shop, refusal) or (row.table, price.name)
    return Failed(
        f"Changing a {one}'s price to {amount} was refused: {refusal.message}.",
        next=f"Look at what {table.label} or a trigger there asks of each change: a shop changes its prices.",
        table=table.label,
        column=column,
        tried=tried,
        sqlstate=refusal.sqlstate,
    )


def _owner_of(shop: Shop, refusal: Refusal) -> tuple[Table, str | None] | None:
    """The table and column of the history that a refusal speaks of, if it does."""
    history = shop.table("price_history")
    rule = next((i for i in history.indexes if i.name == refusal.constraint), None)
    if rule is not None:
        return history, sorted(rule.columns)[0] if rule.columns else None
    if any(check.name == refusal.constraint for check in history.checks):
        return history, None
    if refusal.column is not None and history.column(refusal.column) and refusal.sqlstate.startswith("23"):
        return history, refusal.column
    return None


def _followed(shop: Shop) -> Iterator[tuple[Row, Column, ForeignKey, Row]]:
    """Prices that the history may follow: the row with the price, its column, the history's key, its subject."""
    for part, key in _subjects(shop):
        subject = shop.row(part)
        for column in money.money_columns(shop, part):
            if not column.generated:
                yield subject, column, key, subject
        if part == "product_variants":
            links = shop.foreign_keys(part, "products")
            price = shop.column("products", "price")
            product = shop.row("products")
            if links:
                yield product, price, key, shop.row(part, references.pointing_at(links[0], product))


def _changed(
    shop: Shop, row: Row, key: ForeignKey, subject: Row, changes: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], str]:
    """What a change of a row adds to the history of its subject, and the statement."""
    before = _recorded(shop, key, subject)
    answer = shop.change(row, **changes)
    known = [_identity(shop, entry) for entry in before]
    return [e for e in _recorded(shop, key, subject) if _identity(shop, e) not in known], answer.tried


def _identity(shop: Shop, entry: Mapping[str, Any]) -> Any:
    """What tells a row of the history from another, also when it is changed later."""
    primary = shop.table("price_history").primary_key
    return tuple(entry[name] for name in sorted(primary.columns)) if primary else entry["ctid"]


@step.check("price_history.by-itself", needs=("price_history.ordinary", "price_history.price-changes"))
def price_is_recorded(shop: Shop) -> None:
    """An update of the price, by whatever program, leaves a row with the new price, and the old one where there is a
    column for it."""
    table, new = shop.table("price_history"), shop.column("price_history", "new_price")
    old = shop.roles.column("price_history", "old_price")
    tried = None
    for row, price, key, subject in _followed(shop):
        shop.change(row, **{price.name: Decimal("20.00")})
        added, tried = _changed(shop, row, key, subject, {price.name: Decimal("24.50")})
        if not added:
            continue
        if all(entry[new.name] != Decimal("24.50") for entry in added):
            raise Failed(
                f"A price went from 20.00 to 24.50, and {table.label} recorded {added[0][new.name]} as the new one.",
                next=f"Let the trigger write the price as it is after the change into {new.name}.",
                table=table.label,
                column=new.name,
                tried=shorten(tried),
            )
        if old is not None and all(entry[old.name] not in (Decimal("20.00"), None) for entry in added):
            raise Failed(
                f"A price went from 20.00 to 24.50, and {table.label} recorded {added[0][old.name]} as the old one.",
                next=f"Let the trigger write the price as it was before the change into {old.name}.",
                table=table.label,
                column=old.name,
                tried=shorten(tried),
            )
        return
    raise Failed(
        f"A price was changed, and {table.label} knows nothing of it: only programs that think of it record prices.",
        next="An AFTER UPDATE trigger on the table that has the price can insert the row.",
        table=table.label,
        tried=shorten(tried) if tried else None,
    )


@step.check("price_history.only-changes", needs=("price_history.ordinary", "price_history.price-changes"))
def nothing_else_is_recorded(shop: Shop) -> None:
    """An update of another column, or of the price to what it is, adds no row."""
    table = shop.table("price_history")
    for row, price, key, subject in _followed(shop):
        shop.change(row, **{price.name: Decimal("20.00")})
        part = shop.roles.part_of(row.table)
        other = shop.column(part or "products", "sku")
        for changes, words in (
            ({other.name: shop.draft(part or "products").values[other.name]}, f"its {other.name} changed"),
            ({price.name: Decimal("20.00")}, "its price was set to what it was"),
        ):
            added, tried = _changed(shop, row, key, subject, changes)
            if added:
                raise Failed(
                    f"A row went into {table.label} although only {words}.",
                    next=f"Let the trigger look: when (old.{price.name} is distinct from new.{price.name}).",
                    table=table.label,
                    tried=shorten(tried),
                )


# -- the three together ----------------------------------------------------------------------------------------


@step.check("catalog.money")
def money_is_exact(shop: Shop) -> None:
    """Every column that holds money is numeric, to the cent or finer."""
    tables.each(shop, PARTS, money.money_is_exact)


@step.check("catalog.cascade", needs=("product_variants.ordinary", "product_images.ordinary"))
def product_takes_its_own_along(shop: Shop) -> None:
    """With a product go its variants and images, and nobody else's; whatever else points to them is removed first."""
    product, neighbour = shop.row("products"), shop.row("products")
    own, others = _belongings(shop, product), _belongings(shop, neighbour)
    _clear(shop, product)
    answer = shop.session.keep(product.delete())
    if answer.refusal is not None:
        raise _delete_refused(shop, product, answer.refusal, answer.tried)
    for row in (product, *own):
        if shop.read(row) is not None:
            raise Failed(
                f"A product was deleted, but the row of {row.table.label} is still there.",
                next=_let_go(shop, row.table)
                if row is not product
                else f"Look for a trigger or rule on {row.table.label} that keeps rows from being deleted.",
                table=row.table.label,
                tried=shorten(answer.tried),
            )
    for row in (neighbour, *others):
        if shop.read(row) is None:
            raise Failed(
                f"One product was deleted, and a row of {row.table.label} of another product went with it.",
                next="Look for a trigger that deletes more than what belongs to the product.",
                table=row.table.label,
                tried=shorten(answer.tried),
            )


def _let_go(shop: Shop, table: Table) -> str:
    """What lets the rows of variants or images go with their product."""
    key = shop.foreign_keys(shop.roles.part_of(table) or "product_variants", "products")[0]
    return references.goes_with_parent(shop, key, table, None)


def _belongings(shop: Shop, product: Row) -> list[Row]:
    """Two variants and two images of a product."""
    rows = []
    size, (small, large), color, (red, _) = _choices(shop)
    for value in (small, large):
        key = references.refers(shop, "product_variants", "products", next=_PRODUCT_NEXT)
        values = references.pointing_at(key, product) | {size.name: value, color.name: red}
        rows.append(shop.row("product_variants", values))
    place = shop.column("product_images", "display_order")
    for number in (1, 2):
        key = references.refers(shop, "product_images", "products", next=_PRODUCT_NEXT)
        rows.append(shop.row("product_images", references.pointing_at(key, product) | {place.name: number}))
    return rows


#: Who points at a table: the child's oid and name, and the columns of both sides by name.
_REFERRING = """
select k.conrelid::bigint, pg_catalog.format('%%I.%%I', n.nspname, c.relname),
       (select pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) order by u.place)
        from pg_catalog.unnest(k.conkey) with ordinality as u (number, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number)::text[],
       (select pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) order by u.place)
        from pg_catalog.unnest(k.confkey) with ordinality as u (number, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number)::text[]
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and k.confrelid operator(pg_catalog.=) %(target)s and k.conrelid <> k.confrelid
  and k.conparentid operator(pg_catalog.=) 0
"""


def _clear(shop: Shop, product: Row) -> None:
    """Remove what triggers wrote that points at a product, its variants or images: what else may hold those back is
    the learner's choice."""
    kept = {shop.table(part).oid for part in ("products", "product_variants", "product_images")}

    def clear(oid: int, name: str, condition: str, above: frozenset[int]) -> None:
        for child, child_name, ours, theirs in shop.session.query(_REFERRING, {"target": oid}):
            if child in above:
                continue
            pointing = f"({', '.join(ours)}) in (select {', '.join(theirs)} from {name} where {condition})"
            clear(child, child_name, pointing, above | {child})
            if child not in kept:  # they were not made for a product without a past
                shop.past_triggers(child_name, f"delete from {child_name} where {pointing}")

    key = sorted(product.table.primary_key.columns) if product.table.primary_key else []
    mine = " and ".join(f"{quote(name)} = {literal(shop.session, product[name])}" for name in key)
    clear(product.table.oid, qualified(product.table), mine or "false", frozenset({product.table.oid}))


def _delete_refused(shop: Shop, product: Row, refusal: Refusal, tried: str) -> Failed | CantTell:
    """Who held the product back: its variants, its images, or something that nobody put there."""
    for part in ("product_variants", "product_images"):
        table = shop.table(part)
        for key in table.foreign_keys:
            made_empty = refusal.table == table.name and refusal.column in key.columns
            if (
                key.name == refusal.constraint
                or made_empty
                or (references.keeps_rows(table) and not refusal.is_verdict)
            ):
                return Failed(
                    f"A product that has {part.replace('_', ' ').removeprefix('product ')} can't be deleted: "
                    f"{refusal.message}.",
                    next=references.goes_with_parent(shop, key, table, refusal),
                    table=table.label,
                    column=references.own_column(key),
                    tried=shorten(tried),
                    sqlstate=refusal.sqlstate,
                )
    by_key = not refusal.raised and refusal.sqlstate in (FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION)
    if by_key or not refusal.is_verdict:
        return CantTell(f"Something else holds the product back: {why(refusal)}.", table=product.table.label)
    return Failed(
        f"A product with variants and images can't be deleted: {refusal.message}.",
        next="Let what refuses it give way when nothing else points to the product.",
        table=product.table.label,
        tried=shorten(tried),
        sqlstate=refusal.sqlstate,
    )


@step.check("catalog.keys-indexed", needs=tuple(f"{part}.exists" for part in PARTS))
def foreign_keys_are_indexed(shop: Shop) -> None:
    """Each foreign key of the three tables has an index whose first columns are the key's."""
    for part in PARTS:
        table = shop.table(part)
        for key in table.foreign_keys:
            if leading_index(shop, table, key) is None:
                column = references.own_column(key)
                raise Failed(
                    f"No index leads from a parent to its rows of {table.label} by {column}: PostgreSQL reads the "
                    "whole table for it, also whenever a parent is deleted.",
                    next=f"Add index=True to {column}.",
                    table=table.label,
                    column=column,
                )
