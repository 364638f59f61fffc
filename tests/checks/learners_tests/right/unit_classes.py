"""unittest: setUp begins a transaction, tearDown takes it back."""

import os
import unittest

from sqlalchemy import MetaData, create_engine, exc, insert, select, update


class ShopTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = create_engine(os.environ["DATABASE_URL"])
        cls.meta = MetaData()
        cls.meta.reflect(cls.engine)

    @classmethod
    def tearDownClass(cls):
        cls.engine.dispose()

    def setUp(self):
        self.connection = self.engine.connect()
        self.addCleanup(self.connection.close)
        self.user = self.add("users", email="ada@shop.example", password_hash="x", first_name="A", last_name="L")
        self.category = self.add("categories", name="Mugs")
        self.product = self.add("products", name="Mug", sku="M", price="9.50", category_id=self.category)
        self.variant = self.add("product_variants", product_id=self.product, sku="M-L", size="L", color="blue")

    def tearDown(self):
        self.connection.rollback()

    def add(self, table, **values):
        return self.connection.execute(insert(self.meta.tables[table]).values(**values)).inserted_primary_key[0]

    def refuse(self, table, **values):
        with self.assertRaises(exc.DBAPIError), self.connection.begin_nested():
            self.add(table, **values)


class TestTables(ShopTestCase):
    def test_there_are_at_least_sixteen(self):
        wanted = {"users", "products", "orders", "payments", "order_status_history", "stock_movements", "review_votes"}
        self.assertLessEqual(wanted, set(self.meta.tables))


class TestAccounts(ShopTestCase):
    def test_email_once(self):
        self.refuse("users", email="ada@shop.example", password_hash="x", first_name="B", last_name="L")

    def test_cart_goes_along(self):
        cart = self.meta.tables["cart_items"]
        self.add("cart_items", user_id=self.user, product_variant_id=self.variant, quantity=2)
        users = self.meta.tables["users"]
        self.connection.execute(users.delete().where(users.c.id == self.user))
        self.assertEqual(self.connection.execute(select(cart)).all(), [])


class TestShop(ShopTestCase):
    def test_price(self):
        self.refuse("products", name="Mug", sku="N", price=-1, category_id=self.category)

    def test_stock(self):
        self.add("inventory", product_variant_id=self.variant, quantity=1)
        inventory = self.meta.tables["inventory"]
        with self.assertRaisesRegex(exc.IntegrityError, "stock_not_negative"):
            self.connection.execute(update(inventory).values(quantity=inventory.c.quantity - 2))

    def test_stars(self):
        for stars in (0, 6):
            with self.subTest(stars=stars):
                self.refuse("reviews", user_id=self.user, product_id=self.product, rating=stars)

    def test_buyer(self):
        home = self.add("addresses", user_id=self.user, line1="Canal 1", city="Delft", country="NL")
        self.refuse("orders", user_id=0, shipping_address_id=home, billing_address_id=home)
