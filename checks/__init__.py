"""The checker: grades a shop's schema by reading the live database's catalog and by trying things in it.

>>> from checks import check_step
>>> check_step(2)  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

__all__ = ["check_extension", "check_step", "copilot_prompt", "hint", "scorecard", "show_solution"]


def check_step(
    step: Any, *, strict: bool = False, database_url: str | None = None, names: str | Path | None = None
) -> Any:
    """Check a step against the live database and return its `checks.report.Report`, which shows itself.

    The report also names earlier steps that don't pass (any more); they don't count for this one.

    step: 1 to 8. strict: raise when the step does not pass. database_url: grade that database and not the
    workshop's own. names: a role map, when it is not the project's `names.toml`.

    Raises WorkshopError with one sentence when the step can't be checked: no such step, no connection.
    Nothing in the database is changed.
    """
    from checks.grade import step_number

    return _check(step_number(step), strict, database_url, names)


def check_extension(
    name: Any, *, strict: bool = False, database_url: str | None = None, names: str | Path | None = None
) -> Any:
    """Check an extension against the live database and return its `checks.report.Report`, which shows itself.

    The report also names steps that it builds on and that don't pass; they don't count for it.

    name: "wishlists", "coupons", "bundles", "analytics" or "search". Everything else is as in `check_step`.

    Raises WorkshopError with one sentence when it can't be checked: no such extension, no connection.
    Nothing in the database is changed.
    """
    from checks.grade import extension_name

    return _check(extension_name(name), strict, database_url, names)


def _check(key: int | str, strict: bool, database_url: str | None, names: str | Path | None) -> Any:
    from checks.grade import StepNotPassed, grade_in_context
    from checks.help.told import remember
    from checks.outdated import outdated
    from checks.subject import find_subject

    subject = find_subject(database_url, names)
    report = grade_in_context(key, subject)
    remember(report, subject)
    if database_url is None:
        report = replace(report, outdated=outdated(subject.database_url, report.step))
    if strict and not report.passed:
        raise StepNotPassed(report)
    return report


def hint(step: Any, check: str | None = None) -> Any:
    """The next hint for the first check of a step that fails: why the rule is there, where it is kept, its shape.

    Each further call for the same check gives the next of three levels, on top of those before. step: a number, or the
    name of an extension. check: a rule such as "users.email-unique", to ask about that one. Returns an object that
    shows itself.

    Raises WorkshopError with one sentence: no such step, no such check, no connection.
    """
    from checks.help.next_hint import next_hint

    return next_hint(step, check)


def copilot_prompt(step: Any) -> Any:
    """A text to give to an assistant: the rules that fail, what happened, your files, and "explain, don't fix".

    Returns a `checks.help.prompt.Prompt`, which shows itself as a block to copy. It holds no password and no address
    of a database.

    Raises WorkshopError with one sentence: no such step, no connection.
    """
    from checks.help.prompt import make_prompt

    return make_prompt(step)


def show_solution(step: Any, *, give_up: bool = False) -> Any:
    """The reference of a step as a `checks.help.solution.Solution`, which shows itself, once the step passes.

    Until then it is None, and a sentence says how to go on. give_up: show it all the same.

    Raises WorkshopError with one sentence when there is no such step, no solution of it, or it can't be checked.
    """
    from checks.help import solution

    return solution.show_solution(step, give_up)


def scorecard() -> Any:
    """All steps at once: the exercise's five criteria and six business rules, and what to do next.

    Returns a `checks.overview.Scorecard`, which shows itself as a picture, and has `save("scorecard.html")` and
    `save("scorecard.json")`. Takes half a minute or so once there are migrations and tests:
    these run once for each rule that they should notice.

    Raises WorkshopError with one sentence when there is no connection.
    """
    from checks.overview import make_scorecard

    return make_scorecard()
