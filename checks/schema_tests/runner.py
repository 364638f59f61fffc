"""Runs pytest on the learner's tests, and prints what becomes of each as a line of JSON.

Run with the project folder as working directory and DATABASE_URL set. On standard input comes, as JSON,
`{"database": …, "order": "forward" | "backward", "arguments": […]}`; the arguments are further ones of pytest's. What
the tests print goes to standard error. The lines:

    {"event": "collected", "tests": 9}
    {"event": "broken", "file": …, "kind": …, "text": …, "place": …}     a file that can't be loaded
    {"event": "begins", "test": …}
    {"event": "result", "test": …, "outcome": "passed" | "failed" | "skipped", "kind": …, "text": …, "place": …}
    {"event": "elsewhere", "database": …}                                refused before it connected
    {"event": "network", "host": …}                                      the same
    {"event": "ends"}                                                    nothing after this: all was said

Connections to another database than the one named, and to other computers, are refused: tests that go to a wrong place
must not do there what they do here, and a verdict must not depend on the weather in the network.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a script: this folder's modules are nobody's, and the project's come first
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import pytest

from checks.inside import allow_only, answer_channel, first_line, place_of
from workshop.own_tests import arguments

if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())

#: Tells one event; its keywords are the line's.
Tell = Callable[..., None]


class NoNetwork(OSError):
    """A test asked another computer."""


def main() -> None:
    asked = json.load(sys.stdin)
    lines = answer_channel()

    def tell(event: str, **more: Any) -> None:
        lines.write(json.dumps({"event": event, **more}) + "\n")
        lines.flush()

    _guard(asked["database"], tell)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        _set_environment(scratch)
        own = arguments(Path.cwd(), Path(scratch))
        pytest.main([*own, "-s", "--tb=no", *asked["arguments"]], plugins=[Recorder(tell, asked["order"])])
    tell("ends")
    # A thread that a test has left behind must not keep this process from ending.
    sys.stdout.flush()
    os._exit(0)


def _set_environment(scratch: str) -> None:
    """What is set for other runs of pytest is not for this one."""
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = scratch


def _guard(database: str, tell: Tell) -> None:
    allow_only(database, lambda wanted: tell("elsewhere", database=wanted))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            host = arguments[0]
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        name = host.decode(errors="replace") if isinstance(host, bytes) else str(host or "localhost")
        if name not in ("localhost", "::1", "0.0.0.0", "::") and not name.startswith("127."):
            tell("network", host=name)
            raise NoNetwork(f"{name} is another computer")

    sys.addaudithook(watch)


class Recorder:
    """The plugin: tells what pytest does, and turns its order round."""

    def __init__(self, tell: Tell, order: str) -> None:
        self._tell = tell
        self._order = order

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._order == "backward":
            items.reverse()
        self._tell("collected", tests=len(items))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        report: Any = yield
        call = getattr(report, "call", None)
        if report.failed and call is not None and call.excinfo is not None:
            self._tell("broken", file=collector.nodeid, **_told(_cause(call.excinfo.value)))
        return report

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._tell("broken", file="", **_told(excinfo.value))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._tell("begins", test=nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
        report: Any = yield
        if report.when == "call" or not report.passed:
            told = _told(call.excinfo.value) if report.failed and call.excinfo else {}
            self._tell("result", test=item.nodeid, outcome=report.outcome, **told)
        return report


# -- what went wrong -------------------------------------------------------------------------------------------


def _cause(error: BaseException) -> BaseException:
    """What the learner's file raised, which pytest wraps in an error of its own."""
    return error.__cause__ or error.__context__ or error


def _told(error: BaseException) -> dict[str, str]:
    text = first_line(error)
    if isinstance(error, pytest.FixtureLookupError):
        text = f"it asks for {error.argname}, and there is no fixture of that name"
    return {"kind": type(error).__name__, "text": text, "place": place_of(error)}


if __name__ == "__main__":
    main()
