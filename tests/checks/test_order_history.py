"""`queries.order_history`: what step 6 says of a learner's function, which runs on the live database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from checks.grade import grade
from checks.outcome import Outcome, Result
from checks.subject import find_subject
from tests.checks.conftest import DESIGNS, design_sql, reference_sql

Build = Callable[[str], None]
Ask = Callable[..., Result]

MODELS = """
from datetime import datetime
from sqlalchemy import ForeignKey, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload

class Base(DeclarativeBase):
    pass

class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    variants: Mapped[list["Variant"]] = relationship(back_populates="product")

class Variant(Base):
    __tablename__ = "product_variants"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    product: Mapped[Product] = relationship(back_populates="variants")

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    created_at: Mapped[datetime]
    items: Mapped[list["Item"]] = relationship(back_populates="order")

class Item(Base):
    __tablename__ = "order_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product_variant_id: Mapped[int] = mapped_column(ForeignKey("product_variants.id"))
    order: Mapped[Order] = relationship(back_populates="items")
    variant: Mapped[Variant] = relationship()
"""
SELECTED = """
def order_history(session, user_id):
    statement = select(Order).where(Order.user_id == user_id).order_by(Order.created_at.desc())
    way = selectinload(Order.items).joinedload(Item.variant).joinedload(Variant.product)
    return session.scalars(statement.options(way)).all()
"""
JOINED = SELECTED.replace("selectinload(", "joinedload(").replace("(way))", "(way)).unique()")
BY_KEY = SELECTED.replace("created_at.desc", "id.desc")
LISTS = '''
def order_history(session, user_id):
    found = session.execute(text("""
        select o.id, o.created_at, json_agg(json_build_object('product', p.name)) as items
        from orders o join order_items i on i.order_id = o.id join product_variants v on v.id = i.product_variant_id
        join products p on p.id = v.product_id where o.user_id = :user_id group by o.id order by o.created_at desc
    """), {"user_id": user_id})
    return [dict(row) for row in found.mappings()]
'''
ONE_BY_ONE = SELECTED.replace(".options(way)", "")
LAST_STEP = SELECTED.replace(".joinedload(Variant.product)", "")
NO_ORDER = SELECTED.replace(".order_by(Order.created_at.desc())", ".order_by(Order.id)")
BY_CHANCE = SELECTED.replace(".order_by(Order.created_at.desc())", "")
LAST_CHANGED = NO_ORDER.replace("Order.id)", "text('updated_at desc'))")
PENDING = SELECTED.replace(".order_by", ".where(text(\"orders.status = 'pending'\")).order_by")
EVERYBODYS = SELECTED.replace(".where(Order.user_id == user_id)", "")


@pytest.fixture
def ask(tmp_path: Path, build: Build, url: str) -> Ask:
    """What step 6 says of a queries.py, on the reference schema, in a folder with an awkward name."""
    folder = tmp_path / "Jürgen's shop"
    folder.mkdir()

    def ask(queries: str, rows: str = "") -> Result:
        build(f"{reference_sql(6)};{rows}")
        (folder / "queries.py").write_text(queries, encoding="utf-8")
        return _result(url, folder)

    return ask


def _result(url: str, folder: Path | None) -> Result:
    report = grade(6, find_subject(url, project=folder))
    return next(result for result in report.results if result.rule.id == "queries.order-history")


@pytest.mark.parametrize("function", [SELECTED, JOINED, BY_KEY, LISTS], ids=["selected", "joined", "by key", "lists"])
def test_right_function_is_taken(function: str, ask: Ask) -> None:
    result = ask(MODELS + function)
    assert result.outcome is Outcome.PASS, result.happened


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (ONE_BY_ONE, "statements"),
        (LAST_STEP, "statements"),
        (NO_ORDER, "newest order first"),
        (BY_CHANCE, "newest order first"),
        (LAST_CHANGED, "newest order first"),
        (PENDING, "returned 1 entry for 2 orders"),
        (EVERYBODYS, "none of the user's orders"),
        (SELECTED.replace("return ", "found = "), "returned nothing"),
        (SELECTED.replace(".all()", ".all()[:1]"), "returned 1 entry for 2 orders"),
        (SELECTED.replace("return session", "return [] and session"), "nothing for a user"),
        (SELECTED.replace("return ", "session.connection().get_transaction().commit(); return "), "transaction"),
        (SELECTED.replace("Order.user_id", "Order.buyer_id"), "AttributeError"),
        (SELECTED.replace("def order_history", "def history"), "no function order_history"),
        (SELECTED.replace("def order_history", "async def order_history"), "async"),
        ("import nowhere_to_be_found", "could not be loaded: ModuleNotFoundError"),
        ("def order_history(session, user_id:", "SyntaxError"),
    ],
)
def test_wrong_function_is_turned_down(function: str, says: str, ask: Ask) -> None:
    result = ask(MODELS + function)
    assert result.outcome is Outcome.FAIL, result.happened
    assert says in (result.happened or "")
    assert result.next
    assert "Traceback" not in (result.happened or "")


def test_nothing_of_the_function_stays(ask: Ask, build: Build, playground: Connection) -> None:
    kept = "insert into categories (name) values ('as it was')"
    changes = "session.execute(text(\"update categories set name = 'changed ' || id\")); session.commit(); "
    result = ask(MODELS + SELECTED.replace("return ", changes + "return "), kept)
    assert result.outcome is Outcome.PASS, result.happened
    with playground.cursor() as cursor:
        cursor.execute("select name from categories union all select id::text from orders")
        assert cursor.fetchall() == [("as it was",)]


def test_no_file_is_said(tmp_path: Path, build: Build, url: str) -> None:
    build(reference_sql(6))
    result = _result(url, tmp_path)
    assert result.outcome is Outcome.FAIL
    assert "queries.py" in (result.happened or "")


def test_a_database_alone_says_nothing_of_queries(build: Build, url: str) -> None:
    build(reference_sql(6))
    assert _result(url, None).outcome is Outcome.CANT_TELL


def test_users_may_have_uuids(tmp_path: Path, build: Build, url: str) -> None:
    build(design_sql(DESIGNS / "uuid_and_citext.sql"))
    (tmp_path / "queries.py").write_text(MAPPED_UUIDS, encoding="utf-8")
    result = _result(url, tmp_path)
    assert result.outcome is Outcome.PASS, result.happened


MAPPED_UUIDS = """
import uuid
from sqlalchemy import text, Uuid, bindparam

def order_history(session, user_id):
    assert isinstance(user_id, uuid.UUID)
    found = session.execute(text('''
        select o.id, json_agg(p.name) from orders o join order_items i on i.order_id = o.id
        join product_variants v on v.id = i.variant join products p on p.id = v.product
        where o."user" = :user_id group by o.id order by o.created_at desc
    ''').bindparams(bindparam("user_id", type_=Uuid())), {"user_id": user_id})
    return found.all()
"""
