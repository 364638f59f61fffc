"""docker-compose.yml, read as Docker Compose reads it; run for real where the engine and Compose are there."""

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from workshop.settings import ROOT


@pytest.fixture
def service() -> dict[str, Any]:
    """The one service of the file."""
    (service,) = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"].values()
    assert isinstance(service, dict)
    return service


def test_the_workshops_user_and_database(service: dict[str, Any]) -> None:
    assert service["environment"] == {
        "POSTGRES_USER": "workshop",
        "POSTGRES_PASSWORD": "workshop",
        "POSTGRES_DB": "ecommerce",
    }


def test_only_this_computer_can_connect(service: dict[str, Any]) -> None:
    (port,) = service["ports"]
    assert port.startswith("127.0.0.1:")
    assert port.endswith(":5432")


def test_the_health_check_asks_by_tcp(service: dict[str, Any]) -> None:
    kind, command = service["healthcheck"]["test"]
    assert (kind, command) == ("CMD-SHELL", "pg_isready -h 127.0.0.1 -U workshop -d ecommerce")


def test_the_data_is_where_version_18_keeps_it(service: dict[str, Any]) -> None:
    assert service["image"].endswith("postgres:18}")
    assert service["volumes"] == ["data:/var/lib/postgresql"]
