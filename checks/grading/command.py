"""python -m checks grade SUBMISSIONS --output GRADES [--steps STEPS] [--jobs N] [--dask ADDRESS]"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from checks.command import Parser, could_not_run
from checks.grading.bench import OURS, Options
from checks.grading.choice import ALL, chosen
from checks.grading.class_page import class_page
from checks.grading.jobs import grade_here, grade_on_dask
from checks.grading.limits import Limits
from checks.grading.results import Line, Results
from checks.grading.submission import Submission, find_submissions, names_of, read_submission
from workshop.errors import WorkshopError
from workshop.progress import Progress

GRADED, IN_PART = 0, 1


def _parser() -> Parser:
    parser = Parser(prog="python -m checks grade", description="Grade a class of submissions.")
    parser.add_argument("submissions", type=Path, help="a folder with a folder, a zip or an .sql for each learner")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where the results go")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes on this machine (default: one for each core)")
    parser.add_argument("--dask", metavar="ADDRESS", help="grade on the Dask cluster whose scheduler is there")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help="a server where this role may make databases and roles (default: the grader starts servers of its own)",
    )
    parser.add_argument(
        "--steps",
        metavar="STEPS",
        help="which steps and extensions, such as 1-6 or 1-8,coupons (default: everything)",
    )
    parser.add_argument("--time-limit", type=float, default=Limits.seconds, metavar="SECONDS", help="for a submission")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Grade, write the results, sum up; the exit status is 1 when some could not be graded for a reason of ours."""
    asked = _parser().parse_args(arguments)
    try:
        limits = Limits()
        limits = replace(limits, seconds=asked.time_limit, build_seconds=min(limits.build_seconds, asked.time_limit))
        options = Options(limits, asked.database_url, ALL if asked.steps is None else chosen(asked.steps))
        paths = find_submissions(asked.submissions)
        results = Results(asked.output, options)
        lines = list(_grade(paths, results, options, max(1, asked.jobs or _cores()), asked.dask))
    except WorkshopError as error:
        return could_not_run(error)
    lines.sort(key=lambda line: line["name"].lower())
    results.finish(lines)
    (asked.output / "index.html").write_text(class_page(lines), encoding="utf-8")
    print(_summary(lines, asked.output))
    return IN_PART if any(line["status"] == OURS for line in lines) else GRADED


def _grade(paths: list[Path], results: Results, options: Options, jobs: int, dask: str | None) -> Iterator[Line]:
    names = names_of(paths)
    kept: list[Line] = []
    with Progress("Grading", len(paths)) as progress:

        def due() -> Iterator[Submission]:
            for path, name in names.items():
                submission = read_submission(path, name)
                line = results.kept(name, submission.digest)
                if line is None:
                    yield submission
                else:
                    kept.append(line)
                    progress.step(name)

        graded = grade_on_dask(due(), options, dask) if dask else grade_here(due(), options, jobs)
        for one in graded:
            line = results.add(one)
            progress.step(line["name"])
            yield line
    yield from kept


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _summary(lines: Sequence[Line], folder: Path) -> str:
    statuses: dict[str, int] = {}
    for line in lines:
        statuses[line["status"]] = statuses.get(line["status"], 0) + 1
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items(), key=lambda pair: -pair[1]))
    return f"{len(lines)} submissions: {counted}. Begin with {folder / 'index.html'}."
