"""The outcome of a step as text, HTML and JSON. Knows results alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from checks import contract
from checks.contract import Level
from checks.markup import inline, plain, style
from checks.outcome import Outcome, Result
from workshop.words import counted

#: Version of the JSON that to_dict() gives.
VERSION = 1

#: Shape as well as colour, so that the report reads in print and for everyone.
MARKS = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.ADVICE: "→",
    Outcome.NOT_ATTEMPTED: "○",
    Outcome.SKIPPED: "○",
    Outcome.CANT_TELL: "?",
}
_HEADINGS = {
    Outcome.FAIL: "To put right",
    Outcome.CANT_TELL: "The checks can't tell (this does not count against you)",
    Outcome.SKIPPED: "Waits for something above",
    Outcome.NOT_ATTEMPTED: "What is asked for",
    Outcome.ADVICE: "Good practice, if you like",
    Outcome.PASS: "What holds",
}


@dataclass(frozen=True)
class Report:
    """What `check_step` or `check_extension` found. Shows itself in a notebook and in a terminal."""

    step: int | str  # an extension goes by its name
    title: str
    results: tuple[Result, ...]
    earlier: tuple[Report, ...] = ()  # the steps before that don't pass
    lacks: tuple[str, ...] = ()  # tables of steps before that are not there, without which nothing can be checked
    outdated: str = ""  # a sentence, where the project's files say something else than the database was built from

    @property
    def passed(self) -> bool:
        """Every MUST holds, apart from those that the checks could not tell."""
        return all(result.outcome in (Outcome.PASS, Outcome.CANT_TELL) for result in self._musts)

    @property
    def checks(self) -> tuple[Result, ...]:
        return self.results

    @property
    def score(self) -> int:
        """How many MUSTs hold."""
        return sum(result.outcome is Outcome.PASS for result in self._musts)

    @property
    def out_of(self) -> int:
        """How many MUSTs there are, without those that the checks could not tell."""
        return sum(result.outcome is not Outcome.CANT_TELL for result in self._musts)

    @property
    def chapter(self) -> contract.Step | contract.Extension:
        """What the contract says of it."""
        return contract.chapter(self.step)

    @property
    def attempted(self) -> bool:
        return any(result.outcome is not Outcome.NOT_ATTEMPTED for result in self.results)

    @property
    def foot(self) -> str:
        """Where to get on from here, as long as the step does not pass; else nothing."""
        if not self.attempted:
            return (
                ""
                if self.lacks or self.earlier
                else f"Begin with the first of them: `hint({argument(self.step)})` leads you to it."
            )
        if any(result.outcome is Outcome.FAIL for result in self.results):
            return f"Stuck? `hint({argument(self.step)})` gives the next hint for the first thing to put right."
        if self.attempted and not self.passed:
            before = contract.step(self.chapter.needs)
            return f"What is open waits for an earlier step: `{before.call}` says what is missing there."
        return ""

    @property
    def _untold(self) -> int:
        return sum(result.outcome is Outcome.CANT_TELL for result in self._musts)

    @property
    def _open_practice(self) -> str:
        count = sum(result.outcome is Outcome.ADVICE for result in self.results)
        return f" Of good practice, {counted(count, 'rule')} {'is' if count == 1 else 'are'} open." if count else ""

    @property
    def _musts(self) -> list[Result]:
        return [result for result in self.results if result.rule.level is Level.MUST]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data, version 1 (see docs/grading.md)."""
        return {
            "version": VERSION,
            "step": self.step,
            "title": self.title,
            "passed": self.passed,
            "score": self.score,
            "out_of": self.out_of,
            "checks": [_as_data(result) for result in self.results],
        }

    def verdict(self) -> str:
        """The report in one sentence."""
        heading = self.chapter.heading
        if not self.attempted:
            return f"{heading}: not attempted yet."
        if self.passed and self._untold:
            return (
                f"{heading}: passed, as far as the checks can tell. {self.score} of {len(self._musts)} required rules "
                f"hold, and {self._untold} could not be tried."
            )
        if self.passed:
            return f"{heading}: passed. {self.score} of {self.out_of} required rules hold.{self._open_practice}"
        return f"{heading}: not yet. {self.score} of {self.out_of} required rules hold."

    def warnings(self) -> Iterator[str]:
        """What to know before the results, a sentence each."""
        if self.outdated:
            yield self.outdated
        yield from (report.as_earlier() for report in self.earlier)
        if self.lacks:
            more = f" and {len(self.lacks) - 3} more" if len(self.lacks) > 3 else ""
            yield (
                f"Steps 2 to {self.chapter.needs} come first, and tables of theirs are missing "
                f"({', '.join(self.lacks[:3])}{more}): catch_up({self.chapter.needs}) writes them for you."
            )

    def as_earlier(self) -> str:
        """The report in one sentence, in that of a later step."""
        name = f"{self.chapter.heading},"
        if not self.attempted:
            return f"{name} is not there yet, and this one builds on it: catch_up({self.step}) writes it for you."
        broken = [result for result in self._musts if result.outcome is not Outcome.PASS]
        first = next((result for result in broken if result.outcome is Outcome.FAIL), broken[0])
        where = f" ({_where(first)})" if _where(first) else ""
        rule = plain(first.rule.text).rstrip(".")
        return f"{name} does not hold at the moment: {rule}{where}. check_step({self.step}) says more."

    def groups(self) -> Iterator[tuple[Outcome, list[Result]]]:
        """Results by outcome, what needs doing first."""
        for outcome in _HEADINGS:
            found = [result for result in self.results if result.outcome is outcome]
            if outcome is Outcome.NOT_ATTEMPTED:
                found = [result for result in found if result.rule.level is Level.MUST]
            if found:
                yield outcome, found

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.verdict()
        yield from (f"! {warning}" for warning in self.warnings())
        for outcome, results in self.groups():
            yield ""
            yield f"{_HEADINGS[outcome]}:"
            for result in results:
                yield f"  {MARKS[outcome]} {plain(result.rule.text)}"
                for label, text in details(result):
                    yield f"      {label}: {text}"
        if self.foot:
            yield ""
            yield plain(self.foot)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}

    def to_html(self) -> str:
        """The report as a fragment that carries its own style and follows JupyterLab's theme."""
        state = "new" if not self.attempted or (self.passed and self._untold) else "done" if self.passed else "open"
        warnings = "".join(f'<p class="warning">! {escape(warning)}</p>' for warning in self.warnings())
        groups = "".join(_group_html(outcome, results) for outcome, results in self.groups())
        foot = f'<p class="foot">{inline(self.foot)}</p>' if self.foot else ""
        body = f"<h3>{escape(self.verdict())}</h3>{warnings}{groups}{foot}"
        return f'{style()}<div class="shop-report {state}">{body}</div>'


