"""python -m checks.progress and checks.missing: how far a learner is, and what is not there, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks import missing, progress
from tests.checks.conftest import reference_sql
from workshop.checker import ask
from workshop.errors import WorkshopError

Build = Callable[[str], None]
Ask = Callable[..., Any]


@pytest.fixture
def told(url: str, capsys: pytest.CaptureFixture[str]) -> Ask:
    """What a command prints, as data."""

    def run(command: Any, *arguments: str) -> Any:
        assert command.main([*arguments, "--database-url", url]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_each_step_has_a_state(build: Build, told: Ask) -> None:
    build(reference_sql(3) + "alter table product_images drop column url")
    answer = told(progress, "4", "--first", "2")
    assert answer["version"] == 1
    passed, begun, untouched = answer["steps"]
    assert passed == {
        "step": 2,
        "title": "Core entities",
        "state": "passed",
        "score": 29,
        "out_of": 29,
        "missing": None,
    }
    assert (begun["step"], begun["state"]) == (3, "open")
    assert 0 < begun["score"] < begun["out_of"]
    assert begun["missing"].startswith("product_images has a URL")
    assert (untouched["state"], untouched["score"]) == ("not_attempted", 0)
    assert untouched["missing"] == "There is a table addresses."
    names = [table["name"] for table in answer["missing"]]
    assert names[:2] == ["product_images", "addresses"]


def test_what_fails_comes_before_what_waits_for_it(build: Build, told: Ask) -> None:
    build(reference_sql(2).replace("check (price >= 0", "check (price >= -5") + "drop table users cascade")
    (step,) = told(progress, "2", "--first", "2")["steps"]
    assert step["missing"] == "There is a table users."


def test_steps_without_checks_are_left_out(build: Build, told: Ask) -> None:
    build("")
    assert [step["step"] for step in told(progress, "8")["steps"]] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("last", range(2, 7))
def test_nothing_is_missing_in_the_reference(build: Build, told: Ask, last: int) -> None:
    build(reference_sql(6))
    assert told(missing, str(last)) == []


def test_tables_and_columns_are_missing_by_their_parts(build: Build, told: Ask) -> None:
    build(
        reference_sql(3) + "alter table products rename to items; alter table product_images rename url to src;"
        "alter table product_images drop column product_id, drop column display_order;"
        "alter table users rename to customers; drop table price_history;"
    )
    gallery, history = told(missing, "3")[-2:]
    assert (gallery["name"], gallery["stored"], gallery["step"]) == ("product_images", "product_images", 3)
    assert [column["name"] for column in gallery["columns"]] == ["product_id", "display_order"]
    assert [(key["table"], key["columns"]) for key in gallery["foreign_keys"]] == [("products", ["product_id"])]
    assert (history["name"], history["stored"]) == ("price_history", None)
    assert "users" not in [table["name"] for table in told(missing, "3")], "customers is a synonym"


def test_names_toml_counts(build: Build, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    build(
        reference_sql(2) + "create schema extra; alter table products set schema extra;"
        "alter table extra.products rename to items; alter table extra.items rename sku to article"
    )
    project = tmp_path / "ecommerce-db"
    project.mkdir()
    (project / "names.toml").write_text('[tables]\nproducts = "extra.items"\n[columns]\nproducts.sku = "article"\n')
    assert ask("missing", 2, url=url) == []
    (variants, *_) = ask("missing", 3, url=url)
    assert variants["foreign_keys"][0]["table"] == "extra.items"


def test_a_view_is_no_table(build: Build, told: Ask) -> None:
    build("create view users as select 1 as id")
    assert told(missing, "2")[0]["stored"] is None


def test_one_line_says_why_there_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (progress, missing):
        assert command.main(["2", "--database-url", "postgresql+psycopg2://u:secret@127.0.0.1:1/shop"]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.count("\n") == 1 and "127.0.0.1:1" in said.err
        with pytest.raises(SystemExit, match="2"):
            command.main(["two"])
        assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(WorkshopError, match=r"^The checks could not be asked\. .*127\.0\.0\.1:1"):
        ask("progress", 2, url="postgresql+psycopg2://u:secret@127.0.0.1:1/shop")
