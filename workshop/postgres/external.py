"""A PostgreSQL that somebody else runs, such as docker-compose: `DATABASE_URL` says where."""

from workshop.errors import WorkshopError
from workshop.postgres.connection import Address, Unreachable
from workshop.postgres.server import Server, claim
from workshop.settings import Settings

# Which URL the workshop uses, by the DATABASE_URL it was started with: the two differ in the database where the one
# that was named is somebody else's.
_urls: dict[str, str] = {}


def start(config: Settings) -> Server:
    """Find or make the workshop's database on the server that `DATABASE_URL` names.

    Raises:
        WorkshopError: no such server, no way in, or no database there that may be the workshop's.
    """
    named = _address(config)
    own = named.at(config.database)
    candidates = dict.fromkeys([named if named.database else own, own])
    try:
        for address in candidates:
            if version := claim(address):
                _urls[named.url()] = address.url()
                return Server("external", address.url(), version)
    except Unreachable as error:
        advice = "Start that server or correct DATABASE_URL, then call start_step(n) again."
        raise Unreachable(error.fact, advice) from None
    names = " and ".join(str(address.database) for address in candidates)
    raise WorkshopError(
        f"The workshop only works in a database of its own, and at {named.place} something else is in {names}: let "
        "DATABASE_URL or WORKSHOP_DATABASE name a new one."
    )


def current_url(config: Settings) -> str:
    """The workshop's database by what `start` found, else the one that `DATABASE_URL` names."""
    named = _address(config).url()
    return _urls.get(named, named)


def _address(config: Settings) -> Address:
    if config.database_url is None:
        raise WorkshopError("WORKSHOP_POSTGRES is external, so DATABASE_URL has to say where; set it, or unset both.")
    return Address.parse(config.database_url)
