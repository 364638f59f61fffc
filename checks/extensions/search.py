"""Full-text search: a product is found by the words of its name and its description."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from checks.catalog import Column, Index
from checks.contract.extensions import SEARCH_VECTOR
from checks.outcome import CantTell, Failed, Skipped
from checks.plan import indexes_of, literal, served_by
from checks.probe import Shop, shorten
from checks.roles import close_column
from checks.rows import NoRow, Row, qualified, quote
from checks.rules import tables
from checks.session import Answer, Statement
from checks.step import StepChecks
from checks.steps.step6_indexes import keeps_living_rows

extension: StepChecks[Shop] = StepChecks("search")

PART = "products"
METHODS = ("gin", "gist")

#: What no product of a learner is called or described by.
NAME, DESCRIPTION = "Zyzzlamp", "Quuxglow"
OTHER_NAME, OTHER_DESCRIPTION = "Vexharp", "Jumbwick"

_TRIGGER = "A generated column does so by itself; a trigger has to run before INSERT and before UPDATE."


@extension.scenery
def other_products(shop: Shop) -> None:
    """A category, and a product that nobody looks for."""
    shop.furnish("categories", PART)


def _vector(shop: Shop) -> Column:
    """The column to search; Skipped when there is none (the check `search.column` says so)."""
    column = shop.roles.playing(PART, SEARCH_VECTOR)
    if column is None:
        raise Skipped
    return column


@extension.check("search.column")
def there_is_a_vector(shop: Shop) -> None:
    """The column is there, and a tsvector."""
    table, column = shop.table(PART), shop.roles.playing(PART, SEARCH_VECTOR)
    if column is None:
        add = f"Add a column {SEARCH_VECTOR.name} of the type tsvector to {table.label}."
        raise Failed(
            f"{table.label} has no column {SEARCH_VECTOR.name}.",
            next=tables.or_rename(close_column(table, SEARCH_VECTOR.name), SEARCH_VECTOR.name, add),
            table=table.label,
            column=SEARCH_VECTOR.name,
        )
    if column.type.base != "tsvector":
        raise Failed(
            f"{table.label}.{column.name} is of type {column.type.text}: words can't be looked up there.",
            next=f"Declare {column.name} as tsvector.",
            table=table.label,
            column=column.name,
        )


# -- asking ----------------------------------------------------------------------------------------------------


def _configurations(shop: Shop) -> list[str]:
    """The ways to read words that this database knows, the likely ones first."""
    rows = shop.session.query(
        "select oid::regconfig::text from pg_catalog.pg_ts_config order by oid <> %s::regconfig, "
        "cfgname <> 'english', cfgnamespace = 'pg_catalog'::regnamespace, cfgname",
        ("pg_catalog.english",),
    )
    return [name for (name,) in rows]


def _asked(shop: Shop, word: str, configuration: str) -> str:
    """The condition that a product is found by a word."""
    read = f"plainto_tsquery({literal(shop.session, configuration)}, {literal(shop.session, word)})"
    return f"{quote(_vector(shop).name)} @@ {read}"


def _is_found(shop: Shop, product: Row, word: str, configuration: str) -> Answer:
    statement = product.read()
    return shop.session.attempt(Statement(f"{statement.sql} and {_asked(shop, word, configuration)}", statement.values))


def _found_by(shop: Shop, product: Row, *words: str) -> bool:
    """The product is found by each of these words, in one of the ways to read them."""
    return any(
        all(_is_found(shop, product, word, configuration).rows for word in words)
        for configuration in _configurations(shop)
    )


def _tried(shop: Shop, word: str) -> str:
    return f"select * from {qualified(shop.table(PART))} where {_asked(shop, word, 'english')}"


def _product(shop: Shop, name: str, description: str | None) -> Row:
    columns = [shop.column(PART, part).name for part in ("name", "description")]
    try:
        return shop.row(PART, dict(zip(columns, (name, description), strict=True)))
    except NoRow as none:
        if none.answer is None or none.answer.refusal is None or none.answer.refusal.stumbled:
            raise
        words = f"the name {name} and {'no description' if description is None else f'the description {description}'}"
        raise CantTell(f"No product could be made with {words}.", table=shop.table(PART).label) from None


def _must_find(shop: Shop, product: Row, word: str, happened: str, next_: str, tried: str | None = None) -> None:
    if not _found_by(shop, product, word):
        raise Failed(
            happened,
            next=next_,
            table=product.table.label,
            column=_vector(shop).name,
            tried=shorten(tried or _tried(shop, word)),
        )


# -- what is found ---------------------------------------------------------------------------------------------

_NEEDS = ("search.column",)


@extension.check("search.found", needs=_NEEDS)
def new_product_is_found(shop: Shop) -> None:
    """By a word of the name and by one of the description, and by no other one."""
    product = _product(shop, f"{NAME} 3000", f"With a {DESCRIPTION} inside")
    column = _vector(shop).name
    for word, where in ((NAME, "name"), (DESCRIPTION, "description")):
        _must_find(
            shop,
            product,
            word,
            f"A new product has {word} in its {where}, and a search for that word in {column} does not find it.",
            f"Make {column} from name and description, for new rows too. {_TRIGGER}",
        )
    if _found_by(shop, product, OTHER_NAME):
        raise Failed(
            f"A search for {OTHER_NAME} finds a product that has no such word.",
            next=f"Make {column} from the name and the description of its own row.",
            table=product.table.label,
            column=column,
        )


@extension.check("search.follows", needs=(*_NEEDS, "search.found"))
def changes_are_followed(shop: Shop) -> None:
    """After an UPDATE of the name, or of the description, the new word is found and the old one is not."""
    name, description = (shop.column(PART, part).name for part in ("name", "description"))
    column = _vector(shop).name
    for changed, old, new in ((name, NAME, OTHER_NAME), (description, DESCRIPTION, OTHER_DESCRIPTION)):
        with shop.isolated():
            product = _product(shop, NAME, DESCRIPTION)
            answer = shop.change(product, **{changed: new})
            if answer.refusal is not None:
                raise CantTell(f"The {changed} could not be changed: {answer.refusal.message}.", table=PART)
            next_ = f"Let {column} follow {changed} on UPDATE. {_TRIGGER}"
            words = f"The {changed} of a product went from {old} to {new}"
            _must_find(shop, product, new, f"{words}, and a search for {new} does not find it.", next_, answer.tried)
            if _found_by(shop, product, old):
                raise Failed(
                    f"{words}, and a search for {old} still finds it.",
                    next=next_,
                    table=product.table.label,
                    column=column,
                    tried=shorten(answer.tried),
                )
            kept = DESCRIPTION if changed == name else NAME
            _must_find(
                shop, product, kept, f"{words}, and a search for {kept} no longer finds it.", next_, answer.tried
            )


@extension.check("search.without-description", needs=(*_NEEDS, "search.found"))
def name_alone_is_enough(shop: Shop) -> None:
    """A description that is NULL, from the start or later, loses no word of the name."""
    description = shop.column(PART, "description")
    if description.not_null or description.type.domain_not_null:
        return
    column = _vector(shop).name
    next_ = f"Text || NULL is NULL: write coalesce({description.name}, '') into what {column} is made from."
    with suppress(CantTell), shop.isolated():
        product = _product(shop, NAME, None)
        _must_find(
            shop, product, NAME, f"A product without a {description.name} is not found by its name, {NAME}.", next_
        )
    with suppress(CantTell), shop.isolated():
        product = _product(shop, NAME, DESCRIPTION)
        if shop.change(product, **{description.name: None}).refusal is None:
            happened = (
                f"The {description.name} of a product became NULL, and a search for its name, {NAME}, finds nothing."
            )
            _must_find(shop, product, NAME, happened, next_)


@extension.check("search.stemmed", needs=(*_NEEDS, "search.found"))
def forms_of_a_word_are_one(shop: Shop) -> None:
    """`laptops` finds a laptop and `laptop` finds laptops, in one and the same way to read words."""
    column = _vector(shop).name
    one = _product(shop, "Laptop", f"A fine {DESCRIPTION}")
    many = _product(shop, "Laptops", f"Fine {DESCRIPTION}s")
    for configuration in _configurations(shop):
        ask = partial(_is_found, shop, configuration=configuration)
        if all(ask(product, word).rows for product in (one, many) for word in ("laptop", "laptops")):
            return
    raise Failed(
        f"A search for laptops does not find a product that is called Laptop: {column} keeps words as they are "
        "written.",
        next="Write to_tsvector('english', …), and not 'simple': it keeps the stem of each word.",
        table=one.table.label,
        column=column,
        tried=_tried(shop, "laptops"),
    )


# -- how it is found -------------------------------------------------------------------------------------------


@extension.check("search.indexed", needs=_NEEDS)
def search_goes_by_an_index(shop: Shop) -> None:
    """A GIN or GiST index has the column, is finished, and the planner searches it."""
    table, column = shop.table(PART), _vector(shop).name
    condition = _asked(shop, "laptop", "english")
    candidates = [index for index in indexes_of(shop.catalog, table) if _has(index, column)]
    for index in candidates:
        if index.works and index.method in METHODS and _is_used(shop, index, condition):
            return
    raise Failed(
        f"A search by {column} reads the whole of {table.label}: no GIN or GiST index serves it."
        + _nearly(candidates, column),
        next=f"Add to your SQL file: create index on {table.label} using gin ({column});",
        table=table.label,
        column=column,
        tried=_tried(shop, "laptop"),
    )


def _has(index: Index, column: str) -> bool:
    return column in index.uses


def _is_used(shop: Shop, index: Index, condition: str) -> bool:
    table, column = shop.table(PART), _vector(shop).name
    if column not in index.key:
        return False
    whole = [condition]
    if index.predicate is not None and keeps_living_rows(shop, PART, index, [column]):
        whole.append(f"{condition} and {index.predicate}")
    return any(served_by(shop, table, each, lambda i: i.name == index.name, off=("seqscan",)) for each in whole)


def _nearly(candidates: Sequence[Index], column: str) -> str:
    """What is wrong with the index that comes closest."""
    for index in candidates:
        if not index.works:
            return f" {index.name} is invalid: its build did not finish."
        if index.method not in METHODS:
            return f" {index.name} is a {index.method} index, which finds whole values and no words."
        if index.predicate is not None:
            return f" {index.name} covers only the rows where {index.predicate}."
        if column not in index.key:
            return f" {index.name} is on an expression, not on {column} itself."
    return ""


@extension.check("search.ranked", needs=(*_NEEDS, "search.found"))
def name_counts_for_more(shop: Shop) -> None:
    """Of two products with one word, the one that is called by it has the higher ts_rank."""
    column = _vector(shop).name
    called = _product(shop, NAME, OTHER_DESCRIPTION)
    described = _product(shop, OTHER_DESCRIPTION, NAME)
    for configuration in _configurations(shop):
        ranks = [_rank(shop, product, configuration) for product in (called, described)]
        if ranks[0] > ranks[1]:
            return
    raise Failed(
        f"Two products have the word {NAME}, one in the name and one in the description, and ts_rank puts them level.",
        next=f"Give the name's words the weight A and the description's B in {column}: setweight(to_tsvector(…), 'A').",
        table=called.table.label,
        column=column,
    )


def _rank(shop: Shop, product: Row, configuration: str) -> float:
    query = f"plainto_tsquery({literal(shop.session, configuration)}, {literal(shop.session, NAME)})"
    statement = product.read()
    sql = statement.sql.replace("select *", f"select ts_rank({quote(_vector(shop).name)}, {query}) as rank", 1)
    [row] = shop.session.attempt(Statement(sql, statement.values)).rows
    return float(row["rank"])
