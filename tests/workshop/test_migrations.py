"""`%alembic`, `empty_database()`, and what the workshop does with a database that Alembic looks after."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from checks import check_step
from workshop import build_schema, empty_database, postgres, start_step
from workshop.errors import WorkshopError
from workshop.migrations import AlembicFailed, alembic
from workshop.postgres.connection import Address
from workshop.settings import settings

MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Parcel(Base):
    __tablename__ = "parcels"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
WEIGHT = "    weight: Mapped[int | None]\n"
ENV = """\
import os
from alembic import context
from sqlalchemy import create_engine
from models import Base

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

Query = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def query(database: str) -> Query:
    def query(statement: str) -> list[tuple[object, ...]]:
        with closing(postgres.connect(database, "tests")) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    return query


@pytest.fixture
def project(database: str) -> Path:
    """A project with one table and one revision; its database is built, and stamped."""
    folder = settings().project
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "base.py").write_text(MODELS, "utf-8")
    alembic("init migrations")
    (folder / "migrations" / "env.py").write_text(ENV, "utf-8")
    build_schema()
    with empty_database():
        alembic('revision --autogenerate --rev-id 0001 -m "parcels"')
    alembic("stamp head")
    return folder


def test_it_says_what_alembic_says_and_names_no_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    alembic('revision --rev-id 0002 -m "nothing"')
    out = capsys.readouterr().out
    assert "Generating migrations/versions/0002_nothing.py" in out
    assert str(project) not in out
    assert "setting up" not in out and "Context impl" not in out


def test_an_empty_database_is_gone_afterwards(project: Path, database: str, query: Query) -> None:
    with empty_database() as url:
        assert os.environ["DATABASE_URL"] == url != database
        alembic("upgrade head")
    assert os.environ["DATABASE_URL"] == database
    name = Address.parse(url).database
    assert query(f"select from pg_database where datname = '{name}'") == []


def test_it_is_gone_after_an_error_as_well(project: Path, database: str, query: Query) -> None:
    with pytest.raises(ZeroDivisionError), empty_database():
        raise ZeroDivisionError
    assert os.environ["DATABASE_URL"] == database
    assert query("select from pg_database where datname ~ '^workshop_scratch'") == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("upgrade nowhere", "alembic upgrade did not work: FAILED: Can't locate revision identified by 'nowhere'"),
        ('revision -m "x', 'A quotation mark is missing in: revision -m "x'),
        ("upgrad head", "invalid choice"),
    ],
)
def test_an_error_is_one_sentence(project: Path, line: str, words: str) -> None:
    with pytest.raises(WorkshopError) as caught:
        alembic(line)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_revision_that_fails_says_what_postgresql_says(
    project: Path, query: Query, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "migrations" / "versions" / "0002_bad.py").write_text(
        'from alembic import op\nrevision, down_revision = "0002", "0001"\n\n\n'
        'def upgrade():\n    op.execute("create table parcels (id int)")\n',
        "utf-8",
    )
    capsys.readouterr()
    with pytest.raises(AlembicFailed, match='alembic upgrade did not work: relation "parcels" already exists'):
        alembic("upgrade head")
    assert "Traceback" not in capsys.readouterr().out


def test_postgresql_is_heard_through_the_sql_that_comes_after_it(project: Path) -> None:
    statement = "create table\n  parcels\n  (id int)\n-- the end\nof it"
    (project / "migrations" / "versions" / "0002_bad.py").write_text(
        'from alembic import op\nrevision, down_revision = "0002", "0001"\n\n\n'
        f"def upgrade():\n    op.execute({statement!r})\n",
        "utf-8",
    )
    with pytest.raises(AlembicFailed, match='did not work: syntax error at or near "of"'):
        alembic("upgrade head")


