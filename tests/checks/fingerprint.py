"""All that a check could leave behind in a database, as facts to compare: before it and after it they are equal."""

from __future__ import annotations

import time
from typing import Any

from psycopg2.extensions import connection as Connection

#: Every ordinary table, with the system's own, but for what PostgreSQL notes down by itself as time goes by.
_TABLES = """
select c.oid::regclass::text, n.nspname = 'pg_catalog'
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence <> 't' and n.nspname <> 'information_schema'
  and c.relname not in ('pg_statistic', 'pg_statistic_ext_data') and has_table_privilege(c.oid, 'select')
order by 1
"""
_SEQUENCES = "select c.oid::regclass::text from pg_catalog.pg_class c where c.relkind = 'S' order by 1"
_SETTINGS = "select setdatabase, setrole, setconfig from pg_catalog.pg_db_role_setting order by 1, 2"
_CONNECTIONS = """
select pid, application_name, state from pg_catalog.pg_stat_activity
where datname = current_database() and pid <> pg_catalog.pg_backend_pid() and backend_type = 'client backend'
"""
_LOCKS = f"""
select pid, locktype, mode, relation::regclass::text, objid from pg_catalog.pg_locks
where pid in (select pid from ({_CONNECTIONS}) as others)
"""
#: How long PostgreSQL may take to notice that somebody has gone, in seconds.
_PATIENCE = 10.0
_PREPARED = "select gid from pg_catalog.pg_prepared_xacts"


def fingerprint(connection: Connection) -> dict[str, Any]:
    """What is in the database, by name of the fact.

    Of the catalog the place and the age of every row: a row that was written anew has others. Of the shop's tables
    the values as well.
    """
    with connection.cursor() as cursor:

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return cursor.fetchall()

        deadline = time.monotonic() + _PATIENCE
        while ask(_CONNECTIONS) and time.monotonic() < deadline:
            time.sleep(0.01)
        facts: dict[str, Any] = {}
        for table, is_catalog in ask(_TABLES):
            whole = "" if is_catalog else ", t::text"
            facts[table] = ask(f"select ctid::text, xmin::text{whole} from {table} as t order by ctid")
        for [sequence] in ask(_SEQUENCES):
            facts[sequence] = ask(f"select last_value, is_called from {sequence}")
        facts["settings of databases and roles"] = ask(_SETTINGS)
        facts["connections"] = ask(_CONNECTIONS)
        facts["locks"] = ask(_LOCKS)
        facts["prepared transactions"] = ask(_PREPARED)
        return facts
