"""Tables that take no row, whatever it holds: told where that is certain, and only there.

That the rows we made were refused proves nothing, as a trigger may ask for something that nobody could foresee. A
rule, a policy or the first statement of a trigger function proves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from psycopg2.errorcodes import FEATURE_NOT_SUPPORTED

from checks.catalog import Table
from checks.catalog.facts import Trigger
from checks.outcome import Failed
from checks.probe import Shop
from checks.rows import qualified
from checks.session import Statement


def why_closed(shop: Shop, table: Table) -> Failed | None:
    """What keeps every row out of a table; None where rows may get in, as far as can be proven."""
    return (
        _by_rule(shop, table) or _by_row_security(table) or _without_partitions(shop, table) or _by_trigger(shop, table)
    )


# -- rules and policies ----------------------------------------------------------------------------------------


def _by_rule(shop: Shop, table: Table) -> Failed | None:
    if not (_goes_elsewhere(table) and _swallows(shop, table)):
        return None
    return Failed(
        f"A rule takes every row inserted into {table.label} away: SQLAlchemy's INSERT … RETURNING fails.",
        next="Drop that rule; a trigger can do what it is for.",
        table=table.label,
    )


def _goes_elsewhere(table: Table) -> bool:
    """A rewrite rule does something else instead of an INSERT."""
    return any(rule.event == "3" and rule.instead for rule in table.rules)


def _swallows(shop: Shop, table: Table) -> bool:
    """PostgreSQL says, before any row is looked at, that an INSERT there brings no row back."""
    insert = f"explain insert into {qualified(table)} default values returning *"  # which draws no number
    refusal = shop.session.attempt(Statement(insert)).refusal
    return refusal is not None and refusal.sqlstate == FEATURE_NOT_SUPPORTED


def _by_row_security(table: Table) -> Failed | None:
    """Nobody gets in where not even the owner does: a policy for another role lets that one in."""
    lets_in = any(p.lets_rows_in for p in table.policies) and not any(p.keeps_rows_out for p in table.policies)
    if not (table.forced_row_security and table.under_row_security) or lets_in:
        return None
    return Failed(
        f"{table.label} has row security forced on everybody and no policy that lets a row in.",
        next=f"Write a policy for it, or: alter table {table.label} no force row level security.",
        table=table.label,
    )


def _without_partitions(shop: Shop, table: Table) -> Failed | None:
    if table.kind != "p" or any(shop.catalog.partitions(table)):
        return None
    return Failed(
        f"{table.label} is partitioned and has no partition, so no row can go in.",
        next="Create partitions for every row there may be; a DEFAULT one takes what the others don't.",
        table=table.label,
    )


# -- triggers --------------------------------------------------------------------------------------------------


def _by_trigger(shop: Shop, table: Table) -> Failed | None:
    if _goes_elsewhere(table):
        return None  # perhaps no trigger here sees the row
    if (trigger := _first_everywhere(shop, table, _raises)) is not None:
        return Failed(
            f"The trigger {trigger.name} on {table.label} refuses every row: {trigger.function}() raises an error "
            "whatever the row holds.",
            next=f"Let {trigger.function}() raise under a condition (IF … THEN RAISE), or drop the trigger.",
            table=table.label,
        )
    if (trigger := _first_everywhere(shop, table, _drops)) is not None:
        return Failed(
            f"The trigger {trigger.name} on {table.label} drops every row without a word: {trigger.function}() returns "
            "NULL whatever the row holds.",
            next=f"Let {trigger.function}() return NEW, or drop the trigger.",
            table=table.label,
        )
    return None


def _first_everywhere(shop: Shop, table: Table, closes: Callable[[Trigger], bool]) -> Trigger | None:
    """A trigger on the table that closes it; per row it must be there in each partition, as it can be off in one."""
    places = list(shop.catalog.partitions(table)) if table.kind == "p" else [table]
    once = [trigger for trigger in table.triggers if not trigger.per_row and closes(trigger)]
    per_row = [next((t for t in place.triggers if t.per_row and closes(t)), None) for place in places]
    return once[0] if once else per_row[0] if per_row and all(per_row) else None


def _raises(trigger: Trigger) -> bool:
    """An error comes before anything else is done, and nothing catches it."""
    code = _code(trigger)
    return bool(_RAISE.match(_body(code))) and not _HANDLER.search(code)


def _drops(trigger: Trigger) -> bool:
    """NULL is given back, before the row goes in, before anything else is done."""
    return trigger.per_row and trigger.is_before and bool(_RETURN_NULL.match(_body(_code(trigger))))


#: What is no code: comments, text, names in quotes. Comments inside comments are left, and their marks give them away.
_NO_CODE = re.compile(
    r"""--[^\r\n]*
    | /\*(?:(?!/\*).)*?\*/
    | \be'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?<!\w)\$((?:[a-z_]\w*)?)\$.*?\$\1\$""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
#: RAISE with a lower level only tells something; with an operator behind it, it is a variable of that name.
_RAISE = re.compile(r"\s*raise\b(?!\s+(?:debug|log|info|notice|warning)\b)(?!\s*[:=.\[])")
_RETURN_NULL = re.compile(r"\s*return\s+null\s*;")
_HANDLER = re.compile(r"\bexception\s+when\b")


def _code(trigger: Trigger) -> str:
    """The bare code of a trigger that runs for every new row, in small letters; nothing when it can't be told."""
    if not (trigger.fires and trigger.on_insert) or trigger.conditional or trigger.language != "plpgsql":
        return ""
    code = _NO_CODE.sub(" ", trigger.source).lower()
    return "" if "/*" in code or "*/" in code else code


def _body(code: str) -> str:
    """What comes after the first BEGIN; before it there are only declarations."""
    return re.split(r"\bbegin\b", code, maxsplit=1)[-1] if code else ""
