"""What is to be graded, found from what the learner or the command line said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from checks.roles import RoleMap
from workshop import postgres
from workshop.settings import settings


@dataclass(frozen=True)
class Subject:
    """A database, how its tables are called, and the project folder beside it."""

    database_url: str
    names: RoleMap
    project: Path
    has_project: bool = True  # the folder is known to go with the database


def find_subject(
    database_url: str | None = None, names: str | Path | None = None, project: str | Path | None = None
) -> Subject:
    """The database of that URL, or the workshop's own; with the role map given, or the project's own.

    Raises WorkshopError with one sentence: no PostgreSQL is running, or the role map can't be read.
    """
    folder = Path(project) if project else settings().project
    kept = folder / "names.toml"
    is_own = database_url is None or project is not None
    if names is not None:
        declared = RoleMap.load(Path(names))
    else:
        declared = RoleMap.load(kept) if is_own and kept.exists() else RoleMap()
    return Subject(database_url or postgres.current_url(), declared, folder, is_own)
