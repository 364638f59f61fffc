"""What the checks try things in that can't be rolled back: scratch databases, and a pristine one to copy from."""

from __future__ import annotations

import sys

from checks.own_process import run_command
from checks.subject import Subject
from workshop.errors import WorkshopError
from workshop.postgres.scratch import EMPTY, scratch_database

#: How long the learner's files may take to build; the reference takes one.
SECONDS = 30


class NotBuilt(WorkshopError):
    """The project's files can't be built; the text says why, with file and line."""


def pristine_database(subject: Subject) -> str:
    """The name of a database that holds what the project's files build, to copy from. Nobody is connected to it.

    Raises NotBuilt; WorkshopError when it can't be made at all.
    """
    if subject.pristine is not None:
        return subject.pristine
    from workshop.settings import ROOT

    ended = run_command(
        [sys.executable, "-m", "workshop.pristine"],
        subject.database_url,
        ROOT,
        {"WORKSHOP_PROJECT": str(subject.project), "WORKSHOP_POSTGRES": "external"},
        SECONDS,
    )
    if ended.is_late:
        raise NotBuilt(f"The project's files were still being built after {SECONDS} seconds.")
    if ended.status:
        raise NotBuilt(ended.said.strip() or "Python stopped while the project's files were built.")
    return ended.output.strip().rpartition("\n")[2]


__all__ = ["EMPTY", "NotBuilt", "pristine_database", "scratch_database"]
