"""What an UPDATE has to set besides a change, so that a table of any design takes it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from checks.catalog import Catalog
from checks.rows import Row, Solver, Values, rules_about
from checks.rows.values import pool
from checks.session import Session


def ways(session: Session, catalog: Catalog, row: Row, changes: Values) -> Iterator[Values]:
    """The change alone; then with the columns that a CHECK ties to it; then with every empty column filled.

    An order that is paid may need the time of that, one that is shipped a tracking number.
    """
    yield changes
    table = row.table
    tied = {name for check in table.checks if set(check.columns) & set(changes) for name in check.columns}
    if tied:
        fixed = frozenset(row.values) - tied | frozenset(changes)
        start = {column.name: row[column.name] for column in table.columns if not column.generated} | changes
        solved, impossible = Solver(session, catalog, table, random.Random(7)).solve(start, fixed, 1)
        if not impossible:
            yield {name: value for name, value in solved.items() if value != row[name] or name in changes}
    foreign = {name for key in table.foreign_keys for name in key.columns}
    empty = [c for c in table.columns if row[c.name] is None and c.name not in foreign and not c.generated]
    fillings = {c.name: candidates[0] for c in empty if (candidates := pool(c, 1, rules_about(table, c)))}
    if fillings:
        yield fillings | changes
