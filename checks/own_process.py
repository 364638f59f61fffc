"""Runs scripts that load the learner's Python, in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO


@dataclass(frozen=True)
class Ended:
    """What became of such a process.

    Attributes:
        output: what it printed; a script of ours prints its answer and sends what the learner's code prints elsewhere.
        said: the end of what it said on standard error.
        is_late: it was ended because its time was up.
    """

    output: str
    said: str
    is_late: bool = False

    @property
    def answer(self) -> Any:
        """The output as JSON; None when it is none. The learner's code may have written it."""
        try:
            return json.loads(self.output)
        except (ValueError, RecursionError):
            return None

    @property
    def last_words(self) -> str:
        """The last line on standard error, which after an error names it."""
        return next((line for line in reversed(self.said.splitlines()) if line.strip()), "").strip()


class Run(Protocol):
    """How to run `script` with `question` on its standard input and the project folder as working directory."""

    def __call__(
        self, script: Path, question: str, folder: Path, environment: Mapping[str, str], seconds: float
    ) -> Ended: ...


def run(script: Path, question: str, folder: Path, environment: Mapping[str, str], seconds: float) -> Ended:
    """As the user who asks, with all rights: for one's own code."""
    try:
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=folder,
            env={**os.environ, **environment},
            input=question.encode(),
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return Ended("", "", is_late=True)
    return Ended(done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def answer_channel() -> TextIO:
    """For such a script: where its answer goes. What is printed from now on goes to standard error."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answer
