"""Wrong schemas for step 2: each is the reference with one rule broken, openly or slyly.

`breaks` is the rule that must be reported, `says` are words that its message must hold. Whatever else the report
turns down must be in `also`: a message about something that is not wrong sends a learner the wrong way.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    breaks: str
    name: str
    sql: str
    says: tuple[str, ...]
    also: tuple[str, ...] = ()


def _drop_rule(table: str, event: str) -> str:
    return f"create rule swallow as on {event} to {table} do instead nothing"


def _trigger(table: str, body: str, when: str = "before insert or update") -> str:
    return (
        f"create function meddle() returns trigger language plpgsql as $$ begin {body} end $$;"
        f" create trigger meddle {when} on {table} for each row execute function meddle()"
    )


USERS_NEEDED = tuple(f"users.{slug}" for slug in ("key", "columns"))

WRONG: tuple[Wrong, ...] = (
    # users: there, and a table
    Wrong("users.exists", "dropped", "drop table users", ("users", "build_schema()")),
    Wrong("users.exists", "another name", "alter table users rename to members", ("users", "customers")),
    Wrong("users.exists", "capital letters", 'alter table users rename to "Users"', ('"Users"', "capital letters")),
    Wrong("users.exists", "not on the search path", "create schema old; alter table users set schema old", ("old.users", "search path")),
    Wrong("users.exists", "a slip of the pen", "alter table users rename to usres", ("usres",)),
    Wrong("users.exists", "a view", "alter table users rename to people; create view users as select * from people", ("users", "a view")),
    Wrong("users.exists", "unlogged", "alter table users set unlogged", ("users", "UNLOGGED", "crash")),
    Wrong("categories.exists", "dropped", "drop table categories cascade", ("categories",)),
    Wrong("categories.exists", "a materialized view", "alter table categories rename to c; create materialized view categories as select * from c",
          ("categories", "materialized view"), ("products.category",)),
    Wrong("products.exists", "dropped", "drop table products", ("products",)),
    Wrong("products.exists", "unlogged", "alter table products set unlogged", ("products", "UNLOGGED")),
    # keys
    Wrong("users.key", "dropped", "alter table users drop constraint users_pkey", ("users", "primary key")),
    Wrong("users.key", "unique instead", "alter table users drop constraint users_pkey, add unique (id)", ("users", "primary key")),
    Wrong("categories.key", "unique instead",
          "alter table products drop constraint products_category_fkey; alter table categories drop constraint categories_parent_fkey,"
          " drop constraint categories_pkey, add unique (id); alter table categories add foreign key (parent_id) references categories (id);"
          " alter table products add foreign key (category_id) references categories (id)", ("categories", "primary key")),
    Wrong("categories.key", "a plain index",
          "alter table products drop constraint products_category_fkey; alter table categories drop constraint categories_parent_fkey,"
          " drop constraint categories_pkey; create index categories_pkey on categories (id)", ("categories", "primary key"),
          ("categories.parent", "products.category")),
    Wrong("products.key", "dropped", "alter table products drop constraint products_pkey", ("products", "primary key")),
    Wrong("products.key", "a plain index", "alter table products drop constraint products_pkey; create index products_pkey on products (id)",
          ("products", "primary key")),
    # columns
    Wrong("users.columns", "no last name", "alter table users drop last_name", ("users", "last_name")),
    Wrong("users.columns", "email is called mail", "alter table users rename email to mail", ("users", "email", '"mail"')),
    Wrong("users.columns", "flag as text", "alter table users alter is_active drop default, alter is_active type text", ("users.is_active", "text", "Boolean")),
    Wrong("users.columns", "flag as a number", "alter table users alter is_verified drop default, alter is_verified type int using is_verified::int",
          ("users.is_verified", "integer")),
    Wrong("users.columns", "hash as bytes", "alter table users alter password_hash type bytea using password_hash::bytea", ("users.password_hash", "bytea")),
    Wrong("categories.columns", "name is called title", "alter table categories rename name to title", ("categories", "name")),
    Wrong("categories.columns", "name as a number", "alter table categories alter name type int using 1", ("categories.name", "integer")),
    Wrong("products.columns", "no description", "alter table products drop description", ("products", "description")),
    Wrong("products.columns", "sku as a number", "alter table products alter sku type int using 1", ("products.sku", "integer")),
    Wrong("products.columns", "quoted column", 'alter table products rename sku to "SKU"', ("products", "sku", '"SKU"')),
    # users: rules
    Wrong("users.ordinary", "one active user", "create unique index on users (is_active)", ("users", "is_active")),
    Wrong("users.ordinary", "one user of a name", "create unique index on users (last_name)", ("users", "last_name")),
    Wrong("users.ordinary", "one first name through an exclusion", "alter table users add exclude (first_name with =)", ("users", "first_name")),
    Wrong("users.email-required", "nullable", "alter table users alter email drop not null", ("users", "email", "NULL")),
    Wrong("users.email-required", "a CHECK that NULL passes", "alter table users alter email drop not null, add check (length(email) > 3)", ("users", "email", "NULL")),
    Wrong("users.email-required", "either that or the last name",
          "alter table users alter email drop not null, alter last_name drop not null, add check (num_nonnulls(email, last_name) > 0)",
          ("users", "email", "NULL")),
    Wrong("users.email-unique", "not unique", "alter table users drop constraint users_email_key; drop index users_email_lower", ("users", "email", "same e-mail address")),
    Wrong("users.email-unique", "with the key", "alter table users drop constraint users_email_key, add unique (email, id); drop index users_email_lower",
          ("users", "email", "same e-mail address")),
    Wrong("users.email-unique", "a plain index of that name",
          "alter table users drop constraint users_email_key; drop index users_email_lower; create index users_email_key on users (email)", ("users", "email")),
    Wrong("users.email-unique", "only active users",
          "alter table users drop constraint users_email_key; drop index users_email_lower; create unique index on users (email) where is_active",
          ("users", "email", "only some rows")),
    Wrong("users.email-unique", "only some addresses",
          "alter table users drop constraint users_email_key; drop index users_email_lower; create unique index on users (email) where email like '%.example'",
          ("users", "email", "only some rows")),
    Wrong("users.email-unique", "only active, undeleted users",
          "alter table users drop constraint users_email_key; drop index users_email_lower; alter table users add deleted_at timestamptz;"
          " create unique index on users (email) where deleted_at is null and is_active", ("users", "email", "only some rows")),
    Wrong("users.email-unique", "a look-up in a trigger",
          "alter table users drop constraint users_email_key; drop index users_email_lower;"
          + _trigger("users", "if exists (select from users where email = new.email and id <> new.id) then raise unique_violation; end if; return new;"),
          ("users", "email", "same moment")),
    Wrong("users.email-unique", "a look-up in a trigger, and an index that promises nothing",
          "alter table users drop constraint users_email_key, add unique (id, email); drop index users_email_lower;"
          + _trigger("users", "if exists (select from users where email = new.email and id <> new.id) then raise exception 'taken'; end if; return new;"),
          ("users", "email", "same moment")),
    Wrong("users.email-unique", "the beginning of the address",
          "alter table users drop constraint users_email_key; drop index users_email_lower; create unique index on users (left(email, 7))",
          ("users", "email", "too strict"), ("users.ordinary",)),
    Wrong("users.email-unique", "the name before the @",
          "alter table users drop constraint users_email_key; drop index users_email_lower; create unique index on users (lower(split_part(email, '@', 1)))",
          ("users", "email", "too strict")),
    Wrong("users.password-required", "nullable", "alter table users alter password_hash drop not null", ("users", "password_hash", "NULL")),
    Wrong("users.password-required", "a CHECK that NULL passes", "alter table users alter password_hash drop not null, add check (password_hash <> '')",
          ("users", "password_hash")),
    Wrong("users.password-room", "too short", "alter table users alter password_hash type varchar(50)", ("users.password_hash", "60")),
    Wrong("users.password-room", "a CHECK on its length", "alter table users add check (length(password_hash) < 60)", ("users.password_hash", "60")),
    Wrong("users.password-room", "a short domain", "create domain brief as varchar(32); alter table users alter password_hash type brief", ("users.password_hash", "60")),
    Wrong("users.no-plain-password", "beside the hash", "alter table users add password text", ("users", "password", "hash")),
    Wrong("users.no-plain-password", "in short", "alter table users add pwd varchar(50)", ("users", "pwd")),
    Wrong("users.no-plain-password", "by a longer name", "alter table users add plain_password text", ("users", "plain_password")),
    # categories: rules
    Wrong("categories.name-required", "nullable", "alter table categories alter name drop not null", ("categories", "name", "NULL")),
    Wrong("categories.name-required", "only inside another one",
          "alter table categories alter name drop not null, add check (name is not null or parent_id is null)", ("categories", "name", "NULL")),
    Wrong("categories.parent", "a plain column", "alter table categories drop constraint categories_parent_fkey", ("categories.parent_id", "no foreign key")),
    Wrong("categories.parent", "no column", "alter table categories drop parent_id", ("categories", "no foreign key"), ()),
    Wrong("categories.parent", "to a table of the same name",
          "create schema old; create table old.categories (id int primary key);"
          " alter table categories drop constraint categories_parent_fkey, add foreign key (parent_id) references old.categories",
          ("categories.parent_id", "old.categories")),
    Wrong("categories.parent", "not valid",
          "alter table categories drop constraint categories_parent_fkey,"
          " add constraint categories_parent_fkey foreign key (parent_id) references categories not valid", ("categories", "NOT VALID")),
    Wrong("categories.levels", "two levels only", _trigger("categories",
          "if exists (select from categories where id = new.parent_id and parent_id is not null) then raise exception 'too deep'; end if; return new;"),
          ("categories", "third level", "too deep"), ()),
    Wrong("categories.levels", "an only child", "create unique index on categories (parent_id)", ("categories", "parent_id"), ()),
    Wrong("categories.levels", "one category at the top",
          "alter table categories drop constraint sibling_names; create unique index on categories ((true)) where parent_id is null", ("categories",)),
    Wrong("categories.levels", "none at the top", "alter table categories alter parent_id set not null", ("categories", "top"), ()),
    Wrong("categories.levels", "a trigger that lifts all to the top", _trigger("categories", "new.parent_id := null; return new;"),
          ("categories", "parent_id"), ("categories.parent",)),
    # products: rules
    Wrong("products.name-required", "nullable", "alter table products alter name drop not null", ("products", "name", "NULL")),
    Wrong("products.name-required", "a CHECK that NULL passes", "alter table products alter name drop not null, add check (name <> '')", ("products", "name")),
    Wrong("products.sku-required", "nullable", "alter table products alter sku drop not null", ("products", "sku", "NULL")),
    Wrong("products.sku-required", "a CHECK that NULL passes", "alter table products alter sku drop not null, add check (sku ~ '.')", ("products", "sku")),
    Wrong("products.sku-unique", "not unique", "alter table products drop constraint products_sku_key", ("products", "sku", "same SKU")),
    Wrong("products.sku-unique", "in one category only", "alter table products drop constraint products_sku_key, add unique (category_id, sku, name)",
          ("products", "sku", "same SKU")),
    Wrong("products.sku-unique", "only dear ones", "alter table products drop constraint products_sku_key; create unique index on products (sku) where price > 5",
          ("products", "sku", "only some rows")),
    Wrong("products.sku-unique", "its first letters", "alter table products drop constraint products_sku_key; create unique index on products (left(sku, 7))",
          ("products", "sku"), ("products.ordinary",)),
    Wrong("products.price-required", "nullable", "alter table products alter price drop not null", ("products", "price", "NULL")),
    Wrong("products.price-required", "unless described",
          "alter table products alter price drop not null, add check (num_nonnulls(price, description) > 0)", ("products", "price", "NULL")),
    Wrong("products.price-not-negative", "no rule", "alter table products drop constraint price_not_negative", ("products", "price", "-1.00")),
    Wrong("products.price-not-negative", "a looser bound", "alter table products drop constraint price_not_negative, add check (price > -1)", ("products", "price", "-0.01")),
    Wrong("products.price-not-negative", "another column", "alter table products drop constraint price_not_negative, add check (category_id >= 0)", ("products", "price")),
    Wrong("products.price-not-negative", "or true", "alter table products drop constraint price_not_negative, add check (price >= 0 or true)", ("products", "price")),
    Wrong("products.price-not-negative", "unless it has a description",
          "alter table products drop constraint price_not_negative, add check (price >= 0 or description is not null)", ("products", "price")),
    Wrong("products.price-not-negative", "only on INSERT",
          "alter table products drop constraint price_not_negative;"
          + _trigger("products", "if new.price < 0 then raise exception 'no'; end if; return new;", "before insert"), ("products", "price")),
    Wrong("products.price-not-negative", "a trigger that is switched off",
          "alter table products drop constraint price_not_negative;"
          + _trigger("products", "if new.price < 0 then raise exception 'no'; end if; return new;")
          + "; alter table products disable trigger meddle", ("products", "price")),
    Wrong("products.price-not-negative", "a notice, no error",
          "alter table products drop constraint price_not_negative;"
          + _trigger("products", "if new.price < 0 then raise notice 'no'; end if; return new;"), ("products", "price")),
    Wrong("products.price-not-negative", "the row silently left out",
          "alter table products drop constraint price_not_negative;"
          + _trigger("products", "if new.price < 0 then return null; end if; return new;"), ("products", "price", "silently")),
    Wrong("products.price-not-negative", "silently made zero",
          "alter table products drop constraint price_not_negative;"
          + _trigger("products", "new.price := greatest(new.price, 0); return new;"), ("products", "price")),
    Wrong("products.prices-fit", "cheap things only", "alter table products add check (price < 1000)", ("products", "price", "1234.56")),
    Wrong("products.prices-fit", "dear things only", "alter table products add check (price > 5)", ("products", "price", "1.00")),
    Wrong("products.prices-fit", "too few digits", "alter table products alter price type numeric(5, 2)", ("products", "price", "1234.56")),
    Wrong("products.prices-fit", "a trigger that rounds", _trigger("products", "new.price := round(new.price); return new;"), ("products", "price", "1.01")),
    Wrong("products.price-changes", "fixed for ever",
          _trigger("products", "if new.price <> old.price then raise exception 'prices are fixed'; end if; return new;", "before update"),
          ("products", "price", "prices are fixed")),
    Wrong("products.price-changes", "swallowed by a rule", "create rule fixed as on update to products where new.price <> old.price do instead nothing",
          ("products", "price")),
    Wrong("products.category", "a plain column", "alter table products drop constraint products_category_fkey", ("products.category_id", "no foreign key")),
    Wrong("products.category", "optional", "alter table products alter category_id drop not null", ("products", "category_id", "NULL")),
    Wrong("products.category", "not valid", "alter table products drop constraint products_category_fkey,"
          " add constraint products_category_fkey foreign key (category_id) references categories not valid", ("products", "NOT VALID")),
    Wrong("products.category", "to users", "alter table products drop constraint products_category_fkey,"
          " alter category_id type bigint, add foreign key (category_id) references users", ("products.category_id", "users")),
    Wrong("products.ordinary", "one product in a category", "create unique index on products (category_id)", ("products", "category_id")),
    Wrong("products.ordinary", "one product at a price", "create unique index on products (price)", ("products", "price"), ("products.price-not-negative",)),
    # money and times
    Wrong("core.money", "float", "alter table products alter price type double precision", ("products.price", "double precision", "rounds"), ("products.prices-fit",)),
    Wrong("core.money", "real", "alter table products alter price type real", ("products.price", "real"), ()),
    Wrong("core.money", "the type money", "alter table products drop constraint price_not_negative, alter price type money,"
          " add check (price >= 0::money)", ("products.price", "money")),
    Wrong("core.money", "whole numbers", "alter table products alter price type int", ("products.price", "integer"), ("products.prices-fit",)),
    Wrong("core.money", "one digit", "alter table products alter price type numeric(10, 1)", ("products.price", "numeric(10,1)"), ("products.prices-fit",)),
    Wrong("core.money", "a domain over float", "create domain amount as float8; alter table products alter price type amount", ("products.price", "amount"), ()),
    Wrong("core.money", "a further column", "alter table products add shipping_fee real", ("products.shipping_fee", "real")),
    Wrong("core.money", "a further column of users", "alter table users add total_cents bigint", ("users.total_cents", "bigint")),
    Wrong("core.audit", "no updated_at", "alter table users drop updated_at cascade", ("users", "updated_at")),
    Wrong("core.audit", "a date", "alter table products alter created_at type date", ("products.created_at", "date")),
    Wrong("core.audit", "text", "alter table users alter created_at drop default, alter created_at type text", ("users.created_at", "text")),
)
