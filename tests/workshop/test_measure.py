"""What indexes cost: measured on the learner's own table, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from checks import contract
from tests.checks.conftest import DESIGNS, REFERENCE
from tests.conftest import drop_database
from tests.workshop.test_sample_data import facts, make
from workshop import load_sample_data, measure_writes, postgres
from workshop.errors import WorkshopError
from workshop.postgres import Mark, connect, write_mark
from workshop.postgres.connection import Address
from workshop.sample_data.outline import read_outline

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def filled(query: Query) -> Query:
    query(REFERENCE.read_text(encoding="utf-8"))
    load_sample_data(200)
    return query


def test_two_lines(filled: Query) -> None:
    table = measure_writes("orders", without=["orders_user_newest", "orders_shipping"], rows=300)
    assert list(table.columns) == ["indexes", "rows per second"]
    assert list(table.index) == ["with all indexes", "without orders_user_newest, orders_shipping"]
    assert list(table["indexes"]) == [4, 2]
    assert (table["rows per second"] > 0).all()


def test_without_all_that_no_rule_needs(filled: Query) -> None:
    assert (
        list(measure_writes("orders", rows=100).index)[1]
        == "without orders_billing, orders_shipping, orders_user_newest"
    )
    assert list(measure_writes("order_items", "order_items_order", rows=100)["indexes"]) == [3, 2]


def test_nothing_stays(filled: Query, database: str) -> None:
    content = "select md5(string_agg(o::text, ';' order by id)), max(id) from orders o"
    before = filled(content)
    with closing(connect(database, "tests")) as connection, connection.cursor() as cursor:
        schema = facts(cursor)
    measure_writes("orders", rows=100)
    assert filled(content) == before
    with closing(connect(database, "tests")) as connection, connection.cursor() as cursor:
        assert facts(cursor) == schema
    assert filled("select nextval('orders_id_seq')") == [(201,)]


@pytest.mark.parametrize("design", ["many_extras", "text_keys", "deferred_composite", "exclusions"])
def test_copies_go_into_every_table(design: str, server: postgres.Server) -> None:
    url = Address.parse(server.url).at("measured").url()
    drop_database(server.url, "measured")
    with closing(connect(server.url, "tests")) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute("create database measured template template0")
    with closing(connect(url, "tests")) as connection, connection.cursor() as cursor:
        write_mark(connection, Mark())
        make(cursor, DESIGNS / f"{design}.sql")
        connection.commit()
    load_sample_data(200, database_url=url)
    parts = read_outline(url).parts
    assert len(parts) == len(contract.TABLES)
    refused = []
    for part in parts.values():
        try:
            measure_writes(f'"{part.schema}"."{part.table}"', rows=50, database_url=url)
        except WorkshopError as error:
            refused.append(str(error))
    drop_database(server.url, "measured")
    assert [sentence for sentence in refused if "so there is nothing to leave out" not in sentence] == []
    assert len(refused) < len(parts) / 2


def test_names_that_are_wrong(filled: Query) -> None:
    with pytest.raises(WorkshopError, match="There is no table order_lines"):
        measure_writes("order_lines")
    with pytest.raises(
        WorkshopError, match=r"orders has no index ix\. It has orders_billing, orders_shipping, orders_user"
    ):
        measure_writes("orders", without=["ix"])
    with pytest.raises(WorkshopError, match="The index orders_pkey belongs to a rule of orders"):
        measure_writes("orders", without=["orders_pkey"])
    with pytest.raises(WorkshopError, match="inventory has no index but those of its rules"):
        measure_writes("inventory")


def test_empty_table(query: Query) -> None:
    query(REFERENCE.read_text(encoding="utf-8"))
    with pytest.raises(WorkshopError, match=r"orders is empty, .* load_sample_data\(\) fills it"):
        measure_writes("orders")


def test_copies_that_a_rule_refuses(filled: Query) -> None:
    filled("alter table products add constraint own_sku check (sku = 'MUG-' || lpad(id::text, 4, '0') or id < 60)")
    with pytest.raises(WorkshopError, match=r"Writing to products could not be measured.*own_sku"):
        measure_writes("products", rows=100)


def test_somebody_is_in_the_way(filled: Query, database: str) -> None:
    with closing(connect(database, "a notebook")) as other, other.cursor() as cursor:
        cursor.execute("select count(*) from orders")
        with pytest.raises(WorkshopError, match=r'"a notebook".*call measure_writes\(\) again'):
            measure_writes("orders")
