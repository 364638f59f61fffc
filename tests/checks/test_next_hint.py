"""hint(n) as a learner meets it: which check it is about, one level after the other, and what it says when it can't."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from checks import check_step, hint
from checks.help import next_hint
from tests.checks.conftest import reference_sql
from workshop.errors import WorkshopError

Build = Callable[[str], None]

NO_PRICE_RULE = "alter table products drop constraint price_not_negative;"


@pytest.fixture(autouse=True)
def _fresh_kernel(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """No hint was given yet, and the playground is the workshop's database."""
    monkeypatch.setattr(next_hint, "_given", {})
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WORKSHOP_POSTGRES", "external")


def test_three_levels_one_after_the_other_then_the_way_out(build: Build) -> None:
    build(reference_sql(2) + NO_PRICE_RULE)
    first, second, third, again = (str(hint(2)) for _ in range(4))
    assert all("A price is never below zero." in text for text in (first, second, third, again))
    assert "hint 1 of 3" in first and "a mug cost -9" in first and "CheckConstraint" not in first
    assert "hint 2 of 3" in second and "a mug cost -9" in second and "models/core.py" in second
    assert "fee >= 0" not in second and "Ask yourself" not in second
    assert "hint 3 of 3" in third and 'CheckConstraint("fee >= 0", name="fee_not_negative")' in third
    assert "Ask yourself" in third and "show_solution" not in third
    assert "fee >= 0" in again and "show_solution(2, give_up=True)" in again


def test_each_check_has_its_own_levels(build: Build) -> None:
    build(reference_sql(2) + NO_PRICE_RULE + "alter table products drop constraint products_sku_key")
    assert [hint(2).level, hint(2).level] == [1, 2]
    assert hint(2).result.rule.id == "products.sku-unique"
    assert hint(2, "products.price-not-negative").level == 1
    build(reference_sql(2) + NO_PRICE_RULE)
    assert hint(2).level == 2
    assert hint(2, "products.price-not-negative").level == 3


def test_it_is_about_the_first_failure_of_the_report(build: Build) -> None:
    build(reference_sql(4) + "alter table cart_items drop constraint cart_quantity_positive; drop table payments")
    report = check_step(4)
    failed = next(result for result in report.results if result.outcome == "fail")
    given = hint(4)
    assert given.result.rule == failed.rule
    assert given.result.rule.id == "cart_items.quantity-positive"
    assert str(failed.happened) in str(given)
    assert "Where: cart_items.quantity" in str(given)


def test_it_uses_the_learners_own_names(build: Build) -> None:
    build(
        reference_sql(4) + "alter table order_items drop constraint unit_price_not_negative;"
        "alter table order_items rename to order_lines; alter table order_lines rename unit_price to price_at_purchase"
    )
    hint(4)
    place = hint(4).hint.place
    assert "`order_lines`" in place and "`price_at_purchase`" in place
    assert "order_items" not in place


def test_a_table_of_another_part_is_not_put_in_its_place(build: Build) -> None:
    build(
        reference_sql(3)
        + "create function never() returns trigger language plpgsql as $$ begin raise 'fixed price'; end $$;"
        "create trigger never before update of price on products for each row execute function never()"
    )
    given = hint(3, "price_history.price-changes")
    assert given.result.table == "products"
    assert given.hint.place == next_hint.HINTS["price_history.price-changes"].place
    given = hint(3, "price_history.by-itself")
    assert "a row into `price_history`" in given.hint.place


def test_before_anything_is_built_it_is_the_first_rule(build: Build) -> None:
    build("")
    given = hint(3)
    assert given.result.rule.id == "product_variants.exists"
    assert "○" in str(given)
    assert '`__tablename__ = "product_variants"`' in hint(3).hint.place


def test_a_step_that_passes_gets_hints_for_its_advice(build: Build) -> None:
    build(reference_sql(2) + "drop index users_email_lower")
    given = [hint(2) for _ in range(4)][-1]
    assert given.result.rule.id == "users.email-any-case"
    assert "→" in str(given)
    assert "show_solution(2) " in str(given)


def test_nothing_to_hint_at_says_where_to_go_on(build: Build) -> None:
    build(reference_sql(3))
    text = str(hint(3))
    assert "passed" in text and "nothing to hint at" in text and "step 4, Cart and orders" in text


def test_what_waits_for_an_earlier_step_leads_there(build: Build) -> None:
    build(reference_sql(3) + "drop table products cascade")
    assert "check_step(2) says what is missing" in str(check_step(3))
    assert "check_step(2) says what is missing" in str(hint(3))
    assert "products" in str(hint(2))


def test_step_1_is_about_the_project(build: Build, tmp_path: Path) -> None:
    (tmp_path / "ecommerce-db" / "models").mkdir(parents=True)
    given = hint(1)
    assert given.result.rule.id == "setup.folders"
    assert "migrations/" in str(given)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((9,), r"There is no step 9 to check\. The steps are 1 \(Project setup\)"),
        (("2",), r"There is no step '2'"),
        (
            (2, "users.email-uniqe"),
            r"^Step 2 has no check 'users\.email-uniqe'\. Did you mean 'users\.email-unique'\?$",
        ),
        ((2, "orders.key"), r"^Step 2 has no check 'orders\.key'\. "),
        ((2, 3), r"^Step 2 has no check 3\. Leave it out: hint\(2\) takes the first that fails\.$"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: tuple[Any, ...], says: str) -> None:
    with pytest.raises(WorkshopError, match=says):
        hint(*arguments)


def test_a_check_that_holds_can_be_asked_about(build: Build) -> None:
    build(reference_sql(2))
    given = hint(2, "users.email-unique")
    assert "✓" in str(given)
    assert 'hint(2, "users.email-unique") again' in str(given)


def test_text_and_html_say_the_same_and_nothing_becomes_markup(build: Build) -> None:
    build(reference_sql(2) + NO_PRICE_RULE)
    for _ in range(4):
        given = hint(2)
        fragment = re.sub(r"<style>.*?</style>", "", given.to_html(), flags=re.S)
        shown = re.sub(r"\W+", "", unescape(re.sub(r"<[^>]+>", " ", fragment)))
        for line in str(given).splitlines():
            assert re.sub(r"\W+", "", re.sub(r"^\s*[✗→○✓]", "", line)) in shown
        assert not re.search(r"<(?!/?(?:div|h3|h4|ul|li|span|dl|dt|dd|p|code|pre)\b)", fragment)


def test_a_notebook_gets_text_and_html(build: Build) -> None:
    build(reference_sql(2))
    for given in (hint(2), hint(2, "users.key")):
        assert set(given._repr_mimebundle_()) == {"text/plain", "text/html"}
