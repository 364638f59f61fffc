"""The contract as a diagram's tables."""

from __future__ import annotations

from typing import Any

import pytest

from checks.syllabus import syllabus


def table(name: str) -> dict[str, Any]:
    """The contract table of that name, from the step that adds it."""
    tables = [one for step in syllabus().values() for one in step["tables"] if one["name"] == name and one["columns"]]
    (found,) = tables
    return found


def test_where_the_contract_names_the_columns_that_refer_they_are_the_keys() -> None:
    orders = table("orders")
    assert [(key["table"], key["columns"]) for key in orders["foreign_keys"]] == [
        ("users", ["user_id"]),
        ("addresses", ["shipping_address_id"]),
        ("addresses", ["billing_address_id"]),
    ]
    names = [column["name"] for column in orders["columns"]]
    assert len(names) == len(set(names))
    assert "address_id" not in names


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("orders", ["id"]),
        ("cart_items", ["user_id", "product_variant_id"]),
        ("inventory", ["product_variant_id"]),
        ("review_votes", ["review_id", "user_id"]),
    ],
)
def test_a_tables_key_is_its_own_number_or_what_it_refers_to(name: str, key: list[str]) -> None:
    assert [column["name"] for column in table(name)["columns"] if column.get("is_key")] == key


def test_one_row_for_each_variant_is_drawn_as_one() -> None:
    assert [key["is_single"] for key in table("inventory")["foreign_keys"]] == [True]
    assert [key["is_single"] for key in table("cart_items")["foreign_keys"]] == [False, False]


def test_a_category_refers_to_its_parent_or_to_none() -> None:
    (key,) = table("categories")["foreign_keys"]
    assert key == {"table": "categories", "columns": ["parent_id"], "is_optional": True, "is_single": False}
