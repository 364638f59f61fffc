"""A PostgreSQL in a container of this process, by testcontainers; it ends with the process."""

import atexit
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.errors import WorkshopError
from workshop.postgres.connection import Address, Unreachable, normalise_url
from workshop.postgres.programs import telling_line
from workshop.postgres.server import Server, claim
from workshop.settings import Settings

if TYPE_CHECKING:
    # testcontainers takes up to a second to import: done where a container is really wanted.
    from docker import DockerClient
    from testcontainers.community.postgres import PostgresContainer

_ROLE = "workshop"
_PORT = 5432
_PING = 2  # seconds
_PATIENCE = 120  # seconds
_OTHERWISE = "set WORKSHOP_POSTGRES to embedded, which needs no Docker"


# The container of this process, and the database in it.
_running: "tuple[PostgresContainer, Address] | None" = None


def is_available(config: Settings) -> bool:
    """Whether a Docker engine answers and has the image already: fetching it could take minutes."""
    if not _may_have_docker():
        return False
    try:
        with _engine() as engine:
            return _has_image(engine, config.postgres_image)
    except WorkshopError:
        return False


def start(config: Settings) -> Server:
    """Start a container of this process, or attach to the one that it has.

    Raises:
        WorkshopError: no Docker engine, no rights on it, no image, or the container died; the sentence says which.
    """
    if _running:
        with suppress(Unreachable):
            return _server(_running[1])
        stop()
    with _engine() as engine:
        if not _has_image(engine, config.postgres_image):
            _fetch(engine, config.postgres_image)
        address = _run(config, ryuk=_has_image(engine, _ryuk_image()))
    return _server(address)


def current_url(config: Settings) -> str | None:
    """The database in the container of this process, or of the notebook that started this process."""
    if _running:
        return _running[1].url()
    if config.postgres == "container" and config.database_url:
        return normalise_url(config.database_url)
    return None


def stop() -> bool:
    """Remove the container of this process; whether there was one."""
    global _running
    if _running is None:
        return False
    (container, _), _running = _running, None
    with suppress(Exception):  # Gone already, or the engine is: nothing is left to remove then.
        container.stop()
    return True


def _may_have_docker() -> bool:
    return "DOCKER_HOST" in os.environ or bool(shutil.which("docker")) or Path("/var/run/docker.sock").exists()


@contextmanager
def _engine() -> "Iterator[DockerClient]":
    """The engine that testcontainers will use, once it has answered a ping."""
    from docker.errors import DockerException
    from testcontainers.core.docker_client import DockerClient as Engine

    try:
        engine = Engine(timeout=_PING).client
        engine.ping()
    except (DockerException, OSError) as error:
        if "PermissionError" in str(error):
            raise WorkshopError(
                "Docker is there, but you may not use it: ask to be put into the group docker and log in again, or "
                f"{_OTHERWISE}."
            ) from None
        raise WorkshopError(f"No Docker engine answers: start Docker, or {_OTHERWISE}.") from None
    try:
        yield engine
    finally:
        engine.close()


def _has_image(engine: "DockerClient", image: str) -> bool:
    from docker.errors import APIError

    try:
        engine.images.get(image)
    except (APIError, OSError):
        return False
    return True


def _fetch(engine: "DockerClient", image: str) -> None:
    from docker.errors import DockerException

    print(f"Fetching the Docker image {image}; this can take some minutes …", flush=True)
    engine.api.timeout = None  # That of the ping would be too short.
    try:
        engine.images.pull(image)
    except (DockerException, OSError) as error:
        raise WorkshopError(
            f"Docker does not have the image {image} and can't fetch it ({_reason(error)}): check "
            f"WORKSHOP_POSTGRES_IMAGE and that you are online, or {_OTHERWISE}."
        ) from None


def _ryuk_image() -> str:
    from testcontainers.core.config import testcontainers_config

    return testcontainers_config.ryuk_image


def _run(config: Settings, ryuk: bool) -> Address:
    """Start the container and wait until its server answers."""
    global _running
    from docker.errors import DockerException
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.container import DockerContainer

    password = secrets.token_urlsafe(18)  # Docker opens the port to the whole network.
    image, database = config.postgres_image, config.database
    container = PostgresContainer(image, _PORT, username=_ROLE, password=password, dbname=database)
    try:
        with _reaper(ryuk):
            # Not its own start, which goes on waiting for two minutes when the container has long died.
            DockerContainer.start(container)
        _wait(container, config)
        host, port = container.get_container_host_ip(), container.get_exposed_port(_PORT)
    except BaseException as error:
        container.stop()
        if not isinstance(error, (DockerException, OSError)):
            raise
        raise WorkshopError(
            f"Docker can't start a container of {image}: {_reason(error)}. Mend it, or {_OTHERWISE}."
        ) from None
    _running = container, Address(_ROLE, password, host, port, database)
    return _running[1]


def _reason(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error).rstrip(".")


@contextmanager
def _reaper(wanted: bool) -> Iterator[None]:
    """Ryuk removes the container also when this process is killed; where its image isn't there we do without."""
    from testcontainers.core.config import testcontainers_config

    before = testcontainers_config.ryuk_disabled
    testcontainers_config.ryuk_disabled = before or not wanted
    try:
        yield
    finally:
        testcontainers_config.ryuk_disabled = before


def _wait(container: "PostgresContainer", config: Settings) -> None:
    # By TCP: while the image sets itself up, a first server answers on the socket alone.
    is_ready = ["pg_isready", "-h", "127.0.0.1", "-U", _ROLE, "-d", config.database]
    deadline = time.monotonic() + _PATIENCE
    while True:
        container.reload()
        if container.status in ("exited", "dead"):
            reason = telling_line(b"".join(container.get_logs()))
            raise WorkshopError(f"The container of {config.postgres_image} ended at once: {reason}.")
        with suppress(Exception):  # The engine refuses when the container has just died: seen in the next round.
            if container.exec(is_ready).exit_code == 0:
                return
        if time.monotonic() > deadline:
            raise WorkshopError(f"PostgreSQL in the container has not come up in {_PATIENCE} seconds, so it was ended.")
        time.sleep(0.1)


def _server(address: Address) -> Server:
    version = claim(address)
    if version is None:
        raise WorkshopError(f"The container's database {address.database} is in use for something else.")
    return Server("container", address.url(), version)


atexit.register(stop)
