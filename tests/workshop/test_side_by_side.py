"""Two connections side by side: who did what when, who waited for whom, and that it always ends."""

from __future__ import annotations

from contextlib import closing

import pytest

import workshop
from workshop import postgres, side_by_side, two_connections
from workshop.errors import WorkshopError
from workshop.two_connections import Became


@pytest.fixture
def shelf(query):
    """Two shelves, with one piece each, and never fewer than none."""
    query(
        "create table shelf (id int primary key, pieces int constraint never_negative check (pieces >= 0));"
        "insert into shelf values (1, 1), (2, 1)"
    )
    return lambda: query("select pieces from shelf order by id")


def told(shown):
    """Each row as (who, statement, outcome with its sign)."""
    signs = [f"{moment.became.value} {moment.outcome}" if moment.outcome else "" for moment in shown.moments]
    return [(shown.names[m.who], m.statement, sign) for m, sign in zip(shown.moments, signs, strict=True)]


TAKE_ONE = "update shelf set pieces = pieces - 1 where id = 1"


def test_of_two_who_take_the_last_piece_the_second_waits_and_is_refused(shelf):
    buys = ["begin", TAKE_ONE, "commit", "select 'never sent after a refusal'"]
    shown = side_by_side(Ada=buys[:3], Ben=buys)
    refusal = 'new row for relation "shelf" violates check constraint "never_negative"'
    assert told(shown) == [
        ("Ada", "begin", ""),
        ("Ben", "begin", ""),
        ("Ada", TAKE_ONE, "→ 1 row"),
        ("Ben", TAKE_ONE, "… waits for Ada"),
        ("Ada", "commit", ""),
        ("Ben", "", f"✗ {refusal}"),
        ("Ben", "rollback", ""),
    ]
    assert shelf() == [(0,), (1,)]


def test_two_who_read_first_and_then_write_both_get_it(shelf):
    buys = ["begin", "select pieces from shelf where id = 1", "update shelf set pieces = 0 where id = 1", "commit"]
    shown = side_by_side(Ada=buys, Ben=buys)
    assert [(who, outcome) for who, _, outcome in told(shown) if outcome] == [
        ("Ada", "→ 1"),
        ("Ben", "→ 1"),
        ("Ada", "→ 1 row"),
        ("Ben", "… waits for Ada"),
        ("Ben", "→ goes on: 1 row"),
    ]
    assert told(shown)[-1] == ("Ben", "commit", "")
    assert shelf() == [(0,), (1,)]


def test_it_says_the_same_every_time(shelf, query):
    def once():
        query("update shelf set pieces = 1")
        return str(side_by_side(Ada=["begin", TAKE_ONE, "commit"], Ben=[TAKE_ONE]))

    assert len({once() for _ in range(20)}) == 1


def test_what_is_left_open_is_undone_and_the_other_goes_on(shelf):
    shown = side_by_side(Ada=["begin", TAKE_ONE], Ben=["select pieces from shelf where id = 2", TAKE_ONE])
    assert told(shown)[2:] == [
        ("Ada", TAKE_ONE, "→ 1 row"),
        ("Ben", TAKE_ONE, "… waits for Ada"),
        ("Ada", "rollback", ""),
        ("Ben", "", "→ goes on: 1 row"),
    ]
    assert shelf() == [(0,), (1,)]


def test_two_who_wait_for_each_other_are_parted_by_postgresql(shelf):
    first, second = (f"update shelf set pieces = 5 where id = {n}" for n in (1, 2))
    shown = side_by_side(Ada=["begin", first, second, "commit"], Ben=["begin", second, first, "commit"])
    assert sum("deadlock detected" in moment.outcome for moment in shown.moments) == 1
    assert shelf() == [(5,), (5,)]


def test_a_third_who_holds_everything_up_does_not_hold_it_up_for_ever(shelf, database, monkeypatch):
    monkeypatch.setattr(two_connections, "LOCK_TIMEOUT", 0.1)
    with closing(postgres.connect(database, "tests")) as third, third.cursor() as cursor:
        cursor.execute("lock table shelf")
        shown = side_by_side(Ada=[TAKE_ONE], Ben=["select 1"])
    assert told(shown)[0] == ("Ada", TAKE_ONE, "✗ canceling statement due to lock timeout")
    assert told(shown)[1] == ("Ben", "select 1", "→ 1")


def test_nothing_stays_open(shelf, query):
    side_by_side(Ada=["begin", TAKE_ONE], Ben=["begin", TAKE_ONE])
    query("lock table shelf in access exclusive mode nowait")
    assert shelf() == [(1,), (1,)]


def test_it_shows_itself_as_a_table_and_as_text(shelf):
    shown = side_by_side(Ada=["select pieces < 9 from shelf"], Ben=["select * from nowhere", "select 1"])
    lines = [[part.strip() for part in line.partition("|")[::2]] for line in str(shown).splitlines()]
    assert lines[0] == ["Ada", "Ben"]
    assert lines[2:] == [
        ["select pieces < 9 from shelf", ""],
        ["→ True; True", ""],
        ["", "select * from nowhere"],
        ["", '✗ relation "nowhere" does not exist'],
    ]
    html = shown._repr_mimebundle_()["text/html"]
    assert "<code>select pieces &lt; 9 from shelf</code>" in html
    assert '<td></td><td class="refused"><code>select * from nowhere</code>' in html


def test_many_rows_are_counted(shelf):
    shown = side_by_side(Ada=["select generate_series(1, 4)"], Ben=["select 1 where false"])
    assert [outcome for _, _, outcome in told(shown)] == ["→ 4 rows", "→ 0 rows"]


def test_a_side_that_loses_its_connection_says_so_and_the_other_goes_on(shelf):
    lost = ["begin", TAKE_ONE, "select pg_terminate_backend(pg_backend_pid())", "commit"]
    shown = side_by_side(Ada=lost, Ben=["select 1", "select 1", TAKE_ONE])
    [refused] = [moment for moment in shown.moments if moment.became is Became.REFUSED]
    assert "connection" in refused.outcome
    assert shown.moments[-1].outcome.endswith("1 row")
    assert shelf() == [(0,), (1,)]


@pytest.mark.parametrize("wrong", [{}, {"Ada": ["select 1"]}, {"Ada": "select 1", "Ben": ["select 1"]}])
def test_it_wants_two_lists(wrong):
    with pytest.raises(WorkshopError, match=r"two lists of statements: side_by_side\(Ada=\[…\], Ben=\[…\]\)"):
        side_by_side(**wrong)


def test_without_a_database_it_is_one_sentence():
    with pytest.raises(WorkshopError, match="start_step"):
        side_by_side(Ada=["select 1"], Ben=["select 1"])


def test_its_name_stays_a_function(shelf):
    side_by_side(Ada=["select 1"], Ben=["select 1"])
    assert workshop.side_by_side is side_by_side
