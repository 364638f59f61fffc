"""`%sql`: what PostgreSQL does, without the traps of ipython-sql's defaults."""

from __future__ import annotations

import os

import pytest

from workshop import sql_magic


@pytest.fixture
def sql(notebook, database):
    """A notebook with `%sql` on a table of two rows."""
    sql_magic.register(notebook.shell, database)
    notebook.run("%%sql\ncreate table t (id int primary key, x text);\ninsert into t values (1, 'one'), (2, 'two')")
    return notebook


def test_rows_are_shown_as_a_table_and_as_a_data_frame(sql):
    rows = sql.run("%sql select * from t order by id")
    assert rows == [(1, "one"), (2, "two")]
    html = rows._repr_html_()
    assert "<th>x</th>" in html
    assert "<td>two</td>" in html
    assert list(rows.DataFrame().columns) == ["id", "x"]
    assert list(sql.run("%sql select * from t where false").DataFrame().columns) == ["id", "x"]
    sql.run("%sql kept << select x from t where id = 1")
    assert sql.run("kept") == [("one",)]


@pytest.mark.parametrize(("cell", "line"), [("%sql select * from nope", 1), ("%%sql\n\nselect * from nope", 3)])
def test_an_error_fails_the_cell_in_postgresqls_words(sql, cell, line):
    message = sql.refuse(cell)
    assert message.startswith(f'PostgreSQL says: relation "nope" does not exist\nLINE {line}: select * from nope')
    assert sql.run("%sql select 1 as one") == [(1,)]


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("select 'see :x, 10:30'", "see :x, 10:30"),
        ("select '10:30:15'::time::text", "10:30:15"),
        ("select '{1,2}'::int[]", [1, 2]),
        ("select '{{1,2},{3,4}}'::int[]", [[1, 2], [3, 4]]),
        ("""select '{"a":1}'::jsonb""", {"a": 1}),
        ("select (array[1,2,3])[1:2]", [1, 2]),
        ("select count(*) from t where x like '%o%'", 2),
        ("select 7 % 4", 3),
        ("select to_char(date '2026-01-02', 'DD:MM')", "02:01"),
        ("select 'it''s :y' -- :z it's", "it's :y"),
        ("select $a$ :b $$ $a$", " :b $$ "),
        ("select /* :c */ 1", 1),
        ('select 1 as ":d"', 1),
        ("select '$HOME {v}'", "$HOME {v}"),
    ],
)
@pytest.mark.parametrize("magic", ["%sql ", "%%sql\n"])
def test_sql_means_what_it_means_to_postgresql(sql, magic, statement, value):
    sql.run("v = 1")
    assert sql.run(magic + statement) == [(value,)]


def test_a_name_with_a_colon_is_a_variable_of_the_notebook(sql):
    sql.run("wanted = 2")
    assert sql.run("%sql select x from t where id = :wanted") == [("two",)]
    sql.run("def ask(number):\n    rows = %sql select x from t where id = :number\n    return rows")
    assert sql.run("ask(1)") == [("one",)]
    assert ":nothing stands for a variable" in sql.refuse("%sql select :nothing")


def test_a_transaction_lasts_from_begin_to_rollback(sql):
    sql.run("%%sql\nbegin;\ndelete from t;\nrollback;")
    sql.run("%sql begin")
    sql.run("%sql delete from t")
    assert sql.run("%sql select count(*) from t") == [(0,)]
    sql.run("%sql rollback")
    assert sql.run("%sql select count(*) from t") == [(2,)]
    sql.run("%%sql\nbegin;\ndelete from t where id = 1;\nsavepoint a;\ndelete from t;\nrollback to a;\ncommit;")
    assert sql.run("%sql select count(*) from t") == [(1,)]


def test_a_broken_transaction_says_how_to_end_it(sql):
    sql.run("%sql begin")
    assert "%sql rollback" in sql.refuse("%sql insert into t values (1)")
    assert "%sql rollback" in sql.refuse("%sql select 1")
    sql.run("%sql rollback")
    assert sql.run("%sql select count(*) from t") == [(2,)]


def test_a_statement_counts_at_once(sql, query):
    assert sql.run("%sql insert into t values (3, 'three')") is None
    assert query("select count(*) from t") == [(3,)]
    sql.run("%sql vacuum t")


def test_a_cell_with_an_error_changes_nothing(sql, query):
    sql.refuse("%%sql\ninsert into t values (3, 'three');\ninsert into nope values (1)")
    assert query("select count(*) from t") == [(2,)]


def test_functions_and_triggers_go_through(sql):
    sql.run(
        "%%sql\ncreate function f() returns trigger language plpgsql as $$\ndeclare y int := 1;\nbegin\n"
        "  new.x := 'set: ' || y; -- it's :new\n  return new;\nend $$;\n"
        "create trigger f before insert on t for each row execute function f();\n"
        "insert into t values (3, null) returning x"
    )
    assert sql.run("%sql select x from t where id = 3") == [("set: 1",)]


def test_load_ext_does_not_bring_the_traps_back(sql):
    sql.run("%load_ext sql")
    sql.refuse("%sql select * from nope")


def test_no_password_is_shown(sql, database, server):
    password = database.partition("//")[2].partition("@")[0].partition(":")[2]
    assert password
    shown = []
    for cell in ("%sql select 1", "%sql", "%sql --connections", "%sql $DATABASE_URL", f"%sql {database} select 1"):
        sql.run(cell)
        shown.append(sql.printed)
    shown.append(sql.refuse(f"%sql {database.replace(password, 'wrong' + password)} select 1"))
    assert not any(password in each for each in shown)


def test_what_gives_no_rows_says_what_was_done(sql):
    for statement, said in (
        ("insert into t values (7, 'x')", "INSERT 0 1"),
        ("update t set x = 'y' where id = -1", "UPDATE 0"),
        ("create table u ()", "CREATE TABLE"),
        ("begin", "BEGIN"),
        ("rollback", "ROLLBACK"),
    ):
        assert sql.run(f"%sql {statement}") is None
        assert sql.printed.strip() == said
    sql.run("kept = %sql select 1")
    assert sql.printed.strip() == ""


def test_its_connection_has_a_name(sql):
    name = sql.run("%sql select application_name from pg_stat_activity where pid = pg_backend_pid()")
    assert name == [(f"%sql in {os.environ['PGAPPNAME']}",)]


def test_a_lost_connection_is_one_sentence_and_comes_back(sql, query):
    assert "PostgreSQL broke off" in sql.refuse("%sql select pg_terminate_backend(pg_backend_pid())")
    assert sql.run("%sql select count(*) from t") == [(2,)]
    query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like '\\%sql in %'")
    assert sql.run("%sql select count(*) from t") == [(2,)]
    assert not sql.printed.startswith("Exception")


def test_persist_writes_a_data_frame(sql):
    sql.run("import pandas; frame = pandas.DataFrame({'a': [1, 2]})")
    sql.run("%sql --persist frame")
    assert sql.run("%sql select sum(a)::int from frame") == [(3,)]
