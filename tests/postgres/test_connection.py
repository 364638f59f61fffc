"""Connecting: every spelling of a URL, and one sentence for each way in which it can fail."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg2
import pytest

from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres import connect, normalise_url
from workshop.postgres.connection import Address, DatabaseMissing, Refused, Unreachable


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("postgresql://u:p@h:5433/d", "postgresql+psycopg2://u:p@h:5433/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg2://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg2://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+psycopg2://u:p@h/d"),
        ("  postgresql+psycopg2://u:p@h/d\n", "postgresql+psycopg2://u:p@h/d"),
        ("postgresql://u@h", "postgresql+psycopg2://u@h/"),
        ("postgresql:///d?host=/tmp", "postgresql+psycopg2:///d?host=%2Ftmp"),
        ("postgresql://u:a%40b%2Fc%3Ad%20e@h/my%20shop", "postgresql+psycopg2://u:a%40b%2Fc%3Ad%20e@h/my%20shop"),
        ("postgresql://u:a@b@h/d", "postgresql+psycopg2://u:a%40b@h/d"),
        ("postgresql://u:p@[::1]:5433/d", "postgresql+psycopg2://u:p@[::1]:5433/d"),
        ("postgresql://u:p@h/d?sslmode=require&options=-c%20x%3D1", None),
    ],
)
def test_every_spelling_of_a_url_becomes_one(given: str, normal: str | None) -> None:
    normal = normal or "postgresql+psycopg2://u:p@h/d?sslmode=require&options=-c+x%3D1"
    assert normalise_url(given) == normal
    assert normalise_url(normal) == normal


def test_a_normal_url_means_the_same_to_sqlalchemy_and_to_us() -> None:
    from sqlalchemy import make_url

    address = Address(
        "ü ser", "p@s/s:w#o?r%d", "::1", 5433, "my shop", (("sslmode", "prefer"), ("options", "-c a=b c"))
    )
    url = make_url(address.url())
    assert (url.username, url.password, url.host, url.port, url.database) == (
        address.user,
        address.password,
        address.host,
        address.port,
        address.database,
    )
    assert dict(url.query) == dict(address.options)
    assert Address.parse(address.url()) == address


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:secret@h/d", "starts with mysql://"),
        ("sqlite:///secret.db", "starts with sqlite://"),
        ("host=h password=secret", "does not start with postgresql://"),
        ("u:secret@h/d?x=y://z", "does not start with postgresql://"),
        ("", "does not start with postgresql://"),
        ("postgresql://u:sec/ret@h:5432/d", "can't be read"),
        ("postgresql://u:sec#ret@h:5432/d", "can't be read"),
        ("postgresql://u:secret@h:99999/d", "can't be read"),
        ("postgresql://u:se[cret@h/d", "can't be read"),
    ],
)
def test_what_is_no_url_of_a_postgresql_is_told_without_the_password(url: str, words: str) -> None:
    for use in (normalise_url, lambda text: connect(text, "tests")):
        with pytest.raises(WorkshopError) as caught:
            use(url)
        assert words in str(caught.value)
        assert "postgresql+psycopg2://user:password@127.0.0.1:5432/ecommerce" in str(caught.value)
        assert "sec" not in str(caught.value)


@pytest.fixture
def address(server: postgres.Server) -> Address:
    """The shared server, as role workshop."""
    return Address.parse(server.url)


def test_a_connection_carries_its_name_and_opens_no_transaction(address: Address) -> None:
    with closing(connect(address.url(), "check_step")) as connection:
        assert connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
        with connection.cursor() as cursor:
            cursor.execute("show application_name")
            assert cursor.fetchone() == ("check_step",)


def test_a_connection_takes_every_sign_whatever_is_set_outside(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with closing(connect(address.url(), "check_step")) as connection, connection.cursor() as cursor:
        cursor.execute("select '…ł'")
        assert cursor.fetchone() == ("…ł",)


def test_a_wrong_password(address: Address) -> None:
    wrong = Address(address.user, "not-the-password", address.host, address.port, address.database)
    with pytest.raises(Refused) as caught:
        connect(wrong.url(), "tests")
    assert str(caught.value) == (
        f"PostgreSQL at {address.place} does not let the user workshop in: check user name and password in the "
        'database URL (it says: password authentication failed for user "workshop").'
    )


def test_no_password_at_all(address: Address) -> None:
    with pytest.raises(Refused, match=r"does not let the user workshop in: .*no password supplied"):
        connect(Address("workshop", None, address.host, address.port, address.database).url(), "tests")


def test_an_unknown_user(address: Address) -> None:
    with pytest.raises(Refused, match="does not let the user nobody in"):
        connect(Address("nobody", "x", address.host, address.port, "ecommerce").url(), "tests")


def test_a_missing_database(address: Address) -> None:
    with pytest.raises(DatabaseMissing) as caught:
        connect(address.at("no such shop").url(), "tests")
    assert str(caught.value) == (
        f"There is no database no such shop at {address.place}. Call start_step(n) with the number of your step, which "
        "makes it."
    )


def test_an_unknown_host() -> None:
    with pytest.raises(Unreachable) as caught:
        connect("postgresql://u:secret@no-such-host.invalid/d", "tests")
    assert str(caught.value) == (
        "The host no-such-host.invalid is not known here. Check its name, and that you are online."
    )


def test_nothing_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(Unreachable) as caught:
            connect(f"postgresql://u:secret@127.0.0.1:{port}/d", "tests")
    assert str(caught.value) == (
        f"No PostgreSQL answers at 127.0.0.1:{port}. Call start_step(n) with the number of your step to bring it back."
    )


def test_no_server_behind_a_socket_file() -> None:
    with pytest.raises(Unreachable, match=r"No PostgreSQL answers at localhost:5432: .*No such file or directory"):
        connect("postgresql:///d?host=/nowhere", "tests")


def test_an_option_that_does_not_exist(address: Address) -> None:
    with pytest.raises(WorkshopError, match=r"an option that PostgreSQL does not take: .*colour"):
        connect(address.url() + "?colour=red", "tests")


def test_encryption_that_the_server_does_not_offer(address: Address) -> None:
    with pytest.raises(Refused, match=r"it says: server does not support SSL, but SSL was required"):
        connect(address.url() + "?sslmode=require", "tests")


@contextmanager
def _answering(reply: bytes) -> Iterator[int]:
    """Something that gives everybody the same answer; its port."""

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(4096)
                client.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_what_takes_connections_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workshop.postgres.connection.TIMEOUT", 2)
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(Unreachable, match="not as a PostgreSQL"):
        connect(f"postgresql://u:secret@127.0.0.1:{listener.getsockname()[1]}/d?sslmode=disable", "tests")


def _error(state: str) -> bytes:
    """An ErrorResponse as a server in another language sends it."""
    fields = b"".join(part.encode() + b"\0" for part in ("SFATAL", "VFATAL", f"C{state}", "MTut mir leid", ""))
    return b"E" + struct.pack("!i", 4 + len(fields)) + fields


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (_error("53300"), "All connections of PostgreSQL at 127.0.0.1:{port} are taken: shut down notebooks"),
        (_error("57P03"), "PostgreSQL at 127.0.0.1:{port} is just starting or stopping: wait a few seconds"),
        (_error("28000"), "user name and password in the database URL (it says: Tut mir leid)."),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "Something answers at 127.0.0.1:{port}, but not as a PostgreSQL does."),
        (b"", "Something answers at 127.0.0.1:{port}, but not as a PostgreSQL does."),
    ],
    ids=["full", "starting", "not allowed", "a web server", "silence"],
)  # fmt: skip
def test_answers_of_servers_in_any_language(reply: bytes, words: str) -> None:
    with _answering(reply) as port:
        with pytest.raises(WorkshopError) as caught:
            connect(f"postgresql://u:secret@127.0.0.1:{port}/d?sslmode=disable", "tests")
        assert words.format(port=port) in str(caught.value)


def test_no_free_connection(superuser: Callable[[str], list[tuple[object, ...]]], address: Address) -> None:
    ((limit,),) = superuser("select current_setting('max_connections')::int")
    assert isinstance(limit, int)
    with ExitStack() as connections:
        with pytest.raises(WorkshopError, match=r"All connections of PostgreSQL at .* are taken"):
            for _ in range(limit + 1):
                connections.enter_context(closing(connect(address.url(), "tests")))
        connections.close()
        connect(address.url(), "tests").close()
