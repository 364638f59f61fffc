"""Begins a step, or begins it over: the database, the project folder and the notebook's magics, ready to work."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from workshop import postgres, project, schema
from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url, read_mark
from workshop.settings import settings
from workshop.steps import STEPS, Step, find_step


def start_step(number: int) -> None:
    """Get everything ready for a step: PostgreSQL is up, and holds what the project's files say; `%sql` talks to it.

    Prints which PostgreSQL this is. Calling it again is always fine, and brings back a database that was stopped.
    Raises WorkshopError when there is no such step, or no PostgreSQL to be had.
    """
    step = find_step(number)
    server = postgres.start()
    _tell_child_processes(server)
    project.make_folder()
    _equip_notebook(server.url)
    print(f"Step {step.number}, {step.title}: {server.describe()}.")
    try:
        _bring_up_to_date(server.url)
    except WorkshopError as problem:  # The learner needs the notebook to repair it: the step starts all the same.
        print(problem)


def reset_step(number: int) -> None:
    """Go back to where the step begins: its files and those of the later steps, which build on it, leave the project.

    They are moved to the history folder, and the schema is built from what remains. Prints what went where.
    """
    first = find_step(number)
    url = current_url()
    folder = settings().project
    files = _files_from(first, folder)
    if not files:
        print(f"Nothing to reset: the project has no files of step {first.number} or a later one.")
        return
    history = project.archive(files)
    print(
        f"Moved {_listed(files, folder)} to {project.shown(history)}. "
        "To get a file back, copy it from there to its place in the project, or run its cell again."
    )
    print(schema.rebuild(url))


def _files_from(first: Step, folder: Path) -> list[Path]:
    files = {path for step in STEPS[first.number - 1 :] for path in step.files(folder)}
    if first.number <= 2:  # before step 2 there are no models at all, whatever their files are called
        files.update(path for path in (folder / "models").rglob("*.py") if path.name != "__init__.py")
    if any(path.is_relative_to(folder / "models") for path in files):
        files.update(project.own_init())  # it may import what goes
    return sorted(files)


def _tell_child_processes(server: postgres.Server) -> None:
    """What this kernel starts, pytest and Alembic for example, works on the same database."""
    os.environ["DATABASE_URL"] = server.url
    os.environ["WORKSHOP_POSTGRES"] = server.source
    # The name under which PostgreSQL lists the connections of this notebook: a message about locks can tell whose.
    os.environ["PGAPPNAME"] = Path(os.environ.get("JPY_SESSION_NAME", "a notebook")).name


def _equip_notebook(url: str) -> None:
    shell = _shell()
    if shell is None:
        return
    from workshop import magics, sql_magic  # IPython's side: plain Python does without

    magics.register(shell)
    sql_magic.register(shell, url)


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _bring_up_to_date(url: str) -> None:
    if not project.project_files():
        return
    project.load_models()
    with closing(connect(url, "start_step")) as connection:
        mark = read_mark(connection)
    if mark is None or mark.built_from != project.fingerprint():
        print(schema.rebuild(url))


def _listed(files: list[Path], folder: Path) -> str:
    names = [path.relative_to(folder).as_posix() for path in files]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
