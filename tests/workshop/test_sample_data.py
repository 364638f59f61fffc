"""A shop of many orders in every right design: it goes in, keeps all rules, and leaves the schema as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.grade import grade
from checks.subject import find_subject
from tests.checks.conftest import DESIGNS, REFERENCE, design_sql, reference_sql
from tests.conftest import drop_database
from workshop import load_sample_data, postgres
from workshop.errors import WorkshopError
from workshop.postgres import Mark, connect, write_mark
from workshop.postgres.connection import Address
from workshop.sample_data import Loaded
from workshop.sample_data.outline import ForeignKey, Outline, read_outline
from workshop.sample_data.recipe import quote
from workshop.sample_data.table import read_table

ORDERS = 500
EVERY_DESIGN = sorted(path for path in DESIGNS.iterdir() if path.suffix in (".sql", ".py"))
STEPS = contract.SCHEMA_STEPS

Query = Callable[..., list[tuple[Any, ...]]]


def make(cursor: Any, path: Path) -> None:
    """Build a design; a search path that it sets is meant for the whole database."""
    cursor.execute(design_sql(path))
    cursor.execute("select current_setting('search_path'), current_database()")
    [[search_path, database]] = cursor.fetchall()
    cursor.execute(f"alter database {database} set search_path = {search_path}")


def facts(cursor: Any) -> list[tuple[Any, ...]]:
    """All that a schema says: triggers and whether they fire, constraints, indexes, comments."""
    cursor.execute(
        """
        select 'trigger', tgrelid::regclass::text, tgname::text, tgenabled::text, pg_get_triggerdef(oid)
        from pg_trigger where not tgisinternal
        union all
        select 'constraint', conrelid::regclass::text, conname, convalidated::text,
            pg_get_constraintdef(oid) || coalesce(obj_description(oid), '')
        from pg_constraint where conrelid <> 0
        union all
        select 'index', indrelid::regclass::text, indexrelid::regclass::text, indisvalid::text,
            pg_get_indexdef(indexrelid) || coalesce(obj_description(indexrelid), '')
        from pg_index where indrelid >= 16384 and indrelid::regclass::text !~ '^pg_toast'
        order by 1, 2, 3
        """
    )
    return list(cursor.fetchall())


@dataclass
class Filled:
    """A database with a design and the sample shop in it."""

    design: str
    url: str
    connection: Connection
    loaded: Loaded
    outline: Outline
    before: list[tuple[Any, ...]]

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(question)
            return list(cursor.fetchall())

    def name(self, part: str) -> str:
        found = self.outline.parts[part]
        return f"{quote(found.schema)}.{quote(found.table)}"

    def column(self, part: str, name: str) -> str:
        return quote(self.outline.parts[part].columns[name])

    def key(self, part: str, target: str) -> ForeignKey:
        """The key that is required, where there are several."""
        keys = [key for key in self.outline.parts[part].foreign_keys if key.part == target]
        return min(keys, key=lambda key: len(key.columns))

    def same(self, child: str, part: str, parent: str, target: str) -> str:
        """That the row `child` refers to the row `parent`, as a condition."""
        key = self.key(part, target)
        pairs = zip(key.columns, key.target_columns, strict=True)
        return " and ".join(f"{child}.{quote(ours)} = {parent}.{quote(theirs)}" for ours, theirs in pairs)

    def value(self, part: str, label: str, column: str) -> str:
        """What stands for a label in this design, as SQL."""
        [example] = [example for example in self.outline.parts[part].examples if example.stands_for == label]
        return f"'{example.row[self.outline.parts[part].columns[column]]}'"


@pytest.fixture(scope="module", params=EVERY_DESIGN, ids=lambda path: path.stem)
def filled(request: pytest.FixtureRequest, server: postgres.Server) -> Iterator[Filled]:
    path: Path = request.param
    url = Address.parse(server.url).at("filled").url()
    drop_database(server.url, "filled")
    with closing(connect(server.url, "tests")) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute("create database filled template template0")
    with closing(connect(url, "tests")) as connection, connection.cursor() as cursor:
        write_mark(connection, Mark())
        make(cursor, path)
        before = facts(cursor)
        connection.commit()
    outline = read_outline(url)
    loaded = load_sample_data(ORDERS, database_url=url)
    with closing(connect(url, "tests")) as connection:
        connection.autocommit = True
        yield Filled(path.stem, url, connection, loaded, outline, before)
    drop_database(server.url, "filled")


# --- In every design --------------------------------------------------------------------------------------------------


def test_every_table_has_rows(filled: Filled) -> None:
    assert filled.loaded.left_empty == ()
    assert list(filled.loaded.rows) == [part.label for part in filled.outline.parts.values()]
    assert len(filled.loaded.rows) == len(contract.TABLES)
    counted = {part.label: filled.ask(f"select count(*) from {filled.name(name)}") for name, part in _parts(filled)}
    assert {table: [(count,)] for table, count in filled.loaded.rows.items()} == counted
    assert filled.loaded.rows[filled.outline.parts["orders"].label] == ORDERS


def _parts(filled: Filled) -> list[tuple[str, Any]]:
    return list(filled.outline.parts.items())


@pytest.mark.parametrize("step", STEPS)
def test_checks_pass_on_the_filled_database(filled: Filled, step: int, request: pytest.FixtureRequest) -> None:
    report = grade(step, find_subject(filled.url))
    assert report.passed, str(report)


def test_schema_is_as_it_was(filled: Filled) -> None:
    with filled.connection.cursor() as cursor:
        assert facts(cursor) == filled.before


def test_history_ends_where_the_order_is(filled: Filled) -> None:
    status, last = filled.column("orders", "status"), filled.column("order_status_history", "status")
    wrong = f"""
        select count(*) from {filled.name("orders")} o left join lateral (
            select h.{last} as status from {filled.name("order_status_history")} h
            where {filled.same("h", "order_status_history", "o", "orders")}
            order by h.{filled.column("order_status_history", "changed_at")} desc limit 1
        ) latest on true
        where latest.status::text is distinct from o.{status}::text"""
    assert filled.ask(wrong) == [(0,)]
    [[statuses]] = filled.ask(f"select count(distinct {status}) from {filled.name('orders')}")
    assert statuses >= 4


def test_stock_is_what_came_less_what_went(filled: Filled) -> None:
    change, type_ = (filled.column("stock_movements", name) for name in ("quantity_change", "movement_type"))
    sale = filled.value("stock_movements", "sale", "movement_type")
    moved = f"case when m.{type_}::text = {sale} then -abs(m.{change}) else m.{change} end"
    key = next(
        key
        for key in filled.outline.parts["stock_movements"].foreign_keys
        if key.part in ("inventory", "product_variants")
    )
    if key.part == "inventory":
        belongs = filled.same("m", "stock_movements", "i", "inventory")
    else:
        own = filled.key("inventory", "product_variants")
        pairs = zip(key.columns, own.columns, strict=True)
        belongs = " and ".join(f"m.{quote(theirs)} = i.{quote(ours)}" for theirs, ours in pairs)
    wrong = f"""
        select count(*) from {filled.name("inventory")} i
        where i.{filled.column("inventory", "quantity")} <> (
            select coalesce(sum({moved}), 0) from {filled.name("stock_movements")} m where {belongs}
        )"""
    assert filled.ask(wrong) == [(0,)]


def test_what_was_sold_left_the_stock(filled: Filled) -> None:
    sold = ", ".join(filled.value("orders", label, "status") for label in ("paid", "shipped", "delivered"))
    lines = f"""
        select sum(l.{filled.column("order_items", "quantity")})
        from {filled.name("order_items")} l
        join {filled.name("orders")} o on {filled.same("l", "order_items", "o", "orders")}
        where o.{filled.column("orders", "status")}::text in ({sold})"""
    moved = f"""
        select sum(abs({filled.column("stock_movements", "quantity_change")})) from {filled.name("stock_movements")}
        where {filled.column("stock_movements", "movement_type")}::text
            = {filled.value("stock_movements", "sale", "movement_type")}"""
    assert filled.ask(lines) == filled.ask(moved)


def test_payments_are_what_the_lines_cost(filled: Filled) -> None:
    wrong = f"""
        select count(*) from {filled.name("payments")} p
        join {filled.name("orders")} o on {filled.same("p", "payments", "o", "orders")}
        where p.{filled.column("payments", "amount")} <> (
            select sum(l.{filled.column("order_items", "quantity")} * l.{filled.column("order_items", "unit_price")})
            from {filled.name("order_items")} l where {filled.same("l", "order_items", "o", "orders")}
        )"""
    assert filled.ask(wrong) == [(0,)]


def test_verified_means_bought_and_delivered(filled: Filled) -> None:
    by_line = not any(key.part == "orders" for key in filled.outline.parts["reviews"].foreign_keys)
    behind = filled.same("r", "reviews", "l", "order_items") if by_line else filled.same("r", "reviews", "o", "orders")
    users = zip(filled.key("reviews", "users").columns, filled.key("orders", "users").columns, strict=True)
    verified = filled.column("reviews", "is_verified_purchase")
    wrong = f"""
        select count(*) from {filled.name("reviews")} r
        where r.{verified} <> exists (
            select from {filled.name("orders")} o
            join {filled.name("order_items")} l on {filled.same("l", "order_items", "o", "orders")}
            join {filled.name("product_variants")} v on {filled.same("l", "order_items", "v", "product_variants")}
            join {filled.name("products")} p on {filled.same("v", "product_variants", "p", "products")}
            where {behind} and {filled.same("r", "reviews", "p", "products")}
              and {" and ".join(f"r.{quote(mine)} = o.{quote(theirs)}" for mine, theirs in users)}
              and o.{filled.column("orders", "status")}::text = {filled.value("orders", "delivered", "status")}
        )"""
    assert filled.ask(wrong) == [(0,)]
    [[some]] = filled.ask(f"select count(*) from {filled.name('reviews')} where {verified}")
    assert some > 100


def test_sequences_go_on_after_the_highest_number(filled: Filled) -> None:
    with filled.connection.cursor() as cursor:
        for part in filled.outline.parts.values():
            table = read_table(cursor, part.schema, part.table)
            for column in table.columns:
                if column.sequence:
                    [[upcoming, highest]] = filled.ask(
                        f"select nextval('{column.sequence}'), (select max({quote(column.name)}) from {table.label})"
                    )
                    assert upcoming == highest + 1, f"{part.label}.{column.name}"


def test_again_adds_nothing(filled: Filled) -> None:
    counts = [filled.ask(f"select count(*) from {filled.name(part)}") for part in filled.outline.parts]
    again = load_sample_data(ORDERS, database_url=filled.url)
    assert again.rows == {}
    assert str(again).startswith("The sample shop is there already")
    assert [filled.ask(f"select count(*) from {filled.name(part)}") for part in filled.outline.parts] == counts


# --- On the reference -------------------------------------------------------------------------------------------------


@pytest.fixture
def reference(query: Query) -> Query:
    """The reference schema in the test's database."""
    query(REFERENCE.read_text(encoding="utf-8"))
    return query


