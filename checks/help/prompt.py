"""The text that a learner gives to an assistant: what is asked, what is there, what fails, and "explain, don't fix"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from checks.contract import Level
from checks.grade import chapter_key
from checks.help.told import report_of
from checks.markup import plain, style
from checks.outcome import Outcome, Result
from checks.report import Report, details
from checks.steps.step1_setup import LOCAL_PASSWORD
from checks.subject import find_subject
from workshop.postgres.connection import Address
from workshop.steps import find_step

_VERSIONS = "PostgreSQL 15 or newer, SQLAlchemy 2.1 in the typed style (Mapped, mapped_column), driver psycopg2."

#: What every prompt ends with; .github/copilot-instructions.md says the same to an assistant.
EXPLAIN = """\
Explain, don't fix:
- Don't write or change my code, and don't look into other files of this project.
- Take one rule at a time, the first one first.
- Ask me questions, one after the other, until I can say why the rule matters and what keeps it.
- If I need to see code, show its shape on another table, for example the loans of a library.
- When I think that I have it, let me write it, and ask me to explain each line."""

#: What goes before something secret: a database's address, a login in another one, a word such as password.
_SECRETS = (
    re.compile(r"(\bpostgres(?:ql)?(?:\+\w+)?://)[^\s'\"`]+", re.IGNORECASE),
    re.compile(r"(\b[a-z][a-z0-9+]*://)[^\s/'\"`]+(?=@)", re.IGNORECASE),
    re.compile(
        r"((?:password|passwd|pwd|secret|token|api_?key)\w*['\"]?\s*(?::[^=\n'\"]*)?[=:][\w.(= ]*['\"]{1,3})[^'\"\n]+",
        re.IGNORECASE,
    ),
    re.compile(r"(\b(?:password|passwd|pwd)=)[^\s'\",;)&]+", re.IGNORECASE),
)


@dataclass(frozen=True)
class Prompt:
    """A text to copy. Shows itself in a notebook, where one click marks the whole of it."""

    text: str

    def __str__(self) -> str:
        return self.text

    def to_html(self) -> str:
        """The text as a block of code, in JupyterLab's colours."""
        return (
            f'{style()}<div class="shop-report hint"><p>Click once to select all of it, then copy it.</p>'
            f'<pre class="prompt"><code>{escape(self.text)}</code></pre></div>'
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.to_html()}


def make_prompt(step: Any) -> Prompt:
    """The prompt for a step as it is now, without the database's address and without passwords.

    Raises WorkshopError with one sentence when there is no such step, or when it can't be graded.
    """
    key = chapter_key(step)
    subject = find_subject()
    report = report_of(key, subject)
    text = "\n\n".join((*_task(report), _files(key, subject.project), EXPLAIN))
    return Prompt(_without_secrets(text, subject.database_url))


def _task(report: Report) -> Iterator[str]:
    """What this is about, and where it stands."""
    yield (
        f"I am learning to build the database of an online shop, {report.chapter.short.lower()}: {report.title}. "
        f"A checker tries each rule on my live database.\n\n{_VERSIONS}"
    )
    if not report.attempted:
        musts = [result for result in report.results if result.rule.level is Level.MUST]
        yield "I have not built anything of this step yet. These are its rules:\n\n" + _rules(musts)
        return
    wanted = Outcome.ADVICE if report.passed else Outcome.FAIL
    open_ = [result for result in report.results if result.outcome is wanted]
    if open_:
        which = "is good practice that I have not followed" if report.passed else "fails"
        yield f"This {which}:\n\n" + "\n\n".join(_told(place, result) for place, result in enumerate(open_, 1))
    elif report.passed:
        yield "All rules hold. Ask me why each of them is there, beginning with the one that people forget most often:"
        yield _rules(list(report.results))
    else:
        yield f"{report.verdict()} What is open waits for something in an earlier step."


def _rules(results: list[Result]) -> str:
    return "\n".join(f"- {plain(result.rule.text)}" for result in results)


def _told(place: int, result: Result) -> str:
    """A rule that fails, with what was tried and what happened; what to do next is left for the learner to find."""
    lines = [f"   {label}: {text}" for label, text in details(result) if label != "Next"]
    return "\n".join((f"{place}. {plain(result.rule.text)}", *lines))


def _files(key: int | str, project: Path) -> str:
    """The learner's files of the step, as they are."""
    step = find_step(key)
    files = step.files(project)
    if not files:
        return f"My file for it, {step.patterns[-1]}, is still empty."
    blocks = [_block(path.relative_to(project).as_posix(), path.read_text("utf-8", "replace")) for path in files]
    return "My files of this step, as they are:\n\n" + "\n\n".join(blocks)


def _block(name: str, text: str) -> str:
    fence = "```" if "```" not in text else "````"
    language = {".py": "python", ".sql": "sql"}.get(Path(name).suffix, "text")
    return f"{name}\n{fence}{language}\n{text.strip()}\n{fence}"


def _without_secrets(text: str, database_url: str) -> str:
    """The text with `…` where it gave an address or a password away."""
    for pattern in _SECRETS:
        text = pattern.sub(r"\1…", text)
    password = Address.parse(database_url).password
    if password and password != LOCAL_PASSWORD:
        text = re.sub(rf"(?<!\w){re.escape(password)}(?!\w)", "…", text)
    return text
