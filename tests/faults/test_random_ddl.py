"""The property: after any DDL a check gives a report or a sentence, and changes no row, sequence, setting or lock.

`WORKSHOP_TEST_DDL=5000` tries so many random schemas, others in each run, instead of some sixty that stay the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import psycopg2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from tests.checks.conftest import reference_sql
from tests.checks.fingerprint import fingerprint
from tests.faults.conftest import FIRST, LAST, ROWS, assert_unchanged, tried

CASES = int(os.environ.get("WORKSHOP_TEST_DDL", "60"))

TABLES = st.sampled_from(
    [
        "users",
        "categories",
        "products",
        "product_variants",
        "product_images",
        "price_history",
        "addresses",
        "cart_items",
        "orders",
        "order_items",
        "order_status_history",
        "payments",
        "inventory",
        "stock_movements",
        "reviews",
        "review_votes",
    ]
)
COLUMNS = st.sampled_from(
    [
        "id",
        "name",
        "email",
        "price",
        "sku",
        "quantity",
        "status",
        "rating",
        "user_id",
        "product_id",
        "order_id",
        "category_id",
        "parent_id",
        "created_at",
        "updated_at",
        "is_active",
        "description",
        "product_variant_id",
        "verified_purchase",
        "is_helpful",
        "total_amount",
    ]
)
ODD_NAMES = st.sampled_from(
    ["it's", 'say "hi"', "☕️", "with space", "select", "%s", "{0}", ":x", "N" * 63, " ", "\n", "\\"]
)
NAMES = st.one_of(ODD_NAMES, st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=15))
TYPES = st.sampled_from(
    [
        "int",
        "bigint",
        "smallint",
        "text",
        "varchar(3)",
        "numeric(10,2)",
        "numeric",
        "money",
        "real",
        "boolean",
        "timestamptz",
        "timestamp",
        "date",
        "time",
        "interval",
        "uuid",
        "json",
        "jsonb",
        "bytea",
        "inet",
        "point",
        "int[]",
        "text[]",
        "int4range",
        "tstzrange",
        "bit(3)",
        "xml",
        "tsvector",
        "char",
        "oid",
        "name",
        "regclass",
    ]
)
VALUES = st.sampled_from(
    [
        "0",
        "1",
        "-1",
        "0.5",
        "1e300",
        "null",
        "true",
        "'x'",
        "''",
        "now()",
        "'infinity'",
        "'NaN'",
        "'{}'",
        "'[]'",
        "random()",
        "gen_random_uuid()",
        "1/0",
        "nextval('users_id_seq')",
        "current_user",
        "'9999-12-31'",
    ]
)
CONDITIONS = st.sampled_from(
    [
        *(
            "true",
            "false",
            "null",
            "{c} is null",
            "{c} is not null",
            "{c} > 0",
            "{c} <> {d}",
            "{c} = {d}",
            "{c}::text <> ''",
        ),
        *(
            "length({c}::text) < 5",
            "{c} in (1, 2, 3)",
            "1 / {c} > 0",
            "{c} < now()",
            "{c} between 1 and 0",
            "{c} ~ '^a'",
        ),
        *("{c} = lower({c})", "({c} is null) <> ({d} is null)", "num_nulls({c}, {d}) = 1", "random() < 0.5"),
    ]
)
DEEDS = st.sampled_from(
    [
        *("return new", "return null", "return old", "raise exception 'no'", "raise exception using errcode = '40001'"),
        *("new.{c} := null; return new", "new.{c} := {v}; return new", "delete from {t}; return new", "return 3"),
        *("update {t} set {c} = {v}; return new", "insert into {t} default values; return new", "perform 1 / 0"),
        *(
            "perform pg_sleep(0.001); return new",
            "execute 'drop table {t} cascade'; return new",
            "perform nope(); return new",
        ),
        *(
            "set search_path = ''; return new",
            "set constraints all immediate; return new",
            "lock table {t}; return new",
        ),
        *("perform nextval('users_id_seq'); return new", "notify x; return new", "truncate {t} cascade; return new"),
        *("perform set_config('role', 'none', false); return new", "set datestyle = 'SQL'; return new"),
    ]
)
RULES = st.sampled_from(
    ["nothing", "delete from {t}", "update {t} set {c} = {v}", "notify x", "select 1", "insert into {t} default values"]
)
EVENTS = st.sampled_from(["insert", "update", "delete", "insert or update", "insert or update or delete"])

STATEMENTS = st.sampled_from(
    [
        "alter table {t} drop column {c} cascade",
        "alter table {t} add column {n} {y}",
        "alter table {t} add column {n} {y} not null default {v}",
        "alter table {t} add column {n} {y} generated always as ({v}) stored",
        "alter table {t} alter column {c} type {y} using {c}::text::{y}",
        "alter table {t} alter column {c} drop not null",
        "alter table {t} alter column {c} set not null",
        "alter table {t} alter column {c} set default {v}",
        "alter table {t} alter column {c} drop default",
        "alter table {t} alter column {c} drop identity if exists",
        "alter table {t} rename column {c} to {n}",
        "alter table {t} rename to {n}",
        "alter table {t} rename column {c} to {d}",
        "alter table {t} add check ({k})",
        "alter table {t} add check ({k}) not valid",
        "alter table {t} add unique ({c})",
        "alter table {t} add unique ({c}, {d}) deferrable initially deferred",
        "alter table {t} add foreign key ({c}) references {u}",
        "alter table {t} add foreign key ({c}) references {u} on delete cascade deferrable not valid",
        "alter table {t} enable row level security, force row level security",
        "alter table {t} disable trigger user",
        "alter table {t} set schema {n}",
        "alter table {t} inherit {u}",
        "create unique index on {t} (({v}))",
        "create unique index on {t} ({c}) where {k}",
        "create index on {t} using hash ({c})",
        "create policy {n} on {t} using ({k})",
        "create policy {n} on {t} for insert with check ({k})",
        "create rule {n} as on insert to {t} do instead {r}",
        "create rule {n} as on update to {t} do also {r}",
        "create schema {n}",
        "create table {n} (id int primary key, {c} {y} references {t})",
        "create table {n} (like {t} including all)",
        "create view {n} as select * from {t}",
        "create domain {n} as {y} check (value is not null)",
        "drop table {t} cascade",
        "drop table {t} cascade; create view {t} as select * from {u}",
        "drop table {t} cascade; create table {t} ({c} {y}, {d} {y}) partition by hash ({c})",
        "drop table {t} cascade; create table {t} ({c} {y} primary key, {d} {y} unique check ({k}))",
        "truncate {t} cascade",
        "insert into {t} default values",
        "update {t} set {c} = {v}",
        "comment on table {t} is {l}",
        *[
            f"create or replace function {{f}}() returns trigger language plpgsql as $f$ begin {{b}}; end $f$;"
            f"create trigger {{n}} {time} {{e}} on {{t}} for each {each} execute function {{f}}()"
            for time, each in (("before", "row"), ("before", "row"), ("after", "row"), ("after", "statement"))
        ],
    ]
)


@st.composite
def statement(draw: st.DrawFn) -> str:
    """A statement of DDL, or a few rows; PostgreSQL may well turn it down."""
    shape = draw(STATEMENTS)
    parts = {"t": draw(TABLES), "u": draw(TABLES), "c": draw(COLUMNS), "d": draw(COLUMNS), "y": draw(TYPES)}
    parts["v"] = draw(VALUES)
    inner = draw({"b": DEEDS, "k": CONDITIONS, "r": RULES}[next((x for x in "bkr" if f"{{{x}}}" in shape), "k")])
    inner = _filled(inner, parts)
    name = draw(NAMES)
    quoted = '"' + name.encode()[:63].decode(errors="ignore").replace('"', '""') + '"'
    literal = "'" + name.replace("'", "''") + "'"
    return _filled(
        shape,
        parts
        | {"b": inner, "k": inner, "r": inner, "n": quoted, "l": literal, "e": draw(EVENTS)}
        | {"f": draw(st.sampled_from(["touch", "other", "third"]))},
    )


def _filled(shape: str, parts: dict[str, str]) -> str:
    for key, value in parts.items():
        shape = shape.replace(f"{{{key}}}", value)
    return shape


@settings(
    max_examples=CASES,
    derandomize="WORKSHOP_TEST_DDL" not in os.environ,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
@given(statements=st.lists(statement(), min_size=1, max_size=6))
def check_after(statements: list[str], build: Callable[[str], None], playground: Connection, url: str) -> None:
    build(reference_sql(5) + ROWS)
    with playground.cursor() as cursor:
        for each in statements:
            try:
                cursor.execute(each)
            except psycopg2.Error:
                continue
    before = fingerprint(playground)
    for step in (FIRST, LAST):
        tried(step, url)
    assert_unchanged(before, fingerprint(playground))


def test_any_ddl(
    build: Callable[[str], None], playground: Connection, url: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("cases", CASES)
    check_after(build=build, playground=playground, url=url)