ROWS = "select (select count(*) from users) + (select count(*) from orders) + (select count(*) from reviews)"


def test_an_ordinary_row_goes_in_afterwards(reference: Query) -> None:
    load_sample_data(ORDERS)
    made = reference(
        "insert into orders (user_id, shipping_address_id, billing_address_id) select user_id, id, id from addresses"
        " where id = 3 returning id"
    )
    assert made == [(ORDERS + 1,)]
    assert reference(f"select status::text from order_status_history where order_id = {ORDERS + 1}") == [("pending",)]


def test_the_same_rows_every_time(reference: Query) -> None:
    content = """select md5(string_agg(t::text, ';' order by t::text)) from (
        select o::text from orders o union all select i::text from order_items i union all select r::text from reviews r
        union all select u::text from users u union all select m::text from stock_movements m
        union all select c::text from cart_items c union all select v::text from review_votes v) as t"""
    load_sample_data(ORDERS)
    first = reference(content)
    reference("drop schema public cascade; create schema public")
    reference(REFERENCE.read_text(encoding="utf-8"))
    load_sample_data(ORDERS)
    assert reference(content) == first


def test_what_it_looks_like(reference: Query) -> None:
    load_sample_data(ORDERS)
    assert reference("select first_name, last_name, email from users where id = 1") == [
        ("Ben", "Hopper", "ben.hopper1@customers.example")
    ]
    assert reference("select name, sku, price::text from products where id = 1") == [("Meadow mug", "MUG-0001", "6.90")]
    path = """with recursive path as (
            select id, parent_id, name from categories where name = 'Mugs'
            union all select c.id, c.parent_id, c.name from categories c join path p on p.parent_id = c.id
        ) select name from path"""
    assert reference(path) == [("Mugs",), ("Cups",), ("Tableware",)]
    # A line keeps the price of its day, and that was a price of the product.
    assert reference(
        "select count(*) > 50 from order_items i join product_variants v on v.id = product_variant_id"
        " join products p on p.id = product_id where unit_price <> price"
    ) == [(True,)]
    assert reference(
        "select count(*) from order_items i join product_variants v on v.id = product_variant_id"
        " where not exists (select from price_history h where h.product_id = v.product_id"
        " and unit_price in (old_price, new_price))"
    ) == [(0,)]
    assert reference(
        "select count(*) from orders o join users u on u.id = user_id where o.created_at < u.created_at"
    ) == [(0,)]
    # Newest more often: the second year has three quarters of the orders.
    assert reference(
        "select count(*) filter (where created_at >= '2025-01-01') * 1.0 / count(*) > 0.7 from orders"
    ) == [(True,)]


