"""Other programs' command lines, run in the learner's project folder and on its database."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence

from workshop import project
from workshop.errors import WorkshopError
from workshop.postgres import current_url
from workshop.settings import settings

_PATIENCE = 120  # seconds


def database_url() -> str:
    """That of DATABASE_URL, which may lead to another database for a while, else the workshop's."""
    return os.environ.get("DATABASE_URL") or current_url()


def run_tool(module: str, arguments: Sequence[str]) -> tuple[str, int]:
    """What `python -m module arguments…` prints, without the place of the project on this computer, and its status.

    Raises WorkshopError with one sentence when it does not come to an end.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=project.make_folder(),
            env=os.environ | {"DATABASE_URL": database_url(), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise WorkshopError(f"{module} was still running after {_PATIENCE} seconds, and was stopped.") from None
    return done.stdout.strip().replace(f"{settings().project}{os.sep}", ""), done.returncode


def words(line: str) -> list[str]:
    """The arguments in a line, as a shell splits them; WorkshopError where that can't be done."""
    try:
        return shlex.split(line)
    except ValueError:
        raise WorkshopError(f"A quotation mark is missing in: {line}") from None
