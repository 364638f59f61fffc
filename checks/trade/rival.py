"""Somebody else, who comes in just after the shop's own trigger has looked, and before it writes.

What another transaction does can be seen only once it is committed, and nothing of ours ever is. A row security policy
is what runs at that moment. Where it can't be had (for a superuser, where there are policies already, or while somebody
else holds a lock) nobody comes in between.
"""

from __future__ import annotations

from checks.catalog import Table
from checks.probe import Shop
from checks.rows import qualified
from checks.session import Statement

_COMES_IN = """
create function pg_temp.rival() returns boolean language plpgsql as $rival$
begin
    if coalesce(pg_catalog.current_setting('workshop.rival', true), '') = '' then
        perform pg_catalog.set_config('workshop.rival', 'been', true);
        {deed};
    end if;
    return true;
end $rival$;
do $do$
begin
    set local lock_timeout = '50ms';
    alter table {table} enable row level security, force row level security;
    create policy rival on {table} using (pg_temp.rival()) with check (true);
exception when lock_not_available or insufficient_privilege then
    null;
end $do$;
set local lock_timeout = '1s'
"""


def let_in(shop: Shop, table: Table, deed: str) -> None:
    """From now on somebody does this, once, as soon as a row of that table is looked at; `deed` is one statement."""
    if not table.row_security:
        shop.session.keep(Statement(_COMES_IN.format(table=qualified(table), deed=deed)))


def has_been(shop: Shop) -> bool:
    """Somebody came in."""
    [[been]] = shop.session.query("select coalesce(pg_catalog.current_setting('workshop.rival', true), '') = 'been'")
    return bool(been)
