"""Whatever becomes of the server, what was stored is there again afterwards, and what is said is a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from checks import check_extension, check_step, hint, scorecard
from tests.checks.conftest import reference_sql
from tests.faults.conftest import LAST, ROWS, assert_readable, tried
from tests.postgres.conftest import Kernel, kernel
from workshop import build_schema, empty_database, postgres, start_step
from workshop.errors import WorkshopError
from workshop.postgres.embedded import Cluster
from workshop.settings import settings

__all__ = ["kernel"]

MOMENTS = (0.0, 0.05, 0.15, 0.4)
#: A step of the reference as SQL files of a project, slowly: it takes half a second to build and to check.
SLOW = """
create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return new; end $$;
create trigger slowly before insert or update on users for each row execute function slowly();
select pg_sleep(0.3);
"""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose shop is built, with rows in it, on a server of this test's own. The folder of its SQL files."""
    for name in ("DATABASE_URL", "PGAPPNAME"):  # start_step sets them
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("WORKSHOP_POSTGRES", "embedded")
    folder = settings().project / "schemas"
    folder.mkdir(parents=True)
    (folder / "01_shop.sql").write_text(reference_sql(5))
    (folder / "02_slow.sql").write_text(SLOW)
    _start()
    _run(ROWS)
    yield folder


def _start() -> None:
    """As a new kernel does, which knows of no server yet."""
    os.environ.update(DATABASE_URL="", WORKSHOP_POSTGRES="embedded")
    start_step(1)


