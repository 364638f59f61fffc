"""`lab` on a fresh machine, and what it says before it starts."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.setup.checkouts import ODD_NAME, Checkout, copy_to, machine, run
from workshop import lab
from workshop.errors import WorkshopError

TOKEN = "secret"
IS_SHOP_THERE = """
from workshop.postgres import connect, current_url

cursor = connect(current_url(), "test").cursor()
cursor.execute("select to_regclass('shop')")
print(*cursor.fetchone())
"""
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "imports",
            "metadata": {},
            "outputs": [],
            "source": "import checks, workshop\nprint(workshop.__file__, checks.__file__, sep='\\n')",
        }
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@contextlib.contextmanager
def taken_port(family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    with socket.socket(family) as door:
        door.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        door.listen()
        yield door.getsockname()[1]


def free_port() -> int:
    with taken_port() as port:
        return port


def test_a_taken_port_is_told_before_anything_is_made(checkout: Checkout) -> None:
    with taken_port() as port:
        answer = checkout.run("lab", "--no-browser", "--port", str(port))
    assert answer.returncode == 1
    (sentence,) = answer.stderr.splitlines()
    assert sentence.startswith(f"Port {port} is in use")
    assert not checkout.environment.exists()


@pytest.mark.parametrize("spelling", ["--port={}", "--ServerApp.port={}", "--port=1 --port={}"])
def test_a_port_is_read_in_each_spelling(spelling: str) -> None:
    with taken_port() as port, pytest.raises(WorkshopError, match=f"Port {port} is in use"):
        lab.check_address(spelling.format(port).split())


def test_a_port_without_its_number_is_told() -> None:
    with pytest.raises(WorkshopError, match="is not a port"):
        lab.check_address(["--no-browser", "--port"])


@pytest.mark.parametrize("host", ["nowhere.invalid", "300.1.1.1", "203.0.113.1"])
def test_an_address_that_this_computer_does_not_have_is_told(host: str) -> None:
    with pytest.raises(WorkshopError, match=f"has no address {host}"):
        lab.check_address(["--ip", host])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0", "*", ""])
def test_an_address_that_it_has_is_fine(host: str) -> None:
    lab.check_address(["--ip", host, "--port", str(free_port())])


@pytest.mark.parametrize("text", ["http", "-1", "65536", "", "9999 "])
def test_what_is_no_port_is_told(text: str) -> None:
    with pytest.raises(WorkshopError, match="is not a port"):
        lab.check_address(["--port", text])


def test_a_free_port_and_no_port_are_fine() -> None:
    lab.check_address(["--no-browser", "--port", str(free_port())])
    lab.check_address(["--port", "0"])
    lab.check_address(["--no-browser"])
    lab.check_address([])


def test_a_port_that_only_another_address_uses_is_fine() -> None:
    with taken_port() as port:
        lab.check_address(["--ip", "127.0.0.2", "--port", str(port)])


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="root may listen on every port")
def test_a_port_of_the_system_is_told() -> None:
    with pytest.raises(WorkshopError, match="kept for the system"):
        lab.check_address(["--port", "1"])


def test_missing_notebooks_are_told(checkout: Checkout) -> None:
    (checkout.root / lab.FIRST_NOTEBOOK).unlink()
    answer = checkout.run("lab")
    assert answer.returncode == 1
    (sentence,) = answer.stderr.splitlines()
    assert "git checkout -- notebooks" in sentence
    assert not checkout.environment.exists()


class Ended(Exception):
    """The `lab` that should be running isn't; the text is what it wrote."""


