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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg2

from checks import contract
from checks.contract import Level
from checks.grade import grade
from checks.grading import jail as ends
from checks.grading.choice import ALL, Key
from checks.grading.jail import Jail
from checks.grading.limits import Limits
from checks.grading.server import GradingServer, Room
from checks.grading.submission import Submission
from checks.own_process import Ended, Run
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

#: It is about the database that a learner works in, which nobody hands in.
_UNSEEN = "migrations.stamped"

#: Nothing of these can be said of a database alone.
_OF_A_PROJECT = tuple(step.number for step in contract.STEPS if step.number > contract.SCHEMA_STEPS[-1])


@dataclass(frozen=True)
class Options:
    """How a class is graded.

    Attributes:
        database_url: a server to use in place of one of our own.
        steps: which steps and extensions.
    """

    limits: Limits = field(default_factory=Limits)
    database_url: str | None = None
    steps: tuple[Key, ...] = ALL


@dataclass(frozen=True)
class Graded:
    """What came of a submission: the line of `grades.jsonl`, and its reports as HTML by step and extension begun."""

    line: dict[str, Any]
    html: dict[str, str]


def maximum(steps: Sequence[Key]) -> dict[str, int]:
    """How many points each of these has at most, by its number as text, or by its name for an extension."""
    return {
        str(key): sum(rule.level is Level.MUST and rule.id != _UNSEEN for rule in contract.chapter(key).rules)
        for key in steps
    }


def grade_submission(submission: Submission, options: Options) -> Graded:
    """Grade it on this process's bench, which is made at the first call and lasts until the process ends."""
    started = time.monotonic()
    if submission.fault:
        return _graded(submission, options, NO_SUBMISSION, submission.fault, {}, started)
    try:
        return _bench(options).grade(submission, started)
    except MemoryError:
        return _graded(submission, options, MEMORY, "What it stores is too big to look at.", {}, started)
    except (WorkshopError, psycopg2.Error, OSError) as error:
        close_bench()
        sentence = f"It could not be graded: {' '.join(str(error).split())}"
        return _graded(submission, options, OURS, sentence, {}, started)


def failed(submission: Submission, options: Options, status: str, sentence: str) -> Graded:
    """What is told of a submission that was not graded."""
    return _graded(submission, options, status, sentence, {}, time.monotonic())


class Bench:
    """A grading server, and a jail for the code that builds in it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.scratch = Path(tempfile.mkdtemp(prefix="grading-"))
        self.scratch.chmod(0o711)
        self.server = GradingServer(self.scratch, options.limits, options.database_url)
        self.jail = Jail(self.scratch, options.limits)
        self._one_at_a_time = threading.Lock()

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
            return _graded(submission, self.options, status, said, reports, started)

    def _build(self, submission: Submission, room: Room) -> tuple[str, str]:
        """How the build ended, as a status and a sentence; the second may be the learner's words."""
        script = Path(__file__).with_name("build.py")
        question = json.dumps({"url": room.url, "dump": submission.dump})
        with self.jail.project(submission.files) as project:
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
        with self.jail.project(files) as project:
            subject = Subject(
                room.examiner.url(),
                RoleMap(),
                project,
                has_project=submission.dump is None,
                run=self._run_for(room),
                at_a_time=1,
                pristine=room.template,
            )
            with _told_in(faults):
                self.server.keep_as_built(room)
            with _told_in(faults):
                if (project / "names.toml").is_file():
                    subject = replace(subject, names=RoleMap.load(project / "names.toml"))
            for key in self.options.steps:
                if reasons:
                    break
                if not subject.has_project and key in _OF_A_PROJECT:
                    continue
                with _told_in(faults, f"{contract.chapter(key).heading} could not be graded: "):
                    reports[str(key)] = _without_unseen(grade(key, subject))
        return reports, faults

    def _run_for(self, room: Room) -> Run:
        """How the submission's code is run: in the jail, with the login that it knows."""

        def run(script: Path, question: str, folder: Path, environment: Mapping[str, str], seconds: float) -> Ended:
            theirs = {**environment, "DATABASE_URL": room.for_the_code(environment["DATABASE_URL"])}
            with self._one_at_a_time:
                try:
                    return self.jail(script, question, folder, theirs, seconds)
                finally:
                    self.server.end_sessions(room)  # what it left at work would be in the way of the checks

        return run


@contextmanager
def _told_in(faults: list[str], what: str = "") -> Iterator[None]:
    """What can't be done is a sentence more, and the rest goes on."""
    try:
        yield
    except WorkshopError as error:
        faults.append(f"{what}{' '.join(str(error).split())}")


def _without_unseen(report: Report) -> Report:
    return replace(report, results=tuple(result for result in report.results if result.rule.id != _UNSEEN))


def _graded(
    submission: Submission,
    options: Options,
    status: str,
    sentence: str,
    reports: dict[str, Report],
    started: float,
) -> Graded:
    begun = {key: report for key, report in reports.items() if key.isdecimal() or report.attempted}
    steps = {
        key: begun[key].to_dict() if key in begun else _nothing(points)
        for key, points in maximum(options.steps).items()
        if key.isdecimal()
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
        "extras": {key: report.to_dict() for key, report in begun.items() if key not in steps},
    }
    return Graded(line, {key: report.to_html() for key, report in begun.items()})


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
