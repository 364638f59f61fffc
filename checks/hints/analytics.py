"""Hints for the extension: analytics."""

from __future__ import annotations

from checks.hints.model import Hint, Shape, sql

_FILE = "`schemas/23_analytics.sql`"

_VIEW = sql(
    "How many books were lent on each day, and what that brought in:",
    """
    create materialized view daily_loans as
    select lent_at::date as lent_on, count(*) as loans, sum(daily_fee) as fees
    from loans
    group by lent_on;
    """,
)
_ONE_ROW_EACH = sql(
    "What is known of each reader's loans that came back:",
    """
    create materialized view reader_loans as
    select reader_id, count(distinct copy_id) as copies, sum(daily_fee) as fees
    from loans
    where came_back
    group by reader_id;
    """,
)
_INDEXED = sql(
    "Readers go on reading while the figures are made anew:",
    """
    create materialized view copy_loans as
    select copy_id, count(*) as loans from loans group by copy_id;

    create unique index copy_loans_copy on copy_loans (copy_id);
    refresh materialized view concurrently copy_loans;
    """,
)


def _exists(select: str, reason: str) -> Hint:
    return Hint(
        reason,
        f"An SQL file such as {_FILE}: `create materialized view {{table}} as select …`, with {select}. A materialized "
        "view keeps its answer, like a table, until somebody refreshes it. Save the file, then run `build_schema()`.",
        _VIEW,
        "Why does a page that is opened a thousand times a day not add up all orders each time?",
    )


def _columns(listing: str, reason: str) -> Hint:
    return Hint(
        reason,
        f"The query of `{{table}}`, in a file such as {_FILE}, has to bring {listing}. The word `as` gives a column "
        "its name: compare it letter by letter. Sums of money stay `numeric`, so leave out any cast to a float.",
        _VIEW,
        "Why is a name that the query gives part of a promise to whoever reads the view?",
    )


def _paid_only(reason: str) -> Hint:
    return Hint(
        reason,
        f"The `where` in the query of `{{table}}`, in a file such as {_FILE}. It has to let through the orders that "
        "are paid, shipped or delivered, and no others. Cancelled orders are the ones that people forget.",
        _ONE_ROW_EACH,
        "Why is it safer to name the statuses that count than those that don't?",
    )


def _figures(reason: str, advice: str, shape: Shape) -> Hint:
    return Hint(
        reason,
        f"The query of `{{table}}`, in a file such as {_FILE}. {advice} The report shows the two numbers beside each "
        "other: look for what would explain the difference.",
        shape,
        "How could a further join make a sum bigger without a single new order?",
    )


def _unique_index(column: str, reason: str) -> Hint:
    return Hint(
        reason,
        f"The file with the view, such as {_FILE}: a `create unique index` on `{{table}}`, over `{column}` alone. For "
        "`refresh materialized view concurrently` PostgreSQL wants one that is on plain columns and has every row.",
        _INDEXED,
        "What do readers see during a refresh that is not concurrent?",
    )


HINTS: dict[str, Hint] = {
    "daily_sales.exists": _exists(
        "a row for each day",
        "Each morning Mina looks at what yesterday brought. With a hundred thousand orders that takes seconds, and the "
        "tills wait.",
    ),
    "daily_sales.columns": _columns(
        "`day`, `orders` and `revenue`",
        "The chart on Mina's wall reads three things of each day. If one has another name, the chart stays empty.",
    ),
    "daily_sales.paid-only": _paid_only(
        "An order that nobody has paid is a hope, and a cancelled one is not even that. Mina pays her rent from "
        "neither.",
    ),
    "daily_sales.figures": _figures(
        "Mina decides by these numbers how many mugs to make. If they are twice the truth, half of the mugs stay on "
        "the shelf.",
        "Revenue is the sum of `quantity * unit_price` of the lines; an order with three lines is still one order.",
        _VIEW,
    ),
    "daily_sales.unique-index": _unique_index(
        "day",
        "While the figures are made anew, nobody can read them, unless the refresh is concurrent. Mina opens the chart "
        "just then.",
    ),
    "product_sales.exists": _exists(
        "a row for each product",
        "Which mug sells best? The page with the ten favourites asks that for each visitor, and must not count all "
        "lines for it.",
    ),
    "product_sales.columns": _columns(
        "`product_id`, `units_sold` and `revenue`",
        "The list of favourites needs to know which product, how many pieces and how much money. One name that is "
        "different breaks it.",
    ),
    "product_sales.paid-only": _paid_only(
        "Somebody orders ninety teapots and never pays. They are no reason to call the teapot a favourite.",
    ),
    "product_sales.figures": _figures(
        "A product is sold in many variants, and two of them can be in one order. All of that is one product's "
        "success.",
        "Pieces are the sum of `quantity`, not the number of lines. Revenue goes by `unit_price`, not by the price of "
        "today.",
        _ONE_ROW_EACH,
    ),
    "product_sales.unique-index": _unique_index(
        "product_id",
        "The page of favourites is open on many phones at once. A refresh that locks them out would show them an "
        "error.",
    ),
}
