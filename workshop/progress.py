"""A progress bar of text: it writes over itself, in a notebook as in a terminal, and ends the same on every run."""

from __future__ import annotations

import sys
from types import TracebackType

WIDTH = 30


class Progress:
    """Shows how much of something is done; to be used in a `with`.

    >>> with Progress("Counting", 2) as progress:  # doctest: +SKIP
    ...     progress.step("apples")
    ...     progress.step("pears")
    """

    def __init__(self, title: str, steps: int) -> None:
        self._title = title
        self._steps = steps
        self._done = 0
        self._longest = 0

    def step(self, name: str) -> None:
        """The step of that name begins: those before it are done."""
        self._show(name)
        self._done += 1

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done = self._done if kind else self._steps
        self._show("stopped" if kind else "done")
        print(flush=True)

    def _show(self, name: str) -> None:
        full = round(WIDTH * self._done / self._steps)
        self._longest = max(self._longest, len(name))
        # What was longer before is written over with spaces. JupyterLab and nbval let \r begin the line anew.
        print(
            f"\r{self._title} {'█' * full}{'░' * (WIDTH - full)} {name:<{self._longest}}",
            end="",
            file=sys.stdout,
            flush=True,
        )


__all__ = ["Progress"]
