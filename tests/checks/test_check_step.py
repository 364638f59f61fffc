"""check_step as learners and instructors meet it: what it takes, what it leaves alone, what it says when it can't."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from checks import check_step
from checks.grade import StepNotPassed
from checks.outcome import Outcome
from checks.report import Report
from tests.checks.conftest import DESIGNS, design_sql, reference_sql
from workshop import postgres
from workshop.errors import WorkshopError
from workshop.settings import ROOT

Build = Callable[[str], None]


@pytest.fixture
def other(url: str) -> Iterator[Connection]:
    """Somebody else's connection, not on autocommit."""
    with closing(postgres.connect(url, "a notebook of mine")) as connection:
        yield connection


def _by_rule(report: Report) -> dict[str, Any]:
    return {result.rule.id: result for result in report.results}


def test_importing_the_checks_loads_nothing_heavy() -> None:
    program = "import sys; from checks import check_step, copilot_prompt, hint; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"sqlalchemy", "psycopg2", "pydantic", "pandas", "IPython", "checks.contract", "checks.hints"}


def test_empty_database_is_not_attempted(build: Build, url: str) -> None:
    build("")
    report = check_step(2, database_url=url)
    assert {result.outcome for result in report.results} == {Outcome.NOT_ATTEMPTED}
    assert not report.passed
    assert "not attempted" in str(report)


def test_one_table_of_three_is_an_attempt(build: Build, url: str) -> None:
    build("create table categories (id int primary key, name text not null, parent_id int references categories)")
    report = check_step(2, database_url=url)
    results = _by_rule(report)
    assert results["users.exists"].outcome is Outcome.FAIL
    assert results["users.email-unique"].outcome is Outcome.SKIPPED
    assert results["categories.levels"].outcome is Outcome.PASS


@pytest.mark.parametrize("step", [0, 99, -1, "two", "2", None, 2.0, True])
def test_other_steps_are_answered_with_those_there_are(step: Any) -> None:
    with pytest.raises(WorkshopError, match=r"There is no step .* 1 \(Project setup\).* 2 \(Core entities\)"):
        check_step(step)


def test_strict_raises_with_the_report(build: Build, url: str) -> None:
    build(reference_sql(2) + "alter table users drop last_name")
    with pytest.raises(StepNotPassed, match="users has no column last_name"):
        check_step(2, strict=True, database_url=url)
    build(reference_sql(2))
    assert check_step(2, strict=True, database_url=url).passed


def test_an_earlier_step_that_broke_is_named_and_does_not_count(build: Build, url: str) -> None:
    build(reference_sql(4) + "alter table products drop constraint price_not_negative")
    report = check_step(4, database_url=url)
    assert report.passed
    [earlier] = report.earlier
    assert (earlier.step, earlier.passed) == (2, False)
    for text in (str(report), report.to_html()):
        assert "A price is never below zero (products.price). check_step(2) says more." in text
    build(reference_sql(4))
    assert check_step(4, database_url=url).earlier == ()


def test_an_earlier_step_that_was_left_out_is_named(build: Build, url: str) -> None:
    build(
        "create table users (id int primary key);"
        "create table orders (id int primary key, user_id int not null references users)"
    )
    report = check_step(4, database_url=url)
    assert [earlier.step for earlier in report.earlier] == [2, 3]
    assert "Step 3, Product catalog, is not there yet, and this one builds on it: catch_up(3)" in str(report)


def test_a_sequence_that_was_put_forward_goes_on_from_there(build: Build, url: str) -> None:
    build(
        reference_sql(3) + "insert into categories (name) values ('Mugs');"
        "insert into products (name, price, sku, category_id) values ('Green mug', 9, 'MUG', 1);"
        "insert into price_history (id, product_id, new_price) select i, 1, i from generate_series(1, 50) i;"
        "alter sequence price_history_id_seq restart with 51"
    )
    assert check_step(3, strict=True, database_url=url).passed


