"""Step 2: users, categories, products."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

from psycopg2.errorcodes import EXCLUSION_VIOLATION, UNIQUE_VIOLATION

from checks.catalog import Column, ForeignKey
from checks.outcome import CantTell, Failed, Result, Skipped
from checks.probe import Shop, shorten
from checks.rows import NoRow, Row, rules_about, why
from checks.rows.values import ARGON2, BCRYPT, SHA256_HEX, pool
from checks.rules import bounds, money, ordinary, references, tables, times, uniqueness
from checks.session import Answer
from checks.step import StepChecks
from checks.steps.on_database import run_on_database
from checks.subject import Subject

step: StepChecks[Shop] = StepChecks(2)


def run(subject: Subject) -> tuple[Result, ...]:
    return run_on_database(step, subject)


PARTS = ("users", "categories", "products")
TIMED = ("users", "products")

for _part in PARTS:
    step.check(f"{_part}.exists")(tables.exists(_part))
    step.check(f"{_part}.key", needs=(f"{_part}.exists",))(tables.primary_key(_part))
    step.check(f"{_part}.columns", needs=(f"{_part}.exists",))(tables.columns(_part))


# -- users -----------------------------------------------------------------------------------------------------


@step.check("users.ordinary", needs=("users.exists",))
def two_people_can_sign_up(shop: Shop) -> None:
    """Two users fit who share a flag or both, or those and a first name, or a last name."""
    first = ordinary.first_fits(shop, "users", "A user")
    ordinary.another_fits(shop, "users", {}, "A second user")
    columns = {name: shop.roles.column("users", name) for name in (*_FLAGS, "first_name", "last_name")}
    chosen = {name: column for name, column in columns.items() if column is not None and not column.generated}
    flags = {c.name: first[c.name] for name, c in chosen.items() if name in _FLAGS and first[c.name] is not None}
    for name, column in chosen.items():
        value = _filled_in(shop, first, column)
        shared = {column.name: value} if name in _FLAGS else flags | {column.name: value}
        ordinary.another_fits(shop, "users", shared, f"A second user with the {column.name} {value!r}")


_FLAGS = ("is_active", "is_verified")


def _filled_in(shop: Shop, user: Row, column: Column) -> Any:
    """What the user has in that column; where it is empty, what another one has who is made for that."""
    value = user[column.name]
    for candidate in pool(column, 1, rules_about(user.table, column)) if value is None else ():
        with suppress(NoRow):
            return shop.row("users", {column.name: candidate})[column.name]
    return value


step.check("users.email-required", needs=("users.exists",))(tables.required("users", "email", "e-mail address"))
step.check("users.email-unique", needs=("users.exists",))(
    uniqueness.unique(
        "users",
        "email",
        "e-mail address",
        (
            ("grace.probe@shop.example", "grace.probes@shop.example"),
            ("grace.probe@shop.example", "grace.probe@shop2.example"),
            ("grace.probe@shop.example", "tracy.probe@shop.example"),
            (
                "grace.brewster.murray.hopper.probe@mathematics.shop.example",
                "grace.brewster.murray.hopper.probe@mathematics.shop.examples",
            ),
        ),
        in_any_case=True,
    )
)
step.check("users.password-required", needs=("users.exists",))(
    tables.required("users", "password_hash", "password hash")
)


@step.check("users.password-room", needs=("users.exists",))
def bcrypt_fits(shop: Shop) -> None:
    """A hash of 60 characters or more can be stored, in whichever usual form the schema wants."""
    _room_for(shop, 60, (BCRYPT, SHA256_HEX[:60], ARGON2, SHA256_HEX, SHA256_HEX * 2, "x" * 60), "Give it String(255).")


@step.check("users.password-room-argon", needs=("users.exists", "users.password-room"))
def argon2_fits(shop: Shop) -> None:
    """A hash of 97 characters or more can be stored."""
    _room_for(shop, 97, (ARGON2, SHA256_HEX * 2, "x" * 97), "Give it String(255): then Argon2 fits as well.")


def _room_for(shop: Shop, length: int, hashes: tuple[str, ...], next_: str) -> None:
    table, column = shop.table("users"), shop.column("users", "password_hash")
    if column.type.length is not None and column.type.length < length:
        raise Failed(
            f"{table.label}.{column.name} is {column.type.text}: a hash of {length} characters does not fit.",
            next=next_,
            table=table.label,
            column=column.name,
        )
    row = shop.row("users")
    answers = []
    for text in dict.fromkeys((*hashes, *_of_its_own_form(row[column.name], length))):
        answers.append(shop.session.attempt(row.update(**{column.name: text})))
        if answers[-1].refusal is None and answers[-1].rowcount == 1:
            stored = str(answers[-1].rows[0][column.name])
            if len(stored) < length and text.startswith(stored):
                raise Failed(
                    f"{table.label}.{column.name} keeps {len(stored)} characters of a hash of {len(text)}: with a part "
                    "of a hash no password can be checked.",
                    next=f"Look for a trigger on {table.label} that cuts {column.name} off, and drop it.",
                    table=table.label,
                    column=column.name,
                    tried=shorten(answers[-1].tried),
                )
            break
    else:
        refusal = answers[0].refusal
        unchanged = shop.session.attempt(row.update(**{column.name: row[column.name]}))
        if unchanged.refusal is not None and not unchanged.refusal.stumbled:
            raise CantTell(f"No row of {table.label} can be changed: {unchanged.refusal.message}.", table=table.label)
        if refusal is not None and not refusal.is_verdict:
            raise CantTell(f"The try itself went wrong: {refusal.message}.", table=table.label)
        if refusal is not None and refusal.stumbled:
            raise Failed(
                f"No row of {table.label} can be changed, because the function {refusal.stumbled}() does not work: "
                f"{refusal.message}.",
                next=f"Correct {refusal.stumbled}(), and build again.",
                table=table.label,
                tried=shorten(answers[0].tried),
                sqlstate=refusal.sqlstate,
            )
        raise Failed(
            f"{table.label}.{column.name} refuses every hash of {length} characters or more that was tried: "
            f"{refusal.message if refusal else 'the row was left as it was'}.",
            next="Loosen the rule on its length.",
            table=table.label,
            column=column.name,
            tried=shorten(answers[0].tried),
        )


def _of_its_own_form(stored: Any, length: int) -> list[str]:
    """A hash of that length that begins like the one that the schema took, for one that wants a form of its own."""
    text = str(stored or "")
    return [text + text[-1] * (length - len(text))] if text else []


@step.check("users.no-plain-password", needs=("users.exists",))
def no_plain_password(shop: Shop) -> None:
    """No column is named as one for the password itself."""
    table = shop.table("users")
    hash_column = shop.roles.column("users", "password_hash")
    for column in table.columns:
        if column is not hash_column and _is_plain_password(column):
            raise Failed(
                f"{table.label} has a column {column.name}: whoever reads the table, or a backup, has every password.",
                next=f"Remove {column.name} and keep only the hash.",
                table=table.label,
                column=column.name,
            )


_PASSWORD = {"password", "passwd", "pwd"}
_PLAIN = {"plain", "plaintext", "clear", "cleartext", "raw", "text", "user", "login", "original", "unhashed"}


def _is_plain_password(column: Column) -> bool:
    words = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.name).lower().split("_"))
    return bool(words & _PASSWORD) and words <= _PASSWORD | _PLAIN


@step.check("users.email-any-case", needs=("users.exists", "users.email-unique"))
def email_in_any_case(shop: Shop) -> None:
    """The same address in other letter case is the same account."""
    table, column = shop.table("users"), shop.column("users", "email")
    first = shop.row("users")
    email = first[column.name]
    if not isinstance(email, str):
        raise Skipped  # no text: the check on columns says so
    other = email.upper() if email != email.upper() else email.lower()
    answer = shop.session.attempt(shop.draft("users").but(**{column.name: other}))
    if answer.refusal is None and answer.rows and answer.rows[0][column.name] != email:
        raise Failed(
            f"PostgreSQL took {other} beside {email}: one person, two accounts.",
            next=f"Make a unique index on lower({column.name}), or use the type citext.",
            table=table.label,
            column=column.name,
            tried=shorten(answer.tried),
        )


@step.check("users.names-required", needs=("users.exists",))
def names_are_required(shop: Shop) -> None:
    """First and last name take no NULL."""
    for name in ("first_name", "last_name"):
        tables.required("users", name, name.replace("_", " "))(shop)


@step.check("users.flags-required", needs=("users.exists",))
def flags_are_required(shop: Shop) -> None:
    """Neither flag takes NULL."""
    for name in _FLAGS:
        tables.required("users", name, f"answer to {name}")(shop)


@step.check("users.flags-default", needs=("users.exists",))
def flags_have_defaults(shop: Shop) -> None:
    """A row that leaves the flags out gets a value for both."""
    table = shop.table("users")
    draft = shop.draft("users")
    for flag in [shop.column("users", name) for name in _FLAGS]:
        values = {name: value for name, value in draft.values.items() if name != flag.name}
        answer = shop.session.attempt(replace(draft, values=values).but())
        if not answer.rows or answer.rows[0][flag.name] is None:
            raise Failed(
                f"A row of {table.label} that leaves {flag.name} out gets no value for it from the database. "
                "A default in Python helps only rows that come through SQLAlchemy.",
                next=f"Add server_default=true() or server_default=false() to {flag.name}.",
                table=table.label,
                column=flag.name,
                tried=shorten(answer.tried),
            )


# -- categories ------------------------------------------------------------------------------------------------

step.check("categories.name-required", needs=("categories.exists",))(tables.required("categories", "name", "name"))


def _parent_next(shop: Shop) -> str:
    return f"Add a column such as parent_id with {references.to_key_of(shop, 'categories')}."


@step.check("categories.parent", needs=("categories.exists",))
def parent_exists(shop: Shop) -> None:
    """A foreign key from the table to itself is in force: a parent that is not there is refused."""
    key = references.refers(shop, "categories", "categories", next=_parent_next(shop))
    references.orphan_is_rejected(shop, "categories", key, "categories", next=_parent_next(shop))


@step.check("categories.levels", needs=("categories.exists",))
def three_levels(shop: Shop) -> None:
    """Two top categories, a child in the first, two grandchildren in the child; walked from the top down."""
    table = shop.table("categories")
    keys = shop.foreign_keys("categories", "categories")
    if not keys:
        raise Skipped
    key = keys[0]
    column = references.own_column(key)
    target = key.target_columns[key.columns.index(column)]
    try:
        top = ordinary.first_fits(shop, "categories", "A category at the top")
    except NoRow as none:
        if none.answer is None or none.answer.refusal is None or not _needs_parent(shop, key):
            raise
        raise Failed(
            f"No category can stand at the top of {table.label}: {none.answer.refusal.message}.",
            next=f"Let {column} be NULL for a top category.",
            table=table.label,
            column=column,
            tried=shorten(none.answer.tried),
        ) from None
    ordinary.another_fits(shop, "categories", {}, "A second category at the top")

    def inside(parent: Row, level: str) -> Row:
        return shop.takes(
            "categories",
            references.pointing_at(key, parent),
            happened=f"{level} was refused: {{why}}.",
            next=f"Let {column} point at any category, however deep it lies.",
            column=column,
        )

    child = inside(top, "A category inside a top category")
    leaf = inside(child, "A category on the third level")
    inside(child, "A second category beside another one")
    for row, parent in ((child, top), (leaf, child)):
        stored = shop.read(row)
        if stored is None or stored[column] != parent[target]:
            raise Failed(
                f"A category was put inside another one, but reading it back shows {column} = "
                f"{stored[column] if stored else 'nothing'}.",
                next=f"Look for a trigger or rule on {table.label} that changes {column}.",
                table=table.label,
                column=column,
            )


def _needs_parent(shop: Shop, key: ForeignKey) -> bool:
    """No category goes in without a parent: its column is NOT NULL, by itself or by a CHECK about it."""
    table, column = shop.table("categories"), references.own_column(key)
    if (found := table.column(column)) is not None and found.required:
        return True
    try:
        shop.draft("categories", {column: None})
    except NoRow as none:
        refusal = none.answer.refusal if none.answer else None
        return any(refusal and c.name == refusal.constraint and set(c.columns) <= {column} for c in table.checks)
    return False


@step.check("categories.not-own-parent", needs=("categories.exists", "categories.parent"))
def not_its_own_parent(shop: Shop) -> None:
    """A category can't be moved into itself."""
    key = references.refers(shop, "categories", "categories", next=_parent_next(shop))
    row = shop.row("categories")
    column = references.own_column(key)
    rule = f"a CHECK such as {column} <> {key.target_columns[key.columns.index(column)]}"
    is_required = (stored := shop.table("categories").column(column)) is not None and stored.required
    shop.rejects(
        row.update(**references.pointing_at(key, row)),
        happened="A category was moved into itself. A walk up to the top never ends there.",
        next=f"Let {column} be NULL for a category at the top, then add {rule}." if is_required else f"Add {rule}.",
        table=shop.table("categories").label,
        column=column,
    )


