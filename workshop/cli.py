"""The commands of `python3 -m workshop`: what there is, and with which Python each one runs.

Standard library alone: this is read before there is an environment. A command that needs packages runs inside it.
"""

import importlib
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from workshop import bootstrap, lab
from workshop.errors import WorkshopError


@dataclass(frozen=True)
class Command:
    """One word behind `python3 -m workshop`; its module has `main(arguments) -> exit status`."""

    module: str
    summary: str
    arguments: str = ""
    details: str = ""
    requirements: tuple[str, ...] = ()
    """Requirements files that have to be installed before it runs; with none, it takes what is there."""
    preflight: Callable[[list[str]], None] | None = None
    """Says what can't work before minutes go into the environment; standard library alone."""


COMMANDS = {
    "lab": Command(
        "workshop.lab",
        "makes the environment, brings PostgreSQL up, opens JupyterLab on the first notebook",
        "[JUPYTERLAB'S OPTIONS]",
        "All options go on to JupyterLab, such as --no-browser, --port 9999, --ip 0.0.0.0.",
        requirements=(bootstrap.REQUIREMENTS,),
        preflight=lab.preflight,
    ),
    "test": Command(
        "workshop.selftest",
        "runs everything the project tests itself with",
        "[PYTEST'S ARGUMENTS]",
        "With arguments it runs pytest alone, with those, such as tests/setup -k port.",
        requirements=(bootstrap.REQUIREMENTS, bootstrap.TEST_REQUIREMENTS),
    ),
    "doctor": Command(
        "workshop.doctor",
        "shows what is there: Python, environment, Docker, PostgreSQL and how to connect to it (with its password)",
    ),
    "reset": Command(
        "workshop.reset",
        "moves your project folder aside and empties the workshop's database",
        "[--yes]",
        "It asks first, unless --yes is given. The folder is kept under .workshop/history; a database is emptied only\n"
        "where the workshop made it.",
    ),
    "stop": Command("workshop.stop", "stops the PostgreSQL that the workshop started; its data stay"),
    "classroom": Command(
        "workshop.classroom",
        "makes a role and a database for each learner, on one PostgreSQL for a class (for instructors)",
        "FILE",
        "FILE has a learner's name in each line, DATABASE_URL names the server and a user who may create roles there.\n"
        "Prints each new learner's DATABASE_URL, as CSV. No learner can read another's database.",
    ),
    "release": Command(
        "workshop.release",
        "makes notebooks/ from solutions/ (for authors)",
        "[--check | --run]",
        "With --check it writes nothing, and fails where notebooks/ differ from what solutions/ would make.\n"
        "With --run it runs solutions/ first, away from your own work, and keeps what came out.",
    ),
}


def main(arguments: list[str]) -> int:
    """Run one command; its exit status, 1 where it can't be done, 2 where there is no such command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a path may hold letters that this terminal can't show
    try:
        status = _dispatch(arguments)
        print(end="", flush=True)
        return status
    except BrokenPipeError:  # whoever read what we write is gone, as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to write goes nowhere
        return 1
    except WorkshopError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _dispatch(arguments: list[str]) -> int:
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if not name:
        print(_overview(), file=sys.stderr)
        return 2
    if name not in COMMANDS:
        print(f"There is no command {name!r}; there are {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    command = COMMANDS[name]
    if rest[:1] in (["-h"], ["--help"]):
        print(_usage(name, command))
        return 0
    return _run(command, [name, *rest])


def _run(command: Command, words: list[str]) -> int:
    if command.preflight is not None:
        command.preflight(words[1:])
    if command.requirements:
        bootstrap.prepare(*command.requirements)
    if bootstrap.is_inside():
        bootstrap.activate()
    elif bootstrap.is_made():
        return bootstrap.continue_inside(words)
    try:
        status: int = importlib.import_module(command.module).main(words[1:])
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("workshop", "checks"):
            raise
        raise WorkshopError(bootstrap.what_is_missing(error)) from error
    return status


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join([f"usage: {bootstrap.command('COMMAND')}", "", *lines])


def _usage(name: str, command: Command) -> str:
    usage = f"usage: {bootstrap.command(f'{name} {command.arguments}')}".rstrip()
    summary = f"{command.summary[0].upper()}{command.summary[1:]}."
    return "\n".join([usage, "", summary, *([command.details] if command.details else [])])
