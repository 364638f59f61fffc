"""A plugin of pytest: a failure shows the lines of the project, and not those inside SQLAlchemy."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """pytest leaves out the lines of a module that hides itself."""
    if call.excinfo:
        for error in _chain(call.excinfo.value):
            _hide(error)
    return (yield)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those behind it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _hide(error: BaseException) -> None:
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] == "sqlalchemy" or frame.f_code.co_filename.startswith("<sqlalchemy"):
            frame.f_globals["__tracebackhide__"] = True
        trace = trace.tb_next
