"""`explain` and `show_plans`: what PostgreSQL really does for a question, as figures, in words and as bars."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from workshop.plans import Answer, PlanError, Plans, Way, explain, show_plans
from workshop.plans.picture import QUICK, SLOW, THEME

SVG = "{http://www.w3.org/2000/svg}"
QUESTIONS = {
    "One order": "select * from orders where id = 77",
    "A user's orders": "select * from orders where user_id = 7 order by placed desc limit 10",
}
INDEX = "create index newest on orders (user_id, placed desc); analyze orders"


@pytest.fixture
def orders(query: Callable[[str], Any]) -> None:
    """20,000 orders of 1,000 users, with an index on their number alone."""
    query(
        "create table orders (id int constraint pk_orders primary key, user_id int, placed int, note text);"
        "insert into orders select i, i % 1000, i, repeat('x', 50) from generate_series(1, 20000) i; analyze orders"
    )


@pytest.fixture
def ask(orders: None) -> Callable[[str], Answer]:
    """The answer to one query."""
    return lambda query: explain({"it": query}).answers["it"]


def test_the_figures_are_those_of_the_plan(orders: None) -> None:
    figures = explain(QUESTIONS).figures
    assert list(figures.index) == list(QUESTIONS)
    one, many = figures.to_dict("records")
    assert (one["way"], one["index"], one["rows_read"], one["rows_returned"]) == ("index", "pk_orders", 1, 1)
    assert (many["way"], many["index"]) == ("whole table + sort", "")
    assert (many["rows_read"], many["rows_returned"]) == (20_000, 10)
    assert 0 < one["milliseconds"] < many["milliseconds"]
    assert one["pages"] < 10 < many["pages"]


def test_before_and_after_in_words_that_stay_the_same(orders: None, query: Callable[[str], Any]) -> None:
    before = explain(QUESTIONS)
    query(INDEX)
    assert str(show_plans(before, explain(QUESTIONS))) == (
        "One order: goes by pk_orders, as before.\n"
        "A user's orders: before reads all of orders, then sorts; after goes by newest."
    )
    assert str(before) == "One order: goes by pk_orders.\nA user's orders: reads all of orders, then sorts."


@pytest.mark.parametrize(
    ("question", "route", "words"),
    [
        ("select note from orders where user_id = 7", "whole table", "reads all of orders"),
        ("select note from orders limit 3", "whole table", "reads orders"),
        ("select max(id) from orders where id > 5", "index", "goes by pk_orders"),
        ("select id from orders where id < 90 order by note", "index + sort", "goes by pk_orders, then sorts"),
        ("select id from orders order by id limit 3", "whole index", "reads all of pk_orders"),
        ("select 1", "no table", "reads no table"),
        # the larger of the two decides
        (
            "select from orders a join orders b on b.user_id = a.user_id where a.id = 3",
            "whole table",
            "reads all of orders",
        ),
    ],
)
def test_each_way_has_its_words(ask: Callable[[str], Answer], question: str, route: str, words: str) -> None:
    answer = ask(question)
    assert answer.route == route
    assert str(Plans({"it": answer})) == f"it: {words}."


def test_rows_by_a_bitmap_count_once_and_its_indexes_are_named(
    ask: Callable[[str], Answer], query: Callable[[str], Any]
) -> None:
    query("create index by_user on orders (user_id); create index by_time on orders (placed)")
    answer = ask("select * from orders where user_id = 7 or placed = 11")
    assert (answer.rows_read, answer.rows_returned, answer.way) == (21, 21, Way.INDEX)
    assert answer.index == "by_user, by_time"


def test_nothing_is_changed(orders: None, query: Callable[[str], Any]) -> None:
    with pytest.raises(
        PlanError, match=r'"Away" can\'t be answered\. PostgreSQL says: cannot execute DELETE in a read'
    ):
        explain({"Away": "delete from orders"})
    assert query("select count(*) from orders") == [(20_000,)]


def test_a_question_that_postgresql_does_not_understand_is_named(database: str) -> None:
    with pytest.raises(PlanError) as refused:
        explain({"Log in": "select * from users where email ~ '%s:x{y}'"})
    assert str(refused.value) == (
        'The question "Log in" can\'t be answered. PostgreSQL says: relation "users" does not exist.'
    )


def test_a_question_without_a_name_is_turned_down(database: str) -> None:
    with pytest.raises(PlanError, match="Give each question a name"):
        explain("select 1")  # type: ignore[arg-type]


# --- The picture ------------------------------------------------------------------------------------------------------


def answer(milliseconds: float, way: Way = Way.INDEX, name: str = "ix", rows: int = 3) -> Answer:
    """A made-up answer about orders."""
    return Answer(milliseconds, rows, 3, 4, "orders", way, (name,) if way is Way.INDEX else (), True, False)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def bars(plans: Any) -> list[tuple[float, float]]:
    """Of each bar where it begins and how long it is, in milliseconds."""
    (axes,) = plans.figure.axes
    return [(bar.get_x(), bar.get_width()) for bar in axes.patches]


def test_each_answer_has_a_bar_as_long_as_its_time_and_words_beside_it(
    orders: None, query: Callable[[str], Any]
) -> None:
    before = explain(QUESTIONS)
    query(INDEX)
    after = explain(QUESTIONS)
    picture = show_plans(before, after)
    times = [plans.answers[name].milliseconds for name in QUESTIONS for plans in (before, after)]
    assert [start + width for start, width in bars(picture)] == pytest.approx(times)
    shown = texts(picture.svg)
    for words in (*QUESTIONS, "reads all 20,000 rows of orders, then sorts", "10 rows by newest", "1 row by pk_orders"):
        assert words in shown
    assert shown.count("before") == shown.count("after") == 2


def test_times_far_apart_get_lines_of_tens_and_times_close_together_begin_at_zero() -> None:
    (far,) = show_plans(Plans({"a": answer(0.02)}), Plans({"a": answer(50)})).figure.axes
    assert far.get_xscale() == "log"
    assert far.get_xlim()[0] <= 0.02
    assert "ten times" in far.get_xlabel()
    near = Plans({"a": answer(2), "b": answer(50)}).picture
    assert near.figure.axes[0].get_xscale() == "linear"
    assert bars(near) == [(0, 2), (0, 50)]


def test_slow_and_quick_differ_in_more_than_colour() -> None:
    picture = Plans({"a": answer(1), "b": answer(9, Way.TABLE)}).picture
    quick, slow = picture.figure.axes[0].patches
    assert (quick.get_hatch(), slow.get_hatch()) == ("", "////")
    assert QUICK in picture.svg and SLOW in picture.svg
    assert {"goes by an index", "reads row after row"} <= set(texts(picture.svg))


def test_in_a_notebook_letters_take_its_colours_and_nothing_reaches_beyond_the_picture() -> None:
    bundle = Plans({"<b>": answer(1)})._repr_mimebundle_()
    assert bundle["text/plain"] == "<b>: goes by ix."
    assert all(colour in bundle["text/html"] for colour in THEME.values())
    assert not any(re.search(f"fill: {colour}", bundle["text/html"]) for colour in THEME)
    assert "var(" not in bundle["image/svg+xml"]
    assert "<b>" not in bundle["text/html"]
    for form in ("text/html", "image/svg+xml"):
        assert "<style" not in bundle[form], "it would hold for the whole page"
        assert ET.fromstring(bundle[form]) is not None


def test_two_pictures_on_one_page_share_no_ids_and_one_is_always_the_same() -> None:
    one, other = (Plans({"a": answer(time, Way.TABLE)}) for time in (1, 2))

    def ids(plans: Plans) -> set[str]:
        return set(re.findall(r' id="([^"]+)"', plans.picture.svg))

    assert ids(one) and not ids(one) & ids(other)
    assert one.picture.svg == one.picture.svg


def test_a_question_asked_only_once_has_one_bar() -> None:
    picture = show_plans(Plans({"a": answer(1), "gone": answer(2)}), Plans({"a": answer(3), "new": answer(4)}))
    assert bars(picture) == [(0, 1), (0, 3), (0, 2), (0, 4)]
    assert str(picture) == "a: goes by ix, as before.\ngone: before goes by ix.\nnew: after goes by ix."


def test_the_plotting_library_is_loaded_for_the_picture_alone() -> None:
    program = (
        "import sys, workshop; from workshop import explain, show_plans; from workshop.plans import Plans\n"
        "assert not {'matplotlib', 'pandas'} & set(sys.modules)\n"
        "Plans({}).picture.svg; assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
