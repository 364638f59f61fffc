"""python -m checks.progress N [--first M] [--database-url URL]: how far steps M to N are, as JSON.

Worked out from the database each time, and never from a file:

    {"version": 1,
     "steps": [{"step": 2, "title": "Core entities", "state": "open", "score": 28, "out_of": 29,
                "missing": "A price is never below zero."}, …],
     "missing": […]}

`state` is passed, open, or not_attempted. `score` of `out_of` required rules hold; a step's `missing` is the first of
the others, null when there is none. Steps without checks are left out, and those that are about a project where a
database alone is named. The list `missing` is that of `checks.missing`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from checks import contract
from checks.command import Parser, answer, subject
from checks.contract import Level
from checks.grade import grade_required
from checks.missing import missing_tables
from checks.outcome import Outcome
from checks.report import Report
from checks.subject import Subject

VERSION = 1


def progress(subject: Subject, last: int, first: int = 1) -> dict[str, Any]:
    """The data above for steps `first` to `last`; WorkshopError when one of them can't be graded."""
    numbers = [
        step.number
        for step in contract.STEPS
        if first <= step.number <= last and (subject.has_project or step.number <= contract.SCHEMA_STEPS[-1])
    ]
    return {
        "version": VERSION,
        "steps": [_step(report) for report in grade_required(numbers, subject)],
        "missing": missing_tables(subject, last),
    }


def _step(report: Report) -> dict[str, Any]:
    return {
        "step": report.step,
        "title": report.title,
        "state": "passed" if report.passed else "open" if report.attempted else "not_attempted",
        "score": report.score,
        "out_of": report.out_of,
        "missing": _first_missing(report),
    }


def _first_missing(report: Report) -> str | None:
    """What fails, before what only waits for it."""
    due = [result for result in report.checks if result.rule.level is Level.MUST and result.outcome in _OPEN]
    first = min(due, key=lambda result: _OPEN.index(result.outcome), default=None)
    return first.rule.text.replace("`", "") if first else None


_OPEN = (Outcome.FAIL, Outcome.SKIPPED, Outcome.NOT_ATTEMPTED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer on standard output; exit status 2 and one line on standard error where that can't be done."""
    parser = Parser(prog="python -m checks.progress", description="How far the steps are, as JSON.")
    parser.add_argument("last", metavar="N", type=int, help="the last step to look at")
    parser.add_argument("--first", metavar="M", type=int, default=1, help="the first one (default: 1)")
    parser.add_subject()
    return answer(
        parser,
        arguments,
        lambda options: progress(subject(options), options.last, options.first),
    )


if __name__ == "__main__":
    sys.exit(main())
