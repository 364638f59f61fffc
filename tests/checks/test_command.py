"""python -m checks: exit statuses, JSON, and one line when it could not run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.__main__ import main
from tests.checks.conftest import reference_sql
from workshop.postgres import normalise_url

Build = Callable[[str], None]

KEYS = [
    "id",
    "title",
    "outcome",
    "level",
    "criterion",
    "table",
    "column",
    "expected",
    "happened",
    "tried",
    "sqlstate",
    "next",
    "message",
]


def test_passed(build: Build, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    build(reference_sql(2))
    assert main(["2", "--database-url", url]) == 0
    assert capsys.readouterr().out.startswith("Step 2, Core entities: passed.")


def test_not_passed_as_json(build: Build, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    build(reference_sql(2) + "alter table products drop constraint price_not_negative")
    assert main(["2", "--database-url", url, "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["version"], data["step"], data["title"], data["passed"]) == (1, 2, "Core entities", False)
    assert data["score"] == data["out_of"] - 1
    assert all(list(check) == KEYS for check in data["checks"])
    [failed] = [check for check in data["checks"] if check["outcome"] == "fail"]
    assert (failed["id"], failed["table"], failed["column"]) == ("products.price-not-negative", "products", "price")
    assert failed["level"] == "must"
    assert failed["criterion"] == "integrity"
    assert "-1.00" in failed["tried"]
    assert failed["next"] in failed["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["99"], "There is no step 99"),
        (["two"], "There is no step 'two'"),
        ([], "step"),
        (["2", "--what"], "--what"),
        (["2", "--database-url", "postgresql+psycopg2://u:secret@127.0.0.1:1/shop"], "127.0.0.1:1"),
        (["2", "--database-url", "mysql://u@h/d"], "postgresql+psycopg2://"),
    ],
)
def test_could_not_run(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = int(stop.code or 0)
    told = capsys.readouterr()
    assert status == 2
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert says in told.err
    assert "secret" not in told.err


def test_names_and_any_way_to_write_a_url(build: Build, url: str, tmp_path: Path) -> None:
    build(reference_sql(2) + "alter table users rename to members")
    names = tmp_path / "names.toml"
    names.write_text('[tables]\nusers = "members"')
    plain = url.replace("postgresql+psycopg2://", "postgres://")
    assert normalise_url(plain) == url
    assert main(["2", "--database-url", plain, "--names", str(names)]) == 0
    assert main(["2", "--database-url", plain]) == 1
