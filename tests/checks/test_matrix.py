"""The matrix: every wrong schema turned down with the right words, every right design taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.contract import Level, Rule
from checks.outcome import Outcome
from checks.report import Report
from tests.checks.conftest import DESIGNS, design_sql, last_step, reference_sql
from tests.checks.verdicts import ELSEWHERE, assert_advised, assert_turned_down, executed_on, outcomes
from tests.checks.wrong_schemas import Wrong, wrong_schemas

Build = Callable[[str], None]
Check = Callable[[int], Report]

#: The steps that are graded on a database.
STEPS = contract.SCHEMA_STEPS
WRONG = [wrong for step in STEPS for wrong in wrong_schemas(step, "step{}.sql")]
LESS = [wrong for step in STEPS for wrong in wrong_schemas(step, "step{}_advice.sql")]
RIGHT = [
    (design, step)
    for design in sorted(DESIGNS.iterdir())
    if design.suffix in (".sql", ".py")
    for step in STEPS
    if step <= last_step(design)
]
RULES: dict[str, Rule] = {
    rule.id: rule for step in contract.STEPS if step.number in STEPS for rule in step.rules if rule.id not in ELSEWHERE
}


@pytest.mark.parametrize(("design", "step"), RIGHT, ids=[f"{design.stem}, step {step}" for design, step in RIGHT])
def test_right_design_is_taken(design: Path, step: int, build: Build, check: Check) -> None:
    build(design_sql(design))
    report = check(step)
    assert report.passed, str(report)
    assert not outcomes(report, Outcome.CANT_TELL, Outcome.SKIPPED), str(report)


@pytest.mark.parametrize("step", STEPS)
def test_reference_follows_all_advice(step: int, build: Build, check: Check) -> None:
    build(reference_sql(step))
    assert set(outcomes(check(step), Outcome.PASS)) == {rule.id for rule in contract.step(step).rules} - ELSEWHERE


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_schema_is_turned_down(
    wrong: Wrong, build: Build, check: Check, playground: Connection, as_superuser: Build
) -> None:
    if playground.server_version < wrong.since:
        pytest.skip(f"PostgreSQL {playground.server_version // 10000} does not know this")
    build(reference_sql(wrong.step))
    change = as_superuser if wrong.as_superuser else executed_on(playground)
    change(wrong.sql)
    assert_turned_down(check(wrong.step), wrong)


@pytest.mark.parametrize("less", LESS, ids=str)
def test_advice_is_given_and_the_step_passes(less: Wrong, build: Build, check: Check) -> None:
    build(reference_sql(less.step) + less.sql)
    assert_advised(check(less.step), less)


def test_every_rule_has_two_wrong_schemas() -> None:
    written = Counter(wrong.breaks for wrong in (*WRONG, *LESS))
    assert {rule: written[rule] for rule in RULES if written[rule] < 2} == {}


def test_wrong_schemas_break_musts_and_the_others_advice() -> None:
    assert {RULES[wrong.breaks].level for wrong in WRONG} == {Level.MUST}
    assert {RULES[less.breaks].level for less in LESS} == {Level.ADVICE}
