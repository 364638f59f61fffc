-- steps: 2
-- Extra columns that nobody foresaw, each NOT NULL and each with a will of its own; look-up tables; an audit log written by triggers.
create type status as enum ('draft', 'live', 'gone');
create domain money_amount as numeric check (value = round(value, 2)) check (value >= 0);
create table countries (code char(2) primary key check (code = upper(code)), name text not null);
insert into countries values ('DE', 'Germany'), ('FR', 'France');
create table log (id bigserial primary key, what text not null, at timestamptz not null default now());
create function note() returns trigger language plpgsql as $$ begin insert into log (what) values (tg_table_name || ' ' || tg_op); return null; end $$;
create table users (
    id bigserial primary key,
    email varchar(254) not null unique check (email like '%_@__%.__%') check (email = lower(btrim(email))),
    password_hash text not null check (password_hash like '$argon2id$%'),
    first_name text not null check (first_name <> ''), last_name text not null check (char_length(last_name) between 1 and 60),
    is_active boolean not null default true, is_verified boolean not null default false,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), check (updated_at >= created_at),
    phone text not null check (phone ~ '^\+[1-9][0-9]{7,14}$'), country char(2) not null references countries,
    locale text not null check (locale in ('de-DE', 'en-GB')), referral_code char(8) not null unique check (referral_code ~ '^[A-Z0-9]{8}$'),
    preferences jsonb not null check (preferences ? 'newsletter'), external_id uuid not null unique, interests text[] not null check (cardinality(interests) > 0),
    born date not null check (extract(year from born) < 2010), member_since daterange not null check (not isempty(member_since)),
    "Loyalty Level" smallint not null check ("Loyalty Level" in (3, 5, 8)), check (num_nulls(first_name, last_name) = 0)
);
create trigger note after insert or update or delete on users for each row execute function note();
create table categories (
    id bigserial primary key, name text not null, parent_id bigint references categories, position int not null default 0,
    slug text not null check (slug = lower(replace(name, ' ', '-'))), depth int generated always as (position + 1) stored
);
create trigger note after insert on categories for each statement execute function note();
create table products (
    id bigserial primary key, name text not null, description text, price money_amount not null, sku text not null unique,
    category_id bigint not null references categories, status status not null, cost numeric(10, 2) not null, compare_at_price numeric(10, 2),
    weight numeric(6, 3) not null check (weight > 0.05 and weight < 30), created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    launched timestamptz, check ((status = 'live') = (launched is not null)), check (cost <= price), check (compare_at_price > price),
    search tsvector generated always as (to_tsvector('english', name || ' ' || coalesce(description, ''))) stored
);
create trigger note after insert or update or delete on products for each row execute function note();
