"""`python -m workshop classroom`: a role and a database for each learner, on one PostgreSQL for a whole class.

The server of `DATABASE_URL` gets them; its user has to be a superuser, or one who may create roles and databases.
"""

import argparse
import csv
import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from workshop.bootstrap import command
from workshop.errors import WorkshopError
from workshop.postgres.connection import Address, connect_elsewhere, words_of
from workshop.postgres.server import claim
from workshop.settings import settings

#: A notebook holds two or three connections; a learner with a loop must not take those of the class.
CONNECTIONS = 20

_PREFIX = "shop_"
_LONGEST = 40  # bytes; PostgreSQL cuts names after 63, and other databases of the learner's add an ending


def main(arguments: Sequence[str]) -> int:
    """Make what is missing, and print `learner,DATABASE_URL` as CSV for each one who is new."""
    parser = argparse.ArgumentParser(prog=command("classroom"))
    parser.add_argument("file", type=Path, help="a text file with a learner's name in each line")
    names = _read(parser.parse_args(arguments).file)
    url = settings().database_url
    if url is None:
        raise WorkshopError("Set DATABASE_URL to the server of the class, with a user who may create roles there.")
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["learner", "DATABASE_URL"])
    new = 0
    for row in enrol(Address.parse(url), names):
        table.writerow(row)
        sys.stdout.flush()  # its password is nowhere else
        new += 1
    print(f"{new} learners are new, {len(names) - new} were there already.", file=sys.stderr)
    return 0


def role_names(learners: Iterable[str]) -> dict[str, str]:
    """What the role and the database of each learner are called.

    Raises:
        WorkshopError: two learners would share one.
    """
    roles: dict[str, str] = {}
    for learner in learners:
        role = _PREFIX + re.sub(r"\W+", "_", learner.lower())
        if len(role.encode()) > _LONGEST:
            raise WorkshopError(f"The name {learner!r} is too long: write a shorter one.")
        if role in roles:
            raise WorkshopError(f"{roles[role]!r} and {learner!r} would share the database {role}: rename one of them.")
        roles[role] = learner
    return {learner: role for role, learner in roles.items()}


def enrol(server: Address, learners: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Make a role and a database for each learner who has none; yields the name and the URL with the new password.

    Raises:
        WorkshopError: no way to the server, or its user may not do this.
    """
    connection = connect_elsewhere(server, "classroom")
    if connection is None:
        raise WorkshopError(f"No way to the server at {server.place}: is DATABASE_URL right?")
    with closing(connection):
        connection.autocommit = True
        for learner, role in role_names(learners).items():
            address = replace(server, user=role, password=secrets.token_urlsafe(18), database=role)
            if _create_role(connection, address):
                _make_database(connection, address)
                yield learner, address.url()


def _create_role(connection: Connection, address: Address) -> bool:
    """Whether it is new. It may make databases: some checks try things in one of their own."""
    statement = sql.SQL("create role {} login createdb connection limit {} password {}").format(
        sql.Identifier(address.user or ""), sql.Literal(CONNECTIONS), sql.Literal(address.password)
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except psycopg2.errors.DuplicateObject:
        return False
    except psycopg2.Error as error:
        raise WorkshopError(f"The role {address.user} can't be made: {words_of(error)}.") from None
    return True


def _make_database(connection: Connection, address: Address) -> None:
    """As a learner's first start_step would, so that this login is known to work; nobody else gets in."""
    try:
        if claim(address) is None:
            raise WorkshopError(f"There is a database {address.database} already, of somebody else: rename it.")
    except WorkshopError:
        # The next try is to find nothing half made.
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("drop role {}").format(sql.Identifier(address.user or "")))
        raise


def _read(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WorkshopError(f"{file} can't be read as a text file with a name in each line: {error}.") from None
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise WorkshopError(f"There is no name in {file}.")
    return names
