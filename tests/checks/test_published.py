"""A schema from real life: what is wrong with a published solution of this exercise, and what the checks say of it.

The schema in `published/` has the faults of the original, each on the list below, and each proved here by PostgreSQL
itself. What the contract covers is reported, as MUST or as ADVICE as the contract has it; nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.contract import Level
from checks.outcome import Outcome, Result
from checks.report import Report
from tests.checks.conftest import design_sql

Build = Callable[[str], None]
Check = Callable[[int], Report]

MODELS = Path(__file__).parent / "published" / "models.py"
MISSING_TABLES = MODELS.with_name("missing_tables.sql")
STEPS = contract.SCHEMA_STEPS
MUST, ADVICE = Level.MUST, Level.ADVICE


@dataclass(frozen=True)
class Fault:
    """Something that is wrong, how PostgreSQL shows that it is, and what the contract says of it."""

    words: str
    shown: str  # a query that says true
    write: str = ""  # what PostgreSQL takes before that
    rule: str | None = None  # that reports it
    level: Level | None = None
    where: str = ""  # the table, and the column if there is one
    says: tuple[str, ...] = ()
    not_covered: str = ""  # why the contract lets it pass

    def __str__(self) -> str:
        return self.words


#: Who and what the writes below are about; each is number 1 of its kind but for Grace, her address, and the mugs, which
#: lie in the kitchen. Of the one variant there are ten pieces, and Ada has ordered two.
SHOP = """
insert into users (email, password_hash, first_name, last_name, is_active, is_verified)
values ('ada@shop.example', 'x', 'Ada', 'Lovelace', true, true),
       ('grace@shop.example', 'x', 'Grace', 'Hopper', true, true);
insert into addresses (user_id, address_type, address_line1, city, postal_code, country, is_default)
values (1, 'BOTH', 'First Street 1', 'London', 'N1', 'GB', true),
       (2, 'BOTH', 'Second Street 2', 'New York', '10001', 'US', true);
insert into categories (name, slug, parent_id, is_active)
values ('Kitchen', 'kitchen', null, true), ('Mugs', 'mugs', 1, true);
insert into products (category_id, name, slug, sku, base_price, is_active, is_featured)
values (2, 'Mug', 'mug', 'MUG', 10, true, false);
insert into product_variants (product_id, sku, size, color, price_adjustment, is_active)
values (1, 'MUG-M-RED', 'M', 'red', 0, true);
insert into inventory (product_variant_id, quantity_available, quantity_reserved, reorder_level) values (1, 10, 0, 5);
insert into orders (order_number, user_id, shipping_address_id, billing_address_id, status, subtotal, tax_amount,
                    shipping_amount, total_amount)
values ('A-1', 1, 1, 1, 'PENDING', 20, 0, 0, 20);
insert into order_items (order_id, product_variant_id, quantity, unit_price) values (1, 1, 2, 10);
"""

_ORDER = """
insert into orders (order_number, user_id, shipping_address_id, billing_address_id, status, subtotal, tax_amount,
                    shipping_amount, total_amount) values