class Lab:
    """A `lab` that is running in a checkout."""

    def __init__(self, checkout: Checkout) -> None:
        self.deadline = time.monotonic() + 300
        self.port = free_port()
        self.output = checkout.root.parent / f"lab-{self.port}.log"
        words = checkout.words("lab", "--no-browser", f"--port={self.port}", f"--IdentityProvider.token={TOKEN}")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                words,
                cwd=checkout.root,
                env=machine(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # as in a terminal of its own
            )

    def ask(self, path: str) -> dict[str, object]:
        """JupyterLab's answer, once there is one."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"token {TOKEN}"}
        )
        while self.is_worth_waiting():
            with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=60) as response:
                answer: dict[str, object] = json.load(response)
                return answer
        raise Ended(self.text())

    def wait_for(self, text: str) -> None:
        """Wait until it has written this."""
        while text not in self.text():
            if not self.is_worth_waiting():
                raise Ended(self.text())

    def is_worth_waiting(self) -> bool:
        """Whether it is still running and some minutes have not passed; takes a moment."""
        time.sleep(0.1)
        return self.process.poll() is None and time.monotonic() < self.deadline

    def press_ctrl_c(self) -> int:
        """The exit status after it."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=60)

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Fresh(Checkout):
    """A checkout in which `lab` has run, from nothing to Ctrl-C."""

    notebooks: list[str]
    """What JupyterLab had in the folder notebooks/."""
    status: int
    output: str


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """A copy with all its packages and a server of its own; stopped at the end."""
    if sys.platform == "win32":
        pytest.skip("Ctrl-C can't be sent to another console here")
    checkout = copy_to(tmp_path_factory.mktemp("fresh") / ODD_NAME)
    (checkout.root / "notebooks").mkdir(exist_ok=True)
    (checkout.root / lab.FIRST_NOTEBOOK).write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    running = Lab(checkout)
    try:
        contents = running.ask("/api/contents/notebooks")["content"]
        assert isinstance(contents, list)
        notebooks = [entry["name"] for entry in contents]
        running.wait_for("is running at")
        yield Fresh(checkout.root, notebooks, running.press_ctrl_c(), running.text())
    except Ended as ended:
        if "network doesn't answer" in str(ended):
            pytest.skip("there is no network")
        raise
    finally:
        if running.process.poll() is None:
            running.process.terminate()
            running.process.wait(timeout=60)
        checkout.run("stop")


def test_a_fresh_machine_gets_jupyterlab_with_one_command(fresh: Fresh) -> None:
    assert Path(lab.FIRST_NOTEBOOK).name in fresh.notebooks
    assert fresh.status == 0
    assert "makes its environment" in fresh.output
    assert "PostgreSQL 18" in fresh.output
    assert f"/lab/tree/{lab.FIRST_NOTEBOOK}" in fresh.output
    assert "PostgreSQL goes on" in fresh.output.splitlines()[-1]
    assert "Traceback" not in fresh.output


def test_a_kernel_in_any_folder_imports_both_packages(fresh: Fresh, tmp_path: Path) -> None:
    (tmp_path / "imports.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    execute = "from nbclient.cli import main; main()"
    answer = run([str(fresh.python), "-c", execute, "--inplace", "imports.ipynb"], tmp_path)
    assert answer.returncode == 0, answer.stderr
    (cell,) = json.loads((tmp_path / "imports.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = "".join(cell["outputs"][0]["text"]).splitlines()
    assert shown == [str(fresh.root / name / "__init__.py") for name in ("workshop", "checks")]


def test_the_second_time_nothing_is_made_and_postgresql_is_still_there(fresh: Fresh) -> None:
    answer = fresh.run("lab", "--version")  # an argument for JupyterLab, which then ends at once
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("PostgreSQL 18")
    assert any(line[0].isdigit() for line in lines)


def test_jupyterlabs_exit_status_is_passed_on(fresh: Fresh) -> None:
    assert fresh.run("lab", "--no-such-option").returncode != 0


def test_doctor_has_a_line_for_psql_that_connects(fresh: Fresh) -> None:
    answer = fresh.run("doctor")
    assert answer.returncode == 0, answer.stderr
    (line,) = [line for line in answer.stdout.splitlines() if line.startswith("  psql")]
    url = line.partition('"')[2].rstrip('"')
    program = "import psycopg2, sys; print(psycopg2.connect(sys.argv[1]).info.dbname)"
    assert run([str(fresh.python), "-c", program, url], fresh.root).stdout.strip() == "ecommerce"


def test_reset_keeps_the_project_and_empties_the_database(fresh: Fresh) -> None:
    schemas = fresh.root / "ecommerce-db/schemas"
    schemas.mkdir(parents=True)
    (schemas / "10_shop.sql").write_text("create table shop (id integer);\n", encoding="utf-8")
    program = "from workshop import build_schema; print(build_schema())"
    built = run([str(fresh.python), "-c", program], fresh.root)
    assert "shop" in built.stdout, built.stderr

    unasked = fresh.run("reset")
    assert unasked.returncode == 1
    assert "reset --yes" in unasked.stderr
    assert (schemas / "10_shop.sql").exists()

    answer = fresh.run("reset", "--yes")
    assert answer.returncode == 0, answer.stderr
    assert not list((fresh.root / "ecommerce-db").iterdir())
    (kept,) = (fresh.root / ".workshop/history").rglob("10_shop.sql")
    assert kept.parents[1].name in answer.stdout
    assert run([str(fresh.python), "-c", IS_SHOP_THERE], fresh.root).stdout.strip() == "None"


def test_stop_ends_the_server_and_says_so(fresh: Fresh) -> None:
    assert "has stopped" in fresh.run("stop").stdout
    assert "No PostgreSQL" in fresh.run("stop").stdout
