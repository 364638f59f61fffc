"""Calls that speak of step 8 go by the report that the learner has seen, as long as another could not differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from checks import check_step, copilot_prompt, hint
from checks.help import next_hint, told
from tests.checks.conftest import reference_sql
from workshop import postgres
from workshop.schema import build_schema
from workshop.settings import settings

FAILS = "def test_shop():\n    assert 1 + 1 == 3\n"


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[int | str]:
    """What such a call has graded anew."""
    anew: list[int | str] = []
    grade = told.grade

    def counted(key: int | str, subject: object) -> object:
        anew.append(key)
        return grade(key, subject)  # type: ignore[arg-type]

    monkeypatch.setattr(told, "grade", counted)
    monkeypatch.setattr(told, "_latest", {})
    monkeypatch.setattr(next_hint, "_given", {})
    return anew


@pytest.fixture
def tests(database: str) -> Iterator[Path]:
    """The file of a learner's tests, beside a schema that is built."""
    folder = settings().project
    for part in ("schemas", "tests"):
        (folder / part).mkdir(parents=True)
    (folder / "schemas" / "01_shop.sql").write_text(reference_sql(5), "utf-8")
    build_schema()
    file = folder / "tests" / "test_schema.py"
    file.write_text(FAILS, "utf-8")
    yield file


def test_a_hint_and_a_prompt_speak_of_the_report_that_was_shown(tests: Path, graded: list[int | str]) -> None:
    report = check_step(8)
    assert not report.passed
    assert hint(8).level == 1 and hint(8).level == 2
    assert "test_shop" in str(copilot_prompt(8))
    assert graded == []


def test_they_look_anew_when_a_file_or_the_schema_has_changed(
    tests: Path, graded: list[int | str], database: str
) -> None:
    check_step(8)
    tests.write_text("def test_shop():\n    assert 2 + 2 == 5, 'a mug'\n", "utf-8")
    assert "a mug" in str(hint(8)) and graded == [8]
    with closing(postgres.connect(database, "tests")) as connection, connection, connection.cursor() as cursor:
        cursor.execute("create index on users (last_name)")
    assert "a mug" in str(hint(8)) and graded == [8, 8]
    assert "a mug" in str(hint(8)) and graded == [8, 8]


def test_without_a_report_they_make_one(tests: Path, graded: list[int | str]) -> None:
    assert "test_shop" in str(hint(8)) and "test_shop" in str(hint(8))
    assert graded == [8]
