"""Step 6: the searches of a shop, each from an index, and rules that are really in force."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from checks import contract
from checks.catalog import Column, ForeignKey, Index, Table
from checks.catalog.facts import INTEGER, TIMESTAMP
from checks.outcome import CantTell, Failed, Result
from checks.plan import equals, holds_filled, indexes_of, is_led_by, leading_index, literal, served_by
from checks.probe import Shop
from checks.rows import NoRow, Row, qualified, quote
from checks.rules import references, tables, times
from checks.session import Statement
from checks.step import StepChecks
from checks.steps.on_database import open_shop
from checks.steps.order_history import Told, ask_queries
from checks.subject import Subject


class Readers(Shop):
    """A shop, and what came of its `queries.order_history`."""

    told: Told


step: StepChecks[Readers] = StepChecks(6)


def run(subject: Subject) -> tuple[Result, ...]:
    """Every check's result. The learner's Python runs first: its connection would wait for what ours has locked."""
    told = ask_queries(subject)
    with open_shop(subject) as shop:
        if not any(entry.name in shop.roles.tables for entry in contract.TABLES):
            return step.not_attempted()
        readers = Readers(shop.session, shop.roles)
        readers.told = told
        return step.run(readers)


# -- which index serves ----------------------------------------------------------------------------------------

#: Access methods that find rows by a value, a beginning or a word.
_SEARCHING = frozenset({"btree", "hash", "gist", "spgist", "gin", "rum"})


def _conditions(shop: Shop, part: str, condition: str, columns: Sequence[str]) -> Iterator[str]:
    """A condition alone, then with each predicate that a partial index may have: `deleted_at is null` or the like."""
    yield condition
    predicates = {i.predicate: i for i in indexes_of(shop.catalog, shop.table(part)) if i.predicate is not None}
    for predicate, index in predicates.items():
        if keeps_living_rows(shop, part, index, columns):
            yield f"{condition} and {predicate}"


def keeps_living_rows(shop: Shop, part: str, index: Index, columns: Sequence[str]) -> bool:
    """A partial index has every row that the shop still shows: its predicate is about the learner's own columns and
    true of an ordinary row, or about nothing but NULL in the columns searched."""
    table, predicate = shop.table(part), index.predicate or ""
    named = {c.name for k in contract.table(part).columns if (c := shop.roles.column(part, k.name)) is not None}
    about = {name for name in index.uses if re.search(rf"\b{re.escape(name)}\b", predicate)}
    if about & (named | set(columns)):
        return holds_filled(shop, table, columns, predicate)
    with shop.isolated():
        row = shop.row(part)
        return bool(shop.session.attempt(_these(row, predicate)).rows)


def _these(row: Row, condition: str) -> Statement:
    """The row, if the condition is true of it."""
    statement = row.read()
    return Statement(f"{statement.sql} and ({condition.replace('%', '%%')})", statement.values)


def _nearly(shop: Shop, table: Table, columns: Sequence[str]) -> str:
    """What is wrong with the index that comes closest, as a sentence to go on with."""
    faults = [_fault(index, columns) for index in indexes_of(shop.catalog, table) if set(columns) <= index.uses]
    return min((fault for fault in faults if fault), default=(0, ""))[1]


def _fault(index: Index, columns: Sequence[str]) -> tuple[int, str] | None:
    """Why an index does not serve a search by these columns: the closer it is, the lower the number."""
    leads = set(index.key[: len(columns)]) == set(columns)
    if leads and not index.works:
        return 0, f" {index.name} is invalid: its build did not finish."
    if leads and index.predicate is not None:
        return 1, f" {index.name} covers only the rows where {index.predicate}."
    if leads and index.method == "brin":
        return 2, f" {index.name} is a BRIN index, which only narrows a search down."
    if None in index.key and not set(columns) <= index.columns:
        return 3, f" {index.name} is on an expression."
    if not leads:
        names = " and ".join(columns)
        return 4, f" {index.name} has {names}, but not as its first {'column' if len(columns) == 1 else 'columns'}."
    return None


def _key_to(shop: Shop, part: str, target: str) -> ForeignKey:
    """The foreign key from one part to another, in force or not; Failed when there is none."""
    tables.exists(part)(shop)
    tables.exists(target)(shop)
    keys = shop.foreign_keys(part, target)
    return keys[0] if keys else references.refers(shop, part, target, next=f"Add a foreign key to {target}.")


def _rows_of_a_parent(shop: Shop, part: str, target: str, words: str) -> None:
    """The rows of a part that point at one parent come from an index that is led by the key."""
    key = _key_to(shop, part, target)
    table = shop.table(part)
    condition = equals(shop, table, key.columns)
    if condition is None:
        raise CantTell(f"No value is known for {', '.join(key.columns)} to search by.", table=table.label)
    for whole in _conditions(shop, part, condition, key.columns):
        if served_by(shop, table, whole, lambda index: is_led_by(index, key.columns)):
            return
    column = references.own_column(key)
    raise Failed(
        f"{words}: PostgreSQL reads the whole of {table.label} for it.{_nearly(shop, table, key.columns)}",
        next=f"Make an index whose first column is {column}.",
        table=table.label,
        column=column,
        tried=f"select * from {qualified(table)} where {condition}",
    )


# -- the searches ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Search:
    """A way to ask for a word; `{text}` is what an index is on, the others are forms of the word."""

    condition: str
    inside: bool  # finds the word inside a text


_EQUAL = tuple(_Search(f"{{text}} = {{{form}}}", False) for form in ("word", "lower", "upper"))
_SEARCHES = (
    *_EQUAL,
    *(_Search(f"{{text}} like {{{form}_beginning}}", False) for form in ("word", "lower", "upper")),
    *(_Search(f"{{text}} ^@ {{{form}}}", False) for form in ("word", "lower", "upper")),
    _Search("{text} ilike {inside}", True),
    _Search("{text} like {inside}", True),
    _Search("{text} like {upper_inside}", True),
    _Search("{text} @@ plainto_tsquery('simple', {lower})", True),
    _Search("{text} @@ plainto_tsquery({lower})", True),
    _Search("{lower} <% {text}", True),
    _Search("{text} % {word}", True),
)


def _forms(shop: Shop, word: str) -> dict[str, str]:
    """A word as the searches want it, each as SQL."""
    forms = {"word": word, "lower": word.lower(), "upper": word.upper()}
    forms |= {f"{name}_beginning": f"{form[:5]}%" for name, form in forms.items()}
    forms |= {"inside": f"%{word.lower()[1:7]}%", "upper_inside": f"%{word.upper()[1:7]}%"}
    return {name: literal(shop.session, form) for name, form in forms.items()}


#: What no product of a learner is called or described by, and no user's address.
_NAME, _DESCRIPTION, _EMAIL = "Zyzzlamp", "Quuxglow", "zyzz.lamp@shop.example"


def _searched_row(shop: Shop, part: str, column: Column, word: str) -> Row:
    """A row with that word in that column, beside one without."""
    shop.row(part)
    try:
        return shop.row(part, {column.name: word})
    except NoRow:
        raise CantTell(f"No row of {part} could be made with the {column.name} {word}.", table=part) from None


def _serves(shop: Shop, part: str, column: Column, word: str, searches: Sequence[_Search]) -> bool:
    """Some index serves one of the searches for a word in that column, and the search finds the row."""
    table = shop.table(part)
    with shop.isolated():
        row = _searched_row(shop, part, column, word)
        forms = _forms(shop, word)
        for index in indexes_of(shop.catalog, table):
            if not index.works or index.method not in _SEARCHING:
                continue
            texts = index.key_text if index.method in ("gin", "rum") else index.key_text[:1]
            for text in texts:
                for search in searches:
                    condition = search.condition.format(text=f"({text})", **forms)
                    if _finds(shop, row, condition) and _uses(shop, part, index, condition, [column.name]):
                        return True
    return False


def _finds(shop: Shop, row: Row, condition: str) -> bool:
    """The condition is true of that row and not of every other one."""
    statement = row.read()
    where = statement.sql.partition(" where ")[2]
    table = qualified(row.table)
    found = Statement(
        f"select from {table} where {where} and {condition.replace('%', '%%')} "
        f"and exists (select from {table} where not ({condition.replace('%', '%%')}) is true)",
        statement.values,
    )
    return shop.session.attempt(found).rowcount == 1


def _uses(shop: Shop, part: str, index: Index, condition: str, columns: Sequence[str]) -> bool:
    """The planner finds the rows under the condition by that index; by a bitmap, where it knows no other way."""
    if index.predicate is not None:
        if not keeps_living_rows(shop, part, index, columns):
            return False
        condition = f"{condition} and {index.predicate}"
    ways = (("seqscan", "bitmapscan"), ("seqscan",))
    return any(served_by(shop, shop.table(part), condition, lambda i: i.name == index.name, off=off) for off in ways)


@step.check("indexes.login")
def user_is_found_by_email(shop: Readers) -> None:
    """A search by e-mail, as written or in one letter case, has an index condition on an index led by it, or by what
    the database makes of it."""
    tables.exists("users")(shop)
    table, email = shop.table("users"), shop.column("users", "email")
    name = quote(email.name)

    def led_by(first: str | None) -> Callable[[Index], bool]:
        return lambda index: index.method in _SEARCHING and index.key[0] == first

    for condition, first in (
        (f"{name} = 'ada@shop.example'", email.name),
        (f"lower({name}) = 'ada@shop.example'", None),
        (f"upper({name}) = 'ADA@SHOP.EXAMPLE'", None),
    ):
        for whole in _conditions(shop, "users", condition, [email.name]):
            if served_by(shop, table, whole, led_by(first)):
                return
    with suppress(CantTell):
        if _serves(shop, "users", email, _EMAIL, _EQUAL):
            return
    raise Failed(
        f"A login reads the whole of {table.label}: no index finds a user by {email.name}."
        + _nearly(shop, table, [email.name]),
        next=f"Make {email.name} unique (unique=True), or make a unique index on lower({email.name}).",
        table=table.label,
        column=email.name,
        tried=f"select * from {qualified(table)} where {name} = 'ada@shop.example'",
    )


@step.check("indexes.product-search")
def product_is_found_by_name(shop: Readers) -> None:
    """By the whole name, its beginning, or a word in it: one of these has an index condition."""
    tables.exists("products")(shop)
    table, name = shop.table("products"), shop.column("products", "name")
    if not _serves(shop, "products", name, _NAME, _SEARCHES):
        raise Failed(
            f"A search for a name reads the whole of {table.label}: no index serves it."
            + _nearly(shop, table, [name.name]),
            next=f"Make an index on lower({name.name}) for beginnings, or a GIN index for words.",
            table=table.label,
            column=name.name,
            tried=f"select * from {qualified(table)} where lower({quote(name.name)}) like 'lamp%'",
        )


@step.check("indexes.word-search", needs=("indexes.product-search",))
def word_is_found(shop: Readers) -> None:
    """A word anywhere in the name or the description is found by a trigram or full-text index."""
    table, name = shop.table("products"), shop.column("products", "name")
    inside = [search for search in _SEARCHES if search.inside]
    columns = [(name, _NAME)]
    description = shop.roles.column("products", "description")
    columns += [(description, _DESCRIPTION)] if description is not None else []
    for column, word in columns:
        with suppress(CantTell):
            if _serves(shop, "products", column, word, inside):
                return
    raise Failed(
        f"A word in the middle of a name or a description is looked for in every row of {table.label}.",
        next="A GIN index on to_tsvector('english', …), or with gin_trgm_ops, finds words.",
        table=table.label,
        column=name.name,
    )


@step.check("indexes.order-history")
def orders_come_newest_first(shop: Readers) -> None:
    """One user's orders, by time or by a number that grows, come in order from an index led by the user."""
    key = _key_to(shop, "orders", "users")
    table = shop.table("orders")
    condition = equals(shop, table, key.columns)
    if condition is None:
        raise CantTell(f"No value is known for {', '.join(key.columns)} to search by.", table=table.label)

    def led_by(newest: str) -> Callable[[Index], bool]:
        width = len(key.columns)
        return lambda index: is_led_by(index, key.columns) and index.key[width : width + 1] == (newest,)

    orders = list(_newest_first(shop, table, key))
    for whole in _conditions(shop, "orders", condition, key.columns):
        for newest, order in orders:
            if served_by(shop, table, whole, led_by(newest), order=order):
                return
    time = next(iter(times.timestamps(shop, "orders")), None)
    column = references.own_column(key)
    wanted = f"({', '.join(key.columns)}, {time.name if time else 'created_at'})"
    nearly = (
        _nearly(shop, table, key.columns)
        if leading_index(shop, table, key) is None
        else (" An index leads to the orders of a user, but they must be sorted then.")
    )
    raise Failed(
        f"No index has the orders of a user in the order of their time.{nearly}",
        next=f"Make one composite index on {wanted}.",
        table=table.label,
        column=column,
        tried=f"select * from {qualified(table)} where {condition} order by {orders[0][1] if orders else '…'}",
    )


