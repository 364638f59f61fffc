"""The hints of step 8 show tests: each passes in a library where its rule holds, and fails where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from checks.hints import HINTS
from checks.roles import RoleMap
from checks.schema_tests.runs import run_tests
from checks.scratch import scratch_database
from checks.subject import Subject
from workshop import postgres

EXAMPLES = {rule_id: hint.shape.code for rule_id, hint in HINTS.items() if rule_id.startswith("tests.")}

#: The library and the parcel service, with each rule in a line of its own.
WORLD = """
create table libraries (id serial primary key);
insert into libraries default values;
create table readers (id serial primary key, name text, card text);
alter table readers add constraint "tests.notices-email" unique (card);
create table books (id serial primary key, title text);
create table copies (id serial primary key, book_id int);
create table loans (id serial primary key, copy_id int, reader_id int, weeks int);
alter table loans add constraint "tests.covers-relationships" foreign key (reader_id) references readers;
alter table loans add constraint "tests.notices-rating" check (weeks between 1 and 4);
create table wishes (book_id int, reader_id int, wanted int);
alter table wishes add constraint "tests.covers-cascades" foreign key (reader_id) references readers on delete cascade;
alter table wishes add constraint "tests.notices-quantity" check (wanted > 0);
create table fees (reader_id int, amount numeric);
alter table fees add constraint "tests.notices-price" check (amount >= 0);
create table shelves (book_id int, copies int);
alter table shelves add constraint "tests.notices-stock" check (copies >= 0);
create table racks (label text, hall text, number int);
alter table racks add constraint "tests.notices-variant" unique (hall, number);
create table visits (reader_id int, hall_id int);
alter table visits add constraint "tests.notices-orphan" foreign key (reader_id) references readers;
create table parcels (id serial primary key, label text, weight int, state text);
alter table parcels add constraint "tests.covers-constraints" check (weight >= 0);
alter table parcels add constraint "tests.notices-status" check (state in ('moving', 'arrived'));
create table notes (parcel_id int, words text);
alter table notes add constraint "tests.notices-cart" foreign key (parcel_id) references parcels on delete cascade;
"""

#: How a rule is broken that no constraint keeps.
BREAKS = {
    "tests.covers-tables": "alter table loans rename to lent",
    "tests.notices-float": "alter table fees alter amount type double precision",
    "tests.passes": "delete from libraries",
}

CONFTEST = """
import os

import pytest
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])


@pytest.fixture
def library():
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def depot(library):
    return library


def thing(sql):
    return pytest.fixture(lambda library: library.scalar(text(sql + " returning id")))


reader = thing("insert into readers default values")
book = thing("insert into books default values")
copy = thing("insert into copies default values")
parcel = thing("insert into parcels default values")
hall = pytest.fixture(lambda: 1)
"""

IMPORTS = """
import os
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

engine = create_engine(os.environ["DATABASE_URL"])

"""

#: Fixtures are used by a test, so that they run.
USES = {
    "tests.no-rows": "\n\ndef test_it(library):\n    assert library",
    "tests.covers-sample-data": "\n\ndef test_it(loan):\n    assert loan",
}


@pytest.fixture
def library(server: postgres.Server) -> Iterator[str]:
    with scratch_database(server.url) as url:
        _execute(url, WORLD)
        yield url


def _execute(url: str, sql: str) -> None:
    with closing(postgres.connect(url, "tests")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)


def _write(project: Path, rules: list[str]) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "conftest.py").write_text(CONFTEST)
    for number, rule in enumerate(rules):
        (project / "tests" / f"test_{number}.py").write_text(IMPORTS + EXAMPLES[rule] + USES.get(rule, ""))


def test_examples_pass(library: str, tmp_path: Path) -> None:
    _write(tmp_path, list(EXAMPLES))
    run = run_tests(Subject(library, RoleMap(), tmp_path))
    assert run.is_good, run
    assert run.passed >= len(EXAMPLES)


def test_examples_notice_a_broken_rule(library: str, tmp_path: Path) -> None:
    kept = [rule for rule in EXAMPLES if f'"{rule}"' in WORLD]
    for rule in kept:
        table = WORLD.partition(f' add constraint "{rule}"')[0].rpartition("alter table ")[2]
        _execute(library, f'alter table {table} drop constraint "{rule}"')
    for sql in BREAKS.values():
        _execute(library, sql)
    broken = [*kept, *BREAKS]
    _write(tmp_path, broken)
    run = run_tests(Subject(library, RoleMap(), tmp_path))
    assert not run.passed, run
    assert len(run.failed) >= len(broken)
    assert {*broken, *USES, "tests.repeatable"} == set(EXAMPLES)
