"""When a row was made and changed: the columns, and the advice on them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from checks import contract
from checks.catalog import Column, Index, Table
from checks.contract import Kind
from checks.outcome import Failed
from checks.probe import Shop, shorten
from checks.rows import Draft, NoRow, Row
from checks.rules.tables import is_of_kind

#: When a row was made and last changed, as an ordinary one has it.
_AN_HOUR = ("2026-03-01 09:00+00", "2026-03-01 10:00+00")


def times_are_recorded(shop: Shop, part: str) -> None:
    """`created_at` and `updated_at`, where the contract lists them, are timestamps."""
    table = shop.table(part)
    for wanted in contract.table(part).columns:
        if wanted.kind is not Kind.TIMESTAMP:
            continue
        column = shop.roles.column(part, wanted.name)
        if column is None:
            raise Failed(
                f"{table.label} has no column {wanted.name}.",
                next=f"Add {wanted.name} to the model of {table.label} and build again.",
                table=table.label,
                column=wanted.name,
            )
        is_of_kind(table, column, Kind.TIMESTAMP)
    _rows_may_share_a_time(shop, part)


def rows_of_today_fit(shop: Shop, part: str) -> None:
    """A row that is made now, by the time that it bears, goes in; that any goes in other checks say."""
    created = shop.roles.column(part, "created_at")
    if created is None or created.generated:
        return
    with suppress(NoRow):
        made = shop.row(part)[created.name]
        [[now, is_new]] = shop.session.query(
            "select pg_catalog.now(), %s::timestamptz > pg_catalog.now() - interval '1 day'", (made,)
        )
        if not is_new:
            shop.takes(
                part,
                {created.name: now},
                happened=f"A row of {shop.table(part).label} that is made today was refused: {{why}}.",
                next=f"Let {created.name} be today's date as well, or make a partition for it.",
                column=created.name,
            )


def _rows_may_share_a_time(shop: Shop, part: str) -> None:
    """Two rows, also of one user or one product, may have been there at the same time.

    In one transaction every default of now() is the same moment, and the time between two of them empty: only rows
    that have lived for a while show a constraint that keeps them apart by when they did.
    """
    table = shop.table(part)
    times = [column.name for column in timestamps(shop, part)]
    constraints = [
        index
        for index in table.indexes
        if (index.exclusion and index.uses.issuperset(times))
        or (index.unique and index.uses and index.uses <= set(times))
    ]
    if len(times) < 2 or not constraints:
        return
    lived = dict(zip(times, _AN_HOUR, strict=True))
    with suppress(NoRow):
        first = shop.row(part, lived)
        for index in constraints:
            owners = [key.columns for key in table.foreign_keys if index.columns.issuperset(key.columns)]
            for shared in (*owners, ()):
                try:
                    shop.draft(part, lived | {name: first[name] for name in shared})
                except NoRow as none:
                    _judge_period(table, index, times, none)


def _judge_period(table: Table, index: Index, times: Sequence[str], none: NoRow) -> None:
    refusal = none.answer.refusal if none.answer else None
    if none.answer is None or refusal is None or refusal.constraint != index.name:
        return
    apart = (
        f"by the time between {' and '.join(times)}" if index.exclusion else f"by {' and '.join(sorted(index.uses))}"
    )
    raise Failed(
        f"Two rows of {table.label} that were there at the same time don't both fit: {index.name} keeps rows apart "
        f"{apart}.",
        next=f"Drop {index.name}, or let it be about a period that you mean: many rows are there at the same time."
        if index.exclusion
        else f"Drop {index.name}: rows that are written in one transaction bear the same time.",
        table=table.label,
        column=times[0],
        tried=shorten(none.answer.tried),
        sqlstate=refusal.sqlstate,
    )


def timestamps(shop: Shop, part: str) -> list[Column]:
    """The timestamp columns of the contract that the part has."""
    wanted = [c.name for c in contract.table(part).columns if c.kind is Kind.TIMESTAMP]
    return [column for name in wanted if (column := shop.roles.column(part, name)) is not None]


#: A moment long before any row of a check.
LONG_AGO = "2001-02-03 04:05:06+00"


def have_a_zone(shop: Shop, part: str) -> None:
    """Each time is a timestamp with time zone."""
    table = shop.table(part)
    for column in timestamps(shop, part):
        if column.type.base != "timestamptz":
            raise Failed(
                f"{table.label}.{column.name} is a timestamp without time zone: the same moment reads differently "
                "on servers in different places.",
                next=f"Declare {column.name} as DateTime(timezone=True).",
                table=table.label,
                column=column.name,
            )


def are_filled_in(shop: Shop, part: str, draft: Draft) -> None:
    """The draft without its times gets them from the database, and none of them takes NULL."""
    table = shop.table(part)
    for column in timestamps(shop, part):
        draft.values.pop(column.name, None)
    answer = shop.session.attempt(draft.but())
    for column in timestamps(shop, part):
        if not answer.rows or answer.rows[0][column.name] is None:
            raise Failed(
                f"A row of {table.label} that leaves {column.name} out gets no time from the database. "
                "A default in Python helps only rows that come through SQLAlchemy.",
                next=f"Add server_default=func.now() and nullable=False to {column.name}.",
                table=table.label,
                column=column.name,
                tried=shorten(answer.tried),
            )
        if column.not_null or column.type.domain_not_null:
            continue
        for answer in shop.both_ways(draft, **{column.name: None}):
            shop.refused(
                answer,
                happened=f"PostgreSQL took a row of {table.label} with no time: {column.name} is NULL.",
                next=f"Make {column.name} NOT NULL (nullable=False).",
                table=table.label,
                column=column.name,
            )


def have_moved(shop: Shop, part: str, row: Row, tried: str) -> None:
    """A row that was made with `updated_at` LONG_AGO has another one, after a change (`tried`) that was taken."""
    table, column = shop.table(part), shop.column(part, "updated_at")
    stored = shop.read(row)
    if stored is not None and str(stored[column.name]).startswith(LONG_AGO[:10]):
        raise Failed(
            f"{table.label}.{column.name} stood still when a row was changed by SQL. "
            "onupdate in SQLAlchemy moves it only for changes that come through SQLAlchemy.",
            next=f"A BEFORE UPDATE trigger on {table.label} can set new.{column.name} = now().",
            table=table.label,
            column=column.name,
            tried=shorten(tried),
        )