def _newest_first(shop: Shop, table: Table, key: ForeignKey) -> Iterator[tuple[str, str]]:
    """What may say which order is newest, and how to ask for it: a time, or a key that is counted up."""
    names = set(contract.table("orders").column("created_at").names)
    declared = shop.roles.column("orders", "created_at")
    times = [c.name for c in table.columns if c.type.base in TIMESTAMP and (c.name in names or c is declared)]
    primary = table.primary_key.columns if table.primary_key else frozenset()
    growing = [c.name for c in table.columns if c.name in primary - set(key.columns) and _grows(c)]
    for name in (*times, *growing):
        quoted = quote(name)
        yield name, f"{quoted} desc"
        yield name, f"{quoted} desc nulls last"
        for tie in growing:
            if tie != name:
                yield name, f"{quoted} desc, {quote(tie)} desc"


def _grows(column: Column) -> bool:
    """Numbers are counted up; of the other keys only UUIDs of version 7 begin with the time."""
    return column.type.base in INTEGER or "uuidv7" in (column.default or "") or "uuid_v7" in (column.default or "")


@step.check("indexes.cart")
def cart_comes_from_an_index(shop: Readers) -> None:
    """The cart items of one user are found by an index condition."""
    _rows_of_a_parent(shop, "cart_items", "users", "No index finds what is in a user's cart")


