"""What a learner was told last, for the calls that speak of it: hints, prompts, solutions.

A step whose checks take long need not be graded anew for one sentence. What is kept lives as long as the kernel.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from checks.grade import grade, own_faults
from checks.report import Report
from checks.subject import Subject
from workshop.errors import WorkshopError

#: Takes ten seconds and more, and goes by files and structure alone: the tests run on copies without rows.
_LONG = (8,)


@dataclass(frozen=True)
class _State:
    """All that a report of such a step goes by."""

    subject: Subject
    files: frozenset[tuple[str, int, int]]  # path, time of the last change, size
    structure: object


_latest: dict[int | str, tuple[_State, Report]] = {}


def report_of(key: int | str, subject: Subject) -> Report:
    """The report of a step or an extension: the latest one where another could not differ, else a new one.

    Raises what `grade` does.
    """
    if key not in _LONG:
        return grade(key, subject)
    now = _state(subject)
    if key not in _latest or _latest[key][0] != now:
        _latest[key] = now, grade(key, subject)
    return _latest[key][1]


def remember(report: Report, subject: Subject) -> None:
    """This is what the learner was told just now."""
    if report.step in _LONG:
        with suppress(WorkshopError):  # said is said, whatever has become of the server since
            _latest[report.step] = _state(subject), report


def _state(subject: Subject) -> _State:
    from checks.migrations.contents import read_contents

    with own_faults("your files and your database"):
        found = [path for path in subject.project.rglob("*") if path.is_file() and path.suffix != ".pyc"]
        marks = ((path, path.stat()) for path in found)
        files = frozenset((str(path), mark.st_mtime_ns, mark.st_size) for path, mark in marks)
        return _State(subject, files, read_contents(subject.database_url))
