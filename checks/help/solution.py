"""The reference of a step, shown to who has passed it, or has given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from checks import contract
from checks.grade import chapter_key
from checks.help.told import report_of
from checks.outcome import Outcome
from checks.report import Report, argument
from checks.subject import find_subject
from workshop.reference import Reference, read_reference
from workshop.words import counted


@dataclass(frozen=True)
class Solution:
    """A step's reference: its files, and the answers that are in no file. Shows itself in a notebook and a terminal."""

    reference: Reference
    task: str

    def __str__(self) -> str:
        parts = [f"{title}\n\n{_indented(text)}" for title, text in self._parts()]
        return "\n\n".join([self._title, *parts, self.task])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}

    def to_html(self) -> str:
        """The solution as a fragment that carries its own style and follows JupyterLab's theme."""
        parts = "".join(f"<h4><code>{escape(title)}</code></h4>{_code(title, text)}" for title, text in self._parts())
        return (
            f'<style>{_style()}</style><div class="shop-solution"><h3>{escape(self._title)}</h3>{parts}'
            f"<p>{escape(self.task)}</p></div>"
        )

    @property
    def _title(self) -> str:
        return f"{self.reference.step.heading}: one right answer of many."

    def _parts(self) -> Iterator[tuple[str, str]]:
        yield from (("in the notebook", text) for text in self.reference.answers)
        yield from ((str(path), text) for path, text in self.reference.files.items())


def show_solution(step: Any, give_up: bool) -> Solution | None:
    """The reference, where the step passes or the learner gives up; else None, and a sentence is printed."""
    reference = read_reference(step)
    if give_up:
        call = contract.chapter(step).call
        return Solution(reference, f"Before you go on, change one rule of yours by hand, then call {call}.")
    report = report_of(chapter_key(step), find_subject())
    if report.passed:
        return Solution(reference, f"{_yours(report)} Where the two differ, which do you prefer, and why?")
    print(_not_yet(report))
    return None


def _yours(report: Report) -> str:
    """How a schema that passes compares with the reference, which follows all good practice."""
    open_ = sum(result.outcome is Outcome.ADVICE for result in report.results)
    if not open_:
        return "Yours keeps every rule as well."
    open_rules = f"{counted(open_, 'rule')} {'is' if open_ == 1 else 'are'}"
    return f"Yours keeps every required rule as well; of good practice, {open_rules} open."


def _not_yet(report: Report) -> str:
    count, key = report.out_of - report.score, argument(report.step)
    return (
        f"{report.chapter.short} has {count} {'rule' if count == 1 else 'rules'} open: hint({key}) helps with the "
        f"first, and show_solution({key}, give_up=True) shows the reference all the same."
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())


def _code(title: str, text: str) -> str:
    """HTML whose classes say what is a keyword, a string, and so on."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PostgresLexer, PythonLexer, TextLexer

    lexers = {"sql": PostgresLexer, "py": PythonLexer, "in the notebook": PythonLexer}
    lexer = lexers.get(title.rpartition(".")[2], TextLexer)
    return f"<pre>{highlight(text, lexer(), HtmlFormatter(nowrap=True))}</pre>"


@cache
def _style() -> str:
    return files("checks.help").joinpath("solution.css").read_text(encoding="utf-8")
