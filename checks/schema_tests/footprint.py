"""What a run of the tests leaves in a database, and what it did there: asked of PostgreSQL, whatever the tests say."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from workshop.postgres import connect

_PATIENCE = 3  # seconds for the connections of a process that has ended to be gone

_OTHERS = """
select count(*) from pg_catalog.pg_stat_activity
where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid() and backend_type = 'client backend'
"""

_TABLES = """
select c.oid::bigint, n.nspname, c.relname, n.nspname = any (pg_catalog.current_schemas(false))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 2, 3
"""

_SESSIONS = "select sessions from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()"

# A rolled back INSERT counts as well. A partition's rows are those of the table that it is a part of.
_INSERTED = """
select coalesce(pg_catalog.pg_partition_root(relid), relid)::bigint, sum(n_tup_ins)::bigint
from pg_catalog.pg_stat_user_tables group by 1 having sum(n_tup_ins) > 0
"""


@dataclass(frozen=True)
class Stored:
    """A table with what it holds."""

    oid: int
    rows: int
    contents: int  # a sum over the rows that changes when one of them does


@dataclass(frozen=True)
class Footprint:
    """A database at one moment.

    Attributes:
        tables: by the name that a person calls them.
        sessions: how many connections there have been.
        inserted: rows ever put in, rolled back or not, by the oid of the table.
    """

    tables: Mapping[str, Stored]
    sessions: int
    inserted: Mapping[int, int]


def read_footprint(url: str) -> Footprint:
    """The database of that URL, once nobody else works in it any more."""
    with closing(connect(url, "checks")) as connection, _settled(connection.cursor()) as cursor:
        cursor.execute(_SESSIONS)
        [sessions] = cursor.fetchone() or (0,)
        cursor.execute(_INSERTED)
        inserted = dict(cursor.fetchall())
        cursor.execute(_TABLES)
        found = cursor.fetchall()
        tables = {}
        for oid, schema, name, is_visible in found:
            cursor.execute(
                sql.SQL(
                    "select count(*), coalesce(sum(pg_catalog.hashtext(t::text)::bigint), 0)::bigint from {} t"
                ).format(sql.Identifier(schema, name))
            )
            rows, contents = cursor.fetchone() or (0, 0)
            tables[name if is_visible else f"{schema}.{name}"] = Stored(oid, rows, contents)
    return Footprint(tables, sessions, inserted)


@contextmanager
def _settled(cursor: Cursor) -> Iterator[Cursor]:
    """What a connection did is counted, and what it holds let go, when its server process has ended."""
    until = time.monotonic() + _PATIENCE
    with cursor:
        while time.monotonic() < until:
            cursor.execute(_OTHERS)
            [others] = cursor.fetchone() or (0,)
            if not others:
                break
            time.sleep(0.02)
            cursor.connection.rollback()  # the statistics are those of the transaction's begin
        cursor.connection.rollback()
        cursor.execute("set local statement_timeout = '10s'")
        yield cursor
