"""docs/hub: a real JupyterHub, and two learners on it who know nothing of each other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import websocket

from tests.setup.checkouts import Checkout, copy_to, machine
from tests.setup.test_lab import TOKEN, free_port

JUPYTERHUB = "jupyterhub==6.1.1"
PROXY = "configurable-http-proxy@5.3.0"

#: On top of ours: everybody gets in, as whoever they say, and all as the user who runs the tests.
_CONFIGURATION = """
load_subconfig({ours!r})
c = get_config()
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.services = [{{"name": "tests", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "tests", "services": ["tests"], "scopes": ["admin:users", "admin:servers", "access:servers"]}}
]
c.Spawner.args += ["--allow-root"]
"""

WORK = """
import json
from workshop import start_step, catch_up
from workshop.postgres import current_url
from checks import check_step
start_step(2)
catch_up(2)
report = check_step(2)
print("RESULT", json.dumps([report.passed, current_url()]))
"""


@dataclass(frozen=True)
class Hub:
    """A running hub."""

    process: subprocess.Popen[bytes]
    port: int
    homes: Path
    log: Path

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """The answer to a request with every right."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Authorization": f"token {TOKEN * 4}"}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def wait_for(self, path: str) -> Any:
        """The answer, once there is one."""
        deadline = time.monotonic() + 180
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError):
                return self.ask(path)
            time.sleep(0.2)
        raise AssertionError(self.log.read_text(encoding="utf-8")[-4000:])

    def start(self, learner: str) -> None:
        self.ask(f"/hub/api/users/{learner}/server", "POST")
        self.wait_for(f"/user/{learner}/api/status")

    def stop(self, learner: str) -> None:
        self.ask(f"/hub/api/users/{learner}/server", "DELETE")
        deadline = time.monotonic() + 60
        while self.ask(f"/hub/api/users/{learner}")["servers"] and time.monotonic() < deadline:
            time.sleep(0.2)

    def run(self, learner: str, code: str) -> Any:
        """What the code of a notebook prints behind RESULT, as JSON."""
        kernel = self.ask(f"/user/{learner}/api/kernels", "POST", {"name": "python3"})["id"]
        address = f"ws://127.0.0.1:{self.port}/user/{learner}/api/kernels/{kernel}/channels"
        header = {"msg_id": "1", "username": learner, "session": "1", "msg_type": "execute_request", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        said = ""
        with closing(
            websocket.create_connection(address, timeout=180, header=[f"Authorization: token {TOKEN * 4}"])
        ) as channel:
            channel.send(json.dumps(message))
            while True:
                answer = json.loads(channel.recv())
                if answer["parent_header"].get("msg_id") != "1":
                    continue
                said += answer["content"].get("text", "") if answer["msg_type"] == "stream" else ""
                if answer["msg_type"] == "error":
                    raise AssertionError("\n".join(answer["content"]["traceback"]))
                if answer["msg_type"] == "execute_reply":
                    break
        return json.loads(said.rpartition("RESULT")[2])


@pytest.fixture(scope="module")
def checkout_with_hub(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with an environment of its own, JupyterHub in it, and the hub's proxy beside it."""
    npm = shutil.which("npm")
    if npm is None or sys.platform == "win32":
        pytest.skip("JupyterHub's proxy needs npm, and JupyterHub something else than Windows")
    folder = tmp_path_factory.mktemp("hub")
    checkout = copy_to(folder / "workbook")
    made = checkout.prepare()
    packages = [str(checkout.python), "-m", "pip", "install", "--quiet", JUPYTERHUB]
    proxy = [npm, "install", "--silent", "--prefix", str(folder / "proxy"), PROXY]
    for words in (packages, proxy):
        done = subprocess.run(words, capture_output=True, text=True)
        if made.returncode or done.returncode:
            pytest.skip(f"JupyterHub can't be had here: {(made.stderr + done.stderr).strip()[-300:]}")
    return checkout


@pytest.fixture
def hub(checkout_with_hub: Checkout, tmp_path: Path, database: str) -> Iterator[Hub]:
    """The hub of docs/hub.md. Ben's database is on a shared server."""
    checkout = checkout_with_hub
    (checkout.root / "docs/hub/class.csv").write_text(f"learner,DATABASE_URL\nben,{database}\n", encoding="utf-8")
    port, hub_port, proxy_port = free_port(), free_port(), free_port()
    configuration = tmp_path / "jupyterhub_config.py"
    configuration.write_text(
        _CONFIGURATION.format(
            ours=str(checkout.root / "docs/hub/jupyterhub_config.py"),
            homes=str(tmp_path / "homes"),
            port=port,
            hub_port=hub_port,
            proxy_port=proxy_port,
            proxy=str(checkout.root.parent / "proxy/node_modules/.bin/configurable-http-proxy"),
            token=TOKEN * 4,
        ),
        encoding="utf-8",
    )
    (tmp_path / "homes").mkdir()
    log = tmp_path / "hub.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(checkout.python), "-m", "jupyterhub", "-f", str(configuration)],
            cwd=tmp_path,
            env={name: value for name, value in machine().items() if not name.startswith("WORKSHOP_")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Hub(process, port, tmp_path / "homes", log)
    try:
        running.wait_for("/hub/api/")
        yield running
    finally:
        process.terminate()  # ends the learners' servers as well
        process.wait(timeout=120)


@pytest.mark.slow
def test_each_learner_has_everything_for_themselves(hub: Hub, database: str) -> None:
    for learner in ("ada", "ben"):
        hub.ask(f"/hub/api/users/{learner}", "POST")
        hub.start(learner)
    (ada_passed, ada_url), (ben_passed, ben_url) = (hub.run(learner, WORK) for learner in ("ada", "ben"))
    assert ada_passed and ben_passed
    assert ben_url == database
    assert ada_url != database and "workshop:" in ada_url
    for learner in ("ada", "ben"):
        assert (hub.homes / learner / "workbook/ecommerce-db/models/core.py").exists()
        assert (hub.homes / learner / "workbook/notebooks/01_project_setup.ipynb").exists()
    assert not (hub.homes / "ben/workbook/.workshop/postgres").exists()

    print(f"\n{_megabytes_of_memory(hub.homes / 'ada')} MB of memory, {_megabytes(hub.homes / 'ada')} MB of disk")
    lock = hub.homes / "ada/workbook/.workshop/postgres/data/postmaster.pid"
    assert lock.exists()
    (hub.homes / "ada/workbook/notebooks/mine.ipynb").touch()
    hub.stop("ada")
    deadline = time.monotonic() + 30
    while lock.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not lock.exists(), "PostgreSQL goes on"

    hub.start("ada")
    assert hub.ask("/user/ada/api/contents/notebooks/mine.ipynb?content=0")["name"] == "mine.ipynb"
    assert hub.run("ada", WORK.replace("catch_up(2)", "")) == [True, ada_url]


def _megabytes_of_memory(home: Path) -> int:
    """What all processes below a learner's home take, shared pages counted by their share."""
    total = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd().startswith(str(home)) or process.environ().get("HOME") == str(home):
                total += process.memory_full_info().pss
    return total // 2**20


def _megabytes(folder: Path) -> int:
    files = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_blocks * 512 for file in files) // 2**20
