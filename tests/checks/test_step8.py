"""Step 8 on whole test files: right ones of several styles pass, wrong and weak ones are turned down in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from checks.grade import grade
from checks.outcome import Outcome, Result
from checks.report import Report
from checks.schema_tests import runs
from checks.subject import find_subject
from tests.checks.conftest import REFERENCE
from tests.checks.test_step1 import CONFIG
from tests.conftest import drop_database
from workshop import postgres
from workshop.postgres.connection import Address

CONNECTED = """
import os

import pytest
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])


@pytest.fixture
def db():
    with engine.connect() as connection:
        yield connection


def user(db, email="ada@shop.example"):
    sql = "insert into users (email, password_hash, first_name, last_name) values (:email, 'x', 'A', 'L')"
    db.execute(text(sql), {"email": email})

"""

#: Tests that don't pass as they are: what the first message says.
WRONG = {
    "always fails": (
        "def test_shop():\n    assert 1 + 1 == 3",
        ["test_shop fails on your own schema: AssertionError", "line 2 of tests/test_schema.py"],
    ),
    "two fail": (
        CONNECTED + "def test_a(db):\n    db.execute(text('select x'))\n\ndef test_b(db):\n    assert not db",
        ["2 tests fail on your own schema", 'the first one is test_a: ProgrammingError: column "x" does not exist'],
    ),
    "a fixture fails": (
        "import pytest\n\n@pytest.fixture\ndef shop():\n    raise KeyError('mug')\n\ndef test_shop(shop):\n    pass",
        ["test_shop fails on your own schema: KeyError: 'mug', in line 5"],
    ),
    "no such fixture": (
        "def test_shop(shelf):\n    assert shelf",
        ["it asks for shelf, and there is no fixture of that name", "Write that fixture into tests/conftest.py"],
    ),
    "a fixture that yields nothing": (
        "import pytest\n\n@pytest.fixture\ndef shop():\n    pass\n\ndef test_shop(shop):\n    shop.add(1)",
        ["'NoneType' object has no attribute 'add'", "If it comes from a fixture: that one has to yield it."],
    ),
    "expects no refusal": (
        CONNECTED + "def test_email(db):\n    user(db)\n    user(db)",
        ["IntegrityError: duplicate key value", "let the test expect it: with pytest.raises(IntegrityError)"],
    ),
    "another database": (
        CONNECTED.replace('os.environ["DATABASE_URL"]', 'os.environ["DATABASE_URL"].replace("workshop_s", "my_s")')
        + "def test_user(db):\n    user(db)",
        ["goes to the database my_scratch_", "DATABASE_URL names", "before it connected"],
    ),
    "the learner's own database": (
        "import psycopg2\n\ndef test_user():\n    psycopg2.connect('postgresql://workshop:workshop@localhost/ecommerce')",
        ["goes to the database ecommerce", 'os.environ["DATABASE_URL"]'],
    ),
    "prints a gigabyte": (
        "def test_print():\n    for _ in range(1000):\n        print('x' * 1_000_000)",
        ["print more than 10 MB", "test_print"],
    ),
    "sys.exit in a test": (
        "import sys\n\ndef test_exit():\n    sys.exit(0)",
        ["end Python itself in line 4 of tests/test_schema.py", "assert"],
    ),
    "sys.exit in the file": (
        "import sys\n\ndef test_shop():\n    pass\n\nsys.exit()",
        ["end Python itself in line 6 of tests/test_schema.py"],
    ),
    "os._exit": ("import os\n\ndef test_exit():\n    os._exit(0)", ["end Python itself in test_exit", "os._exit()"]),
    "a network": (
        "from urllib.request import urlopen\n\ndef test_rate():\n    urlopen('http://rates.example/eur', timeout=9)",
        ["asks another computer, rates.example", "Without a network"],
    ),
    "a slip": ("def test_shop(:\n    pass", ["test_schema.py could not be loaded: SyntaxError", "line 1 of"]),
    "a module that is not there": (
        "import pytest_shop\n\ndef test_shop():\n    pass",
        ["tests/test_schema.py could not be loaded: ModuleNotFoundError: No module named 'pytest_shop'"],
    ),
    "no test": ("class Shop:\n    def test_shop(self):\n        pass", ["pytest finds no test in tests/", "test_"]),
    "all skipped": (
        "import pytest\n\n@pytest.mark.skip\ndef test_shop():\n    assert False",
        ["1 test is skipped", "Take skip away"],
    ),
    "all expected to fail": (
        "import pytest\n\n@pytest.mark.xfail\ndef test_shop():\n    assert False",
        ["1 test is skipped"],
    ),
    "speaks to no database": (
        "def test_shop():\n    assert True\n\ndef test_more():\n    assert 1",
        ["2 tests pass, and no test has spoken to the database"],
    ),
}

HANGING = {
    "hangs": (
        CONNECTED + "def test_long(db):\n    db.execute(text('select pg_sleep(3600)'))",
        ["test_long was still running after 5 seconds", "a second connection"],
    ),
    "waits for itself": (
        CONNECTED + "def test_lock(db):\n    user(db)\n    with engine.connect() as other:\n        user(other)",
        ["test_lock was still running after 5 seconds", "a second connection"],
    ),
}

NO_ROW = "tests.no-rows"
AGAIN = "tests.repeatable"
#: Tests that pass as they are: the rule that turns them down, and its words.
WEAK = {
    "asserts nothing": (
        CONNECTED + "def test_user(db):\n    user(db)",
        {
            "tests.covers-tables": "With the tables categories, products, product_variants",
            "tests.covers-constraints": "hold no assert and no pytest.raises",
            "tests.covers-sample-data": "rows into users alone",
            "tests.notices-email": "gone that two users can't share an e-mail address, your test still passes",
        },
    ),
    "swallows errors": (
        CONNECTED
        + """
