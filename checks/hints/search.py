"""Hints for the extension: full-text search."""

from __future__ import annotations

from checks.hints.model import Hint, sql

_FILE = "`schemas/24_search.sql`"

_WORDS = sql(
    "A library reads the words of each title:",
    """
    alter table books add column title_words tsvector generated always as (
        to_tsvector('english', title)
    ) stored;
    """,
)
_TWO_TEXTS = sql(
    "Title and blurb, of which the blurb may be missing:",
    """
    alter table books add column all_words tsvector generated always as (
        to_tsvector('english', title) || to_tsvector('english', coalesce(blurb, ''))
    ) stored;
    """,
)

HINTS: dict[str, Hint] = {
    "search.column": Hint(
        "Somebody types “blue mug” and means a product called “Mug, blue, hand-made”. To find that, PostgreSQL needs "
        "the words, not the text.",
        f"An SQL file such as {_FILE}: `alter table {{table}} add column {{column}} tsvector`. A `tsvector` is the "
        "list of words in a text, made by `to_tsvector`. SQLAlchemy's models need not know of it.",
        _WORDS,
        "Why is a list of words quicker to search than the text they came from?",
        table="products",
        column="search_vector",
    ),
    "search.found": Hint(
        "A new teapot is put on the page at nine. At one past nine somebody looks for it, by its name or by what it is "
        "made of.",
        f"How `{{column}}` of `{{table}}` is made, in a file such as {_FILE}. A column that is `generated always as "
        "(…) stored` fills itself in for every row. Its words come from `name` and from `description`.",
        _TWO_TEXTS,
        "Why should no program have to think of filling this column?",
        table="products",
        column="search_vector",
    ),
    "search.follows": Hint(
        "The lamp becomes a lantern, and people look for lanterns. If the list of words stays as it was, the page "
        "finds it by a name that it no longer has.",
        f"How `{{column}}` of `{{table}}` is kept, in a file such as {_FILE}. A generated column follows each change. "
        "A trigger does so only if it runs before INSERT and before UPDATE, for both texts.",
        _WORDS,
        "What could go wrong if each program that changes a name had to change the words too?",
        table="products",
        column="search_vector",
    ),
    "search.without-description": Hint(
        "Mina writes the text for a new mug in the evening. Until then it has a name and nothing else, and people ask "
        "for it by that name.",
        f"The expression behind `{{column}}` of `{{table}}`, in a file such as {_FILE}. In SQL, anything joined with "
        "NULL is NULL. The function `coalesce` puts an empty text in the place of a `description` that is missing.",
        _TWO_TEXTS,
        "Why does one missing text make the words of the other one vanish?",
        table="products",
        column="search_vector",
    ),
    "search.stemmed": Hint(
        "People look for “mugs”, and the product is called “Mug”. They mean the same, and a page that finds nothing "
        "sends them to another shop.",
        f"The first argument of `to_tsvector` behind `{{column}}` of `{{table}}`, in a file such as {_FILE}. It names "
        "the language. With `'english'` PostgreSQL keeps the stem of each word; with `'simple'` it keeps the word as "
        "it is.",
        _WORDS,
        "Why has the language to be written there, and not left to a setting?",
        table="products",
        column="search_vector",
    ),
    "search.indexed": Hint(
        "With a thousand products nobody notices. With a hundred thousand, each search reads them all, while the "
        "customer looks at a white page.",
        f"A file such as {_FILE}: `create index … on {{table}} using gin ({{column}})`. GIN keeps, for each word, the "
        "rows that have it. A plain index compares whole values, so it can't find a word inside one.",
        sql(
            "The library finds a book by any word of its title:",
            """
            alter table books add column words tsvector
                generated always as (to_tsvector('english', title)) stored;
            create index books_words on books using gin (words);
            """,
        ),
        "Why does an index on the expression `to_tsvector(…)` not serve a search by the column?",
        table="products",
        column="search_vector",
    ),
    "search.ranked": Hint(
        "Who looks for “teapot” wants teapots first, and the cloth “to go with any teapot” later. The name says what a "
        "thing is.",
        f"The expression behind `{{column}}` of `{{table}}`, in a file such as {_FILE}. The function `setweight` marks "
        "words with a letter from A to D. `ts_rank` counts those with an A for the most.",
        sql(
            "A word of the title counts for more than one of the blurb:",
            """
            alter table books add column ranked_words tsvector generated always as (
                setweight(to_tsvector('english', title), 'A') ||
                setweight(to_tsvector('english', coalesce(blurb, '')), 'B')
            ) stored;
            """,
        ),
        "Why is it enough to mark the words once, and not in each search?",
        table="products",
        column="search_vector",
    ),
}
