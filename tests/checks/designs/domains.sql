-- steps: 2
-- Every rule in a domain, domains over domains, NOT NULL in a domain; identity ALWAYS.
create domain label as varchar(200) check (value <> '' and value = btrim(value));
create domain required_label as label not null;
create domain email_address as varchar(254) check (value ~ '^[^@\s]+@[^@\s]+\.[a-z]+$' and value = lower(value));
create domain amount as numeric(12, 4) check (value >= 0);
create domain price as amount check (value < 100000) not null;
create domain moment as timestamptz not null default clock_timestamp();
create domain flag as boolean not null;
create table "user" (
    id int generated always as identity primary key, email email_address not null unique, password_hash text not null check (length(password_hash) >= 60),
    first_name required_label, last_name required_label, is_active flag default true, is_verified flag default false,
    created_at moment, updated_at moment
);
create table category (id int generated always as identity primary key, name required_label, parent_id int references category);
create table product (
    id int generated always as identity primary key, name required_label, description text, price price,
    sku varchar(20) not null unique check (sku ~ '^[A-Z]{2,4}-\d{4}$'), category_id int not null references category,
    created_at moment, updated_at moment
);
