"""`build_indexes()`: the database gets the indexes of the files, and keeps its rows."""

from __future__ import annotations

from contextlib import closing

import pytest

from workshop import postgres
from workshop.postgres import Mark, read_mark
from workshop.project import fingerprint

INDEXES = "select indexname from pg_indexes where schemaname = 'public' and indexname !~ '^pk_|key|pkey' order by 1"
FILE = "schemas/06_indexes.sql"


@pytest.fixture
def filled(shop, database, query):
    """The shop's schema, with rows."""
    shop.run("build_schema()")
    query("insert into users select i, 'user' || i from generate_series(1, 100) i")
    return shop


def test_it_makes_what_is_missing_and_keeps_the_rows(filled, query):
    filled.save(FILE, "create index users_by_name on users (lower(email));")
    built = filled.run("build_indexes()")
    assert str(built) == "Made 1 index, on users. All rows stay."
    assert query(INDEXES) == [("users_by_name",)]
    assert query("select count(*) from users") == [(100,)]
    assert str(filled.run("build_indexes()")) == "The indexes are those of your files already. All rows stay."


def test_an_index_that_now_reads_otherwise_is_made_anew_and_one_that_is_gone_is_dropped(filled, query):
    filled.save(FILE, "create index a on users (email); create index b on products (price);")
    filled.run("build_indexes()")
    filled.save(FILE, "create index a on users (email, id desc); create index c on products (category_id);")
    built = filled.run("build_indexes()")
    assert str(built) == "Made 2 indexes, on users, products. Dropped 2 indexes, on users, products. All rows stay."
    assert query(INDEXES) == [("a",), ("c",)]
    assert "id DESC" in query("select indexdef from pg_indexes where indexname = 'a'")[0][0]


def test_indexes_of_the_models_count_as_well_and_odd_names_and_schemas_are_fine(filled, core, query):
    filled.save("schemas/00_extra.sql", 'create schema "My Shop";')
    filled.save("schemas/03_extra.sql", 'create table "My Shop"."Odd things" (x int);')
    filled.run("build_schema()")
    filled.save(FILE, 'create index "By X" on "My Shop"."Odd things" (x);')
    filled.save("models/core.py", core.replace("Numeric(10, 2), nullable", "Numeric(10, 2), index=True, nullable"))
    built = filled.run("build_indexes()")
    assert [index.name for index in built.made] == ["ix_products_price", '"My Shop"."By X"']
    assert str(built).startswith('Made 2 indexes, on products, "My Shop"."Odd things".')


def test_an_extension_that_an_index_needs_comes_along(filled, query):
    filled.save(
        FILE, "create extension pg_trgm; create index words on users using gin (email gin_trgm_ops) where id > 0;"
    )
    assert filled.run("build_indexes()").made[0].name == "words"
    assert str(filled.run("build_indexes()")).startswith("The indexes are those")


def test_what_it_made_is_what_the_files_say_so_the_next_step_builds_nothing(filled, database, query):
    filled.save(FILE, "create index a on users (email);")
    filled.run("build_indexes()")
    with closing(postgres.connect(database, "tests")) as connection:
        assert read_mark(connection) == Mark(fingerprint())
    filled.run("start_step(6)")
    assert query("select count(*) from users") == [(100,)]


@pytest.mark.parametrize(
    "more",
    [
        "create table parcels (id int);",
        "alter table users add check (id > 0);",
        "alter table users alter email type text;",
        "alter table users alter email set default 'a@b';",
        "create function f() returns int return 1;",
        "create type mood as enum ('ok');",
        "create view v as select 1 as x;",
        "create function f() returns trigger language plpgsql as 'begin return new; end';"
        "create trigger t before insert on users for each row execute function f();",
    ],
)
def test_when_the_files_say_more_nothing_changes(filled, query, more):
    filled.save(FILE, f"create index a on users (email); {more}")
    said = filled.refuse("build_indexes()")
    assert said.startswith("Your files say more than other indexes: ")
    assert "build_schema()" in said
    assert query(INDEXES) == []
    assert query("select count(*) from users") == [(100,)]


def test_an_index_that_the_rows_break_is_told_and_nothing_changes(filled, query):
    filled.save(FILE, "create index a on users (email); create unique index b on users (left(email, 4));")
    said = filled.refuse("build_indexes()")
    assert "could not create unique index" in said
    assert query(INDEXES) == []


def test_an_error_in_a_file_is_told_as_by_build_schema(filled, query):
    filled.save(FILE, "create index a on users (e_mail);")
    assert "schemas/06_indexes.sql" in filled.refuse("build_indexes()")
    assert query("select count(*) from users") == [(100,)]


def test_without_files_there_is_nothing_to_build(notebook, database):
    assert "nothing to build yet" in notebook.refuse("build_indexes()")
