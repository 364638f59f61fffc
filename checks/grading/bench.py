"""Grades one submission after the other: builds each as its author, then reads the verdict from the database.

The process that does this runs no code of a learner's. The grade is what the catalog and the tries say at the end,
however the build ended.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

from checks import contract
from checks.contract import Level
from checks.grade import GRADED, grade
from checks.grading import jail as ends
from checks.grading.jail import Jail
from checks.grading.limits import Limits
from checks.grading.server import GradingServer, Room
from checks.grading.submission import Submission
from checks.report import Report
from checks.roles import RoleMap
from checks.subject import Subject
from workshop.errors import WorkshopError
from workshop.project import MODELS_INIT

VERSION = 1

GRADED_, NOT_BUILT, TIME, MEMORY, DISK, CRASHED, NO_SUBMISSION, OURS = (
    "graded",
    "did not build",
    "time limit",
    "memory",
    "disk",
    "crashed",
    "not a submission",
    "not graded",
)
_SENTENCES = {
    TIME: "Its time was up after {seconds:.0f} seconds.",
    MEMORY: "It took more than {memory} MB of memory.",
    DISK: "Its database grew beyond {database} MB.",
}
_INIT = "models/__init__.py"


@dataclass(frozen=True)
class Options:
    """How a class is graded; `database_url`: a server to use in place of one of our own."""

    limits: Limits = field(default_factory=Limits)
    database_url: str | None = None


@dataclass(frozen=True)
class Graded:
    """What came of a submission: the line of `grades.jsonl`, and its reports as HTML by step."""

    line: dict[str, Any]
    html: dict[str, str]


def maximum() -> dict[str, int]:
    """How many points each step has at most, by its number as text."""
    return {str(number): sum(rule.level is Level.MUST for rule in contract.step(number).rules) for number in GRADED}


def grade_submission(submission: Submission, options: Options) -> Graded:
    """Grade it on this process's bench, which is made at the first call and lasts until the process ends."""
    started = time.monotonic()
    if submission.fault:
        return _graded(submission, NO_SUBMISSION, submission.fault, {}, started)
    try:
        return _bench(options).grade(submission, started)
    except MemoryError:
        return _graded(submission, MEMORY, "What it stores is too big to look at.", {}, started)
    except (WorkshopError, psycopg2.Error, OSError) as error:
        close_bench()
        return _graded(submission, OURS, f"It could not be graded: {' '.join(str(error).split())}", {}, started)


def failed(submission: Submission, status: str, sentence: str) -> Graded:
    """What is told of a submission that was not graded."""
    return _graded(submission, status, sentence, {}, time.monotonic())


