"""What the tests of the servers share: asking a database, and working as somebody else."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from workshop import postgres
from workshop.postgres import connect
from workshop.postgres.connection import Address
from workshop.postgres.programs import Programs
from workshop.settings import ROOT, Settings, settings

_START = "from workshop import postgres; server = postgres.start(); print(server.url)"

Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def ask() -> Ask:
    """Run one statement in a connection of its own, commit, and give back the rows."""

    def run(url: str, statement: str) -> list[tuple[Any, ...]]:
        with closing(connect(url, "tests")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The workshop home of this test."""
    return tmp_path / "home"


Kernel = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def kernel() -> Kernel:
    """Start another Python process with the environment of this one, as a second notebook would.

    It runs the code `before`, starts the workshop's PostgreSQL and prints the URL, and runs the code `after`.
    """

    def run(
        before: str = "", after: str = "", python: str = sys.executable, prefix: Sequence[str] = (), **options: Any
    ) -> "subprocess.Popen[str]":
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *_site_packages()])}
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(
            [*prefix, python, "-c", "\n".join([before, _START, after])], env=environment, text=True, **options
        )

    return run


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]


@pytest.fixture
def as_nobody(kernel: Kernel) -> dict[str, Any]:
    """How to start a `kernel` as an ordinary user, when we are root: some Python that such a user may run."""
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only root can work as somebody else")
    import pwd

    nobody = pwd.getpwnam("nobody")
    options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        try:
            process = kernel(
                "import psycopg2, psutil, pydantic_settings, workshop; raise SystemExit", python=python, **options
            )
        except OSError:
            continue
        if process.wait() == 0:
            return {"python": python, **options}
    pytest.skip("an ordinary user has no way to this environment's Python and packages")


@pytest.fixture
def copy_of_programs() -> Callable[[Path], Path]:
    """Copy the server programs into a folder, as if the environment lay there, and say where they are."""

    def copy(folder: Path) -> Path:
        install = Programs.find(settings()).folder.parent
        package = folder / install.parent.name
        shutil.copytree(install, package / install.name, symlinks=True)
        libraries = install.parent.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, package.with_name(libraries.name), symlinks=True)
        return package / install.name / "bin"

    return copy


@pytest.fixture
def superuser(server: postgres.Server, server_settings: Settings, ask: Ask) -> Callable[..., list[tuple[Any, ...]]]:
    """Run one statement on the shared server as its superuser, in the database of that name."""
    keys = json.loads((server_settings.home / "postgres" / "data" / "workshop.json").read_text(encoding="utf-8"))
    address = Address("postgres", keys["superuser"], "127.0.0.1", keys["port"])
    return lambda statement, database="postgres": ask(address.at(database).url(), statement)