def _run(sql: str) -> list[tuple[Any, ...]]:
    url = postgres.current_url()
    with closing(postgres.connect(url, "tests")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def _is_all_there() -> None:
    assert _run("select count(*), sum(id) from users") == [(5, 15)]
    assert check_step(LAST).passed


def _kill_server() -> None:
    server = psutil.Process(Cluster(settings()).postmaster() or 0)
    processes = [server, *server.children()]
    server.kill()
    psutil.wait_procs(processes, timeout=30)


def _sentence(work: Callable[[], object]) -> str:
    """What an attempt says when it fails; nothing when it works after all."""
    try:
        work()
    except WorkshopError as error:
        assert_readable(str(error))
        return str(error)
    return ""


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("work", ["check_step", "build_schema", "start_step"])
def test_the_server_is_killed_in_the_middle(shop: Path, work: str, moment: float) -> None:
    url = postgres.current_url()
    works = {"check_step": lambda: tried(LAST, url), "build_schema": build_schema, "start_step": lambda: start_step(4)}
    if work == "build_schema":
        (shop / "03_more.sql").write_text("select pg_sleep(0.3)")
    with ThreadPoolExecutor() as aside:
        busy = aside.submit(_sentence, works[work])
        time.sleep(moment)
        _kill_server()
        said = busy.result()
    (shop / "03_more.sql").unlink(missing_ok=True)
    _start()
    is_rebuilt = work == "build_schema" and not said
    assert _run("select count(*) from users") == [(0 if is_rebuilt else 5,)]
    assert check_step(LAST).passed


@pytest.mark.parametrize("moment", [0.0, 0.2])
def test_a_kernel_is_killed_in_the_middle_of_a_build(shop: Path, kernel: Kernel, moment: float) -> None:
    (shop / "03_more.sql").write_text("select pg_sleep(1)")
    after = "import workshop; print('now', flush=True); workshop.build_schema(); print('built')"
    notebook = kernel(after=after)
    assert notebook.stdout
    while "now" not in notebook.stdout.readline():
        pass
    time.sleep(moment)
    notebook.kill()
    assert "built" not in notebook.communicate()[0]
    _is_all_there()
    (shop / "03_more.sql").unlink()
    while said := _sentence(build_schema):
        assert "call build_schema() again" in said
    assert check_step(LAST).passed


def test_ten_kernels_at_once_one_of_them_killed(kernel: Kernel) -> None:
    kernels = [kernel(before="input()") for _ in range(10)]
    for racer in kernels:
        assert racer.stdin
        racer.stdin.write("\n")
        racer.stdin.flush()
    kernels[0].kill()
    results = [racer.communicate() for racer in kernels]
    assert [racer.returncode for racer in kernels[1:]] == [0] * 9, results
    assert len({out for out, _ in results[1:]}) == 1
    assert postgres.start().url == results[1][0].strip()


# --- Disks ----------------------------------------------------------------------------------------------------------


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[Path]:
    mount, umount = shutil.which("mount"), shutil.which("umount")
    folder.mkdir()
    command = [mount or "", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not mount or not umount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield folder
    finally:
        with suppress(WorkshopError):
            postgres.embedded.stop(settings())
        subprocess.run([umount, "-l", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with _small_disk(tmp_path / "disk", "160m") as disk:
        monkeypatch.setenv("WORKSHOP_HOME", str(disk / "home"))
        yield disk


def test_the_disk_gets_full(small_disk: Path, shop: Path) -> None:
    filling = small_disk / "filling"
    with suppress(OSError), filling.open("wb") as file:
        while True:
            file.write(b"x" * 1_000_000)
            file.flush()
    with suppress(psycopg2.Error, WorkshopError):
        _run("create table big as select repeat('x', 1000) from generate_series(1, 50000)")
    said = [_sentence(lambda: tried(LAST, Cluster(settings()).address().url())), _sentence(build_schema)]
    assert any(said), "nothing was said of a full disk"
    assert not said[1] or "free some space, then call it again" in said[1]
    _sentence(_start)
    filling.unlink()
    _start()
    assert _run("select count(*) from users") == [(5 if said[1] else 0,)]
    assert check_step(LAST).passed


def test_a_data_directory_that_is_read_only(shop: Path) -> None:
    cluster = Cluster(settings())
    postgres.embedded.stop(settings())
    chattr = shutil.which("chattr")
    if sys.platform == "win32" or os.geteuid() != 0 or not chattr:
        cluster.data.chmod(0o500)
        undo = lambda: cluster.data.chmod(0o700)  # noqa: E731
    else:
        if subprocess.run([chattr, "+i", str(cluster.data)], capture_output=True, check=False).returncode:
            pytest.skip("this disk knows no folder that nobody may write to")
        undo = lambda: subprocess.run([chattr, "-i", str(cluster.data)], check=True)  # noqa: E731
    try:
        assert "The workshop can't keep PostgreSQL's data in" in _sentence(_start)
    finally:
        undo()
    _start()
    _is_all_there()


def test_a_data_directory_that_was_moved_and_moved_back(shop: Path) -> None:
    data = Cluster(settings()).data
    postgres.embedded.stop(settings())
    data.rename(data.with_name("elsewhere"))
    _start()
    assert _run("select count(*) from users") == [(0,)]
    postgres.embedded.stop(settings())
    shutil.rmtree(data)
    data.with_name("elsewhere").rename(data)
    _start()
    _is_all_there()


def test_a_data_directory_that_moves_under_a_running_server(shop: Path) -> None:
    data = Cluster(settings()).data
    data.rename(data.with_name("elsewhere"))
    said = [_sentence(lambda: tried(LAST, postgres.current_url())), _sentence(build_schema)]
    assert all(said)
    data.with_name("elsewhere").rename(data)
    _start()
    _is_all_there()


# --- Room on the server ---------------------------------------------------------------------------------------------


def test_out_of_connections(shop: Path) -> None:
    url = postgres.current_url()
    held = []
    with suppress(WorkshopError):
        while True:
            held.append(postgres.connect(url, "a program"))
    try:
        for work in (lambda: check_step(LAST), build_schema, lambda: start_step(4)):
            assert "connections" in _sentence(work)
    finally:
        for connection in held:
            connection.close()
    _is_all_there()


# --- A server that takes no rows ------------------------------------------------------------------------------------


@pytest.fixture
def standby(shop: Path) -> Iterator[str]:
    """The URL of the shop's server, in recovery now and for ever: a copy of another server, which can only be read."""
    cluster = Cluster(settings())
    url = postgres.current_url()
    postgres.embedded.stop(settings())
    (cluster.data / "standby.signal").touch()
    cluster.programs.serve(cluster.data, cluster.log, cluster.account)
    while not cluster.is_ready():
        time.sleep(0.02)
    os.environ.update(DATABASE_URL=url, WORKSHOP_POSTGRES="external")
    yield url
    postgres.embedded.stop(settings())
    (cluster.data / "standby.signal").unlink()
    _start()
    _is_all_there()


def test_a_server_in_recovery(standby: str, shop: Path) -> None:
    (shop / "03_more.sql").write_text("create table more ()")
    asked = {
        "can only be read": [lambda: check_step(LAST), lambda: check_extension("coupons"), scorecard, lambda: hint(2)],
        "read-only": [build_schema, lambda: empty_database().__enter__()],
    }
    for words, works in asked.items():
        for work in works:
            assert words in _sentence(work)
    start_step(4)
    (shop / "03_more.sql").unlink()
