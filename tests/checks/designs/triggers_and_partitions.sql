-- steps: 2
-- Rules in triggers with SQLSTATEs of their own, an exclusion constraint for the SKU, products in partitions, top categories that
-- are their own parent, e-mail made small by a trigger, composite keys.
create extension btree_gist;
create table users (
    id bigint primary key, email varchar(120) not null unique, password_hash varchar(97) not null, first_name text, last_name text,
    is_active boolean default true, is_verified boolean default false, created_at timestamp, updated_at timestamp
);
create function small_email() returns trigger language plpgsql as $$ begin new.email := lower(new.email); return new; end $$;
create trigger small_email before insert or update on users for each row execute function small_email();
create table categories (
    id bigint primary key, name varchar(80) not null, parent_id bigint not null references categories deferrable initially deferred
);
create table products (
    id bigint not null, shelf int not null default 1, name varchar(80) not null, description varchar(2000), price numeric(9, 3) not null,
    sku varchar(40) not null, category_id bigint not null references categories, created_at timestamp, updated_at timestamp,
    primary key (id, shelf), unique (sku, shelf), check (shelf = 1)
) partition by list (shelf);
create table products_1 partition of products (exclude using gist (sku with =)) for values in (1);
create function sane_price() returns trigger language plpgsql as $$
begin
    if new.price < 0 then raise exception 'no negative prices here' using errcode = '55000'; end if;
    return new;
end $$;
create trigger sane_price before insert or update on products for each row execute function sane_price();