def details(result: Result) -> list[tuple[str, str]]:
    """The lines below a rule: what was tried, what happened, where, what next."""
    lines = (
        ("Tried", result.tried),
        ("Happened", result.happened),
        ("Where", _where(result)),
        ("Next", result.next),
    )
    return [(label, text) for label, text in lines if text]


def _where(result: Result) -> str:
    return ".".join(filter(None, (result.table, result.column)))


def _group_html(outcome: Outcome, results: list[Result]) -> str:
    items = "".join(_item_html(result) for result in results)
    listed = f'<ul class="{outcome.value}">{items}</ul>'
    heading = escape(_HEADINGS[outcome])
    if outcome in (Outcome.PASS, Outcome.SKIPPED, Outcome.ADVICE):
        return f"<details><summary>{heading} ({_count(results)})</summary>{listed}</details>"
    return f"<h4>{heading}</h4>{listed}"


def _count(results: Sequence[Result]) -> str:
    """How many there are; of required ones and good practice, each by itself."""
    required = sum(result.rule.level is Level.MUST for result in results)
    rest = len(results) - required
    return f"{required} required, {rest} of good practice" if required and rest else str(len(results))


def _item_html(result: Result) -> str:
    rows = "".join(detail_html(label, text) for label, text in details(result))
    return f"<li>{mark_html(result.outcome)} {inline(result.rule.text)}{f'<dl>{rows}</dl>' if rows else ''}</li>"


def detail_html(label: str, text: str) -> str:
    """A line of `details` as HTML, within a `dl`."""
    shown = f"<code>{escape(text)}</code>" if label in ("Tried", "Where") else escape(text)
    return f"<dt>{label}</dt><dd>{shown}</dd>"


def mark_html(outcome: Outcome) -> str:
    """An outcome's mark, with a word for those who hear the page."""
    return f'<span class="mark" aria-label="{outcome.value.replace("_", " ")}">{MARKS[outcome]}</span>'


def argument(key: int | str) -> str:
    """The key of a step or an extension as one types it in a call."""
    return f'"{key}"' if isinstance(key, str) else str(key)


def _as_data(result: Result) -> dict[str, Any]:
    return {
        "id": result.rule.id,
        "title": plain(result.rule.text),
        "outcome": result.outcome.value,
        "level": result.rule.level.value,
        "criterion": result.rule.criterion.value,
        "table": result.table,
        "column": result.column,
        "expected": result.expected,
        "happened": result.happened,
        "tried": result.tried,
        "sqlstate": result.sqlstate,
        "next": result.next,
        "message": _message(result),
    }


def _message(result: Result) -> str | None:
    if result.happened is None:
        return None
    return " ".join(filter(None, (plain(result.rule.text), result.happened, result.next)))
