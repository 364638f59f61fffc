"""The matrix: every wrong schema turned down with the right words, every right design taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.contract import Level, Rule
from checks.outcome import Outcome, Result
from checks.report import Report
from tests.checks.conftest import DESIGNS, design_sql, last_step, reference_sql
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
#: About the project folder, which a database alone says nothing of: see test_order_history.py.
ELSEWHERE = {"queries.order-history"}
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
    report = check(wrong.step)
    assert not report.passed
    failed = outcomes(report, Outcome.FAIL)
    assert wrong.breaks in failed, str(report)
    assert set(failed) - {wrong.breaks} <= set(wrong.also), str(report)
    assert not outcomes(report, Outcome.CANT_TELL), str(report)
    assert_words(failed[wrong.breaks], wrong)


@pytest.mark.parametrize("less", LESS, ids=str)
def test_advice_is_given_and_the_step_passes(less: Wrong, build: Build, check: Check) -> None:
    build(reference_sql(less.step) + less.sql)
    report = check(less.step)
    assert report.passed, str(report)
    advice = outcomes(report, Outcome.ADVICE)
    assert less.breaks in advice, str(report)
    assert set(advice) - {less.breaks} <= set(less.also), str(report)
    assert_words(advice[less.breaks], less)


def test_every_rule_has_two_wrong_schemas() -> None:
    written = Counter(wrong.breaks for wrong in (*WRONG, *LESS))
    assert {rule: written[rule] for rule in RULES if written[rule] < 2} == {}


def test_wrong_schemas_break_musts_and_the_others_advice() -> None:
    assert {RULES[wrong.breaks].level for wrong in WRONG} == {Level.MUST}
    assert {RULES[less.breaks].level for less in LESS} == {Level.ADVICE}


def outcomes(report: Report, *outcomes: Outcome) -> dict[str, Result]:
    judged = [result for result in report.results if result.rule.id not in ELSEWHERE]
    return {result.rule.id: result for result in judged if result.outcome in outcomes}


def executed_on(connection: Connection) -> Build:
    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return execute


def assert_words(result: Result, wrong: Wrong) -> None:
    said = " ".join(
        filter(None, (result.happened, result.table, result.column and f"{result.table}.{result.column}", result.next))
    )
    assert all(word in said for word in wrong.says), said
    assert result.next, "every message ends with one thing to do"
    assert "Traceback" not in said
