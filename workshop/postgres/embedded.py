"""PostgreSQL without an installation: the programs of a wheel, started and stopped by a layer of our own.

One server per workshop home, on 127.0.0.1 with passwords. It outlives the kernel that started it, so that every kernel
finds it within milliseconds and keeps its connections when another one ends.
"""

import contextlib
import errno
import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import filelock
import psutil
from psycopg2 import sql

from workshop.errors import WorkshopError
from workshop.postgres.account import Account, account_for
from workshop.postgres.connection import OLDEST_VERSION, Address, Refused, Unreachable, connect
from workshop.postgres.programs import Programs, take_note_of_ends, telling_line
from workshop.postgres.server import APPLICATION, Server, claim
from workshop.settings import Settings

HOST = "127.0.0.1"
SUPERUSER = "postgres"
ROLE = "workshop"

_SPACE = 100_000_000  # bytes; a new server takes half of them
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)
_PATIENCE = 60  # seconds for a start or a stop; a recovery after a crash is the longest of them
_PORTS = range(15432, 25432)  # below those that systems give out for outgoing connections
_CONFIGURATION = f"""\
# Written anew by the workshop at each start.
listen_addresses = '{HOST}'
port = {{port}}
unix_socket_directories = ''
shared_buffers = '32MB'
timezone = 'UTC'
lc_messages = 'C'
logging_collector = off
log_line_prefix = '%m [%p] %d '
temp_file_limit = '2GB'
{"client_connection_check_interval = '1s'" if sys.platform != "win32" else ""}
"""
"""The last two are for a query without end: it fills no disk, and ends with its notebook. Windows has but the first."""


def start(config: Settings) -> Server:
    """Attach to the server of this workshop home; start it, or make it, where that is needed.

    Raises:
        WorkshopError: it can't be made or started; the sentence says why.
    """
    cluster = Cluster(config)
    if cluster.is_ready():
        with contextlib.suppress(Refused, Unreachable):
            return cluster.server()
    with cluster.locked():
        cluster.bring_up()
        return cluster.server()


def current_url(config: Settings) -> str | None:
    """The URL of the workshop's database on the running server, None when none is running. Takes no connection."""
    cluster = Cluster(config)
    return cluster.address().url() if cluster.is_ready() else None


def stop(config: Settings) -> str:
    """End the server, whoever is connected to it, and say so. Its data stays.

    Raises:
        WorkshopError: it does not stop.
    """
    cluster = Cluster(config)
    if not cluster.postmaster():
        return "No PostgreSQL of the workshop is running."
    with cluster.locked():
        cluster.shut_down()
    return f"PostgreSQL has stopped. Its data stays in {cluster.data}, and start_step(n) brings it back."


@dataclass(frozen=True)
class Keys:
    """What it takes to get in; kept with the data, made with it and never changed, but for the port.

    Attributes:
        port: kept over restarts, so that the URL in an editor or a psql session stays right.
    """

    port: int
    superuser: str
    role: str


