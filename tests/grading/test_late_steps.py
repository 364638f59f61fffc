"""Steps 7 and 8 run much of a learner's code: whatever it is up to, nobody's grade but its own suffers."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from checks.grading.bench import Options
from checks.grading.choice import chosen
from checks.grading.jobs import grade_here
from checks.grading.limits import Limits
from checks.grading.submission import find_submissions, names_of, read_submission
from tests.checks.conftest import reference_sql

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a class is graded on POSIX systems")

OPTIONS = Options(Limits(seconds=200, build_seconds=12), steps=chosen("2,7,8"))
CORE, MIGRATIONS, TESTS = 29, 8, 13
AS_ROOT = sys.platform != "win32" and os.geteuid() == 0

#: A process that has left its parent, and would drop a table when the run is over for sure.
LINGERS = """
import os, time
_main = os.getpid()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3):
            os.close(number)
        import psycopg2
        connection = psycopg2.connect(os.environ["DATABASE_URL"].replace("+psycopg2", ""))
        try:
            while True:
                os.kill(_main, 0)
        except OSError:
            time.sleep(4)
            connection.cursor().execute("drop table users cascade")
            connection.commit()
    os._exit(0)
"""
#: The same, and counts in a database.
COUNTS_ELSEWHERE = """
import os
from psycopg2._psycopg import _connect
from sqlalchemy import create_engine, text

def test_that_counts():
    with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        connection.execute(text("select 1"))
    own = _connect(os.environ["DATABASE_URL"].replace("+psycopg2", "").rpartition("/")[0] + "/ecommerce")
    own.autocommit = True
    with own.cursor() as cursor:
        cursor.execute("create table if not exists runs (); create sequence if not exists run")
        cursor.execute("select nextval('run')")
        assert cursor.fetchone()[0] <= 3
"""
#: Goes round the guard of the runner.
ELSEWHERE = """
import os
from psycopg2._psycopg import _connect
_url = os.environ["DATABASE_URL"].replace("+psycopg2", "")
_other = _connect(_url.rpartition("/")[0] + "/postgres")
_other.autocommit = True
_other.cursor().execute("{}")
"""
PRINTS = "for _ in range(20): print('x' * 1_000_000)\n"
#: The answers of a run in which all is well, on every descriptor.
FORGES = """
import os, psycopg2
psycopg2.connect(os.environ["DATABASE_URL"].replace("+psycopg2", "")).close()
psycopg2.connect(os.environ["DATABASE_URL"].replace("+psycopg2", "")).close()
_told = [
    b'{"event": "collected", "tests": 1}',
    b'{"event": "result", "test": "t", "outcome": "passed"}',
    b'{"event": "ends"}',
]
for number in range(64):
    try:
        os.write(number, b"\\n".join(_told))
    except OSError:
        pass
os._exit(0)
"""
#: Passes three times, as often as it is run on the schema as it is, and then no more; counts where it can.
COUNTS = """
import os
from pathlib import Path
from sqlalchemy import create_engine, text

def test_that_counts():
    kept = [Path(place, "count") for place in (".", os.environ.get("HOME", "."))]
    count = max(len(path.read_bytes()) if path.exists() else 0 for path in kept)
    for path in kept:
        path.write_bytes(b"x" * (count + 1))
    with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        connection.execute(text("select 1"))
    assert count < 3
