import pytest
from factories import make_product, make_user
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError


@pytest.fixture
def product(session, models):
    product = make_product(models)
    session.add(product)
    session.commit()
    return product


def test_price(session, models):
    session.add(make_product(models, price=-5))
    with pytest.raises(IntegrityError):
        session.commit()


def test_stock(session, models, product):
    variant = models.product_variants(products=product, sku="M")
    session.add(models.inventory(product_variants=variant, quantity=-1))
    with pytest.raises(IntegrityError):
        session.commit()


def test_rating(session, models, product):
    session.add(models.reviews(products=product, users=make_user(models, "ada@shop.example"), rating=6))
    with pytest.raises(IntegrityError):
        session.commit()


def test_variants_go_with_their_product(session, models, product):
    session.add(models.product_variants(product_id=product.id, sku="M"))
    session.commit()
    session.execute(models.products.__table__.delete())
    assert session.query(models.product_variants).count() == 0


def test_order_of_nobody(session, models):
    user = make_user(models, "ada@shop.example")
    session.add(user)
    session.flush()
    home = models.addresses(user_id=user.id, line1="Canal 1", city="Delft", country="NL")
    session.add(home)
    session.flush()
    session.add(models.orders(user_id=user.id + 1, shipping_address_id=home.id, billing_address_id=home.id))
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("name", ["categories", "order_status_history", "payments", "review_votes"])
def test_table(engine, name):
    assert inspect(engine).has_table(name)
