"""Every right design, broken in every general way: turned down by the step, in a message that names the table."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from checks import contract
from checks.catalog import read_catalog
from checks.outcome import Outcome
from checks.report import Report
from checks.roles import RoleMap, Roles, cast_roles
from tests.checks.conftest import DESIGNS, design_sql, last_step
from tests.checks.mutations import Mutation, mutations

#: On how many of the designs each mutation is tried; they take turns. `WORKSHOP_TEST_MUTATIONS=99` tries all.
TURNS = int(os.environ.get("WORKSHOP_TEST_MUTATIONS", "3"))

ALL = [path for path in sorted(DESIGNS.iterdir()) if path.suffix in (".sql", ".py")]


def _turns() -> list[tuple[Path, Mutation]]:
    """Each mutation with the designs whose turn it is."""
    turns = []
    for number, mutation in enumerate(mutations()):
        able = [path for path in ALL if last_step(path) >= mutation.step]
        step = max(1, len(able) // TURNS)
        turns += [(able[(number + place * step) % len(able)], mutation) for place in range(min(TURNS, len(able)))]
    return turns


@pytest.mark.parametrize(("design", "mutation"), _turns(), ids=lambda value: getattr(value, "stem", str(value)))
def test_a_broken_design_is_turned_down(
    design: Path,
    mutation: Mutation,
    build: Callable[[str], None],
    check: Callable[[int], Report],
    playground: Connection,
) -> None:
    build(design_sql(design))
    roles = _roles(playground)
    table = roles.tables[mutation.part]
    try:
        ddl = mutation.ddl(roles)
    except LookupError:
        pytest.skip("this design keeps the rule by something else, which another mutation takes away")
    try:
        _run(playground, ddl)
    except psycopg2.Error as error:
        pytest.skip(f"no schema comes of it: {error.diag.message_primary}")
    report = check(mutation.step)
    assert not report.passed, ddl
    named = {result.table for result in report.results if result.outcome is Outcome.FAIL}
    # Where a trigger went as well, it may have been another table's, too.
    assert named & {table.label, mutation.part} or table.triggers, str(report)


def _roles(connection: Connection) -> Roles:
    with connection.cursor() as cursor:

        def ask(sql: str, values: object) -> list[tuple[object, ...]]:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

        return cast_roles(read_catalog(ask, contract.stored_names()), RoleMap())


def _run(connection: Connection, ddl: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ddl)  # several statements sent as one are one transaction
