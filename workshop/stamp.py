"""Alembic's stamp: the number of the revision that a database is at."""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

from workshop.settings import settings

#: The table in which Alembic keeps it.
STAMP = "alembic_version"


def read_stamp(cursor: Cursor) -> str | None:
    """The revision that this database is at; None where Alembic has never been, and where the project has none."""
    if not (settings().project / "alembic.ini").is_file():
        return None
    cursor.execute(
        "select from pg_catalog.pg_attribute where attrelid = pg_catalog.to_regclass(%s) and attname = 'version_num'",
        (f"public.{STAMP}",),
    )
    if not cursor.rowcount:
        return None
    cursor.execute(f"select version_num from public.{STAMP}")
    return ", ".join(str(number) for (number,) in cursor.fetchall()) or None
