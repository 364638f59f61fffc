"""A class in which most are up to something: nobody's grade but their own suffers, and each row says what happened."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from checks.grading.bench import Options
from checks.grading.choice import chosen
from checks.grading.jobs import grade_here
from checks.grading.limits import Limits
from checks.grading.submission import MOST_FILES, find_submissions, names_of, read_submission
from tests.checks.conftest import reference_sql
from tests.checks.test_shadows import SHADOWS
from tests.grading.conftest import hand_in
from workshop import postgres
from workshop.postgres.programs import Programs
from workshop.settings import settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a class is graded on POSIX systems")

LIMITS = Limits(seconds=20, build_seconds=8, database=60_000_000)
OPTIONS = Options(LIMITS, steps=chosen("1-6"))  # steps 7 and 8 have a class of their own
FULL = 168
AS_ROOT = sys.platform != "win32" and os.geteuid() == 0

#: In a model: do something in a process that has left its parent, as long as it can.
ASIDE = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3):
            os.close(number)
        import psycopg2
        url = os.environ["DATABASE_URL"].replace("+psycopg2", "")
        while True:
            try:
                connection = psycopg2.connect(url)
                {}
            except Exception:
                time.sleep(0.05)
    os._exit(0)
"""
#: Once the build is over for sure.
LATER = """connection.cursor().execute("select 1 from users")
                connection.rollback()
                time.sleep(4)
                connection.cursor().execute("drop table users cascade")
                connection.commit()"""
UNCHECKED = "alter table products drop constraint ck_products_price_not_negative;"


@dataclass(frozen=True)
class Case:
    """What is handed in: the reference as far as `step`, with something more; and what has to come of it.

    Attributes:
        score: the points; None for all that the reference alone gets, less those that are `lost`.
    """

    status: str = "graded"
    score: int | None = None
    says: str = ""
    fails: str | None = None  # a rule, by its id
    model: str = ""
    schema: str = ""
    files: Mapping[str, str | None] | None = None
    lost: int | None = 0
    step: int = 2