@step.check("categories.no-cycles", needs=("categories.exists", "categories.parent"))
def no_cycles(shop: Shop) -> None:
    """Of two categories, one inside the other, the outer can't be moved into the inner."""
    key = references.refers(shop, "categories", "categories", next=_parent_next(shop))
    outer = shop.row("categories")
    inner = shop.row("categories", references.pointing_at(key, outer))
    shop.rejects(
        outer.update(**references.pointing_at(key, inner)),
        happened="Two categories were put inside each other. A walk up to the top never ends there.",
        next="A trigger that walks up from the new parent can refuse this.",
        table=shop.table("categories").label,
        column=references.own_column(key),
    )


@step.check("categories.sibling-names", needs=("categories.exists", "categories.parent"))
def siblings_differ_in_name(shop: Shop) -> None:
    """The same name twice in one place is refused, inside a category and at the top."""
    table, name = shop.table("categories"), shop.column("categories", "name")
    key = references.refers(shop, "categories", "categories", next=_parent_next(shop))
    top = shop.row("categories")
    inside = references.pointing_at(key, top)
    at_top = {ours: top[ours] for ours in key.columns}
    for place, words in ((inside, f"inside {top[name.name]!r}"), (at_top, "at the top")):
        first = shop.row("categories", place)
        shop.rejects(
            shop.draft("categories", place).but(**{name.name: first[name.name]}),
            happened=f"PostgreSQL took two categories named {first[name.name]!r} {words}.",
            next=f"Make {name.name} unique with {references.own_column(key)}, and NULLS NOT DISTINCT for the top.",
            table=table.label,
            column=name.name,
        )


