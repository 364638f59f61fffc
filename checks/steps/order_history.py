"""The learner's `queries.order_history`, run in a process of its own, and what to say of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from checks.outcome import CantTell, Failed, Skipped
from checks.subject import Subject

#: How long the function may take, with its imports: SQLAlchemy alone needs half a second on a slow machine.
SECONDS = 30


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
    with tempfile.TemporaryDirectory() as scratch:
        question, answer = Path(scratch) / "question.json", Path(scratch) / "answer.json"
        names = {"tables": dict(subject.names.tables), "columns": dict(subject.names.columns)}
        question.write_text(json.dumps(names | {"database_url": subject.database_url}), encoding="utf-8")
        return _run(subject, question, answer)


def _run(subject: Subject, question: Path, answer: Path) -> Told:
    probe = Path(__file__).with_name("order_history_probe.py")
    try:
        done = subprocess.run(
            [sys.executable, str(probe), str(question), str(answer)],
            cwd=subject.project,
            env=os.environ | {"DATABASE_URL": subject.database_url},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Told(
            "fail",
            f"order_history was still running after {SECONDS} seconds.",
            "Look for a loop in queries.py that never ends.",
        )
    if answer.exists():
        return Told(**json.loads(answer.read_text(encoding="utf-8")))
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return Told("cant_tell", f"Python stopped in the middle of the check: {said[-1] if said else 'it said nothing'}.")
