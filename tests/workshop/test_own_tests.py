"""`%pytest`: what a learner reads where a test of theirs fails."""

from __future__ import annotations

import pytest

from workshop.own_tests import run_pytest
from workshop.settings import settings

TESTS = """\
import os

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session


@pytest.fixture
def session():
    with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        yield Session(connection)


def test_mug(session):
    session.execute(text("select mug"))
"""


def test_a_failure_shows_the_lines_of_the_project_and_what_postgresql_says(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = settings().project / "tests"
    tests.mkdir(parents=True)
    (tests / "test_mugs.py").write_text(TESTS, "utf-8")
    run_pytest("--color=no")
    said = capsys.readouterr().out
    assert "tests/test_mugs.py:15: in test_mug" in said
    assert 'column "mug" does not exist' in said
    assert "1 failed" in said
    assert "site-packages" not in said and len(said.splitlines()) < 40, said
