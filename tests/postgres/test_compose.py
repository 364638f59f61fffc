"""docker-compose.yml, read as Docker Compose reads it; run for real where the engine, Compose and images are there."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from workshop.postgres import connect
from workshop.settings import ROOT

TOKEN = "secret"


@pytest.fixture
def services() -> dict[str, Any]:
    """The services of the file."""
    found = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def service(services: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL's."""
    found = services["postgres"]
    assert isinstance(found, dict)
    return found


def test_the_workshops_user_and_database(service: dict[str, Any]) -> None:
    assert service["environment"] == {
        "POSTGRES_USER": "workshop",
        "POSTGRES_PASSWORD": "workshop",
        "POSTGRES_DB": "ecommerce",
    }


def test_only_this_computer_can_connect(services: dict[str, Any]) -> None:
    for service, inside in (("postgres", "5432"), ("workbook", "${WORKSHOP_LAB_PORT:-8888}")):
        (port,) = services[service]["ports"]
        assert port.startswith("127.0.0.1:")
        assert port.endswith(f":{inside}")


def test_the_health_check_asks_by_tcp(service: dict[str, Any]) -> None:
    kind, command = service["healthcheck"]["test"]
    assert (kind, command) == ("CMD-SHELL", "pg_isready -h 127.0.0.1 -U workshop -d ecommerce")


def test_the_data_is_where_version_18_keeps_it(service: dict[str, Any]) -> None:
    assert service["image"].endswith("postgres:18}")
    assert service["volumes"] == ["data:/var/lib/postgresql"]


@dataclass(frozen=True)
class Compose:
    """Compose on this file, as a project of its own on ports of its own."""

    words: list[str]
    ports: tuple[int, int]
    environment: dict[str, str] = field(repr=False)

    def __call__(self, *arguments: str) -> str:
        """Run one of its commands; what it printed."""
        answer = subprocess.run(
            [*self.words, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=900,
        )
        assert answer.returncode == 0, f"{' '.join(arguments)}:\n{answer.stdout[-4000:]}\n{answer.stderr[-4000:]}"
        return answer.stdout

    def up(self) -> None:
        """Start everything, and wait until the health checks say that it is there."""
        self("up", "-d")
        deadline = time.monotonic() + 180
        while (states := [self._health(service) for service in ("postgres", "workbook")]) != ["healthy"] * 2:
            assert "unhealthy" not in states and time.monotonic() < deadline, self("logs")
            time.sleep(0.5)

    def ask(self, question: str) -> Any:
        """One value out of the database, from outside."""
        url = f"postgresql+psycopg2://workshop:workshop@127.0.0.1:{self.ports[0]}/ecommerce"
        with closing(connect(url, "tests")) as connection, connection.cursor() as cursor:
            cursor.execute(question)
            (value,) = cursor.fetchone() or (None,)
        return value

    def contents(self, folder: str) -> set[str]:
        """What JupyterLab shows of a folder, to a browser on this computer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[1]}/api/contents/{folder}", headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return {entry["name"] for entry in json.load(answer)["content"]}

    def _health(self, service: str) -> str:
        container = self("ps", "-q", service).strip()
        words = ["docker", "inspect", "--format", "{{.State.Health.Status}}", container]
        return subprocess.run(words, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def compose() -> Iterator[Compose]:
    postgres, python = (os.environ.get(f"WORKSHOP_TEST_{name}_IMAGE") for name in ("POSTGRES", "PYTHON"))
    if not postgres or not python:
        pytest.skip("WORKSHOP_TEST_POSTGRES_IMAGE and WORKSHOP_TEST_PYTHON_IMAGE name no images, see .ci/run")
    ports = _free_ports()
    environment = os.environ | {
        "WORKSHOP_POSTGRES_IMAGE": postgres,
        "WORKSHOP_PYTHON_IMAGE": python,
        "WORKSHOP_PORT": str(ports[0]),
        "WORKSHOP_LAB_PORT": str(ports[1]),
        "JUPYTER_TOKEN": TOKEN,
    }
    run = Compose([*_compose_program(), "--project-name", f"workshop-tests-{os.getpid()}"], ports, environment)
    try:
        yield run
    finally:
        run("down", "--volumes", "--rmi", "local")


def _compose_program() -> list[str]:
    for words in (["docker", "compose"], ["docker-compose"]):
        with suppress(OSError):
            if shutil.which(words[0]) and subprocess.run([*words, "version"], capture_output=True).returncode == 0:
                return words
    pytest.skip("there is no Docker Compose here")


def _free_ports() -> tuple[int, int]:
    with ExitStack() as stack:
        doors = [stack.enter_context(socket.socket()) for _ in range(2)]
        for door in doors:
            door.bind(("127.0.0.1", 0))
        first, second = (door.getsockname()[1] for door in doors)
        return first, second


@pytest.mark.slow
def test_the_workbook_without_python_on_the_computer(compose: Compose) -> None:
    compose.up()
    assert "01_project_setup.ipynb" in compose.contents("notebooks")
    for name in ("01_project_setup", "02_core_entities"):
        compose("exec", "-T", "workbook", ".venv/bin/python", "-m", "jupyter", "execute", f"solutions/{name}.ipynb")
    assert compose.ask("select to_regclass('products')::text") == "products"
    assert "core.py" in compose.contents("ecommerce-db/models")
    assert compose("exec", "-T", "workbook", "id", "-un").strip() == "learner"

    compose("down")
    compose.up()
    assert compose.ask("select to_regclass('products')::text") == "products"
    assert "core.py" in compose.contents("ecommerce-db/models")
    verdict = compose("exec", "-T", "workbook", ".venv/bin/python", "-m", "checks", "2")
    assert "passed" in verdict