"""


@dataclass(frozen=True)
class Case:
    """What is handed in: the whole reference, with something before env.py or conftest.py; and what has to come of it.

    Attributes:
        files: what is changed besides; None for what is missing, also a folder.
        says: words in the message of a rule that is failed, or in the sentence about the submission.
    """

    migrations: int = 0
    tests: int = 0
    says: str = ""
    env: str = ""
    conftest: str = ""
    files: Mapping[str, str | None] = field(default_factory=dict)


def _env(says: str, env: str, migrations: int = 0) -> Case:
    return Case(migrations, 0, says, env=env, files={"tests": None})


def _tests(says: str, conftest: str = "", tests: int = 0, files: Mapping[str, str | None] | None = None) -> Case:
    return Case(0, tests, says, conftest=conftest, files={"migrations": None, **(files or {})})


CASES = {
    "whole": Case(MIGRATIONS, TESTS),
    "neither": Case(says="not attempted", files={"migrations": None, "tests": None}),
    # -- env.py
    "env-exits": _env("Python stopped in the middle", "import os; os._exit(0)\n"),
    "env-hangs": _env("still running after", "while True: pass\n"),
    "env-forks": _env("could not be run", "import os\nwhile True: os.fork()\n"),
    "env-prints": _env("", PRINTS, MIGRATIONS),
    "env-lingers": _env("", LINGERS, MIGRATIONS),
    "env-forges": _env(
        "stopped in the middle",
        "import os\nfor n in range(64):\n    try: os.write(n, b'{\"ok\": [[]]}\\n[]\\n7\\n')\n"
        "    except OSError: pass\nos._exit(0)\n",
    ),
    "env-superuser": _env("permission denied", ELSEWHERE.format("alter role workshop superuser")),
    "env-runs-programs": _env("permission denied", ELSEWHERE.format("copy (select 1) to program 'touch /tmp/owned'")),
    "env-drops-the-template": _env("must be owner", ELSEWHERE.format("drop database ecommerce_as_built")),
    "env-drops-the-database": Case(
        0, TESTS, "Step 7, Migrations could not be graded", env=ELSEWHERE.format("drop database if exists ecommerce")
    ),
    # -- the tests
    "tests-hang": _tests("still running after", files={"tests/test_a.py": "def test_a():\n    while True: pass\n"}),
    "tests-exit": _tests("end Python itself", files={"tests/test_a.py": "import os\ndef test_a():\n    os._exit(0)\n"}),
    "tests-fork": _tests("", "import os\nwhile True: os.fork()\n"),
    "tests-print": _tests("print more than 10 MB", PRINTS),
    "tests-linger": _tests("", LINGERS, TESTS),
    "tests-forge": _tests("", FORGES, 3),
    "tests-count": _tests("", tests=3, files={"tests": None, "tests/test_a.py": COUNTS}),
    "tests-count-elsewhere": _tests(
        "nothing is broken", tests=2, files={"tests": None, "tests/test_a.py": COUNTS_ELSEWHERE}
    ),
}
if AS_ROOT:  # without an account of its own it would reach what is ours
    CASES["env-reads"] = _env("Permission denied", "open('/etc/shadow').read()\n")
    CASES["tests-kill"] = _tests("end Python itself", "import os\nos.kill(-1, 9); os.kill(os.getpid(), 9)\n")


def _hand_in(folder: Path, whole: Path, case: Case) -> None:
    shutil.copytree(whole, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, code in (("migrations/env.py", case.env), ("tests/conftest.py", case.conftest)):
        (folder / name).write_text(code + (folder / name).read_text("utf-8"), "utf-8")
    for name, text in case.files.items():
        if text is None:
            shutil.rmtree(folder / name)
        else:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def lines(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """The results of the whole class, graded by two processes."""
    folder = tmp_path_factory.mktemp("class")
    for name, case in CASES.items():
        _hand_in(folder / name, whole, case)
    (folder / "dumped.sql").write_text(reference_sql(2), encoding="utf-8")
    due = (read_submission(path, name) for path, name in names_of(find_submissions(folder)).items())
    yield {one.line["name"]: {**one.line, "html": one.html} for one in grade_here(due, OPTIONS, 2)}


@pytest.mark.parametrize("name", CASES)
def test_each_gets_what_the_database_says(lines: dict[str, dict[str, Any]], name: str) -> None:
    case, line = CASES[name], lines[name]
    points = {key: step["score"] for key, step in line["steps"].items()}
    assert line["status"] == "graded", line["sentence"]
    assert points == {"2": CORE, "7": case.migrations, "8": case.tests}, _said(line)
    assert case.says in _said(line)


def _said(line: dict[str, Any]) -> str:
    checks = [check for step in line["steps"].values() for check in step["checks"] if check["outcome"] == "fail"]
    html = re.sub(r"<style>.*?</style>", "", " ".join(line["html"].values()), flags=re.DOTALL)
    return " ".join([line["sentence"], *(check["message"] or "" for check in checks), html])


def test_a_dump_has_no_points_for_what_a_project_holds(lines: dict[str, dict[str, Any]]) -> None:
    line = lines["dumped"]
    assert (line["status"], line["sentence"]) == ("graded", "")
    assert {key: (step["score"], step["out_of"]) for key, step in line["steps"].items()} == {
        "2": (CORE, CORE),
        "7": (0, MIGRATIONS),
        "8": (0, TESTS),
    }


def test_nothing_was_owned() -> None:
    assert not Path("/tmp/owned").exists()