def test_number_of_orders_scales_the_rest(reference: Query) -> None:
    rows = load_sample_data(3000).rows
    assert (rows["orders"], rows["users"], rows["products"], rows["product_variants"]) == (3000, 600, 60, 180)
    assert rows["categories"] == 60


@pytest.mark.parametrize("step", [2, 3, 4])
def test_of_an_early_step_what_is_there(step: int, query: Query) -> None:
    query(reference_sql(step))
    loaded = load_sample_data(ORDERS)
    assert list(loaded.rows) == [table.name for table in contract.TABLES if table.step <= step]
    assert loaded.left_empty == ()
    assert load_sample_data(ORDERS).rows == {}


def test_beside_rows_of_the_learners_own(reference: Query) -> None:
    reference("""
        insert into users (email, password_hash, first_name, last_name) values ('ada@shop.example', 'x', 'Ada', 'L');
        insert into categories (name) values ('Kitchen');
        insert into products (name, price, sku, category_id) values ('Mug', 9.90, 'MUG-0001', 1);
    """)
    assert load_sample_data(ORDERS).left_empty == ()
    assert reference("select max(id), count(*) from users") == [(101, 101)]
    assert reference("select name from categories where parent_id is null and name like 'Kitchen%' order by id") == [
        ("Kitchen",),
        ("Kitchen-2",),
    ]
    assert reference("select name from products where sku like 'MUG-0001%' order by id") == [("Mug",), ("Meadow mug",)]


