"""The container source, with a real Docker engine and a real image; skipped where they aren't there."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres import Mark, connect, read_mark
from workshop.postgres.connection import Address
from workshop.settings import ROOT, Settings

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


@pytest.fixture
def new_containers(engine: Any) -> Callable[[], list[Any]]:
    """The containers that run, and did not when the test began; Ryuk aside."""
    before = {container.id for container in engine.containers.list()}
    return lambda: [c for c in engine.containers.list() if c.id not in before and "ryuk" not in c.name]


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


def test_a_container_that_was_removed_is_replaced(new_containers: Callable[[], list[Any]]) -> None:
    first = postgres.start()
    (container,) = new_containers()
    container.remove(force=True, v=True)
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
        container.remove(v=True)
    monkeypatch.setenv("WORKSHOP_POSTGRES_IMAGE", "workshop-tests:dies")
    try:
        with pytest.raises(WorkshopError) as caught:
            postgres.start()
    finally:
        engine.images.remove("workshop-tests:dies", force=True)
    assert str(caught.value) == "The container of workshop-tests:dies ended at once: database system is out of order."


def test_the_engine_and_the_container_go_while_a_notebook_is_open(
    new_containers: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with way_to_the_engine(tmp_path / "docker.sock") as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        server = postgres.start()
    (container,) = new_containers()
    container.remove(force=True, v=True)
    with pytest.raises(WorkshopError, match=r"No PostgreSQL answers at .*\. Call start_step\(n\)"):
        connect(server.url, "tests")
    with pytest.raises(WorkshopError, match="No Docker engine answers: start Docker, or set WORKSHOP_POSTGRES to emb"):
        postgres.start()
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    assert postgres.start().source == "embedded"


def test_a_notebook_goes_on_after_its_container_has_died(new_containers: Callable[[], list[Any]]) -> None:
    cells = [
        "from workshop import start_step, catch_up\nfrom checks import check_step\nstart_step(2)",
        "catch_up(2)",
        "check_step(2, strict=True)",
        "check_step(2)",
        "start_step(2)\ncatch_up(2)",
        "check_step(2, strict=True)",
    ]
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])  # type: ignore[no-untyped-call]
    place = {"metadata": {"path": str(ROOT / "notebooks")}}
    client = NotebookClient(notebook, kernel_name="python3", resources=place, timeout=300, allow_errors=True)
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
            if number == 2:
                (container,) = new_containers()
                container.remove(force=True, v=True)
        said = [str(cell.outputs) for cell in notebook.cells]
    assert "container, at" in said[0]
    for passed in (said[2], said[5]):
        assert "passed" in passed and "'error'" not in passed
    assert "No PostgreSQL answers at" in said[3]
    assert "Call start_step(n)" in said[3]
    assert "Traceback (most recent call last)" not in said[3]
    assert new_containers() == []


@contextmanager
def way_to_the_engine(path: Path) -> Iterator[str]:
    """A socket that leads to the engine's, for as long as this lasts: afterwards it is as if the engine had ended."""
    ways: list[socket.socket] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect("/var/run/docker.sock")
                ways.extend((near, far))
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"unix://{path}"
        finally:
            path.unlink()
            for way in ways:
                with suppress(OSError):
                    way.shutdown(socket.SHUT_RDWR)
                way.close()
