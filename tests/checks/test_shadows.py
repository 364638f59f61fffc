"""What a role, a database or a schema ahead of PostgreSQL's own can't do: change what the checks see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from psycopg2.extensions import connection as Connection

from checks.grade import grade
from checks.report import Report
from checks.subject import find_subject
from tests.checks.conftest import reference_sql
from workshop.errors import WorkshopError

Build = Callable[[str], None]

BROKEN = reference_sql(5) + "alter table products drop constraint price_not_negative"

#: A function of each name that PostgreSQL's own queries of the checks use, for the very types that they pass, and an
#: operator for each mixed pair: PostgreSQL takes the closest fit on the search path, wherever it stands.
SHADOWS = """
create schema evil;
create function {0}.lower(text) returns text language sql as $$ select 'users' $$;
create function {0}.left(text, int) returns text language sql as $$ select 'u' $$;
create function {0}.unnest(int2[]) returns setof int2 language sql as $$ select 1::int2 $$;
create function {0}.generate_series(int, int) returns setof int language sql as $$ select 1 $$;
create function {0}.to_jsonb(pg_catalog.pg_constraint) returns jsonb language sql
    as $$ select '{{"conenforced": true}}'::jsonb $$;
create function {0}.no_state(json, json) returns json language sql as $$ select '[]'::json $$;
create aggregate {0}.json_agg(json) (sfunc = {0}.no_state, stype = json);
create function {0}.yes(oid, int4) returns bool language sql as $$ select true $$;
create function {0}.yes(oid, regclass) returns bool language sql as $$ select true $$;
create function {0}.yes("char", text) returns bool language sql as $$ select true $$;
create function {0}.yes(name, text) returns bool language sql as $$ select true $$;
create function {0}.yes(int2, int4) returns bool language sql as $$ select true $$;
create function {0}.yes(name, name) returns bool language sql as $$ select true $$;
create function {0}.yes(text, text) returns bool language sql as $$ select true $$;
create function {0}.truth(jsonb, jsonb) returns text language sql as $$ select 'true' $$;
create operator {0}.= (leftarg = oid, rightarg = int4, function = {0}.yes);
create operator {0}.<> (leftarg = oid, rightarg = int4, function = {0}.yes);
create operator {0}.>= (leftarg = oid, rightarg = int4, function = {0}.yes);
create operator {0}.= (leftarg = oid, rightarg = regclass, function = {0}.yes);
create operator {0}.= (leftarg = "char", rightarg = text, function = {0}.yes);
create operator {0}.= (leftarg = name, rightarg = text, function = {0}.yes);
create operator {0}.= (leftarg = int2, rightarg = int4, function = {0}.yes);
create operator {0}.= (leftarg = name, rightarg = name, function = {0}.yes);
create operator {0}.= (leftarg = text, rightarg = text, function = {0}.yes);
create operator {0}.->> (leftarg = jsonb, rightarg = jsonb, function = {0}.truth);
create table {0}.pg_constraint (like pg_catalog.pg_constraint);
create domain {0}.text as pg_catalog.text;
create domain {0}.regclass as pg_catalog.text;
"""


@pytest.fixture
def role(playground: Connection) -> Iterator[str]:
    yield playground.info.user
    with playground.cursor() as cursor:
        cursor.execute(f"alter role {playground.info.user} reset all")
        cursor.execute(f"alter role {playground.info.user} in database playground reset all")


def _reports(url: str) -> list[dict[str, object]]:
    return [grade(step, find_subject(url)).to_dict() for step in (2, 3, 4, 5, 6)]


@pytest.mark.parametrize("schema", ["evil", "public"])
def test_a_name_like_a_built_in_one_changes_nothing(
    build: Build, url: str, playground: Connection, role: str, schema: str
) -> None:
    build(BROKEN)
    before = _reports(url)
    with playground.cursor() as cursor:
        cursor.execute(SHADOWS.format(schema))
        if schema == "evil":
            cursor.execute("alter database playground set search_path = evil, pg_catalog, public")
    assert [report["score"] for report in _reports(url)] == [report["score"] for report in before]
    told = [[(check["id"], check["outcome"]) for check in report["checks"]] for report in _reports(url)]  # type: ignore[attr-defined]
    assert told == [[(check["id"], check["outcome"]) for check in report["checks"]] for report in before]  # type: ignore[attr-defined]


SETTINGS = {
    "no keys": "session_replication_role = replica",
    "no index": "enable_indexscan = off",
    "NULL like any value": "transform_null_equals = on",
    "read only": "default_transaction_read_only = on",
    "no time": "statement_timeout = 1",
    "quoted": "quote_all_identifiers = on",
    "elsewhere": "timezone = 'Asia/Tokyo'",
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("whose", ["role {role}", "database playground", "role {role} in database playground"])
def test_a_setting_of_the_role_or_the_database_changes_nothing(
    build: Build, url: str, playground: Connection, role: str, setting: str, whose: str
) -> None:
    build(reference_sql(2))
    with playground.cursor() as cursor:
        cursor.execute(f"alter {whose.format(role=role)} set {setting}")
    assert _passes(url)


def _passes(url: str) -> Report:
    report = grade(2, find_subject(url))
    assert report.passed, str(report)
    return report


def test_keys_that_nobody_here_can_switch_on_are_told_in_words(
    build: Build, url: str, as_superuser: Callable[[str], None], role: str
) -> None:
    build(reference_sql(2))
    as_superuser(
        f"revoke set on parameter session_replication_role from {role};"
        f"alter role {role} set session_replication_role = replica"
    )
    try:
        with pytest.raises(WorkshopError, match="session_replication_role is replica"):
            grade(2, find_subject(url))
    finally:
        as_superuser(
            f"grant set on parameter session_replication_role to {role};"
            f"alter role {role} reset session_replication_role"
        )