def test_names_of_the_learners_own(reference: Query, project: Path) -> None:
    reference("alter table users rename to members; alter table members rename email to contact")
    project.mkdir(parents=True)
    (project / "names.toml").write_text('[tables]\nusers = "members"\n[columns]\nusers.email = "contact"\n', "utf-8")
    assert load_sample_data(ORDERS).rows["members"] == 100
    assert reference("select contact from members where id = 1") == [("ben.hopper1@customers.example",)]
    assert load_sample_data(ORDERS).rows == {}


def test_a_rule_may_want_another_value(reference: Query) -> None:
    reference("""
        alter table addresses add check (length(country) = 2), add check (city in ('Paris', 'Rome'));
        alter table users add check (password_hash ~ '^[0-9a-f]{64}$');
        alter table orders add column number text not null unique check (number ~ '^[A-Z]{2}-[0-9]{6}$');
    """)
    assert load_sample_data(ORDERS).left_empty == ()
    assert reference("select distinct country from addresses") == [("DE",)]
    assert reference("select count(distinct number) from orders") == [(ORDERS,)]


def test_statuses_bring_what_belongs_to_them(reference: Query) -> None:
    reference("""
        alter table orders add column parcel text, add column paid_at timestamptz,
            add check ((status in ('shipped', 'delivered')) = (parcel is not null)),
            add check ((status in ('pending', 'cancelled')) = (paid_at is null))
    """)
    assert load_sample_data(ORDERS).left_empty == ()
    assert reference("select count(*) from orders where paid_at < created_at") == [(0,)]


