"""SQL that takes something away from a live schema, worked out from its own catalog: a rule, a key, a type.

Every function gives statements, in order; none where there is nothing to take away. LookupError means that this design
has nothing there at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from checks.catalog import Check, Column, ForeignKey, Table
from checks.rows import qualified, quote

Statements = list[str]

#: A column of another type, while the triggers that PostgreSQL would refuse it for are off.
_RETYPE = """
do $break$
declare
    place regclass := {table};
    taken record;
    definitions text[] := '{{}}';
    definition text;
begin
    for taken in
        select tgname, pg_catalog.pg_get_triggerdef(oid) as definition from pg_catalog.pg_trigger
        where tgrelid = place and not tgisinternal and tgparentid = 0
    loop
        execute pg_catalog.format('drop trigger %I on %s', taken.tgname, place);
        definitions := definitions || taken.definition;
    end loop;
    execute pg_catalog.format('alter table %s alter %I type {type}', place, {column});
    foreach definition in array definitions loop
        execute definition;
    end loop;
end $break$
"""

#: A foreign key as it is, but for what happens when its parent is deleted.
_ACTION = """
do $break$
declare
    place regclass := {table};
    was text := pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint
        where conrelid = {table}::regclass and conname = {key};
    bare text := pg_catalog.regexp_replace(was, ' ON DELETE (CASCADE|RESTRICT|SET (NULL|DEFAULT)( \\([^)]*\\))?)', '');
begin
    execute pg_catalog.format('alter table %s drop constraint %I', place, {key});
    execute pg_catalog.format('alter table %s add constraint %I %s', place, {key},
        pg_catalog.regexp_replace(bare, '((?: DEFERRABLE.*)?)$', ' on delete {action}\\1'));
end $break$
"""


def without_triggers(table: Table) -> Statements:
    return [f"drop trigger if exists {quote(trigger.name)} on {qualified(table)}" for trigger in table.triggers]


def without_checks(table: Table, checks: Iterable[Check]) -> Statements:
    return [_drop_constraint(table, check.name) for check in checks]


def without_look_up(table: Table, column: Column) -> Statements:
    """No foreign key from this column alone: a look-up table no longer says what fits."""
    return [_drop_constraint(table, key.name) for key in table.foreign_keys if key.columns == (column.name,)]


def without_domain(table: Table, column: Column) -> Statements:
    """The base type in the place of a domain; NULL is refused as before."""
    if not column.type.domains:
        return []
    still = [f"alter table {qualified(table)} alter {quote(column.name)} set not null"]
    return [
        *of_type(table, column, f"{column.type.schema}.{column.type.base}"),
        *(still if column.type.domain_not_null else []),
    ]


def of_type(table: Table, column: Column, text: str) -> Statements:
    """The column, of the type that `text` names."""
    return [_RETYPE.format(table=_literal(qualified(table)), column=_literal(column.name), type=text).strip()]


def unbound(table: Table, column: Column) -> Statements:
    """No CHECK, no domain, no trigger, no look-up table: whatever the base type holds fits."""
    return [
        *without_triggers(table),
        *without_checks(table, checks_on(table, column)),
        *without_look_up(table, column),
        *without_domain(table, column),
    ]


def checks_on(table: Table, column: Column) -> list[Check]:
    """The CHECKs that mention the column."""
    return [check for check in table.checks if column.name in check.columns]


def without_unique(table: Table, columns: frozenset[str]) -> Statements:
    """No unique index, primary key or exclusion is about no more than these columns."""
    found = [i for i in table.indexes if (i.unique or i.exclusion) and i.uses and i.uses - columns <= _flags(table)]
    if not found:
        raise LookupError
    return [
        statement
        for index in found
        for statement in (
            f"alter table {qualified(table)} drop constraint if exists {quote(index.name)} cascade",
            f"drop index if exists {quote(table.schema)}.{quote(index.name)} cascade",
        )
    ]


def _flags(table: Table) -> frozenset[str]:
    """Columns that say that a row is gone, which a partial index may look at."""
    return frozenset(column.name for column in table.columns if "delete" in column.name)


def without_keys(table: Table, keys: Iterable[ForeignKey]) -> Statements:
    return [f"{_drop_constraint(table, key.name)} cascade" for key in keys]


def with_action(table: Table, key: ForeignKey, action: str) -> Statements:
    """The foreign key with another action when its parent is deleted: `cascade`, `no action`."""
    return [_ACTION.format(table=_literal(qualified(table)), key=_literal(key.name), action=action).strip()]


def _drop_constraint(table: Table, name: str) -> str:
    return f"alter table {qualified(table)} drop constraint {quote(name)}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


__all__ = [
    "Statements",
    "checks_on",
    "of_type",
    "unbound",
    "with_action",
    "without_checks",
    "without_domain",
    "without_keys",
    "without_look_up",
    "without_triggers",
    "without_unique",
]
