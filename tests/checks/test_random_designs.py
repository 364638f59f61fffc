"""The property: every right design passes every step, and no check leaves anything behind.

`WORKSHOP_TEST_DESIGNS=2000` tries so many random designs instead of a few. What fails is told as the picks that
make it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.contract import Level
from checks.grade import grade
from checks.outcome import Outcome
from checks.report import Report
from checks.subject import find_subject
from tests.checks.fingerprint import fingerprint
from tests.checks.random_designs import CHOICES, Picks, any_picks, deal_all, make_design, options_used
from tests.checks.random_designs.samples import write_samples
from tests.conftest import drop_database
from workshop import postgres
from workshop.postgres.connection import Address

STEPS = contract.SCHEMA_STEPS
#: Some more than the options of any one choice, as not everything goes with everything.
DEALT = 18
RANDOM = int(os.environ.get("WORKSHOP_TEST_DESIGNS", "2"))
#: About the project folder, which a database alone says nothing of.
ELSEWHERE = {"queries.order-history"}

Try = Callable[[Picks], None]


@cache
def dealt() -> list[Picks]:
    return deal_all(DEALT, seed=3)


@pytest.fixture
def passes(server: postgres.Server) -> Iterator[Try]:
    """Builds a design with some rows in a new database, and sees it pass every step and left as it was."""
    numbers = count(1)
    with closing(postgres.connect(server.url, "tests")) as admin:
        admin.autocommit = True

        def passes(picks: Picks) -> None:
            name = f"design_{next(numbers)}"
            with admin.cursor() as cursor:
                cursor.execute(f"create database {name} template template0")
            try:
                url = Address.parse(server.url).at(name).url()
                with closing(postgres.connect(url, "tests")) as connection:
                    connection.autocommit = True
                    _passes(connection, url, picks)
            finally:
                drop_database(server.url, name)

        yield passes


def _passes(connection: Connection, url: str, picks: Picks) -> None:
    design = make_design(picks)
    with connection.cursor() as cursor:
        cursor.execute(design.sql())
        cursor.execute("select current_database(), current_setting('search_path')")
        [name, path] = cursor.fetchone() or ()
        cursor.execute(f"alter database {name} set search_path = {path}")
    write_samples(connection, design)
    before = fingerprint(connection)
    for step in STEPS:
        report = grade(step, find_subject(url))
        assert report.passed, f"{picks!r}\n{report}"
        assert not _open_ends(report), f"{picks!r}\n{report}"
        after = fingerprint(connection)
        left = [fact for fact in before | after if before.get(fact) != after.get(fact)]
        assert not left, f"{picks!r}\nstep {step} left something behind in: {', '.join(left)}"


def _open_ends(report: Report) -> list[str]:
    """Rules that could not be judged, and that is no consequence of missing advice."""
    return [
        result.rule.id
        for result in report.results
        if result.rule.id not in ELSEWHERE
        and (
            result.outcome is Outcome.CANT_TELL
            or (result.outcome is Outcome.SKIPPED and result.rule.level is Level.MUST)
        )
    ]


@pytest.mark.parametrize("number", range(DEALT))
def test_dealt_design_passes(number: int, passes: Try) -> None:
    passes(dealt()[number])


@settings(
    max_examples=RANDOM,
    derandomize="WORKSHOP_TEST_DESIGNS" not in os.environ,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
@given(picks=any_picks())
def test_random_design_passes(picks: Picks, passes: Try) -> None:
    passes(picks)


def test_every_option_is_among_those_dealt() -> None:
    used = {item for picks in dealt() for item in options_used(picks).items()}
    assert {(name, option) for name, choice in CHOICES.items() for option in choice.options} - used == set()
