"""A real JupyterLab in a real browser, on copies of the notebooks and in a workshop of their own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from workshop.scratch import scratch_workshop
from workshop.settings import ROOT

SECONDS = 120

#: The browser is the system's own: nothing is fetched, and it talks to nobody but JupyterLab.
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@dataclass(frozen=True)
class Lab:
    """JupyterLab, seen through the browser."""

    page: Page
    address: str
    token: str

    def run_all(self, notebook: str) -> list[dict[str, Any]]:
        """Open a notebook such as "solutions/02_core_entities.ipynb", run all its cells; the cells with outputs."""
        page = self.page
        page.goto(f"{self.address}/lab/tree/{notebook}?token={self.token}&reset", wait_until="domcontentloaded")
        self._wait_for("shell.currentWidget?.sessionContext?.isReady")
        self._wait_for_idle()
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self._wait_for_idle()
        cells: list[dict[str, Any]] = page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
        )
        return cells

    def _wait_for_idle(self) -> None:
        self._wait_for("shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")

    def _wait_for(self, condition: str) -> None:
        self.page.wait_for_function(f"() => window.jupyterapp?.{condition}", timeout=SECONDS * 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    for name in ("notebooks", "solutions"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    token = secrets.token_hex(16)
    with scratch_workshop():
        process = subprocess.Popen(_words(folder, port, token), env=_environment(folder), stdin=subprocess.DEVNULL)
        try:
            _wait_until_up(process, f"http://127.0.0.1:{port}/api/status?token={token}")
            with closing(browser.new_page(viewport={"width": 1280, "height": 1600})) as page:
                yield Lab(page, f"http://127.0.0.1:{port}", token)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _words(folder: Path, port: int, token: str) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--log-level=ERROR"),
        *(f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True"),
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]


def _environment(folder: Path) -> dict[str, str]:
    """Whoever runs the tests keeps their own settings of JupyterLab."""
    places = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{place}": str(folder / place.lower()) for place in places}
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}), "utf-8")
    lab = {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    return os.environ | own | lab


def _wait_until_up(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            urllib.request.urlopen(address, timeout=2).close()
            return
        time.sleep(0.1)
    raise AssertionError("JupyterLab does not come up")
