"""`python -m workshop test`: everything the project tests itself with, one part after the other."""

import subprocess
import sys
import time
from collections.abc import Sequence

from workshop.bootstrap import ROOT

# pytest on tests/ comes last, so that its closing line stands near the end.
PARTS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "notebooks are what solutions make": ["workshop", "release", "--check"],
    "nbval on solutions": ["pytest", "--nbval", "solutions/"],
    "pytest": ["pytest", "-n", "logical", "--dist", "loadfile"],
}


def main(arguments: Sequence[str]) -> int:
    """Run every part and sum up; with arguments, pytest alone. Exit status 0 where nothing failed."""
    if arguments:
        return _run(["pytest", *arguments])
    results = [(title, *_timed(title, words)) for title, words in PARTS.items()]
    print("\nEverything the project tests itself with:")
    for title, status, seconds in results:
        print(f"  {'ok    ' if status == 0 else 'FAILED'}  {title} ({seconds:.0f} s)")
    return int(any(status for _, status, _ in results))


def _timed(title: str, words: Sequence[str]) -> tuple[int, float]:
    print(f"\n--- {title}", flush=True)
    started = time.monotonic()
    return _run(words), time.monotonic() - started


def _run(words: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, check=False).returncode
