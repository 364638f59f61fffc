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
from checks.plan import holds_always, holds_filled
from checks.probe import Shop, shorten
from checks.rows import Draft, NoRow, Row, mentions, qualified, quote, rules_about, rules_and_bounds
from checks.rows.values import pool
from checks.rules.ordinary import goes_in
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
        if column.generated:
            _is_indexed(table, column, meaning)
            return
        first = shop.row(part)
        same = {column.name: first[column.name]}
        draft = shop.draft(part)
        answers = shop.both_ways(draft, **same)
        if any(answer.rows and answer.rows[0][column.name] != first[column.name] for answer in answers):
            _is_indexed(table, column, meaning)  # it has another value of its own making, whatever was sent
            return
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
            _covers_live_rows(shop, part, draft, same, guard, meaning)
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
        _covers_live_rows(shop, part, draft, same, guard, meaning)
    _compares_no_more(shop, part, draft, same, guard, meaning, next_)


def _is_indexed(table: Table, column: Column, meaning: str) -> None:
    """Of values that nobody can choose, no two are the same where a unique index is about them alone."""
    if not any(i.unique and i.works and i.is_plain and i.columns == {column.name} for i in table.indexes):
        raise CantTell(
            f"{table.label}.{column.name} is filled in by the database itself, so the same {meaning} could not be "
            "tried twice.",
            table=table.label,
        )


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
    places = _decide_the_partition(shop, table) - set(same) - guard.uses
    for name in (*sorted(guard.uses - set(same)), *sorted(places)):
        if name in (guard.predicate or ""):
            continue  # such a row is not under the rule at all, which is judged by its predicate
        for value in _other_values(shop, table, name):
            answer = _with_value(shop, part, draft, {**same, name: value})
            if answer.refusal is None and answer.rowcount:
                if name in places:
                    raise Failed(
                        f"The unique index {guard.name} is that of one partition alone: rows of {table.label} with the "
                        f"same {meaning} are taken when another {name} puts them into different partitions.",
                        next=f"Partition {table.label} by {list(same)[-1]}, and make that unique on {table.label} "
                        "itself; or use an ordinary table.",
                        tried=shorten(answer.tried),
                        table=table.label,
                        column=list(same)[-1],
                    )
                raise Failed(
                    f"The unique index {guard.name} compares {name} as well: rows of {table.label} with the same "
                    f"{meaning} are taken when they differ in {name}.",
                    next=next_,
                    tried=shorten(answer.tried),
                    table=table.label,
                    column=list(same)[-1],
                )


def _decide_the_partition(shop: Shop, table: Table) -> set[str]:
    """The columns by which a row goes into one of several partitions, each of which has indexes of its own."""
    bounds = [leaf.partition_bound for leaf in shop.catalog.partitions(table) if leaf.partition_bound]
    if len(bounds) < 2:
        return set()
    return {column.name for column in table.columns if any(mentions(bound, column.name) for bound in bounds)}


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
    places = _decide_the_partition(shop, table)
    for key in table.foreign_keys:
        target = shop.catalog.by_oid(key.target)
        if name in key.columns and target is not None and target.oid != table.oid:
            place = key.target_columns[key.columns.index(name)]
            # Two of them may belong to one partition, where their hashes decide.
            return [v for _ in range(6 if name in places else 1) for v in _value_of_another(shop, target, place)]
    known = [*pool(column, 901, rules_about(table, column))[:4], *([] if column.not_null else [None])]
    if name in places:
        bounds = rules_and_bounds(shop.catalog, table, column)
        known += [*_mined(column, bounds), *pool(column, 907, rules_about(table, column))[:4]]
    return known


def _mined(column: Column, expressions: Sequence[str]) -> list[Any]:
    """Values for a column that nothing but these expressions suggests: their constants and what is close to them."""
    usual = pool(column, 901)
    return [value for value in pool(column, 901, expressions) if value not in usual]


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
    refusal, in_front = _without_what_is_in_front(shop, table, duplicate, answer.refusal)
    where = {"table": table.label, "column": columns[-1]}
    if refusal is None or not refusal.is_duplicate:
        raise Failed(
            f"{in_front} looks for duplicates before a row goes into {table.label}, but no unique index stands behind: "
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
            next=f"Build it again: reindex index {guard.name}. Where that finds duplicates, see to those first.",
            **where,
        )
    return guard