@pytest.mark.parametrize(
    ("spoil", "line", "words"),
    [
        ("", "init migrations", "It was made before, and stays: go on with migrations/env.py."),
        ("0000", "upgrade head", "A down_revision names a revision that is not there: correct it."),
        ("0002", "upgrade head", "Following down_revision leads back to where it began"),
        ("0001", "revision --autogenerate -m x", "has not seen all revisions .*: first %alembic upgrade head."),
        ("0001", "upgrade 0007", "No file in migrations/versions/ has that number"),
    ],
)
def test_what_to_do_about_alembics_words(project: Path, spoil: str, line: str, words: str) -> None:
    if spoil:
        (project / "migrations" / "versions" / "0002_bad.py").write_text(
            f'revision, down_revision = "0002", "{spoil}"\n', "utf-8"
        )
    with pytest.raises(AlembicFailed, match=words):
        alembic(line)


def test_the_example_of_alembic_init_is_told_as_such(project: Path) -> None:
    env = project / "migrations" / "env.py"
    env.write_text(ENV.replace('os.environ["DATABASE_URL"]', '"driver://user:pass@here/db"'), "utf-8")
    with pytest.raises(AlembicFailed, match=r"let migrations/env\.py take the URL from the settings"):
        alembic("upgrade head")


@pytest.mark.parametrize("number", ["--rev-id 0001", "--rev-id=0001"])
def test_a_revision_is_never_written_over(project: Path, number: str) -> None:
    first = project / "migrations" / "versions" / "0001_parcels.py"
    before = first.read_text("utf-8")
    with pytest.raises(AlembicFailed, match=r"There is a revision 0001 already, .*, and it stays"):
        alembic(f'revision --autogenerate {number} -m "parcels"')
    assert first.read_text("utf-8") == before


def test_an_empty_revision_is_taken_back(project: Path) -> None:
    with pytest.raises(AlembicFailed, match=r"no difference .*, so 0002_weight\.py would be empty: it is taken back"):
        alembic('revision --autogenerate --rev-id 0002 -m "weight"')
    assert [path.name for path in (project / "migrations" / "versions").glob("*.py")] == ["0001_parcels.py"]


def test_a_build_keeps_the_stamp(project: Path, query: Query) -> None:
    build_schema()
    assert query("select version_num from alembic_version") == [("0001",)]
    assert query("select nspname from pg_namespace where nspname = 'workshop_aside'") == []


def test_rows_survive_a_migration_and_the_next_start(
    project: Path, query: Query, capsys: pytest.CaptureFixture[str]
) -> None:
    query("insert into parcels default values")
    models = project / "models" / "base.py"
    models.write_text(models.read_text("utf-8") + WEIGHT, "utf-8")
    alembic('revision --autogenerate --rev-id 0002 -m "weight"')
    alembic("upgrade head")
    start_step(2)
    assert query("select id, weight from parcels") == [(1, None)]
    assert "Built" not in capsys.readouterr().out.partition("0002")[2]


def test_a_stamped_database_is_left_to_alembic(project: Path, query: Query, capsys: pytest.CaptureFixture[str]) -> None:
    query("insert into parcels default values")
    models = project / "models" / "base.py"
    models.write_text(models.read_text("utf-8") + WEIGHT, "utf-8")
    start_step(2)
    assert query("select id from parcels") == [(1,)]
    assert "at revision 0001, and your files say something else by now" in capsys.readouterr().out


def test_a_table_of_that_name_that_is_not_alembics_is_no_stamp(project: Path, query: Query) -> None:
    query("drop table alembic_version; create table alembic_version (said text)")
    build_schema()
    assert query("select to_regclass('alembic_version') is null") == [(True,)]


def test_the_checks_say_that_the_next_revision_is_due(project: Path) -> None:
    models = project / "models" / "base.py"
    models.write_text(models.read_text("utf-8") + WEIGHT, "utf-8")
    assert "run %alembic upgrade head where it is written, then check again" in check_step(2).outdated
    alembic('revision --autogenerate --rev-id 0002 -m "weight"')
    assert check_step(2).outdated
    alembic("upgrade head")
    assert check_step(2).outdated == ""
