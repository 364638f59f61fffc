"""Rules that hold for every table of the contract, each as a function that proves it for one part."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from psycopg2.errorcodes import FOREIGN_KEY_VIOLATION

from checks import contract
from checks.catalog import Column, ForeignKey, Index, Table, close_relations
from checks.catalog.facts import BOOLEAN, INEXACT, INTEGER, NUMERIC, TEXT, TIMESTAMP
from checks.contract import Kind
from checks.outcome import CantTell, Failed, Skipped
from checks.plan import holds_filled
from checks.probe import Shop, shorten
from checks.roles import close_column, looks_like
from checks.rows import Draft, NoRow, Row, qualified, rules_about
from checks.session import Answer, Refusal, Statement
from checks.steps import closed_tables
from checks.values import pool

_KIND_OF_RELATION = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}

#: Words that make a column one that holds money (contract, rule "money"), and the units money is counted in.
_MONEY = frozenset({"price", "amount", "cost", "fee", "total", "subtotal"})
_UNITS = frozenset({"cents", "cent", "minor", "net", "gross", "eur", "usd", "gbp", "euro", "euros", "dollars", "value"})
#: What else may stand last in the name of a price: that of a variant which differs from its product's.
_OTHER = frozenset({"override", "adjustment", "difference", "diff", "delta"})

#: When a row was made and last changed, as an ordinary one has it.
_AN_HOUR = ("2026-03-01 09:00+00", "2026-03-01 10:00+00")


# -- tables and columns ----------------------------------------------------------------------------------------


def exists(part: str) -> Callable[[Shop], None]:
    """An ordinary, logged table plays the part."""

    def check(shop: Shop) -> None:
        table = shop.roles.tables.get(part)
        if table is None:
            raise missing(shop, part, next=f"Write the model for {part}, then run build_schema().")
        if not table.is_table:
            raise Failed(
                f"{table.label} is {_KIND_OF_RELATION[table.kind]}, which can't hold rows and rules of its own.",
                next=f"Make {part} an ordinary table.",
                table=table.label,
            )
        if (closed := closed_tables.why_closed(shop, table)) is not None:
            raise closed
        if table.persistence != "p":
            lost = "in a crash" if table.persistence == "u" else "at the end of the session"
            kind = "UNLOGGED" if table.persistence == "u" else "temporary"
            raise Failed(
                f"{table.label} is {kind}: PostgreSQL loses its rows {lost}.",
                next=f"Create {table.label} as an ordinary, logged table.",
                table=table.label,
            )

    return check


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
        return Failed(
            f"There is no {what} {part}. {name} was found, but {reason}.{looked}",
            next=f"Name the {what} {part}, or declare its name in names.toml.",
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
        taken = near is not None and any((c := cast[w.name]) is not None and c.name == near for w in wanted)
        meant = "" if near is None or taken else f' Is "{near}" meant to be {lacking[0]}?'
        raise Failed(
            f"{table.label} has no column {_listed(lacking, 'or')}.{meant}",
            next=f"Add {_listed(lacking, 'and')} to {where} and build again.",
            table=table.label,
            column=lacking[0],
        )
    for column in wanted:
        if (found := cast[column.name]) is not None:
            _of_kind(table, found, column.kind)


_FAMILIES: dict[Kind, tuple[frozenset[str], str, str]] = {
    Kind.TEXT: (TEXT, "text", "String or Text"),
    Kind.CHOICE: (TEXT, "text", "String or Text"),
    Kind.INTEGER: (INTEGER, "a whole number", "Integer"),
    Kind.BOOLEAN: (BOOLEAN, "true or false", "Boolean"),
    Kind.TIMESTAMP: (TIMESTAMP, "a moment in time", "DateTime(timezone=True)"),
    Kind.NUMBER: (INTEGER | NUMERIC, "a number", "Integer or Numeric"),
    Kind.DAY: (TIMESTAMP | {"date"}, "a day or a moment in time", "Date or DateTime(timezone=True)"),
}


def _of_kind(table: Table, column: Column, kind: Kind) -> None:
    if kind not in _FAMILIES:
        return
    bases, meaning, sqlalchemy_type = _FAMILIES[kind]
    is_enum = kind is Kind.CHOICE and bool(column.type.labels)
    if column.type.base not in bases and not is_enum:
        raise Failed(
            f"{table.label}.{column.name} is of type {column.type.text}, but it holds {meaning}.",
            next=f"Declare {column.name} as {sqlalchemy_type}.",
            table=table.label,
            column=column.name,
        )


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


# -- NOT NULL --------------------------------------------------------------------------------------------------


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


# -- uniqueness ------------------------------------------------------------------------------------------------

#: A partial unique index may leave out rows that are gone for the shop; such predicates speak of one of these.
_GONE = re.compile(
    r"delet|remov|archiv|eras|anonymi|purge|trash|clos|terminat|retir|deactivat|disabled|ended|obsolete|merged|expire"
    r"|valid_(to|until)"
)


def unique(
    part: str, name: str, meaning: str, variants: Sequence[tuple[Any, Any]], *, in_any_case: bool = False
) -> Callable[[Shop], None]:
    """No two rows share the column, also when two arrive at once; rows that differ are taken.

    `variants` are pairs of values that differ a little: the second must be taken beside the first. in_any_case: a
    further check wants more, so the advice is what serves both.
    """

    def check(shop: Shop) -> None:
        table, column = shop.table(part), shop.column(part, name)
        next_ = _index_in_any_case(table, column) if in_any_case else f"Make {column.name} unique (unique=True)."
        first = shop.row(part)
        same = {column.name: first[column.name]}
        draft = shop.draft(part)
        answers = shop.both_ways(draft, **same)
        for answer in answers:
            shop.refused(
                answer,
                happened=f"PostgreSQL took two rows of {table.label} with the same {meaning}, {first[column.name]!r}.",
                next=next_,
                table=table.label,
                column=column.name,
            )
        guard = _guard(shop, table, (column.name,), draft.but(**same), answers[0], meaning)
        if guard.predicate is not None:
            _covers_live_rows(shop, part, column, guard, meaning)
        _compares_no_more(shop, part, draft, same, guard, meaning, next_)
        for one, other in variants:
            _both_fit(shop, part, column, one, other, meaning)

    return check


def unique_in_any_case(part: str, name: str, meaning: str) -> Callable[[Shop], None]:
    """No two rows share the column but for the case of its letters, also when two arrive at once.

    ANY: an index that compares without case, a type or a collation that does, one case for all.
    """

    def check(shop: Shop) -> None:
        table, column = shop.table(part), shop.column(part, name)
        next_ = _index_in_any_case(table, column)
        draft = shop.draft(part)
        with shop.isolated():
            first = shop.row(part)
            stored = str(first[column.name])
            for spelled in dict.fromkeys((stored.lower(), stored.upper(), stored.swapcase(), stored.capitalize())):
                if spelled != stored:
                    _is_one_with(shop, part, column, first, draft, spelled, meaning, next_)

    return check


def _index_in_any_case(table: Table, column: Column) -> str:
    return f'Add Index("{table.name}_{column.name}", func.lower({column.name}), unique=True).'


def _is_one_with(
    shop: Shop, part: str, column: Column, first: Row, draft: Draft, spelled: str, meaning: str, next_: str
) -> None:
    """That spelling can't stand beside the first row."""
    table, same = first.table, {column.name: spelled}
    answers = shop.both_ways(draft, **same)
    for answer in answers:
        shop.refused(
            answer,
            happened=f"PostgreSQL took two rows of {table.label} whose {meaning} differs in nothing but the case of "
            f"its letters: {first[column.name]!r} and {spelled!r}.",
            next=next_,
            table=table.label,
            column=column.name,
        )
    refusal = answers[0].refusal
    if refusal is not None and not refusal.is_duplicate:
        with shop.session.undone():
            shop.session.keep(first.delete())
            if shop.session.attempt(draft.but(**same)).refusal is not None:
                return  # no row is spelled like that, whether there is another one or not
    guard = _guard(shop, table, (column.name,), draft.but(**same), answers[0], meaning, next_)
    if guard.predicate is not None:
        _covers_live_rows(shop, part, column, guard, meaning)
    _compares_no_more(shop, part, draft, same, guard, meaning, next_)


