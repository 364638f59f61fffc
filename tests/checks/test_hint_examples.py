"""Every piece of code in a hint runs, and does what its sentence says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import psycopg2
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from checks.hints import HINTS, Shape
from workshop.settings import ROOT

#: The other world: a parcel service and a library. An example makes its own tables; the others stand there already.
WORLD = {
    "parcels": """
        create type parcel_state as enum ('waiting', 'moving', 'arrived');
        create table parcels (id serial primary key, label text, weight int, fee numeric(8, 2) not null default 3,
            state parcel_state not null default 'waiting', moved_at timestamptz);
        insert into parcels (label, weight) values ('AB-7', 0)
    """,
    "parcel_notes": "create table parcel_notes (parcel_id int, state text)",
    "fee_notes": """
        create table fee_notes (parcel_id int, old_fee numeric, new_fee numeric, noted_at timestamptz default now())
    """,
    "log_lines": "create table log_lines (id int, words text); insert into log_lines values (1, 'begun')",
    "depots": "create table depots (id serial primary key); insert into depots default values",
    "places": "create table places (id serial primary key, name text, inside_id int references places)",
    "readers": "create table readers (id int primary key, card text); insert into readers values (7, 'AB-7'), (8, 'X')",
    "libraries": "create table libraries (id int primary key); insert into libraries values (1)",
    "cards": "create table cards (id int, reader_id int, unique (id, reader_id)); insert into cards values (1, 7)",
    "visits": "create table visits (id serial primary key, reader_id int)",
    "books": """
        create table books (id int primary key, title text, blurb text, daily_fee numeric default 2);
        insert into books values (7, 'The Garden Party', 'Stories', 0.50), (8, 'Emma', 'Of gardens and matches', 1)
    """,
    "copies": """
        create table copies (id int primary key, book_id int, loan_id int);
        insert into copies values (1, 7, 1), (2, 8, 1), (3, 8, 2)
    """,
    "loans": """
        create table loans (id serial primary key, reader_id int, copy_id int, daily_fee numeric, came_back boolean,
            lent_at timestamptz default now());
        insert into loans (reader_id, copy_id, came_back, lent_at) values (7, 1, true, '2026-01-01'),
            (7, 2, false, '2026-02-01')
    """,
    "comments": "create table comments (reader_id int, book_id int, loan_id int, has_read_it boolean)",
    "shelves": """
        create table shelves (book_id int primary key, copies int check (copies >= 0));
        insert into shelves values (7, 3), (8, 5)
    """,
    "shelf_log": "create table shelf_log (book_id int, change int, kind text)",
    "requests": """
        create table requests (id int, state text default 'asked', book_id int);
        insert into requests values (1, 'asked', 7), (2, 'asked', 8)
    """,
    "request_lines": """
        create table request_lines (request_id int, book_id int, wanted int);
        insert into request_lines values (1, 7, 1), (1, 7, 1), (1, 8, 2), (2, 8, 1)
    """,
    "courses": """
        create table courses (id int primary key, seats int, taken int not null default 0);
        insert into courses values (1, 1), (2, 1)
    """,
    "bookings": "create table bookings (reader_id int, course_id int)",
    "passes": """
        create table passes (id int primary key, good_until timestamptz);
        insert into passes values (1, '2001-01-01'), (2, '2999-01-01'), (3, null)
    """,
    "entries": "create table entries (pass_id int)",
}

IMPORTS = """
from datetime import date, datetime
from decimal import Decimal