# -- products --------------------------------------------------------------------------------------------------

step.check("products.name-required", needs=("products.exists",))(tables.required("products", "name", "name"))
step.check("products.sku-required", needs=("products.exists",))(tables.required("products", "sku", "SKU"))
step.check("products.sku-unique", needs=("products.exists",))(
    uniqueness.unique(
        "products",
        "sku",
        "SKU",
        (
            ("PROBE-7001", "PROBE-7002"),
            ("PROBE-7001", "QROBE-7001"),
            ("PROBE-70-01", "PROBE-71-01"),
            ("PROBE-7001-COTTON-BLUE-LARGE-01", "PROBE-7001-COTTON-BLUE-LARGE-02"),
        ),
    )
)
step.check("products.price-required", needs=("products.exists",))(tables.required("products", "price", "price"))
step.check("products.price-not-negative", needs=("products.exists",))(
    bounds.never_negative("products", "price", "a product")
)


def _category_next(shop: Shop) -> str:
    return f"Add category_id with {references.to_key_of(shop, 'categories')} and nullable=False."


@step.check("products.prices-fit", needs=("products.exists",))
def ordinary_prices_fit(shop: Shop) -> None:
    """Prices from one end of the range to the other are taken and come back as they were."""
    price = shop.column("products", "price")
    stored_last: tuple[Row, Decimal] | None = None
    for amount in map(Decimal, ("1.00", "1.01", "9.50", "19.99", "99.99", "100.00", "1234.56", "9999.99")):
        try:
            row = shop.takes(
                "products",
                {price.name: amount},
                happened=f"A product that costs {amount} was refused: {{why}}.",
                next=f"Let {price.name} hold every price from 1.00 to 9999.99.",
                column=price.name,
            )
        except Failed as failed:
            if failed.sqlstate in (UNIQUE_VIOLATION, EXCLUSION_VIOLATION):
                continue  # for another product has it, or one like it: that is no matter of room
            raise
        _comes_back(shop, price, amount, row, row[price.name])
        stored_last = row, amount
    # What came back is what the INSERT stored; the last one is read again, in case that a trigger came after it.
    if stored_last is not None:
        row, amount = stored_last
        stored = shop.read(row)
        _comes_back(shop, price, amount, row, stored[price.name] if stored else None)


