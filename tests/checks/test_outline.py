"""python -m checks.outline: what a loader of rows is told of a live schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.outline import PRICES, main
from tests.checks.conftest import DESIGNS, design_sql, reference_sql

Build = Callable[[str], None]
Outline = Callable[[], dict[str, Any]]


@pytest.fixture
def outline(url: str, capsys: pytest.CaptureFixture[str]) -> Outline:
    """What the command prints about the playground."""

    def ask() -> dict[str, Any]:
        assert main(["--database-url", url]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return ask


def part_of(told: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [part for part in told["parts"] if part["part"] == name]
    return dict(found)


def test_parts_in_order(build: Build, outline: Outline) -> None:
    build(reference_sql(6))
    told = outline()
    assert [part["part"] for part in told["parts"]] == [table.name for table in contract.TABLES]
    assert [part["problem"] for part in told["parts"]] == [""] * len(contract.TABLES)
    assert told["others"] == []
    assert part_of(told, "orders")["foreign_keys"] == [
        {"columns": ["billing_address_id", "user_id"], "part": "addresses", "target_columns": ["id", "user_id"]},
        {"columns": ["shipping_address_id", "user_id"], "part": "addresses", "target_columns": ["id", "user_id"]},
        {"columns": ["user_id"], "part": "users", "target_columns": ["id"]},
    ]


def test_of_an_early_step(build: Build, outline: Outline) -> None:
    build(reference_sql(2))
    assert [part["part"] for part in outline()["parts"]] == ["users", "categories", "products"]


def test_names_as_stored(build: Build, outline: Outline) -> None:
    build(design_sql(DESIGNS / "lookups_by_number.sql"))
    moves = part_of(outline(), "stock_movements")
    assert (moves["schema"], moves["table"], moves["label"]) == ("public", "inventory_movements", "inventory_movements")
    assert moves["columns"] == {
        "quantity_change": "change",
        "movement_type": "movement_type_id",
        "created_at": "created_at",
    }


def test_a_row_for_each_price(build: Build, outline: Outline) -> None:
    """In a design where the price is a sum, each comes with summands that fit."""
    build(design_sql(DESIGNS / "deferred_composite.sql"))
    products = part_of(outline(), "products")
    rows = [example["row"] for example in products["examples"]]
    assert [Decimal(row["price"]) for row in rows] == list(PRICES)
    assert all(Decimal(row["net"]) + Decimal(row["tax"]) == Decimal(row["price"]) for row in rows)


@pytest.mark.parametrize(
    ("design", "stored"),
    [
        ("lookups_by_number", {"pending": "10", "paid": "20", "shipped": "30", "delivered": "40", "cancelled": "90"}),
        ("text_keys", {name.lower(): name for name in ("PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED")}),
        ("triggers_and_partitions", {name.lower(): name for name in ("PENDING", "PAID", "SHIPPED", "DELIVERED")}),
        ("unique_indexes", {name: name for name in ("pending", "paid", "shipped", "delivered")}),
    ],
)
def test_a_row_for_each_status(design: str, stored: dict[str, str], build: Build, outline: Outline) -> None:
    """Also where an order has to walk there, and without "cancelled" where the design does not know it."""
    build(design_sql(DESIGNS / f"{design}.sql"))
    orders = part_of(outline(), "orders")
    column = orders["columns"]["status"]
    assert {example["for"]: example["row"][column] for example in orders["examples"]} == stored


@pytest.mark.parametrize(
    ("design", "stored"),
    [
        ("reference", {"addition": ("addition", "3"), "sale": ("sale", "-3"), "adjustment": ("adjustment", "-3")}),
        ("lookups_by_label", {"addition": ("addition", "3"), "sale": ("sale", "3"), "adjustment": ("adjustment", "3")}),
        (
            "triggers_and_partitions",
            {"addition": ("RECEIPT", "3"), "sale": ("SALE", "-3"), "adjustment": ("CORRECTION", "-3")},
        ),
    ],
)
def test_a_row_for_each_movement(design: str, stored: dict[str, Any], build: Build, outline: Outline) -> None:
    build(design_sql(DESIGNS / f"{design}.sql"))
    moves = part_of(outline(), "stock_movements")
    type_, change = (moves["columns"][name] for name in ("movement_type", "quantity_change"))
    told = {example["for"]: (example["row"][type_], example["row"][change]) for example in moves["examples"]}
    assert told == stored


def test_rows_that_must_be_there_first(build: Build, outline: Outline) -> None:
    build(
        reference_sql(2)
        + """
        create table countries (code char(2) primary key check (code = 'FR'));
        create table regions (id int primary key, country char(2) not null references countries);
        alter table users add column region_id int not null references regions;
        """
    )
    told = outline()
    (country, region) = told["others"]
    assert (country["table"], country["row"]) == ("countries", {"code": "FR"})
    assert (region["table"], region["row"]["country"]) == ("regions", "FR")
    assert part_of(told, "users")["examples"][0]["row"]["region_id"] == region["row"]["id"]


def test_rows_that_are_there_will_do(build: Build, outline: Outline) -> None:
    build(design_sql(DESIGNS / "many_extras.sql"))
    told = outline()
    assert told["others"] == []
    assert part_of(told, "inventory")["examples"][0]["row"]["warehouse"] == "BER"


def test_what_a_limited_column_takes(build: Build, outline: Outline) -> None:
    build(reference_sql(3))
    assert part_of(outline(), "product_variants")["values"] == {}
    build(
        reference_sql(3)
        + """
        create type size as enum ('S', 'M');
        alter table product_variants alter size type size using null, add check (color in ('red', 'white'));
        """
    )
    assert part_of(outline(), "product_variants")["values"] == {"size": ["S", "M"], "color": ["red", "white"]}


def test_a_table_that_takes_no_row(build: Build, outline: Outline) -> None:
    build(reference_sql(2) + "alter table users add constraint never check (false)")
    users = part_of(outline(), "users")
    assert users["examples"] == []
    assert "never" in users["problem"]


def test_nothing_stays(build: Build, outline: Outline, playground: Connection) -> None:
    build(reference_sql(6))
    outline()
    with playground.cursor() as cursor:
        cursor.execute("select (select count(*) from users), (select count(*) from orders), nextval('orders_id_seq')")
        assert cursor.fetchone() == (0, 0, 1)
        cursor.execute("select count(*) from pg_trigger where tgenabled <> 'O'")
        assert cursor.fetchone() == (0,)


def test_no_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--database-url", "postgresql://nobody@127.0.0.1:1/nothing"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