from pydantic import SecretStr
from pydantic_settings import BaseSettings
from sqlalchemy import (
    CheckConstraint, DateTime, Enum, ForeignKey, ForeignKeyConstraint, Index, Numeric, String, Text, UniqueConstraint,
    false, func, select, true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload
"""

#: What a reader of the example knows already.
GIVEN = {
    "setup.connects": """
        class Library(BaseSettings):
            archive_url: str
    """,
    "queries.order-history": """
        class Book(Base):
            __tablename__ = "books"
            id: Mapped[int] = mapped_column(primary_key=True)
            title: Mapped[str]

        class Loan(Base):
            __tablename__ = "loans"
            id: Mapped[int] = mapped_column(primary_key=True)
            reader_id: Mapped[int]
            lent_at: Mapped[datetime]
            copies: Mapped[list["Copy"]] = relationship()

        class Copy(Base):
            __tablename__ = "copies"
            id: Mapped[int] = mapped_column(primary_key=True)
            loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id"))
            book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
            book: Mapped[Book] = relationship()
    """,
    "price_history.only-changes": HINTS["price_history.by-itself"].shape.code.partition("\n\n")[0],
}

TAKEN, REFUSED = "taken", "refused"
VERIFIED = [
    ("insert into comments values (7, 7, 1, false)", TAKEN),
    ("insert into comments values (8, 7, 1, true), (7, 8, 1, true), (7, 8, 2, true), (7, 7, null, true)", TAKEN),
    ("update comments set has_read_it = true", TAKEN),
    ("select reader_id, book_id, loan_id from comments where has_read_it", [(7, 7, 1)]),
]
INDEXES = "select count(*)::int from pg_indexes where tablename ="
SHELVES = "select book_id, copies from shelves order by book_id"

#: What the example of a rule must do: each statement is taken, is refused, or brings these rows.
TRIES: dict[str, list[tuple[str, Any]]] = {
    "migrations.upgrade": [
        ("insert into loans (daily_fee) values (0)", TAKEN),
        ("insert into loans (daily_fee) values (-1)", REFUSED),
    ],
    "migrations.steps": [("delete from parcels", TAKEN), ("select count(*) from parcels", [(1,)])],
    "cart_items.key": [
        ("insert into library_cards values (7, 1, '2030-01-01')", TAKEN),
        ("insert into library_cards values (8, 1, '2030-01-01')", TAKEN),
        ("insert into library_cards values (7, 1, '2031-01-01')", REFUSED),
        ("insert into library_cards values (7, 2, '2031-01-01')", REFUSED),
    ],
    "inventory.key": [
        ("insert into summaries values (7, 'A party')", TAKEN),
        ("insert into summaries values (7, 'A garden')", REFUSED),
        ("insert into summaries values (9, 'Nothing')", REFUSED),
    ],
    "users.password-required": [
        ("insert into parcels (label) values ('A')", TAKEN),
        ("insert into parcels (note) values ('A')", REFUSED),
    ],
    "products.category": [
        ("insert into parcels (depot_id) values (1)", TAKEN),
        ("insert into parcels (depot_id) values (2)", REFUSED),
        ("insert into parcels (depot_id) values (null)", REFUSED),
    ],
    "cart_items.gone-with-user": [
        ("insert into depot_shelves (depot_id) values (1), (1)", TAKEN),
        ("delete from depots", TAKEN),
        ("select * from depot_shelves", []),
    ],
    "products.category-kept": [
        ("insert into parcels (depot_id) values (1)", TAKEN),
        ("delete from depots", REFUSED),
    ],
    "products.sku-unique": [
        ("insert into parcels (label) values ('A'), ('B')", TAKEN),
        ("insert into parcels (label) values ('A')", REFUSED),
    ],
    "users.email-unique": [
        ("insert into parcels (label) values ('AB-7'), ('AB-8')", TAKEN),
        ("insert into parcels (label) values ('ab-7')", REFUSED),
    ],
    "reviews.once": [
        ("insert into library_shelves (hall, number) values ('A', 1), ('A', 2), ('B', 1)", TAKEN),
        ("insert into library_shelves (hall, number) values ('A', 1)", REFUSED),
    ],
    "users.ordinary": [
        ("insert into library_shelves (hall, number) values ('A', 1), ('B', 1)", TAKEN),
        ("insert into library_shelves (hall, number) values ('A', 1)", REFUSED),
    ],
    "cart_items.quantity-positive": [
        ("insert into parcels (weight) values (1)", TAKEN),
        ("insert into parcels (weight) values (0)", REFUSED),
    ],
    "products.price-not-negative": [
        ("insert into parcels (fee) values (0)", TAKEN),
        ("insert into parcels (fee) values (-0.01)", REFUSED),
    ],
    "orders.status-known": [
        ("insert into parcels (state) values ('moving')", TAKEN),
        ("insert into parcels (state) values ('lost')", REFUSED),
        ("insert into parcels (state) values (null)", REFUSED),
    ],
    "products.prices-fit": [
        ("insert into parcels (fee) values (3.90), (4800), (99999999.99)", TAKEN),
        ("insert into parcels (fee) values (-1)", REFUSED),
    ],
    "core.money": [
        ("insert into parcels (fee) values (0.10), (0.20)", TAKEN),
        ("select sum(fee) = 0.30 from parcels", [(True,)]),
    ],
    "core.times-filled": [
        ("insert into parcels default values", TAKEN),
        ("insert into parcels (came_at) values (null)", REFUSED),
    ],
    "core.updated-moves": [
        ("update parcels set label = 'AB-8'", TAKEN),
        ("select count(*) from parcels where moved_at > now() - interval '1 minute'", [(1,)]),
    ],
    "core.audit": [
        ("insert into parcels default values", TAKEN),
        ("select sent_at = moved_at from parcels", [(True,)]),
    ],
    "categories.parent": [
        ("insert into places (name) values ('House'), ('Museum')", TAKEN),
        ("insert into places (name, inside_id) values ('Room', 1)", TAKEN),
        ("insert into places (name, inside_id) values ('Room', 9)", REFUSED),
    ],
    "categories.levels": [("select count(*) from places", [(4,)])],
    "products.price-changes": [("select fee from parcels", [(4,)]), ("update parcels set fee = -1", REFUSED)],
    "users.flags-default": [
        ("insert into parcels default values", TAKEN),
        ("select is_fragile from parcels", [(False,)]),
    ],
    "categories.not-own-parent": [
        ("insert into places (id, inside_id) values (1, null), (2, 1)", TAKEN),
        ("update places set inside_id = 2 where id = 2", REFUSED),
    ],
    "categories.no-cycles": [
        ("create trigger t before insert or update on places for each row execute function no_circle()", TAKEN),
        ("insert into places (id, inside_id) values (1, null), (2, 1), (3, 2), (4, null)", TAKEN),
        ("update places set inside_id = 3 where id = 1", REFUSED),
        ("update places set inside_id = 2 where id = 2", REFUSED),
        ("update places set inside_id = 3 where id = 4", TAKEN),
    ],
    "categories.sibling-names": [
        ("insert into places (name) values ('Room')", TAKEN),
        ("insert into places (name) values ('Room')", REFUSED),
        ("insert into places (name, inside_id) values ('Room', 1)", TAKEN),
        ("insert into places (name, inside_id) values ('Room', 1)", REFUSED),
    ],
    "products.price-a-number": [
        ("insert into parcels (fee) values (0), (2)", TAKEN),
        ("insert into parcels (fee) values ('NaN')", REFUSED),
        ("insert into parcels (fee) values (-2)", REFUSED),
    ],
    "price_history.price-changes": [
        ("insert into fee_notes values (1, 2, 3, '2026-01-01'), (1, 3, 2, '2026-02-01')", TAKEN),
        ("insert into fee_notes values (1, 2, 3, '2026-03-01')", TAKEN),
    ],
    "price_history.time": [
        ("insert into fee_notes (new_fee) values (3)", TAKEN),
        ("insert into fee_notes (new_fee, noted_at) values (4, null)", REFUSED),
        ("select noted_at <= now() from fee_notes", [(True,)]),
    ],
    "product_variants.nothing-twice": [
        ("insert into floor_shelves (floor, number) values (1, 1), (2, 1), (null, 1)", TAKEN),
        ("insert into floor_shelves (floor, number) values (null, 1)", REFUSED),
    ],
    "price_history.by-itself": [
        ("update parcels set fee = 4", TAKEN),
        ("select parcel_id, old_fee, new_fee from fee_notes", [(1, 3, 4)]),
    ],
    "price_history.only-changes": [
        ("update parcels set fee = 3", TAKEN),
        ("select * from fee_notes", []),
        ("update parcels set fee = 4", TAKEN),
        ("select new_fee from fee_notes", [(4,)]),
    ],
    "order_items.price-fixed": [
        ("update books set daily_fee = 9", TAKEN),
        ("select daily_fee = 0.50 from loans where daily_fee is not null", [(True,)]),
    ],
    "order_status_history.time": [
        ("insert into parcel_stops (depot_id) values (1)", TAKEN),
        ("select noted_at <= now() from parcel_stops", [(True,)]),
    ],
    "payments.no-card-data": [
        ("insert into deposits (sum, provider, provider_reference) values (20, 'A bank', 'pay_12')", TAKEN),
    ],
    "payments.last4": [
        ("insert into readers (phone_end) values ('0042')", TAKEN),
        ("insert into readers (phone_end) values ('12345')", REFUSED),
        ("select phone_end from readers", [("0042",)]),
    ],
    "orders.begins-pending": [
        ("insert into parcels default values", TAKEN),
        ("select state::text from parcels", [("waiting",)]),
    ],
    "orders.no-step-back": [
        ("update parcels set state = 'moving'", TAKEN),
        ("update parcels set state = 'waiting'", REFUSED),
        ("update parcels set state = 'arrived'", TAKEN),
        ("update parcels set state = 'moving'", REFUSED),
    ],
    "orders.own-address": [
        ("insert into visits (reader_id, card_id) values (7, 1)", TAKEN),
        ("insert into visits (reader_id, card_id) values (8, 1)", REFUSED),
    ],
    "order_status_history.by-itself": [
        ("update parcels set state = 'moving'", TAKEN),
        ("select * from parcel_notes", [(1, "moving")]),
    ],
    "stock.sold": [
        ("update requests set state = 'granted' where id = 1", TAKEN),
        (SHELVES, [(7, 1), (8, 3)]),
        ("update requests set state = 'granted'", TAKEN),
        (SHELVES, [(7, 1), (8, 2)]),
    ],
    "stock.recorded": [
        ("update requests set state = 'granted' where id = 1", TAKEN),
        ("select * from shelf_log order by book_id", [(7, -2, "lent"), (8, -2, "lent")]),
    ],
    "stock.together": [("select count(*), sum(change) from shelf_log", [(4, -5)])],
    "stock.once": [
        ("update requests set state = 'granted'", TAKEN),
        ("update requests set state = 'granted'", TAKEN),
        (SHELVES, [(7, 2), (8, 4)]),
    ],
    "stock.no-oversell": [
        ("insert into requests (book_id) values (7), (7), (7)", TAKEN),
        ("insert into requests (book_id) values (7)", REFUSED),
        ("insert into requests (book_id) values (9)", REFUSED),
        (SHELVES, [(7, 0), (8, 5)]),
    ],
    "reviews.rating-range": [
        ("insert into paths (grade) values (1), (2), (3)", TAKEN),
        ("insert into paths (grade) values (0)", REFUSED),
        ("insert into paths (grade) values (4)", REFUSED),
    ],
    "reviews.verified-buyer": VERIFIED,
    "reviews.order": [
        ("insert into comments (words, loan_id) values ('Good', 1), ('A gift', null)", TAKEN),
        ("insert into comments (words, loan_id) values ('Good', 99)", REFUSED),
    ],
    "stock_movements.not-zero": [
        ("insert into count_notes (difference) values (1), (-1)", TAKEN),
        ("insert into count_notes (difference) values (0)", REFUSED),
    ],
    "stock_movements.append-only": [
        ("insert into log_lines values (2, 'gone on')", TAKEN),
        ("update log_lines set words = 'other'", REFUSED),
        ("delete from log_lines", REFUSED),
    ],
    "stock.given-back": [
        ("update requests set state = 'called_off'", TAKEN),
        (SHELVES, [(7, 3), (8, 5)]),
        ("update requests set state = 'granted' where id = 1", TAKEN),
        ("update requests set state = 'called_off' where id = 1", TAKEN),
        (SHELVES, [(7, 4), (8, 5)]),
        ("select * from shelf_log", [(7, 1, "called off")]),
    ],
    "stock.two-buyers": [(SHELVES, [(7, 2), (8, 5)])],
    "coupons.percent-limit": [
        ("insert into parcels (label, weight) values ('letter', 500), ('piano', 300000)", TAKEN),
        ("insert into parcels (label, weight) values ('letter', 501)", REFUSED),
        ("update parcels set label = 'letter'", REFUSED),
    ],
    "coupons.dates-in-order": [
        ("insert into journeys (left_on, arrived_on) values ('2026-01-01', '2026-01-03'), ('2026-01-01', null)", TAKEN),
        ("insert into journeys (left_on, arrived_on) values ('2026-01-03', '2026-01-01')", REFUSED),
        ("update journeys set left_on = '2027-01-01'", REFUSED),
    ],
    "coupons.limit-optional": [("insert into parcels (label) values ('A')", TAKEN)],
    "coupon_redemptions.limit": [
        ("insert into bookings values (7, 1)", TAKEN),
        ("insert into bookings values (8, 1)", REFUSED),
        ("insert into bookings values (8, 2)", TAKEN),
        ("update bookings set course_id = 1 where reader_id = 8", REFUSED),
    ],
    "coupon_redemptions.dates": [
        ("insert into entries values (2), (3)", TAKEN),
        ("insert into entries values (1)", REFUSED),
    ],
    "daily_sales.exists": [
        ("insert into loans (reader_id, daily_fee, lent_at) values (7, 2, '2026-01-01')", TAKEN),
        ("select lent_on::text, loans from daily_loans order by 1", [("2026-01-01", 1), ("2026-02-01", 1)]),
        ("refresh materialized view daily_loans", TAKEN),
        ("select loans from daily_loans order by lent_on", [(2,), (1,)]),
    ],
    "daily_sales.paid-only": [("select reader_id, copies from reader_loans", [(7, 1)])],
    "daily_sales.unique-index": [("select * from copy_loans order by copy_id", [(1, 1), (2, 1)])],
    "search.column": [
        ("select id from books where title_words @@ to_tsquery('english', 'gardens')", [(7,)]),
        ("update books set title = 'The Tea Party' where id = 7", TAKEN),
        ("select id from books where title_words @@ to_tsquery('english', 'gardens')", []),
    ],
    "search.found": [
        ("select id from books where all_words @@ to_tsquery('english', 'garden') order by id", [(7,), (8,)]),
        ("update books set blurb = null", TAKEN),
        ("select id from books where all_words @@ to_tsquery('english', 'garden')", [(7,)]),
    ],
    "search.indexed": [(f"{INDEXES} 'books' and indexdef ~ 'gin'", [(1,)])],
    "search.ranked": [
        (
            "select id from books, to_tsquery('english', 'garden') q where ranked_words @@ q "
            "order by ts_rank(ranked_words, q) desc",
            [(7,), (8,)],
        ),
    ],
    "catalog.keys-indexed": [(f"{INDEXES} 'visits' and indexdef ~ '\\(reader_id\\)'", [(1,)])],
    "indexes.cart": [(f"{INDEXES} 'library_cards' and indexdef ~ '\\(reader_id, library_id\\)'", [(1,)])],
    "indexes.reviews": [(f"{INDEXES} 'library_shelves' and indexdef ~ '\\(hall, number\\)'", [(1,)])],
    "indexes.finished": [("insert into parcels (weight) values (0)", REFUSED)],
    "indexes.no-repeats": [
        ("select indexname from pg_indexes where indexname ~ '^loans_(n|r)'", [("loans_newest",)]),
    ],
}

#: Code that says what may be stored, or what happens by itself: that has to be seen.
PROMISES = re.compile(
    r"create (function|trigger)|constraint|Constraint\(|unique=|Enum\(|ForeignKey\(|ondelete|_default|nullable|Numeric"
)


def _examples() -> dict[str, Shape]:
    """Each piece of code once, by the first rule that shows it, or by that of its tries."""
    found: dict[tuple[str, str], str] = {}
    for rule_id in (*TRIES, *HINTS):
        found.setdefault((HINTS[rule_id].shape.language, HINTS[rule_id].shape.code), rule_id)
    # Those of step 8 are tests themselves, and run as such: see test_step8_hints.py.
    return {rule_id: HINTS[rule_id].shape for rule_id in found.values() if not rule_id.startswith("tests.")}


EXAMPLES = _examples()


def _base() -> str:
    """`models/base.py`, as step 2 has it."""
    cells = json.loads((ROOT / "solutions" / "02_core_entities.ipynb").read_text("utf-8"))["cells"]
    [cell] = [cell for cell in cells if cell["id"] == "file-base"]
    return "".join(cell["source"]).partition("\n")[2]


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """A connection to a schema of its own, which nobody ever sees."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        _execute(connection, "create schema other_world; set local search_path = other_world")
        yield connection
        connection.rollback()


def _execute(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """Run SQL as it stands: to SQLAlchemy, % and : would mean something."""
    with connection.connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _build(connection: Connection, rule_id: str) -> dict[str, Any]:
    """The other world with what the example makes in it; what the example defines, if it is Python."""
    shape = EXAMPLES[rule_id]
    given = dedent(GIVEN.get(rule_id, ""))
    own = set(re.findall(r'__tablename__ = "(\w+)"|create table (\w+)', shape.code))
    for table, ddl in WORLD.items():
        if table not in {name for names in own for name in names}:
            _execute(connection, ddl)
    if shape.language == "sql":
        _execute(connection, f"{given or 'select'}; {shape.code}")
        return {}
    names: dict[str, Any] = {"__name__": "example"}
    for code in (_base(), IMPORTS, given, shape.code):
        exec(compile(code, rule_id, "exec", dont_inherit=True), names)
    metadata = names["Base"].metadata
    for key in [key for table in metadata.tables.values() for key in table.foreign_keys]:
        target = key.target_fullname.partition(".")[0]
        if target not in metadata.tables:
            metadata.reflect(connection, only=[target])
    metadata.create_all(connection)
    if "upgrade" in names:
        with Operations.context(MigrationContext.configure(connection)):
            names["upgrade"]()
    return names


@pytest.fixture(autouse=True)
def _library(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where examples of settings and folders run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHIVE_URL", url)
    monkeypatch.setenv("OPENING_HOUR", "10")


@pytest.mark.parametrize("rule_id", EXAMPLES)
def test_example_runs(connection: Connection, rule_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = _build(connection, rule_id)
    if rule_id == "setup.folders":
        assert sorted(path.name for path in (tmp_path / "atlas").iterdir()) == ["maps", "photos"]
    if rule_id == "setup.environment":
        assert capsys.readouterr().out == "8\n"
    if rule_id == "queries.order-history":
        _loans_come_in_three_statements(connection, names["loans_of"])


def _loans_come_in_three_statements(connection: Connection, loans_of: Any) -> None:
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with Session(bind=connection) as session:
        loans = loans_of(session, 7)
        titles = [[copy.book.title for copy in loan.copies] for loan in loans]
    assert titles == [["Emma"], ["The Garden Party", "Emma"]]
    assert len(statements) == 3


@pytest.mark.parametrize("rule_id", TRIES)
def test_example_does_what_it_says(connection: Connection, rule_id: str) -> None:
    _build(connection, rule_id)
    for statement, expected in TRIES[rule_id]:
        if expected is REFUSED:
            _execute(connection, "savepoint before")
            with pytest.raises(psycopg2.Error):
                _execute(connection, statement)
            _execute(connection, "rollback to before")
        else:
            rows = _execute(connection, statement)
            assert expected is TAKEN or rows == expected, statement


INDEXED = {
    rule_id: re.findall(r"create (?:unique )?index (\w+)", shape.code)[0]
    for rule_id, shape in EXAMPLES.items()
    if "create " in shape.code and "select * from" in shape.code
}


@pytest.mark.parametrize("rule_id", INDEXED)
def test_example_search_uses_its_index_and_does_not_sort(connection: Connection, rule_id: str) -> None:
    _build(connection, rule_id)
    search = EXAMPLES[rule_id].code.rpartition("\n\n")[2]
    _execute(connection, "set local enable_seqscan = off; set local enable_sort = off")
    plan = "\n".join(line for (line,) in _execute(connection, f"explain {search}"))
    assert INDEXED[rule_id] in plan
    assert "Sort" not in plan
    assert "Index Cond" in plan


def test_there_are_examples_of_searches() -> None:
    assert len(INDEXED) == 5


def test_what_an_example_promises_is_tried() -> None:
    promising = {rule_id for rule_id, shape in EXAMPLES.items() if PROMISES.search(shape.code)}
    assert promising - set(TRIES) == set()