def unique_together(
    shop: Shop, part: str, same: Mapping[str, Any], other: Mapping[str, Any], *, meaning: str, next: str
) -> None:
    """No two rows share these stored values, also when two arrive at once, and whatever the rest of the rows is.

    `other` has the same columns with at least one other value: such a row is taken beside the first.
    """
    table = shop.table(part)
    shop.row(part, same)
    where = {"table": table.label, "column": list(same)[-1]}
    happened = f"PostgreSQL took two rows of {table.label} with the same {meaning}."
    draft = shop.draft(part, other)
    answers = shop.both_ways(draft, **same)
    for answer in answers:
        shop.refused(answer, happened=happened, next=next, **where)
    guard = _guard(shop, table, tuple(same), draft.but(**same), answers[0], meaning, next)
    if guard.predicate is not None:
        _covers_filled_rows(shop, part, tuple(same), guard, meaning)
    _compares_no_more(shop, part, draft, same, guard, meaning, next)


def _compares_no_more(
    shop: Shop, part: str, draft: Draft, same: Mapping[str, Any], guard: Index, meaning: str, next_: str
) -> None:
    """No other column that the unique index compares lets the draft in with these same values."""
    table = shop.table(part)
    for name in sorted(guard.uses - set(same)):
        if name in (guard.predicate or ""):
            continue  # such a row is not under the rule at all, which is judged by its predicate
        for value in _other_values(shop, table, name):
            answer = _with_value(shop, part, draft, {**same, name: value})
            if answer.refusal is None and answer.rowcount:
                raise Failed(
                    f"The unique index {guard.name} compares {name} as well: rows of {table.label} with the same "
                    f"{meaning} are taken when they differ in {name}.",
                    next=next_,
                    tried=shorten(answer.tried),
                    table=table.label,
                    column=list(same)[-1],
                )


