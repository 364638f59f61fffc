"""What a report has to say of a wrong schema."""

from __future__ import annotations

from collections.abc import Callable

from psycopg2.extensions import connection as Connection

from checks.outcome import Outcome, Result
from checks.report import Report
from tests.checks.wrong_schemas import Wrong

#: About the project folder, which a database alone says nothing of: see test_order_history.py.
ELSEWHERE = {"queries.order-history"}


def assert_turned_down(report: Report, wrong: Wrong) -> None:
    """The rule that it breaks fails, with its words, and no rule that has nothing to do with it."""
    assert not report.passed
    failed = outcomes(report, Outcome.FAIL)
    assert wrong.breaks in failed, str(report)
    assert set(failed) - {wrong.breaks} <= set(wrong.also), str(report)
    assert not outcomes(report, Outcome.CANT_TELL), str(report)
    assert_words(failed[wrong.breaks], wrong)


def assert_advised(report: Report, less: Wrong) -> None:
    """It passes, and the advice that it does not follow is given, with its words."""
    assert report.passed, str(report)
    advice = outcomes(report, Outcome.ADVICE)
    assert less.breaks in advice, str(report)
    assert set(advice) - {less.breaks} <= set(less.also), str(report)
    assert_words(advice[less.breaks], less)


def outcomes(report: Report, *outcomes: Outcome) -> dict[str, Result]:
    judged = [result for result in report.results if result.rule.id not in ELSEWHERE]
    return {result.rule.id: result for result in judged if result.outcome in outcomes}


def executed_on(connection: Connection) -> Callable[[str], None]:
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
    assert "CheckConstraint(" not in said or "name=" in said, "a project takes none without a name"
    assert "Traceback" not in said