def test_email(db):
    user(db)
    try:
        user(db)
    except Exception:
        pass
    finally:
        db.rollback()
""",
        {
            "tests.covers-constraints": "An except swallows the error there, in line 25 of tests/test_schema.py",
            "tests.notices-email": "your test still passes",
            "tests.notices-rating": "rating of 6",
        },
    ),
    "leaves a row": (
        CONNECTED + "def test_user(db):\n    user(db)\n    db.commit()\n    assert True",
        {NO_ROW: "After your tests, users has 1 row more than before. Let a fixture begin a transaction"},
    ),
    "takes a row away": (
        CONNECTED + "def test_fewer(db):\n    db.execute(text('delete from countries'))\n    db.commit()",
        {NO_ROW: "After your tests, countries has 2 rows less than before"},
    ),
    "leaves a table": (
        CONNECTED + "def test_table(db):\n    db.execute(text('create table mugs ()'))\n    db.commit()",
        {NO_ROW: "Your tests leave a new table behind, mugs"},
    ),
    "passes once": (
        CONNECTED
        + """
def test_first(db):
    user(db)
    assert db.scalar(text("select max(id) from users")) == 1
""",
        {AGAIN: "test_first fails the second time: AssertionError"},
    ),
    "lives on the test before": (
        CONNECTED
        + """
made = []

def test_make(db):
    user(db)
    made.append("ada")

def test_made(db):
    assert made
""",
        {AGAIN: "test_made fails in reverse order: AssertionError"},
    ),
    "makes the tables anew": (
        CONNECTED + "def test_fresh(db):\n    db.execute(text('drop table review_votes'))\n"
        "    db.execute(text('create table review_votes (id int)'))\n    db.commit()",
        {NO_ROW: "Your tests drop the tables and make new ones, such as review_votes"},
    ),
}

RIGHT = sorted((Path(__file__).parent / "learners_tests" / "right").iterdir())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose files build the reference; the same for all, so that it is built once."""
    folder = tmp_path_factory.mktemp("step8") / "ecommerce-db"
    (folder / "schemas").mkdir(parents=True)
    shutil.copy(REFERENCE, folder / "schemas" / "01_shop.sql")
    countries = "create table countries (code text); insert into countries values ('NL'), ('DE');"
    (folder / "schemas" / "02_extra.sql").write_text(countries)
    (folder / "config.py").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def url(server: postgres.Server) -> Iterator[str]:
    """A database of the learner's, in which nobody may leave a trace."""
    address = Address.parse(server.url).at("learners_own")
    with closing(postgres.connect(server.url, "tests")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("create database learners_own template template0")
    with closing(postgres.connect(address.url(), "tests")) as connection, connection:
        postgres.write_mark(connection, postgres.Mark())
    yield address.url()
    for name in ("learners_own", "learners_own_pristine"):
        drop_database(server.url, name)


@pytest.fixture
def check(project: Path, url: str) -> Callable[[str | Path], Report]:
    """Grades a test file given as text or as a file, or a folder of them."""

    def check(tests: str | Path) -> Report:
        folder = project / "tests"
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(tests, Path) and tests.is_dir():
            shutil.copytree(tests, folder)
        else:
            folder.mkdir()
            text = tests if isinstance(tests, str) else tests.read_text("utf-8")
            (folder / "test_schema.py").write_text(text, "utf-8")
        return grade(8, find_subject(url, project=project))

    return check


def of(report: Report, *outcomes: Outcome) -> dict[str, Result]:
    return {result.rule.id: result for result in report.results if result.outcome in outcomes}


@pytest.mark.parametrize("tests", RIGHT, ids=lambda path: path.stem)
def test_right_tests_pass(check: Callable[[str | Path], Report], tests: Path) -> None:
    report = check(tests)
    assert report.passed, str(report)
    assert not of(report, Outcome.CANT_TELL, Outcome.SKIPPED), str(report)


@pytest.mark.parametrize(("tests", "says"), WRONG.values(), ids=WRONG)
def test_wrong_tests_are_turned_down(check: Callable[[str | Path], Report], tests: str, says: list[str]) -> None:
    _assert_turned_down(check(tests), says)


@pytest.mark.parametrize(("tests", "says"), HANGING.values(), ids=HANGING)
def test_hanging_tests_are_stopped(
    check: Callable[[str | Path], Report], monkeypatch: pytest.MonkeyPatch, tests: str, says: list[str]
) -> None:
    monkeypatch.setattr(runs, "SECONDS", 5)
    _assert_turned_down(check(tests), says)


def _assert_turned_down(report: Report, says: list[str]) -> None:
    [failed] = of(report, Outcome.FAIL).values()
    assert failed.rule.id == "tests.passes"
    said = f"{failed.happened} {failed.next}"
    assert [words for words in says if words not in said] == [], said
    assert failed.next and "Traceback" not in said


@pytest.mark.parametrize(("tests", "rules"), WEAK.values(), ids=WEAK)
def test_weak_tests_are_turned_down(check: Callable[[str | Path], Report], tests: str, rules: dict[str, str]) -> None:
    report = check(tests)
    assert not report.passed
    failed = of(report, Outcome.FAIL)
    said = {rule: f"{failed[rule].happened} {failed[rule].next}" for rule in rules if rule in failed}
    assert {rule: words for rule, words in rules.items() if words not in said.get(rule, "")} == {}, str(report)
    assert "tests.passes" in of(report, Outcome.PASS)
