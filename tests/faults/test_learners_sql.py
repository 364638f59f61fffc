"""Whatever a learner's SQL does, a check gives a report or one sentence, leaves all as it was, and works again."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from checks.report import Report
from checks.session import transaction
from tests.checks.conftest import reference_sql
from tests.conftest import drop_database
from tests.faults.conftest import FIRST, LAST, ROWS, Outcome, tried
from workshop import postgres
from workshop.errors import WorkshopError
from workshop.postgres.connection import Address

Holds = Callable[[], list[Outcome]]


def trigger(body: str, table: str = "users", when: str = "before insert or update") -> str:
    """A trigger for each row of a table that does that, in PL/pgSQL."""
    return (
        f"create function attack() returns trigger language plpgsql as $attack$ begin {body}; return new; end $attack$;"
        f"create trigger attack {when} on {table} for each row execute function attack();"
    )


LONG = "n" * 63

#: What a learner may come to run, by what it is.
ATTACKS = {
    "a trigger sleeps for a moment": trigger("perform pg_sleep(0.02)"),
    "a trigger calls itself for ever": trigger("update users set first_name = 'again'"),
    "a trigger raises": trigger("raise exception 'no'"),
    "a trigger raises with percent signs and braces": trigger("raise exception '%% {0} %%s'"),
    "a trigger raises a lock time-out": trigger("raise exception 'no' using errcode = '55P03'"),
    "a trigger raises a cancel": trigger("raise exception 'no' using errcode = '57014'"),
    "a trigger raises a lost connection": trigger("raise exception 'no' using errcode = '08006'"),
    "a trigger fails an assertion": trigger("assert false, 'never'"),
    "a trigger deletes everything": trigger("delete from products; delete from categories; delete from users"),
    "a trigger truncates": trigger("truncate users, products, orders cascade", "categories", "after insert"),
    "a trigger writes to other tables": trigger(
        "insert into categories (name) select md5(random()::text); update products set price = price + 1"
    ),
    "a trigger drops a table": trigger("drop table if exists products cascade"),
    "a trigger makes a table": trigger("execute format('create table t%s ()', (random() * 1e9)::int)"),
    "a trigger changes search_path": trigger("set search_path = nowhere"),
    "a trigger sets search_path for the session": trigger("perform set_config('search_path', 'nowhere', false)"),
    "a trigger changes session_replication_role": trigger("set session_replication_role = replica"),
    "a trigger lifts the time-outs": trigger("set statement_timeout = 0; set lock_timeout = 0"),
    "a trigger sets short time-outs": trigger("set statement_timeout = 100; set lock_timeout = 1"),
    "a trigger makes the transaction read only": trigger("set transaction_read_only = on"),
    "a trigger changes the role": trigger("set role pg_monitor"),
    "a trigger defers constraints": trigger("set constraints all deferred"),
    "a trigger changes how dates and numbers read": trigger(
        "set datestyle = 'German'; set timezone = 'Asia/Kathmandu'; set extra_float_digits = -15"
    ),
    "a trigger changes quoting": trigger("set standard_conforming_strings = off"),
    "a trigger changes the encoding": trigger("set client_encoding = 'LATIN1'"),
    "a trigger takes an advisory lock": trigger("perform pg_advisory_lock(1)"),
    "a trigger notifies": trigger("notify shop"),
    "a trigger sends notices": trigger("raise warning 'one'; raise notice 'two'; raise info 'three'"),
    "a trigger keeps large objects": trigger("perform lo_create(0)"),
    "a trigger draws from sequences": trigger("perform nextval('users_id_seq'), nextval('products_id_seq')"),
    "a trigger sets a sequence": trigger("perform setval('products_id_seq', 1000)"),
    "a trigger kills its own connection": trigger("perform pg_terminate_backend(pg_backend_pid())"),
    "a trigger cancels itself": trigger("perform pg_cancel_backend(pg_backend_pid()), pg_sleep(1)"),
    "a trigger loses every row": trigger("return null"),
    "a trigger returns another row": trigger("new.id = 7; new.email = 'same'"),
    "a trigger writes on a delete": trigger("insert into categories (name) values ('x')", when="after delete"),
    "a trigger changes the database's settings": trigger(
        "execute format('alter database %I set work_mem = 64', current_database())"
    ),
    "a rule does nothing": "create rule quiet as on insert to users do instead nothing",
    "a rule does something else": (
        "create rule twist as on insert to products do instead insert into categories (name) values ('twist')"
    ),
    "a rule does more": "create rule more as on update to users do also delete from products",
    "a rule goes round in circles": (
        "create rule round as on insert to users do instead"
        " insert into users (email) values ('round') returning users.*"
    ),
    "a table is a view": "alter table users rename to people; create view users as select * from people",
    "row security without a policy": "alter table users enable row level security, force row level security",
    "row security that hides": (
        "alter table products enable row level security, force row level security;"
        "create policy hide on products using (false) with check (true)"
    ),
    "row security that fails": (
        "alter table users enable row level security, force row level security;"
        "create policy fail on users for insert with check (1 / (id - id) = 1)"
    ),
    "a generated column": "alter table users add initials text generated always as (left(first_name, 1)) stored",
    "a generated column that fails": (
        "delete from product_variants; delete from products;"
        "alter table products add broken int generated always as (1 / (price - price)::int) stored"
    ),
    "a default that fails": (
        "alter table users add broken int; alter table users alter broken set default (1 / length(repeat('', 1)))"
    ),
    "a default that raises": (
        "create function boom() returns int language plpgsql as $$ begin raise 'boom'; end $$;"
        "alter table users add broken int; alter table users alter broken set default boom()"
    ),
    "a check that never holds": "alter table users add check (false) not valid",
    "a check that sleeps": (
        "create function slow(bigint) returns bool language plpgsql as"
        " $$ begin perform pg_sleep(0.01); return true; end $$; alter table users add check (slow(id))"
    ),
    "a check that reads tables": (
        "create function many() returns bool language sql as 'select count(*) < 30 from users';"
        "alter table products add check (many())"
    ),
    "an index over a function that raises": (
        "create function boom(bigint) returns bigint language plpgsql immutable as"
        " $$ begin if $1 > 100 then raise 'boom'; end if; return $1; end $$; create index on users (boom(id))"
    ),
    "a domain that refuses": "create domain odd as text check (value !~ '.'); alter table users add odd odd not null"
    " default ''",
    "a composite type": "create type pair as (a int, b text); alter table users add pair pair",
    "a column of a type of no values": "create type nothing as enum (); alter table users add nothing nothing",
    "a required column of a type of no values": (
        "truncate users cascade; create type nothing as enum (); alter table users add nothing nothing not null"
    ),
    "a required column of an odd type": (
        "truncate users cascade; alter table users add a pg_lsn not null, add b tsquery not null,"
        " add c polygon not null, add d bit varying not null, add e regclass not null, add f xid8 not null"
    ),
    "1,500 columns": (
        "do $$ begin execute 'alter table users ' || (select string_agg('add c' || i || ' int', ',')"
        " from generate_series(1, 1500) i); end $$"
    ),
    "names with quotes": '''alter table users add "it's" text, add "say ""hi""" text, add "back\\slash" text''',
    "names with spaces": 'alter table users add "with space" text, add " " text, add "new\nline" text',
    "names with emoji": "alter table users add \"☕️🫖\" text not null default '🍵'",
    "names that are keywords": 'alter table users add "select" text, add "table" text, add "user" text, add "end" text',
    "names with percent signs and braces": 'alter table users add "%s" text, add "%(id)s" text, add "{0}" text'
    ', add "100%" text, add ":x" text, add "$1" text',
    "names of 63 characters": f"alter table users add {LONG} text; alter table users add constraint {LONG[:-1]}x"
    f" check (length({LONG}) > 0)",
    "names of the system's columns in another case": 'alter table users add "CTID" text, add "XMIN" text',
    "a table named like a catalog": "create table pg_class_ (id int); create table information_schema_ (id int)",
    "tables of several schemas": (
        'create schema a; create table a.users (id int); create schema "B b"; create table "B b".products (x text)'
    ),
    "every table in another schema": 'alter schema public rename to "Mina\'s shop"',
    "a dropped schema": "drop schema public cascade",
    "no tables but a type of that name": "drop table users cascade; create type users as (id int)",
    "a sequence of that name": "drop table users cascade; create sequence users",
    "a materialized view of that name": (
        "drop table users cascade; create materialized view users as select 1 as id, 'a'::text as email"
    ),
    "a table without columns": "drop table users cascade; create table users ()",
    "an unlogged table": "create unlogged table logs (id int)",
    "a table that inherits": "create table vips (level int) inherits (users)",
    "a partitioned table without partitions": (
        "drop table users cascade;"
        "create table users (id int, email text, first_name text, last_name text, password_hash text)"
        " partition by range (id)"
    ),
    "a circle of foreign keys": (
        "alter table users add favourite int not null default 1 references products deferrable initially deferred;"
        "alter table products add fan int references users deferrable initially deferred"
    ),
    "triggers that are off": "alter table users disable trigger user",
    "a comment of 1 MB": "do $$ begin execute format('comment on table users is %L', repeat('x', 1000000)); end $$",
    "a function of 1 MB": (
        "do $$ begin execute format('create function big() returns text language sql as %L',"
        " 'select ' || quote_literal(repeat('users ', 160000))); end $$"
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_check_holds_its_ground(shop: None, playground: Connection, holds: Holds, attack: str) -> None:
    with playground.cursor() as cursor:
        cursor.execute(attack)
    holds()


#: Things of a learner's own that stand in front of PostgreSQL's, once the search path says so.
SHADOWS = {
    "a type named text": "create type evil.text as (a int)",
    "a type named int4": "create domain evil.int4 as pg_catalog.int4 check (value > 1000)",
    "a function lower()": "create function evil.lower(text) returns text language sql as $$ select 'gone' $$",
    "a function that raises": (
        "create function evil.lower(text) returns text language plpgsql as $$ begin raise 'shadow'; end $$;"
        "create function evil.current_setting(text) returns text language plpgsql as $$ begin raise 'shadow'; end $$;"
        "create function evil.left(text, int) returns text language plpgsql as $$ begin raise 'shadow'; end $$"
    ),
    "an operator = for names": (
        "create function evil.never(name, name) returns bool language sql as 'select false';"
        "create operator evil.= (leftarg = name, rightarg = name, function = evil.never)"
    ),
    "operators = that delete": (
        "create function evil.wipe(oid, oid) returns bool language plpgsql as"
        " $$ begin delete from public.users; return true; end $$;"
        "create operator evil.= (leftarg = oid, rightarg = oid, function = evil.wipe)"
    ),
    "a table pg_class": "create table evil.pg_class (oid oid, relname name, relkind char)",
    "an aggregate json_agg": (
        "create function evil.json_agg_step(json, anyelement) returns json language sql as $$ select '[]'::json $$;"
        "create aggregate evil.json_agg(anyelement) (sfunc = evil.json_agg_step, stype = json)"
    ),
}


@pytest.mark.parametrize("shadow", SHADOWS.values(), ids=SHADOWS.keys())
def test_what_stands_in_front_of_postgresqls_own(shop: None, playground: Connection, holds: Holds, shadow: str) -> None:
    with playground.cursor() as cursor:
        cursor.execute("create schema evil; " + shadow)
        cursor.execute("alter database playground set search_path = evil, pg_catalog, public")
    first, last = holds()
    assert isinstance(first, Report) and isinstance(last, Report)
    assert first.passed and last.passed, f"{first}\n{last}"


@pytest.mark.parametrize(
    "setting",
    [
        "statement_timeout = 1",
        "lock_timeout = 1",
        "idle_in_transaction_session_timeout = 300",  # ms: long enough to begin with
        "transaction_timeout = 500",
        "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'",
        "session_replication_role = replica",
        "client_encoding = 'LATIN1'",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "row_security = off",
        "search_path = ''",
        "check_function_bodies = off",
        "constraint_exclusion = off",
        "work_mem = 64",
        "transform_null_equals = on",
        "quote_all_identifiers = on",
        "lc_messages = 'C'",
        "role = pg_monitor",
    ],
)
def test_settings_of_the_database_are_no_trap(
    shop: None, playground: Connection, holds: Holds, setting: str, as_superuser: Callable[[str], None]
) -> None:
    name = setting.partition(" ")[0]
    with playground.cursor() as cursor:
        cursor.execute("select count(*) from pg_settings where lower(name) = %s", (name,))
        if cursor.fetchone() == (0,) and name != "role":
            pytest.skip(f"this PostgreSQL has no setting {name}")
    as_superuser(f"alter database playground set {setting}")
    holds()


def test_five_thousand_tables(shop: None, playground: Connection, url: str) -> None:
    with playground.cursor() as cursor:
        for hundred in range(50):
            cursor.execute(";".join(f"create table many_{hundred}_{i} (id int)" for i in range(100)))
    assert all(tried(step, url).passed for step in (FIRST, LAST))  # type: ignore[union-attr]
    with playground.cursor() as cursor:
        cursor.execute("select count(*) from pg_class where relname like 'many%'")
        assert cursor.fetchone() == (5000,)
        # Not all at once: that would take more locks than there are.
        for hundred in range(50):
            cursor.execute(";".join(f"drop table many_{hundred}_{i}" for i in range(100)))


def test_a_million_rows(shop: None, playground: Connection, url: str) -> None:
    with playground.cursor() as cursor:
        cursor.execute(
            "alter table products disable trigger user;"
            "insert into products (name, price, sku, category_id)"
            " select 'Mug', 9, 'M' || i, 1 from generate_series(1, 1000000) i;"
            "alter table products enable trigger user"
        )
        cursor.execute("select count(*), max(id), sum(hashtext(p::text)::bigint) from products p")
        before = cursor.fetchone()
    reports = [tried(step, url) for step in (FIRST, LAST)]
    assert all(isinstance(report, Report) and report.passed for report in reports), reports
    with playground.cursor() as cursor:
        cursor.execute("select count(*), max(id), sum(hashtext(p::text)::bigint) from products p")
        assert cursor.fetchone() == before


EVENTS = {
    "one that raises on every statement of DDL": "begin raise 'no DDL today'; end",
    "one that drops things": "begin drop table if exists public.reviews cascade; end",
    "one that sleeps": "begin perform pg_sleep(0.05); end",
}


@pytest.mark.parametrize("body", EVENTS.values(), ids=EVENTS.keys())
def test_event_triggers(shop: None, holds: Holds, as_superuser: Callable[[str], None], body: str) -> None:
    as_superuser(
        f"create function public.event() returns event_trigger language plpgsql as $$ {body} $$;"
        "create event trigger event on ddl_command_start execute function public.event()"
    )
    try:
        holds()
    finally:
        as_superuser("drop event trigger event")


def test_a_trigger_that_takes_its_time_at_every_row(
    shop: None, playground: Connection, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "PATIENCE", 2)
    with playground.cursor() as cursor:
        cursor.execute(trigger("perform pg_sleep(0.4)"))
    assert "The checks were still at work after 2 seconds" in str(tried(FIRST, url))


def test_dates_that_python_has_no_room_for(shop: None, playground: Connection, holds: Holds) -> None:
    with playground.cursor() as cursor:
        cursor.execute(trigger("new.created_at = '20000-01-01'; new.updated_at = '-infinity'"))
    assert all(isinstance(outcome, Report) for outcome in holds())


# --- In the middle of a check ---------------------------------------------------------------------------------------


MEANWHILE = {
    "the schema is dropped": "drop schema public cascade",
    "all that is owned is dropped": "drop owned by workshop",
    "tables change their names": "alter table users rename to people; alter table categories rename to users",
    "a column changes its name": "alter table products rename column price to cost",
    "a table is emptied": "truncate users cascade",
    "a table is locked": "begin; lock table products in access exclusive mode",
    "rows change": "update products set price = price + 1; delete from product_variants",
    "the connection is ended": (
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'check_step'"
    ),
    "the statement is cancelled": (
        "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'check_step'"
    ),
}


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("attack", MEANWHILE.values(), ids=MEANWHILE.keys())
def test_in_the_middle_of_a_check(
    build: Callable[[str], None],
    playground: Connection,
    url: str,
    attack: str,
    moment: float,
) -> None:
    build(reference_sql(5) + ROWS + trigger("perform pg_sleep(0.01)"))
    with ThreadPoolExecutor() as aside, closing(postgres.connect(url, "an attacker")) as attacker:
        attacker.autocommit = True
        checking = aside.submit(tried, LAST, url)
        _wait_for_a_check(playground)
        time.sleep(moment)
        with attacker.cursor() as cursor, suppress(psycopg2.Error):
            cursor.execute("set lock_timeout = '3s'")
            for statement in attack.split("; "):
                cursor.execute(statement)
        outcome = checking.result()
    assert isinstance(outcome, Report | WorkshopError)
    build(reference_sql(5) + ROWS)
    assert tried(LAST, url).passed  # type: ignore[union-attr]


def test_the_database_is_dropped_in_the_middle_of_a_check(database: str, query: Callable[[str], object]) -> None:
    query(reference_sql(5) + ROWS + trigger("perform pg_sleep(0.01)"))
    name = Address.parse(database).database or ""
    with closing(postgres.connect(database, "tests")) as watching, ThreadPoolExecutor() as aside:
        watching.autocommit = True
        checking = aside.submit(tried, LAST, database)
        _wait_for_a_check(watching)
        watching.close()
        drop_database(Address.parse(database).at("postgres").url(), name)
        assert "The connection to PostgreSQL was lost in the middle of the check." in str(checking.result())
    assert f"There is no database {name}" in str(tried(FIRST, database))


def _wait_for_a_check(connection: Connection) -> None:
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute(
                "select count(*) from pg_stat_activity where application_name = 'check_step' and xact_start is not null"
            )
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.005)
