"""Whatever a learner's files hold, a build makes all of it or leaves all as it was, in a sentence, and works again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.checks.fingerprint import fingerprint
from tests.faults.conftest import assert_readable, assert_unchanged
from tests.workshop.conftest import BASE, CORE, Notebook
from workshop import build_schema, postgres
from workshop.errors import WorkshopError
from workshop.postgres.connection import Address

Query = Callable[..., list[tuple[Any, ...]]]

FIRST_ROW = "insert into categories values (1, null)"

SQL_FILES = {
    "drops the schema": "drop schema public cascade;",
    "drops what is owned": "drop owned by current_user;",
    "drops the database": "drop database ecommerce;",
    "drops its own tables": "drop table users, categories, products cascade;",
    "makes a schema of the system's": "create schema pg_mine;",
    "writes to the catalog": "delete from pg_catalog.pg_class;",
    "ends its own connection": "select pg_terminate_backend(pg_backend_pid());",
    "cancels itself": "select pg_cancel_backend(pg_backend_pid()); select pg_sleep(1);",
    "has a time-out": "set local statement_timeout = 1; select pg_sleep(1);",
    "changes settings": "set search_path = nowhere; set session_replication_role = replica; set datestyle = german;",
    "sets every later name elsewhere": "create schema elsewhere; set search_path = elsewhere; create table t ();",
    "is read only": "set transaction read only; create table t ();",
    "changes the role": "set role pg_monitor;",
    "changes its own password": "alter role workshop password 'x' valid until '2000-01-01';",
    "copies a file": "copy users from '/etc/passwd';",
    "runs a program": "copy users from program 'id';",
    "recurses": "create function r() returns int language sql as 'select 1';"
    "create or replace function r() returns int language sql as 'select r()'; select r();",
    "never closes a quote": "select 'oh;",
    "never closes a dollar quote": "do $$ begin",
    "closes our dollar quotes": "select 1; $$; commit; do $$ begin",
    "is a psql command": "\\d users",
    "is nothing but a comment": "-- nothing",
    "is only blanks": " \n\t\n",
    "has names of 63 characters": f"create table {'n' * 63} (id int); create table {'n' * 70} (id int);",
    "has emoji for names": 'create table "☕️ and 🫖" ("🍵" text);',
    "has quotes in names": '''create table "say ""it's""" ("a'b" text);''',
    "has percent signs and colons": """create table "100%s" (":a" text default '%(x)s {0} %%');""",
    "raises": "do $$ begin raise exception 'no %% {0}'; end $$;",
    "raises a lock time-out": "do $$ begin raise exception 'no' using errcode = '55P03'; end $$;",
    "divides by zero": "select 1 / 0;",
    "makes 2,000 tables": "do $$ begin for i in 1..2000 loop execute 'create table t' || i || '()'; end loop; end $$;",
    "breaks a deferred rule": (
        "alter table products add foreign key (id) references users deferrable initially deferred;"
        "insert into categories values (1, null); insert into products values (7, 1, 1);"
    ),
    "is 10 MB long": "-- " + "x" * 10_000_000 + "\ncreate table t ();",
    "has a byte order mark": "\ufeffcreate table t ();",
    "has Windows line ends": "create table t\r\n(\r\n);\r\n",
    "has a character 0": "create table t ();\0",
    "has half a character": b"-- \xc3",
    "is Latin-1": "comment on table users is 'Käufer';".encode("latin-1"),
    "is UTF-16": "create table t ();".encode("utf-16"),
    "is a picture": b"\x89PNG\r\n\x1a\n\x00\x00",
}

MODELS = {
    "leaves Python": "import sys; sys.exit(3)",
    "raises an interrupt": "raise KeyboardInterrupt",
    "recurses": "def f(): f()\nf()",
    "is not Python": "class",
    "is deep": "x = " + "(" * 300 + ")" * 300,
    "has no table for a key": "from models.base import Base\nimport sqlalchemy as sa\n"
    "t = sa.Table('t', Base.metadata, sa.Column('x', sa.ForeignKey('no.id')))",
    "makes a table twice": "from models.base import Base\nimport sqlalchemy as sa\n"
    "t = sa.Table('users', Base.metadata, sa.Column('x', sa.Integer))",
    "has an event that raises": "from models.base import Base\nimport sqlalchemy as sa\n"
    "@sa.event.listens_for(Base.metadata, 'before_create')\ndef boom(*_, **__): raise RuntimeError('boom')",
    "has a name of 70 characters": "from models.base import Base\nimport sqlalchemy as sa\n"
    f"t = sa.Table('{'n' * 70}', Base.metadata, sa.Column('x', sa.Integer))",
    "has odd names": "from models.base import Base\nimport sqlalchemy as sa\n"
    "t = sa.Table('select \"☕️\" % {} :x', Base.metadata, sa.Column('it\\'s %s', sa.Integer, primary_key=True))",
    "has a byte order mark": "\ufeffx = 1",
    "has Windows line ends": "x = 1\r\ny = 2\r\n",
    "has a character 0": "x = 1\0",
    "is Latin-1": "x = 'Käufer'".encode("latin-1"),
    "is empty": "",
    "is 10 MB long": "# " + "x" * 10_000_000,
    "takes a module's name": "import sys; sys.modules['models.base'] = None; raise ImportError('no')",
    "changes the folder": "import os; os.chdir('/')",
}


@pytest.fixture
def built(notebook: Notebook, database: str, project: Path, query: Query, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project folder of a shop that is built, with a row in it; a test may leave another current folder."""
    monkeypatch.chdir(Path.cwd())
    notebook.save("models/base.py", BASE)
    notebook.save("models/core.py", CORE)
    build_schema()
    query(FIRST_ROW)
    (project / "schemas").mkdir(exist_ok=True)
    return project


def _put(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _builds_or_stays(database: str, query: Query, bad: Path) -> None:
    with closing(postgres.connect(database, "tests")) as connection:
        connection.autocommit = True
        before = fingerprint(connection)
        try:
            build_schema()
        except WorkshopError as error:
            assert_readable(str(error))
            assert "stays" in str(error) or "stay." in str(error), error
            assert_unchanged(before, fingerprint(connection))
    bad.unlink()
    build_schema()
    query(FIRST_ROW)
    assert query("select count(*) from categories") == [(1,)]


@pytest.mark.parametrize("content", SQL_FILES.values(), ids=SQL_FILES.keys())
def test_an_sql_file_that(built: Path, database: str, query: Query, content: str | bytes) -> None:
    bad = built / "schemas/05_bad.sql"
    _put(bad, content)
    _builds_or_stays(database, query, bad)


@pytest.mark.parametrize("content", MODELS.values(), ids=MODELS.keys())
def test_a_file_of_models_that(built: Path, database: str, query: Query, content: str | bytes) -> None:
    bad = built / "models/zz_bad.py"
    _put(bad, content)
    _builds_or_stays(database, query, bad)


@pytest.mark.parametrize(
    "setting",
    ["default_transaction_read_only = on", "statement_timeout = 1", "search_path = pg_catalog", "work_mem = 64"],
)
def test_settings_of_the_database(built: Path, database: str, query: Query, setting: str) -> None:
    name = Address.parse(database).database
    with closing(postgres.connect(database, "tests")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"alter database {name} set {setting}")
        before = fingerprint(connection)
        try:
            build_schema()
        except WorkshopError as error:
            assert_readable(str(error))
            assert_unchanged(before, fingerprint(connection))
        with connection.cursor() as cursor:
            cursor.execute(f"alter database {name} reset all")
    build_schema()
    query(FIRST_ROW)
