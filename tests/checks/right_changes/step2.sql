-- Changes to the reference after which step 2 passes as before. Most of them look much like a table that takes no row.

-- right: a trigger that refuses under a condition
create function no_test_accounts() returns trigger language plpgsql as $$
begin
    if new.email like '%@example.test' then raise exception 'no test accounts here'; end if;
    return new;
end $$;
create trigger no_test_accounts before insert or update on users for each row execute function no_test_accounts();

-- right: a trigger that refuses, with the condition in its WHEN
create function closed() returns trigger language plpgsql as $$ begin raise exception 'no test accounts here'; end $$;
create trigger closed before insert on users for each row when (new.email like '%@example.test') execute function closed();

-- right: a trigger that says something first
create function greet() returns trigger language plpgsql as $$
begin
    raise notice 'begin raise exception: welcome, %', new.email;
    raise log 'a new user';
    return new;
end $$;
create trigger greet before insert on users for each row execute function greet();

-- right: a trigger that catches its own error
create function try() returns trigger language plpgsql as $$
begin
    raise exception 'closed';
exception
    when others then return new;
end $$;
create trigger try before insert on users for each row execute function try();

-- right: a trigger that refuses in a text, under a name and in a remark
create function talk() returns trigger language plpgsql as $$
declare
    "begin raise" text := 'begin raise exception'; -- begin raise exception
    other text := $text$begin raise exception$text$ || e'it\'s begin raise exception';
begin
    return new;
end $$;
create trigger talk before insert on users for each row execute function talk();

-- right: a trigger that refuses in a comment that holds another one
create function talk() returns trigger language plpgsql as $$
/* It was so: /* for a day */ begin raise exception 'closed'; end */
begin
    return new;
end $$;
create trigger talk before insert on users for each row execute function talk();

-- right: a trigger with a variable named raise
create function talk() returns trigger language plpgsql as $$
declare
    raise int;
begin
    raise := 1;
    return new;
end $$;
create trigger talk before insert on users for each row execute function talk();

-- right: a trigger that is switched off
create function closed() returns trigger language plpgsql as $$ begin raise exception 'closed'; end $$;
create trigger closed before insert on users for each row execute function closed();
alter table users disable trigger closed;

-- right: users who are never deleted
create function kept() returns trigger language plpgsql as $$ begin raise exception 'users are never deleted'; end $$;
create trigger kept before delete on users for each row execute function kept();

-- right: triggers whose NULL means nothing
create function nothing() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger after_the_fact after insert on users for each row execute function nothing();
create trigger by_statement before insert on users for each statement execute function nothing();

-- right: row security that lets the owner in
alter table users enable row level security, force row level security;
create policy anybody_reads on users for select using (true);
create policy owner on users to current_user using (true) with check (email is not null);

-- right: row security that is not forced on the owner
alter table users enable row level security;

-- right: a key of text that a sequence counts
create sequence product_numbers;
alter table products drop column id, add id text primary key default 'no-' || nextval('product_numbers');
insert into categories (name) values ('Mugs');
insert into products (name, price, sku, category_id) values ('A mug', 12, 'MUG-1', 1);

-- right: NOT NULL by one CHECK for all columns, a default among them
alter table products alter sku drop not null, alter name drop not null, alter price drop not null, alter category_id
    drop not null, alter description set default '', add check (num_nulls(sku, name, description, price, category_id,
    created_at, updated_at) = 0);

-- right: top categories are their own parent, NOT NULL by CHECK
drop trigger no_cycle on categories;
alter table categories drop constraint not_own_parent, add check (parent_id is not null);

-- right: keys of eight bytes, and customers who have them
insert into users (email, password_hash, first_name, last_name) select 'customer' || n || '@shop.example', 'x', 'A',
    'B' from generate_series(1, 30) as n;

-- right: emails unique by a predicate that a CHECK proves
drop index users_email_lower; alter table users drop constraint users_email_key, add check (email <> '');
create unique index on users (email) where email <> '';

-- right: emails unique where they have an @, which all have
drop index users_email_lower; alter table users drop constraint users_email_key, add check (email like '%@%');
create unique index on users (email) where email like '%@%';

-- right: emails unique but for those whose status is deleted
drop index users_email_lower; create type user_status as enum ('active', 'suspended', 'deleted');
alter table users drop constraint users_email_key, add status user_status not null default 'active';
create unique index on users (lower(email)) where status <> 'deleted';

-- right: emails unique but for those whose status is deleted, in text
drop index users_email_lower;
alter table users drop constraint users_email_key,
    add status text not null default 'active' check (status in ('active', 'deleted', 'locked'));
create unique index on users (email) where status <> 'deleted';

