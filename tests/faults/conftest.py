"""What all faults share: a shop with rows in it, and a check that has to hold its ground."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from checks import check_step
from checks.grade import CheckerFault
from checks.report import Report
from tests.checks.conftest import as_superuser, build, playground, reference_sql, url
from tests.checks.fingerprint import fingerprint
from tests.workshop.conftest import notebook, project, query
from workshop.errors import WorkshopError

__all__ = ["as_superuser", "build", "notebook", "playground", "project", "query", "url"]

#: A few rows for every part that faults are made for.
ROWS = """
insert into users (email, password_hash, first_name, last_name)
select 'ada' || i || '@example.com', 'x', 'Ada', 'L' from generate_series(1, 5) i;
insert into categories (name) values ('Mugs'), ('Shirts');
insert into products (name, price, sku, category_id) values ('Green mug', 9, 'MUG', 1), ('Shirt', 19, 'SHIRT', 2);
insert into product_variants (product_id, size, color, sku) values (1, 'M', 'green', 'MUG-M');
"""

FIRST, LAST = 2, 5  # the steps that are about the tables; the check of the last one grades those before it as well

Outcome = Report | WorkshopError


@pytest.fixture
def shop(build: Callable[[str], None]) -> None:
    """The whole reference with some rows in the playground."""
    build(reference_sql(6) + ROWS)


def tried(step: int, url: str) -> Outcome:
    """What a check comes to: a report, or an error of ours that is a sentence to read. Anything else is a fault."""
    try:
        report: Report = check_step(step, database_url=url)
    except WorkshopError as error:
        assert not isinstance(error, CheckerFault), error
        assert_readable(str(error))
        return error
    words = f"{report}{report.to_html()}"
    assert "Traceback" not in words
    assert "stumbled" not in words, words
    return report


def assert_readable(sentence: str) -> None:
    """It is for a learner: words that begin and end as a sentence does, and nothing of Python's."""
    assert sentence[:1].isupper() or sentence.startswith("names.toml"), sentence
    assert sentence.rstrip()[-1:] in ".?)", sentence
    assert "Traceback" not in sentence and 'File "' not in sentence, sentence
    assert "psycopg2" not in sentence.replace("postgresql+psycopg2://", ""), sentence


@pytest.fixture
def holds(playground: Connection, url: str) -> Callable[[], list[Outcome]]:
    """Checks the first and the last step, and the first again: the same is said, and nothing has changed."""

    def holds() -> list[Outcome]:
        before = fingerprint(playground)
        outcomes = [tried(step, url) for step in (FIRST, LAST)]
        assert_unchanged(before, fingerprint(playground))
        assert words(tried(FIRST, url)) == words(outcomes[0])
        return outcomes

    return holds


def words(outcome: Outcome) -> Any:
    """What was found, as far as it stays the same from check to check."""
    if isinstance(outcome, Report):
        return [(result.rule.id, result.outcome) for result in outcome.results]
    return type(outcome)


def assert_unchanged(before: dict[str, Any], after: dict[str, Any]) -> None:
    changed = [fact for fact in before | after if before.get(fact) != after.get(fact)]
    assert not changed, f"something was left behind in: {', '.join(changed)}"
