"""A server that DATABASE_URL names: which database on it becomes the workshop's own, and which never does."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres import Mark, connect, read_mark, write_mark
from workshop.postgres.connection import Address

Ask = Callable[..., list[tuple[Any, ...]]]
Superuser = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def somebody(server: postgres.Server, superuser: Superuser) -> Iterator[Address]:
    """A user of the server who may make databases; what it made is gone afterwards."""
    superuser("create role somebody login createdb password 'pass%word'")
    address = Address.parse(server.url)
    yield Address("somebody", "pass%word", address.host, address.port)
    for (name,) in superuser(
        "select datname from pg_database where pg_get_userbyid(datdba) = 'somebody' or datname in ('mine', 'fallback')"
    ):
        superuser(f'drop database "{name}" with (force)')
    superuser("drop role somebody")


Use = Callable[..., postgres.Server]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, somebody: Address) -> Use:
    """Start the workshop with a DATABASE_URL that names this database."""

    def start(database: str, spelling: str = "postgresql://") -> postgres.Server:
        monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
        monkeypatch.setenv("WORKSHOP_DATABASE", "fallback")
        monkeypatch.setenv("DATABASE_URL", somebody.at(database).url().replace("postgresql+psycopg2://", spelling))
        server = postgres.start()
        assert server.source == "external"
        assert postgres.current_url() == server.url
        return server

    return start


def _mark(url: str) -> Mark | None:
    with closing(connect(url, "tests")) as connection:
        return read_mark(connection)


@pytest.mark.parametrize(
    "spelling", ["postgresql://", "postgres://", "postgresql+psycopg://", "postgresql+psycopg2://"]
)
def test_a_missing_database_is_made_and_marked(use: Use, somebody: Address, ask: Ask, spelling: str) -> None:
    server = use("mine", spelling)
    assert server.url == somebody.at("mine").url()
    assert _mark(server.url) == Mark()
    assert ask(
        server.url, "select current_database(), pg_get_userbyid(datdba) from pg_database where datname = 'mine'"
    ) == [("mine", "somebody")]


def test_a_marked_database_is_used_as_it_is(use: Use, ask: Ask) -> None:
    url = use("mine").url
    ask(url, "create table kept (n int)")
    with closing(connect(url, "tests")) as connection, connection:
        write_mark(connection, Mark("fingerprint"))
    assert use("mine").url == url
    assert _mark(url) == Mark("fingerprint")
    assert ask(url, "select from kept") == []


def test_an_empty_database_is_marked(use: Use, somebody: Address, superuser: Superuser) -> None:
    superuser("create database mine owner somebody")
    assert _mark(somebody.at("mine").url()) is None
    assert use("mine").url == somebody.at("mine").url()
    assert _mark(somebody.at("mine").url()) == Mark()


def test_a_temporary_table_of_somebody_is_no_content(
    use: Use, somebody: Address, superuser: Superuser, ask: Ask
) -> None:
    superuser("create database mine owner somebody")
    with closing(connect(somebody.at("mine").url(), "tests")) as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table t (n int, m text)")
        connection.commit()
        assert use("mine").url == somebody.at("mine").url()


@pytest.mark.parametrize(
    "content",
    [
        "create table users (n int)",
        "create view v as select 1 as n",
        "create sequence s",
        "create type mood as enum ('fine')",
        "create domain price as numeric",
        "create schema shop",
        "create function f() returns int language sql return 1",
        "create extension citext",
        "select lo_create(0)",
    ],
)
def test_a_database_that_holds_anything_is_left_alone(
    use: Use, somebody: Address, superuser: Superuser, ask: Ask, content: str
) -> None:
    superuser("create database mine owner somebody")
    ask(somebody.at("mine").url(), content)
    assert use("mine").url == somebody.at("fallback").url()
    assert _mark(somebody.at("mine").url()) is None
    assert _mark(somebody.at("fallback").url()) == Mark()


def test_an_empty_database_with_another_comment_is_marked_and_one_with_content_is_not(
    use: Use, somebody: Address, superuser: Superuser, ask: Ask
) -> None:
    superuser("create database mine owner somebody")
    ask(somebody.at("mine").url(), "create table t (n int); comment on database mine is 'the accounts'")
    assert use("mine").url == somebody.at("fallback").url()
    assert ask(
        somebody.at("mine").url(),
        "select shobj_description(oid, 'pg_database') from pg_database where datname = 'mine'",
    ) == [("the accounts",)]


@pytest.mark.parametrize("maintenance", ["postgres", "template1", ""])
def test_a_maintenance_database_is_never_the_workshops(
    use: Use, somebody: Address, superuser: Superuser, maintenance: str
) -> None:
    assert use(maintenance).url == somebody.at("fallback").url()
    assert superuser(
        "select shobj_description(oid, 'pg_database') ~ 'schema_workbook' from pg_database where datname = 'postgres'"
    ) == [(False,)]


def test_the_maintenance_database_is_left_alone_even_by_its_owner(
    use: Use, somebody: Address, superuser: Superuser
) -> None:
    superuser("alter role somebody superuser")
    assert use("postgres").url == somebody.at("fallback").url()
    assert superuser(
        "select shobj_description(oid, 'pg_database') ~ 'schema_workbook' from pg_database where datname = 'postgres'"
    ) == [(False,)]


def test_an_empty_database_of_somebody_else_is_left_alone(use: Use, somebody: Address, superuser: Superuser) -> None:
    superuser("create database mine")
    assert use("mine").url == somebody.at("fallback").url()
    assert _mark(somebody.at("mine").url()) is None


def test_no_database_left_that_may_be_the_workshops(
    use: Use, somebody: Address, superuser: Superuser, ask: Ask
) -> None:
    for name in ("mine", "fallback"):
        superuser(f"create database {name} owner somebody")
        ask(somebody.at(name).url(), "create table precious (n int)")
    with pytest.raises(WorkshopError) as caught:
        use("mine")
    assert str(caught.value) == (
        f"The workshop only works in a database of its own, and at {somebody.place} something else is in mine "
        "and fallback: let DATABASE_URL or WORKSHOP_DATABASE name a new one."
    )
    assert _mark(somebody.at("mine").url()) is _mark(somebody.at("fallback").url()) is None


@pytest.mark.parametrize("named", ["mine", "postgres"])
def test_a_user_who_may_not_make_databases(use: Use, somebody: Address, superuser: Superuser, named: str) -> None:
    superuser("alter role somebody nocreatedb")
    wanted = "mine" if named == "mine" else "fallback"
    with pytest.raises(WorkshopError) as caught:
        use(named)
    assert str(caught.value) == (
        f"The workshop needs a database of its own, and somebody can't make {wanted} at {somebody.place} (permission "
        "denied to create database): let DATABASE_URL name an empty one that somebody owns."
    )


def test_a_server_that_only_reads(use: Use, somebody: Address, superuser: Superuser) -> None:
    superuser("create database mine owner somebody")
    superuser("alter database mine set default_transaction_read_only = on")
    with pytest.raises(
        WorkshopError, match=r"can't get the database mine .* ready: cannot execute COMMENT in a read-only"
    ):
        use("mine")


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/d")
    with pytest.raises(WorkshopError) as caught:
        postgres.start()
    assert str(caught.value) == (
        "No PostgreSQL answers at 127.0.0.1:1. "
        "Start that server or correct DATABASE_URL, then call start_step(n) again."
    )


def test_an_external_source_without_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "external")
    for call in (postgres.start, postgres.current_url):
        with pytest.raises(WorkshopError, match="WORKSHOP_POSTGRES is external, so DATABASE_URL has to say where"):
            call()


def test_a_url_of_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES", "auto")
    monkeypatch.setenv("DATABASE_URL", "mysql://u:secret@h/d")
    for call in (postgres.start, postgres.current_url):
        with pytest.raises(WorkshopError, match=r"The database URL starts with mysql://"):
            call()