def test_comments_and_silenced_triggers_stay(reference: Query) -> None:
    reference("""
        comment on constraint orders_user_fkey on orders is 'who buys';
        comment on index orders_user_newest is 'the history';
        alter table orders disable trigger touch;
        alter table orders enable always trigger only_forward;
    """)
    load_sample_data(ORDERS)
    assert reference(
        "select tgname::text, tgenabled::text from pg_trigger where tgrelid = 'orders'::regclass"
        " and tgname in ('touch', 'only_forward') order by 1"
    ) == [("only_forward", "A"), ("touch", "D")]
    assert reference("select obj_description(oid) from pg_constraint where conname = 'orders_user_fkey'") == [
        ("who buys",)
    ]
    assert reference("select obj_description('orders_user_newest'::regclass)") == [("the history",)]


def test_refused_by_a_rule_nothing_is_left(reference: Query, database: str) -> None:
    reference("alter table addresses add constraint one_home unique (user_id)")
    with closing(connect(database, "tests")) as connection, connection.cursor() as cursor:
        before = facts(cursor)
    with pytest.raises(WorkshopError) as refused:
        load_sample_data(ORDERS)
    assert "addresses can't be filled" in str(refused.value)
    assert '"one_home"' in str(refused.value)
    assert "nothing was loaded" in str(refused.value)
    assert reference(ROWS) == [(0,)]
    with closing(connect(database, "tests")) as connection, connection.cursor() as cursor:
        assert facts(cursor) == before
    assert reference("select nextval('users_id_seq')") == [(1,)]


def test_what_is_no_core_is_left_empty(reference: Query) -> None:
    reference("alter table reviews add constraint one_review_ever unique (user_id)")
    loaded = load_sample_data(ORDERS)
    assert "reviews" not in loaded.rows and "review_votes" not in loaded.rows
    assert loaded.rows["stock_movements"] > ORDERS
    first, second = loaded.left_empty
    assert first.startswith("Left empty: reviews can't be filled") and "one_review_ever" in first
    assert second == "Left empty: review_votes refers to reviews, which is not filled."


def test_a_table_that_takes_no_row(reference: Query) -> None:
    reference("alter table orders add constraint never check (false)")
    with pytest.raises(WorkshopError, match=r"^No row was found that orders takes .*never"):
        load_sample_data(ORDERS)
    assert reference(ROWS) == [(0,)]


# --- When it may, and what it says ------------------------------------------------------------------------------------


def test_only_in_a_database_with_the_mark(reference: Query, database: str) -> None:
    name = Address.parse(database).database
    reference(f"comment on database {name} is 'the real shop'")
    with pytest.raises(WorkshopError, match=f"{name} is not the workshop's own"):
        load_sample_data(ORDERS)
    assert reference(ROWS) == [(0,)]