LOG = """
create table log (id bigserial primary key, what text);
insert into log (what) values ('first');
create function note() returns trigger language plpgsql
as $$ begin insert into log (what) values (tg_op); return null; end $$;
create trigger note after insert or update or delete on users for each row execute function note();
create trigger note after insert or update or delete on products for each statement execute function note();
"""

SNAPSHOT = """
select (select json_agg(u order by id) from users u), (select json_agg(c order by id) from categories c),
       (select json_agg(p order by id) from products p),
       (select json_agg(s order by sequencename) from pg_sequences s),
       (select json_agg(t order by tgname, tgrelid) from (select tgrelid, tgname, tgenabled from pg_trigger) t),
       (select json_agg(json_build_object('name', name, 'value', setting) order by name) from pg_settings
        where name in ('search_path', 'TimeZone', 'DateStyle', 'session_replication_role', 'lock_timeout'))
"""


@pytest.mark.parametrize(
    "breakage",
    [
        "",
        "alter table products drop constraint price_not_negative",
        "alter table users drop constraint users_email_key",
        LOG,
    ],
    ids=["passing", "failing", "failing on uniqueness", "with a log that triggers write"],
)
def test_nothing_changes(build: Build, url: str, playground: Connection, breakage: str) -> None:
    build(
        reference_sql(2)
        + """
        insert into users (email, password_hash, first_name, last_name)
        select 'a' || i, 'x', 'Ada', 'L' from generate_series(1, 5) i;
        insert into categories (name) values ('Books'), ('Music');
        insert into products (name, price, sku, category_id) values ('Atlas', 30, 'A-1', 1);
        """
        + breakage
    )
    with playground.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        before = cursor.fetchone()
        check_step(2, database_url=url)
        cursor.execute(SNAPSHOT)
        assert cursor.fetchone() == before
        cursor.execute(
            "select count(*) from pg_locks where pid <> pg_backend_pid()"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        assert cursor.fetchone() == (0,)


def test_a_held_lock_is_told_with_who_holds_it(build: Build, url: str, other: Connection) -> None:
    build(reference_sql(2))
    with other.cursor() as cursor:
        cursor.execute("insert into categories (name) values ('Books'); lock table users")
        with pytest.raises(WorkshopError, match=r"a notebook of mine.*Commit or roll back") as told:
            check_step(2, database_url=url)
    assert "\n" not in str(told.value)


def test_tables_in_an_uncommitted_transaction_are_mentioned(build: Build, url: str, other: Connection) -> None:
    build("")
    with other.cursor() as cursor:
        cursor.execute(reference_sql(2))
        result = _by_rule(check_step(2, database_url=url))["users.exists"]
    assert result.outcome is Outcome.FAIL
    assert "a notebook of mine" in result.happened
    assert "commit" in result.next


def test_a_trigger_without_end_is_told(build: Build, url: str) -> None:
    build(
        reference_sql(2)
        + "create function dawdle() returns trigger language plpgsql as $$ begin loop end loop; end $$;"
        " create trigger dawdle before insert on users for each row execute function dawdle()"
    )
    with pytest.raises(WorkshopError, match=r"still at work after 5s on: insert into users.*never comes to an end"):
        check_step(2, database_url=url)


#: Refuses every row as well, but nobody can know that without seeing into the future.
CLOSED_AT_NIGHT = """
create function closed() returns trigger language plpgsql
as $$ begin if now() > '2000-01-01' then raise 'closed today'; end if; return new; end $$;
"""


def test_a_table_that_takes_no_row_of_ours_is_told_and_not_held_against_the_learner(build: Build, url: str) -> None:
    build(
        reference_sql(2)
        + CLOSED_AT_NIGHT
        + "create trigger closed before insert on users for each row execute function closed()"
    )
    report = check_step(2, database_url=url)
    result = _by_rule(report)["users.email-unique"]
    assert result.outcome is Outcome.CANT_TELL
    assert "closed today" in result.happened
    assert result.table == "users"
    assert report.out_of < len([r for r in report.results if r.rule.level == "must"])
    assert report.passed, str(report)


def test_a_table_that_provably_takes_no_row_is_turned_down_once(build: Build, url: str) -> None:
    build(
        reference_sql(2)
        + "create function closed() returns trigger language plpgsql as $$ begin raise 'closed today'; end $$;"
        " create trigger closed before insert on users for each row execute function closed()"
    )
    report = check_step(2, database_url=url)
    assert not report.passed
    assert [result.rule.id for result in report.results if result.outcome is Outcome.FAIL] == ["users.exists"]
    assert not [result for result in report.results if result.outcome is Outcome.CANT_TELL]


def test_a_trigger_closes_partitions_only_where_it_is_on_in_each(
    build: Build, url: str, playground: Connection
) -> None:
    build(
        design_sql(DESIGNS / "triggers_and_partitions.sql")
        + "create function closed() returns trigger language plpgsql as $$ begin return null; end $$;"
        " create trigger closed before insert on products for each row execute function closed()"
    )
    result = _by_rule(check_step(2, database_url=url))["products.exists"]
    assert result.outcome is Outcome.FAIL
    assert "drops every row" in result.happened
    with playground.cursor() as cursor:
        cursor.execute("alter table products_1 disable trigger closed")
    assert check_step(2, database_url=url).passed


def test_row_security_for_another_role_is_that_roles_business(build: Build, url: str) -> None:
    build(
        reference_sql(2) + "alter table users enable row level security, force row level security;"
        "create policy shop on users to pg_monitor using (true)"
    )
    report = check_step(2, database_url=url)
    assert _by_rule(report)["users.exists"].outcome is Outcome.PASS
    assert _by_rule(report)["users.email-unique"].outcome is Outcome.CANT_TELL
    assert report.passed, str(report)


def test_a_broken_trigger_of_the_learner_is_not_taken_for_a_rule(build: Build, url: str) -> None:
    build(
        reference_sql(2) + "alter table products drop constraint price_not_negative;"
        "create function broken() returns trigger language plpgsql as $$"
        " begin if new.price < 0 then perform no_such_function(); end if; return new; end $$;"
        " create trigger broken before insert or update on products for each row execute function broken()"
    )
    result = _by_rule(check_step(2, database_url=url))["products.price-not-negative"]
    assert result.outcome is Outcome.CANT_TELL
    assert "no_such_function" in result.happened


# -- names ---------------------------------------------------------------------------------------------------------


def test_a_role_map_gives_the_parts_their_names(build: Build, url: str, tmp_path: Path) -> None:
    build(
        reference_sql(2)
        + "create schema people; alter table users set schema people; alter table people.users rename to members;"
        "alter table people.members rename email to contact"
    )
    names = tmp_path / "names.toml"
    names.write_text('[tables]\nusers = "people.members"\n[columns]\nusers.email = "contact"\n')
    report = check_step(2, database_url=url, names=names)
    assert report.passed, str(report)
    assert not check_step(2, database_url=url).passed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tables", "not valid TOML"),
        ('[tables]\nuser = "x"', "user, which is no part of the exercise. Did you mean users?"),
        ('[columns]\n"users.mail" = "x"', "users.mail, which is no part"),
        ("[tables]\nusers = 3", "must be text in quotes"),
        ('[table]\nusers = "members"', "has a section [table]: name it [tables]."),
    ],
)
def test_a_bad_role_map_is_one_sentence(url: str, tmp_path: Path, text: str, says: str) -> None:
    names = tmp_path / "names.toml"
    names.write_text(text)
    with pytest.raises(WorkshopError) as told:
        check_step(2, database_url=url, names=names)
    assert says in str(told.value)


