"""What to do about what Alembic says: its own words are true, and mean little to who meets them for the first time."""

from __future__ import annotations

import re

_WAYS_OUT = (
    (
        r"sqlalchemy\.dialects:driver",
        "That is the example of alembic init: let migrations/env.py take the URL from the settings.",
    ),
    (
        r"already exists and is not empty",
        "It was made before, and stays: go on with migrations/env.py.",
    ),
    (
        r"does not provide a MetaData",
        "Tell migrations/env.py what to compare: from models import Base, and target_metadata = Base.metadata.",
    ),
    (
        r"Target database is not up to date",
        "This database has not seen all revisions in migrations/versions/: first %alembic upgrade head.",
    ),
    (
        r"Can't locate revision identified by",
        "No file in migrations/versions/ has that number: put it back. If it is gone for good and the database holds "
        "what the others build, %alembic stamp --purge head writes the head's number over it.",
    ),
    (
        r"Multiple head revisions",
        "Two revisions name the same one as the one before: correct a down_revision, so that they are one chain.",
    ),
    (
        r"(?:Self-loop|[Cc]ycle) is detected|Dependency resolution failed",
        "Following down_revision leads back to where it began: correct it in the revision named here.",
    ),
    (
        r"Revision \S+ referenced from .+ is not present",
        "A down_revision names a revision that is not there: correct it.",
    ),
)


def way_out(said: str) -> str:
    """A sentence that says what to do about Alembic's words; empty where they say enough."""
    return next((sentence for words, sentence in _WAYS_OUT if re.search(words, said)), "")
