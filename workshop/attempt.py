"""Runs a tool with one line for the reader, and knows the reasons outside of it for which it may give up.

Standard library alone.
"""

import subprocess
import time
from collections.abc import Sequence
from enum import Enum
from pathlib import Path


class Reason(Enum):
    """Why a tool gave up; the values are what uv, pip, venv and Python write then, each in words of its own.

    Windows speaks its user's language, so its numbers stand among them.
    """

    DISK_FULL = ("No space left on device", "Disk quota exceeded", "os error 112", "WinError 112")
    NOT_TRUSTED = ("CERTIFICATE_VERIFY_FAILED", "invalid peer certificate")
    OFFLINE = (
        "Cannot connect to proxy",
        "Connection refused",
        "Connection reset",
        "Connection broken",
        "Failed to establish a new connection",
        "Network is unreachable",
        "Temporary failure in name resolution",
        "dns error",
        "error sending request",
        "getaddrinfo failed",
        "timed out",
    )
    NOT_WRITABLE = (
        "Permission denied",
        "Read-only file system",
        "Operation not permitted",
        "os error 5)",
        "WinError 5]",
    )
    TOO_LONG = ("Windows Long Path support", "os error 206", "WinError 206", "File name too long")
    NOT_SERVED = ("No matching distribution found for ",)
    OTHER = ()


class Failed(Exception):
    """A tool gave up."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output
        """What it wrote."""
        self.reason = reason_in(output)


def reason_in(output: str) -> Reason:
    """The first reason, in the order above, that this output speaks of."""
    return next((reason for reason in Reason if any(sign in output for sign in reason.value)), Reason.OTHER)


def attempt(what: str, words: Sequence[str], folder: Path, stdin: int = subprocess.DEVNULL) -> None:
    """Run a tool in `folder` to its end, and say how long it took; raises Failed where its exit status isn't 0."""
    print(f"  {what} ", end="", flush=True)
    started = time.monotonic()
    try:
        output, status = _run(words, folder, stdin)
    except BrokenPipeError:
        raise
    except OSError as error:  # it is there, and not for this system
        output, status = str(error), 1
    if status:
        print("failed", flush=True)
        raise Failed(output)
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def _run(words: Sequence[str], folder: Path, stdin: int) -> tuple[str, int]:
    """What it wrote, and its exit status."""
    with subprocess.Popen(
        words,
        cwd=folder,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            output = _wait_with_dots(process)
        except BaseException:
            process.kill()
            raise
    return output, process.returncode


def _wait_with_dots(process: subprocess.Popen[str]) -> str:
    while True:
        try:
            return process.communicate(timeout=2)[0]
        except subprocess.TimeoutExpired:
            print(".", end="", flush=True)