class Bench:
    """A grading server, and a jail for the code that builds in it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.scratch = Path(tempfile.mkdtemp(prefix="grading-"))
        self.scratch.chmod(0o711)
        self.server = GradingServer(self.scratch, options.limits, options.database_url)
        self.jail = Jail(self.scratch, options.limits)

    def close(self) -> None:
        """End whatever was started, and leave nothing behind."""
        self.jail.close()
        self.server.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def grade(self, submission: Submission, started: float) -> Graded:
        """Build and grade. Raises WorkshopError when that can't be done for a reason of ours."""
        self.jail.start()
        with self.server.room() as room:
            seconds = self.options.limits.seconds
            self.jail.deadline = time.monotonic() + seconds
            with self.server.watched(room, seconds) as reasons:
                status, sentence = self._build(submission, room)
                room = self.server.shut_out(room)
                reports, faults = self._read_verdict(submission, room, reasons)
            if reasons:
                status, sentence = reasons[0] if reasons[0] != "time" else TIME, ""
            if faults and status == GRADED_:
                sentence = faults[0]
            limits = {name: value // 1_000_000 for name, value in asdict(self.options.limits).items() if value > 1e6}
            said = sentence or _SENTENCES.get(status, "").format(seconds=seconds, **limits)
            return _graded(submission, status, said, reports, started)

    def _build(self, submission: Submission, room: Room) -> tuple[str, str]:
        """How the build ended, as a status and a sentence; the second may be the learner's words."""
        script = Path(__file__).with_name("build.py")
        question = json.dumps({"url": room.url, "dump": submission.dump})
        with self.jail.project(submission.files, is_theirs=True) as project:
            environment = {"DATABASE_URL": room.url}
            outcome = self.jail.confined(script, question, project, environment, self.options.limits.build_seconds)
        if outcome.cause == ends.TIME:
            return TIME, f"It was still being built after {self.options.limits.build_seconds:.0f} seconds."
        if outcome.cause == ends.MEMORY:
            return MEMORY, ""
        answer = outcome.ended.answer
        told = (
            {key: value for key, value in answer.items() if isinstance(value, str)} if isinstance(answer, dict) else {}
        )
        if "memory" in told:
            return MEMORY, ""
        if "MemoryError" in told.get("fault", ""):
            return MEMORY, told["fault"]
        if "fault" in told:
            return NOT_BUILT, told["fault"]
        if outcome.status < 0:
            return CRASHED, f"Python was ended by signal {-outcome.status} while it was built."
        if "built" not in told:
            return CRASHED, f"Python ended in the middle of the build: {outcome.ended.last_words or 'it said nothing'}."
        return GRADED_, ""

    def _read_verdict(
        self, submission: Submission, room: Room, reasons: list[str]
    ) -> tuple[dict[str, Report], list[str]]:
        """The report of each step, and why there is none of some."""
        files = dict(submission.files)
        if any(name.startswith("models/") for name in files):
            files.setdefault(_INIT, MODELS_INIT.encode())
        reports: dict[str, Report] = {}
        faults: list[str] = []
        with self.jail.project(files, is_theirs=False) as project:
            subject = Subject(room.url, RoleMap(), project, submission.dump is None, self._run_for(room))
            try:
                if (project / "names.toml").is_file():
                    subject = Subject(room.url, RoleMap.load(project / "names.toml"), *_rest(subject))
            except WorkshopError as error:
                faults.append(str(error))
            for number in GRADED:
                if reasons:
                    break
                try:
                    reports[str(number)] = grade(number, subject)
                except WorkshopError as error:
                    faults.append(f"Step {number} could not be graded: {' '.join(str(error).split())}")
        return reports, faults

    def _run_for(self, room: Room) -> Any:
        def run(*arguments: Any) -> Any:
            try:
                return self.jail(*arguments)
            finally:
                self.server.end_sessions(room)  # what it left at work would be in the way of the checks

        return run


def _rest(subject: Subject) -> tuple[Any, ...]:
    return subject.project, subject.has_project, subject.run


def _graded(submission: Submission, status: str, sentence: str, reports: dict[str, Report], started: float) -> Graded:
    most = maximum()
    steps: dict[str, dict[str, Any]] = {
        step: reports[step].to_dict()
        if step in reports
        else {"passed": False, "score": 0, "out_of": points, "checks": []}
        for step, points in most.items()
    }
    line = {
        "version": VERSION,
        "name": submission.name,
        "digest": submission.digest,
        "status": status,
        "sentence": sentence,
        "score": sum(step["score"] for step in steps.values()),
        "out_of": sum(step["out_of"] for step in steps.values()),
        "seconds": round(time.monotonic() - started, 2),
        "kind": "nothing" if submission.fault else "dump" if submission.dump else "project",
        "steps": steps,
    }
    return Graded(line, {step: report.to_html() for step, report in reports.items()})


def _nothing(points: int) -> dict[str, Any]:
    return {"passed": False, "score": 0, "out_of": points, "checks": []}


# -- the bench of this process ---------------------------------------------------------------------------------

_benches = threading.local()
_all: list[Bench] = []


def _bench(options: Options) -> Bench:
    bench: Bench | None = getattr(_benches, "bench", None)
    if bench is None or bench.options != options:
        close_bench()
        bench = _benches.bench = Bench(options)
        _all.append(bench)
    return bench


def close_bench() -> None:
    """End what the bench of this thread has started; the next submission gets a new one."""
    bench: Bench | None = getattr(_benches, "bench", None)
    if bench is not None:
        _benches.bench = None
        _all.remove(bench)
        bench.close()


@atexit.register
def _close_all() -> None:
    while _all:
        with suppress(Exception):
            _all.pop().close()


@contextmanager
def bench_for_now() -> Iterator[None]:
    """Whatever is graded inside leaves no server behind."""
    try:
        yield
    finally:
        close_bench()
