"""Where learners' code runs: in processes with an account, a folder, limits and an environment of their own."""

from __future__ import annotations

import json
import math
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from checks.grading.limits import Limits, processes_of_ours, spare_account
from checks.grading.submission import EMPTY
from checks.own_process import Ended
from workshop.errors import WorkshopError
from workshop.settings import ROOT

_PATIENCE = 60  # seconds for the fork server to load
_TICK = 0.1  # seconds between looks at memory
_WORDS = 8_192  # bytes that are kept of what is no answer
_SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")

#: What a process ended by itself ended by; what we ended it for.
BY_ITSELF, TIME, MEMORY = "", "time", "memory"


@dataclass(frozen=True)
class Outcome:
    """What became of a process: what it said, its exit status (negative: a signal), and what we ended it for."""

    ended: Ended
    status: int
    cause: str


class Jail:
    """Runs one process at a time; when it ends, whatever it has left behind ends too."""

    def __init__(self, scratch: Path, limits: Limits) -> None:
        """scratch: a folder of ours that others may pass."""
        self.limits = limits
        self.folder = scratch / "submission"
        self.account = spare_account()
        self.deadline = float("inf")  # on time.monotonic()
        self._server: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    # -- folders -----------------------------------------------------------------------------------------------

    @contextmanager
    def project(self, files: Mapping[str, bytes]) -> Iterator[Path]:
        """The submission's files in a new folder `ecommerce-db` of ours, which none of its code can change."""
        self._clear()
        project = self.folder / "ecommerce-db"
        for folder in (self.folder, project):
            folder.mkdir()
            folder.chmod(0o755)
        for name, content in files.items():
            path = project / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.name != EMPTY:
                    path.write_bytes(content)
            except (OSError, ValueError):
                continue  # a name that this system can't have
        try:
            yield project
        finally:
            self._clear()

    @contextmanager
    def _copy(self, project: Path) -> Iterator[Path]:
        """The same folder once more, for one process that may do with it what it likes, and a home beside it."""
        place = self.folder / "at-work"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        place.chmod(0o755)
        home, copy = self._home, place / project.name
        home.mkdir()
        shutil.copytree(project, copy)
        if self.account is not None:
            for path in (home, copy, *copy.rglob("*")):
                os.chown(path, self.account, self.account, follow_symlinks=False)
        try:
            yield copy
        finally:
            shutil.rmtree(place, ignore_errors=True)
            self._clear_shared_folders()

    @property
    def _home(self) -> Path:
        return self.folder / "at-work" / "home"

    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._clear_shared_folders()

    def _clear_shared_folders(self) -> None:
        if self.account is None:
            return
        for place in map(Path, _SHARED_FOLDERS):
            with suppress(OSError):
                for path in place.iterdir():
                    if path.lstat().st_uid == self.account:
                        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    # -- processes ---------------------------------------------------------------------------------------------

    def __call__(
        self, script: Path, question: str, folder: Path, environment: Mapping[str, str], seconds: float
    ) -> Ended:
        """Run a script of ours that loads code of the submission's, as `checks.own_process.run` does.

        It works in a copy of `folder`: what it writes there, at home or in /tmp is gone when it ends.
        """
        return self.confined(script, question, folder, environment, seconds).ended

    def confined(
        self, script: Path, question: str, folder: Path, environment: Mapping[str, str], seconds: float
    ) -> Outcome:
        """The same, and how it ended."""
        with self._copy(folder) as copy:
            try:
                return self._confined(script, question, copy, environment, seconds)
            except (OSError, ValueError) as error:
                self.close()  # a fork server that something has ended; the next one starts anew
                return Outcome(Ended("", f"The process could not be watched: {error}"), -signal.SIGKILL, BY_ITSELF)
            finally:
                self._end_all()

    def close(self) -> None:
        """End the fork server and whatever it has started."""
        self._end_all()
        if self._orders is not None:
            self._orders.close()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._server = self._orders = None

    def start(self) -> None:
        """Have the fork server ready. Raises WorkshopError where there can be none."""
        if self._server is not None and self._server.poll() is None:
            return
        if sys.platform == "win32":
            raise WorkshopError(
                "Windows gives no way to confine learners' code, so no class is graded there: use WSL or a container."
            )
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "checks.grading.fork_server", str(theirs.fileno())]
            environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
            pipe = subprocess.PIPE
            self._server = subprocess.Popen(
                command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()], stderr=pipe, start_new_session=True
            )
        ours.settimeout(_PATIENCE)
        self._orders = ours
        if ours.recv(16) != b"ready\n":
            said = self._server.stderr.read().decode(errors="replace") if self._server.stderr else ""
            self.close()
            raise WorkshopError(f"Learners' code can't be run apart: {' '.join(said.split())[-500:]}.")

    def _confined(
        self, script: Path, question: str, folder: Path, environment: Mapping[str, str], seconds: float
    ) -> Outcome:
        self.start()
        assert self._orders is not None
        (stdin, write_in), (out, stdout), (err, stderr) = os.pipe(), os.pipe(), os.pipe()
        pipes = [write_in, out, err]
        try:
            try:
                order = json.dumps(self._order(script, folder, environment, seconds)).encode()
                socket.send_fds(self._orders, [order], [stdin, stdout, stderr])
                int(self._line())  # its process id
            finally:
                for theirs in (stdin, stdout, stderr):
                    os.close(theirs)
            os.set_blocking(write_in, False)
            with suppress(OSError):
                os.write(write_in, question.encode())
            os.close(pipes.pop(0))
            return self._watch(out, err, min(time.monotonic() + seconds, self.deadline))
        finally:
            for ours in pipes:
                os.close(ours)

    def _line(self) -> bytes:
        assert self._orders is not None
        line = b""
        while not line.endswith(b"\n"):
            byte = self._orders.recv(1)
            if not byte:
                raise OSError("the fork server has ended")
            line += byte
        return line

    def _order(self, script: Path, folder: Path, environment: Mapping[str, str], seconds: float) -> dict[str, object]:
        limits = self.limits
        others = 0 if self.account is not None else processes_of_ours()
        home = str(self._home)
        surroundings = {"HOME": home, "TMPDIR": home, "USER": "learner", "LOGNAME": "learner", "LANG": "C.UTF-8"}
        return {
            "script": str(script),
            "folder": str(folder),
            "account": self.account,
            "environment": {
                "PATH": os.defpath,
                "PYTHONDONTWRITEBYTECODE": "1",
                "WORKSHOP_HOME": f"{home}/workshop",
                "WORKSHOP_PROJECT": str(folder),
                "WORKSHOP_POSTGRES": "external",
                **surroundings,
                **environment,
            },
            "limits": {
                "RLIMIT_AS": limits.memory,
                "RLIMIT_CPU": math.ceil(seconds) + 1,  # what has left its parent and is not seen any more
                "RLIMIT_FSIZE": limits.file,
                "RLIMIT_NPROC": limits.processes + others,
                "RLIMIT_NOFILE": 256,
                "RLIMIT_CORE": 0,
            },
        }

    def _watch(self, out: int, err: int, deadline: float) -> Outcome:
        """Read what it says until it ends, or until it is late or takes too much, and is ended."""
        assert self._orders is not None
        said = {out: _Said(self.limits.output, is_answer=True), err: _Said(_WORDS, is_answer=False)}
        cause, next_look = BY_ITSELF, time.monotonic() + _TICK
        with selectors.DefaultSelector() as selector:
            for descriptor in (out, err, self._orders.fileno()):
                selector.register(descriptor, selectors.EVENT_READ)
            status: int | None = None
            while status is None:
                for key, _ in selector.select(_TICK):
                    if key.fd == self._orders.fileno():
                        status = int(self._line())
                    elif not said[key.fd].read(key.fd):
                        selector.unregister(key.fd)
                now = time.monotonic()
                if status is None and not cause and now >= next_look:
                    next_look = now + _TICK
                    cause = TIME if now > deadline else MEMORY if self._memory() > self.limits.memory else BY_ITSELF
                    if cause:
                        self._end_all()
        self._end_all()
        for descriptor in (out, err):
            os.set_blocking(descriptor, False)
            with suppress(OSError):
                while said[descriptor].read(descriptor):
                    pass
        if not cause and status == -signal.SIGXCPU:
            cause = TIME
        answer, words = said[out], said[err]
        return Outcome(Ended(answer.text, words.text, cause == TIME, status, words.count), status, cause)

    def _descendants(self) -> list[psutil.Process]:
        if self._server is None:
            return []
        try:
            return psutil.Process(self._server.pid).children(recursive=True)
        except psutil.Error:
            return []

    def _memory(self) -> int:
        total = 0
        for process in self._descendants():
            with suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    def _end_all(self) -> None:
        """End every process that the submission has started, also those that have left their parent."""
        for _ in range(200):
            alive = [p for p in self._descendants() if _is_alive(p)]
            if not alive:
                break
            if self.account is not None:
                _end_account(self.account)
            for process in alive:
                with suppress(psutil.Error):
                    process.kill()
            time.sleep(0.01)


class _Said:
    """What comes through a pipe: of an answer the beginning is kept, of what else is said the end."""

    def __init__(self, most: int, *, is_answer: bool) -> None:
        self.count = 0
        self._kept = bytearray()
        self._surplus = slice(most, None) if is_answer else slice(None, -most)

    def read(self, pipe: int) -> bool:
        """Read on; False at the end."""
        chunk = os.read(pipe, 65_536)
        self.count += len(chunk)
        self._kept += chunk
        del self._kept[self._surplus]
        return bool(chunk)

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace")


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _end_account(account: int) -> None:
    """Everything of that account at one go, so that nothing forks away meanwhile."""
    killer = os.fork()
    if killer == 0:
        try:
            os.setgid(account)
            os.setuid(account)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(killer, 0)
