"""`nbgrader autograde`: each submission runs in a workshop of its own, so that nobody is graded by another's files."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import PurePath

from workshop.errors import WorkshopError
from workshop.scratch import make_ready_for, scratch_workshop
from workshop.steps import Step, find_notebook

_workshop = ExitStack()
atexit.register(_workshop.close)


def begin_submission(notebooks: Sequence[str], **_: object) -> None:
    """What nbgrader calls before it runs these notebooks of one learner: its `Autograde.pre_convert_hook`.

    The workshop of the submission before is gone. In the new one are the steps before the first of the notebooks, as
    solutions/ have them. Raises SystemExit where that can't be: after any other error nbgrader would go on, and run the
    learner's code on whatever database and project it finds.
    """
    _workshop.close()
    try:
        _workshop.enter_context(scratch_workshop())
        if step := _first_step(notebooks):
            make_ready_for(step)
    except Exception as error:
        raise SystemExit(f"The submissions from here on are not graded, no workshop can be made: {error}") from error


def _first_step(notebooks: Sequence[str]) -> Step | None:
    """That of the first notebook which is one of ours; an assignment may hold others as well."""
    for path in sorted(map(PurePath, notebooks)):
        with suppress(WorkshopError):
            return find_notebook(path)
    return None
