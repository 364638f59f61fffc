"""Which rule is broken in a copy of the learner's schema, in whatever way the design keeps it, mildest way first.

A way that takes away more than it must would let a test notice it for another reason, so it comes last.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.breaking import (
    Statements,
    checks_on,
    of_type,
    with_action,
    without_checks,
    without_domain,
    without_keys,
    without_look_up,
    without_triggers,
    without_unique,
)
from checks.catalog import Column, ForeignKey, Table
from checks.catalog.facts import NUMERIC
from checks.probe import Shop
from checks.roles import Roles
from checks.rows import NoRow, qualified, quote
from checks.rules import references
from checks.trade import purchase

#: The ways to break a rule in a design, each as statements; LookupError where this design has nothing there to break.
Ways = Callable[[Roles], Iterator[Statements]]


#: Whether a broken copy behaves otherwise, asked in a shop of that copy; beside it the roles of the schema as it is.
Shows = Callable[[Shop, Roles], bool]


def _always(*_: object) -> bool:
    return True


@dataclass(frozen=True)
class Mutant:
    """A copy of the schema with something broken.

    Attributes:
        ways: how it can be broken.
        step, rule: the checks' own rule that holds in the schema, and no longer does in the copy; None where what is
            broken is more than one rule.
        shows: what must be so besides, for a rule that goes by the catalog.
    """

    ways: Ways
    step: int = 0
    rule: str | None = None
    shows: Shows = _always


def column_of(roles: Roles, part: str, name: str) -> Column:
    column = roles.column(part, name)
    if column is None or column.generated:
        raise LookupError
    return column


def keys_of(roles: Roles, part: str, target: str) -> list[ForeignKey]:
    keys = [key for key in roles.tables[part].foreign_keys if key.target == roles.tables[target].oid]
    if not keys:
        raise LookupError
    return keys


def _more_and_more(*parts: Statements) -> Iterator[Statements]:
    """The first part, the first and the second, and so on; each once, and none that does nothing."""
    done: Statements = []
    for part in parts:
        if part:
            done = [*done, *part]
            yield done


def unbroken(_: Roles) -> Iterator[Statements]:
    """Nothing is broken."""
    yield ["select"]


def bounds(part: str, name: str, still: str = "") -> Ways:
    """Whatever the column's type holds fits, as far as `still` allows: a condition on the column, `{}`."""

    def ways(roles: Roles) -> Iterator[Statements]:
        table, column = roles.tables[part], column_of(roles, part, name)
        mentioned = checks_on(table, column)
        own = [check for check in mentioned if check.columns == (column.name,)]
        kept = [_check(table, column, still)] if still else []
        alone = [*without_checks(table, own), *without_look_up(table, column), *without_domain(table, column)]
        shared = without_checks(table, [check for check in mentioned if check not in own])
        triggers = without_triggers(table)
        for way in _more_and_more(alone, shared):
            yield [*way, *kept]
        for trigger in triggers:
            yield [*alone, *shared, trigger, *kept]
        yield [*alone, *shared, *triggers, *kept]

    return ways


def _check(table: Table, column: Column, condition: str) -> str:
    return f"alter table {qualified(table)} add check ({condition.format(quote(column.name))})"


def repeated(part: str, columns: Callable[[Roles], Iterable[str]]) -> Ways:
    """Two rows may share these stored columns."""

    def ways(roles: Roles) -> Iterator[Statements]:
        table = roles.tables[part]
        yield from _more_and_more(without_unique(table, frozenset(columns(roles))), without_triggers(table))

    return ways


def email(roles: Roles) -> list[str]:
    return [column_of(roles, "users", "email").name]


def variant(roles: Roles) -> list[str]:
    key = keys_of(roles, "product_variants", "products")[0]
    return [*key.columns, *(column_of(roles, "product_variants", name).name for name in ("size", "color"))]


def unrelated(part: str, target: str) -> Ways:
    """No foreign key keeps a row from naming a parent that is not there."""

    def ways(roles: Roles) -> Iterator[Statements]:
        table, direct = roles.tables[part], keys_of(roles, part, target)
        shared = {name for key in direct for name in key.columns}
        through = [key for key in table.foreign_keys if key not in direct and shared & set(key.columns)]
        yield from _more_and_more(
            without_keys(table, direct),
            [statement for key in through for statement in _without_columns(roles, table, key, shared)],
        )

    return ways


def _without_columns(roles: Roles, table: Table, key: ForeignKey, names: set[str]) -> Statements:
    """The key without these columns, where the others are all of its target's primary key; else no key."""
    left = {own: theirs for own, theirs in zip(key.columns, key.target_columns, strict=True) if own not in names}
    target = roles.catalog.by_oid(key.target)
    dropped = without_keys(table, [key])
    if target is None or target.primary_key is None or set(left.values()) != target.primary_key.columns:
        return dropped
    ours, theirs = (", ".join(map(quote, some)) for some in (left, left.values()))
    return [
        *dropped,
        f"alter table {qualified(table)} add foreign key ({ours}) references {qualified(target)} ({theirs})",
    ]