def _with_value(shop: Shop, part: str, draft: Draft, values: Mapping[str, Any]) -> Answer:
    """What PostgreSQL says to the draft with these values, or to a row that is made for them, parents and all."""
    answer = shop.session.attempt(draft.but(**values))
    if answer.refusal is not None and answer.refusal.sqlstate == FOREIGN_KEY_VIOLATION:
        with suppress(NoRow):
            return shop.draft(part, values).tried or answer
    return answer


def _covers_filled_rows(shop: Shop, part: str, columns: Sequence[str], guard: Index, meaning: str) -> None:
    """A partial unique index may leave out rows that are gone for the shop, and such where a column is empty."""
    table, predicate = shop.table(part), guard.predicate or ""
    if guard.uses & (_flags(shop, part) - set(columns)) or not (
        _GONE.search(predicate) or holds_filled(shop, table, columns, predicate)
    ):
        raise Failed(
            f"The unique index {guard.name} covers only some rows of {table.label}, where {predicate}: "
            f"two others can share one {meaning}.",
            next="Make the unique index cover every row.",
            table=table.label,
            column=columns[-1],
        )


def _flags(shop: Shop, part: str) -> set[str]:
    """Stored names of the contract's true-or-false columns."""
    wanted = [column.name for column in contract.table(part).columns if column.kind is Kind.BOOLEAN]
    return {column.name for name in wanted if (column := shop.roles.column(part, name)) is not None}


def _other_values(shop: Shop, table: Table, name: str) -> list[Any]:
    """Values for a column, for rows that differ in it."""
    column = table.column(name)
    if column is None or column.generated:
        return []
    for key in table.foreign_keys:
        target = shop.catalog.by_oid(key.target)
        if name in key.columns and target is not None and target.oid != table.oid:
            return _value_of_another(shop, target, key.target_columns[key.columns.index(name)])
    return [*pool(column, 901, rules_about(table, column))[:4], *([] if column.not_null else [None])]


def _value_of_another(shop: Shop, table: Table, name: str) -> list[Any]:
    """What a column holds in a new row; for what that row shares with a parent of its own, in a new parent."""
    upwards = next((key for key in table.foreign_keys if name in key.columns and key.target != table.oid), None)
    target = shop.catalog.by_oid(upwards.target) if upwards else None
    if upwards and target and upwards.target_columns[upwards.columns.index(name)] == name:
        return _value_of_another(shop, target, name)
    with suppress(NoRow):
        return [shop.row_in(table)[name]]
    return []


