"""Schemas that are right, but leave one piece of good practice out: the step passes, and the advice says so."""

from __future__ import annotations

from tests.checks.wrong import Wrong

LESS: tuple[Wrong, ...] = (
    Wrong("users.email-any-case", "compared as written", "drop index users_email_lower", ("users", "email")),
    Wrong("users.email-any-case", "a domain over text", "drop index users_email_lower; create domain address as text; alter table users alter email type address",
          ("users", "email")),
    Wrong("users.names-required", "no first name", "alter table users alter first_name drop not null", ("users", "first_name")),
    Wrong("users.names-required", "no last name", "alter table users alter last_name drop not null, add check (last_name <> '')", ("users", "last_name")),
    Wrong("users.flags-required", "unknown whether active", "alter table users alter is_active drop not null", ("users", "is_active")),
    Wrong("users.flags-required", "unknown whether verified", "alter table users alter is_verified drop not null", ("users", "is_verified")),
    Wrong("users.flags-default", "none", "alter table users alter is_active drop default", ("users", "is_active", "server_default")),
    Wrong("users.flags-default", "NULL", "alter table users alter is_verified drop not null, alter is_verified drop default",
          ("users", "is_verified"), ("users.flags-required",)),
    Wrong("users.password-room-argon", "bcrypt only", "alter table users alter password_hash type varchar(60)", ("users.password_hash", "97")),
    Wrong("users.password-room-argon", "a CHECK", "alter table users add check (length(password_hash) <= 64)", ("users.password_hash", "97")),
    Wrong("categories.not-own-parent", "no rule",
          "alter table categories drop constraint not_own_parent; drop trigger no_cycle on categories", ("categories", "parent_id"), ("categories.no-cycles",)),
    Wrong("categories.not-own-parent", "only on INSERT",
          "alter table categories drop constraint not_own_parent; drop trigger no_cycle on categories;"
          " create trigger no_cycle before insert on categories for each row execute function no_category_cycle()",
          ("categories", "parent_id"), ("categories.no-cycles",)),
    Wrong("categories.no-cycles", "no rule", "drop trigger no_cycle on categories", ("categories", "parent_id")),
    Wrong("categories.no-cycles", "switched off", "alter table categories disable trigger no_cycle", ("categories", "parent_id")),
    Wrong("categories.sibling-names", "no rule", "alter table categories drop constraint sibling_names", ("categories", "name")),
    Wrong("categories.sibling-names", "not at the top", "alter table categories drop constraint sibling_names, add unique (parent_id, name)",
          ("categories", "at the top")),
    Wrong("products.price-a-number", "greater than zero is NaN, too",
          "alter table products drop constraint price_not_negative, add check (price >= 0)", ("products", "price", "NaN")),
    Wrong("products.price-a-number", "in a domain", "create domain amount as numeric(10, 2) check (value >= 0);"
          " alter table products drop constraint price_not_negative, alter price type amount", ("products", "price", "NaN")),
    Wrong("products.category-kept", "cascade", "alter table products drop constraint products_category_fkey,"
          " add foreign key (category_id) references categories on delete cascade", ("products", "category_id")),
    Wrong("products.category-kept", "cascade in a trigger",
          "create function clear() returns trigger language plpgsql as $$ begin delete from products where category_id = old.id; return old; end $$;"
          " create trigger clear before delete on categories for each row execute function clear()", ("products", "category_id")),
    Wrong("core.time-zone", "users", "alter table users alter created_at type timestamp", ("users.created_at", "time zone")),
    Wrong("core.time-zone", "products", "alter table products alter updated_at type timestamp", ("products.updated_at", "time zone")),
    Wrong("core.times-filled", "no default", "alter table users alter created_at drop default", ("users", "created_at")),
    Wrong("core.times-filled", "nullable", "alter table products alter created_at drop not null", ("products", "created_at", "NULL")),
    Wrong("core.updated-moves", "no trigger", "drop trigger touch on users", ("users.updated_at", "trigger")),
    Wrong("core.updated-moves", "a trigger for one column only",
          "drop trigger touch on products; create trigger touch before update of price on products for each row execute function touch()",
          ("products.updated_at",)),
)
