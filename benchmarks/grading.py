"""How long a class takes: `python -m checks grade` on copies of the reference, with one process and with one per core.

    python benchmarks/grading.py [SUBMISSIONS]

Prints for each the seconds in all, the seconds per submission, submissions per minute, and the parallel efficiency:
how much of the ideal speed-up is reached. The start of the servers is in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDERS = ("schemas", "migrations", "tests", "scripts", "models")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for number in range(count):
            _hand_in(scratch / "submissions" / f"learner{number:04}")
        one = _seconds(scratch, 1)
        cores = os.cpu_count() or 1
        _print(count, 1, one, 1.0)
        if cores > 1:
            many = _seconds(scratch, cores)
            _print(count, cores, many, one / many / cores)


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
        [*command, "--output", str(scratch / f"grades{jobs}"), "--jobs", str(jobs)],
        cwd=Path(__file__).parent.parent,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def _print(count: int, jobs: int, seconds: float, efficiency: float) -> None:
    print(
        f"{jobs} process{'es' if jobs > 1 else ''}: {seconds:.1f} s for {count}, {seconds / count:.2f} s each, "
        f"{60 * count / seconds:.0f} a minute, efficiency {efficiency:.0%}"
    )


if __name__ == "__main__":
    main()
