"""The row factory alone, on a schema that makes rows hard: they go in, nothing stays, no sequence moves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from checks.catalog import Catalog, Table, read_catalog
from checks.rows import NoRow, Rows, Solver
from checks.session import Session, open_session
from workshop import postgres

NASTY = Path(__file__).with_name("nasty.sql").read_text(encoding="utf-8")
TABLES = (
    "account",
    "Mixed Case",
    "plan",
    "parcel",
    "profile",
    "invoice",
    "membership",
    "booking",
    "event",
    "employee",
    "team",
    "captain",
    "note",
    "setting",
    "tiny",
    "measurement",
    "ticket",
    "seat",
    "link",
    "flagged",
)

Make = Callable[[str, int], list[dict[str, object]]]


@pytest.fixture
def nasty(build: Callable[[str], None], url: str) -> Iterator[Session]:
    build(NASTY)
    with closing(postgres.connect(url, "tests")) as connection, open_session(connection) as session:
        yield session


def _catalog(session: Session, names: tuple[str, ...] = TABLES) -> Catalog:
    return read_catalog(session.query, names)


def _table(catalog: Catalog, name: str) -> Table:
    return next(table for table in catalog.tables if table.name == name)


@pytest.mark.parametrize("name", TABLES)
def test_rows_go_in(nasty: Session, name: str) -> None:
    catalog = _catalog(nasty)
    rows = Rows(nasty, catalog)
    table = _table(catalog, name)
    stored = [rows.store(table, {}) for _ in range(5)]
    again = [nasty.attempt(row.read()) for row in stored]
    assert [answer.rows[0] for answer in again] == [
        {column: value for column, value in row.values.items() if column != "ctid"} for row in stored
    ]


@pytest.mark.parametrize("name", TABLES)
def test_a_draft_is_taken_and_taken_back(nasty: Session, name: str) -> None:
    catalog = _catalog(nasty)
    rows = Rows(nasty, catalog)
    table = _table(catalog, name)
    draft = rows.draft(table, {})
    count = f'select count(*) from "{name}"'
    before = nasty.query(count)
    rows.put(draft)
    [[less], [more]] = (*before, *nasty.query(count))
    assert more == less + 1


def test_nothing_stays_and_no_sequence_moves(build: Callable[[str], None], playground: Connection, url: str) -> None:
    build(NASTY)
    before = _state(playground)
    with closing(postgres.connect(url, "tests")) as connection, open_session(connection) as session:
        session.shield_sequences()
        catalog = _catalog(session)
        rows = Rows(session, catalog)
        for name in TABLES:
            rows.store(_table(catalog, name), {})
    assert _state(playground) == before


def test_a_default_that_counts_is_not_drawn_from_to_see_which_one_fails(
    build: Callable[[str], None], playground: Connection, url: str
) -> None:
    build(
        "create table note (id bigserial primary key, rating numeric(1, 0) check (rating between 1 and 5),"
        " about jsonb, made_at timestamp, check (rating is not null), check (about is not null),"
        " check (jsonb_typeof(about) = 'object'))"
    )
    with closing(postgres.connect(url, "tests")) as connection, open_session(connection) as session:
        session.shield_sequences()
        catalog = _catalog(session, ("note",))
        solver = Solver(session, catalog, _table(catalog, "note"), random.Random(1), set())
        assert solver._broken([{"about": "no JSON"}])
    with playground.cursor() as cursor:
        cursor.execute("select is_called from note_id_seq")
        assert cursor.fetchone() == (False,)


def _state(connection: Connection) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("select schemaname, sequencename, last_value from pg_sequences order by 1, 2")
        found = cursor.fetchall()
        for name in TABLES:
            cursor.execute(f'select count(*) from "{name}"')
            found += [(name, *row) for row in cursor.fetchall()]
        return found


def test_pinned_values_stay_as_they_are(nasty: Session) -> None:
    catalog = _catalog(nasty)
    row = Rows(nasty, catalog).store(_table(catalog, "invoice"), {"tax": 7})
    assert (row["tax"], row["total"]) == (7, row["subtotal"] + 7)


def test_rows_that_need_each_other_change_together(nasty: Session) -> None:
    catalog = _catalog(nasty)
    draft = Rows(nasty, catalog).draft(_table(catalog, "team"), {})
    assert nasty.attempt(draft.but(name="another name")).refusal is None
    assert nasty.attempt(draft.but(name=None)).refusal is not None


@pytest.mark.parametrize(
    ("ddl", "names"),
    [
        (
            "quantity int not null constraint more check (quantity > 0) constraint less check (quantity < 0)",
            "more less",
        ),
        ("kind text not null constraint one check (kind in ('a')) constraint other check (kind in ('b'))", "one other"),
        (
            "low int not null, high int not null, constraint up check (low < high), constraint down check (low > high)",
            "up down",
        ),
    ],
)
def test_rules_that_contradict_each_other_are_named(
    build: Callable[[str], None], url: str, ddl: str, names: str
) -> None:
    build(f"create table impossible (id serial primary key, {ddl})")
    with closing(postgres.connect(url, "tests")) as connection, open_session(connection) as session:
        catalog = _catalog(session, ("impossible",))
        with pytest.raises(NoRow) as none:
            Rows(session, catalog).store(_table(catalog, "impossible"), {})
    assert set(none.value.contradiction) == set(names.split())


def test_a_row_that_is_only_hard_to_find_is_no_contradiction(build: Callable[[str], None], url: str) -> None:
    build("create table hard (id serial primary key, code text not null check (md5(code) like '00000%'))")
    with closing(postgres.connect(url, "tests")) as connection, open_session(connection) as session:
        catalog = _catalog(session, ("hard",))
        with pytest.raises(NoRow) as none:
            Rows(session, catalog).store(_table(catalog, "hard"), {})
    assert none.value.contradiction == ()