def test_a_missing_role_map_is_one_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match=r"nowhere\.toml can't be read"):
        check_step(2, database_url=url, names=tmp_path / "nowhere.toml")


def test_a_declared_table_that_is_not_there_is_told(build: Build, url: str, tmp_path: Path) -> None:
    build(reference_sql(2))
    names = tmp_path / "names.toml"
    names.write_text('[tables]\nusers = "members"')
    result = _by_rule(check_step(2, database_url=url, names=names))["users.exists"]
    assert "members" in result.happened
    assert "role map" in result.happened


def test_what_comes_first_is_told_before_a_step_is_begun(build: Build, url: str) -> None:
    build("create schema own")
    report = check_step(4, database_url=url)
    assert not report.attempted
    assert [line for line in str(report).splitlines() if line.startswith("!")] == [
        "! Step 2, Core entities, is not there yet, and this one builds on it: catch_up(2) writes it for you."
    ]
    assert "Begin with" not in str(report)
    assert "Begin with the first of them: hint(2)" in str(check_step(2, database_url=url))


def test_two_synonyms_are_not_guessed_between(build: Build, url: str) -> None:
    build(reference_sql(2) + "alter table users rename to customers; create table accounts (id int)")
    result = _by_rule(check_step(2, database_url=url))["users.exists"]
    assert "accounts, customers" in result.happened
    assert "names.toml" in result.next


