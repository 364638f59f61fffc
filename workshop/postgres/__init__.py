"""The workshop's PostgreSQL, wherever it comes from: start it, find it, stop it, connect to it.

Three sources (see `workshop.settings`): `external`, a server that `DATABASE_URL` names; `container`, one in Docker;
`embedded`, one from a wheel. `auto` takes the first of them that is there.
"""

from typing import TYPE_CHECKING, Any

from workshop.postgres.connection import connect, normalise_url
from workshop.postgres.mark import Mark, read_mark, write_mark
from workshop.postgres.server import Server

if TYPE_CHECKING:
    from workshop.postgres.choice import current_url, source, start, stop

__all__ = [
    "Mark",
    "Server",
    "connect",
    "current_url",
    "normalise_url",
    "read_mark",
    "source",
    "start",
    "stop",
    "write_mark",
]


def __getattr__(name: str) -> Any:
    """What needs a source: who only connects does without their libraries, which take a while to load."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workshop.postgres import choice

    return getattr(choice, name)
