"""psycopg2 alone, and one test with many cases; each works in a transaction that nobody commits."""

import os

import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SHOP = """
insert into categories (id, name) values (1, 'Mugs');
insert into products (id, name, price, sku, category_id) values (1, 'Mug', 9.50, 'MUG', 1), (2, 'Tea', 4, 'TEA', 1);
insert into product_variants (id, product_id, sku, size, color) values (1, 1, 'MUG-L', 'L', 'blue');
insert into inventory values (1, 3);
insert into users (id, email, password_hash, first_name, last_name) values
    (1, 'ada@shop.example', 'x', 'Ada', 'Lind'), (2, 'ben@shop.example', 'x', 'Ben', 'Roth');
insert into addresses (id, user_id, line1, city, country) values (1, 1, 'Canal 1', 'Delft', 'NL');
insert into orders (id, user_id, shipping_address_id, billing_address_id) values (100, 1, 1, 1);
insert into cart_items (user_id, product_variant_id, quantity) values (2, 1, 1)
"""

REFUSED = [
    ("update users set email = 'ada@shop.example' where id = 2", "23505"),
    ("update products set price = -0.01", "23514"),
    ("update inventory set quantity = quantity - 4", "23514"),
    ("insert into reviews (user_id, product_id, rating) values (1, 1, 6)", "23514"),
    ("update cart_items set quantity = 0", "23514"),
    ("insert into product_variants (product_id, sku, size, color) values (1, 'X', 'L', 'blue')", "23505"),
    ("update orders set status = 'eaten'", "22P02"),
    ("delete from users where id = 1", ("23503", "23001")),
]


@pytest.fixture(name="cursor")
def _cursor():
    connection = connect()
    with connection.cursor() as cursor:
        cursor.execute(SHOP)
        yield cursor
    connection.rollback()
    connection.close()


def connect():
    return psycopg2.connect(os.environ["DATABASE_URL"].replace("postgresql+psycopg2://", "postgresql://"))


@pytest.mark.parametrize(("sql", "code"), REFUSED)
def test_refused(cursor, sql, code):
    with pytest.raises(psycopg2.Error) as caught:
        cursor.execute(sql)
    assert caught.value.pgcode in code


def test_an_order_of_nobody_is_refused(cursor):
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        cursor.execute("insert into orders (user_id, shipping_address_id, billing_address_id) values (77, 1, 1)")


def test_a_cart_goes_with_its_user(cursor):
    cursor.execute("delete from users where id = 2")
    cursor.execute("select count(*) from cart_items")
    assert cursor.fetchone() == (0,)


def test_tables(cursor):
    cursor.execute("select count(*) from pg_tables where schemaname = 'public' and tablename !~ 'workshop|_gone'")
    assert cursor.fetchone() >= (16,)


@settings(max_examples=20, deadline=None)
@given(price=st.decimals(min_value=0, max_value=9999, places=2))
def test_a_price_comes_back_as_it_was(price):
    connection = connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(SHOP)
            cursor.execute("update products set price = %s returning price, price * 3", (price,))
            assert cursor.fetchone() == (price, price * 3)
    finally:
        connection.rollback()
        connection.close()
