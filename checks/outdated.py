"""Whether a notebook's project has changed since its database was built from it, which is what the checks look at."""

from __future__ import annotations

import sys
from contextlib import closing

from checks import contract

_CHANGED = "Your files have changed since the database was built, and the checks look at the database: "
_BUILD = "run build_schema(), then check again."
_UPGRADE = "Alembic looks after it: write a revision, run %alembic upgrade head where it is written, then check again."


def outdated(database_url: str, key: int | str) -> str:
    """A sentence or two that say so, and what to do; empty where they agree."""
    if "workshop.project" not in sys.modules:  # no notebook: nobody saves files there, and builds
        return ""
    from workshop.project import unsaved

    return " ".join(filter(None, (unsaved(), _not_built(database_url, key))))


def _not_built(database_url: str, key: int | str) -> str:
    """The files say something else than the database was built from; a step may also build from them itself."""
    if isinstance(key, int) and key not in contract.SCHEMA_STEPS:
        return ""
    from workshop.postgres import connect, read_mark
    from workshop.project import fingerprint
    from workshop.stamp import read_stamp

    with closing(connect(database_url, "check_step")) as connection, connection.cursor() as cursor:
        mark = read_mark(connection)
        if mark is None or mark.built_from in (None, fingerprint()):
            return ""
        return _CHANGED + (_BUILD if read_stamp(cursor) is None else _UPGRADE)
