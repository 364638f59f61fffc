"""The answer of every source: a server, and on it a database that is the workshop's own."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from workshop.errors import WorkshopError
from workshop.postgres.connection import (
    MAINTENANCE_DATABASES,
    Address,
    DatabaseMissing,
    connect,
    connect_elsewhere,
    version_of,
    words_of,
)
from workshop.postgres.mark import Mark, read_mark, write_mark

APPLICATION = "workshop"

#: On a server that many share, nobody else looks at a learner's tables. By default everybody may connect.
CLOSE = "revoke all on database {} from public"

_IS_EMPTY = Path(__file__).with_name("is_empty.sql").read_text(encoding="utf-8")
_MARKING = 5_204_118  # any number, as long as all workshops take the same: two must not mark one database at a time


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL with the workshop's database on it.

    Attributes:
        source: where it comes from, "embedded", "container" or "external".
        url: SQLAlchemy URL of the workshop's database, password included.
        version: such as "18.6".
    """

    source: str
    url: str = field(repr=False)
    version: str

    def describe(self) -> str:
        """One line for the learner, without the password."""
        address = Address.parse(self.url)
        return f"PostgreSQL {self.version}, {self.source}, at {address.place}, database {address.database}"


def claim(address: Address) -> str | None:
    """Make the database at `address` the workshop's own: create it where it is missing, mark it where it is empty.

    Returns:
        The server's version, or None when that database is somebody else's: nothing was changed then.

    Raises:
        WorkshopError: no connection, or the database is missing and this user may not create it.
    """
    try:
        with closing(_connect_or_create(address)) as connection:
            return version_of(connection) if _is_ours(connection, address) else None
    except psycopg2.Error as error:
        raise WorkshopError(
            f"The workshop can't get the database {address.database} at {address.place} ready: {words_of(error)}."
        ) from None


def _connect_or_create(address: Address) -> Connection:
    try:
        return connect(address.url(), APPLICATION)
    except DatabaseMissing:
        _create(address)
        return connect(address.url(), APPLICATION)


def _create(address: Address) -> None:
    connection = connect_elsewhere(address, APPLICATION)
    if connection is None:
        raise DatabaseMissing(f"There is no database {address.database} at {address.place}, and no way in to make it.")
    with closing(connection):
        connection.autocommit = True
        # template0 is as PostgreSQL ships it, whatever somebody has put into template1.
        name = sql.Identifier(address.database or "")
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("create database {} template template0").format(name))
                cursor.execute(sql.SQL(CLOSE).format(name))
        except (psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
            pass  # Somebody else was quicker.
        except psycopg2.Error as error:
            raise WorkshopError(
                f"The workshop needs a database of its own, and {address.user} can't make {address.database} at "
                f"{address.place} ({words_of(error)}): let DATABASE_URL name an empty one that {address.user} owns."
            ) from None


def _is_ours(connection: Connection, address: Address) -> bool:
    if read_mark(connection):
        return True
    if address.database in MAINTENANCE_DATABASES:
        return False
    with connection.cursor() as cursor:
        cursor.execute("select pg_catalog.pg_advisory_xact_lock(%s)", (_MARKING,))
        cursor.execute(_IS_EMPTY)
        (is_empty,) = cursor.fetchone() or (False,)
    if not is_empty:
        return False
    try:
        write_mark(connection, read_mark(connection) or Mark())
    except psycopg2.errors.InsufficientPrivilege:
        return False  # Only the owner of a database may comment on it.
    connection.commit()
    return True
