"""Foreign keys: in force, to the right table, and turning orphans away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg2.errorcodes import FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION

from checks import contract
from checks.catalog import ForeignKey, Table
from checks.outcome import Failed
from checks.probe import Shop
from checks.rows import Row, qualified, quote
from checks.rules.tables import listed, not_null
from checks.session import Refusal


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
        raise Failed(
            f"The foreign key {key.name} is NOT ENFORCED: PostgreSQL never looks.",
            next=f"Run: alter table {qualified(table)} alter constraint {quote(key.name)} enforced.",
            **where,
        )
    if not key.fires:
        # Only a superuser can switch them on; whoever owns the table can make new ones.
        ours, theirs = (", ".join(map(quote, names)) for names in (key.columns, key.target_columns))
        raise Failed(
            f"The foreign key {key.name} of {table.label} is there, but its triggers are off, so it checks nothing.",
            next=f"Make it anew: alter table {qualified(table)} drop constraint {quote(key.name)}, add constraint "
            f"{quote(key.name)} foreign key ({ours}) references {qualified(parent)} ({theirs})"
            f"{_ON_DELETE.get(key.on_delete, '')}.",
            **where,
        )
    raise Failed(
        f"The foreign key {key.name} of {table.label} is NOT VALID: rows from before it were never checked.",
        next=f"Run: alter table {qualified(table)} validate constraint {quote(key.name)}. Where rows stand in the way, "
        "see to those first.",
        **where,
    )


_ON_DELETE = {"r": " on delete restrict", "c": " on delete cascade", "n": " on delete set null"}


def to_key_of(shop: Shop, part: str) -> str:
    """What a model says of a column that points at that part, in the learner's own names."""
    parent = shop.table(part)
    keys = sorted(parent.primary_key.columns) if parent.primary_key else ["id"]
    if len(keys) > 1:
        return f"a ForeignKeyConstraint to {parent.label} ({', '.join(keys)})"
    return f'ForeignKey("{parent.label}.{keys[0]}")'


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
    part = shop.roles.part_of(parent)
    called = ("parent", *contract.forms(parent.name), *(contract.table(part).names if part else ()))
    guess = column or next((c.name for c in table.columns if c.name.startswith(called) and c.name.endswith("id")), None)
    keys = sorted(parent.primary_key.columns) if parent.primary_key else ["id"]
    over_all = f"Add a ForeignKeyConstraint over what {parent.label} is told apart by: {listed(keys, 'and')}."
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
            next=f'Add ForeignKey("{parent.name}.{keys[0]}") to {guess}.' if len(keys) == 1 else over_all,
            table=table.label,
            column=guess,
        )
    return Failed(
        f"{table.label} has no foreign key to {parent.label}.",
        next=next_ if len(keys) == 1 else over_all,
        table=table.label,
    )


def own_column(key: ForeignKey) -> str:
    """The column that says which parent: in a composite key the one that is not shared with it."""
    return key.own_column


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
    """None of the key's columns takes NULL: one that does lets a row past the foreign key.

    `next` is about the column that says which parent.
    """
    table = shop.table(part)
    for name in key.columns:
        column = table.column(name)
        assert column is not None
        is_own = name == own_column(key)
        not_null(shop, part, column, meaning, next=next if is_own else f"Make {name} NOT NULL (nullable=False).")


def belongs(part: str, target: str, one: str, column: str) -> Callable[[Shop], None]:
    """A foreign key in force to another part, not optional, that turns orphans away."""

    def check(shop: Shop) -> None:
        next_ = f'Add {column} with ForeignKey("{shop.table(target).name}.id") and nullable=False.'
        key = refers(shop, part, target, next=next_)
        own = own_column(key)
        key_is_required(shop, part, key, one, next=f"Make {own} NOT NULL (nullable=False).")
        orphan_is_rejected(shop, part, key, target, next=next_)

    return check


def goes_with_parent(shop: Shop, key: ForeignKey, table: Table, refusal: Refusal | None) -> str:
    """What to do where a row of the table was to go with its parent, by that key, and did not."""
    if rule := keeps_rows(table):
        return f"Drop the rule {rule} on {table.label}: it keeps rows from being deleted."
    keys = [key.name for key in table.foreign_keys]
    by_another_key = refusal and not refusal.raised and refusal.sqlstate in (FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION)
    if by_another_key and refusal and refusal.constraint and refusal.constraint not in keys:
        return f'Use ondelete="CASCADE" on the foreign key {refusal.constraint}.'
    if key.on_delete == "c":
        return f"Look for a trigger on {table.label} that keeps rows from being deleted."
    parent = shop.catalog.by_oid(key.target)
    return f'Use ondelete="CASCADE" on the key from {table.label} to {parent.label if parent else "its parent"}.'


def keeps_rows(table: Table) -> str | None:
    """The name of a rewrite rule that does something else instead of a DELETE."""
    return next((rule.name for rule in table.rules if rule.event == "4" and rule.instead), None)