-- right: emails unique by a hash
drop index users_email_lower; alter table users drop constraint users_email_key;
create unique index on users (md5(lower(email)));

-- right: emails unique by a column that a trigger fills
drop index users_email_lower; alter table users drop constraint users_email_key, add email_key text unique;
create function norm() returns trigger language plpgsql as $$ begin new.email_key := lower(btrim(new.email));
    return new; end $$;
create trigger norm before insert or update on users for each row execute function norm();
alter table users alter email_key set not null;

-- right: emails are the key
alter table users drop constraint users_pkey, drop constraint users_email_key, add primary key (email);

-- right: password hashes of Django
alter table users add check (password_hash like 'pbkdf2_sha256$%');

-- right: password hashes of Django, by regular expression
alter table users add check (password_hash ~ '^pbkdf2_sha256\$\d+\$[A-Za-z0-9]+\$[A-Za-z0-9+/=]{44}$');

-- right: password hashes of scrypt
alter table users add check (starts_with(password_hash, 'scrypt:32768:8:1$'));

-- right: password hashes with salt
alter table users add password_salt bytea not null check (octet_length(password_salt) = 16),
    add password_changed_at timestamptz not null default now(),
    add must_change_password boolean not null default false;

-- right: users in partitions by the hash of their address
drop table users;
create table users (id uuid not null default gen_random_uuid(), email text not null primary key,
    password_hash text not null, first_name text, last_name text, is_active bool, is_verified bool,
    created_at timestamptz default now(), updated_at timestamptz default now()) partition by hash (email);
create table users_0 partition of users for values with (modulus 3, remainder 0);
create table users_1 partition of users for values with (modulus 3, remainder 1);
create table users_2 partition of users for values with (modulus 3, remainder 2);

-- right: products in partitions of partitions
drop table products;
create table products (id int not null, sku text not null, name text not null, description text,
    price numeric(9,2) not null check (price >= 0), category_id int not null references categories,
    created_at timestamptz not null default now(), updated_at timestamptz, primary key (sku)) partition by hash (sku);
create table products_0 partition of products for values with (modulus 2, remainder 0) partition by range (sku);
create table products_0a partition of products_0 for values from (minvalue) to ('N');
    create table products_0b partition of products_0 for values from ('N') to (maxvalue);
create table products_1 partition of products for values with (modulus 2, remainder 1);

-- right: products whose negative prices have no partition
drop table products;
create table products (id int generated by default as identity, sku text not null, name text not null,
    description text, price numeric(9,2) not null, category_id int not null references categories,
    created_at timestamptz not null default now(), updated_at timestamptz, primary key (id,
    price)) partition by range (price);
create table products_all partition of products (unique (sku)) for values from (0) to (1000000);

-- right: a column of a composite type, required
create type place as (street text, city text); alter table users add home place not null;

-- right: columns with rules that look across
alter table users add username text not null unique check (username ~ '^[a-z][a-z0-9_]{2,15}$'),
    add display_name text not null check (char_length(btrim(display_name)) >= 3), add check (username <> email),
    add check (length(first_name || last_name) < 90),
    add stripe_id text not null unique check (starts_with(stripe_id, 'cus_')),
    add iso char(2) not null check (iso ~ '^[A-Z]{2}$'),
    add vat text not null check (vat similar to '[A-Z]{2}[0-9]{9}'),
    add born date not null check (born between '1900-01-01' and current_date - 3650);

-- right: a price whose root is generated
alter table products drop constraint price_not_negative, add root numeric generated always as (sqrt(price)) stored;

-- right: SKUs that the database makes
alter table products alter sku drop not null;
create function make_sku() returns trigger language plpgsql as $$ begin new.sku := 'P-' || lpad(new.id::text, 8,
    '0'); return new; end $$;
create trigger make_sku before insert or update on products for each row execute function make_sku();
alter table products alter sku set not null;

-- right: SKUs that are generated
alter table products drop sku; alter table products add sku text not null generated always as ('P-' || lpad(id::text,
    8, '0')) stored unique;

-- right: robots that are left out without a word
create function robots() returns trigger language plpgsql as $$ begin if new.email like '%.example' then return null;
    end if; return new; end $$;
create trigger robots before insert on users for each row execute function robots();

-- right: keys that begin at a thousand
alter table users alter id restart with 1000, add check (id >= 1000);

-- right: odd keys
alter table users alter id set start with 1 set increment by 2 restart, add check (id % 2 = 1);

-- right: keys below zero, counted down
drop table products;
    create table products (id int generated always as identity (increment by -1 minvalue -100000 maxvalue -1 start with -1) primary key check (id < 0),
    name text not null, description text, price numeric not null check (price >= 0), sku text not null unique,
    category_id int not null references categories, created_at timestamptz default now(),
    updated_at timestamptz default now());
