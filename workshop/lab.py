"""`python -m workshop lab`: PostgreSQL up, then JupyterLab on the first notebook.

Standard library alone at import: what can't work is said before there is an environment.
"""

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workshop.bootstrap import ROOT, command
from workshop.errors import WorkshopError

FIRST_NOTEBOOK = "notebooks/01_project_setup.ipynb"


def preflight(arguments: Sequence[str]) -> None:
    """Raise WorkshopError where JupyterLab could not do what is asked: no notebooks, an address that it can't have."""
    if not (ROOT / FIRST_NOTEBOOK).is_file():
        raise WorkshopError(
            f"{FIRST_NOTEBOOK} is missing: bring it back with `git checkout -- notebooks`, or clone the workshop anew."
        )
    check_address(arguments)


def check_address(arguments: Sequence[str]) -> None:
    """Raise WorkshopError where JupyterLab's arguments name an IP or a port that isn't one, or isn't free."""
    host = _option(arguments, "ip") or "localhost"
    if host != "localhost" and not _is_here(host):
        raise WorkshopError(
            f"This computer has no address {host}: write one that it has, or leave --ip out and JupyterLab listens on "
            "this computer alone."
        )
    text = _option(arguments, "port")
    if text is None:
        return
    if not text.isdecimal() or int(text) > 65535:
        raise WorkshopError(f"{text!r} is not a port: write a number up to 65535, such as --port 9999.")
    if not is_free(int(text), host):
        raise WorkshopError(
            f"Port {text} is in use, or kept for the system: name another one with --port, or leave --port out and "
            "JupyterLab finds one."
        )


def main(arguments: Sequence[str]) -> int:
    """Start or attach to PostgreSQL, run JupyterLab until it ends; JupyterLab's exit status."""
    from workshop import postgres

    source = postgres.source()
    if source == "container":
        print("PostgreSQL comes from Docker: each notebook starts a container of its own.", flush=True)
    else:
        started = time.monotonic()
        print(f"{postgres.start().describe()} ({time.monotonic() - started:.1f} s)", flush=True)
    _ask_nothing()
    print(f"JupyterLab opens on {FIRST_NOTEBOOK}; Ctrl-C in this window ends it.", flush=True)
    status = _run_jupyterlab(_jupyterlab(arguments))
    if source == "embedded":
        print(f"JupyterLab has ended. PostgreSQL goes on; `{command('stop')}` ends it too.", flush=True)
    return status


def _ask_nothing() -> None:
    """Leave out JupyterLab's question about news, which it puts to everybody who comes for the first time."""
    settings = Path(sys.prefix) / "etc" / "jupyter" / "labconfig" / "page_config.json"
    with contextlib.suppress(OSError):  # somebody else's environment, a full disk: it asks then, and works
        if not settings.exists():
            settings.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}})
            settings.write_text(text, encoding="utf-8")


def _jupyterlab(arguments: Sequence[str]) -> list[str]:
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"]
    words.append(f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}")
    # No questions to the network: neither for news nor for a newer JupyterLab.
    words += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    words.append(
        "--LanguageServerManager.autodetect=False"
    )  # it would list all those that aren't here, below the address
    if sys.platform != "win32" and os.geteuid() == 0:
        words.append("--allow-root")
    if _option(arguments, "port") is not None:
        words.append("--ServerApp.port_retries=0")  # who names a port wants that one
    return [*words, *arguments]


def _run_jupyterlab(words: Sequence[str]) -> int:
    """Run it in the foreground; whatever asks us to end asks it to, once."""
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda *_: None)  # the console tells it as well
        return subprocess.run(words, cwd=ROOT, check=False).returncode
    # In a process group of its own it doesn't hear Ctrl-C beside us; it would ask back, and a second one kill it.
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, process_group=0) as jupyterlab:

        def end(*_: Any) -> None:
            jupyterlab.terminate()

        for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(asked, end)
        status = jupyterlab.wait()
    return status if status >= 0 else 128 - status


def _option(arguments: Sequence[str], name: str) -> str | None:
    """An option's last value among JupyterLab's arguments (`--port 9999`, `--port=9999`, `--ServerApp.port=9999`)."""
    value = None
    for argument, following in zip(arguments, [*arguments[1:], None], strict=False):
        key, equals, text = argument.partition("=")
        if key in (f"--{name}", f"--ServerApp.{name}"):
            value = text if equals else following or ""
    return value


def is_free(port: int, host: str = "localhost") -> bool:
    """Whether nobody else listens there, and we may."""
    return not any(_refusal(*place) in (errno.EADDRINUSE, errno.EACCES) for place in _places(host, port))


def _is_here(host: str) -> bool:
    """Whether it names an address of this computer, or several."""
    return any(_refusal(*place) != errno.EADDRNOTAVAIL for place in _places(host, 0))


def _places(host: str, port: int) -> list[tuple[int, Any]]:
    """Family and address of all that a host stands for; none where it is unknown."""
    name = None if host in ("", "*") else host
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return []
    return [(family, address) for family, _, _, _, address in found]


def _refusal(family: int, address: Any) -> int | None:
    """Why nobody can listen there, as a number of `errno`; None where it is possible."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as door:
            if sys.platform != "win32":
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as JupyterLab does; on Windows it steals
            if family == socket.AF_INET6:
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind(address)
    except OSError as error:  # also where the system knows names of IPv6 and doesn't speak it
        return error.errno
    return None
