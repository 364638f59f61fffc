"""The matrix of the extensions: wrong ones turned down with the right words, right ones of many kinds taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.contract import Level
from checks.outcome import Outcome
from checks.report import Report
from tests.checks.conftest import DESIGNS, design_sql, reference_sql
from tests.checks.verdicts import assert_advised, assert_turned_down, executed_on, outcomes
from tests.checks.wrong_schemas import Wrong, wrong_schemas

Build = Callable[[str], None]
Check = Callable[[int | str], Report]

NAMES = [extension.name for extension in contract.EXTENSIONS]
RULES = {rule.id: rule for extension in contract.EXTENSIONS for rule in extension.rules}
WRONG = [wrong for name in NAMES for wrong in wrong_schemas(name, "{}.sql")]
LESS = [wrong for name in ("coupons", "search") for wrong in wrong_schemas(name, "{}_advice.sql")]


@dataclass(frozen=True)
class Right:
    """An extension in another way: a change to the reference, or one written upon another design of the steps."""

    extension: str
    name: str
    upon: str  # a design, or empty for the reference with the extension's own
    sql: str

    def __str__(self) -> str:
        return f"{self.extension}: {self.name}"

    @property
    def schema(self) -> str:
        if not self.upon:
            return reference_sql(self.extension) + self.sql
        [design] = DESIGNS.glob(f"{self.upon}.*")
        return f"{design_sql(design)};\n{self.sql}"


def _right_ones(extension: str) -> list[Right]:
    """The entries of an extension's file: a line `-- right: its name`, perhaps one `-- upon: design`, and SQL."""
    text = (Path(__file__).with_name("right_changes") / f"{extension}.sql").read_text(encoding="utf-8")
    entries = re.split(r"^-- right: ", text, flags=re.MULTILINE)[1:]
    found = []
    for entry in entries:
        name, _, sql = entry.partition("\n")
        upon = re.match(r"-- upon: (\w+)\n", sql)
        found.append(Right(extension, name, upon.group(1) if upon else "", sql))
    return found


RIGHT = [right for name in NAMES for right in _right_ones(name)]


@pytest.mark.parametrize("name", NAMES)
def test_reference_follows_all_advice(name: str, build: Build, check: Check) -> None:
    build(reference_sql(name))
    report = check(name)
    assert set(outcomes(report, Outcome.PASS)) == {rule.id for rule in contract.chapter(name).rules}, str(report)


@pytest.mark.parametrize("right", RIGHT, ids=str)
def test_other_way_is_taken(right: Right, build: Build, check: Check) -> None:
    build(right.schema)
    report = check(right.extension)
    assert report.passed, str(report)
    assert not outcomes(report, Outcome.CANT_TELL, Outcome.SKIPPED), str(report)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_extension_is_turned_down(
    wrong: Wrong, build: Build, check: Check, playground: Connection, as_superuser: Build
) -> None:
    build(reference_sql(wrong.step))
    change = as_superuser if wrong.as_superuser else executed_on(playground)
    change(wrong.sql)
    assert_turned_down(check(wrong.step), wrong)


@pytest.mark.parametrize("less", LESS, ids=str)
def test_advice_is_given_and_the_extension_passes(less: Wrong, build: Build, check: Check) -> None:
    build(reference_sql(less.step) + less.sql)
    assert_advised(check(less.step), less)


def test_every_rule_has_a_wrong_schema_of_its_own() -> None:
    assert set(RULES) == {wrong.breaks for wrong in (*WRONG, *LESS)}


def test_wrong_schemas_break_musts_and_the_others_advice() -> None:
    assert {RULES[wrong.breaks].level for wrong in WRONG} == {Level.MUST}
    assert {RULES[less.breaks].level for less in LESS} == {Level.ADVICE}
