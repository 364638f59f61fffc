"""How long a class takes: `python -m checks grade`, beside `nbgrader autograde` and `otter run`.

    python benchmarks/grading.py [SUBMISSIONS]

First copies of the reference, graded in steps 1 to 6 with one process and with one per core: for each the seconds in
all, the seconds per submission, submissions per minute, and the parallel efficiency: how much of the ideal speed-up is
reached. The start of the servers is in it.

Then all three graders by their marginal time, in one run on one machine: what a further submission costs, the start of
the tool left out. Ours builds a database from each submission and goes by what PostgreSQL does, in steps 1 to 6, in
step 2 alone or in step 8; a peer runs a notebook with the models of step 2 and nine plain asserts (see `peers.py`), and
no database.
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
STEPS = "1-6"  # what a class is graded in while it is on its way
SAME = "2"  # what the peers' notebook is about
SLOW = "8"  # runs the tests on many copies of the database
FEW = 8  # submissions of those that take seconds each, and vary little

#: Grades so many submissions, and tells the seconds.
Grader = Callable[[int], float]


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    cores = os.cpu_count() or 1
    print(f"{cores} cores, load {os.getloadavg()[0]:.1f} before it began; steps {STEPS}:")
    one = ours(STEPS, 1)(count)
    _print(count, 1, one, 1.0)
    if cores > 1:
        many = ours(STEPS, cores)(count)
        _print(count, cores, many, one / many / cores)
    print(f"\nmarginal time, ours with {cores} processes   each   a minute   rules a minute")
    same = _show(f"ours, step {SAME}", marginal(ours(SAME, cores), cores, count), rules(SAME))
    for steps, how_many in ((STEPS, count), (SLOW, FEW)):
        _show(f"ours, steps {steps}", marginal(ours(steps, cores), cores, how_many), rules(steps))
    _compare(same)


def ours(steps: str, jobs: int) -> Grader:
    """`python -m checks grade` on copies of the reference, with so many processes."""

    def seconds(count: int) -> float:
        with tempfile.TemporaryDirectory() as name:
            scratch = Path(name)
            for number in range(count):
                _hand_in(scratch / "submissions" / f"learner{number:04}", int(steps[-1]))
            taken = _seconds(scratch, steps, jobs)
            _require_full_marks(scratch / "grades" / "grades.csv", rules(steps))
            return taken

    return seconds


def rules(steps: str) -> int:
    """How many required rules a class is graded by."""
    from checks import contract
    from checks.grading import choice

    found = [rule for step in choice.chosen(steps) for rule in contract.step(int(step)).rules]
    return sum(rule.level is contract.Level.MUST for rule in found)


def marginal(grader: Grader, first: int, count: int) -> float:
    """Seconds for a further submission, from `count` of them after the `first`."""
    return (grader(first + count) - grader(first)) / count


def _compare(ours: float) -> None:
    """Print what a submission costs the peers, and how many times `ours` that is."""
    with tempfile.TemporaryDirectory() as name:
        for peer in (Nbgrader, Otter):
            try:
                grader = peer(Path(name))
            except Unavailable as reason:
                print(f"{peer.name} is not compared: {reason}.")
                continue
            grader.seconds(1)  # the first reads everything from the disk
            each = _show(peer.name, marginal(grader.seconds, 1, FEW), len(ASSERTS) - 1)
            print(f"    {each / ours:.1f} times ours in step {SAME}, by submission")


def _show(title: str, each: float, rules: int) -> float:
    print(f"{title:<38} {each:8.2f} s {60 / each:10.1f} {60 / each * rules:16,.0f}", flush=True)
    return each


def _hand_in(folder: Path, step: int) -> None:
    from workshop.reference import files_until

    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    for path, text in files_until(step).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def _seconds(scratch: Path, steps: str, jobs: int) -> float:
    command = [sys.executable, "-m", "checks", "grade", str(scratch / "submissions"), "--steps", steps]
    started = time.monotonic()
    subprocess.run(
        [*command, "--output", str(scratch / "grades"), "--jobs", str(jobs)],
        cwd=Path(__file__).parent.parent,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def _require_full_marks(path: Path, rules: int) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        points = {(row["score"], row["out_of"]) for row in csv.DictReader(file)}
    if points != {(str(rules), str(rules))}:
        raise AssertionError(f"copies of the reference got other points than {rules}: {points}")


def _print(count: int, jobs: int, seconds: float, efficiency: float) -> None:
    print(
        f"{jobs} process{'es' if jobs > 1 else ''}: {seconds:.1f} s for {count}, {seconds / count:.2f} s each, "
        f"{60 * count / seconds:.0f} a minute, efficiency {efficiency:.0%}"
    )


if __name__ == "__main__":
    main()