def test_without_tables(database: str) -> None:
    with pytest.raises(WorkshopError, match=r"no tables of the shop yet: build_schema\(\)"):
        load_sample_data()


@pytest.mark.parametrize("orders", [0, -5, 2.5, True, "many"])
def test_not_a_number_of_orders(orders: Any, database: str) -> None:
    with pytest.raises(WorkshopError, match="whole number from 1"):
        load_sample_data(orders)


def test_names_who_is_in_the_way(reference: Query, database: str) -> None:
    with closing(connect(database, "a notebook")) as other, other.cursor() as cursor:
        cursor.execute("select count(*) from orders")
        with pytest.raises(WorkshopError, match=r'"a notebook".*call load_sample_data\(\) again'):
            load_sample_data(ORDERS)
    assert reference(ROWS) == [(0,)]


def test_planner_knows_the_rows(reference: Query) -> None:
    load_sample_data(ORDERS)
    assert reference(
        "select reltuples::int, relallvisible = relpages from pg_class where oid = 'orders'::regclass"
    ) == [(ORDERS, True)]


def test_nothing_of_ours_stays(reference: Query, database: str) -> None:
    tables = "select relname::text from pg_class where relkind in ('r', 'v') and relnamespace >= 16384 order by 1"
    before = reference(tables)
    load_sample_data(ORDERS)
    assert reference(tables) == before


def test_shows_a_bar_that_ends_the_same(reference: Query, capsys: pytest.CaptureFixture[str]) -> None:
    load_sample_data(ORDERS)
    lines = capsys.readouterr().out.split("\r")[1:]
    assert re.fullmatch(r"Loading ░{30} a shop *", lines[0])
    assert any(re.fullmatch(r"Loading █+░+ order_items *", line) for line in lines)
    assert re.fullmatch(r"Loading █{30} done *\n", lines[-1])


def test_bar_stops_where_it_fails(reference: Query, capsys: pytest.CaptureFixture[str]) -> None:
    reference("alter table addresses add constraint one_home unique (user_id)")
    with pytest.raises(WorkshopError):
        load_sample_data(ORDERS)
    assert re.search(r"\rLoading █+░+ stopped *\n$", capsys.readouterr().out)


def test_is_a_sentence_in_a_notebook(notebook: Any, reference: Query) -> None:
    notebook.run(f"load_sample_data({ORDERS})")
    assert "Loaded 6,915 rows: users 100, categories 60, products 40," in notebook.printed
    notebook.run(f"load_sample_data({ORDERS})")
    assert notebook.printed.endswith(
        "The sample shop is there already: nothing was added. To have it new, call build_schema() first.\n"
    )


def test_what_speaks_of_no_row_is_told_as_it_is(reference: Query) -> None:
    reference("alter table orders enable row level security; alter table orders force row level security")
    with pytest.raises(WorkshopError):
        load_sample_data(ORDERS)
    assert reference("select count(*) from users") == [(0,)]


def test_a_row_elsewhere_that_is_missing(reference: Query) -> None:
    reference("""
        create table colors (name text primary key);
        create table brands (id int primary key, owner_id bigint not null references users);
        alter table product_variants add column tint text not null references colors;
    """)
    assert load_sample_data(ORDERS).left_empty == ()
    assert reference("select count(*) from colors") == [(1,)]
    reference("""
        drop schema public cascade;
        create schema public;
    """)
    reference(REFERENCE.read_text(encoding="utf-8"))
    reference("""
        create table brands (id int primary key, owner_id bigint not null references users);
        alter table products add column brand_id int not null references brands;
    """)
    with pytest.raises(
        WorkshopError, match=r"need a row in brands.*Put one in by hand, then load_sample_data\(\) again"
    ):
        load_sample_data(ORDERS)
    reference("insert into users (email, password_hash, first_name, last_name) values ('a@b.example', 'x', 'A', 'B')")
    reference("insert into brands values (1, 1)")
    assert load_sample_data(ORDERS).left_empty == ()
