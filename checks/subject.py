"""What is to be graded, found from what the learner or the command line said."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.own_process import Run, run
from checks.roles import RoleMap
from workshop.errors import WorkshopError


def _cores() -> int:
    return max(2, os.cpu_count() or 2)


@dataclass(frozen=True)
class Subject:
    """A database, how its tables are called, and the project folder beside it.

    Attributes:
        has_project: the folder is known to go with the database.
        run: how code of the project is run.
        at_a_time: how many such runs are worth beginning at a time.
        pristine: the name of a database to copy from that holds what the project's files build, where there is one
            already; nobody can connect to it.
    """

    database_url: str
    names: RoleMap
    project: Path
    has_project: bool = True
    run: Run = run
    at_a_time: int = field(default_factory=_cores)
    pristine: str | None = None


def find_subject(
    database_url: str | None = None, names: str | Path | None = None, project: str | Path | None = None
) -> Subject:
    """The database of that URL, or the workshop's own; with the role map given, or the project's own.

    Raises WorkshopError with one sentence: no PostgreSQL is running, or the role map can't be read.
    """
    folder = Path(project) if project else _own_project()
    kept = folder / "names.toml"
    is_own = database_url is None or project is not None
    if names is not None:
        declared = RoleMap.load(_path(names))
    else:
        declared = RoleMap.load(kept) if is_own and kept.exists() else RoleMap()
    return Subject(database_url or _own_database(), declared, folder, is_own)


def _path(names: Any) -> Path:
    try:
        return Path(names)
    except TypeError:
        raise WorkshopError(f"The role map has to be a file, such as names.toml, and not {names!r}.") from None


# Who is told both does without the workshop's settings, which take a while to load.


def _own_project() -> Path:
    from workshop.settings import settings

    return settings().project


def _own_database() -> str:
    from workshop.postgres import current_url

    return current_url()
