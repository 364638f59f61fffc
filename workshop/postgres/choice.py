"""Chooses among the three sources of PostgreSQL, as the settings say: start it, find it, stop it."""

from workshop.errors import WorkshopError
from workshop.postgres import container, embedded, external
from workshop.postgres.server import Server
from workshop.settings import settings


def start() -> Server:
    """Bring up the workshop's PostgreSQL, or attach to it, with the workshop's own, marked database on it.

    Raises:
        WorkshopError: one sentence that says why there is none, and what to do.
    """
    config = settings()
    match source():
        case "external":
            return external.start(config)
        case "container":
            return container.start(config)
        case _:
            return embedded.start(config)


def current_url() -> str:
    """The URL of the workshop's database, `postgresql+psycopg2://…` with its password; starts and opens nothing.

    Raises:
        WorkshopError: no PostgreSQL is running for the workshop.
    """
    config = settings()
    if config.postgres == "external" or (config.postgres == "auto" and config.database_url):
        return external.current_url(config)
    url = None
    if config.postgres != "embedded":
        url = container.current_url(config)
    if url is None and config.postgres != "container":
        url = embedded.current_url(config)
    if url is None:
        raise WorkshopError(
            "No PostgreSQL is running for the workshop. Call start_step(n) with the number of your step to start it."
        )
    return url


def stop() -> str:
    """End the embedded server, and the container of this process if there is one; a sentence says what happened."""
    if container.stop():
        return "The PostgreSQL container has stopped and is gone; start_step(n) makes a new one."
    return embedded.stop(settings())


def source() -> str:
    """Where the server comes from: "embedded", "container" or "external".

    `auto` keeps to what is up already, then prefers Docker.

    Raises:
        WorkshopError: a setting is not what it should be.
    """
    config = settings()
    if config.postgres != "auto":
        return config.postgres
    if config.database_url:
        return "external"
    if container.current_url(config) is None and embedded.current_url(config):
        return "embedded"
    return "container" if container.is_available(config) else "embedded"