class Cluster:
    """The data of one PostgreSQL server, and the programs that run it."""

    def __init__(self, config: Settings) -> None:
        self.config = config
        self.folder = config.home / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._keys = self.data / "workshop.json"
        self._starting: subprocess.Popen[bytes] | None = None

    @cached_property
    def programs(self) -> Programs:
        """The programs that make and run the server."""
        return Programs.find(self.config)

    @cached_property
    def account(self) -> Account:
        """As whom to run them."""
        return account_for(self.data, self.programs.path("postgres"))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time makes, starts or stops the server; what the disk refuses becomes a sentence."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.folder / "lock", timeout=2 * _PATIENCE):
                yield
        except filelock.Timeout:
            raise WorkshopError(
                f"Another notebook has been starting PostgreSQL for minutes: close it, look into {self.log}, try again."
            ) from None
        except OSError as error:
            remedy = "free some space" if error.errno in _DISK_IS_FULL else "clear that folder or make it yours"
            raise WorkshopError(
                f"The workshop can't keep PostgreSQL's data in {self.folder} ({error.strerror or error}): {remedy}, or "
                "set WORKSHOP_HOME to another one."
            ) from None

    def address(self) -> Address:
        """The workshop's database as the learner's role, with the port of the last start."""
        keys = self._read_keys()
        return Address(ROLE, keys.role, HOST, keys.port, self.config.database)

    def superuser(self) -> Address:
        """The server's administration: for tools that have a server of their own."""
        keys = self._read_keys()
        return Address(SUPERUSER, keys.superuser, HOST, keys.port, "postgres")

    def server(self) -> Server:
        """The running server, with the workshop's database on it."""
        address = self.address()
        version = claim(address)
        if version is None:
            raise WorkshopError(
                f"The database {address.database} at {address.place} holds something, but does not carry the "
                "workshop's mark, so the workshop leaves it alone: set WORKSHOP_DATABASE to another name."
            )
        return Server("embedded", address.url(), version)

    def is_ready(self) -> bool:
        """Whether the server is up and takes connections."""
        return self.postmaster() is not None and self._pid_file()[7:8] == ["ready"]

    def postmaster(self) -> int | None:
        """The process id of the running server. A file left behind by a crash, or a recycled id in it, is none."""
        take_note_of_ends()
        try:
            process = psutil.Process(int(self._pid_file()[0]))
            return process.pid if self._is_ours(process) else None
        except (IndexError, ValueError, psutil.NoSuchProcess):
            return None

    def bring_up(self) -> None:
        """Make the data where there is none yet, start the server where it isn't up, let the learner's role in."""
        if not (self.data / "PG_VERSION").exists():
            self._make()
        if not self.postmaster():
            self._launch()
        self._wait_until_ready()
        self._admit_role()

    def shut_down(self) -> None:
        """Stop the server; who is connected is cut off."""
        arguments = ("-D", self.data.name, "-m", "fast", "-w", "-t", str(_PATIENCE))
        self.programs.run("pg_ctl", "stop", *arguments, folder=self.folder, account=self.account)

    def _pid_file(self) -> list[str]:
        """The lines of `postmaster.pid`: process id, data, start time, port, …, state. Empty when there is none."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text(errors="replace").splitlines()]
        except OSError:
            return []

    def _is_ours(self, process: psutil.Process) -> bool:
        """Whether a process is the server of this data. In doubt it is: two servers on one data would ruin it."""
        try:
            if process.status() == psutil.STATUS_ZOMBIE or not process.name().lower().startswith("postgres"):
                return False
            if sys.platform != "win32" and process.uids().effective != self.data.stat().st_uid:
                return False
            return self.data.samefile(process.cwd())  # A server works in its data folder, also after that was moved.
        except (psutil.AccessDenied, OSError):
            return True

    def _make(self) -> None:
        """Run initdb in a folder of its own, and move the result into place: what is in place is whole."""
        for left_over in self.folder.glob("new-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        if self.programs.version < OLDEST_VERSION:
            raise WorkshopError(
                f"WORKSHOP_POSTGRES_BIN holds PostgreSQL {self.programs.version}, and the workshop needs "
                f"{OLDEST_VERSION} or newer: set it to newer programs, or unset it."
            )
        if shutil.disk_usage(self.folder).free < _SPACE:
            raise WorkshopError(
                f"PostgreSQL needs {_SPACE // 1_000_000} MB of space in {self.folder}, and has less: free some, or "
                "set WORKSHOP_HOME to a folder on another disk."
            )
        keys = Keys(_free_port(), secrets.token_urlsafe(18), secrets.token_urlsafe(18))
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        try:
            self._write(fresh / "password", keys.superuser)
            self.account.own(fresh)
            self._initdb(fresh)
            self._write(fresh / "data" / self._keys.name, json.dumps(asdict(keys)))
            (fresh / "data").rename(self.data)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _initdb(self, folder: Path) -> None:
        options = ["--encoding=UTF8", "--locale=C"]
        if self.programs.version >= 17:
            # The same order and upper case on every system, whatever its own locales are.
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [f"--username={SUPERUSER}", "--pwfile=password", "--auth=scram-sha-256"]
        options += ["--no-sync", "--no-instructions"]
        self.programs.run("initdb", "--pgdata=data", *options, folder=folder, account=self.account)

    def _launch(self) -> None:
        self._check_data_version()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        keys = self._read_keys()
        if not _is_free(keys.port):
            keys = replace(keys, port=_free_port())
            self._write(self._keys, json.dumps(asdict(keys)))
        self._write(self.data / "postgresql.auto.conf", _CONFIGURATION.format(port=keys.port))
        self._starting = self.programs.serve(self.data, self.log, self.account)

    def _check_data_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="utf-8", errors="replace").strip()
        if made_by != str(self.programs.version):
            raise WorkshopError(
                f"The data in {self.data} was made by PostgreSQL {made_by}, and this is PostgreSQL "
                f"{self.programs.version}: set WORKSHOP_POSTGRES_BIN to the programs of {made_by}, or delete that "
                "folder to begin anew (build_schema() brings your tables back)."
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.is_ready():
            has_ended = self._starting is None or self._starting.poll() is not None
            if has_ended and not self.postmaster():
                raise WorkshopError(
                    f"PostgreSQL does not start: {self._reason()} (more in {self.log}). Put that right, or set "
                    "WORKSHOP_HOME to another folder, to begin anew there."
                )
            if time.monotonic() > deadline:
                raise WorkshopError(f"PostgreSQL is not up after {_PATIENCE} seconds: wait a little, then try again.")
            time.sleep(0.02)

    def _reason(self) -> str:
        try:
            return telling_line(self.log.read_bytes())
        except OSError:
            return "it left no log"

    def _admit_role(self) -> None:
        """Make the learner's role, or give it its password again; this also mends a start that was broken off."""
        keys = self._read_keys()
        with (
            contextlib.closing(connect(self.superuser().url(), APPLICATION)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select from pg_catalog.pg_roles where rolname = %s", (ROLE,))
            verb = sql.SQL("alter" if cursor.rowcount else "create")
            role, password = sql.Identifier(ROLE), sql.Literal(keys.role)
            cursor.execute(sql.SQL("{} role {} login createdb password {}").format(verb, role, password))
            cursor.execute(sql.SQL("grant set on parameter session_replication_role to {}").format(role))
            connection.commit()

    def _read_keys(self) -> Keys:
        try:
            return Keys(**json.loads(self._keys.read_text(encoding="utf-8")))
        except PermissionError:
            raise WorkshopError(
                f"The PostgreSQL data in {self.data} belongs to another user of this computer: work as that user, or "
                "set WORKSHOP_HOME to a folder of your own."
            ) from None
        except (OSError, ValueError, TypeError):
            raise WorkshopError(
                f"The file {self._keys} with the passwords is missing or damaged: delete the folder {self.data} to "
                "begin anew (build_schema() brings your tables back)."
            ) from None

    def _write(self, path: Path, text: str) -> None:
        """Write a file of the server's account, whole or not at all; nobody else can read it from its first byte on."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        # As root we write into the folder of an ordinary account: O_EXCL follows no link that it may have laid there.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        self.account.own(fresh)
        fresh.replace(path)


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        if _is_free(port):
            return port
    raise WorkshopError(f"No port between {_PORTS[0]} and {_PORTS[-1]} is free for PostgreSQL on this computer.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As PostgreSQL does: a connection that ended a moment ago doesn't hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
