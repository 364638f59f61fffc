"""Right designs in small: the reference with one rule kept in another way, which must pass as well."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.outcome import Outcome
from checks.report import Report
from tests.checks.conftest import reference_sql

FOLDER = Path(__file__).with_name("right_changes")


def _changes() -> list[tuple[int, str, str]]:
    """Step, name and SQL of each change; an entry begins with a line `-- right: its name`."""
    found = []
    for path in sorted(FOLDER.glob("step*.sql")):
        entries = re.split(r"^-- right: ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        found += [(int(path.stem.removeprefix("step")), *entry.split("\n", 1)) for entry in entries]
    return found


CHANGES = _changes()


@pytest.mark.parametrize(("step", "name", "sql"), CHANGES, ids=[f"step {step}: {name}" for step, name, _ in CHANGES])
def test_other_way_is_taken(
    step: int, name: str, sql: str, build: Callable[[str], None], check: Callable[[int], Report]
) -> None:
    build(reference_sql(step) + sql)
    report = check(step)
    assert report.passed, str(report)
    open_ends = [r.rule.id for r in report.results if r.outcome in (Outcome.CANT_TELL, Outcome.SKIPPED)]
    assert open_ends in ([], ["queries.order-history"]), str(report)
