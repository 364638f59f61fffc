"""The ordinary things of a shop stay possible: rows fit beside each other, and a rule that forbids them is named."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from psycopg2.errorcodes import CHECK_VIOLATION

from checks import contract
from checks.catalog import Index, Table
from checks.contract import Kind
from checks.outcome import Failed
from checks.probe import Shop, shorten
from checks.rows import NoRow, Row
from checks.rules.tables import listed
from checks.session import Refusal


def goes_in(shop: Shop, part: str) -> bool:
    """An ordinary row of that part is possible."""
    with suppress(NoRow):
        shop.draft(part)
        return True
    return False


def first_fits(shop: Shop, part: str, words: str) -> Row:
    """A row goes in beside those that are there, if one can be made at all; else what forbids it is named."""
    try:
        return shop.row(part)
    except NoRow as none:
        refusal = none.answer.refusal if none.answer else None
        if none.table.oid != shop.table(part).oid or refusal is None or not refusal.is_verdict or refusal.stumbled:
            raise
        with shop.emptied(part):
            is_about_others = goes_in(shop, part)
        if not is_about_others:
            raise
        raise _refused(shop, part, {}, words, none, certain=not refusal.is_duplicate) from None


def another_fits(shop: Shop, part: str, values: Mapping[str, Any], words: str) -> Row:
    """One more row with these values goes in; a rule that forbids it is named by its columns."""
    try:
        return shop.row(part, values)
    except NoRow as none:
        refusal = none.answer.refusal if none.answer else None
        if none.table.oid != shop.table(part).oid or refusal is None or not refusal.is_verdict:
            raise
        raise _refused(shop, part, values, words, none) from None


def _refused(
    shop: Shop, part: str, values: Mapping[str, Any], words: str, none: NoRow, *, certain: bool = False
) -> Exception:
    """Why that is wrong; the NoRow itself where it need not be, unless it is certain.

    Of a column of the learner's own we may not know which values it takes, nor of one that a CHECK is about; and
    of text that every row has, all that we know may be taken.
    """
    refusal = none.answer.refusal if none.answer else None
    assert refusal is not None
    table = none.table
    rule = next((index for index in table.indexes if index.name == refusal.constraint), None)
    if rule is not None and any(_is_their_own(shop, part, table, name, values) for name in rule.uses):
        return none
    if rule is not None and rule.is_plain and rule.columns <= _texts(shop, part) - set(values):
        return none
    check = next((check for check in table.checks if check.name == refusal.constraint), None)
    counted = {column.name for column in table.columns if column.numbered}
    if not certain and check is not None and check.columns and not set(check.columns) & (set(values) | counted):
        return none
    columns = sorted(rule.uses if rule else values)
    return Failed(
        f"{words} was refused: {refusal.message}.",
        next=_loosen(rule, refusal),
        table=table.label,
        column=columns[0] if columns else None,
        tried=shorten(none.answer.tried) if none.answer else None,
        sqlstate=refusal.sqlstate,
    )


def _texts(shop: Shop, part: str) -> set[str]:
    """Stored names of the contract's text columns that no row is without."""
    wanted = [c.name for c in contract.table(part).columns if c.kind is Kind.TEXT and c.required]
    return {column.name for name in wanted if (column := shop.roles.column(part, name)) is not None}


def _is_their_own(shop: Shop, part: str, table: Table, name: str, values: Mapping[str, Any]) -> bool:
    """A column beyond the contract that every row has to have, and that is no key: who writes the row chooses it."""
    column = table.column(name)
    cast = {c.name for wanted in contract.table(part).columns if (c := shop.roles.column(part, wanted.name))}
    keys = {n for key in table.foreign_keys for n in key.columns} | (
        table.primary_key.columns if table.primary_key else frozenset()
    )
    return column is not None and column.required and name not in cast | keys and name not in values


def _loosen(rule: Index | None, refusal: Refusal) -> str:
    """What to do about a rule that refuses an ordinary row."""
    if rule is not None and not rule.uses:
        return (
            f"{rule.name} is on {', '.join(rule.key_text)}, which is the same for every row: no column is in it. Write "
            "the column there without quotes."
        )
    if rule is not None and rule.is_plain:
        columns = listed(sorted(rule.columns), "and")
        otherwise = "" if rule.primary else ", or take it away"
        return f"Let {rule.name} be about {columns} together with a further column{otherwise}."
    if refusal.constraint is None and refusal.sqlstate == CHECK_VIOLATION and not refusal.raised:
        return "Create a partition for such rows; a DEFAULT one takes what the others don't."
    return f"Take away the rule {refusal.constraint or 'that refuses it'}."
