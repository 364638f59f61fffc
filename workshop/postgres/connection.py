"""Opens connections, and puts each way in which that can fail into one sentence for the learner."""

import re
import socket
import struct
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import psycopg2
import psycopg2.extensions

from workshop.errors import WorkshopError

OLDEST_VERSION = 15
TIMEOUT = 5  # seconds
# Databases that are there for administration, in the order in which they are tried; nobody's work belongs into them.
MAINTENANCE_DATABASES = ("postgres", "defaultdb", "template1")

_EXAMPLE = "postgresql+psycopg2://user:password@127.0.0.1:5432/ecommerce"

_BRING_BACK = "Call start_step(n) with the number of your step to bring it back."

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_CANNOT_CONNECT_NOW = "57P03"
_NO_FREE_CONNECTION = "53300"
# The last few are kept for superusers, which the server finds out after the login: too late for a SQLSTATE to reach us.
_SLOTS_RESERVED = "connection slots are reserved"
_NOT_POSTGRES = "not PostgreSQL"


class Unreachable(WorkshopError):
    """No PostgreSQL answers at that host and port."""

    def __init__(self, fact: str, advice: str) -> None:
        super().__init__(f"{fact} {advice}")
        self.fact = fact


class Refused(WorkshopError):
    """A PostgreSQL answers, and turns this user, this password or this machine away."""


class DatabaseMissing(WorkshopError):
    """The server lets the user in, but has no database of that name."""


@dataclass(frozen=True)
class Address:
    """A PostgreSQL URL, taken apart. What is None was not given, and libpq's default holds."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    database: str | None = None
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Take apart `postgresql://`, `postgres://` or `postgresql+<driver>://`.

        Raises:
            WorkshopError: it is no such URL. The sentence never holds the password.
        """
        if not isinstance(url, str) or "\0" in unquote(url):
            raise WorkshopError(f"The database URL has to be a text such as {_EXAMPLE}.")
        scheme, found, _ = url.strip().partition("://")
        if not found or scheme.partition("+")[0] not in ("postgresql", "postgres"):
            what = f"starts with {scheme}://" if found and scheme.isalpha() else "does not start with postgresql://"
            raise WorkshopError(f"The database URL {what}, but has to look like {_EXAMPLE}.")
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise WorkshopError(
                f"The database URL can't be read: it has to look like {_EXAMPLE}, the port a number, and in the "
                "password %40 for an @, %2F for a /, %3A for a :, %23 for a #, %3F for a ?."
            ) from None
        return cls(
            user=_decoded(parts.username),
            password=_decoded(parts.password),
            host=_decoded(host),
            port=port,
            database=_decoded(parts.path.removeprefix("/")),
            options=tuple(parse_qsl(parts.query)),
        )

    def url(self) -> str:
        """The URL that SQLAlchemy and psycopg2 both understand."""
        password = "" if self.password is None else f":{quote(self.password, safe='')}"
        login = "" if self.user is None else f"{quote(self.user, safe='')}{password}@"
        host = self.host or ""
        port = "" if self.port is None else f":{self.port}"
        options = f"?{urlencode(self.options)}" if self.options else ""
        return (
            f"postgresql+psycopg2://{login}{f'[{host}]' if ':' in host else host}{port}"
            f"/{quote(self.database or '', safe='')}{options}"
        )

    def at(self, database: str) -> "Address":
        """The same server and login, another database."""
        return replace(self, database=database)

    @property
    def place(self) -> str:
        """`host:port` in words for a message."""
        return f"{self.host or 'localhost'}:{self.port or 5432}"

    def keywords(self) -> dict[str, Any]:
        """The keyword arguments for `psycopg2.connect`."""
        named = {
            "user": self.user,
            "password": self.password,
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
        }
        return dict(self.options) | {name: value for name, value in named.items() if value is not None}


def normalise_url(url: str) -> str:
    """The same address as `postgresql+psycopg2://…`, the one way of writing that all parts of the project share.

    Raises:
        WorkshopError: it is not the URL of a PostgreSQL.
    """
    return Address.parse(url).url()


def connect(url: str, application_name: str) -> psycopg2.extensions.connection:
    """Open a connection; the caller closes it. A host that does not answer at all takes about 10 seconds.

    Args:
        url: any spelling that `normalise_url` takes.
        application_name: what the server lists this connection under.

    Raises:
        WorkshopError: one sentence that says why there is no connection. `Unreachable`, `Refused` and
            `DatabaseMissing` are told apart for those who can do something about it.
    """
    address = Address.parse(url)
    try:
        connection = _open(address, application_name)
    except psycopg2.ProgrammingError as error:
        raise WorkshopError(
            f"The database URL has an option that PostgreSQL does not take: {words_of(error)}."
        ) from None
    except psycopg2.Error as error:
        raise _diagnosis(address, application_name, error) from None
    if connection.server_version < OLDEST_VERSION * 10_000:
        version = version_of(connection)
        connection.close()
        raise WorkshopError(
            f"PostgreSQL {version} answers at {address.place}, and the workshop needs version {OLDEST_VERSION} or "
            "newer: use a newer server."
        )
    return connection