def _comes_back(shop: Shop, price: Column, amount: Decimal, row: Row, back: object) -> None:
    if back is not None and not isinstance(back, (Decimal, int)):
        raise Skipped  # not numeric: the check on money says so
    if back != amount:
        raise Failed(
            f"A product was stored with the price {amount} and read back with {back}.",
            next=f"Declare {price.name} as Numeric(10, 2), and let no trigger change it.",
            table=shop.table("products").label,
            column=price.name,
            tried=shorten(row.tried),
        )


@step.check("products.price-changes", needs=("products.exists", "products.prices-fit"))
def prices_can_change(shop: Shop) -> None:
    """A stored price can become another one, together with whatever the schema ties to it."""
    table, price = shop.table("products"), shop.column("products", "price")
    row = shop.row("products", {price.name: Decimal("20.00")})
    key = table.primary_key.columns if table.primary_key else frozenset()
    where = {"table": table.label, "column": price.name}
    first: Answer | None = None
    for amount in (Decimal("24.50"), Decimal("15.00")):
        whole = shop.draft("products", {price.name: amount}).values
        for values in ({price.name: amount}, {name: value for name, value in whole.items() if name not in key}):
            with shop.isolated():
                answer = shop.session.keep(row.update(**values))
                stored = shop.read(Row(table, answer.rows[0])) if answer.rows else None
            if stored is not None and stored[price.name] == amount:
                return
            first = first or answer
    assert first is not None
    tried = {"tried": shorten(first.tried), "sqlstate": first.refusal.sqlstate if first.refusal else None}
    if first.refusal is None and first.rowcount:
        raise Failed(
            "A price was changed from 20.00 to 24.50, PostgreSQL reported success, and the price was not 24.50.",
            next=f"Look for a trigger on {table.label} that sets {price.name} back: a shop changes its prices.",
            **where,
            **tried,
        )
    raise Failed(
        f"Changing a price from 20.00 to 24.50 was refused: {why(first.refusal)}.",
        next=f"Loosen the rule on {price.name}: a shop changes its prices.",
        **where,
        **tried,
    )


