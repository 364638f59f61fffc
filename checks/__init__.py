"""The checker: grades a shop's schema by reading the live database's catalog and by trying things in it.

>>> from checks import check_step
>>> check_step(2)  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["check_step", "show_solution"]


def check_step(
    step: Any, *, strict: bool = False, database_url: str | None = None, names: str | Path | None = None
) -> Any:
    """Check a step against the live database and return its `checks.report.Report`, which shows itself.

    step: 1 to 8. strict: raise when the step does not pass. database_url: grade that database and not the
    workshop's own. names: a role map, when it is not the project's `names.toml`.

    Raises WorkshopError with one sentence when the step can't be checked: no such step, no connection.
    Nothing in the database is changed.
    """
    from checks.grade import StepNotPassed, grade, step_number
    from checks.subject import find_subject

    number = step_number(step)
    report = grade(number, find_subject(database_url, names))
    if strict and not report.passed:
        raise StepNotPassed(report)
    return report


def show_solution(step: Any, *, give_up: bool = False) -> Any:
    """The reference of a step as a `checks.solution.Solution`, which shows itself, once the step passes.

    Until then it is None, and a sentence says how to go on. give_up: show it all the same.

    Raises WorkshopError with one sentence when there is no such step, no solution of it, or it can't be checked.
    """
    from checks import solution

    return solution.show_solution(step, give_up)