def test_the_preferred_name_wins_over_a_synonym(build: Build, url: str) -> None:
    build(reference_sql(2) + "create table customers (id int)")
    assert check_step(2, database_url=url).passed


def test_a_fault_of_ours_is_a_sentence_and_no_traceback(
    build: Build, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(reference_sql(2))
    monkeypatch.setattr("checks.probe.Shop.table", lambda self, part: 1 / 0)
    report = check_step(2, database_url=url)
    result = _by_rule(report)["users.key"]
    assert result.outcome is Outcome.CANT_TELL
    assert "our fault" in result.happened
    monkeypatch.setattr("checks.steps.on_database.cast_roles", lambda *_: 1 / 0)
    with pytest.raises(WorkshopError, match="our fault and not that of your schema"):
        check_step(2, database_url=url)


def test_uniqueness_behind_a_trigger_is_seen_where_no_table_can_be_changed(
    build: Build, url: str, as_superuser: Build
) -> None:
    build(
        reference_sql(2) + "create function taken() returns trigger language plpgsql as $$ begin"
        " if exists (select from users where email = new.email and id <> new.id) then raise 'taken'; end if;"
        " return new; end $$;"
        " create trigger taken before insert or update on users for each row execute function taken()"
    )
    as_superuser(
        "create function frozen() returns event_trigger language plpgsql as $$ begin raise 'frozen'; end $$;"
        " create event trigger frozen on ddl_command_start execute function frozen()"
    )
    try:
        report = check_step(2, database_url=url)
    finally:
        as_superuser("drop event trigger frozen")
    assert _by_rule(report)["users.email-unique"].outcome is Outcome.PASS, str(report)


def test_what_a_rule_writes_draws_no_number(build: Build, url: str, playground: Connection) -> None:
    build(
        reference_sql(2) + "create table log (id bigserial primary key, what text);"
        "create rule note as on insert to users do also insert into log (what) values ('a user');"
        "create table people (like users including all);"
        "create rule elsewhere as on insert to products do instead insert into people (email) values (new.sku)"
    )
    with playground.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        before = cursor.fetchone()
        check_step(2, database_url=url)
        cursor.execute(SNAPSHOT)
        assert cursor.fetchone() == before


def test_rows_like_those_of_the_checks_hide_no_rule_that_is_too_strict(
    build: Build, url: str, playground: Connection
) -> None:
    build(reference_sql(2) + "create unique index on products (right(sku, 4))")
    with playground.cursor() as cursor:
        cursor.execute(
            "insert into categories (name) values ('Mugs');"
            " insert into products (name, price, sku, category_id) values ('A mug', 9, 'PROBE-7001', 1)"
        )
    result = _by_rule(check_step(2, database_url=url))["products.sku-unique"]
    assert result.outcome is Outcome.FAIL
    assert "too strict" in result.happened


#: Each leaves no room for a further row beside those that are there.
FULL = {
    "one row alone": "alter table users add constraint one_row check (id = 1)",
    "a count in a trigger": "create function one() returns trigger language plpgsql as $$ begin"
    " if (select count(*) from users) > 0 then raise exception 'one_row'; end if; return new; end $$;"
    " create trigger one before insert on users for each row execute function one()",
    "an index on nothing": "create unique index one_row on users ((1))",
}


@pytest.mark.parametrize("full", FULL.values(), ids=FULL)
def test_a_table_that_is_full_by_its_own_rules_is_no_riddle(
    build: Build, url: str, playground: Connection, full: str
) -> None:
    build(reference_sql(2) + full)
    with playground.cursor() as cursor:
        cursor.execute("insert into users (email, password_hash, first_name, last_name) values ('a@b', 'x', 'A', 'B')")
        cursor.execute(SNAPSHOT)
        before = cursor.fetchone()
        report = check_step(2, database_url=url)
        cursor.execute(SNAPSHOT)
        assert cursor.fetchone() == before
    result = _by_rule(report)["users.ordinary"]
    assert result.outcome is Outcome.FAIL, str(report)
    assert "one_row" in result.happened
    assert not [result for result in report.results if result.outcome is Outcome.CANT_TELL]


def test_rows_like_those_of_the_checks_are_no_hindrance(build: Build, url: str, playground: Connection) -> None:
    build(
        reference_sql(2) + "drop index users_email_lower; alter table users drop constraint users_email_key,"
        " add email_key text generated always as (lower(email)) stored unique,"
        " add check (email like '%@shop.example')"
    )
    words = [f"{first}{second}.probe" for first in "abcdefghijklmnopqrstuvwxyz" for second in ("lsp", "xle", "jdt")]
    words += [f"x{number}" for number in range(1, 40)]
    with playground.cursor() as cursor:
        for word in words:
            cursor.execute(
                "insert into users (email, password_hash, first_name, last_name) values (%s, 'x', 'A', 'B')",
                (f"{word}@shop.example",),
            )
    report = check_step(2, database_url=url)
    assert report.passed, str(report)
    assert not [result for result in report.results if result.outcome is Outcome.CANT_TELL], str(report)


def test_rules_that_contradict_each_other_are_told_once(build: Build, url: str) -> None:
    build(
        reference_sql(2) + "alter table users add constraint short_name check (length(first_name) < 3),"
        " add constraint first_is_a check (first_name = 'a'), add constraint first_is_b check (first_name = 'b')"
    )
    report = check_step(2, database_url=url)
    failed = [result for result in report.results if result.outcome is Outcome.FAIL]
    assert not report.passed
    assert len(failed) == 1
    assert "No row will ever go into users" in str(failed[0].happened)
    assert "first_is_a" in str(failed[0].happened)
    assert not [result for result in report.results if result.outcome is Outcome.CANT_TELL]


def test_what_waits_for_something_that_could_not_be_told_does_not_count_either(build: Build, url: str) -> None:
    build(
        reference_sql(2)
        + CLOSED_AT_NIGHT
        + "create trigger closed before insert on products for each row execute function closed()"
    )
    report = check_step(2, database_url=url)
    assert _by_rule(report)["products.category"].outcome is Outcome.CANT_TELL
    assert _by_rule(report)["products.ordinary"].outcome is Outcome.CANT_TELL
    assert report.passed, str(report)


def test_what_the_database_works_out_by_itself_is_no_fault(build: Build, url: str) -> None:
    build(
        reference_sql(4) + "alter table order_items drop unit_price, add list_price numeric(10, 2) not null check "
        "(list_price >= 0), add unit_price numeric(10, 2) not null generated always as (list_price) stored"
    )
    report = check_step(4, database_url=url)
    assert report.passed, str(report)
    result = _by_rule(report)["order_items.price-not-negative"]
    assert result.outcome is Outcome.CANT_TELL
    assert "works order_items.unit_price out by itself" in (result.happened or "")
