"""Scratch databases: made, dropped, and what is said where one can't be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg2.extensions import connection as Connection

from tests.conftest import drop_database
from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres import scratch
from workshop.postgres.connection import Address
from workshop.postgres.scratch import scratch_database


@pytest.fixture
def template(server: postgres.Server) -> Iterator[str]:
    """A database with one table, to copy from."""
    drop_database(server.url, "copied_from")
    with closing(postgres.connect(server.url, "tests")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("create database copied_from template template0")
    with closing(postgres.connect(_at(server, "copied_from"), "tests")) as connection, connection:
        connection.cursor().execute("create table parcels (id int)")
    yield "copied_from"
    drop_database(server.url, "copied_from")


def _at(server: postgres.Server, database: str) -> str:
    return Address.parse(server.url).at(database).url()


def _scratch_databases(connection: Connection) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select datname from pg_database where datname ~ '^workshop_scratch'")
        return [name for (name,) in cursor.fetchall()]


def test_it_is_a_copy_and_goes_with_whoever_is_still_in_it(server: postgres.Server, template: str) -> None:
    with scratch_database(server.url, template) as url:
        left_open = postgres.connect(url, "tests")
        left_open.cursor().execute("select from parcels")
    with closing(postgres.connect(server.url, "tests")) as connection:
        assert _scratch_databases(connection) == []
    left_open.close()


def test_a_template_that_somebody_uses_is_a_sentence(
    server: postgres.Server, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_PATIENCE", 0.2)
    with (
        closing(postgres.connect(_at(server, template), "tests")),
        pytest.raises(WorkshopError, match="somebody is connected to it: close that connection, then try again"),
        scratch_database(server.url, template),
    ):
        pass


def test_a_template_that_is_not_there_is_a_sentence(server: postgres.Server) -> None:
    with (
        pytest.raises(WorkshopError, match='PostgreSQL says: template database "nowhere" does not exist'),
        scratch_database(server.url, "nowhere"),
    ):
        pass


def test_what_a_killed_process_left_behind_goes_with_the_next_one(server: postgres.Server) -> None:
    old, young = "workshop_scratch_1600000000_00ff00ff", "workshop_scratch_mine"
    with closing(postgres.connect(server.url, "tests")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name in (old, young):
                cursor.execute(f"create database {name} template template0")
        with scratch_database(server.url):
            assert old not in _scratch_databases(connection)
            assert young in _scratch_databases(connection)  # its name is not one that we give
    drop_database(server.url, young)
