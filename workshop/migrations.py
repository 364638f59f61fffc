"""Alembic in the learner's project: its command line in a notebook, and databases to try revisions on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from workshop import project, schema
from workshop.errors import WorkshopError
from workshop.postgres import current_url
from workshop.postgres.scratch import scratch_database
from workshop.start import is_up_to_date
from workshop.tools import database_url, run_tool, words

_TRACEBACK = "Traceback (most recent call last):"
_LOG = re.compile(r"^[A-Z]+ +\[[\w.]+\] ")
_SAME_EACH_TIME = (
    "Context impl ",
    "Will assume transactional DDL",
    "Please edit configuration/connection/logging",
    "Creating directory",
    "setting up autogenerate plugin",
    "Detected sequence named",
    "(Background on this error",
)
_EXCEPTION = re.compile(r"^[\w.]+(?:Error|Exception): (?:\(psycopg2\.errors\.\w+\) )?")


class AlembicFailed(WorkshopError):
    """Alembic gave up; what it said is printed above."""


def alembic(line: str) -> None:
    """Run Alembic's command line in the project folder, on the workshop's database, and print what it says.

    Raises AlembicFailed with one sentence when it ends with an error.
    """
    said, status = run_tool("alembic", words(line))
    told = _telling([part for part in said.splitlines() if part.strip()])
    if status:
        print("\n".join(told[:-1]))
        raise AlembicFailed(f"alembic {line.partition(' ')[0]} did not work: {told[-1] if told else 'it said nothing'}")
    print("\n".join(told))
    _take_note(database_url())


@contextmanager
def empty_database() -> Iterator[str]:
    """Inside, Alembic and everything else that reads DATABASE_URL work on an empty database; afterwards it is gone.

    Yields its URL. Raises WorkshopError when there can be none.
    """
    before = current_url()
    with scratch_database(before) as url:
        os.environ["DATABASE_URL"] = url
        try:
            yield url
        finally:
            os.environ["DATABASE_URL"] = before


def _take_note(url: str) -> None:
    """A revision may have brought the database to what the project's files say: then nothing is to be built."""
    if project.project_files() and url == current_url() and not is_up_to_date(url):
        with suppress(WorkshopError):
            schema.recognise(url)


def _telling(said: Sequence[str]) -> Sequence[str]:
    """What is worth reading: no places on this computer, not what is the same each time, no frames of a traceback."""
    lines = [_LOG.sub("", line) for line in said]
    lines = [line.strip() for line in lines if not line.startswith(_SAME_EACH_TIME)]
    if _TRACEBACK not in lines:
        return lines
    begins = lines.index(_TRACEBACK)
    return [*lines[:begins], _reason(said[said.index(_TRACEBACK) :])]


def _reason(traceback: Sequence[str]) -> str:
    """What the last exception says, in its first line."""
    last = max(i for i, line in enumerate(traceback) if line.startswith(" ") or line == _TRACEBACK)
    return _EXCEPTION.sub("", next(iter(traceback[last + 1 :]), "it said nothing"))
