"""What ends a grading transaction early, each as a sentence for the learner; and how such an end is known."""

from __future__ import annotations

import psycopg2

from workshop.errors import WorkshopError
from workshop.postgres.connection import words_of

#: An end that somebody ordered or a crash; too little disk, memory or connections, or a disk that fails.
_ENDED = ("08", "57P")
_NO_ROOM = ("53", "58")


class Busy(WorkshopError):
    """Somebody else's open transaction is in the way."""


class ServerGone(WorkshopError):
    """The connection broke off, or the server has no room to go on."""

    def __init__(self, error: psycopg2.Error) -> None:
        if is_lost(error):
            told = "The connection to PostgreSQL was lost in the middle of the check."
            super().__init__(f"{told} start_step(n) brings the database back, with your data; then check again.")
        else:
            super().__init__(f"PostgreSQL could not go on: {words_of(error)}. See to that, then check again.")


class TooSlow(WorkshopError):
    """A statement of ours, or a trigger that it set off, did not come to an end."""


def is_lost(error: psycopg2.Error) -> bool:
    """The connection is no more: nobody answered, or somebody ended it."""
    code = error.pgcode or ""
    return isinstance(error, psycopg2.InterfaceError | psycopg2.OperationalError) and (
        not code or code.startswith(_ENDED)
    )


def is_about_the_server(error: psycopg2.Error) -> bool:
    """It is no matter of what was asked: the connection is lost, or the server short of disk, memory or connections."""
    return is_lost(error) or (error.pgcode or "").startswith(_NO_ROOM)
