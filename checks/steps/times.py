"""The advice on `created_at` and `updated_at`, which holds for every step that has them."""

from __future__ import annotations

from checks.outcome import Failed
from checks.probe import Shop, shorten
from checks.rows import Draft, Row
from checks.steps import common

#: A moment long before any row of a check.
LONG_AGO = "2001-02-03 04:05:06+00"


def have_a_zone(shop: Shop, part: str) -> None:
    """Each time is a timestamp with time zone."""
    table = shop.table(part)
    for column in common.timestamps(shop, part):
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
    for column in common.timestamps(shop, part):
        draft.values.pop(column.name, None)
    answer = shop.session.attempt(draft.but())
    for column in common.timestamps(shop, part):
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
