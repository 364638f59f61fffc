"""What the commands of `checks` share: one line where they can't run, and JSON where they answer a question."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from workshop.errors import WorkshopError

ANSWERED, COULD_NOT_RUN = 0, 2


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print its usage first."""
        self.exit(COULD_NOT_RUN, f"{message[0].upper()}{message[1:]}. `{self.prog} --help` shows how.\n")


def could_not_run(error: WorkshopError) -> int:
    """Say why in one line on standard error; the exit status."""
    print(" ".join(str(error).split()), file=sys.stderr)
    return COULD_NOT_RUN


def answer(parser: Parser, arguments: Sequence[str] | None, work: Callable[[argparse.Namespace], Any]) -> int:
    """Print what `work` makes of the parsed arguments, as JSON; the exit status."""
    options = parser.parse_args(arguments)
    try:
        answered = work(options)
    except WorkshopError as error:
        return could_not_run(error)
    print(json.dumps(answered))
    return ANSWERED