def _guard(
    shop: Shop,
    table: Table,
    columns: Sequence[str],
    duplicate: Statement,
    answer: Answer,
    meaning: str,
    next_: str | None = None,
) -> Index:
    """The unique index that refuses the duplicate: a look-up in a trigger lets two at the same moment pass."""
    refusal = answer.refusal
    if refusal is not None and (refusal.raised or not refusal.is_duplicate):
        with shop.session.undone():
            shop.session.keep(Statement(f"alter table {qualified(table)} disable trigger user"))
            refusal = shop.session.attempt(duplicate).refusal
    where = {"table": table.label, "column": columns[-1]}
    if refusal is None or not refusal.is_duplicate:
        raise Failed(
            f"A trigger looks for duplicates before a row goes into {table.label}, but no unique index stands behind: "
            f"two people at the same moment can both get the same {meaning}.",
            next=next_ or f"Make {columns[-1]} unique (unique=True).",
            **where,
        )
    owners = (table, *shop.catalog.partitions(table))
    guard = next((i for owner in owners for i in owner.indexes if i.name == refusal.constraint), None)
    if guard is None:
        raise CantTell(f"It is not clear what refused the same {meaning} twice: {refusal.message}", table=table.label)
    if not guard.works:
        raise Failed(
            f"The unique index {guard.name} on {table.label} is invalid: its build did not finish.",
            next=f"Drop it and create it again: drop index {guard.name}.",
            **where,
        )
    return guard


def _covers_live_rows(shop: Shop, part: str, column: Column, guard: Index, meaning: str) -> None:
    """A partial unique index may leave out rows that are gone for the shop, and no others."""
    table = shop.table(part)
    predicate = guard.predicate or ""
    about_itself = guard.uses <= {column.name} and "NOT NULL" in predicate
    flags = [
        c for k in contract.table(part).columns if k.kind is Kind.BOOLEAN and (c := shop.roles.column(part, k.name))
    ]
    covered = (about_itself or _GONE.search(predicate)) and not any(flag.name in guard.uses for flag in flags)
    if not covered:
        raise Failed(
            f"The unique index {guard.name} covers only some rows of {table.label}, where {predicate}: "
            f"two others can share one {meaning}.",
            next="Make the unique index cover every row.",
            table=table.label,
            column=column.name,
        )


def _both_fit(shop: Shop, part: str, column: Column, one: Any, other: Any, meaning: str) -> None:
    """Two values that differ a little go in beside each other, if each goes in alone."""
    with shop.isolated():
        try:
            shop.row(part, {column.name: one})
        except NoRow:
            return  # this schema wants values of another shape
        with shop.isolated():
            try:
                shop.row(part, {column.name: other})
                return
            except NoRow as none:
                refused = none
    refusal = refused.answer.refusal if refused.answer else None
    rule = next((i for i in shop.table(part).indexes if refusal and i.name == refusal.constraint), None)
    if rule is not None and column.name not in rule.uses:
        return  # refused for what another column holds
    try:
        with shop.isolated():
            shop.row(part, {column.name: other})
    except NoRow:
        return  # refused on its own account, not because of the first
    raise Failed(
        f"PostgreSQL refused {other!r} because {one!r} is there already: the rule is too strict.",
        next=f"Let the unique rule compare the whole {meaning}.",
        table=shop.table(part).label,
        column=column.name,
        sqlstate=refusal.sqlstate if refusal else None,
    )


def another_fits(shop: Shop, part: str, values: Mapping[str, Any], words: str) -> Row:
    """One more row with these values goes in; a rule that forbids it is named by its columns."""
    table = shop.table(part)
    try:
        return shop.row(part, values)
    except NoRow as none:
        refusal = none.answer.refusal if none.answer else None
        if none.table.oid != table.oid or refusal is None or not refusal.is_verdict:
            raise
        rule = next((index for index in table.indexes if index.name == refusal.constraint), None)
        columns = sorted(rule.uses if rule else values)
        raise Failed(
            f"{words} was refused: {refusal.message}.",
            next=_loosen(rule, refusal),
            table=table.label,
            column=columns[0] if columns else None,
            tried=shorten(none.answer.tried) if none.answer else None,
            sqlstate=refusal.sqlstate,
        ) from None


