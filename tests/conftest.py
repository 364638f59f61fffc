"""For all tests: nothing of the learner's own is touched, and one real PostgreSQL serves everybody."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from tests import figures
from workshop import postgres
from workshop.postgres import embedded
from workshop.postgres.connection import Address
from workshop.settings import Settings, settings

_numbers = count(1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in figures.of(terminalreporter):
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _away_from_the_learner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Each test has a home and a project folder of its own, and no server that it started stays behind."""
    _use_home(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("WORKSHOP_PROJECT", str(tmp_path / "ecommerce-db"))
    yield
    for data in tmp_path.glob("*/postgres/data"):
        with pytest.MonkeyPatch.context() as patch:
            _use_home(patch, data.parent.parent)
            embedded.stop(settings())


@pytest.fixture(scope="session")
def server_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the `server`; `WORKSHOP_TEST_POSTGRES_BIN` names other server programs than the wheel's."""
    with pytest.MonkeyPatch.context() as patch:
        _use_home(patch, tmp_path_factory.mktemp("server"))
        return settings()


@pytest.fixture(scope="session")
def server(server_settings: Settings) -> Iterator[postgres.Server]:
    """One embedded PostgreSQL for the whole run (one per worker under pytest-xdist)."""
    yield embedded.start(server_settings)
    embedded.stop(server_settings)


@pytest.fixture
def database(server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of a fresh, empty, marked database of role workshop; it is the workshop's own for the length of the test."""
    address = Address.parse(server.url).at(f"test_{next(_numbers)}")
    with closing(postgres.connect(server.url, "tests")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"create database {address.database} template template0")
    with closing(postgres.connect(address.url(), "tests")) as connection, connection:
        postgres.write_mark(connection, postgres.Mark())
    monkeypatch.setenv("DATABASE_URL", address.url())
    monkeypatch.setenv("WORKSHOP_POSTGRES", "external")
    yield address.url()
    drop_database(server.url, address.database or "")


def drop_database(server_url: str, name: str) -> None:
    """Drop a database, if it is there, from under whoever is still connected.

    Not by WITH (FORCE): where the autovacuum happens to be at work, that needs the rights of a superuser. A plain DROP
    sends it away, and waits for the others to be gone.
    """
    with closing(postgres.connect(server_url, "tests")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and usename = current_user",
                (name,),
            )
            cursor.execute(f'drop database if exists "{name}"')


def _use_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    """An environment in which nothing is set but the home, the source and the server programs of this run."""
    for name in list(os.environ):
        if name.startswith("WORKSHOP_") and not name.startswith("WORKSHOP_TEST_"):
            patch.delenv(name)
    patch.delenv("DATABASE_URL", raising=False)
    patch.setenv("WORKSHOP_HOME", str(home))
    patch.setenv("WORKSHOP_POSTGRES", "embedded")
    if programs := os.environ.get("WORKSHOP_TEST_POSTGRES_BIN"):
        patch.setenv("WORKSHOP_POSTGRES_BIN", programs)