def version_of(connection: psycopg2.extensions.connection) -> str:
    """The server's version, such as `18.6`."""
    major, minor = divmod(connection.server_version, 10_000)
    return f"{major}.{minor}"


def connect_elsewhere(address: Address, application_name: str) -> psycopg2.extensions.connection | None:
    """Open a connection to one of the server's maintenance databases; None where none lets this user in."""
    for database in MAINTENANCE_DATABASES:
        try:
            return _open(address.at(database), application_name)
        except psycopg2.Error:
            continue
    return None


def words_of(error: psycopg2.Error) -> str:
    """What the server, or libpq, says about an error, in its own words and language: to quote in a sentence of ours."""
    lines = (error.diag.message_primary or str(error)).strip().splitlines() or ["no reason given"]
    attempts = [line for line in lines if " failed: " in line] or lines[:1]  # One for each address of the host.
    return re.sub(r"^connection to server .*? failed: (\S+:  )?", "", attempts[-1]).strip().rstrip(".")


def _decoded(part: str | None) -> str | None:
    return unquote(part) if part else None


def _open(address: Address, application_name: str) -> psycopg2.extensions.connection:
    ours = {"application_name": application_name, "client_encoding": "utf8"}  # a role may be set to less than our signs
    settings = {"connect_timeout": TIMEOUT} | address.keywords() | ours
    connection: psycopg2.extensions.connection = psycopg2.connect(**settings)
    return connection


def _diagnosis(address: Address, application_name: str, error: psycopg2.Error) -> WorkshopError:
    """Find out why libpq could not connect.

    psycopg2 hands on no SQLSTATE for a failed connect, and a server words its messages in its own language. So instead
    of reading the message we look the host up, knock at the port, say hello, and try another database.
    """
    if address.host is None or address.host.startswith("/"):
        return Unreachable(f"No PostgreSQL answers at {address.place}: {words_of(error)}.", _BRING_BACK)
    if problem := _network_problem(address):
        return problem
    state = _greeting(address)
    if state == _NO_FREE_CONNECTION or _SLOTS_RESERVED in str(error):
        return WorkshopError(
            f"All connections of PostgreSQL at {address.place} are taken: shut down notebooks and programs that you no "
            "longer need, then try again."
        )
    if state == _CANNOT_CONNECT_NOW:
        return WorkshopError(
            f"PostgreSQL at {address.place} is just starting or stopping: wait a few seconds, then try again."
        )
    if state == _NOT_POSTGRES:
        return Unreachable(
            f"Something answers at {address.place}, but not as a PostgreSQL does.", "Check host and port."
        )
    if _is_missing(address, application_name):
        return DatabaseMissing(
            f"There is no database {address.database or address.user} at {address.place}. Call start_step(n) with the "
            "number of your step, which makes it."
        )
    return Refused(
        f"PostgreSQL at {address.place} does not let the user {address.user} in: check user name and password in the "
        f"database URL (it says: {words_of(error)})."
    )


def _network_problem(address: Address) -> Unreachable | None:
    host, port = address.host or "", address.port or 5432
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Unreachable(f"The host {host} is not known here.", "Check its name, and that you are online.")
    try:
        socket.create_connection((host, port), timeout=TIMEOUT).close()
    except OSError:
        return Unreachable(f"No PostgreSQL answers at {address.place}.", _BRING_BACK)
    return None


def _greeting(address: Address) -> str | None:
    """The SQLSTATE with which the server answers a hello; None when it goes on to ask who we are.

    Some refusals come before any password, and with their SQLSTATE: no connection left, still starting up.
    https://www.postgresql.org/docs/current/protocol-message-formats.html: StartupMessage, ErrorResponse.
    """
    protocol_3 = struct.pack("!i", 196_608)
    body = protocol_3 + b"".join(part.encode() + b"\0" for part in ("user", address.user or "workshop", ""))
    try:
        with socket.create_connection((address.host or "", address.port or 5432), timeout=TIMEOUT) as server:
            server.sendall(struct.pack("!i", 4 + len(body)) + body)
            answer = server.recv(4096)
    except TimeoutError:
        return _NOT_POSTGRES
    except OSError:
        return None
    if answer[:1] == b"E":
        states = [part[1:].decode("ascii", "replace") for part in answer[5:].split(b"\0") if part[:1] == b"C"]
        return states[0] if states else None
    return None if answer[:1] == b"R" else _NOT_POSTGRES


def _is_missing(address: Address, application_name: str) -> bool:
    """Whether the server, asked in another database, has none of that name."""
    connection = connect_elsewhere(address, application_name)
    if connection is None:
        return False
    with closing(connection), connection.cursor() as cursor:
        name = address.database or address.user
        cursor.execute("select from pg_catalog.pg_database where datname = %s", (name,))
        return cursor.rowcount == 0
