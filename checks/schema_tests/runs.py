"""Runs the learner's tests on a database, within limits, and says what came of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checks.own_process import Ended
from checks.subject import Subject
from workshop.postgres.connection import Address

#: How long the tests may take on the schema as it is; those of the reference take one second, and Python's start half.
SECONDS = 15

#: What they may print, in bytes.
MOST_OUTPUT = 10_000_000

_SURROUNDINGS = {"WORKSHOP_POSTGRES": "external"}

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


def run_tests(subject: Subject, *, order: str = "forward", until_first_failure: bool = False) -> Run:
    """The project's tests on the subject's database, `forward` or `backward`, in a process of their own."""
    question = {
        "database": Address.parse(subject.database_url).database or "",
        "order": order,
        "arguments": ["-x"] if until_first_failure else [],
    }
    environment = {"DATABASE_URL": subject.database_url, **_SURROUNDINGS}
    ended = subject.run(RUNNER, json.dumps(question), subject.project, environment, SECONDS)
    stopped = "output" if ended.printed > MOST_OUTPUT else "time" if ended.is_late else ""
    return _read(ended, stopped)


def _read(ended: Ended, stopped: str) -> Run:
    """What was told; it may have been the learner's code that told it, and then it is taken for nothing."""
    try:
        run = _run_of(ended.answers, stopped)
    except (AttributeError, KeyError, TypeError):
        run = Run(stopped=stopped or "end")
    return replace(run, last_words=ended.last_words)


def _run_of(events: Sequence[Mapping[str, Any]], stopped: str) -> Run:
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
    return tuple(dict.fromkeys(str(event[key]) for event in events if event["event"] == kind))


def _fault(event: Mapping[str, Any], where: str) -> Fault:
    return Fault(_name(where), *(str(event.get(part, "")) for part in ("kind", "text", "place")))


def _name(test: str) -> str:
    """A test as a person calls it: `tests/test_schema.py::TestUsers::test_email` is TestUsers.test_email."""
    file, _, name = test.partition("::")
    return name.replace("::", ".") or file
