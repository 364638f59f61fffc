"""Begins a step, or begins it over: the database, the project folder and the notebook's magics, ready to work."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from workshop import postgres, project, schema
from workshop.checker import ask
from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url
from workshop.settings import settings
from workshop.stamp import read_stamp
from workshop.steps import Extension, Step, find_step, from_on
from workshop.words import counted, listed


def start_step(step: int | str) -> None:
    """Get everything ready for a step, or for an extension, which goes by its name.

    PostgreSQL is up, and holds what the project's files say; `%sql` talks to it. Prints which PostgreSQL this is.
    Calling it again is always fine, and brings back a database that was stopped.
    Raises WorkshopError when there is no such step, or no PostgreSQL to be had.
    """
    begun = find_step(step)
    with ThreadPoolExecutor() as aside:
        # SQLAlchemy takes as long to import as PostgreSQL to start, or as the checks to answer: all of it at once.
        aside.submit(_import_ahead)
        server = _bring_up()
        is_built = schema.is_up_to_date(server.url)
        lack = aside.submit(_lack, begun, server.url) if is_built else None
        _equip_notebook(server.url)
        print(f"{begun.heading}: {server.describe()}.")
        try:
            _load_and_build(server.url, is_built)
        except WorkshopError as problem:  # The learner needs the notebook to repair it: the step starts all the same.
            print(problem)
    if told := lack.result() if lack else _lack(begun, server.url):
        print(told)


def get_ready() -> postgres.Server:
    """PostgreSQL is up, the project has its folder, and this process and the notebook know of both."""
    server = _bring_up()
    _equip_notebook(server.url)
    return server


def _bring_up() -> postgres.Server:
    server = postgres.start()
    _tell_child_processes(server)
    project.make_folder()
    return server


def reset_step(step: int | str) -> None:
    """Go back to where the step begins: its files, and those of all that builds on it, leave the project.

    They are moved to the history folder, and the schema is built from what remains. Prints what went where.
    """
    first = find_step(step)
    url = current_url()
    folder = settings().project
    files = _files_from(first, folder)
    if not files:
        or_later = "" if isinstance(first, Extension) else " or a later one"
        print(f"Nothing to reset: the project has no files of {first.name}{or_later}.")
        return
    history = project.archive(files)
    print(
        f"Moved {listed([project.name_of(path) for path in files])} to {project.shown(history)}. "
        "To get a file back, copy it from there to its place in the project, or run its cell again."
    )
    print(schema.rebuild(url))


def _files_from(first: Step, folder: Path) -> list[Path]:
    files = {path for step in from_on(first) for path in step.files(folder)}
    if first.number <= 2:  # before step 2 there are no models at all, whatever their files are called
        files.update(path for path in (folder / "models").rglob("*.py") if path.name != "__init__.py")
    if any(path.is_relative_to(folder / "models") for path in files):
        files.update(project.own_init())  # it may import what goes
    return sorted(files)


def _tell_child_processes(server: postgres.Server) -> None:
    """What this kernel starts, pytest and Alembic for example, works on the same database."""
    os.environ["DATABASE_URL"] = server.url
    os.environ["WORKSHOP_POSTGRES"] = server.source
    os.environ["PGCLIENTENCODING"] = "utf8"  # whatever is set for the role: names and texts may hold any sign
    # The name under which PostgreSQL lists the connections of this notebook: a message about locks can tell whose.
    os.environ["PGAPPNAME"] = Path(os.environ.get("JPY_SESSION_NAME", "a notebook")).name


def _import_ahead() -> None:
    if _shell() is not None:
        import workshop.sql_magic  # noqa: F401


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


def _load_and_build(url: str, is_built: bool) -> None:
    if not project.project_files():
        return
    project.load_models()
    if not is_built:
        _build(url)


def _build(url: str) -> None:
    """Build what the files say, unless rows would be lost; a database that Alembic looks after is left to it."""
    with closing(connect(url, "start_step")) as connection, connection.cursor() as cursor:
        revision = read_stamp(cursor)
        rows = schema.count_rows(cursor)
    if revision is None and not rows:
        print(schema.rebuild(url))
    elif not schema.recognise(url):
        print(_left_alone(revision, rows))


def _left_alone(revision: str | None, rows: int) -> str:
    """Why the database stays as it is, though the files say something else by now."""
    if revision is not None:
        return (
            f"The database is at revision {revision}, and your files say something else by now: write a further "
            "revision and run %alembic upgrade head, or call build_schema(), which drops all rows."
        )
    return (
        f"Your files have changed since the database was built, and it holds {counted(rows, 'row')}, so it is left as "
        "it is. build_schema() builds it anew, without them; build_indexes() keeps them, where only indexes changed."
    )


def _lack(step: Step, url: str) -> str:
    """One sentence on the earlier steps that have tables and don't pass; none where they all do, or nobody can tell."""
    if step.needs < 2:  # it builds on no table
        return ""
    try:
        steps = ask("progress", step.needs, "--first", 2, url=url)["steps"]
    except WorkshopError:
        return ""
    lacking = [earlier for earlier in steps if earlier["state"] != "passed"]
    return _in_words(step, lacking) if lacking else ""


def _in_words(step: Step, lacking: list[dict[str, Any]]) -> str:
    names = listed([f"{earlier['step']} ({earlier['title']})" for earlier in lacking])
    last = lacking[-1]["step"]
    if len(lacking) > 1:
        rest = f"and {step.name} builds on them: finish them, or call catch_up({last})."
        return f"Steps {names} are not there yet, {rest}"
    rest = f"and {step.name} builds on it: finish it, or call catch_up({last})."
    if lacking[0]["state"] == "not_attempted":
        return f"Step {names} is not there yet, {rest}"
    return f"Step {names} is not finished ({lacking[0]['score']} of {lacking[0]['out_of']} rules hold), {rest}"
