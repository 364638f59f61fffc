"""Runs the learner's tests on a database, within limits, and says what came of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checks.own_process import FROM_SOURCE, end, start
from workshop.own_tests import arguments
from workshop.postgres.connection import Address

#: How long the tests may take on the schema as it is; those of the reference take one second, and Python's start half.
SECONDS = 15

#: What they may print, in bytes.
MOST_OUTPUT = 10_000_000

_TAIL = 2000  # bytes of what is printed, to find the last line in

RUNNER = Path(__file__).with_name("runner.py")


@dataclass(frozen=True)
class Fault:
    """Why a test failed, or a file could not be loaded.

    Attributes:
        where: the test's name, such as "test_email" or "TestUsers.test_email[ada]"; or the file's.
        kind: the exception's class.
        text: its first line, without a full stop.
        place: "line 12 of tests/test_schema.py"; empty where there is none.
    """

    where: str
    kind: str = ""
    text: str = ""
    place: str = ""


@dataclass(frozen=True)
class Run:
    """What came of the tests, run once.

    Attributes:
        collected: how many tests pytest found.
        passed, skipped: how many of them passed and were skipped.
        failed: those that failed, first to last.
        broken: files that can't be loaded.
        elsewhere: databases other than the one named that a test went to.
        hosts: other computers that a test asked.
        stopped: `time`, `output`, or `end` when Python ended by itself; empty when pytest came to its end.
        during: the test that was running then.
        last_words: the last line that was printed.
    """

    collected: int = 0
    passed: int = 0
    skipped: int = 0
    failed: tuple[Fault, ...] = ()
    broken: tuple[Fault, ...] = ()
    elsewhere: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    stopped: str = ""
    during: str = ""
    last_words: str = ""

    @property
    def is_good(self) -> bool:
        """Every test passed that was not skipped, and there is one."""
        return not (self.failed or self.broken or self.stopped) and self.passed > 0


def run_tests(project: Path, url: str, *, order: str = "forward", until_first_failure: bool = False) -> Run:
    """The project's tests on the database of that URL, `forward` or `backward`, in a process of their own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        report = Path(scratch) / "report.jsonl"
        process = start(
            [
                sys.executable,
                str(RUNNER),
                str(report),
                Address.parse(url).database or "",
                order,
                *arguments(project, Path(scratch)),
                "-s",
                "--tb=no",
                *(["-x"] if until_first_failure else []),
            ],
            cwd=project,
            env=_environment(url, scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            stopped, said = _wait(process, SECONDS)
        finally:  # also where the kernel was interrupted
            end(process)
        return replace(_read(report, stopped), last_words=said)


def _environment(url: str, scratch: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return (
        kept
        | FROM_SOURCE
        | {
            "DATABASE_URL": url,
            "WORKSHOP_POSTGRES": "external",
            "HYPOTHESIS_STORAGE_DIRECTORY": scratch,
        }
    )


def _wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[str, str]:
    """Let it run to its end or to a limit: says to which, and the last line printed. Nothing it started outlives it."""
    too_much = threading.Event()
    tail = bytearray()

    def read() -> None:
        assert process.stdout is not None
        printed = 0
        while part := process.stdout.read1(65536):  # type: ignore[attr-defined]
            printed += len(part)
            tail[:] = (tail + part)[-_TAIL:]
            if printed > MOST_OUTPUT:
                too_much.set()
                end(process)
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        process.wait(seconds)
        stopped = "output" if too_much.is_set() else ""
    except subprocess.TimeoutExpired:
        stopped = "time"
    end(process)
    reader.join(5)
    assert process.stdout is not None
    process.stdout.close()
    lines = [line.strip() for line in tail.decode(errors="replace").splitlines()]
    return stopped, next((line for line in reversed(lines) if line), "")


def _read(report: Path, stopped: str) -> Run:
    text = report.read_text("utf-8") if report.exists() else ""
    events: list[dict[str, Any]] = []
    for line in text.splitlines():
        with suppress(ValueError):  # the last one may be cut off
            events.append(json.loads(line))
    results = [event for event in events if event["event"] == "result"]
    failed = {event["test"]: event for event in reversed(results) if event["outcome"] == "failed"}
    skipped = {event["test"] for event in results if event["outcome"] == "skipped"}
    passed = {event["test"] for event in results if event["outcome"] == "passed"} - set(failed)
    has_ended = any(event["event"] == "ends" for event in events)
    return Run(
        collected=sum(event["tests"] for event in events if event["event"] == "collected"),
        passed=len(passed),
        skipped=len(skipped),
        failed=tuple(_fault(event, event["test"]) for event in results if failed.get(event["test"]) is event),
        broken=tuple(_fault(event, event["file"]) for event in events if event["event"] == "broken"),
        elsewhere=_told(events, "elsewhere", "database"),
        hosts=_told(events, "network", "host"),
        stopped=stopped or ("" if has_ended else "end"),
        during=_name(next((e["test"] for e in reversed(events) if e["event"] == "begins"), "")),
    )


def _told(events: Sequence[Mapping[str, Any]], kind: str, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(event[key] for event in events if event["event"] == kind))


def _fault(event: Mapping[str, Any], where: str) -> Fault:
    return Fault(_name(where), event.get("kind", ""), event.get("text", ""), event.get("place", ""))


def _name(test: str) -> str:
    """A test as a person calls it: `tests/test_schema.py::TestUsers::test_email` is TestUsers.test_email."""
    file, _, name = test.partition("::")
    return name.replace("::", ".") or file
