"""The project that a learner has after step 7, as the notebooks make it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from checks.grade import grade
from checks.report import Report
from checks.roles import RoleMap
from checks.subject import Subject
from workshop import postgres, project
from workshop.postgres.scratch import scratch_database
from workshop.reference import files_until, read_reference

RULES = "0002_rules.py"


@dataclass(frozen=True)
class Learner:
    """A project folder with its database, and how to change them."""

    folder: Path
    url: str

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text, f"{name} has no {old!r}"
        (self.folder / name).write_text(text.replace(old, new), "utf-8")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, "utf-8")

    def alembic(self, *words: str, url: str = "") -> None:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *words],
            cwd=self.folder,
            env={"DATABASE_URL": url or self.url, "PATH": ""},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def sql(self, statement: str) -> None:
        with closing(postgres.connect(self.url, "tests")) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def check(self) -> Report:
        return grade(7, Subject(self.url, RoleMap(), self.folder))


def make_finished(folder: Path, url: str) -> Path:
    """The project of the notebooks after step 7 in that folder, without the change at its end.

    url: a database on a server where another can be made for a moment.
    """
    learner = Learner(folder, url)
    (folder / "migrations").mkdir(parents=True)
    learner.alembic("init", "migrations")
    files = {**files_until(6), **read_reference(7).files}
    for path, text in files.items():
        if path.name != "parcels.py":
            learner.write(str(path), text)
    (folder / "migrations" / "versions" / RULES).rename(folder / RULES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSHOP_PROJECT", str(folder))
        project.load_models()  # writes models/__init__.py
    with scratch_database(url) as empty:
        learner.alembic("revision", "--autogenerate", "--rev-id", "0001", "-m", "shop", url=empty)
    (folder / RULES).rename(folder / "migrations" / "versions" / RULES)
    first = folder / "migrations" / "versions" / "0001_shop.py"
    first.write_text(
        first.read_text("utf-8").rstrip() + '\n    op.execute("drop type order_status, movement_type")\n', "utf-8"
    )
    texts = [path.read_text("utf-8") for path in sorted((folder / "schemas").glob("*.sql"))]
    learner.write("migrations/0002_rules.sql", "\n".join(texts))
    return folder
