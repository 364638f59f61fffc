"""Which source is taken, and what stays true in child processes."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres.connection import Address

Ask = Callable[..., list[tuple[Any, ...]]]
Kernel = Callable[..., "subprocess.Popen[str]"]

NOTHING_RUNS = "No PostgreSQL is running for the workshop. Call start_step(n) with the number of your step to start it."


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Docker engine that isn't there."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")


@pytest.mark.parametrize("source", ["auto", "embedded", "container"])
def test_before_the_first_start_there_is_no_url(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", source)
    with pytest.raises(WorkshopError) as caught:
        postgres.current_url()
    assert str(caught.value) == NOTHING_RUNS


def test_auto_without_docker_is_embedded(monkeypatch: pytest.MonkeyPatch, no_docker: None) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    server = postgres.start()
    assert server.source == "embedded"
    assert postgres.current_url() == server.url
    assert "has stopped" in postgres.stop()
    with pytest.raises(WorkshopError, match="No PostgreSQL is running"):
        postgres.current_url()


def test_auto_with_a_database_url_is_external(
    server: postgres.Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    assert postgres.current_url() == database
    started = postgres.start()
    assert (started.source, started.url, started.version) == ("external", database, server.version)


def test_auto_keeps_to_a_running_embedded_server(monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = postgres.start()
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    assert postgres.start() == embedded
    assert postgres.current_url() == embedded.url


def test_a_child_does_not_mistake_our_own_url_for_an_external_one(
    monkeypatch: pytest.MonkeyPatch, kernel: Kernel
) -> None:
    """As start_step leaves the environment: the URL and the source side by side."""
    url = postgres.start().url
    monkeypatch.setenv("DATABASE_URL", url)
    assert postgres.start().source == "embedded"
    out, err = kernel(after="print(server.source, postgres.current_url())").communicate()
    assert out.splitlines() == [url, f"embedded {url}"], err


def test_an_embedded_server_is_found_where_it_is_now_not_where_database_url_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres.start().url
    monkeypatch.setenv("DATABASE_URL", url.replace(f":{Address.parse(url).port}/", ":1/"))
    assert postgres.current_url() == url


def test_a_child_of_a_container_notebook_uses_its_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "container")
    monkeypatch.setenv("DATABASE_URL", "postgres://workshop:x@127.0.0.1:32768/ecommerce")
    assert postgres.current_url() == "postgresql+psycopg2://workshop:x@127.0.0.1:32768/ecommerce"


def test_the_interface_is_light_to_import(kernel: Kernel) -> None:
    process = kernel(before="import sys; from workshop import postgres; print(*sys.modules); raise SystemExit")
    out, err = process.communicate()
    assert "workshop.postgres.connection" in out.split(), err
    assert not {"docker", "testcontainers", "sqlalchemy", "pandas", "IPython", "pydantic", "psutil"} & set(out.split())


def test_an_external_server_is_not_stopped(database: str, ask: Ask) -> None:
    assert postgres.stop() == "No PostgreSQL of the workshop is running."
    assert ask(database, "select 1") == [(1,)]


def test_a_container_without_an_engine(monkeypatch: pytest.MonkeyPatch, no_docker: None) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "container")
    with pytest.raises(WorkshopError) as caught:
        postgres.start()
    assert str(caught.value) == (
        "No Docker engine answers: start Docker, or set WORKSHOP_POSTGRES to embedded, which needs no Docker."
    )


def test_an_engine_address_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "container")
    monkeypatch.setenv("DOCKER_HOST", "carrier-pigeon://roof")
    with pytest.raises(WorkshopError, match="No Docker engine answers"):
        postgres.start()


def test_an_engine_that_may_not_be_used(
    monkeypatch: pytest.MonkeyPatch, kernel: Kernel, as_nobody: dict[str, Any]
) -> None:
    path = Path("/var/tmp", f"workshop-{os.getpid()}.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        monkeypatch.setenv("WORKSHOP_POSTGRES", "container")
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        _, err = kernel(**as_nobody).communicate()
        path.unlink()
    assert "Docker is there, but you may not use it: ask to be put into the group docker" in err.splitlines()[-1]
