"""A PostgreSQL in a container of this process, by testcontainers."""

from workshop.errors import WorkshopError
from workshop.postgres.server import Server
from workshop.settings import Settings


def is_available(config: Settings) -> bool:
    return False


def start(config: Settings) -> Server:
    raise WorkshopError("Not there yet.")


def current_url(config: Settings) -> str | None:
    return None


def stop() -> bool:
    return False