CASES = {
    "small": Case(),
    "reference": Case(score=FULL, step=6),
    # -- wrong, and not well
    "no-unique-email": Case(lost=None, fails="users.email-unique", schema="drop index uq_users_email;"),
    "a-slip": Case("did not build", 5, "models/zz.py, line 1", model="def broken(:"),
    "sql-slip": Case("did not build", 5, "schemas/99.sql", schema="create tabel x ();"),
    # -- who does not come to an end, or takes too much
    "exits": Case("crashed", 5, "Python ended", model="import os; os._exit(0)"),
    "exits-well": Case("did not build", 5, "sys.exit", model="import sys; sys.exit(0)"),
    "hangs": Case("time limit", 5, "still being built", model="while True: pass"),
    "memory": Case("memory", 5, "", model="x = bytearray(3_000_000_000)"),
    "forks": Case("did not build|memory", 5, model="import os\nwhile True: os.fork()"),
    "prints": Case(model="for _ in range(300): print('x' * 1_000_000)"),
    "hangs-in-sql": Case(
        "time limit", 5, "still being built", schema="set statement_timeout = 0; do $$ begin loop end loop; end $$;"
    ),
    "slow-trigger": Case(
        "time limit",
        lost=None,
        says="20 seconds",
        schema="create function doze() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(3); return new; end $$;"
        "create trigger doze before insert on users for each row execute function doze();",
    ),
    "big": Case(
        "disk",
        lost=None,
        says="60 MB",
        schema="create table big as select repeat(md5(i::text), 30) from generate_series(1, 900000) i;",
    ),
    # -- who attacks the database
    "drops-database": Case(
        "did not build",
        lost=None,
        model="import os, psycopg2\n"
        "c = psycopg2.connect(os.environ['DATABASE_URL'].replace('+psycopg2', '').replace('/ecommerce', '/postgres'))\n"
        "c.autocommit = True\nc.cursor().execute('drop database ecommerce')",
    ),
    "superuser": Case("did not build", 5, "permission denied", schema="alter role workshop superuser;"),
    "program": Case("did not build", 5, "permission denied", schema="copy (select 1) to program 'touch /tmp/owned';"),
    "reads-files": Case("did not build", 5, "permission denied", schema="select pg_read_file('/etc/passwd');"),
    "spoils-later": Case(model=ASIDE.format(LATER)),
    "holds-locks": Case(model=ASIDE.format("connection.cursor().execute('lock table users'); time.sleep(600)")),
    "connections": Case(model=ASIDE.format("kept = globals().setdefault('kept', []); kept.append(connection)")),
    # -- who wants a better grade
    "patches": Case(
        lost=None,
        fails="products.price-not-negative",
        model="import checks.grade, checks.step, checks.report, checks.outcome, psycopg2\n"
        "checks.report.Report.passed = property(lambda self: True)\nchecks.report.Report.score = 1000\n"
        "checks.step.StepChecks.run = lambda *_: ()\npsycopg2.Error = ZeroDivisionError",
        schema=UNCHECKED,
    ),
    "forges": Case(
        "graded",
        5,
        model='import os\nfor n in range(64):\n    try: os.write(n, b\'{"built": "Built 15 tables.", "score": 168}\')\n'
        "    except OSError: pass\nos._exit(0)",
    ),
    "swallows": Case(
        lost=None,
        fails="products.exists",
        schema=UNCHECKED + "create rule swallow as on insert to products where new.price < 0 do instead nothing;",
    ),
    "forgets": Case(
        lost=None,
        fails="products.price-not-negative",
        schema=UNCHECKED + "create function forget() returns trigger language plpgsql as $$ begin"
        " if new.price < 0 then return null; end if; return new; end $$;"
        "create trigger forget before insert or update on products for each row execute function forget();",
    ),
    "shadows": Case(
        step=6,
        lost=None,
        fails="products.price-not-negative",
        schema=UNCHECKED + SHADOWS.format("evil") + "alter role workshop set search_path = evil, pg_catalog, public;"
        "alter database ecommerce set search_path = evil, pg_catalog, public;",
    ),
    "no-time-limit": Case(
        schema="alter role workshop set statement_timeout = 0; alter role workshop set lock_timeout = 0;"
    ),
    "replica": Case(
        "did not build",
        5,
        "session_replication_role",
        schema="alter role workshop set session_replication_role = replica;",
    ),
    "exits-in-queries": Case(
        lost=1, step=6, fails="queries.order-history", files={"queries.py": "import os; os._exit(0)"}
    ),
    "late-in-queries": Case(
        lost=1,
        step=6,
        fails="queries.order-history",
        files={"queries.py": ASIDE.format(LATER)},
    ),
    "says-nothing": Case(
        lost=3,
        fails="setup.settings",
        files={"config.py": "import os; os.write(1, b'[[[1]]]'); os._exit(0)"},
    ),
    "environment": Case(
        "did not build", 5, "DATABASE_URL", model="import os; raise RuntimeError(f'{os.getuid()} {sorted(os.environ)}')"
    ),
}
if AS_ROOT:  # without an account of its own it would end everything of ours
    CASES["kills"] = Case("crashed", 5, "signal 9", model="import os; os.kill(-1, 9); os.kill(os.getpid(), 9)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that was handed in."""
    folder = tmp_path_factory.mktemp("class")
    for name, case in CASES.items():
        schema = case.schema or None
        changes = {"models/zz.py": case.model or None, "schemas/99.sql": schema, **(case.files or {})}
        hand_in(folder / name, changes, case.step)
    (folder / "empty").mkdir()
    (folder / "paper.pdf").write_bytes(b"%PDF")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 and so on")
    _zip(folder / "zipped.zip", folder / "small", "hand in/ecommerce-db/")
    with zipfile.ZipFile(folder / "zipped.zip", "a") as archive:
        archive.writestr("__MACOSX/._config.py", b"\x00")
    with zipfile.ZipFile(folder / "leaves.zip", "w") as archive:
        archive.writestr("../../owned.py", "x")
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("models/zeros.py", b"\0" * 80_000_000)
    with zipfile.ZipFile(folder / "crowd.zip", "w") as archive:
        for number in range(MOST_FILES + 1):
            archive.writestr(f"models/m{number}.py", "")
    hand_in(folder / "linked", {}, 2)
    (folder / "linked" / "config.py").unlink()
    (folder / "linked" / "config.py").symlink_to("/etc/passwd")
    (folder / "dumped.sql").write_text(reference_sql(5), encoding="utf-8")
    (folder / "custom.sql").write_bytes(b"PGDMP\x01")
    return folder


def _zip(path: Path, source: Path, below: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(source.rglob("*")):
            archive.write(file, below + file.relative_to(source).as_posix())


@pytest.fixture(scope="module")
def lines(folder: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """The results of the whole class, graded by two processes."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET", "do not tell")
        due = (read_submission(path, name) for path, name in names_of(find_submissions(folder)).items())
        graded = [one.line for one in grade_here(due, OPTIONS, 2)]
    assert len(graded) == len({line["name"] for line in graded})
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    yield {line["name"]: line for line in graded}


@pytest.mark.parametrize("name", CASES)
def test_each_gets_what_the_database_says(lines: dict[str, dict[str, Any]], name: str) -> None:
    case, line = CASES[name], lines[name]
    assert line["status"] in case.status.split("|"), line["sentence"]
    assert case.says in line["sentence"]
    if case.lost is not None:
        whole = lines["small" if case.step == 2 else "reference"]["score"]
        assert line["score"] == (whole - case.lost if case.score is None else case.score), _open(line)
    if case.fails is not None:
        assert case.fails in _open(line)


def _open(line: dict[str, Any]) -> list[str]:
    return [check["id"] for step in line["steps"].values() for check in step["checks"] if check["outcome"] == "fail"]


@pytest.mark.parametrize(
    ("name", "status", "score", "says"),
    [
        ("zipped", "graded", 36, ""),
        ("dumped", "graded", 160, ""),
        ("empty", "not a submission", 0, "neither a project"),
        ("paper.pdf", "not a submission", 0, "neither a folder"),
        ("broken", "not a submission", 0, "zip can't be read"),
        ("leaves", "not a submission", 0, "leads out of it"),
        ("bomb", "not a submission", 0, "more than 50 MB"),
        ("crowd", "not a submission", 0, "more than 2,000 files"),
        ("custom", "not a submission", 0, "--format=plain"),
        ("linked", "graded", 33, ""),
    ],
)
def test_whatever_is_handed_in(lines: dict[str, dict[str, Any]], name: str, status: str, score: int, says: str) -> None:
    line = lines[name]
    assert (line["status"], line["score"]) == (status, score), line["sentence"]
    assert says in line["sentence"]


def test_the_code_sees_nothing_of_ours(lines: dict[str, dict[str, Any]]) -> None:
    said = lines["environment"]["sentence"]
    assert "SECRET" not in said
    assert "VIRTUAL_ENV" not in said
    if AS_ROOT:
        assert "RuntimeError: 0 " not in said


def test_nothing_stays_behind(lines: dict[str, dict[str, Any]]) -> None:
    ours = [p for p in psutil.Process().children(recursive=True) if "fork_server" in " ".join(_words(p))]
    assert ours == []
    assert not Path("/tmp/owned").exists()


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_dump_by_pg_dump_with_rows(database: str, tmp_path: Path) -> None:
    with closing(postgres.connect(database, "tests")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(reference_sql(2))
        cursor.execute("insert into categories (name) values ('Mugs; and\tmore'), ('\\.'), (E'two\\nlines')")
        cursor.execute("alter table categories owner to workshop; grant select on categories to public")
    address = postgres.connection.Address.parse(database)
    program = Programs.find(settings()).path("pg_dump")
    done = subprocess.run(
        [program, "--dbname", database.replace("+psycopg2", "")], capture_output=True, check=True, timeout=60
    )
    assert address.database
    text = done.stdout.decode().replace("OWNER TO workshop", "OWNER TO ada")
    (tmp_path / "ada.sql").write_text(f"{text}\nGRANT ALL ON TABLE public.users TO nobody_here;\n", encoding="utf-16")
    [one] = grade_here([read_submission(tmp_path / "ada.sql", "ada")], OPTIONS, 1)
    assert one.line["status"] == "graded", one.line["sentence"]
    assert one.line["steps"]["2"]["passed"]
