"""Runs scripts that load the learner's Python, in a process of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

#: Python finds a change by time and size, in seconds: what is compiled and kept would stand in for a file saved since.
FROM_SOURCE = {"PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Ended:
    """What became of such a process.

    Attributes:
        output: what it printed; a script of ours prints its answer and sends what the learner's code prints elsewhere.
        said: the end of what it said on standard error.
        is_late: it was ended because its time was up.
        status: its exit status.
    """

    output: str
    said: str
    is_late: bool = False
    status: int = 0

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


def start(command: Sequence[str], **how: Any) -> subprocess.Popen[Any]:
    """A process that `end` ends together with all that it started; `how` is Popen's."""
    return subprocess.Popen(command, start_new_session=True, **how)


def end(process: subprocess.Popen[Any]) -> None:
    """Nothing that the learner's code has started outlives it."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(script: Path, question: str, folder: Path, environment: Mapping[str, str], seconds: float) -> Ended:
    """As the user who asks, with all rights: for one's own code."""
    return run_command([sys.executable, str(script)], question, folder, environment, seconds)


def run_command(
    command: Sequence[str], question: str, folder: Path, environment: Mapping[str, str], seconds: float
) -> Ended:
    """The same for any command."""
    process = start(
        command,
        cwd=folder,
        env={**os.environ, **FROM_SOURCE, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            output, said = process.communicate(question.encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            return Ended("", "", is_late=True)
        finally:
            end(process)
    return Ended(output.decode(errors="replace"), said.decode(errors="replace"), status=process.returncode)