def _loosen(rule: Index | None, refusal: Refusal) -> str:
    """What to do about a rule that refuses an ordinary row."""
    if rule is not None and rule.is_plain:
        columns = _listed(sorted(rule.columns), "and")
        return f"Let {rule.name} be about {columns} together with a further column, or take it away."
    return f"Take away the rule {refusal.constraint or 'that refuses it'}."


# -- foreign keys ----------------------------------------------------------------------------------------------


def refers(shop: Shop, part: str, target: str, *, next: str, column: str | None = None) -> ForeignKey:
    """A foreign key in force from one part (from that stored column, if given) to another: validated, enforced, firing.

    Raises Failed with what is missing. Whether NULL is allowed is another question.
    """
    table, parent = shop.table(part), shop.table(target)
    keys = [key for key in shop.foreign_keys(part, target) if column is None or column in key.columns]
    for key in keys:
        if key.validated and key.enforced and key.fires:
            _is_not_crossed(table, parent, key, column)
            return key
    where = {"table": table.label, "column": keys[0].columns[0] if keys else None}
    if not keys:
        raise _no_foreign_key(shop, table, parent, next, column)
    key = keys[0]
    if not key.enforced:
        raise Failed(f"The foreign key {key.name} is NOT ENFORCED: PostgreSQL never looks.", next=next, **where)
    if not key.fires:
        both = dict.fromkeys((table, parent))
        raise Failed(
            f"The foreign key {key.name} of {table.label} is there, but its triggers are off, so it checks nothing.",
            next="Switch them on: " + "; ".join(f"alter table {t.label} enable trigger all" for t in both) + ".",
            **where,
        )
    raise Failed(
        f"The foreign key {key.name} of {table.label} is NOT VALID: rows from before it were never checked.",
        next=f"Run: alter table {table.label} validate constraint {key.name}.",
        **where,
    )


def _is_not_crossed(table: Table, parent: Table, key: ForeignKey, column: str | None) -> None:
    """The column that names the parent is paired with what tells one parent from another, not with what they share.

    In a key over address and user, say, the address is paired with the address's own key.
    """
    if column is None:
        return
    pairs = dict(zip(key.columns, key.target_columns, strict=True))
    shared = {name for other in parent.foreign_keys for name in other.columns}
    if pairs[column] in shared and set(key.target_columns) - shared:
        raise Failed(
            f"The foreign key {key.name} of {table.label} pairs {column} with {parent.label}.{pairs[column]}: "
            f"its columns stand in another order than those of {parent.label}.",
            next=f"Name the columns of {key.name} in the same order on both sides.",
            table=table.label,
            column=column,
        )


def _no_foreign_key(shop: Shop, table: Table, parent: Table, next_: str, column: str | None) -> Failed:
    elsewhere = [(k, shop.catalog.by_oid(k.target)) for k in table.foreign_keys]
    singular = contract.forms(parent.name)[1] if len(contract.forms(parent.name)) > 1 else parent.name
    guess = column or next(
        (c.name for c in table.columns if c.name.startswith((singular, "parent")) and c.name.endswith("id")), None
    )
    for key, target in elsewhere:
        own = own_column(key)
        if target is not None and (own == guess or (target.name == parent.name and target.oid != parent.oid)):
            return Failed(
                f"{table.label}.{own} refers to {target.schema}.{target.name}, not to {parent.label}.",
                next=f"Let the foreign key point at {parent.label}.",
                table=table.label,
                column=own,
            )
    if guess:
        return Failed(
            f"{table.label}.{guess} is a plain column: no foreign key ties it to {parent.label}.",
            next=f'Add ForeignKey("{parent.name}.{_key_of(parent)}") to {guess}.',
            table=table.label,
            column=guess,
        )
    return Failed(f"{table.label} has no foreign key to {parent.label}.", next=next_, table=table.label)


def _key_of(parent: Table) -> str:
    return ", ".join(sorted(parent.primary_key.columns)) if parent.primary_key else "id"