def takes_orphans(part: str, target: str) -> Shows:
    """A row of the part is taken whose parent is not there."""

    def shows(shop: Shop, roles: Roles) -> bool:
        key = keys_of(roles, part, target)[0]
        with shop.isolated():
            nobody = references.pointing_at(key, shop.row(target))
        purchase.begin_pending(shop)
        try:
            draft = shop.draft(part, references.pointing_at(key, shop.row(target)))
        except NoRow:
            return False
        return any(answer.refusal is None and answer.rowcount for answer in shop.both_ways(draft, **nobody))

    return shows


def left_behind(part: str, target: str) -> Ways:
    """Rows are no longer deleted with their parent."""

    def ways(roles: Roles) -> Iterator[Statements]:
        table, parent = roles.tables[part], roles.tables[target]
        cascading = [key for key in keys_of(roles, part, target) if key.on_delete == "c"]
        yield from _more_and_more(
            [statement for key in cascading for statement in with_action(table, key, "no action")],
            without_triggers(parent),
        )

    return ways


def inexact(part: str, name: str) -> Ways:
    """The column counts in floating point; what was below zero stays refused."""

    def ways(roles: Roles) -> Iterator[Statements]:
        table, column = roles.tables[part], column_of(roles, part, name)
        if column.type.base not in NUMERIC:
            raise LookupError
        floating, positive = of_type(table, column, "double precision"), _check(table, column, "{} >= 0")
        if not column.type.domains:
            yield floating
        yield [*without_domain(table, column), *without_checks(table, checks_on(table, column)), *floating, positive]

    return ways


def unknown_label(part: str, name: str, words: Iterable[str]) -> Ways:
    """What is no label fits; of an enum, whose type says so, each of these words becomes one."""

    def ways(roles: Roles) -> Iterator[Statements]:
        column = column_of(roles, part, name)
        if not column.type.labels:
            yield from bounds(part, name)(roles)
            return
        enum = f"{quote(column.type.schema)}.{quote(column.type.base)}"
        new = [word for word in words if word not in column.type.labels]
        yield [f"alter type {enum} add value if not exists '{word.replace(chr(39), chr(39) * 2)}'" for word in new]

    return ways


#: The longest label of an enum, in bytes.
_LONGEST = 63


def words_in(files: Iterable[Path]) -> list[str]:
    """Every word in quotes in these files, in Python's or in SQL's: some test may take it for an unknown label."""
    found: dict[str, None] = {}
    for path in files:
        try:
            tree = ast.parse(path.read_text("utf-8", "replace"))
        except SyntaxError:
            continue
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        for text in texts:
            found |= dict.fromkeys([text, *re.findall(r"'([^']*)'", text)])
    return [word for word in found if word and len(word.encode()) <= _LONGEST and "\0" not in word]


# -- many things at once, for what a test may notice in any of many places ---------------------------------------


def renamed(parts: Iterable[str]) -> Ways:
    """Some tables have another name, so that nobody finds them."""

    def ways(roles: Roles) -> Iterator[Statements]:
        yield [
            f"alter table {qualified(roles.tables[part])} rename to {quote(f'{roles.tables[part].name[:55]}_gone')}"
            for part in parts
        ]

    return ways


def all_unrelated(roles: Roles) -> Iterator[Statements]:
    """No foreign key is left but those that delete."""
    yield from _more_and_more(
        [
            statement
            for table in _tables(roles)
            for statement in without_keys(table, [key for key in table.foreign_keys if key.on_delete in "ar"])
        ]
    )


def all_allowed(roles: Roles) -> Iterator[Statements]:
    """No CHECK is left, and of what is unique only what a foreign key needs."""
    needed = {(key.target, frozenset(key.target_columns)) for table in _tables(roles) for key in table.foreign_keys}
    checks = [statement for table in _tables(roles) for statement in without_checks(table, table.checks)]
    unique = [
        statement
        for table in _tables(roles)
        for columns in {index.uses for index in table.indexes if index.unique and not index.primary}
        if (table.oid, columns) not in needed
        for statement in without_unique(table, columns)
    ]
    domains = [
        statement
        for table in _tables(roles)
        for column in table.columns
        if column.type.domain_checks and not column.generated
        for statement in without_domain(table, column)
    ]
    yield from reversed(list(_more_and_more([*checks, *unique], domains)))


def all_left_behind(roles: Roles) -> Iterator[Statements]:
    """Nothing is deleted, or emptied, with its parent."""
    yield from _more_and_more(_with_actions(roles, "cnd", "no action"))


def all_taken_along(roles: Roles) -> Iterator[Statements]:
    """What kept its parent from being deleted is deleted with it."""
    yield from _more_and_more(_with_actions(roles, "ar", "cascade"))


def _with_actions(roles: Roles, actions: str, action: str) -> Statements:
    return [
        statement
        for table in _tables(roles)
        for key in table.foreign_keys
        if key.on_delete in actions
        for statement in with_action(table, key, action)
    ]


def _tables(roles: Roles) -> list[Table]:
    return [table for table in roles.tables.values() if table.is_table]
