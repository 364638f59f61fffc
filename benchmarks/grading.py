"""How long a class takes: `python -m checks grade`, beside `nbgrader autograde` and `otter run`.

    python benchmarks/grading.py [SUBMISSIONS]

First copies of the reference, with one process and with one per core: for each the seconds in all, the seconds per
submission, submissions per minute, and the parallel efficiency: how much of the ideal speed-up is reached. The start
of the servers is in it.

Then all three graders by their marginal time, in one run on one machine: what a further submission costs, the start of
the tool left out. They don't do the same. Ours builds a database from each submission and grades six steps, 168 rules,
by what PostgreSQL does; a peer runs a notebook with the models of step 2 and nine plain asserts (see `peers.py`).
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from peers import ASSERTS, Nbgrader, Otter, Unavailable

FOLDERS = ("schemas", "migrations", "tests", "scripts", "models")
RULES = 168  # in steps 1 to 6
OF_A_PEER = 8  # submissions; theirs take seconds each, and vary little

#: Grades so many submissions, and tells the seconds.
Grader = Callable[[int], float]


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    cores = os.cpu_count() or 1
    print(f"{cores} cores, load {os.getloadavg()[0]:.1f} before it began")
    one = ours(1)(count)
    _print(count, 1, one, 1.0)
    if cores > 1:
        many = ours(cores)(count)
        _print(count, cores, many, one / many / cores)
    _compare({f"ours, {jobs} process{'es' * (jobs > 1)}": marginal(ours(jobs), jobs, count) for jobs in {1, cores}})


def ours(jobs: int) -> Grader:
    """`python -m checks grade` on copies of the reference, with so many processes."""

    def seconds(count: int) -> float:
        with tempfile.TemporaryDirectory() as name:
            scratch = Path(name)
            for number in range(count):
                _hand_in(scratch / "submissions" / f"learner{number:04}")
            taken = _seconds(scratch, jobs)
            _require_full_marks(scratch / "grades" / "grades.csv")
            return taken

    return seconds


def marginal(grader: Grader, first: int, count: int) -> float:
    """Seconds for a further submission, from `count` of them after the `first`."""
    return (grader(first + count) - grader(first)) / count


def _compare(times: dict[str, float]) -> None:
    """Print what a submission costs each grader, and how many times ours that is; `times` are our own."""
    rules = dict.fromkeys(times, RULES)
    with tempfile.TemporaryDirectory() as name:
        for peer in (Nbgrader, Otter):
            try:
                grader = peer(Path(name))
            except Unavailable as reason:
                print(f"{peer.name} is not compared: {reason}.")
                continue
            grader.seconds(1)  # the first reads everything from the disk
            times[peer.name], rules[peer.name] = marginal(grader.seconds, 1, OF_A_PEER), len(ASSERTS) - 1
    print("\nmarginal time                each   a minute   rules a minute")
    for title, each in times.items():
        print(f"{title:<22} {each:8.2f} s {60 / each:10.0f} {60 / each * rules[title]:16,.0f}")
    best = min(each for title, each in times.items() if title.startswith("ours"))
    for title, each in times.items():
        if not title.startswith("ours"):
            print(
                f"{title}: {each / best:.1f} times ours by submission, {each / rules[title] * RULES / best:.0f} by rule"
            )


def _hand_in(folder: Path) -> None:
    from workshop.reference import files_until

    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    for path, text in files_until(6).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def _seconds(scratch: Path, jobs: int) -> float:
    command = [sys.executable, "-m", "checks", "grade", str(scratch / "submissions")]
    started = time.monotonic()
    subprocess.run(
        [*command, "--output", str(scratch / "grades"), "--jobs", str(jobs)],
        cwd=Path(__file__).parent.parent,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def _require_full_marks(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        points = {(row["score"], row["out_of"]) for row in csv.DictReader(file)}
    if points != {(str(RULES), str(RULES))}:
        raise AssertionError(f"copies of the reference got other points than {RULES}: {points}")


def _print(count: int, jobs: int, seconds: float, efficiency: float) -> None:
    print(
        f"{jobs} process{'es' if jobs > 1 else ''}: {seconds:.1f} s for {count}, {seconds / count:.2f} s each, "
        f"{60 * count / seconds:.0f} a minute, efficiency {efficiency:.0%}"
    )


if __name__ == "__main__":
    main()
