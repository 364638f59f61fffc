"""check_extension, the command, and what else takes the name of an extension."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from checks import check_extension, check_step, contract, copilot_prompt, hint, show_solution
from checks.__main__ import main
from checks.grade import StepNotPassed
from checks.outcome import Outcome
from checks.report import Report
from tests.checks.conftest import reference_sql
from workshop.errors import WorkshopError

Build = Callable[[str], None]
Check = Callable[[int | str], Report]

NAMES = [extension.name for extension in contract.EXTENSIONS]


@pytest.fixture
def workshop_is_the_playground(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WORKSHOP_POSTGRES", "external")


def _all_extensions() -> str:
    shop = reference_sql(6)
    return shop + "".join(reference_sql(name).removeprefix(reference_sql(5)) for name in NAMES)


def test_a_report_goes_by_the_extensions_name(build: Build, url: str) -> None:
    build(reference_sql("coupons"))
    report = check_extension("coupons", strict=True, database_url=url)
    assert str(report).startswith("Extension, Coupons: passed. 23 of 23 required rules hold.")
    assert report.to_dict()["step"] == "coupons"
    assert "Extension, Coupons: passed." in report.to_html()


def test_it_says_what_to_put_right(build: Build, url: str) -> None:
    build(reference_sql("bundles") + "alter table bundles drop constraint bundle_price_not_negative")
    report = check_extension("bundles", database_url=url)
    assert 'Stuck? hint("bundles") gives the next hint' in str(report)
    with pytest.raises(StepNotPassed, match="Extension, Bundles: not yet"):
        check_extension("bundles", strict=True, database_url=url)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_there_yet_is_no_failure(name: str, build: Build, url: str) -> None:
    build(reference_sql(5))
    report = check_extension(name, database_url=url)
    assert not report.attempted
    assert "not attempted yet" in str(report)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_steps_there_is_one_sentence(name: str, build: Build, url: str) -> None:
    build(reference_sql(3) + "create table coupons (id int); create table bundles (id int)")
    report = check_extension(name, database_url=url)
    assert {result.outcome for result in report.results} == {Outcome.NOT_ATTEMPTED}
    assert [*report.warnings()] == [
        "Steps 2 to 5 come first, and tables of theirs are missing (addresses, cart_items, orders and 7 more): "
        "catch_up(5) writes them for you."
    ]


def test_steps_that_do_not_hold_are_named_and_do_not_count(build: Build, url: str) -> None:
    build(reference_sql("bundles") + "alter table products drop constraint price_not_negative")
    report = check_extension("bundles", database_url=url)
    assert report.passed
    assert [*report.warnings()] == [
        "Step 2, Core entities, does not hold at the moment: A price is never below zero (products.price). "
        "check_step(2) says more."
    ]


@pytest.mark.parametrize(
    ("name", "says"), [("cupons", "Did you mean 'coupons'"), ("x", "They are wishlists"), (2, "2")]
)
def test_another_name_lists_them(name: object, says: str) -> None:
    with pytest.raises(WorkshopError, match="There is no extension") as error:
        check_extension(name)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_an_extension_is_no_step() -> None:
    with pytest.raises(WorkshopError, match="is no step but an extension"):
        check_step("coupons")


def test_the_steps_are_the_same_with_extensions_and_without(build: Build, check: Check) -> None:
    def graded() -> dict[int, list[tuple[str, Outcome]]]:
        return {step: [(r.rule.id, r.outcome) for r in check(step).results] for step in range(2, 7)}

    build(reference_sql(6))
    without = graded()
    build(_all_extensions())
    assert graded() == without
    assert all(check(name).passed for name in NAMES)


def test_nothing_is_left_behind(build: Build, check: Check, playground: object) -> None:
    build(_all_extensions())
    for name in NAMES:
        check(name)
    with playground.cursor() as cursor:  # type: ignore[attr-defined]
        for table in ("users", "orders", "coupons", "coupon_redemptions", "bundles", "wishlist_items", "daily_sales"):
            cursor.execute(f"select count(*) from {table}")
            assert cursor.fetchone() == (0,), table


def test_other_names_by_a_role_map(build: Build, url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    build(
        reference_sql("search")
        + "alter table products rename search_vector to words; alter table products rename to goods"
    )
    names = tmp_path_factory.mktemp("names") / "names.toml"
    names.write_text('[tables]\nproducts = "goods"\n[columns]\nproducts.search_vector = "words"')
    assert check_extension("search", database_url=url, names=names).passed


# -- the command -----------------------------------------------------------------------------------------------


def test_command(build: Build, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    build(reference_sql("wishlists"))
    assert main(["wishlists", "--database-url", url, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["step"], data["title"], data["passed"]) == ("wishlists", "Wishlists", True)
    build(reference_sql("wishlists") + "alter table wishlist_items add unique (user_id)")
    assert main(["wishlists", "--database-url", url]) == 1
    build("")
    assert main(["wishlists", "--database-url", url]) == 1
    assert "Steps 2 to 5 come first" in capsys.readouterr().out


def test_command_with_an_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundels", "--database-url", "postgresql+psycopg2://u@127.0.0.1:1/shop"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "Did you mean 'bundles'?" in told.err


# -- hints, solutions, prompts ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("workshop_is_the_playground")
def test_hint(build: Build) -> None:
    build(reference_sql("bundles") + "alter table bundles drop constraint bundle_price_not_negative")
    first = hint("bundles")
    assert str(first).startswith("Extension bundles, hint 1 of 3")
    assert 'hint("bundles") again gives the next hint' in str(first)
    hint("bundles")
    assert 'run check_extension("bundles").' in str(hint("bundles"))
    assert 'show_solution("bundles", give_up=True)' in str(hint("bundles"))
    hint("bundles", "bundle_items.once")
    assert "models/bundles.py" in str(hint("bundles", "bundle_items.once"))
    with pytest.raises(WorkshopError, match=r"Extension bundles has no check 'bundles\.once'\. Did you mean"):
        hint("bundles", "bundles.once")
    build(reference_sql("bundles"))
    assert "There is nothing to hint at." in str(hint("bundles"))


@pytest.mark.usefixtures("workshop_is_the_playground")
def test_solution(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    build(reference_sql("search") + "drop index products_search_vector")
    assert show_solution("search") is None
    assert capsys.readouterr().out == (
        'Extension search has 1 rule open: hint("search") helps with the first, and show_solution("search", '
        "give_up=True) shows the reference all the same.\n"
    )
    text = str(show_solution("search", give_up=True))
    assert "schemas/24_search.sql\n\n" in text
    assert text.endswith('then call check_extension("search").')


@pytest.mark.usefixtures("workshop_is_the_playground")
def test_prompt(build: Build) -> None:
    build(reference_sql("search") + "drop index products_search_vector")
    text = str(copilot_prompt("search"))
    assert "online shop, extension search: Full-text search." in text
    assert "A search goes by a GIN or GiST index" in text


@pytest.mark.parametrize("ask", [hint, copilot_prompt, show_solution])
def test_an_unknown_name_is_one_sentence(ask: Callable[[str], object]) -> None:
    with pytest.raises(WorkshopError, match="There is no step 'cupons'"):
        ask("cupons")
