"""Each rule of step 8 can be broken in designs of every kind, so that the checks see that and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.grade import step_checks
from checks.outcome import Outcome
from checks.schema_tests.examination import Copies, Trials, single_mutants
from checks.scratch import pristine_database
from checks.steps.on_database import open_shop
from checks.subject import find_subject
from tests.checks.conftest import DESIGNS, design_sql

#: Foreign keys over several columns, domains, statuses by number, UUIDs, triggers and partitions for what others CHECK.
KINDS = ("reference", "domains", "lookups_by_number", "uuid_and_citext", "triggers_and_partitions")

#: What rests on the same thing.
TOGETHER = {
    "tests.notices-stock": {"stock.no-oversell"},
    # One trigger may keep both.
    "tests.notices-rating": {"reviews.never-verified"},
    # One enum serves both tables; and by what table statuses are looked up, a foreign key says.
    "tests.notices-status": {"order_status_history.status-known", "orders.lifecycle"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_rule_is_broken_and_no_other(kind: str, database: str, tmp_path: Path) -> None:
    folder = tmp_path / "ecommerce-db"
    (folder / "schemas").mkdir(parents=True)
    # A copy of a database does not keep its search path.
    sql = design_sql(DESIGNS / f"{kind}.sql").replace("create schema shop;", "").replace(" with schema shop", "")
    (folder / "schemas" / "01_shop.sql").write_text(sql.replace("set search_path = shop;", ""))
    subject = find_subject(database, project=folder)
    copies = Copies(subject, pristine_database(subject))
    mutants = single_mutants(subject)
    roles, kept = copies.read(mutants)
    assert kept == {mutant.rule for mutant in mutants.values()}
    trials = Trials(copies, roles, kept)
    more: dict[str, set[str]] = {}
    for rule, mutant in mutants.items():
        with trials.broken_copy(mutant) as (copy, _):
            assert copy is not None, f"{rule} is not broken"
            with open_shop(copy) as shop:
                results = step_checks(mutant.step).without_advice().run(shop)
        failed = {result.rule.id for result in results if result.outcome is Outcome.FAIL}
        assert mutant.rule in failed
        more[rule] = failed - {mutant.rule} - TOGETHER.get(rule, set())
    assert {rule: also for rule, also in more.items() if also} == {}
