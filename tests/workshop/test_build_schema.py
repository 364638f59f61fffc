"""`build_schema()`: the database holds exactly what the project's files say, or is as it was before."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import pytest

from tests.conftest import drop_database
from workshop import postgres, schema
from workshop.postgres import Mark, read_mark
from workshop.project import fingerprint

TABLES = "select string_agg(tablename, ' ' order by tablename) from pg_tables where schemaname = 'public'"


@pytest.fixture
def built(shop, database, query):
    """The shop's schema, with three rows."""
    shop.run("build_schema()")
    query("insert into users values (1, 'a'), (2, 'b'); insert into categories values (1, null)")
    return shop


def mark_of(database: str) -> Mark | None:
    with closing(postgres.connect(database, "tests")) as connection:
        return read_mark(connection)


def test_it_makes_what_the_files_say_and_marks_the_database(shop, database, query):
    built = shop.run("build_schema()")
    assert str(built) == "Built 3 tables: users, categories, products."
    assert built.tables == ("users", "categories", "products")
    assert query(TABLES) == [("categories products users",)]
    assert mark_of(database) == Mark(fingerprint())


def test_a_notebook_shows_it_as_a_sentence(shop, database):
    shop.run("build_schema()")
    assert shop.printed.splitlines()[-1].endswith("Built 3 tables: users, categories, products.")


def test_nothing_else_stays_and_the_rows_are_counted(built, query):
    query(
        "create schema extra; create table extra.t (); create view v as select 1; create type mood as enum ('ok');"
        "create function f() returns int return 1; create extension citext; create table public.leftover (x int);"
        "insert into leftover select generate_series(1, 2000)"
    )
    again = built.run("build_schema()")
    assert str(again).endswith(" The 2,003 rows of the old tables went with them.")
    assert query(TABLES) == [("categories products users",)]
    assert query("select count(*) from users") == [(0,)]
    gone = "select to_regnamespace('extra'), to_regclass('v'), to_regtype('mood'), to_regproc('f')"
    assert query(gone) == [4 * (None,)]
    assert query("select extname from pg_extension where extname = 'citext'") == []


def test_the_public_schema_is_as_in_a_new_database(shop, database, query):
    state = "select nspowner::regrole::text, nspacl::text from pg_namespace where nspname = 'public'"
    before = query(state)
    shop.run("build_schema()")
    assert query(state) == before


def test_sql_files_run_as_they_are_around_the_models(shop, database, query):
    shop.save("schemas/00_types.sql", "create extension citext;\ncreate schema extra;\n")
    shop.save(
        "schemas/05_functions.sql",
        "create function extra.words() returns text language plpgsql as $body$\n"
        "begin\n  return '100% :a {b} $1 \\';\nend $body$;\ncreate index on users (email);\n",
    )
    shop.save("schemas/06_view.sql", "create view extra.all_words as select extra.words() as words, u.id from users u;")
    built = shop.run("build_schema()")
    assert built.tables == ("users", "categories", "products")
    assert query("select extra.words()") == [("100% :a {b} $1 \\",)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("create index on users (email);\n\ncreate tabel x ();", "     3 | create tabel x ();", 'at or near "tabel"'),
        ("-- ü\nselect * from nothing;", "     2 | select * from nothing;", 'relation "nothing" does not exist'),
        (
            "create function f() returns int language plpgsql as $$\nbegin\n  retrun 1;\nend $$;",
            "     3 |   retrun 1;",
            'at or near "retrun"',
        ),
        ("insert into users values (1, 'a');\ninsert into users values (1, 'b');", None, "duplicate key value"),
        ("create table t ();\ncommit;", None, "begin, commit or rollback of its own"),
        ("begin;\ncreate table t ();", None, "begin, commit or rollback of its own"),
        ("rollback;", None, "begin, commit or rollback of its own"),
        ("do $$ begin commit; end $$;", None, "begin, commit or rollback of its own"),
        ("create index concurrently on users (email);", None, "CREATE INDEX CONCURRENTLY cannot run inside a trans"),
        ("vacuum users;", None, "VACUUM cannot"),
    ],
)
def test_an_sql_file_that_fails_leaves_schema_and_rows(built, query, database, text, line, words):
    before = mark_of(database)
    built.save("schemas/05_own.sql", text)
    message = built.refuse("build_schema()")
    place = f"schemas/05_own.sql, line {line.split()[0]}" if line else "schemas/05_own.sql"
    assert message.startswith(f"The schema is not built, because of {place}.")
    assert line is None or line in message.splitlines()
    assert words in message
    assert message.endswith("The old schema and its rows stay.")
    assert query("select count(*) from users") == [(2,)]
    assert query(TABLES) == [("categories products users",)]
    assert mark_of(database) == before


def test_an_sql_file_in_another_encoding_is_one_sentence(built, project, query):
    (project / "schemas").mkdir()
    (project / "schemas/05_own.sql").write_bytes(b"-- \xe4\n")
    assert "because of schemas/05_own.sql" in built.refuse("build_schema()")
    assert query("select count(*) from users") == [(2,)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("unique=True)\n", "unique=True)\n    x = Column(ForeignKey('no.id'))\n", "users.x points to a table no,"),
        ("String(100)", "String(100), server_default=text('nope()')", "function nope() does not exist"),
        ("unique=True)\n", "unique=True)\n    x = Column('x')\n", "The column users.x has no type."),
        (
            "unique=True)\n",
            "unique=True)\n    __table_args__ = (CheckConstraint('emial > 1'),)\n",
            "It was told: CHECK (emial > 1)",
        ),
    ],
)
def test_models_that_postgresql_refuses_leave_schema_and_rows(built, core, query, old, new, words):
    text = core.replace("import ForeignKey", "import CheckConstraint, Column, ForeignKey, text").replace(old, new, 1)
    built.save("models/core.py", text)
    message = built.refuse("build_schema()")
    assert message.startswith("The schema is not built, because of models/core.py")
    assert words in message
    assert query("select count(*) from users") == [(2,)]


