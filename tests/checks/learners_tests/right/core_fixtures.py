"""SQLAlchemy without models: one fixture begins a transaction and rolls it back."""

import os
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

TABLES = """
    users categories products product_variants product_images price_history addresses cart_items orders order_items
    order_status_history payments inventory stock_movements reviews review_votes
"""
engine = create_engine(os.environ["DATABASE_URL"])


@pytest.fixture
def db():
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def shop(db):
    def new(table, **values):
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        return db.execute(text(f"insert into {table} ({names}) values ({places}) returning *"), values).mappings().one()

    class Shop:
        add = staticmethod(new)
        category = new("categories", name="Mugs")
        product = new("products", name="Blue mug", price=9.50, sku="MUG", category_id=category["id"])
        variant = new("product_variants", product_id=product["id"], sku="MUG-L", size="L", color="blue")
        stock = new("inventory", product_variant_id=variant["id"], quantity=3)
        ada = new("users", email="ada@shop.example", password_hash="x", first_name="Ada", last_name="Lind")
        home = new("addresses", user_id=ada["id"], line1="Canal 1", city="Delft", country="NL")

    return Shop


def order(shop, **other):
    home = shop.home["id"]
    values = {"user_id": shop.ada["id"], "shipping_address_id": home, "billing_address_id": home, **other}
    return shop.add("orders", **values)


def test_every_table_is_there(db):
    assert set(TABLES.split()) <= set(inspect(db).get_table_names())


def test_one_account_per_email(shop):
    with pytest.raises(IntegrityError):
        shop.add("users", email="ada@shop.example", password_hash="y", first_name="Ada", last_name="Other")


def test_no_price_below_zero(shop):
    with pytest.raises(IntegrityError, match="price"):
        shop.add("products", name="Gift", price=-1, sku="GIFT", category_id=shop.category["id"])


def test_prices_add_up(db, shop):
    for price in ("0.10", "0.20"):
        shop.add("products", name="Tea", price=price, sku=f"TEA-{price}", category_id=shop.category["id"])
    assert db.scalar(text("select sum(price) from products where name = 'Tea'")) == Decimal("0.30")


def test_no_stock_below_zero(db, shop):
    with pytest.raises(IntegrityError):
        db.execute(text("update inventory set quantity = -1"))


@pytest.mark.parametrize("rating", [0, 6])
def test_ratings_go_from_1_to_5(shop, rating):
    with pytest.raises(IntegrityError):
        shop.add("reviews", user_id=shop.ada["id"], product_id=shop.product["id"], rating=rating)


def test_an_order_has_a_user(shop):
    with pytest.raises(IntegrityError):
        order(shop, user_id=999_999)


def test_a_cart_goes_with_its_user(db, shop):
    shop.add("cart_items", user_id=shop.ada["id"], product_variant_id=shop.variant["id"], quantity=1)
    db.execute(text("delete from users where id = :id"), {"id": shop.ada["id"]})
    assert db.scalar(text("select count(*) from cart_items")) == 0


def test_a_cart_has_no_empty_line(shop):
    with pytest.raises(IntegrityError):
        shop.add("cart_items", user_id=shop.ada["id"], product_variant_id=shop.variant["id"], quantity=0)


def test_a_status_is_known(shop):
    with pytest.raises(DBAPIError):
        order(shop, status="lost in space")


def test_a_variant_is_there_once(shop):
    with pytest.raises(IntegrityError):
        shop.add("product_variants", product_id=shop.product["id"], sku="OTHER", size="L", color="blue")
