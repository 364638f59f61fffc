"""python -m workshop.pristine: a database that holds what the project's files build, and nothing else.

It lies beside the workshop's own, nobody works in it, and so it can be copied at any time: what a build leaves for
those who need a schema to spoil. It is built anew when the files have changed. The URL of the workshop's database is
read from standard input, where nobody sees its password; the name of the other one is printed.

Building runs the learner's models, so whoever grades them calls this command, with a time limit.
"""

from __future__ import annotations

import os
import sys

from workshop import schema
from workshop.errors import WorkshopError
from workshop.postgres.connection import Address, DatabaseMissing
from workshop.postgres.server import claim

_ENDING = "_pristine"
_LONGEST = 63  # bytes; PostgreSQL cuts longer names


def pristine(url: str) -> str:
    """The name of the database, on the server of `url`, that holds what the project's files build.

    Raises:
        WorkshopError: the files can't be built, or there can be no such database; the sentence says why.
    """
    address = Address.parse(url).at(name_for(Address.parse(url).database or ""))
    os.environ["DATABASE_URL"] = address.url()  # a model that connects by itself gets this one
    if not _is_up_to_date(address):
        if claim(address) is None:
            raise WorkshopError(f"The database {address.database} at {address.place} is not the workshop's: rename it.")
        schema.rebuild(address.url())
    return address.database or ""


def name_for(database: str) -> str:
    """What the pristine database beside that one is called."""
    return database.encode()[: _LONGEST - len(_ENDING)].decode(errors="ignore") + _ENDING


def _is_up_to_date(address: Address) -> bool:
    try:
        return schema.is_up_to_date(address.url())
    except DatabaseMissing:
        return False


def main() -> int:
    """Print the name; exit status 2 and the reason on standard error where there is none."""
    try:
        print(pristine(sys.stdin.readline().strip()))
    except WorkshopError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