@step.check("indexes.reviews")
def reviews_come_from_an_index(shop: Readers) -> None:
    """The reviews of one product are found by an index condition."""
    _rows_of_a_parent(shop, "reviews", "products", "No index finds the reviews of a product")


# -- every table -----------------------------------------------------------------------------------------------


def _tables(shop: Shop) -> list[Table]:
    """The tables of the contract that are there, in the contract's order."""
    cast = [shop.roles.tables[entry.name] for entry in contract.TABLES if entry.name in shop.roles.tables]
    return [table for table in cast if table.is_table]


@step.check("indexes.foreign-keys")
def foreign_keys_are_led_by_indexes(shop: Readers) -> None:
    """For each foreign key, an index begins with its columns."""
    bare = [
        (table, key) for table in _tables(shop) for key in table.foreign_keys if leading_index(shop, table, key) is None
    ]
    if not bare:
        return
    table, key = bare[0]
    columns = ", ".join(key.columns)
    more = [f"{other.label}.{references.own_column(k)}" for other, k in bare[1:]]
    also = f" The same goes for {', '.join(more)}." if more else ""
    raise Failed(
        f"No index is led by {table.label}.{columns}: PostgreSQL reads the whole table to find the rows of a "
        f"parent.{_nearly(shop, table, key.columns)}{also}",
        next=f"Make an index that begins with {columns}; on one column, index=True does.",
        table=table.label,
        column=references.own_column(key),
    )


