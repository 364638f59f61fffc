-- steps: 2
-- Unique through a bare index on lower(email) for accounts that are not deleted; NOT NULL by CHECK; soft delete; extra columns.
create type tier as enum ('basic', 'gold');
create table tenants (id int primary key, name text not null);
insert into tenants values (7, 'first');
create table customers (
    id bigserial primary key, tenant_id int not null references tenants, email text, password_hash char(60) not null,
    first_name text not null, last_name text not null, is_active boolean not null default true, is_verified boolean not null default false,
    username text not null unique check (username ~ '^[a-z][a-z0-9_]{2,15}$'), tier tier not null, born date not null check (born < '2015-01-01'),
    tags text[] not null, settings jsonb not null check (jsonb_typeof(settings) = 'object'), opening_hours daterange not null,
    deleted_at timestamp, created timestamp not null default now(), modified_at timestamp not null default now(),
    constraint email_there check (email is not null), exclude using gist (opening_hours with &&)
);
create unique index on customers (lower(email)) where deleted_at is null;
create table categories (
    id bigserial primary key, name text not null, slug text not null unique, parent_id bigint references categories,
    depth smallint not null check (depth between 0 and 9)
);
create table products (
    id bigserial primary key, name text not null, description text not null default '', list_price numeric(8, 2) not null,
    cost numeric(8, 2) not null, sku text not null, category_id bigint not null, currency char(3) not null check (currency = upper(currency)),
    created timestamp not null default now(), modified_at timestamp not null default now(),
    foreign key (category_id) references categories on delete restrict, check (list_price >= 0), check (cost between 0 and list_price)
);
create unique index on products (sku);
