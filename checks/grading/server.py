"""The PostgreSQL that submissions are graded on: a server that nobody else uses, or one that an instructor names."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psutil
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from checks.grading.limits import Limits
from workshop.errors import WorkshopError
from workshop.postgres import connect
from workshop.postgres.connection import Address, words_of
from workshop.postgres.embedded import Cluster
from workshop.settings import Settings, settings

_APPLICATION = "grading"

#: Each is a superuser's to set, or set again once the submission's code is gone.
_ROLE_SETTINGS = {
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "temp_file_limit": "200MB",
}
_CONNECTIONS = 20
_TEMPLATE = "_as_built"

#: The data are gone after the grading, whatever happens: nothing waits for a disk.
_SERVER_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "256MB"}


_END = "select pg_terminate_backend(pid, 2000) from pg_stat_activity where usename = any (%s)"
_OWNED = "from pg_database d join pg_roles r on r.oid = d.datdba where rolname = %s"
_SIZES = f"select coalesce(pg_database_size(d.oid), 0) {_OWNED}"  # null for one that is just being dropped


class Unusable(WorkshopError):
    """The server is in a state that no further submission should meet."""


@dataclass(frozen=True)
class Room:
    """A database and a role of a submission's own, and the examiner, who looks at them.

    The examiner has the role's rights and a login that the submission's code does not have: what that code leaves at
    work can be ended while an examination goes on, and can end nothing of it.
    """

    address: Address
    examiner: Address

    @property
    def role(self) -> str:
        """Who owns the database, and all in it."""
        return self.address.user or ""

    @property
    def url(self) -> str:
        """For the submission's code."""
        return self.address.url()

    @property
    def template(self) -> str:
        """What the database is called that holds what the build left; nobody can connect to it."""
        return f"{self.address.database}{_TEMPLATE}"

    def for_the_code(self, url: str) -> str:
        """The same database as the examiner's `url`, for the submission's code."""
        return self.address.at(Address.parse(url).database or "").url()