#: Rules and indexes of these tables, and of the domains of their columns and those below them, and whether each is in
#: force for every row.
_UNFINISHED = """
with recursive domains as (
    select a.attrelid as owner, a.atttypid as type from pg_catalog.pg_attribute a
    where a.attrelid = any (%(tables)s::oid[]) and not a.attisdropped
    union
    select d.owner, t.typbasetype from domains d join pg_catalog.pg_type t on t.oid = d.type where t.typtype = 'd'
)
select c.relname, k.conname, k.convalidated,
       coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced'::text)::boolean, true), 'table', c.relname
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
where k.conrelid = any (%(tables)s::oid[])
union all
select c.relname, k.conname, k.convalidated, true, 'domain', t.typname
from domains d
join pg_catalog.pg_class c on c.oid = d.owner
join pg_catalog.pg_type t on t.oid = d.type
join pg_catalog.pg_constraint k on k.contypid = d.type
union all
select c.relname, ic.relname, i.indisvalid and i.indisready, true, 'index', ic.relname
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_class ic on ic.oid = i.indexrelid
where i.indrelid = any (%(tables)s::oid[])
order by 1, 2
"""


def _with_partitions(shop: Shop) -> list[int]:
    return [part.oid for table in _tables(shop) for part in (table, *shop.catalog.partitions(table))]