def own_column(key: ForeignKey) -> str:
    """The column that says which parent: in a composite key the one that is not shared with it."""
    pairs = zip(key.columns, key.target_columns, strict=True)
    return next((ours for ours, theirs in pairs if ours != theirs), key.columns[0])


def pointing_at(key: ForeignKey, parent: Row) -> dict[str, Any]:
    """The values, by stored column, of a row whose key points at that parent."""
    return {ours: parent[theirs] for ours, theirs in zip(key.columns, key.target_columns, strict=True)}


def orphan_is_rejected(shop: Shop, part: str, key: ForeignKey, parent: str, *, next: str) -> None:
    """A key that no parent has is refused, on INSERT and on UPDATE."""
    table = shop.table(part)
    with shop.isolated():
        ghost = shop.row(parent)
    nobody = pointing_at(key, ghost)
    shown = ", ".join(f"{name} {value!r}" for name, value in nobody.items())
    where = {"next": next, "table": table.label, "column": own_column(key)}
    for answer in shop.both_ways(shop.draft(part), **nobody):
        if answer.rows and any(answer.rows[0][name] != value for name, value in nobody.items()):
            return  # a trigger moved it elsewhere: no orphan
        shop.refused(
            answer,
            happened=f"PostgreSQL took a row of {table.label} with {shown}, "
            f"though no such row of {shop.table(parent).label} exists.",
            **where,
        )


def key_is_required(shop: Shop, part: str, key: ForeignKey, meaning: str, *, next: str) -> None:
    """None of the key's columns takes NULL: one that does lets a row past the foreign key."""
    table = shop.table(part)
    for name in key.columns:
        column = table.column(name)
        assert column is not None
        not_null(shop, part, column, meaning, next=next)


# -- belonging, and numbers --------------------------------------------------------------------------------------


def belongs(part: str, target: str, one: str, column: str) -> Callable[[Shop], None]:
    """A foreign key in force to another part, not optional, that turns orphans away."""

    def check(shop: Shop) -> None:
        next_ = f'Add {column} with ForeignKey("{shop.table(target).name}.id") and nullable=False.'
        key = refers(shop, part, target, next=next_)
        own = own_column(key)
        key_is_required(shop, part, key, one, next=f"Make {own} NOT NULL (nullable=False).")
        orphan_is_rejected(shop, part, key, target, next=next_)

    return check


def within_bounds(
    shop: Shop, part: str, column: Column, refused: Iterable[Any], taken: Iterable[Any], *, what: str, rule: str
) -> None:
    """The first values are refused, on INSERT and UPDATE, and the others taken; `rule` is the CHECK that does it."""
    for value in refused:
        with shop.isolated():
            shop.never(
                part,
                {column.name: value},
                happened=f"PostgreSQL took {what} with the {column.name} {value}.",
                next=f"Add {rule} to {shop.table(part).label}.",
                column=column.name,
            )
    for value in taken:
        with shop.isolated():
            shop.takes(
                part,
                {column.name: value},
                happened=f"{what.capitalize()} with the {column.name} {value} was refused: {{why}}.",
                next=f"Loosen the rule on {column.name}: {value} is an ordinary number.",
                column=column.name,
            )


def above_zero(part: str, name: str, what: str) -> Callable[[Shop], None]:
    """Zero and negative numbers are refused, small ones are taken."""

    def check(shop: Shop) -> None:
        column = shop.column(part, name)
        rule = f'CheckConstraint("{column.name} > 0", name="positive")'
        within_bounds(shop, part, column, (0, -1, -5), (1, 2, 3), what=what, rule=rule)

    return check


def never_negative(part: str, name: str, what: str) -> Callable[[Shop], None]:
    """Amounts below zero are refused, large and small; that ordinary ones are taken other checks say."""

    def check(shop: Shop) -> None:
        column = shop.column(part, name)
        keeps_cents = column.type.base in NUMERIC and (column.type.scale or 2) >= 2
        # Fewer digits would round a cent below zero to zero.
        refused = [Decimal("-1.00"), Decimal("-500.00"), *([Decimal("-0.01")] if keeps_cents else [])]
        rule = f'CheckConstraint("{column.name} >= 0", name="not_negative")'
        within_bounds(shop, part, column, refused, (), what=what, rule=rule)

    return check


# -- money and times -------------------------------------------------------------------------------------------