@step.check("products.category", needs=("products.exists", "categories.exists"))
def category_exists(shop: Shop) -> None:
    """A foreign key to categories is in force and not optional."""
    key = references.refers(shop, "products", "categories", next=_category_next(shop))
    references.key_is_required(
        shop, "products", key, "category", next=f"Make {key.columns[0]} NOT NULL (nullable=False)."
    )
    references.orphan_is_rejected(shop, "products", key, "categories", next=_category_next(shop))


@step.check("products.ordinary", needs=("products.exists", "categories.exists", "products.category"))
def many_products_in_one_category(shop: Shop) -> None:
    """Two products fit that share their category, or their price."""
    key = references.refers(shop, "products", "categories", next=_category_next(shop))
    first = ordinary.first_fits(shop, "products", "A product")
    price = shop.column("products", "price")
    shared = {name: first[name] for name in key.columns}
    other = Decimal("21.50") if first[price.name] != Decimal("21.50") else Decimal("22.50")
    at_another_price: dict[str, Any] = {}
    with suppress(NoRow), shop.isolated():  # where none is possible, the check on prices says so
        at_another_price = {price.name: shop.row("products", {price.name: other})[price.name]}
    ordinary.another_fits(shop, "products", shared | at_another_price, "A second product in the same category")
    ordinary.another_fits(shop, "products", {price.name: first[price.name]}, "A second product at the same price")