class GradingServer:
    """Makes rooms, one at a time, and empties them; a superuser's connection stays open."""

    def __init__(self, scratch: Path, limits: Limits, database_url: str | None = None) -> None:
        """scratch: a folder of ours for a server of our own, which is made unless `database_url` names one."""
        self._scratch = scratch
        self._limits = limits
        self._url = database_url
        self._cluster: Cluster | None = None
        self._connection: Connection | None = None
        self._undertaker: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def room(self) -> Iterator[Room]:
        """An empty database, and the role that owns it; both are gone afterwards, with whoever is connected.

        Raises WorkshopError when there can be none.
        """
        try:
            room = self._make_room()
        except (Unusable, psycopg2.Error):
            self.stop()  # perhaps the submission before has ruined it
            room = self._make_room()
        try:
            yield room
        finally:
            try:
                self._remove(room)
            except (Unusable, psycopg2.Error):
                if self._url:
                    raise
                self.stop()

    def shut_out(self, room: Room) -> Room:
        """End all sessions of the room's role, and give it another password and its limits again."""
        self.end_sessions(room)
        fresh = replace(room, address=_with_password(room.address))
        self._execute("alter role {} with login connection limit %s password %s", room.role, values=_login(fresh))
        self._set_limits(room.role)
        return fresh

    def keep_as_built(self, room: Room) -> None:
        """Put a copy of the room's database where nobody can change it, and the room's role can copy it.

        Raises WorkshopError when PostgreSQL does not.
        """
        try:
            self._execute(
                "create database {} template {} is_template true allow_connections false",
                room.template,
                room.address.database or "",
            )
        except psycopg2.Error as error:
            raise WorkshopError(f"What was built can't be copied: {words_of(error)}.") from None

    def end_sessions(self, room: Room) -> None:
        """End what the submission's code has running. Raises Unusable when something goes on all the same."""
        self._end([room.role])

    def end_all_sessions(self, room: Room) -> None:
        """The same, and end the examination."""
        self._end([room.role, room.examiner.user])

    def _end(self, roles: Sequence[str | None]) -> None:
        for _ in range(5):
            if not self._query(_END, list(roles)):
                return
        raise Unusable("PostgreSQL does not end the sessions of a submission.")

    @contextlib.contextmanager
    def watched(self, room: Room, seconds: float) -> Iterator[list[str]]:
        """While this lasts, all sessions in the room are ended once the time is up or they take too much.

        Yields a list in which the reason then is: "time", "memory" or "disk".
        """
        reasons: list[str] = []
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(room, seconds, reasons, over), daemon=True)
        watcher.start()
        try:
            yield reasons
        finally:
            over.set()
            watcher.join()

    def stop(self) -> None:
        """End the server of our own, and remove its data."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._cluster is not None:
            if postmaster := self._cluster.postmaster():
                with suppress(psutil.Error):
                    process = psutil.Process(postmaster)
                    process.send_signal(signal.SIGQUIT)  # at once: the data are of no use any more
                    process.wait(30)
            shutil.rmtree(self._cluster.config.home, ignore_errors=True)
            self._cluster = None
        if self._undertaker is not None:
            self._undertaker.kill()
            self._undertaker.communicate()
            self._undertaker = None

    # -- rooms -------------------------------------------------------------------------------------------------

    def _make_room(self) -> Room:
        administration = self._administration()
        # On a server of our own a submission finds the names that its author had: files may mention them.
        suffix = f"_{secrets.token_hex(6)}" if self._url else ""
        owner = replace(administration, user=f"workshop{suffix}", database=f"ecommerce{suffix}")
        options = dict(administration.options)
        options["options"] = f"{options.get('options', '')} -c role={owner.user}".strip()
        examiner = replace(owner, user=f"examiner{suffix}", options=tuple(options.items()))
        room = Room(_with_password(owner), _with_password(examiner))
        self._remove(room)
        self._make_role(room.address, "createdb")
        self._make_role(room.examiner, "nocreatedb")
        self._execute("grant {} to {}", room.role, room.examiner.user or "")
        if self._url:
            with suppress(psycopg2.Error):  # up to 15 whoever makes a role may act for it, from 16 on by this
                self._execute("grant {}, {} to current_user", room.role, room.examiner.user or "")
        self._execute("create database {} owner {} template template0", room.address.database or "", room.role)
        return room

    def _make_role(self, address: Address, right: Literal["createdb", "nocreatedb"]) -> None:
        statement = f"create role {{}} login {right} connection limit %s password %s"
        self._execute(statement, address.user or "", values=(_CONNECTIONS, address.password))
        self._set_limits(address.user or "")

    def _set_limits(self, role: str) -> None:
        for name, value in _ROLE_SETTINGS.items():
            try:
                self._execute(f"alter role {{}} set {name} = %s", role, values=(value,))
            except psycopg2.errors.InsufficientPrivilege:
                if not self._url:
                    raise

    def _remove(self, room: Room) -> None:
        self.end_all_sessions(room)
        if self._query("select 1 from pg_database where datname = %s", room.template):
            self._execute("alter database {} is_template false", room.template)
            self._execute("drop database {}", room.template)
        for name in self._query(f"select datname {_OWNED}", room.role):
            self._execute("drop database {}", name)
        self.end_all_sessions(room)
        for role in (room.examiner.user or "", room.role):
            if self._query("select 1 from pg_roles where rolname = %s", role):
                self._execute("drop owned by {}", role)  # what it may do with the server's settings goes
                self._execute("drop role {}", role)

    # -- the watch ---------------------------------------------------------------------------------------------

    def _watch(self, room: Room, seconds: float, reasons: list[str], over: threading.Event) -> None:
        left, pause = seconds, 0.5
        while not over.wait(pause):
            left -= pause
            with suppress(psycopg2.Error, Unusable):
                reason = "time" if left <= 0 else self._excess(room)
                if reason:
                    reasons.append(reason)
                    self.end_all_sessions(room)

    def _excess(self, room: Room) -> str | None:
        if sum(self._query(_SIZES, room.role)) > self._limits.database:
            return "disk"
        return "memory" if self._memory() > self._limits.memory else None

    def _memory(self) -> int:
        """What the sessions of a server of our own take, without what all of them share."""
        postmaster = self._cluster.postmaster() if self._cluster else None
        if postmaster is None:
            return 0
        total = 0
        with suppress(psutil.Error):
            for child in psutil.Process(postmaster).children():
                with suppress(psutil.Error):
                    memory = child.memory_info()
                    total += memory.rss - getattr(memory, "shared", 0)
        return total

    # -- administration ----------------------------------------------------------------------------------------

    def _administration(self) -> Address:
        if self._url:
            address = Address.parse(self._url)
        else:
            if self._cluster is None or not self._cluster.is_ready():
                self._start()
            assert self._cluster is not None
            address = self._cluster.superuser()
        if self._connection is None or self._connection.closed:
            self._connection = connect(address.url(), _APPLICATION)
            self._connection.autocommit = True
        return address

    def _start(self) -> None:
        self.stop()
        home = Path(tempfile.mkdtemp(prefix="server-", dir=self._scratch))
        home.chmod(0o755)
        config = Settings(home=home, postgres="embedded", postgres_bin=settings().postgres_bin)
        cluster = Cluster(config)
        with cluster.locked():
            cluster.bring_up()
        self._cluster = cluster
        postmaster = cluster.postmaster()
        if postmaster is not None:
            self._undertaker = _die_together(postmaster, self._scratch)
            if sys.platform == "linux":
                import resource

                # Sessions that begin from now on: theirs fails with an error, and the server stays.
                memory = 2 * self._limits.memory
                with suppress(OSError, ValueError):
                    resource.prlimit(postmaster, resource.RLIMIT_AS, (memory, memory))
        with closing(connect(cluster.superuser().url(), _APPLICATION)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for name, value in _SERVER_SETTINGS.items():
                    cursor.execute(f"alter system set {name} = %s", (value,))
                cursor.execute("select pg_reload_conf()")

    def _execute(self, statement: str, *names: str, values: tuple[Any, ...] = ()) -> None:
        assert self._connection is not None
        with self._connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)), values)

    def _query(self, statement: str, *values: Any) -> list[Any]:
        """The first column."""
        assert self._connection is not None
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [row[0] for row in cursor.fetchall()]


def _with_password(address: Address) -> Address:
    return replace(address, password=secrets.token_urlsafe(18))


def _login(room: Room) -> tuple[int, str | None]:
    return _CONNECTIONS, room.address.password


#: Waits for the end of whoever holds the other end of its standard input, then ends the server and removes its data.
_UNDERTAKER = """
import os, shutil, signal, sys, time
sys.stdin.read()
server, folder = int(sys.argv[1]), sys.argv[2]
try:
    os.kill(server, signal.SIGQUIT)
    for _ in range(300):
        os.kill(server, 0)
        time.sleep(0.1)
except OSError:
    pass
if os.path.basename(folder).startswith("grading-"):
    shutil.rmtree(folder, ignore_errors=True)
"""


def _die_together(postmaster: int, scratch: Path) -> subprocess.Popen[bytes]:
    """However this process ends, be it killed, the server does not outlive it."""
    command = [sys.executable, "-I", "-S", "-c", _UNDERTAKER, str(postmaster), str(scratch)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, cwd=os.sep, start_new_session=True
    )  # the pipe closes with us
