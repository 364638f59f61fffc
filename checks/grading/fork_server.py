"""Starts the processes that run learners' code: by fork, so that none waits for SQLAlchemy's import, and confined.

python -m checks.grading.fork_server FD: over the socket FD comes, for each process, its order as JSON with three file
descriptors; back go a line with its process id and one with its exit status. This process runs no code of a learner's
itself, and knows no password. When the socket closes it ends.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import resource
import runpy
import signal
import socket
import stat
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38  # linux/prctl.h
_CLONE_NEWNS = 0x00020000  # linux/sched.h
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18  # linux/mount.h

#: More than any order takes.
_LONGEST = 1 << 20


def main() -> None:
    """Serve until the socket closes."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    if os.geteuid() == 0:
        _open_up(closed_folders(_needed()))
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # who leaves its parent behind stays below us, where it is found
    _load_ahead()
    orders.sendall(b"ready\n")
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, _LONGEST, 3)
        if not message:
            return
        _reap()
        child = os.fork()
        if child == 0:
            orders.close()
            _be(json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        orders.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        orders.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _load_ahead() -> None:
    import alembic.autogenerate  # noqa: F401
    import pydantic_settings  # noqa: F401
    import pytest  # noqa: F401
    import sqlalchemy.dialects.postgresql.psycopg2
    import sqlalchemy.orm  # noqa: F401

    import checks.grading.build
    import checks.migrations.runner
    import checks.schema_tests.runner
    import checks.steps.order_history_probe  # noqa: F401

    gc.collect()
    gc.freeze()


def _reap() -> None:
    """Let what was killed and left to us vanish from the process table."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return


# -- in the child ----------------------------------------------------------------------------------------------


def _be(order: dict[str, Any], descriptors: list[int]) -> None:
    """Become the process that was ordered; never returns."""
    status = 1
    try:
        os.setsid()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        os.closerange(3, 4096)
        _confine(order)
        random.seed()
        sys.argv = [order["script"]]
        sys.path.insert(0, str(Path(order["script"]).parent))
        runpy.run_path(order["script"], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status & 0xFF)


def _confine(order: dict[str, Any]) -> None:
    for name, most in order["limits"].items():
        kind = getattr(resource, name, None)
        if kind is not None:
            try:
                # Of its time the kernel warns first, with a signal that says so.
                resource.setrlimit(kind, (most, most + 1 if name == "RLIMIT_CPU" else most))
            except (ValueError, OSError):
                continue  # this system has no such limit, or a lower one already
    if order["account"] is not None:
        os.setgroups([])
        os.setgid(order["account"])
        os.setuid(order["account"])
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


# -- folders that are closed to other accounts -----------------------------------------------------------------


def _needed() -> list[Path]:
    """Where Python and its packages are, and the workbook."""
    return [Path(place).resolve() for place in (sys.base_prefix, sys.prefix, Path(__file__).parents[2])]


def closed_folders(needed: Iterable[Path]) -> dict[Path, list[Path]]:
    """The outermost folders that no other account may pass, and what of the needed lies in each."""
    found: dict[Path, list[Path]] = {}
    for path in needed:
        closed = next((f for f in [*reversed(path.parents), path] if not f.stat().st_mode & stat.S_IXOTH), None)
        if closed is not None:
            found.setdefault(closed, []).append(path)
    return found


def _open_up(closed: dict[Path, list[Path]]) -> None:
    """Let other accounts see what they need of a closed folder, and nothing else of it: for our children alone."""
    if not closed:
        return
    libc = ctypes.CDLL(None, use_errno=True)

    def call(what: str, *arguments: Any) -> None:
        if getattr(libc, what)(*arguments):
            names = ", ".join(map(str, closed))
            error = os.strerror(ctypes.get_errno())
            sys.exit(f"{names} is closed to other accounts, and can't be opened up for learners' code ({error})")

    if sys.platform != "linux":
        sys.exit(f"{', '.join(map(str, closed))} is closed to other accounts")
    call("unshare", _CLONE_NEWNS)
    call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    for folder, needed in closed.items():
        kept = [(path, os.open(path, os.O_PATH)) for path in needed]  # type: ignore[attr-defined,unused-ignore]
        call("mount", b"none", os.fsencode(folder), b"tmpfs", 0, b"mode=755,size=1m")
        for path, descriptor in kept:
            path.mkdir(parents=True, exist_ok=True)
            call("mount", b"/proc/self/fd/%d" % descriptor, os.fsencode(path), None, _MS_BIND | _MS_REC, None)
            os.close(descriptor)


if __name__ == "__main__":
    main()
