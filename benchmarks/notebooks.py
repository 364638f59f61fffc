"""How long a learner waits in the notebooks: `python benchmarks/notebooks.py [ROUNDS]`.

Runs the notebooks of solutions/ in their order, each in a kernel of its own, in one scratch workshop that begins with
nothing: no project folder, no PostgreSQL. Prints the time that the cells took, kernel starts left out, by notebook and
in sum, and the slowest cells. Cells that learners don't have are run, and not counted. The goals on two cores: 20
seconds in sum for the notebooks up to indexes, the sample data included; 5 for `check_step(7)`; 20 for `check_step(8)`.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import nbformat
from nbclient import NotebookClient

from workshop.release import SOLUTIONS
from workshop.scratch import scratch_workshop

GOAL = 20  # seconds, for the notebooks of the first steps
FIRST_STEPS = 6
CHECKS = {"07_migrations": 5, "08_validation_tests": 20}  # seconds that check_step may take there
SLOWEST = 8  # cells to name

#: Seconds by notebook and cell.
Waiting = dict[tuple[str, str], float]


def run_all() -> Iterator[tuple[tuple[str, str], float]]:
    """Run every notebook, and give the seconds that each of a learner's cells took."""
    with scratch_workshop():
        for path in sorted(SOLUTIONS.glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
            place = {"metadata": {"path": str(SOLUTIONS)}}
            NotebookClient(notebook, kernel_name="python3", resources=place, record_timing=True).execute()
            for cell in notebook.cells:
                if cell.cell_type == "code" and "solution-only" not in cell.metadata.get("tags", ()):
                    yield (path.stem, cell.id), seconds(cell.metadata["execution"])


def seconds(times: dict[str, Any]) -> float:
    """From the moment at which the kernel took the cell up to its answer."""
    begun, done = (datetime.fromisoformat(times[when]) for when in ("iopub.status.busy", "shell.execute_reply"))
    return (done - begun).total_seconds()


def by_notebook(waiting: Waiting) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for (name, _), taken in waiting.items():
        sums[name] += taken
    return dict(sums)


def show(name: str, taken: list[float]) -> None:
    print(f"{name:<52} {statistics.median(taken):6.1f} s   ({min(taken):.1f} to {max(taken):.1f})")


def main(rounds: int) -> None:
    print(f"{os.cpu_count()} cores, {rounds} rounds: median (range)")
    taken = [dict(run_all()) for _ in range(rounds)]
    sums = [by_notebook(waiting) for waiting in taken]
    for name in sums[0]:
        show(name, [one[name] for one in sums])
    first = list(sums[0])[:FIRST_STEPS]
    show(f"the first {FIRST_STEPS} in sum; the goal is {GOAL} s", [sum(one[name] for name in first) for one in sums])
    for name, goal in CHECKS.items():
        show(f"check_step in {name}; the goal is {goal} s", [one[name, "check-step"] for one in taken])
    print("\nThe slowest cells:")
    slowest = sorted(taken[0], key=lambda cell: -statistics.median(one[cell] for one in taken))
    for cell in slowest[:SLOWEST]:
        show("  " + ", ".join(cell), [one[cell] for one in taken])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
