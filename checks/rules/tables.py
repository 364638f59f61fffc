"""A table plays its part: it is there, with its key and its columns, and what must be filled is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from checks import contract
from checks.catalog import Column, Table, close_relations
from checks.catalog.facts import BOOLEAN, INTEGER, NUMERIC, TEXT, TIMESTAMP
from checks.contract import Kind
from checks.outcome import Failed, Skipped
from checks.probe import Shop
from checks.roles import close_column, looks_like
from checks.rules import closed_tables

_KIND_OF_RELATION = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


def exists(part: str) -> Callable[[Shop], None]:
    """An ordinary, logged table plays the part."""

    def check(shop: Shop) -> None:
        table = shop.roles.tables.get(part)
        if table is None:
            raise missing(
                shop,
                part,
                next=f"Write the model for {part} if it is not there yet, then run build_schema(). If your table has "
                f'another name, tell the checks in names.toml: [tables] {part} = "…".',
            )
        if not table.is_table:
            raise Failed(
                f"{table.label} is {_KIND_OF_RELATION[table.kind]}, which can't hold rows and rules of its own.",
                next=f"Make {part} an ordinary table.",
                table=table.label,
            )
        if (closed := closed_tables.why_closed(shop, table)) is not None:
            raise closed
        for stored in (table, *shop.catalog.partitions(table)):
            _outlives_a_crash(table, stored)

    return check


def _outlives_a_crash(table: Table, stored: Table) -> None:
    """The table, or one of its partitions, is logged."""
    if stored.persistence == "p":
        return
    lost = "in a crash" if stored.persistence == "u" else "at the end of the session"
    kind = "UNLOGGED" if stored.persistence == "u" else "temporary"
    partition = "" if stored is table else f", a partition of {table.label},"
    raise Failed(
        f"{stored.label}{partition} is {kind}: PostgreSQL loses its rows {lost}.",
        next=f"Create {stored.label} as an ordinary, logged table.",
        table=table.label,
    )


def missing(shop: Shop, part: str, *, next: str, what: str = "table") -> Failed:
    """Nothing plays the part, or nothing for sure; `next` is what to do where nothing like it is there."""
    declared = shop.roles.declared.tables.get(part)
    if declared:
        return Failed(
            f"The role map says that {declared} plays {part}, but there is no such {what}.",
            next=f"Correct the name in the role map, or create {declared}.",
            table=part,
        )
    entry = contract.table(part)
    looked = f" The checks look for {part}, or {', '.join(entry.synonyms)}." if entry.synonyms else ""
    found = looks_like(part, close_relations(shop.session.query, entry.names))
    if found:
        name, reason = found
        schema = name.rpartition(".")[0]
        way = f"Put {schema} on the search path, move the {what} to public" if schema else f"Name the {what} {part}"
        return Failed(
            f"There is no {what} {part}. {name} was found, but {reason}.{looked}",
            next=f"{way}, or declare its name in names.toml.",
            table=part,
        )
    rivals = [t.name for t in shop.catalog.tables if t.visible and t.named and t.name in entry.names]
    if rivals:
        return Failed(
            f"There is no {what} {part}, and it is not clear which of {', '.join(rivals)} plays that part.",
            next=f'Say so in names.toml: [tables] {part} = "{rivals[0]}".',
            table=part,
        )
    waiting = shop.session.open_transactions()
    if waiting:
        return Failed(
            f"There is no {what} {part} yet, as far as other connections can see. "
            f"But a transaction is open and not committed ({waiting[0]}).",
            next="Commit there, for example with connection.commit(), then check again.",
            table=part,
        )
    return Failed(
        f"There is no {what} {part} yet.{looked}",
        next=next,
        table=part,
    )


def primary_key(part: str) -> Callable[[Shop], None]:
    """The table has a primary key, of any type and any number of columns."""

    def check(shop: Shop) -> None:
        table = shop.table(part)
        key = table.primary_key
        if key is None:
            raise Failed(
                f"{table.label} has no primary key, so no row can be told from another for sure.",
                next=f"Give {table.label} a primary key.",
                table=table.label,
            )
        if not key.works:
            raise Failed(
                f"The index behind {table.label}'s primary key is invalid, so it does not keep its promise.",
                next=f"Rebuild it: reindex index {key.name}.",
                table=table.label,
            )

    return check


def columns(part: str, may_lack: Callable[[Table], Collection[str]] = lambda _: ()) -> Callable[[Shop], None]:
    """Every column of the contract is there and of its family; times and money have checks of their own.

    `may_lack` says which columns of the contract this table can do without.
    """

    def check(shop: Shop) -> None:
        table = shop.table(part)
        has_columns(shop, part, table, may_lack(table), f"the model of {table.label}")

    return check


def has_columns(shop: Shop, part: str, table: Table, may_lack: Collection[str] = (), where: str = "its query") -> None:
    """The same of what plays the part, be it a table or a view; `where` is what one adds a column to."""
    cast = {c.name: shop.roles.column(part, c.name) for c in contract.table(part).columns}
    optional = {name for name in may_lack if cast[name] is None}
    wanted = [c for c in contract.table(part).columns if c.kind is not Kind.TIMESTAMP and c.name not in optional]
    lacking = [c.name for c in wanted if cast[c.name] is None]
    if lacking:
        near = close_column(table, lacking[0])
        is_taken = any((c := cast[w.name]) is not None and c.name == near for w in wanted)
        add = f"Add {listed(lacking, 'and')} to {where} and build again."
        raise Failed(
            f"{table.label} has no column {listed(lacking, 'or')}.",
            next=or_rename(None if is_taken else near, lacking[0], add),
            table=table.label,
            column=lacking[0],
        )
    for column in wanted:
        if (found := cast[column.name]) is not None:
            is_of_kind(table, found, column.kind)


def or_rename(near: str | None, name: str, add: str) -> str:
    """What to do about a column that is not there: give its name to the one near it, if there is one, or `add` it."""
    return add if near is None else f'If "{near}" is meant to be {name}, rename it. Else: {add[0].lower()}{add[1:]}'


_FAMILIES: dict[Kind, tuple[frozenset[str], str, str]] = {
    Kind.TEXT: (TEXT, "text", "String or Text"),
    Kind.CHOICE: (TEXT, "text", "String or Text"),
    Kind.INTEGER: (INTEGER, "a whole number", "Integer"),
    Kind.BOOLEAN: (BOOLEAN, "true or false", "Boolean"),
    Kind.TIMESTAMP: (TIMESTAMP, "a moment in time", "DateTime(timezone=True)"),
    Kind.NUMBER: (INTEGER | NUMERIC, "a number", "Integer or Numeric"),
    Kind.DAY: (TIMESTAMP | {"date"}, "a day or a moment in time", "Date or DateTime(timezone=True)"),
}


def is_of_kind(table: Table, column: Column, kind: Kind) -> None:
    if kind not in _FAMILIES:
        return
    bases, meaning, sqlalchemy_type = _FAMILIES[kind]
    is_enum = kind is Kind.CHOICE and bool(column.type.labels)
    if column.type.base not in bases and not is_enum:
        raise Failed(
            f"{table.label}.{column.name} is of type {column.type.text}, but it should hold {meaning}.",
            next=f"Declare {column.name} as {sqlalchemy_type}.",
            table=table.label,
            column=column.name,
        )


def listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def required(part: str, name: str, meaning: str) -> Callable[[Shop], None]:
    """NULL is rejected, on INSERT and on UPDATE. `meaning` completes "a row of the table with no …"."""

    def check(shop: Shop) -> None:
        column = shop.column(part, name)
        not_null(shop, part, column, meaning, next=f"Make {column.name} NOT NULL (nullable=False).")

    return check


def not_null(shop: Shop, part: str, column: Column, meaning: str, *, next: str) -> None:
    """No row has NULL in the column: by its own NOT NULL or its domain's, which nothing gets past; else as tried."""
    if column.not_null or column.type.domain_not_null:
        return
    shop.never(
        part,
        {column.name: None},
        happened=f"PostgreSQL took a row of {shop.table(part).label} with no {meaning}: {column.name} is NULL.",
        next=next,
        column=column.name,
    )


def each(shop: Shop, parts: Sequence[str], prove: Callable[[Shop, str], None]) -> None:
    """Prove something of every part that is there; Skipped when that holds but a part is missing."""
    present = [part for part in parts if part in shop.roles.tables]
    for part in present:
        prove(shop, part)
    if len(present) < len(parts):
        raise Skipped