@step.check("products.price-a-number", needs=("products.exists", "products.price-not-negative"))
def price_is_a_number(shop: Shop) -> None:
    """NaN, which is greater than every number for PostgreSQL, is refused."""
    price = shop.column("products", "price")
    shop.never(
        "products",
        {price.name: Decimal("NaN")},
        happened="PostgreSQL took a product with the price NaN: for a CHECK, NaN is greater than every number.",
        next=f"Add an upper bound to the CHECK, or {price.name} <> 'NaN'.",
        column=price.name,
    )


@step.check("products.category-kept", needs=("products.exists", "categories.exists", "products.category"))
def category_with_products_stays(shop: Shop) -> None:
    """Deleting a category that still has a product is refused."""
    key = references.refers(shop, "products", "categories", next=_category_next(shop))
    category = shop.row("categories")
    shop.row("products", references.pointing_at(key, category))
    shop.rejects(
        category.delete(),
        happened="A category was deleted while a product was still in it.",
        next='Use ondelete="RESTRICT" (or leave ondelete out) on the key to categories.',
        table=shop.table("products").label,
        column=references.own_column(key),
    )


# -- money and times, in every table of the step ---------------------------------------------------------------


@step.check("core.money")
def money_is_exact(shop: Shop) -> None:
    """Every column that holds money is numeric, to the cent or finer."""
    tables.each(shop, PARTS, money.money_is_exact)


@step.check("core.audit")
def times_are_recorded(shop: Shop) -> None:
    """created_at and updated_at are there, and are timestamps."""
    tables.each(shop, TIMED, times.times_are_recorded)
    tables.each(shop, TIMED, times.rows_of_today_fit)


@step.check("core.time-zone", needs=("core.audit",))
def times_have_a_zone(shop: Shop) -> None:
    """Each time is a timestamp with time zone."""
    tables.each(shop, TIMED, times.have_a_zone)


@step.check("core.times-filled", needs=("core.audit",))
def times_are_filled_in(shop: Shop) -> None:
    """A row that leaves both times out gets them from the database, and neither takes NULL."""
    for part in TIMED:
        times.are_filled_in(shop, part, shop.draft(part))


@step.check("core.updated-moves", needs=("core.audit",))
def updated_at_moves(shop: Shop) -> None:
    """After any UPDATE the database has set updated_at to now, whatever it was."""
    for part, touched in (("users", "first_name"), ("products", "name")):
        row = shop.row(part, {shop.column(part, "updated_at").name: times.LONG_AGO})
        name = shop.column(part, touched).name
        answer = shop.session.keep(row.update(**{name: shop.draft(part).values.get(name, "Probe")}))
        if answer.refusal is None:
            times.have_moved(shop, part, row, answer.tried)
