"""Puts aside what would make many rows slow, and puts it back exactly as it was: triggers, foreign keys, indexes, and
the primary keys that only number rows.

The learner's triggers would write a history and move stock for each row, and refuse what is history already. A foreign
key or an index that is made again looks at all rows at once, in a fraction of the time that it takes to look at each.
Other unique keys and CHECKs stay. All this is inside the caller's transaction: when that fails, nothing has happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor as Cursor

_FOLDER = Path(__file__).parent
_TRIGGERS, _FOREIGN_KEYS, _PRIMARY_KEYS, _INDEXES = (
    (_FOLDER / f"{what}.sql").read_text("utf-8") for what in ("triggers", "foreign_keys", "primary_keys", "indexes")
)


@contextmanager
def put_aside(cursor: Cursor, tables: Sequence[str]) -> Iterator[None]:
    """Without triggers, foreign keys, keys that number rows, and plain indexes inside; with all of them afterwards.

    Raises psycopg2's errors: a row broke a foreign key, a table belongs to somebody else.
    """
    triggers, foreign_keys, indexes = (_rows(cursor, query, tables) for query in (_TRIGGERS, _FOREIGN_KEYS, _INDEXES))
    _run(cursor, [f"alter table {table} disable trigger {name}" for table, name, _ in triggers])
    _run(cursor, [f"alter table {table} drop constraint {name}" for table, name, _, _ in foreign_keys])
    primary_keys = _rows(cursor, _PRIMARY_KEYS, tables)  # now that no foreign key of ours rests on them
    _run(cursor, [f"alter table {table} drop constraint {name}" for table, name, _, _ in primary_keys])
    _run(cursor, [f"drop index {name}" for name, _, _ in indexes])
    yield
    cursor.execute("set constraints all immediate")
    for name, definition, comment in indexes:
        cursor.execute(definition)
        if comment is not None:
            cursor.execute(f"comment on index {name} is %s", (comment,))
    for table, name, definition, comment in [*primary_keys, *foreign_keys]:
        cursor.execute(f"alter table {table} add constraint {name} {definition}")
        if comment is not None:
            cursor.execute(f"comment on constraint {name} on {table} is %s", (comment,))
    _run(cursor, [f"alter table {table} enable {when} trigger {name}" for table, name, when in triggers])


def _rows(cursor: Cursor, query: str, tables: Sequence[str]) -> list[Any]:
    cursor.execute(query, {"tables": list(tables)})
    return list(cursor.fetchall())


def _run(cursor: Cursor, statements: Sequence[str]) -> None:
    if statements:
        cursor.execute("; ".join(statements))
