"""As root: the server runs as an ordinary account, wherever the project lies, and nothing is opened up for it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from workshop import postgres
from workshop.postgres.connection import connect
from workshop.postgres.embedded import Cluster
from workshop.settings import settings

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root has to give up rights"),
]
Kernel = Callable[..., "subprocess.Popen[str]"]

# Linux capabilities by number: what a process may although its user may not.
READ_SEARCH, OVERRIDE = 1 << 2, 1 << 1


def _capabilities(process: psutil.Process) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))


def _server() -> psutil.Process:
    pid = Cluster(settings()).postmaster()
    assert pid
    return psutil.Process(pid)


def _assert_works(url: str) -> None:
    with closing(connect(url, "tests")) as connection, connection.cursor() as cursor:
        cursor.execute("create extension citext; create table t as select 'A'::citext as name")
        connection.commit()


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy_of_programs: Callable[[Path], Path]) -> Path:
    """A home, and the server programs, below a folder that is root's alone."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("WORKSHOP_POSTGRES_BIN", str(copy_of_programs(folder)))
    monkeypatch.setenv("WORKSHOP_HOME", str(folder / "home"))
    return folder


def test_in_a_closed_folder_the_server_gets_one_capability_and_the_folder_stays_closed(closed: Path) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("there is no setpriv here")
    try:
        url = postgres.start().url
        server = _server()
        assert server.uids().effective != 0
        assert server.gids().effective != 0
        assert _capabilities(server) in (READ_SEARCH, OVERRIDE)
        assert closed.stat().st_mode & 0o777 == 0o700
        assert closed.stat().st_uid == 0
        data = closed / "home" / "postgres" / "data"
        assert data.stat().st_uid == server.uids().effective
        assert data.parent.stat().st_uid == 0
        _assert_works(url)
    finally:
        postgres.stop()


def test_where_every_user_may_pass_the_server_gets_no_capability(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs = Cluster(settings()).programs.folder
    if not all(folder.stat().st_mode & 0o001 for folder in programs.parents):
        pytest.skip("the server programs themselves are in a closed folder")
    home = Path("/var/tmp") / f"workshop {os.getpid()}"
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    try:
        url = postgres.start().url
        server = _server()
        assert server.uids().effective != 0
        assert _capabilities(server) == 0
        _assert_works(url)
    finally:
        postgres.stop()
        shutil.rmtree(home)


def _without(*capabilities: str) -> list[str]:
    """What to put before a command, so that root lacks these, as in a container."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("there is no setpriv here")
    return [setpriv, "--bounding-set=" + ",".join(f"-{name}" for name in capabilities), "--"]


def test_with_the_rights_of_root_in_a_plain_container(closed: Path, kernel: Kernel) -> None:
    """Docker leaves root dac_override, but neither dac_read_search, nor sys_ptrace, nor sys_admin."""
    notebook = kernel(prefix=_without("dac_read_search", "sys_ptrace", "sys_admin"), after="print(postgres.stop())")
    out, err = notebook.communicate()
    assert "has stopped" in out, err


def test_without_any_way_in_the_learner_is_told_what_to_do(closed: Path, kernel: Kernel) -> None:
    notebook = kernel(prefix=_without("dac_read_search", "dac_override"))
    _, err = notebook.communicate()
    assert "PostgreSQL can't run as root, and an ordinary account has no way into" in err.splitlines()[-1]
    assert "work as an ordinary user" in err.splitlines()[-1]


def test_an_ordinary_user_starts_a_server_of_its_own(
    kernel: Kernel, as_nobody: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path("/var/tmp") / f"workshop of nobody {os.getpid()}"
    home.mkdir()
    os.chown(home, as_nobody["user"], as_nobody["group"])
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    try:
        out, err = kernel(**as_nobody).communicate()
        assert out.startswith("postgresql+psycopg2://workshop:"), err
        server = _server()
        assert server.uids().effective == as_nobody["user"]
        # Root comes along later, and joins in instead of taking over.
        assert postgres.start().url == out.strip()
        postgres.stop()
        assert postgres.start().url == out.strip()
        assert _server().uids().effective == as_nobody["user"]
        out, err = kernel(after="print(postgres.stop())", **as_nobody).communicate()
        assert "has stopped" in out, err
    finally:
        postgres.stop()
        shutil.rmtree(home)


def test_data_of_another_user_is_told(
    kernel: Kernel, as_nobody: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path("/var/tmp") / f"workshop of root {os.getpid()}"
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    try:
        postgres.start()
        _, err = kernel(**as_nobody).communicate()
        (sentence,) = err.splitlines()
        assert "Permission denied" in sentence
    finally:
        postgres.stop()
        shutil.rmtree(home)
