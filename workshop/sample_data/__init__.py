"""Puts a shop of many orders into whatever schema the learner made.

`shop.sql` thinks the shop up, `outline` knows how this learner's tables are called, `recipe` says what goes into which
column, `pour` does it, and `aside` keeps triggers from doing it again row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url, read_mark
from workshop.postgres.connection import words_of
from workshop.progress import Progress
from workshop.sample_data.aside import put_aside
from workshop.sample_data.outline import Outline, read_outline
from workshop.sample_data.pour import Poured, count_on, pour, read_tables
from workshop.sample_data.recipe import quote
from workshop.schema import have_to_oneself, who_is_in_the_way

__all__ = ["Loaded", "load_sample_data"]

#: By their addresses the shop's customers are told from others (shop.sql).
CUSTOMERS = "@customers.example"

_SHOP = Path(__file__).with_name("shop.sql").read_text("utf-8")

#: 2,000 products, each with three variants, for 100,000 orders of 20,000 users.
_SIZE = """
    create temp table sample_size on commit drop as
    select
        %(orders)s as orders, greatest(40, %(orders)s / 5) as users, greatest(40, %(orders)s / 50) as products,
        %(prices)s::numeric[] as prices, %(cancels)s as cancels,
        %(sale)s as sale_sign, %(adjustment)s as adjustment_sign
"""

#: Nothing is shared with others here, and it is over in seconds: what would be bad manners on a busy server is fine.
#: Nobody counted the rows of the sample tables, so PostgreSQL would sort them to join them: hashing is quicker, and
#: keeps them in the order of their numbers, in which they go into an index most quickly.
_SETTINGS = """
    set enable_mergejoin = off;
    set temp_buffers = '128MB'; set work_mem = '64MB'; set maintenance_work_mem = '128MB'; set jit = off;
    set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set client_min_messages = 'error'
"""


@dataclass(frozen=True)
class Loaded:
    """What `load_sample_data` did; a notebook shows it as a sentence.

    Attributes:
        rows: how many rows went into each table.
        left_empty: a sentence for each table that could not be filled. When the sample shop was there already, both
            are empty.
    """

    rows: Mapping[str, int]
    left_empty: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.rows and not self.left_empty:
            return "The sample shop is there already: nothing was added. To have it new, call build_schema() first."
        tables = ", ".join(f"{table} {count:,}" for table, count in self.rows.items())
        return "\n".join([f"Loaded {sum(self.rows.values()):,} rows: {tables}.", *self.left_empty])

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        printer.text(str(self))


class _Printer(Protocol):
    def text(self, text: str) -> None: ...


def load_sample_data(orders: int = 100_000, *, database_url: str | None = None) -> Loaded:
    """Fill the tables that are there with a shop of two years: users, products, orders, reviews and the rest.

    All of it goes in, or nothing. Called again, it adds nothing. The rows are the same on every run. The learner's
    triggers rest meanwhile; what they would have written is written for them. Shows a progress bar.

    Args:
        orders: how many; there are a fifth as many users and a fiftieth as many products.
        database_url: another database than the workshop's own; it has to carry the workshop's mark.

    Raises:
        WorkshopError: a sentence that says what stood in the way; every table is as it was.
    """
    if isinstance(orders, bool) or not isinstance(orders, int) or not 1 <= orders <= 2_000_000:
        raise WorkshopError(f"orders has to be a whole number from 1 to 2,000,000, and is {orders!r}.")
    url = database_url or current_url()
    with closing(connect(url, "load_sample_data")) as connection, _explained(connection):
        _check_mark(connection)
        outline = read_outline(url)
        if not outline.parts:
            raise WorkshopError("The database has no tables of the shop yet: build_schema() makes those of your files.")
        with connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
            connection.commit()
            have_to_oneself(cursor)
            if _is_there(cursor, outline):
                return Loaded({})
            return _load(connection, cursor, outline, orders)


def _load(connection: Connection, cursor: Cursor, outline: Outline, orders: int) -> Loaded:
    tables = read_tables(cursor, outline)
    names = [table.label for table in tables.values()]
    done: list[Poured] = []
    with Progress("Loading", len(outline.parts) + 3) as progress:
        progress.step("a shop")
        cursor.execute(_SIZE, _size(outline, orders))
        cursor.execute(_SHOP)
        with put_aside(cursor, names):
            waiting = iter([*outline.parts.values()][1:])
            progress.step(next(iter(outline.parts.values())).label)
            for poured in pour(cursor, outline, tables):
                done.append(poured)
                progress.step(following.label if (following := next(waiting, None)) else "foreign keys")
        count_on(cursor, list(tables.values()))
        connection.commit()
        progress.step("statistics")
        _tidy_up(connection, cursor, names)
    rows = {poured.part.label: poured.rows for poured in done if not poured.left_empty}
    return Loaded(rows, tuple(poured.left_empty for poured in done if poured.left_empty))


def _tidy_up(connection: Connection, cursor: Cursor, tables: Sequence[str]) -> None:
    """What the autovacuum would do in a minute or two, so that plans are now what they will be."""
    connection.autocommit = True
    with suppress(psycopg2.Error):  # the rows are in
        cursor.execute(f"vacuum (analyze, skip_locked) {', '.join(tables)}")


def _size(outline: Outline, orders: int) -> dict[str, object]:
    prices = sorted({float(price) for price in outline.labels("products")})
    return {
        "orders": orders,
        "prices": prices or [9.9],
        "cancels": "cancelled" in outline.labels("orders"),
        "sale": _sign(outline, "sale"),
        "adjustment": _sign(outline, "adjustment"),
    }


def _sign(outline: Outline, movement: str) -> int:
    """Whether a movement of that type is written with a plus or with a minus."""
    part = outline.parts.get("stock_movements")
    examples = {example.stands_for: example.row for example in part.examples} if part else {}
    change = examples.get(movement, {}).get(part.columns.get("quantity_change", "")) if part else None
    return 1 if change and not change.startswith("-") else -1


# --- What is there already --------------------------------------------------------------------------------------------


def _is_there(cursor: Cursor, outline: Outline) -> bool:
    users = outline.parts.get("users")
    email = users.columns.get("email") if users else None
    if users is None or email is None:
        return False
    cursor.execute(
        f"select exists (select from {quote(users.schema)}.{quote(users.table)} where {quote(email)}::text like %s)",
        (f"%{CUSTOMERS}",),
    )
    [[is_there]] = cursor.fetchall()
    return bool(is_there)


# --- What to say when it fails ----------------------------------------------------------------------------------------


def _check_mark(connection: Connection) -> None:
    if read_mark(connection) is None:
        raise WorkshopError(
            f"The database {connection.info.dbname} is not the workshop's own, so no rows are put into it. "
            "Call start_step(n) with the number of your step to have one that is."
        )


@contextmanager
def _explained(connection: Connection) -> Iterator[None]:
    try:
        yield
    except errors.LockNotAvailable:
        connection.rollback()
        reason = who_is_in_the_way(connection, "load_sample_data()")
    except errors.DiskFull as error:
        reason = f"The disk is full ({words_of(error)}): free some space, then call it again. Every table is as it was."
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        reason = (
            f"PostgreSQL broke off ({words_of(error)}). Call start_step(n) with the number of your step, then again."
        )
    except psycopg2.Error as error:
        reason = f"PostgreSQL says: {words_of(error)}. Every table is as it was."
    else:
        return
    raise WorkshopError(f"No sample data were loaded. {reason}")
