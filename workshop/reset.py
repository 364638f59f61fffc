"""`python -m workshop reset`: a fresh start. What the learner wrote is kept, the database becomes empty."""

import argparse
import sys
from collections.abc import Sequence

from workshop import postgres, project, schema
from workshop.bootstrap import command
from workshop.errors import WorkshopError
from workshop.settings import settings


def main(arguments: Sequence[str]) -> int:
    """Move the project's files and drafts into the history and empty the workshop's database, once agreed to."""
    parser = argparse.ArgumentParser(prog=command("reset"))
    parser.add_argument("--yes", action="store_true", help="don't ask")
    agreed = parser.parse_args(arguments).yes or _ask()
    if not agreed:
        print("Nothing was changed.")
        return 1
    server = postgres.start()
    files = _put_away()
    schema.rebuild(server.url)
    print(f"{files} {server.describe()}, is empty.")
    return 0


def _ask() -> bool:
    if not sys.stdin.isatty():
        raise WorkshopError(f"There is nobody to ask here: write `{command('reset --yes')}` if you mean it.")
    print(f"{project.shown(settings().project)} moves into the history, and the workshop's database becomes empty.")
    return input("Go on? [y/N] ").strip().lower() in ("y", "yes")


def _put_away() -> str:
    """Move the project's files, and the drafts of files that were not accepted; a sentence says where they are."""
    folder, drafts = settings().project, project.drafts()
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    if not files and not drafts.is_dir():
        return "There was no project to put away."
    history = project.archive(files)
    if drafts.is_dir():
        drafts.replace(history / "drafts")
    return f"Your project is kept in {project.shown(history)}."
