"""The scorecard: the five criteria and six business rules, from what the checks say of the live database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from checks import contract
from checks.contract.requirements import CRITERIA, REQUIREMENTS
from checks.overview import Scorecard, make_scorecard
from tests.checks.conftest import reference_sql
from workshop.errors import WorkshopError

Build = Callable[[str], None]


def test_every_rule_of_the_steps_stands_under_a_criterion() -> None:
    rules = [rule for step in contract.STEPS for rule in step.rules]
    assert {rule.criterion for rule in rules} <= set(CRITERIA)
    for requirement in REQUIREMENTS:
        assert any(requirement.is_proved_by(rule) for rule in rules), requirement.title
    parts = {rule.id.partition(".")[0] for rule in rules}
    assert {part for requirement in REQUIREMENTS for part in requirement.parts} <= parts


@pytest.fixture
def half_way(build: Build, url: str) -> Scorecard:
    """Steps 2 to 4 are there, and a cart takes a quantity of 0."""
    build(reference_sql(4).replace("constraint cart_quantity_positive check (quantity > 0)", ""))
    return make_scorecard(database_url=url)


def test_it_says_what_is_met_and_what_is_next(half_way: Scorecard) -> None:
    met = {line.title: line.holds for line in half_way.requirements}
    assert met == {
        "Profiles": True,
        "Variants": True,
        "Cart": False,
        "Order status": True,
        "Stock": False,
        "Reviews": False,
    }
    assert "3 of 6 business rules are met" in str(half_way)
    assert re.search(r"✗ Cart: .* \(9 of 10\)", str(half_way))
    assert "○ Stock" in str(half_way)
    assert "step 1, Project setup" in half_way.next


def test_its_picture_tells_the_same_without_colours(half_way: Scorecard) -> None:
    html = half_way.to_html()
    assert "cart_items.quantity-positive: fail" in html
    pictures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    for picture in pictures:
        ElementTree.fromstring(picture)
    assert 'aria-label="Profiles: 16 of 16; Variants: ' in html
    assert "inventory" in html  # what is missing is drawn


def test_it_is_kept_as_a_page_and_as_a_line_of_data(half_way: Scorecard, tmp_path: Path) -> None:
    page = half_way.save(tmp_path / "card.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and half_way.verdict() in page
    [line] = half_way.save(tmp_path / "card.json").read_text("utf-8").splitlines()
    told = json.loads(line)
    assert told["version"] == 1 and not told["passed"]
    [cart] = [one for one in told["requirements"] if one["title"] == "Cart"]
    assert cart["checks"]["cart_items.quantity-positive"] == "fail"


def test_a_file_that_it_cannot_be_kept_in(half_way: Scorecard, tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match=r"should end in \.html"):
        half_way.save(tmp_path / "card.pdf")
    with pytest.raises(WorkshopError, match="can't be written"):
        half_way.save(tmp_path / "nowhere" / "card.html")
