"""Databases that are there for a moment: empty ones, and copies of others."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from workshop.errors import WorkshopError
from workshop.postgres.connection import Address, connect_elsewhere, words_of
from workshop.postgres.server import CLOSE

#: As PostgreSQL ships it, whatever somebody has put into template1.
EMPTY = "template0"

_PREFIX = "workshop_scratch_"
_PATIENCE = 10  # seconds; a build of the template takes one or two
_LEFT_OVER = 3600  # seconds, either way, since clocks are put right; who made it was killed


@contextmanager
def scratch_database(url: str, template: str = EMPTY) -> Iterator[str]:
    """The URL of a new database on the server of `url`, a copy of `template`. It is dropped afterwards.

    Raises WorkshopError with one sentence when this user can't make one.
    """
    address = Address.parse(url)
    fresh = address.at(f"{_PREFIX}{int(time.time())}_{secrets.token_hex(4)}")
    with closing(_administration(address)) as connection:
        _drop_left_overs(connection)
        _create(connection, fresh.database, template)
        try:
            _execute(connection, CLOSE, fresh.database)
            yield fresh.url()
        finally:
            # Whoever is still in it is a process of the learner's that was left behind.
            with suppress(psycopg2.Error):
                _cut_off(connection, fresh.database)
                _execute(connection, "drop database if exists {}", fresh.database)


def _administration(address: Address) -> Connection:
    connection = connect_elsewhere(address, "scratch")
    if connection is None:
        raise WorkshopError(f"There can be no scratch database: {address.user} can't connect to {address.place}.")
    connection.autocommit = True
    return connection


def _create(connection: Connection, name: str | None, template: str) -> None:
    """Make it, in a moment if somebody is just at the template."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            _execute(connection, "create database {} template {}", name, template)
            return
        except psycopg2.errors.ObjectInUse:
            if time.monotonic() > deadline:
                raise WorkshopError(
                    f"This takes a copy of the database {template}, and somebody is connected to it: close that "
                    "connection, then try again."
                ) from None
            time.sleep(0.1)
        except psycopg2.errors.InsufficientPrivilege as error:
            raise WorkshopError(
                f"This takes a scratch database, and {connection.info.user} can't make one: {words_of(error)}. "
                "Give that role createdb, or use the workshop's own PostgreSQL."
            ) from None
        except psycopg2.Error as error:
            raise WorkshopError(f"This takes a scratch database, and PostgreSQL says: {words_of(error)}.") from None


def _execute(connection: Connection, statement: str, *names: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name or "") for name in names)))


def _cut_off(connection: Connection, database: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_catalog.pg_terminate_backend(pid, 1000) from pg_catalog.pg_stat_activity"
            " where datname = %s and usename = current_user",
            (database,),
        )


def _drop_left_overs(connection: Connection) -> None:
    """Drop what a process that was killed has left behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select datname from pg_catalog.pg_database"
            " where datname ~ %s and pg_catalog.abs(pg_catalog.split_part(datname, '_', 3)::bigint - %s) > %s",
            (f"^{_PREFIX}[0-9]{{1,18}}_[0-9a-f]+$", int(time.time()), _LEFT_OVER),
        )
        for (name,) in cursor.fetchall():
            with suppress(psycopg2.Error):
                _execute(connection, "drop database {}", name)
