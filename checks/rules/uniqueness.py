"""No two rows are the same, also when two arrive at once; and rows that differ fit beside each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from psycopg2.errorcodes import FOREIGN_KEY_VIOLATION

from checks import contract
from checks.catalog import Column, Index, Table
from checks.contract import Kind
from checks.outcome import CantTell, Failed
from checks.plan import holds_filled
from checks.probe import Shop, shorten
from checks.rows import Draft, NoRow, Row, qualified, rules_about
from checks.rows.values import pool
from checks.rules.tables import listed
from checks.session import Answer, Refusal, Statement

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
        guard = _whole(table, [column.name]) or _guard(
            shop, table, (column.name,), draft.but(**same), answers[0], meaning
        )
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
    guard = _whole(table, same) or _guard(shop, table, tuple(same), draft.but(**same), answers[0], meaning, next)
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
        raise _covers_too_little(table, columns[-1], guard, meaning)


def _covers_too_little(table: Table, column: str, guard: Index, meaning: str) -> Failed:
    return Failed(
        f"The unique index {guard.name} covers only some rows of {table.label}, where {guard.predicate}: "
        f"two others can share one {meaning}.",
        next="Make the unique index cover every row.",
        table=table.label,
        column=column,
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


def _whole(table: Table, columns: Collection[str]) -> Index | None:
    """A unique index on no more than these columns, of all rows: whatever else refuses the duplicate, it does, too."""
    return next((i for i in table.indexes if i.unique and i.works and i.is_plain and i.columns <= set(columns)), None)


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
    table, predicate = shop.table(part), guard.predicate or ""
    about_itself = guard.uses <= {column.name} and "NOT NULL" in predicate
    if guard.uses & _flags(shop, part) or not (about_itself or _GONE.search(predicate)):
        raise _covers_too_little(table, column.name, guard, meaning)


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
        columns = listed(sorted(rule.columns), "and")
        return f"Let {rule.name} be about {columns} together with a further column, or take it away."
    return f"Take away the rule {refusal.constraint or 'that refuses it'}."
