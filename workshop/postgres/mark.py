"""The workshop's mark: a comment on a database that says "the workshop made this, it may rebuild it"."""

import json
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

_KEY = "schema_workbook"
_FORMAT = 1


@dataclass(frozen=True)
class Mark:
    """What the mark says.

    Attributes:
        built_from: fingerprint of the project files that the schema was last built from; None before the first build.
    """

    built_from: str | None = None


def read_mark(connection: Connection) -> Mark | None:
    """The mark of the database that the connection is to; None when it has none, or a comment that isn't ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_catalog.shobj_description(oid, 'pg_database') from pg_catalog.pg_database"
            " where datname = pg_catalog.current_database()"
        )
        (comment,) = cursor.fetchone() or (None,)
    return _parsed(comment)


def write_mark(connection: Connection, mark: Mark) -> None:
    """Mark the database that the connection is to, inside the caller's transaction; only its owner may."""
    text = json.dumps({_KEY: _FORMAT, "built_from": mark.built_from})
    with connection.cursor() as cursor:
        cursor.execute("select pg_catalog.current_database()")
        (database,) = cursor.fetchone() or ("",)
        statement = sql.SQL("comment on database {} is {}")
        cursor.execute(statement.format(sql.Identifier(database), sql.Literal(text)))


def _parsed(comment: str | None) -> Mark | None:
    try:
        content = json.loads(comment or "")
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get(_KEY) != _FORMAT:
        return None
    built_from = content.get("built_from")
    return Mark(built_from) if built_from is None or isinstance(built_from, str) else None
