"""Step 1: the project folder, its settings, and a PostgreSQL that they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from checks.outcome import Failed, Result
from checks.own_process import Run
from checks.own_process import run as run_as_oneself
from checks.step import StepChecks
from checks.subject import Subject
from workshop.postgres import connect

FOLDERS = ("schemas", "migrations", "tests", "scripts", "models")

#: How long the learner's config.py may take to load. Its imports alone need half a second on a slow machine.
SECONDS = 20

#: The password that docker-compose.yml gives the local workshop's user: no secret.
LOCAL_PASSWORD = "workshop"

_PROBE = Path(__file__).with_name("settings_probe.py")


@dataclass
class Project:
    """The learner's project folder, and the database that its settings should lead to."""

    folder: Path
    database_url: str
    run: Run = run_as_oneself

    @contextmanager
    def isolated(self) -> Iterator[None]:
        yield

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """What the learner's `config.py` says, from a process of its own (see `settings_probe.py`)."""
        ended = self.run(_PROBE, "", self.folder, {"DATABASE_URL": self.database_url}, SECONDS)
        if ended.is_late:
            return {"error": f"it was still running after {SECONDS} seconds", "line": None}
        stopped = {"error": ended.last_words or "Python stopped while it was loaded", "line": None}
        return ended.answer if _is_well_formed(ended.answer) else stopped


def _is_well_formed(told: Any) -> bool:
    """What the probe says; code of the learner's ran in its process and may have said something else."""
    if not isinstance(told, dict):
        return False
    if "error" in told:
        return isinstance(told["error"], str)
    if told.get("has_settings") is not True or told.get("is_pydantic") is not True:
        return isinstance(told.get("has_settings"), bool)
    overrides = told.get("overrides", [])
    return (
        isinstance(told.get("fields"), list)
        and isinstance(told.get("connects", ""), str | None)
        and isinstance(overrides, list)
        and all(isinstance(entry, list) and len(entry) == 3 and isinstance(entry[0], str) for entry in overrides)
        and (
            {"connects", "overrides"} <= set(told) or not {"database_url", "echo_sql"} <= set(map(str, told["fields"]))
        )
    )


step: StepChecks[Project] = StepChecks(1)


def run(subject: Subject) -> tuple[Result, ...]:
    project = Project(subject.project, subject.database_url, subject.run)
    return step.run(project) if _begun(project) else step.not_attempted()


def _begun(project: Project) -> bool:
    """A folder is there, or a config.py that is more than the notebook's class without fields."""
    if any((project.folder / name).is_dir() for name in FOLDERS):
        return True
    return (project.folder / "config.py").exists() and project.settings.get("fields") != []


@step.check("setup.folders")
def folders_are_there(project: Project) -> None:
    """Each folder of the exercise is in the project folder."""
    missing = [f"{name}/" for name in FOLDERS if not (project.folder / name).is_dir()]
    if missing:
        raise Failed(
            f"{project.folder.name}/ has no {', '.join(missing)}.",
            next=f"Create {'it' if len(missing) == 1 else 'them'}, for example with Path.mkdir(exist_ok=True).",
        )


@step.check("setup.settings")
def settings_are_there(project: Project) -> None:
    """config.py loads and has a pydantic-settings class Settings with the two fields."""
    if not (project.folder / "config.py").exists():
        raise Failed(
            f"{project.folder.name}/ has no config.py.",
            next="Write it with a cell that begins with %%project_file config.py.",
        )
    told = project.settings
    if "error" in told:
        place = f" in line {told['line']}" if told.get("line") else ""
        raise Failed(
            f"config.py could not be loaded: {told['error']}{place}.",
            next="Put that right and run the cell that writes config.py again.",
        )
    if not told["has_settings"]:
        raise Failed("config.py has no class Settings.", next="Define class Settings(BaseSettings) in it.")
    if not told["is_pydantic"]:
        raise Failed(
            "The class Settings in config.py is not a pydantic-settings class, so it reads no environment variables.",
            next="Derive it from pydantic_settings.BaseSettings.",
        )
    missing = [name for name in ("database_url", "echo_sql") if name not in told["fields"]]
    if missing:
        raise Failed(f"Settings has no field {' and no field '.join(missing)}.", next=f"Add {', '.join(missing)}.")


@step.check("setup.environment", needs=("setup.settings",))
def environment_overrides(project: Project) -> None:
    """With DATABASE_URL and ECHO_SQL set, Settings() says what they say."""
    for variable, sent, came in project.settings["overrides"]:
        if came != sent:
            said = came.removeprefix("!") if isinstance(came, str) else came
            raise Failed(
                f"With {variable}={str(sent).lower() if isinstance(sent, bool) else sent} set in the environment, "
                f"Settings().{variable.lower()} was {said}.",
                next="Leave out any env_prefix or alias that gives the variable another name, "
                "and give no value where Settings() is called.",
            )


@step.check("setup.connects", needs=("setup.settings",))
def engine_connects(project: Project) -> None:
    """create_engine(Settings().database_url) connects to a PostgreSQL."""
    problem = project.settings["connects"]
    if problem is None:
        return
    if "psycopg'" in problem:
        raise Failed(
            "SQLAlchemy takes postgresql:// for the driver psycopg 3, which is not installed.",
            next="Write the URL as postgresql+psycopg2://….",
        )
    raise Failed(
        f"An engine made from Settings().database_url did not connect: {problem}.",
        next="Run start_step(1), which brings PostgreSQL up and sets DATABASE_URL, then check again.",
    )


@step.check("setup.server")
def server_is_new_enough(project: Project) -> None:
    """connect() turns older servers down."""
    connection = connect(project.database_url, "check_step")
    try:
        if connection.server_version < 150000:
            raise Failed(
                f"The server is PostgreSQL {connection.server_version // 10000}.",
                next="Use PostgreSQL 15 or newer.",
            )
    finally:
        connection.close()


def _text_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files of the project that a person may have written, with their texts."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _TEXT_FILES or "__pycache__" in path.parts or not path.is_file():
            continue
        with suppress(OSError, UnicodeDecodeError):
            yield path, path.read_text(encoding="utf-8")


# Each begins where few texts do, and tries no place twice: a file may well have a line of 10 MB.
_URL_PASSWORD = re.compile(r"(?<=[a-z0-9+])://[^\s:/@'\"]+:([^\s@'\"]+)@")
_ASSIGNED = re.compile(
    r"(?i)^[ \t]*(?=[\w.]*(?:password|passwd|secret))[\w.]+\s*(?::\s*\w+\s*)?=\s*['\"]([^'\"]+)['\"]", re.M
)
_TEXT_FILES = {".py", ".ini", ".cfg", ".toml", ".env", ".yml", ".yaml", ".json", ".sql", ".md", ".txt", ".sh", ""}


@step.check("setup.no-password")
def no_password_in_files(project: Project) -> None:
    """No text file of the project has a password in a URL or an assignment, but for the local default."""
    for path, text in _text_files(project.folder):
        for found in (*_URL_PASSWORD.finditer(text), *_ASSIGNED.finditer(text)):
            secret = found.group(1)
            if secret == LOCAL_PASSWORD or re.match(r"[<{$*%]", secret):
                continue
            line = text.count("\n", 0, found.start()) + 1
            raise Failed(
                f"{path.relative_to(project.folder).as_posix()} holds a password in line {line}. "
                "Whoever gets a copy of the project gets the database.",
                next="Leave it out of the file and set DATABASE_URL in the environment.",
            )
