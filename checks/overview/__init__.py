"""The whole on one page: the exercise's five criteria and six business rules, and the checks that prove each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from checks import contract
from checks.contract import Level
from checks.contract.requirements import CRITERIA, REQUIREMENTS
from checks.grade import grade
from checks.markup import plain, style
from checks.missing import missing_tables
from checks.outcome import Outcome, Result
from checks.overview.picture import Bar, draw_bars, draw_legend
from checks.report import Report
from checks.subject import Subject, find_subject
from workshop.diagram import Diagram, draw, read_tables
from workshop.diagram.tables import with_missing
from workshop.errors import WorkshopError
from workshop.postgres import connect
from workshop.progress import Progress
from workshop.steps import find_step

VERSION = 1

_EXTRA, _NOT_BEGUN = "an extension", "an extension, not begun"


@dataclass(frozen=True)
class Line:
    """A criterion or a business rule, and what the checks say of the rules behind it.

    Attributes:
        results: of all rules that prove it, advice included, in the order of the steps.
    """

    title: str
    text: str
    results: Sequence[Result]

    @property
    def musts(self) -> list[Result]:
        return [result for result in self.results if result.rule.level is Level.MUST]

    @property
    def score(self) -> int:
        return sum(result.outcome is Outcome.PASS for result in self.musts)

    @property
    def out_of(self) -> int:
        """Without what the checks could not tell."""
        return sum(result.outcome is not Outcome.CANT_TELL for result in self.musts)

    @property
    def fails(self) -> bool:
        """A rule of it is broken, and does not only wait for a step to come."""
        return any(result.outcome is Outcome.FAIL for result in self.results)

    @property
    def holds(self) -> bool:
        return bool(self.out_of) and self.score == self.out_of

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "holds": self.holds,
            "score": self.score,
            "out_of": self.out_of,
            "checks": {result.rule.id: result.outcome.value for result in self.results},
        }


@dataclass(frozen=True)
class Scorecard:
    """Shows itself as a picture in a notebook, and as text; `save()` keeps it as a page or as data."""

    reports: Sequence[Report]
    extras: Sequence[Report] = ()  # of the extensions
    diagram: Diagram | None = None

    @property
    def criteria(self) -> list[Line]:
        """The five criteria of success."""
        return [
            Line(title, text, [result for result in self._results if result.rule.criterion is criterion])
            for criterion, (title, text) in CRITERIA.items()
        ]

    @property
    def requirements(self) -> list[Line]:
        """The six business rules."""
        return [
            Line(one.title, one.text, [result for result in self._results if one.is_proved_by(result.rule)])
            for one in REQUIREMENTS
        ]

    @property
    def extensions(self) -> list[Line]:
        """What a learner may add; nothing of the verdict hangs on it."""
        return [Line(report.title, _EXTRA if report.attempted else _NOT_BEGUN, report.checks) for report in self.extras]

    @property
    def passed(self) -> bool:
        """Every step passes."""
        return all(report.passed for report in self.reports)

    @property
    def next(self) -> str:
        """What to do now, in a sentence."""
        due = next((report for report in self.reports if not report.passed), None)
        if due is None:
            return "Every step passes. What is left is advice, and the extensions in `notebooks/extensions/`."
        if not due.attempted:
            return f"Next: step {due.step}, {due.title}. Its notebook is `notebooks/{find_step(due.step).notebook}`."
        first = next((result for result in due.checks if result.outcome is Outcome.FAIL), None)
        if first is None:
            return f"Next: step {due.step}, {due.title}: `check_step({due.step})` says what is open there."
        rule = first.rule.text.replace("`", "").rstrip(".")
        return f"Next: step {due.step}, {due.title}: {rule}. `hint({due.step})` helps with that."

    def verdict(self) -> str:
        """The scorecard in a sentence."""
        criteria, requirements = self.criteria, self.requirements
        return (
            f"{sum(report.passed for report in self.reports)} of {len(self.reports)} steps pass. "
            f"{sum(line.holds for line in criteria)} of {len(criteria)} criteria and "
            f"{sum(line.holds for line in requirements)} of {len(requirements)} business rules are met."
        )

    @property
    def _results(self) -> list[Result]:
        return [result for report in self.reports for result in report.checks]

    def to_dict(self) -> dict[str, Any]:
        """The scorecard as JSON-ready data, version 1."""
        return {
            "version": VERSION,
            "passed": self.passed,
            "criteria": [line.to_dict() for line in self.criteria],
            "requirements": [line.to_dict() for line in self.requirements],
            "extensions": [line.to_dict() for line in self.extensions],
            "steps": [
                {"step": report.step, "passed": report.passed, "score": report.score, "out_of": report.out_of}
                for report in self.reports
            ],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.verdict()
        for heading, lines in self._groups():
            yield ""
            yield f"{heading}:"
            for line in lines:
                mark = "✓" if line.holds else "✗" if line.fails else "○"
                yield f"  {mark} {line.title}: {line.text} ({line.score} of {line.out_of})"
        yield ""
        yield plain(self.next)

    def _groups(self) -> Iterator[tuple[str, list[Line]]]:
        yield "Criteria of success", self.criteria
        yield "Business rules", self.requirements
        if self.extras:
            yield "Extras", self.extensions

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}

    def to_html(self) -> str:
        """A fragment that carries its own style and follows JupyterLab's theme."""
        bars = "".join(
            f"<h4>{escape(heading)}</h4>{draw_bars([_bar(line) for line in lines])}"
            for heading, lines in self._groups()
        )
        picture = self.diagram.html if self.diagram else ""
        diagram = f"<details><summary>The schema, and what is missing of what was asked</summary>{picture}</details>"
        state = "done" if self.passed else "open" if any(line.fails for line in self.criteria) else "new"
        return (
            f'{style()}<div class="shop-report {state}"><h3>{escape(self.verdict())}</h3>{bars}<p>{draw_legend()}</p>'
            f'{diagram if picture else ""}<p class="foot">{escape(plain(self.next))}</p></div>'
        )

    def save(self, path: str | Path) -> Path:
        """Keep it: `scorecard.html` as a page, `scorecard.json` as one line of JSON. Gives the file's full path.

        Raises WorkshopError for any other ending, and where the file can't be written.
        """
        writers: dict[str, Callable[[], str]] = {
            ".html": self._page,
            ".json": lambda: f"{json.dumps(self.to_dict())}\n",
        }
        if not isinstance(path, str | Path) or Path(path).suffix not in writers:
            raise WorkshopError(
                f"The file of a scorecard should end in .html, for a page, or in .json, for a line of data: {path!r} "
                "does not."
            )
        try:
            file = Path(path).expanduser().absolute()
            file.write_text(writers[file.suffix](), encoding="utf-8")
        except (OSError, RuntimeError, ValueError) as error:  # no such place, no such home, no such name
            reason = getattr(error, "strerror", None) or error
            raise WorkshopError(f"The scorecard can't be written to {str(path)!r}: {reason}.") from None
        return file

    def _page(self) -> str:
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Scorecard</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<style>body{font-family:system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}</style>"
            f"</head><body><h1>Scorecard</h1>{self.to_html()}</body></html>\n"
        )


