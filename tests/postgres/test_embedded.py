"""The embedded server: it comes up, is shared, outlives its kernel, and survives what happens on a real computer."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres.connection import Address
from workshop.postgres.embedded import Cluster
from workshop.postgres.programs import Programs
from workshop.settings import settings

Ask = Callable[..., list[tuple[Any, ...]]]
Kernel = Callable[..., "subprocess.Popen[str]"]

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


def _pid() -> int:
    pid = Cluster(settings()).postmaster()
    assert pid is not None
    return pid


def _kill_server() -> None:
    """End the server as a power cut would, and wait until its processes are gone."""
    server = psutil.Process(_pid())
    processes = [server, *server.children()]
    server.kill()
    psutil.wait_procs(processes, timeout=30)


def test_a_first_start_makes_a_marked_database_of_an_ordinary_role(ask: Ask) -> None:
    server = postgres.start()

    assert server.source == "embedded"
    assert server.url.startswith("postgresql+psycopg2://workshop:")
    assert server.url.endswith("/ecommerce")
    assert ask(server.url, "select current_user, rolsuper, rolcreatedb from pg_roles where rolname = current_user") == [
        ("workshop", False, True)
    ]
    with psycopg2.connect(**Address.parse(server.url).keywords()) as connection:
        assert postgres.read_mark(connection) == postgres.Mark()
    connection.close()


def test_the_description_says_what_and_where_without_the_password(server: postgres.Server) -> None:
    address = Address.parse(server.url)
    assert (
        server.describe() == f"PostgreSQL {server.version}, embedded, at 127.0.0.1:{address.port}, database ecommerce"
    )
    assert address.password
    assert address.password not in repr(server) + str(server) + server.describe() + repr(address)


def test_the_server_listens_on_loopback_with_a_password_and_keeps_its_durability(
    server: postgres.Server, ask: Ask
) -> None:
    setting: dict[str, str] = dict(ask(server.url, "select name, setting from pg_settings"))
    assert setting["listen_addresses"] == "127.0.0.1"
    assert setting["password_encryption"] == "scram-sha-256"
    assert {setting[name] for name in ("fsync", "synchronous_commit", "full_page_writes")} == {"on"}
    assert setting["TimeZone"] == "UTC"
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(**Address.parse(server.url).keywords() | {"password": "wrong"})


def test_the_learner_can_have_extensions_functions_databases_and_silent_triggers(database: str, ask: Ask) -> None:
    ask(database, "create extension citext")
    ask(database, "create extension pg_trgm")
    assert ask(database, "select 'A'::citext = 'a', similarity('shop', 'shop') = 1, lower('Ä') = 'ä'")[0][:2] == (
        True,
        True,
    )
    ask(database, "create function f() returns int language plpgsql as 'begin return 1; end'")
    ask(database, "set session_replication_role = replica")
    ask(database, "create database scratch_of_learner template template0")
    ask(database, "drop database scratch_of_learner")


@pytest.mark.parametrize(
    "statement",
    ["select pg_read_file('/etc/passwd')", "copy (select 1) to program 'id'", "alter system set fsync = off"],
)
def test_the_learner_has_no_way_to_files_and_settings_of_the_computer(database: str, ask: Ask, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(database, statement)


def test_psql_connects_with_the_password(server: postgres.Server) -> None:
    psql = Cluster(settings()).programs.path("psql")
    if not psql.exists():
        pytest.skip("there is no psql beside the server programs")
    url = server.url.replace("+psycopg2", "")
    done = subprocess.run([str(psql), "-Atc", "select 6 * 7", url], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_a_second_start_attaches_without_starting_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    first = postgres.start()
    pid = _pid()

    def no_process(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", no_process)
        assert postgres.start() == first
        assert postgres.current_url() == first.url
    assert _pid() == pid


def test_another_process_finds_the_server_and_leaves_it_running(kernel: Kernel, ask: Ask) -> None:
    first = kernel()
    url = first.communicate()[0].strip()
    pid = _pid()  # That kernel has ended, the server has not.

    second = kernel()
    assert second.communicate()[0].strip() == url == postgres.current_url()
    assert _pid() == pid
    assert ask(url, "select 1") == [(1,)]


def test_kernels_that_race_start_one_server(kernel: Kernel, home: Path) -> None:
    kernels = [kernel(before="input()") for _ in range(3)]
    for racer in kernels:
        assert racer.stdin
        racer.stdin.write("\n")
        racer.stdin.flush()
    results = [racer.communicate() for racer in kernels]

    assert [racer.returncode for racer in kernels] == [0, 0, 0], results
    assert len({out for out, _ in results}) == 1
    data = home / "postgres" / "data"
    servers = [p for p in psutil.process_iter(["cmdline"]) if str(data) in (p.info["cmdline"] or [])]
    assert len(servers) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_an_interrupt_of_the_kernel_and_its_death_leave_the_server_alone(kernel: Kernel, ask: Ask) -> None:
    notebook = kernel(after="import sys; sys.stdout.flush(); input()", start_new_session=True)
    assert notebook.stdout
    url = notebook.stdout.readline().strip()
    os.killpg(notebook.pid, signal.SIGINT)  # As Ctrl-C in a terminal: to the whole group.
    notebook.wait()
    os.killpg(os.getpgid(_pid()), 0)
    assert ask(url, "select 1") == [(1,)]


@pytest.mark.skipif(sys.platform == "win32", reason="PostgreSQL sees no end of a connection there")
def test_a_query_without_end_ends_with_its_notebook_and_fills_no_disk(server: postgres.Server, ask: Ask) -> None:
    endless = "with recursive t as (select 1 union all select 1 from t) select count(*) from t"
    program = (
        f"import psycopg2; psycopg2.connect(**{Address.parse(server.url).keywords()!r}).cursor().execute('{endless}')"
    )
    running = f"select 1 from pg_stat_activity where query = '{endless}' and state = 'active'"
    with subprocess.Popen([sys.executable, "-c", program]) as asking:
        assert _comes(lambda: ask(server.url, running) == [(1,)])
        asking.kill()
    assert _comes(lambda: ask(server.url, running) == [])
    assert ask(server.url, "show temp_file_limit") == [("2GB",)]


def _comes(holds: Callable[[], bool]) -> bool:
    """Whether it holds within half a minute."""
    until = time.monotonic() + 30
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.1)
    return held


def test_a_server_that_was_killed_comes_back_with_its_data(ask: Ask) -> None:
    url = postgres.start().url
    ask(url, "create table kept as select generate_series(1, 1000) as n")
    _kill_server()

    with pytest.raises(WorkshopError, match="No PostgreSQL is running"):
        postgres.current_url()
    with pytest.raises(WorkshopError, match=r"No PostgreSQL answers at 127\.0\.0\.1:\d+\. Call start_step"):
        postgres.connect(url, "tests")

    assert postgres.start().url == url
    assert ask(url, "select count(*), max(n) from kept") == [(1000, 1000)]


def test_a_recycled_process_id_is_no_server_and_is_left_alone(ask: Ask) -> None:
    url = postgres.start().url
    ask(url, "create table kept (n int)")
    _kill_server()
    pid_file = settings().home / "postgres" / "data" / "postmaster.pid"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        assert postgres.stop() == "No PostgreSQL of the workshop is running."
        assert postgres.start().url == url
        assert ask(url, "select from kept") == []
        assert stranger.poll() is None


def test_the_id_of_another_workshops_server_is_not_ours(tmp_path: Path, server: postgres.Server, ask: Ask) -> None:
    """A copied project folder brings along the pid file, the port and the passwords of the original."""
    original = postgres.start()
    ask(original.url, "create table original (n int)")
    copied = tmp_path / "copied"
    shutil.copytree(settings().home, copied, ignore=shutil.ignore_patterns("lock"))
    if hasattr(os, "chown"):
        owner = (settings().home / "postgres" / "data").stat()
        for path in [copied / "postgres" / "data", *(copied / "postgres" / "data").rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSHOP_HOME", str(copied))
        assert Cluster(settings()).postmaster() is None
        second = postgres.start()
    assert Address.parse(second.url).port != Address.parse(original.url).port
    ask(second.url, "drop table original")
    assert ask(original.url, "select from original") == []


def test_stop_and_start_keep_port_password_and_data(ask: Ask) -> None:
    url = postgres.start().url
    ask(url, "create table kept (n int)")

    data = settings().home / "postgres" / "data"
    assert postgres.stop() == (f"PostgreSQL has stopped. Its data stays in {data}, and start_step(n) brings it back.")
    assert postgres.stop() == "No PostgreSQL of the workshop is running."
    assert postgres.start().url == url
    assert ask(url, "select from kept") == []


def test_a_taken_port_is_given_up(ask: Ask) -> None:
    url = postgres.start().url
    ask(url, "create table kept (n int)")
    postgres.stop()
    port = Address.parse(url).port
    with socket.create_server(("127.0.0.1", port or 0)):
        moved = postgres.start().url
        assert Address.parse(moved).port != port
        assert postgres.current_url() == moved
        assert ask(moved, "select from kept") == []


@pytest.mark.parametrize(
    "name", ["with space", 'quo\'te and "two"', "ümläut 数", "dol$HOME and `tick`", "back\\slash & (x)"]
)
def test_any_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if sys.platform == "win32" and set(name) & set('"\\'):
        pytest.skip("Windows has no such folder names")
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / name))
    url = postgres.start().url
    assert "has stopped" in postgres.stop()
    assert postgres.start().url == url


@pytest.mark.skipif(sys.platform == "win32", reason="no shell is involved there")
def test_the_programs_may_lie_in_any_path_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy_of_programs: Callable[[Path], Path]
) -> None:
    programs = copy_of_programs(tmp_path / 'a$HOME `b` "c"')
    monkeypatch.setenv("WORKSHOP_POSTGRES_BIN", str(programs))
    url = postgres.start().url
    postgres.stop()
    assert postgres.start().url == url


def test_a_start_that_was_broken_off_does_no_harm(home: Path) -> None:
    """initdb killed in the middle leaves a folder of its own behind; the role may be missing after a kill, too."""
    half = home / "postgres" / "new-half" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    url = postgres.start().url
    assert not half.exists()

    keys = json.loads((home / "postgres" / "data" / "workshop.json").read_text())
    superuser = Address("postgres", keys["superuser"], "127.0.0.1", keys["port"], "postgres").url()
    with psycopg2.connect(**Address.parse(superuser).keywords()) as connection, connection.cursor() as cursor:
        cursor.execute("alter role workshop password 'other' nologin nocreatedb")
    connection.close()
    assert postgres.start().url == url


@pytest.mark.slow
def test_a_kill_in_the_middle_of_the_first_start_does_no_harm(kernel: Kernel, home: Path) -> None:
    victim = kernel()
    while not list(home.glob("postgres/new-*/data/base")):
        assert victim.poll() is None
    victim.kill()
    victim.wait()
    assert not (home / "postgres" / "data").exists()
    assert postgres.start().source == "embedded"


def test_a_dropped_database_is_made_again(ask: Ask) -> None:
    url = postgres.start().url
    ask(Address.parse(url).at("postgres").url(), "drop database ecommerce")
    with pytest.raises(WorkshopError, match=r"There is no database ecommerce at 127\.0\.0\.1:\d+\. Call start_step"):
        postgres.connect(url, "tests")
    assert postgres.start().url == url
    assert ask(url, "select 1") == [(1,)]


def test_a_database_without_the_mark_is_left_alone(
    server: postgres.Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.start().url
    ask(url, "create table precious (n int); comment on database ecommerce is 'mine'")
    with pytest.raises(WorkshopError, match="does not carry the workshop's mark"):
        postgres.start()
    monkeypatch.setenv("WORKSHOP_DATABASE", "other shop")
    other = postgres.start().url
    assert ask(other, "select current_database()") == [("other shop",)]


def test_files_with_passwords_are_for_their_owner_alone() -> None:
    postgres.start()
    if sys.platform != "win32":
        data = settings().home / "postgres" / "data"
        assert data.stat().st_mode & 0o777 == 0o700
        assert (data / "workshop.json").stat().st_mode & 0o777 == 0o600


def test_lost_passwords_are_told(home: Path) -> None:
    postgres.start()
    postgres.stop()
    (home / "postgres" / "data" / "workshop.json").write_text("{")
    with pytest.raises(WorkshopError, match="with the passwords is missing or damaged: delete the folder"):
        postgres.start()


@pytest.mark.parametrize("version", ["9.6", "14", "99", "ü"])
def test_data_of_another_version_is_told(home: Path, version: str) -> None:
    postgres.start()
    postgres.stop()
    (home / "postgres" / "data" / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(
        WorkshopError, match=r"was made by PostgreSQL .*, and this is PostgreSQL \d+: set WORKSHOP_POSTGRES_BIN"
    ):
        postgres.start()


def test_a_server_that_can_not_start_says_its_reason(home: Path) -> None:
    postgres.start()
    postgres.stop()
    with (home / "postgres" / "data" / "postgresql.conf").open("a") as file:
        file.write("\nshared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(WorkshopError, match=r"start: could not access file .no_such_library.* Put that right, or set"):
        postgres.start()


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("size=80m", r"PostgreSQL needs 100 MB of space in .*: free some, or set WORKSHOP_HOME"),
        ("nr_inodes=2", r"\(No space left on device\): free some space, or set WORKSHOP_HOME"),
    ],
)
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, words: str) -> None:
    mount, umount = shutil.which("mount"), shutil.which("umount")
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [mount or "", "-t", "tmpfs", "-o", limit, "tmpfs", str(disk)]
    if not mount or not umount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        monkeypatch.setenv("WORKSHOP_HOME", str(disk / "home"))
        with pytest.raises(WorkshopError, match=words):
            postgres.start()
    finally:
        subprocess.run([umount, str(disk)], check=True)


def test_a_home_that_is_no_folder_is_told(home: Path) -> None:
    home.write_text("in the way")
    with pytest.raises(WorkshopError, match=r"The workshop can't keep PostgreSQL's data in .*WORKSHOP_HOME"):
        postgres.start()


def test_a_home_that_can_not_be_written_is_told(tmp_path: Path, kernel: Kernel, as_nobody: dict[str, object]) -> None:
    done = kernel(**as_nobody).communicate()
    assert "The workshop can't keep PostgreSQL's data in" in done[1]
    assert "Permission denied" in done[1]


@pytest.mark.skipif(not DEBIAN_15.exists(), reason="Debian's PostgreSQL 15 is not installed here")
def test_other_programs_than_the_wheels(monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES_BIN", str(DEBIAN_15))
    server = postgres.start()
    assert server.version.startswith("15.")
    ask(server.url, "create extension citext")
    ask(server.url, "set session_replication_role = replica")


def test_a_folder_without_programs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_POSTGRES_BIN", str(tmp_path / "empty"))
    with pytest.raises(WorkshopError, match=r"There is no program postgres in .*set WORKSHOP_POSTGRES_BIN"):
        postgres.start()


def test_programs_that_do_not_run_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("postgres", "initdb", "pg_ctl"):
        program = tmp_path / Programs(tmp_path).path(name).name
        program.write_bytes(b"\x7fELF of another computer")
        program.chmod(0o755)
    monkeypatch.setenv("WORKSHOP_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(WorkshopError, match="does not run on this computer"):
        postgres.start()
