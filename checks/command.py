"""What the commands of `checks` share: what they are about, JSON for an answer, one line where they can't run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from checks.subject import Subject, find_subject
from workshop.errors import WorkshopError

ANSWERED, COULD_NOT_RUN = 0, 2


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print its usage first."""
        self.exit(COULD_NOT_RUN, f"{message[0].upper()}{message[1:]}. `{self.prog} --help` shows how.\n")

    def add_subject(self) -> None:
        """Which database and project: `subject()` finds them."""
        self.add_argument(
            "--database-url",
            metavar="URL",
            help="the database (default: the workshop's own); - reads the URL from standard input, as everybody on "
            "this computer sees the arguments of a command",
        )
        self.add_argument("--project", metavar="FOLDER", help="the project folder (default: the workshop's own)")


def subject(options: argparse.Namespace, names: str | None = None) -> Subject:
    """What the arguments of `add_subject` are about; names: a role map, when it is not the project's.

    Raises WorkshopError as `find_subject` does.
    """
    url = sys.stdin.readline().strip() if options.database_url == "-" else options.database_url
    return find_subject(url, names, options.project)


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
