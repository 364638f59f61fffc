"""Gives hints, one level at a time: the reason for a rule, then its place, then its shape on another table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from html import escape
from typing import Any

from checks import contract
from checks.contract import Rule
from checks.grade import chapter_key
from checks.help.told import report_of
from checks.hints import HINTS, Hint
from checks.markup import inline, plain, style
from checks.outcome import Outcome, Result
from checks.report import MARKS, Report, argument, detail_html, details, mark_html
from checks.subject import find_subject
from workshop.errors import WorkshopError
from workshop.reference import read_reference
from workshop.steps import STEPS, find_step

#: How many levels a hint has.
LEVELS = 3

#: How far each rule's hint has been given, by the rule's id. It lives as long as the kernel.
_given: dict[str, int] = {}


@dataclass(frozen=True)
class GivenHint:
    """A hint as far as it has been given. Shows itself in a notebook and in a terminal."""

    heading: str  # of the step, or of the extension
    result: Result
    hint: Hint  # in the learner's own names
    level: int  # 1 to LEVELS
    foot: str  # what to do with it

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The levels given so far, each with its heading; of the shape, the sentence alone."""
        all_parts = [
            ("Why a shop needs it", self.hint.rule),
            ("Where it is kept", self.hint.place),
            ("What it looks like, on another table", self.hint.shape.story),
        ]
        return all_parts[: self.level]

    @property
    def code(self) -> str | None:
        """The shape's code, on the last level."""
        return self.hint.shape.code if self.level == LEVELS else None

    @property
    def question(self) -> str | None:
        """What to ask oneself, after the last level."""
        return self.hint.why if self.level == LEVELS else None

    @property
    def _heading(self) -> str:
        return f"{self.heading}, hint {self.level} of {LEVELS}"

    @property
    def _details(self) -> list[tuple[str, str]]:
        return [(label, text) for label, text in details(self.result) if label in ("Happened", "Where")]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self._heading
        yield ""
        yield f"  {MARKS[self.result.outcome]} {plain(self.result.rule.text)}"
        for label, text in self._details:
            yield f"      {label}: {text}"
        for heading, text in self.parts:
            yield from ("", f"  {heading}", f"    {plain(text)}")
        if self.code is not None:
            yield ""
            yield from (f"        {line}".rstrip() for line in self.code.splitlines())
        if self.question is not None:
            yield from ("", "  Ask yourself", f"    {plain(self.question)}")
        yield ""
        yield plain(self.foot)

    def to_html(self) -> str:
        """The hint as a fragment in the style of a report."""
        outcome = self.result.outcome
        rows = "".join(detail_html(label, text) for label, text in self._details)
        parts = "".join(f"<h4>{heading}</h4><p>{inline(text)}</p>" for heading, text in self.parts)
        code = f"<pre><code>{escape(self.code)}</code></pre>" if self.code is not None else ""
        question = f"<h4>Ask yourself</h4><p>{inline(self.question)}</p>" if self.question is not None else ""
        return (
            f'{style()}<div class="shop-report hint"><h3>{self._heading}</h3>'
            f'<ul class="{outcome.value}"><li>{mark_html(outcome)} {inline(self.result.rule.text)}'
            f"{f'<dl>{rows}</dl>' if rows else ''}</li></ul>"
            f'{parts}{code}{question}<p class="foot">{inline(self.foot)}</p></div>'
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


@dataclass(frozen=True)
class NoHint:
    """Nothing to hint at, and what to do instead. Shows itself like a hint."""

    text: str

    def __str__(self) -> str:
        return plain(self.text)

    def to_html(self) -> str:
        return f'{style()}<div class="shop-report hint"><p>{inline(self.text)}</p></div>'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


def next_hint(step: Any, check: Any = None) -> GivenHint | NoHint:
    """Grade a step, and give the next level of the hint for its first failing check, or for the check of that id.

    Raises WorkshopError with one sentence: no such step, no such check, or the step can't be graded.
    """
    key = chapter_key(step)
    rule = None if check is None else _rule(key, check)
    report = report_of(key, find_subject())
    result = _first(report) if rule is None else next(result for result in report.results if result.rule == rule)
    if result is None:
        return NoHint(f"{report.verdict()} {_instead(report)}")
    asked = argument(key) if rule is None else f'{argument(key)}, "{rule.id}"'
    return _give(report, result, f"hint({asked})")


def _rule(key: int | str, check: Any) -> Rule:
    """The rule of that id; WorkshopError that says what may be meant."""
    chapter = contract.chapter(key)
    rules = {rule.id: rule for rule in chapter.rules}
    if isinstance(check, str) and check in rules:
        return rules[check]
    near = get_close_matches(str(check), rules, n=1)
    meant = f"Did you mean {near[0]!r}?" if near else f"Leave it out: hint({argument(key)}) takes the first that fails."
    raise WorkshopError(f"{chapter.short} has no check {check!r}. {meant}")


def _first(report: Report) -> Result | None:
    """The result to begin with: the first failure, or the first advice of a step that passes."""
    if not report.attempted:
        return report.results[0]
    outcome = Outcome.ADVICE if report.passed else Outcome.FAIL
    return next((result for result in report.results if result.outcome is outcome), None)


def _instead(report: Report) -> str:
    """What to do where nothing fails."""
    if not report.passed:
        return report.foot
    if isinstance(report.step, str):
        return "There is nothing to hint at."
    if report.step == STEPS[-1].number:
        return "There is nothing to hint at: that was the last step."
    following = find_step(report.step + 1)
    return f"There is nothing to hint at: go on with step {following.number}, {following.title}."


def _give(report: Report, result: Result, call: str) -> GivenHint:
    """The next level of a rule's hint; after the last one that again, with the way out."""
    before = _given.get(result.rule.id, 0)
    level = _given[result.rule.id] = min(before + 1, LEVELS)
    if before == LEVELS:
        solution = f"show_solution({argument(report.step)}{'' if report.passed else ', give_up=True'})"
        foot = f"That was the last hint. `{solution}` shows how the reference does it."
    elif level == LEVELS:
        foot = f"Answer in your own words, write it for your table, then run `{report.chapter.call}`."
    else:
        foot = f"Still stuck? `{call}` again gives the next hint."
    return GivenHint(report.chapter.short, result, _in_own_names(result, report.step), level, foot)


def _in_own_names(result: Result, step: int | str) -> Hint:
    """The rule's hint with the table and the column that the check names, or else the contract's."""
    hint = HINTS[result.rule.id]
    part = result.rule.id.partition(".")[0]
    about = (result.table, result.column) if _plays(result.table, part) else (None, None)
    names = {
        "table": about[0] or hint.table or part,
        "column": about[1] or hint.column,
        "file": _file_of(part, step),
    }
    return replace(hint, place=hint.place.format(**names))


def _file_of(part: str, step: int | str) -> str:
    """The project's file that the notebook of a step puts this table into; else the step's first."""
    files = read_reference(step).files
    mine = [str(path) for path, text in files.items() if f'__tablename__ = "{part}"' in text]
    return mine[0] if mine else find_step(step).patterns[-1]


def _plays(stored: str | None, part: str) -> bool:
    """A stored table may be the one in this part: it does not go by the name of another one."""
    tables = (*contract.TABLES, *(table for extension in contract.EXTENSIONS for table in extension.tables))
    others = {name for table in tables if table.name != part for name in table.names}
    own = {name for table in tables if table.name == part for name in table.names}
    return stored is not None and (not own or stored in own or stored.rpartition(".")[2] not in others)
