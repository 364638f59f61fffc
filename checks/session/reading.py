"""How PostgreSQL's values reach Python, which doesn't know all of them."""

from __future__ import annotations

from typing import Any

import psycopg2
from psycopg2 import extensions


def read_leniently(connection: extensions.connection) -> None:
    """What Python has no value for, such as a year beyond 9999, comes as text."""
    for readable in _READABLE:
        extensions.register_type(readable, connection)


def _or_text(cast: Any) -> Any:
    """Reads what Python can hold, and leaves the rest as text: a year beyond 9999, a date in another style."""

    def read(value: str | bytes | None, cursor: extensions.cursor) -> Any:
        try:
            return cast(value, cursor)
        except (ValueError, psycopg2.Error):
            return value

    return extensions.new_type(cast.values, cast.name, read)


#: Of these types PostgreSQL knows values that Python does not.
_READABLE = [
    _or_text(cast)
    for cast in (
        extensions.PYDATE,
        extensions.PYDATETIME,
        extensions.PYDATETIMETZ,
        extensions.PYTIME,
        extensions.PYINTERVAL,
    )
]