"""
_REVIEW = """
insert into reviews (product_id, user_id, rating, is_verified_purchase, helpful_count, not_helpful_count) values
"""
_DELIVER = "".join(
    f"update orders set status = '{status}' where id = 1;" for status in ("PAID", "SHIPPED", "DELIVERED")
)

BAD_WRITES = (
    Fault(
        "an e-mail address a second time, in other letters",
        write="insert into users (email, password_hash, first_name, last_name, is_active, is_verified)"
        " values ('Ada@Shop.Example', 'x', 'Ada', 'L', true, true)",
        shown="select count(*) = 2 from users where lower(email) = 'ada@shop.example'",
        rule="users.email-any-case",
        level=ADVICE,
        where="users.email",
        says=("one person, two accounts", "lower(email)"),
    ),
    Fault(
        "a category that is its own parent",
        write="update categories set parent_id = id where id = 1",
        shown="select parent_id = id from categories where id = 1",
        rule="categories.not-own-parent",
        level=ADVICE,
        where="categories.parent_id",
        says=("moved into itself", "CHECK"),
    ),
    Fault(
        "two categories that lie inside each other",
        write="update categories set parent_id = 2 where id = 1",
        shown="select count(*) = 2 from categories one join categories other on one.parent_id = other.id"
        " where other.parent_id = one.id",
        rule="categories.no-cycles",
        level=ADVICE,
        where="categories.parent_id",
        says=("inside each other", "trigger"),
    ),
    Fault(
        "a variant that is there already: its material is NULL, which no unique constraint compares",
        write="insert into product_variants (product_id, sku, size, color, price_adjustment, is_active)"
        " values (1, 'MUG-M-RED-2', 'M', 'red', 0, true)",
        shown="select count(*) = 2 from product_variants where (product_id, size, color) = (1, 'M', 'red')",
        rule="product_variants.one-of-a-kind",
        level=MUST,
        where="product_variants.color",
        says=("two rows", "same product, size and color"),
    ),
    Fault(
        "a variant that costs 10 - 999",
        write="update product_variants set price_adjustment = -999 where id = 1",
        shown="select base_price + price_adjustment = -989 from products p join product_variants on product_id = p.id",
        not_covered="a variant's price is the learner's own; only the product's must not be negative",
    ),
    Fault(
        "two primary images of one product",
        write="insert into product_images (product_id, image_url, display_order, is_primary)"
        " values (1, 'https://shop.example/1.jpg', 1, true), (1, 'https://shop.example/2.jpg', 2, true)",
        shown="select count(*) = 2 from product_images where product_id = 1 and is_primary",
        not_covered="images have an order; the contract knows no primary one",
    ),
    Fault(
        "two default addresses of one user",
        write="insert into addresses (user_id, address_type, address_line1, city, postal_code, country, is_default)"
        " values (1, 'BOTH', 'Third Street 3', 'London', 'N3', 'GB', true)",
        shown="select count(*) = 2 from addresses where user_id = 1 and is_default",
        not_covered="the contract knows no default address",
    ),
    Fault(
        "an order that is delivered and was never paid",
        write="update orders set status = 'DELIVERED', delivered_at = now() where id = 1",
        shown="select status = 'DELIVERED' and paid_at is null from orders where id = 1",
        not_covered="ANY: whether an order may also be written as one of the later ones",
    ),
    Fault(
        "an order with the total 3 of a subtotal of 100",
        write=f"{_ORDER} ('A-2', 1, 1, 1, 'PENDING', 100, 0, 0, 3)",
        shown="select (subtotal, total_amount) = (100, 3) from orders where order_number = 'A-2'",
        not_covered="totals are the learner's own; the contract asks only that they are numeric",
    ),
    Fault(
        "an order with a negative subtotal",
        write=f"{_ORDER} ('A-2', 1, 1, 1, 'PENDING', -5, 0, 0, 20)",
        shown="select subtotal < 0 from orders where order_number = 'A-2'",
        not_covered="totals are the learner's own; the contract asks only that they are numeric",
    ),
    Fault(
        "an order that goes from delivered to pending",
        write=f"{_DELIVER} update orders set status = 'PENDING' where id = 1",
        shown="select status = 'PENDING' from orders where id = 1",
        rule="orders.no-step-back",
        level=ADVICE,
        where="orders.status",
        says=("delivered became pending again", "BEFORE UPDATE"),
    ),
    Fault(
        "an order to another user's address",
        write=f"{_ORDER} ('A-2', 1, 2, 1, 'PENDING', 20, 0, 0, 20)",
        shown="select o.user_id <> a.user_id from orders o join addresses a on a.id = shipping_address_id"
        " where order_number = 'A-2'",
        rule="orders.own-address",
        level=ADVICE,
        where="orders.shipping_address_id",
        says=("address of another user", "foreign key over address and user"),
    ),
    Fault(
        "an address that is edited, and with it a placed order",
        write="update addresses set address_line1 = 'Moved 9' where id = 1",
        shown="select address_line1 = 'Moved 9' from orders o join addresses a on a.id = shipping_address_id",
        not_covered="the exercise's own diagram lets orders refer to addresses",
    ),
    Fault(
        'a "verified" review with no purchase',
        write=f"{_REVIEW} (1, 2, 5, true, 0, 0)",
        shown="select is_verified_purchase and user_id not in (select user_id from orders) from reviews",
        rule="reviews.never-verified",
        level=MUST,
        where="reviews.is_verified_purchase",
        says=("no order behind it", "reads as verified"),
    ),
    Fault(
        "a second review of one product",
        write=f"{_REVIEW} (1, 1, 5, false, 0, 0), (1, 1, 1, false, 0, 0)",
        shown="select count(*) = 2 from reviews where (product_id, user_id) = (1, 1)",
        rule="reviews.once",
        level=ADVICE,
        where="reviews.user_id",
        says=("two reviews of one product", "unique together"),
    ),
    Fault(
        "a sale of +500 pieces",
        write="insert into stock_movements (product_variant_id, movement_type, quantity) values (1, 'SALE', 500)",
        shown="select quantity > 0 from stock_movements where movement_type = 'SALE'",
        not_covered="ANY: each type has the sign that it has in this design",
    ),
    Fault(
        "a restock of 0 pieces",
        write="insert into stock_movements (product_variant_id, movement_type, quantity) values (1, 'RESTOCK', 0)",
        shown="select quantity = 0 from stock_movements",
        rule="stock_movements.not-zero",
        level=ADVICE,
        where="stock_movements.quantity",
        says=("movement of 0 pieces", "quantity <> 0"),
    ),
    Fault(
        "an order that never touches the stock",
        write=_DELIVER,
        shown="select (select quantity_available from inventory) = 10 and not exists (select from stock_movements)",
        rule="stock.sold",
        level=MUST,
        where="inventory.quantity_available",
        says=("was delivered", "nothing left the stock"),
    ),
)

MISSING = tuple(
    Fault(
        f"no table for {what}",
        shown=f"select to_regclass('{table}') is null",
        rule=f"{table}.exists",
        level=MUST,
        where=table,
        says=(f"There is no table {table}", "model"),
    )
    for table, what in (
        ("price_history", "the history of prices"),
        ("order_status_history", "the history of statuses, only times on the order"),
        ("payments", "payments, only two columns on the order"),
        ("review_votes", "helpful votes, only counters on the review"),
    )
)

HALF_DONE = (
    Fault(
        "a counter of helpful votes that reads -7",
        write=f"{_REVIEW} (1, 1, 5, false, -7, 0)",
        shown="select helpful_count = -7 from reviews",
        not_covered="counters are the learner's own; the contract asks for votes, one per user",
    ),
    Fault(
        'stock that changes "automatically with orders" by nothing at all',
        shown="select not exists (select from pg_trigger where not tgisinternal)",
        rule="stock.sold",
        level=MUST,
        where="inventory.quantity_available",
        says=("nothing left the stock", "trigger"),
    ),
    Fault(
        "an index for full-text search that is a plain one on the name",
        shown="select indexdef ~ 'USING btree .name.$' from pg_indexes where indexname = 'idx_products_name_trgm'",
        rule="indexes.word-search",
        level=ADVICE,
        where="products.name",
        says=("word in the middle", "GIN"),
    ),
)


def _stands_still(table: str, change: str, rule: str, insert: str = "") -> Fault:
    return Fault(
        f"{table}.updated_at, which only the ORM moves",
        write=f"{insert} update {table} set updated_at = '2001-01-01'; update {table} set {change}",
        shown=f"select updated_at < '2001-01-02' from {table} limit 1",
        rule=rule,
        level=ADVICE,
        where=f"{table}.updated_at",
        says=("stood still", "onupdate in SQLAlchemy"),
    )


IN_PYTHON_ONLY = (
    Fault(
        "flags whose defaults only Python knows, so that an INSERT in SQL fails",
        shown="select count(*) = 2 from information_schema.columns where table_name = 'users'"
        " and column_name in ('is_active', 'is_verified') and is_nullable = 'NO' and column_default is null",
        rule="users.flags-default",
        level=ADVICE,
        where="users.is_active",
        says=("no value for it from the database", "server_default"),
    ),
    Fault(
        "an enum that stores the names of its members, PENDING and not pending",
        shown="select 'PENDING' = any (enum_range(null::orderstatus)::text[])",
        not_covered="labels match in any case",
    ),
    _stands_still("users", "first_name = 'Augusta'", "core.updated-moves"),
    _stands_still(
        "cart_items",
        "quantity = 2",
        "checkout.updated-moves",
        "insert into cart_items (user_id, product_variant_id, quantity) values (1, 1, 1);",
    ),
    _stands_still("reviews", "rating = 2", "stock.updated-moves", f"{_REVIEW} (1, 1, 5, false, 0, 0);"),
)

INDEXES = (
    Fault(
        "50 indexes for 12 tables",
        shown="select (select count(*) from pg_indexes where schemaname = 'public') = 50"
        " and (select count(*) from pg_tables where schemaname = 'public') = 12",
        not_covered="further indexes are the learner's business, as long as none repeats another",
    ),
    Fault(
        "five foreign keys that no index leads to",
        shown="select count(*) = 5 from pg_constraint k where contype = 'f'"
        " and not exists (select from pg_index where indrelid = conrelid and indkey[0] = conkey[1])",
        rule="indexes.foreign-keys",
        level=MUST,
        where="cart_items.product_variant_id",
        says=(
            "orders.shipping_address_id",
            "orders.billing_address_id",
            "reviews.order_id",
            "stock_movements.created_by",
        ),
    ),
    Fault(
        "an index that is the beginning of another one",
        shown="select count(*) = 2 from pg_indexes where tablename = 'cart_items' and indexdef ~ '[(]user_id[,)]'",
        rule="indexes.no-repeats",
        level=ADVICE,
        where="cart_items",
        says=("idx_cart_items_user", "the beginning of uq_cart_user_variant"),
    ),
)

LISTED = (*BAD_WRITES, *MISSING, *HALF_DONE, *IN_PYTHON_ONLY, *INDEXES)

#: What is true of such a schema as well, though the list does not mention it.
BESIDE_THE_LIST = (
    Fault(
        "a product that costs NaN",
        write="update products set base_price = 'NaN'",
        shown="select base_price = 'NaN' from products",
        rule="products.price-a-number",
        level=ADVICE,
        where="products.base_price",
        says=("NaN",),
    ),
    Fault(
        "two images in one place",
        write="insert into product_images (product_id, image_url, display_order, is_primary)"
        " values (1, 'https://shop.example/1.jpg', 1, false), (1, 'https://shop.example/2.jpg', 1, false)",
        shown="select count(*) = 2 from product_images where (product_id, display_order) = (1, 1)",
        rule="product_images.own-place",
        level=ADVICE,
        where="product_images.display_order",
        says=("two images", "which is first?"),
    ),
    Fault(
        "a new order has no status, as that default is Python's as well",
        shown="select column_default is null from information_schema.columns"
        " where (table_name, column_name) = ('orders', 'status')",
        rule="orders.begins-pending",
        level=ADVICE,
        where="orders.status",
        says=("says nothing of its status", "server_default"),
    ),
    Fault(
        "a movement that is changed afterwards",
        write="insert into stock_movements (product_variant_id, movement_type, quantity) values (1, 'RESTOCK', 5);"
        "update stock_movements set quantity = 6",
        shown="select quantity = 6 from stock_movements",
        rule="stock_movements.append-only",
        level=ADVICE,
        where="stock_movements",
        says=("changed afterwards", "ledger"),
    ),
)

#: What is true once the missing tables are there: nothing but a program writes them.
UNWRITTEN = (
    Fault(
        "a price that changes without a trace",
        write="update products set base_price = 12 where id = 1",
        shown="select not exists (select from price_history)",
        rule="price_history.by-itself",
        level=ADVICE,
        where="price_history",
        says=("A price was changed", "trigger"),
    ),
    Fault(
        "a status that changes without a trace",
        write=_DELIVER,
        shown="select not exists (select from order_status_history)",
        rule="order_status_history.by-itself",
        level=ADVICE,
        where="order_status_history.status",
        says=("An order was paid", "trigger"),
    ),
)

#: What can't be looked at for one of these faults: the rule for the same thing in a milder form, and whatever follows.
BEHIND = {
    "product_variants.nothing-twice",
    "stock.recorded",
    "stock.together",
    "stock.once",
    "stock.no-oversell",
    "stock.given-back",
    "stock.two-buyers",
    "reviews.own-order",
    "reviews.paid-order",
    "reviews.right-product",
}
#: About the project folder, which a database alone says nothing of.
ELSEWHERE = {"queries.order-history"}


def _published() -> str:
    return design_sql(MODELS)


def _with_missing_tables() -> str:
    return f"{_published()};\n{MISSING_TABLES.read_text(encoding='utf-8')}"


def test_every_fault_of_the_list_is_either_covered_or_said_why_not() -> None:
    assert len(BAD_WRITES) == 17 + 1  # the list has the two movements in one
    for fault in LISTED:
        assert (fault.rule is None) == bool(fault.not_covered), fault.words


@pytest.mark.parametrize("fault", (*LISTED, *BESIDE_THE_LIST), ids=str)
def test_postgresql_takes_it(fault: Fault, build: Build, playground: Connection) -> None:
    build(_published())
    _show(fault, playground)


@pytest.mark.parametrize("fault", UNWRITTEN, ids=str)
def test_postgresql_takes_it_beside_the_missing_tables(fault: Fault, build: Build, playground: Connection) -> None:
    build(_with_missing_tables())
    _show(fault, playground)


def _show(fault: Fault, connection: Connection) -> None:
    """The write goes through and leaves behind what it should not; nothing of it stays."""
    with connection.cursor() as cursor:
        cursor.execute("begin")
        try:
            cursor.execute(SHOP + fault.write)
            cursor.execute(fault.shown)
            assert cursor.fetchone() == (True,)
        finally:
            cursor.execute("rollback")


def test_the_faults_are_reported_and_nothing_else(build: Build, check: Check) -> None:
    build(_published())
    _assert_reported([*LISTED, *BESIDE_THE_LIST], _graded(check))


def test_nothing_hides_behind_the_missing_tables(build: Build, check: Check) -> None:
    build(_with_missing_tables())
    results = _graded(check)
    _assert_reported([f for f in LISTED if f not in MISSING] + [*BESIDE_THE_LIST, *UNWRITTEN], results)
    assert {rule for rule, result in results.items() if result.outcome is Outcome.SKIPPED} == BEHIND


def _graded(check: Check) -> dict[str, Result]:
    """Every rule's result, of all steps that look at a database."""
    reports = [check(step) for step in STEPS]
    results = {result.rule.id: result for report in reports for result in report.results}
    return {rule: result for rule, result in results.items() if rule not in ELSEWHERE}


def _assert_reported(faults: list[Fault], results: dict[str, Result]) -> None:
    covered = [fault for fault in faults if fault.rule is not None]
    reported = {rule for rule, result in results.items() if result.outcome in (Outcome.FAIL, Outcome.ADVICE)}
    assert reported == {fault.rule for fault in covered}
    assert Outcome.CANT_TELL not in {result.outcome for result in results.values()}
    for fault in covered:
        assert fault.rule is not None
        result = results[fault.rule]
        assert result.rule.level is fault.level, fault.words
        assert result.outcome is (Outcome.FAIL if fault.level is MUST else Outcome.ADVICE), fault.words
        assert ".".join(filter(None, (result.table, result.column))) == fault.where
        said = f"{result.happened} {result.next}"
        assert all(word in said for word in fault.says), said
