"""One PostgreSQL for a class: a role and a database for each learner."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import psycopg2
import pytest

from checks.grade import grade
from checks.subject import find_subject
from tests.checks.conftest import reference_sql
from workshop import classroom, postgres
from workshop.errors import WorkshopError
from workshop.postgres import connect, embedded
from workshop.postgres.connection import Address, Refused
from workshop.postgres.scratch import scratch_database
from workshop.settings import settings

Enrol = Callable[..., dict[str, str]]

CLASS = [f"Learner {number}" for number in range(1, 101)]


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The superuser's URL on a server with room for a class."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSHOP_HOME", str(tmp_path_factory.mktemp("class")))
        config = settings()
    embedded.start(config)
    embedded.stop(config)
    with (config.home / "postgres" / "data" / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("max_connections = 400\n")
    embedded.start(config)
    url = _superuser(config.home)
    yield url
    embedded.stop(config)


def _superuser(home: Path) -> str:
    keys = json.loads((home / "postgres" / "data" / "workshop.json").read_text(encoding="utf-8"))
    return Address("postgres", keys["superuser"], "127.0.0.1", keys["port"], "postgres").url()


@pytest.fixture
def enrol(admin: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Enrol:
    """Runs the command; what it printed as CSV, by learner."""
    monkeypatch.setenv("DATABASE_URL", admin)

    def run(*learners: str) -> dict[str, str]:
        file = tmp_path / "class.txt"
        file.write_text("\n".join(learners) + "\n\n", encoding="utf-8")
        capsys.readouterr()
        assert classroom.main([str(file)]) == 0
        return {row["learner"]: row["DATABASE_URL"] for row in csv.DictReader(capsys.readouterr().out.splitlines())}

    return run


@pytest.mark.slow
def test_a_hundred_learners_at_once(enrol: Enrol) -> None:
    urls = list(enrol(*CLASS).values())
    assert len(set(urls)) == len(CLASS)
    all_there = Barrier(len(CLASS), timeout=60)

    def work(url: str) -> bool:
        with closing(connect(url, "notebook")) as connection:
            all_there.wait()
            with connection, connection.cursor() as cursor:
                cursor.execute(reference_sql(2))
            return grade(2, find_subject(url)).passed

    with ThreadPoolExecutor(len(CLASS)) as threads:
        assert list(threads.map(work, urls)) == [True] * len(CLASS)
    for mine, other in pairwise(urls):
        with pytest.raises(Refused):
            connect(Address.parse(mine).at(Address.parse(other).database or "").url(), "curious")


def test_no_way_leads_into_another_ones_databases(enrol: Enrol) -> None:
    ada, ben = (Address.parse(url) for url in enrol("Ada", "Ben").values())
    with scratch_database(ada.url()) as scratch, pytest.raises(Refused):
        connect(ben.at(Address.parse(scratch).database or "").url(), "curious")
    with closing(connect(ben.url(), "curious")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for attack in (
                f"set role {ada.user}",
                f"alter role {ada.user} password 'mine'",
                f"grant connect on database {ada.database} to {ben.user}",
                f"create database copy template {ada.database}",
                f"drop database {ada.database}",
                "select rolpassword from pg_authid",
                "select pg_read_file('postgresql.conf')",
                "copy (select 1) to program 'id'",
            ):
                with pytest.raises(psycopg2.Error):
                    cursor.execute(attack)


def test_who_is_there_keeps_password_and_work(enrol: Enrol, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = enrol("Cleo").values()
    assert list(enrol("Cleo", "Dora")) == ["Dora"]
    monkeypatch.setenv("DATABASE_URL", before)
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    server = postgres.start()
    assert (server.source, server.url) == ("external", before)


def test_what_can_not_be_is_told(enrol: Enrol, admin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorkshopError, match="'Ann Lee' and 'ann-lee' would share the database shop_ann_lee"):
        enrol("Ann Lee", "ann-lee")
    with pytest.raises(WorkshopError, match="too long"):
        enrol("Ann" * 20)
    with pytest.raises(WorkshopError, match="no name in"):
        enrol()
    with pytest.raises(WorkshopError, match="can't be read"):
        classroom.main([str(tmp_path)])
    (learner,) = enrol("Eve").values()
    monkeypatch.setenv("DATABASE_URL", learner)
    with pytest.raises(WorkshopError, match="role shop_mallory can't be made: permission denied"):
        enrol("Mallory")
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(WorkshopError, match="Set DATABASE_URL"):
        enrol("Mallory")


def test_a_database_that_is_in_the_way_is_left_alone(enrol: Enrol, admin: str) -> None:
    with closing(connect(admin, "tests")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("create database shop_fay template template0")
            for _ in range(2):
                with pytest.raises(WorkshopError, match="a database shop_fay already"):
                    enrol("Fay")
            cursor.execute("drop database shop_fay")
    assert list(enrol("Fay")) == ["Fay"]