def test_a_file_broken_outside_of_the_notebook_leaves_schema_and_rows(built, core, project, query):
    (project / "models/core.py").write_text(core + "\nnope()\n", "utf-8")
    message = built.refuse("build_schema()")
    line = len(core.splitlines()) + 2
    assert message.startswith(f"The schema is not built, because of models/core.py, line {line}.")
    assert f"    {line} | nope()" in message.splitlines()
    assert query("select count(*) from users") == [(2,)]


def test_a_deferred_constraint_counts_before_the_build_is_over(built, query):
    built.save(
        "schemas/05_own.sql",
        "create table a (id int primary key);\n"
        "create table b (a int references a deferrable initially deferred);\ninsert into b values (1);\n",
    )
    assert 'violates foreign key constraint "b_a_fkey"' in built.refuse("build_schema()")
    assert query("select count(*) from users") == [(2,)]


def test_an_open_transaction_elsewhere_is_named(built, database, query, monkeypatch):
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", 1)
    with closing(postgres.connect(database, "02_core_entities.ipynb")) as other:
        with other.cursor() as cursor:
            cursor.execute("select * from users")
        message = built.refuse("build_schema()")
        assert f'The connection "02_core_entities.ipynb" (process {other.info.backend_pid}) has left a' in message
        assert query("select count(*) from users") == [(2,)]
        other.rollback()
        assert str(built.run("build_schema()")).startswith("Built 3 tables")


def test_a_database_without_the_mark_needs_a_word(shop, server, database, query):
    query("create table precious (id int); insert into precious values (1)")
    query(f"comment on database {database.rpartition('/')[2]} is 'our books'")
    message = shop.refuse("build_schema()")
    assert "is not the workshop's own" in message
    assert "replace=True" in message
    assert query("select count(*) from precious") == [(1,)]
    assert str(shop.run("build_schema(replace=True)")).endswith("The one row of the old tables went with them.")


def test_another_database_can_be_built(shop, server, database, query):
    name = f"{database.rpartition('/')[2]}_copy"
    with closing(postgres.connect(server.url, "tests")) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"create database {name}")
        other = f"{database.rpartition('/')[0]}/{name}"
        try:
            shop.shell.user_ns["other"] = other
            assert "not the workshop's own" in shop.refuse("build_schema(other)")
            assert str(shop.run("build_schema(other, replace=True)")).startswith("Built 3 tables")
            assert query(TABLES) == [(None,)]
        finally:
            drop_database(server.url, name)


def test_without_any_file_there_is_a_sentence(notebook, database):
    assert "There is nothing to build yet" in notebook.refuse("build_schema()")


def test_without_a_postgresql_there_is_a_sentence(shop):
    assert "start_step(n)" in shop.refuse("build_schema()")


def test_the_older_style_and_plain_tables_are_built(notebook, database):
    notebook.save(
        "models/core.py",
        "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n\n"
        "Base = declarative_base()\n\n\nclass User(Base):\n    __tablename__ = 'users'\n"
        "    id = Column(Integer, primary_key=True)\n",
    )
    notebook.save(
        "models/tables.py",
        "from sqlalchemy import Column, Enum, Integer, MetaData, Table\n\nmetadata = MetaData()\n"
        "stock = Table('stock', metadata, Column('id', Integer), Column('kind', Enum('a', 'b', name='kind')))\n",
    )
    for _ in range(2):  # an enum type from the first build is in nobody's way
        assert set(notebook.run("build_schema()").tables) == {"users", "stock"}


def test_alembic_finds_no_difference_after_a_build(shop, database, project):
    shop.run("build_schema()")
    program = (
        "import os, sqlalchemy\n"
        "from alembic.autogenerate import compare_metadata\nfrom alembic.migration import MigrationContext\n"
        "from models import Base\n"
        "with sqlalchemy.create_engine(os.environ['DATABASE_URL']).connect() as connection:\n"
        "    print(compare_metadata(MigrationContext.configure(connection), Base.metadata))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_build_and_report_tell_of_a_text_that_was_not_saved(built, core):
    said = "our latest text of models/core.py was not saved: run its cell to see why."
    built.run("from checks import check_step")
    built.refuse_file("models/core.py", core.replace("String(", "Strong("))
    assert said in str(built.run("build_schema()"))
    assert said in str(built.run("check_step(2)"))
    built.save("models/core.py", core)
    assert said not in str(built.run("build_schema()"))
    assert said not in str(built.run("check_step(2)"))


def test_the_report_says_when_the_files_are_newer_than_the_database(built):
    said = "Your files have changed since the database was built"
    built.run("from checks import check_step")
    assert said not in str(built.run("check_step(2)"))
    built.shell.run_cell_magic("project_file", "schemas/99_later.sql", "create table later (id int)")
    report = built.run("check_step(2)")
    assert said in str(report) and said in report.to_html()
    built.run("build_schema()")
    assert said not in str(built.run("check_step(2)"))