def money_columns(shop: Shop, part: str) -> list[Column]:
    """The columns of a part that hold money: those the contract names, and others by the words in their names."""
    return _money_columns(shop, part, shop.table(part))


def _money_columns(shop: Shop, part: str, table: Table) -> list[Column]:
    named = {
        c.name for k in contract.table(part).columns if k.kind is Kind.MONEY and (c := shop.roles.column(part, k.name))
    }
    return [column for column in table.columns if column.name in named or _sounds_like_money(column)]


def _sounds_like_money(column: Column) -> bool:
    words = [_one(word) for word in re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", column.name).lower())]
    if not _MONEY & set(words):
        return False
    # "total_reviews" counts reviews and "price_changed_at" is a time: the last word says what the column holds.
    return column.type.base in INEXACT or (words[-1] in _MONEY | _UNITS | _OTHER and column.type.category in "NS")


def _one(word: str) -> str:
    return word[:-1] if word.endswith("s") and word[:-1] in _MONEY else word


def money_is_exact(shop: Shop, part: str) -> None:
    """Every column of a part that holds money is numeric, to the cent or finer."""
    keeps_money_exact(shop, part, shop.table(part))


def keeps_money_exact(shop: Shop, part: str, table: Table) -> None:
    """The same of what plays the part, be it a table or a view."""
    for column in _money_columns(shop, part, table):
        type_ = column.type
        where = {"table": table.label, "column": column.name}
        next_ = f"Declare {column.name} as Numeric(10, 2)."
        if type_.base not in NUMERIC:
            why = "which rounds: 0.10 + 0.20 is not 0.30 there" if type_.base.startswith("float") else "not numeric"
            raise Failed(
                f"{table.label}.{column.name} holds money, but its type is {type_.text}, {why}.", next=next_, **where
            )
        if type_.scale is not None and type_.scale < 2:
            raise Failed(
                f"{table.label}.{column.name} is {type_.text}: it keeps {max(type_.scale, 0)} digits behind the point, "
                "so 19.99 does not come back as 19.99.",
                next=next_,
                **where,
            )


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
        _of_kind(table, column, Kind.TIMESTAMP)
    _rows_may_share_a_time(shop, part)


def _rows_may_share_a_time(shop: Shop, part: str) -> None:
    """Two rows, also of one user or one product, may have been there at the same time.

    In one transaction every default of now() is the same moment, and the time between two of them empty: only rows
    that have lived for a while show a constraint that keeps them apart by when they did.
    """
    table = shop.table(part)
    times = [column.name for column in timestamps(shop, part)]
    constraints = [index for index in table.indexes if index.exclusion and index.uses.issuperset(times)]
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
    raise Failed(
        f"Two rows of {table.label} that were there at the same time don't both fit: {index.name} keeps rows apart by "
        f"the time between {' and '.join(times)}.",
        next=f"Drop {index.name}, or let it be about a period that you mean: many rows are there at the same time.",
        table=table.label,
        column=times[0],
        tried=shorten(none.answer.tried),
        sqlstate=refusal.sqlstate,
    )


def timestamps(shop: Shop, part: str) -> list[Column]:
    """The timestamp columns of the contract that the part has."""
    wanted = [c.name for c in contract.table(part).columns if c.kind is Kind.TIMESTAMP]
    return [column for name in wanted if (column := shop.roles.column(part, name)) is not None]


def each(shop: Shop, parts: Sequence[str], prove: Callable[[Shop, str], None]) -> None:
    """Prove something of every part that is there; Skipped when that holds but a part is missing."""
    present = [part for part in parts if part in shop.roles.tables]
    for part in present:
        prove(shop, part)
    if len(present) < len(parts):
        raise Skipped


__all__ = [
    "above_zero",
    "another_fits",
    "belongs",
    "columns",
    "each",
    "exists",
    "has_columns",
    "keeps_money_exact",
    "missing",
    "money_columns",
    "money_is_exact",
    "never_negative",
    "not_null",
    "orphan_is_rejected",
    "own_column",
    "pointing_at",
    "primary_key",
    "refers",
    "required",
    "times_are_recorded",
    "timestamps",
    "unique",
    "unique_in_any_case",
    "unique_together",
]