def make_scorecard(*, database_url: str | None = None, project: str | Path | None = None) -> Scorecard:
    """Check all steps, and put what they say under the exercise's criteria and business rules.

    Takes half a minute or so once there are migrations and tests; shows a progress bar.

    Raises WorkshopError when the database can't be reached.
    """
    subject = find_subject(database_url, project=project)
    reports, extras = [], []
    with Progress("Checking", len(contract.CHAPTERS)) as progress:
        for step in contract.STEPS:
            progress.step(step.title)
            reports.append(_report(step.number, subject))
        for extension in contract.EXTENSIONS:
            progress.step(extension.title)
            extras.append(grade(extension.name, subject))
    return Scorecard(reports, extras, _diagram(subject))


def _report(number: int, subject: Subject) -> Report:
    """Without a project folder, its steps are open."""
    if number in contract.SCHEMA_STEPS or subject.has_project:
        return grade(number, subject)
    step = contract.step(number)
    return Report(number, step.title, tuple(Result(rule, Outcome.NOT_ATTEMPTED) for rule in step.rules))


def _diagram(subject: Subject) -> Diagram | None:
    with closing(connect(subject.database_url, "scorecard")) as connection:
        there = read_tables(connection)
    tables = with_missing(there, missing_tables(subject, contract.SCHEMA_STEPS[-1]))
    return draw(tables) if tables else None


def _bar(line: Line) -> Bar:
    return Bar(line.title, line.text, f"{line.score} of {line.out_of}", [_tile(result) for result in line.results])


def _tile(result: Result) -> tuple[str, str]:
    return (
        result.outcome.value,
        f"{plain(result.rule.text)} ({result.rule.id}: {result.outcome.value.replace('_', ' ')})",
    )


__all__ = ["Line", "Scorecard", "make_scorecard"]
