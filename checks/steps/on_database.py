"""Runs a step's checks on the live database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from checks import contract
from checks.catalog import close_relations, read_catalog
from checks.outcome import Result
from checks.probe import Shop
from checks.roles import cast_roles, close_column, looks_like, wanted_names
from checks.session import Busy, open_session
from checks.step import StepChecks
from checks.subject import Subject
from workshop.postgres import connect


@contextmanager
def open_shop(subject: Subject, parts: tuple[contract.Table, ...] = contract.TABLES) -> Iterator[Shop]:
    """The live database as a shop to try things in, in a transaction that is rolled back; `parts` are to be cast."""
    with open_session(connect(subject.database_url, "check_step")) as session:
        catalog = read_catalog(session.look_up, wanted_names(subject.names, parts))
        session.shield_sequences()
        try:
            yield Shop(session, cast_roles(catalog, subject.names, parts))
        except psycopg2.ProgrammingError:
            session.begin_again()
            if read_catalog(session.look_up, wanted_names(subject.names, parts)) == catalog:
                raise
            raise Busy("The tables were changed in the middle of the check: check again.") from None


def run_on_database(step: StepChecks[Shop], subject: Subject) -> tuple[Result, ...]:
    """A step's checks on the live database, in a transaction that is rolled back."""
    with open_shop(subject) as shop:
        return run_in(step, shop)


def run_in(step: StepChecks[Shop], shop: Shop) -> tuple[Result, ...]:
    """The same in a shop that is open."""
    return step.run(shop) if _attempted(step.contract, shop) else step.not_attempted()


def _attempted(chapter: contract.Step | contract.Extension, shop: Shop) -> bool:
    """Something of the step is there, or nearly, or waits in a transaction that nobody has committed."""
    parts = [table.name for table in contract.tables_of(chapter.key)]
    if any(part in shop.roles.tables or part in shop.roles.declared.tables for part in parts):
        return True
    if any(_is_added(shop, part, column) for part, column in chapter.added):
        return True
    names = {name for part in parts for name in contract.table(part).names}
    relations = close_relations(shop.session.query, names)
    return any(looks_like(part, relations) for part in parts) or bool(shop.session.open_transactions())


def _is_added(shop: Shop, part: str, column: contract.Column) -> bool:
    """A table of the steps has that further column, or one that may be meant."""
    if f"{part}.{column.name}" in shop.roles.declared.columns or shop.roles.playing(part, column) is not None:
        return True
    table = shop.roles.tables.get(part)
    return table is not None and close_column(table, column.name) is not None
