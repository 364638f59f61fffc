"""The learner's `queries.order_history`, run in a process of its own, and what to say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.outcome import CantTell, Failed, Skipped
from checks.subject import Subject

#: How long the function may take, with its imports: SQLAlchemy alone needs half a second on a slow machine.
SECONDS = 30

_PROBE = Path(__file__).with_name("order_history_probe.py")
_OUTCOMES = ("pass", "fail", "cant_tell", "skipped")


@dataclass(frozen=True)
class Told:
    """What came of the learner's function: `pass`, `fail`, `cant_tell` or `skipped`."""

    outcome: str
    happened: str = ""
    next: str = ""

    def judge(self) -> None:
        """Return when the function does what it should; raise what came of it otherwise."""
        if self.outcome == "fail":
            raise Failed(self.happened, next=self.next)
        if self.outcome == "cant_tell":
            raise CantTell(self.happened)
        if self.outcome == "skipped":
            raise Skipped


def ask_queries(subject: Subject) -> Told:
    """Run the learner's function on a few orders and on many (see `order_history_probe.py`)."""
    if not subject.has_project:
        return Told("cant_tell", "A database alone was given: which project folder has its queries.py, nobody said.")
    if not (subject.project / "queries.py").exists():
        return Told(
            "fail",
            f"{subject.project.name}/ has no queries.py.",
            "Write it with a cell that begins with %%project_file queries.py.",
        )
    question = json.dumps({"tables": dict(subject.names.tables), "columns": dict(subject.names.columns)})
    ended = subject.run(_PROBE, question, subject.project, {"DATABASE_URL": subject.database_url}, SECONDS)
    if ended.is_late:
        return Told(
            "fail",
            f"order_history was still running after {SECONDS} seconds.",
            "Look in queries.py for a loop that never ends, or a query that reads everybody's orders.",
        )
    return _told(ended.answer) or Told(
        "fail",
        f"Python stopped in the middle of order_history: {ended.last_words or 'it said nothing'}.",
        "Look in queries.py for what ends Python, such as os._exit().",
    )


def _told(answer: Any) -> Told | None:
    """The answer, if it is one: code of the learner's ran in the process that gave it."""
    if not isinstance(answer, dict) or answer.get("outcome") not in _OUTCOMES:
        return None
    happened, next_ = (str(answer.get(part, "")) for part in ("happened", "next"))
    return Told(answer["outcome"], happened, next_)
