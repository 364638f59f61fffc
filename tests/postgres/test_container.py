"""The container source, with a real Docker engine and a real image; skipped where they aren't there."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres import Mark, connect, read_mark
from workshop.postgres.connection import Address
from workshop.settings import Settings

pytestmark = pytest.mark.slow

IMAGE = os.environ.get("WORKSHOP_TEST_POSTGRES_IMAGE", Settings.model_fields["postgres_image"].default)


@pytest.fixture
def engine() -> Iterator[Any]:
    """The Docker engine, with the image on it."""
    import docker
    from docker.errors import APIError, DockerException

    try:
        client = docker.from_env(timeout=60)
    except DockerException as error:
        pytest.skip(f"no Docker engine answers: {error}")
    with closing(client):
        try:
            client.images.get(IMAGE)
        except APIError:
            pytest.skip(f"the Docker engine does not have the image {IMAGE}")
        yield client


@pytest.fixture(autouse=True)
def _container_source(engine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start containers of the image, and leave none behind."""
    before = {container.id for container in engine.containers.list(all=True)}
    monkeypatch.setenv("WORKSHOP_POSTGRES", "container")
    monkeypatch.setenv("WORKSHOP_POSTGRES_IMAGE", IMAGE)
    yield
    postgres.stop()
    after = engine.containers.list(all=True)
    assert [c.name for c in after if c.id not in before and "ryuk" not in c.name] == []


def test_a_container_comes_up_is_attached_to_and_goes() -> None:
    server = postgres.start()
    assert server.source == "container"
    assert postgres.start() == server
    assert postgres.current_url() == server.url
    with closing(connect(server.url, "tests")) as connection:
        assert read_mark(connection) == Mark()
    address = Address.parse(server.url)
    assert server.describe() == (
        f"PostgreSQL {server.version}, container, at {address.host}:{address.port}, database ecommerce"
    )
    assert postgres.stop() == "The PostgreSQL container has stopped and is gone; start_step(n) makes a new one."
    with pytest.raises(WorkshopError, match="No PostgreSQL is running"):
        postgres.current_url()


def test_a_container_that_was_removed_is_replaced(engine: Any) -> None:
    before = {container.id for container in engine.containers.list()}
    first = postgres.start()
    for container in engine.containers.list():
        if container.id not in before and "ryuk" not in container.name:
            container.remove(force=True)
    second = postgres.start()
    assert second.url != first.url
    connect(second.url, "tests").close()


def test_auto_takes_a_container_where_the_image_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    server = postgres.start()
    assert server.source == "container"
    assert postgres.current_url() == server.url


def test_auto_fetches_no_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    monkeypatch.setenv("WORKSHOP_POSTGRES_IMAGE", "no-such-registry.invalid/postgres:18")
    assert postgres.start().source == "embedded"


def test_an_image_that_can_not_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES_IMAGE", "no-such-registry.invalid/postgres:18")
    with pytest.raises(WorkshopError, match=r"Docker does not have the image no-such-registry.* and can't fetch it"):
        postgres.start()


def test_a_container_that_dies_at_once_is_noticed_at_once(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    container = engine.containers.create(IMAGE)
    try:
        command = 'ENTRYPOINT ["/bin/sh", "-c", "echo database system is out of order; exit 3"]'
        container.commit("workshop-tests", "dies", changes=command)
    finally:
        container.remove()
    monkeypatch.setenv("WORKSHOP_POSTGRES_IMAGE", "workshop-tests:dies")
    try:
        with pytest.raises(WorkshopError) as caught:
            postgres.start()
    finally:
        engine.images.remove("workshop-tests:dies", force=True)
    assert str(caught.value) == "The container of workshop-tests:dies ended at once: database system is out of order."