@step.check("indexes.finished")
def everything_is_in_force(shop: Readers) -> None:
    """No constraint waits to be validated or is not enforced, no index is invalid."""
    for table, name, finished, enforced, kind, of in shop.session.query(
        _UNFINISHED, {"tables": _with_partitions(shop)}
    ):
        if finished and enforced:
            continue
        if kind == "index":
            happened = f"The index {name} on {table} is invalid: its build did not finish."
            next_ = f"Drop it and create it again, or run: reindex index {quote(name)}."
        elif not enforced:
            happened = f"The constraint {name} on {table} is NOT ENFORCED: PostgreSQL never looks."
            next_ = f"Drop {name} and create it without NOT ENFORCED."
        else:
            happened = f"The constraint {name} on {table} is NOT VALID: rows from before it were never checked."
            next_ = f"Run: alter {kind} {quote(of)} validate constraint {quote(name)}."
        raise Failed(happened, next=next_, table=table)


@dataclass(frozen=True)
class _Shape:
    """An index in all that decides whether another one does its work."""

    table: str
    name: str
    method: str
    unique: bool
    primary: bool
    plain: bool  # no exclusion
    nulls_not_distinct: bool
    predicate: str | None
    keys: tuple[tuple[str, int, int], ...]  # text, operator class, collation
    options: tuple[int, ...]  # of each key: 1 descending, 2 NULLs first
    included: frozenset[int]
    columns: frozenset[int]

    def is_done_by(self, other: _Shape) -> bool:
        """Whatever this index is good for, the other one is good for, too."""
        width = len(self.keys)
        if (self.table, self.method, self.predicate) != (other.table, other.method, other.predicate):
            return False
        if self.keys != other.keys[:width] or not (self.plain and other.plain and self.included <= other.columns):
            return False
        if not self._same_direction(other.options[:width]):
            return False
        same = width == len(other.keys)
        if self.unique:
            return same and other.unique and self.nulls_not_distinct == other.nulls_not_distinct
        return same or self.method == "btree"

    def _same_direction(self, options: tuple[int, ...]) -> bool:
        """The same order, or just the other way round, as an index can be read from either end."""
        return self.options == options or self.options == tuple(option ^ 3 for option in options)


_SHAPES = """
select i.indrelid::bigint::text, ic.relname, am.amname, i.indisunique, i.indisprimary, not i.indisexclusion,
       i.indnullsnotdistinct, pg_catalog.pg_get_expr(i.indpred, i.indrelid), i.indnkeyatts::int,
       i.indkey::int2[]::int[], i.indclass::oid[]::bigint[], i.indcollation::oid[]::bigint[],
       i.indoption::int2[]::int[], array(select pg_catalog.pg_get_indexdef(i.indexrelid, place, true)
             from pg_catalog.generate_series(1, i.indnkeyatts::int) as place), c.relname
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_class ic on ic.oid = i.indexrelid
join pg_catalog.pg_am am on am.oid = ic.relam
where i.indrelid = any (%(tables)s::oid[]) and i.indisvalid
order by i.indrelid, i.indisprimary desc, i.indisunique desc, ic.relname
"""


def _shape(row: tuple[Any, ...]) -> _Shape:
    (
        table,
        name,
        method,
        unique,
        primary,
        plain,
        nulls,
        predicate,
        width,
        columns,
        classes,
        collations,
        options,
        texts,
        _,
    ) = row
    return _Shape(
        table,
        name,
        method,
        unique,
        primary,
        plain,
        nulls,
        predicate,
        tuple(zip(texts, classes[:width], collations[:width], strict=True)),
        tuple(options[:width]),
        frozenset(columns[width:]),
        frozenset(columns),
    )


@step.check("indexes.no-repeats")
def no_index_is_idle(shop: Readers) -> None:
    """For no index is there another one that does all its work."""
    rows = shop.session.query(_SHAPES, {"tables": [table.oid for table in _tables(shop)]})
    shapes = [(_shape(row), row[-1]) for row in rows]
    for place, (index, table) in enumerate(shapes):
        for other_place, (other, _) in enumerate(shapes):
            if place == other_place or not index.is_done_by(other):
                continue
            if other.is_done_by(index) and place < other_place:
                continue  # they are alike, and this one stays
            how = "repeats" if len(index.keys) == len(other.keys) else "is the beginning of"
            raise Failed(
                f"The index {index.name} on {table} {how} {other.name}: it costs time at every write and helps no "
                "search.",
                next=f"Drop {index.name}.",
                table=table,
            )


# -- the query -------------------------------------------------------------------------------------------------


@step.check("queries.order-history")
def history_is_read_in_few_statements(shop: Readers) -> None:
    """The learner's function, on few orders and on many, in a process of its own."""
    shop.told.judge()
