"""Runs scripts that load the learner's Python, in a process of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

#: Python finds a change by time and size, in seconds: what is compiled and kept would stand in for a file saved since.
_FROM_SOURCE = {"PYTHONDONTWRITEBYTECODE": "1"}

#: How much is kept, in bytes: of the answer, and of what else is said the end.
ANSWER, WORDS = 10_000_000, 8_192

_PATIENCE = 5  # seconds for what was printed to arrive


@dataclass(frozen=True)
class Ended:
    """What became of such a process.

    Attributes:
        output: what it printed; a script of ours prints its answer and sends what the learner's code prints elsewhere.
        said: the end of what it said on standard error.
        is_late: it was ended because its time was up.
        status: its exit status.
        printed: how many bytes it said on standard error in all.
    """

    output: str
    said: str
    is_late: bool = False
    status: int = 0
    printed: int = 0

    @property
    def answer(self) -> Any:
        """The output as JSON; None when it is none. The learner's code may have written it."""
        try:
            return json.loads(self.output)
        except (ValueError, RecursionError):
            return None

    @property
    def answers(self) -> list[Any]:
        """Each line of the output as JSON, as far as it is some. The learner's code may have written it."""
        return list(_objects(self.output))

    @property
    def last_words(self) -> str:
        """The last line on standard error, which after an error names it."""
        return next((line for line in reversed(self.said.splitlines()) if line.strip()), "").strip()


def _objects(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):  # the last line may be cut off
            continue


class Run(Protocol):
    """How to run `script` with `question` on its standard input and the project folder as working directory.

    Where the database is, `DATABASE_URL` in the environment says and nothing else: the login in it may be exchanged for
    one that is the learner's.
    """

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
        env={**os.environ, **_FROM_SOURCE, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    with process:
        output, said = _Listener(process.stdout.fileno(), ANSWER), _Listener(process.stderr.fileno(), WORDS)
        try:
            with suppress(OSError):  # it may have ended already
                process.stdin.write(question.encode())
                process.stdin.flush()
            with suppress(OSError):
                process.stdin.close()
            is_late = _is_late(process, seconds)
        finally:  # also where the kernel was interrupted
            end(process)
        return Ended(output.heard(), said.heard(), is_late, process.returncode, said.count)


def _is_late(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


class _Listener(threading.Thread):
    """Reads a pipe to its end, and keeps the end of what comes."""

    def __init__(self, pipe: int, most: int) -> None:
        super().__init__(daemon=True)
        self.count = 0
        self._pipe, self._most = pipe, most
        self._kept = bytearray()
        self.start()

    def run(self) -> None:
        with suppress(OSError):
            while part := os.read(self._pipe, 65_536):
                self.count += len(part)
                self._kept += part
                del self._kept[: -self._most]

    def heard(self) -> str:
        """What came, once all who write have ended; who left its parent behind is not waited for."""
        self.join(_PATIENCE)
        return bytes(self._kept).decode(errors="replace")
