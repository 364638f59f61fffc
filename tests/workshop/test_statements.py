"""Counting statements as SQLAlchemy sends them: an N+1 is seen for what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

from workshop import count_statements


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list[Item]] = relationship()


class Item(Base):
    __tablename__ = "order_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    engine = create_engine(database)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Order(items=[Item(), Item()]) for _ in range(12))
        session.commit()
        yield session
    engine.dispose()


def read_all(session: Session, query: Any) -> int:
    return sum(len(order.items) for order in session.scalars(query))


def test_n_plus_1_is_seen(session: Session) -> None:
    with count_statements(session) as counter:
        assert read_all(session, select(Order).order_by(Order.id)) == 24
    assert counter.count == 13
    assert str(counter).splitlines() == [
        "13 statements",
        "   1 × SELECT … FROM orders ORDER BY orders.id",
        "  12 × SELECT … FROM order_items WHERE %(param_1)s = order_items.order_id",
    ]


def test_loaded_together(session: Session) -> None:
    with count_statements(session) as counter:
        read_all(session, select(Order).options(selectinload(Order.items)))
    assert str(counter).splitlines() == [
        "2 statements",
        "  1 × SELECT … FROM orders",
        "  1 × SELECT … FROM order_items WHERE order_items.order_id IN (…)",
    ]


def test_grows_as_it_happens(session: Session) -> None:
    with count_statements(session) as counter:
        assert counter.count == 0
        for number in (1, 2, 3):
            session.execute(text("select 1"))
            assert counter.count == number
    assert repr(counter) == "3 statements\n  3 × select 1"


def test_nothing_is_counted_outside(session: Session) -> None:
    session.execute(text("select 1"))
    with count_statements(session) as counter:
        pass
    session.execute(text("select 1"))
    assert str(counter) == "0 statements"


def test_through_an_engine_or_a_connection(session: Session) -> None:
    engine = session.get_bind()
    one, other = engine.connect(), engine.connect()
    with one, other, count_statements(engine) as all_of_them, count_statements(one) as of_one:
        one.execute(text("select 1"))
        other.execute(text("select 2"))
    assert (all_of_them.count, of_one.count) == (2, 1)


def test_counts_what_fails_too(session: Session) -> None:
    with pytest.raises(Exception, match="nowhere"), count_statements(session) as counter:
        session.execute(text("select * from nowhere"))
    assert str(counter) == "1 statement\n  1 × select … from nowhere"


def test_long_statements_are_cut(session: Session) -> None:
    with count_statements(session) as counter:
        session.execute(text(f"select 1 from orders where {' and '.join(['id = 1'] * 50)}"))
    [_, line] = str(counter).splitlines()
    assert len(line) == len("  1 × ") + 100
    assert line.endswith("…")


def test_a_notebook_shows_it(notebook: Any, session: Session) -> None:
    notebook.shell.user_ns["session"] = session
    notebook.run(
        "from sqlalchemy import text\nwith count_statements(session) as counter:\n    session.execute(text('select 1'))"
    )
    notebook.run("counter")
    assert "1 statement\n  1 × select 1" in notebook.printed
