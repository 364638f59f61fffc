-- steps: 2
-- UUID keys, citext, text everywhere, times set by the application, snake-free constraint names; in a schema of its own.
create schema shop;
create extension citext with schema shop;
set search_path = shop;
create table users (
    id uuid primary key default gen_random_uuid(), email citext not null unique, password_hash text not null,
    first_name text, last_name text, is_active bool not null, is_verified bool not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
create table categories (
    id uuid primary key default gen_random_uuid(), name text not null, parent uuid references categories on delete set null
);
create table products (
    id uuid primary key default gen_random_uuid(), name text not null, description text,
    price numeric not null check (price > 0), sku text not null unique,
    category uuid not null references categories deferrable initially deferred,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