#: How many triggers and CHECKs may refuse a duplicate before an index does.
_IN_FRONT = 5


def _without_what_is_in_front(
    shop: Shop, table: Table, duplicate: Statement, refusal: Refusal | None
) -> tuple[Refusal | None, str]:
    """What PostgreSQL says to the duplicate once the triggers and CHECKs that refuse it are away; and what they were.

    One at a time: what other triggers fill in, an index may be about.
    """
    in_front = "A trigger"
    with shop.session.undone():
        for _ in range(_IN_FRONT):
            if refusal is None or (refusal.is_duplicate and not refusal.raised):
                break
            if check := next((check for check in table.checks if check.name == refusal.constraint), None):
                in_front = f"The CHECK {check.name}"
                away = [f"alter table {qualified(table)} drop constraint {quote(check.name)}"]
            else:
                raising = [t for t in table.triggers if t.fires and t.function == refusal.function]
                away = [f"alter table {qualified(table)} disable trigger {quote(t.name)}" for t in raising]
                away = away or [f"alter table {qualified(table)} disable trigger user"]
            # For who may not change the table: a replica fires no triggers, and its indexes are as strict.
            if any(shop.session.keep(Statement(sql)).refusal is not None for sql in away) and (
                shop.session.keep(Statement("set local session_replication_role = replica")).refusal is not None
            ):
                raise CantTell(
                    f"It is not clear whether a unique index stands behind what PostgreSQL said first: "
                    f"{refusal.message}",
                    table=table.label,
                )
            refusal = shop.session.attempt(duplicate).refusal
    return refusal, in_front


def _covers_live_rows(shop: Shop, part: str, draft: Draft, same: Mapping[str, Any], guard: Index, meaning: str) -> None:
    """A partial unique index may leave out rows that are gone for the shop, and no others."""
    table, predicate = shop.table(part), guard.predicate or ""
    [name] = same
    if holds_always(shop, table, guard.uses, predicate):
        return
    about_itself = guard.uses <= {name} and "NOT NULL" in predicate
    if guard.uses & _flags(shop, part) or not (about_itself or _GONE.search(predicate)):
        raise _covers_too_little(table, name, guard, meaning)
    for other in sorted(guard.uses - {name}):
        column = table.column(other)
        if column is None or column.generated or other not in predicate or _GONE.search(other.lower()):
            continue
        usual = pool(column, 901, rules_about(table, column))[:2]
        for value in (*_mined(column, [*rules_about(table, column), predicate]), *usual):
            answer = shop.session.attempt(draft.but(**same, **{other: value}))
            if answer.refusal is None and answer.rowcount and not _GONE.search(str(value).lower()):
                raise _covers_too_little(table, name, guard, meaning)


def _both_fit(shop: Shop, part: str, column: Column, one: Any, other: Any, meaning: str) -> None:
    """Two values that differ a little go in beside each other, if each goes in alone."""
    with shop.isolated():
        for letter, number in _TOKENS:
            pair = _respelled(one, letter, number), _respelled(other, letter, number)
            try:
                shop.row(part, {column.name: pair[0]})
                break
            except NoRow as none:
                if none.answer is None or none.answer.refusal is None or not none.answer.refusal.is_duplicate:
                    return  # this schema wants values of another shape
        else:
            return
        one, other = pair
        with shop.isolated():
            try:
                shop.row(part, {column.name: other})
                return
            except NoRow as none:
                refused = none
        if not _is_duplicate(refused) and not goes_in(shop, part):
            return  # no row goes in beside it, whatever it holds
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


#: What makes a value another one, where the learner's own rows have it already.
_TOKENS = (("", "-7"), ("Q", "-8"), ("Z", "-9"))


def _respelled(value: Any, letter: str, number: str) -> str:
    text = str(value).replace("robe", f"robe{letter.lower()}").replace("ROBE", f"ROBE{letter}")
    return text.replace("-7", number)


def _is_duplicate(none: NoRow) -> bool:
    return none.answer is not None and none.answer.refusal is not None and none.answer.refusal.is_duplicate
