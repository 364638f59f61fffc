-- Wrong schemas for step 2: each is the reference with one MUST broken, openly or slyly.
-- Read by the __init__.py beside it. The first line of an entry names the rule that must be reported, `says` are
-- words that the message must hold, `also` are other rules that may be reported: a message about something
-- that is not wrong would send a learner the wrong way. `since` is the oldest server that
-- knows such a thing, `as: superuser` marks what an owner can't do.

-- users.exists: dropped
-- says: users | build_schema()
drop table users;

-- users.exists: another name
-- says: users | customers
alter table users rename to members;

-- users.exists: capital letters
-- says: "Users" | capital letters
alter table users rename to "Users";

-- users.exists: not on the search path
-- says: old.users | Put old on the search path
create schema old;
alter table users set schema old;

-- users.exists: a slip of the pen
-- says: usres
alter table users rename to usres;

-- users.exists: a view
-- says: users | a view
alter table users rename to people;
create view users as select * from people;

-- users.exists: unlogged
-- says: users | UNLOGGED | crash
alter table users set unlogged;

-- users.exists: a rule swallows every row
-- says: users | rule takes every row
create rule gone as on insert to users do instead nothing;

-- users.exists: row security that nobody gets past
-- says: users | no policy
alter table users enable row level security;
alter table users force row level security;

-- users.exists: row security with policies for reading alone
-- says: users | no policy that lets a row in
alter table users enable row level security, force row level security;
create policy everybody on users for select using (true);
create policy oneself on users for update using (email = current_user);
create policy adults on users as restrictive for insert with check (true);

-- users.exists: row security whose condition nobody meets
-- says: users | no policy that lets a row in
alter table users enable row level security, force row level security;
create policy nobody on users using (false);

-- users.exists: a policy without a condition, which lets nothing in
-- says: users | no policy that lets a row in
alter table users enable row level security, force row level security;
create policy everybody on users for insert;

-- users.exists: a trigger refuses every row
-- says: users | trigger closed | refuses every row | closed_today()
create function closed_today() returns trigger language plpgsql as $$ begin raise exception 'closed'; end $$;
create trigger closed before insert on users for each row execute function closed_today();

-- users.exists: a trigger refuses every statement, in more words
-- says: users | trigger closed | refuses every row
create function closed() returns trigger language plpgsql as $$
<<shop>>
declare
    -- begin return new; end
    sign text := 'begin raise notice';
begin
    /* Until further notice. */ RAISE SQLSTATE 'SH001' USING message = sign;
    if new is null then return null; end if;
end $$;
create trigger closed before insert or update on users execute function closed();

-- users.exists: a trigger refuses every row after the fact
-- says: users | trigger closed | refuses every row
create function closed() returns trigger language plpgsql as $$begin raise 'closed %', now(); return null; end$$;
create constraint trigger closed after insert on users deferrable initially deferred for each row
    execute function closed();

-- users.exists: a trigger drops every row
-- says: users | trigger forgetful | drops every row | remember() | return NEW
create function remember() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger forgetful before insert or update on users for each row execute function remember();

-- categories.exists: dropped
-- says: categories
drop table categories cascade;

-- categories.exists: a materialized view
-- says: categories | materialized view
-- also: products.category
alter table categories rename to c;
create materialized view categories as select * from c;

-- products.exists: dropped
-- says: products
drop table products;

-- products.exists: unlogged
-- says: products | UNLOGGED
alter table products set unlogged;

-- users.key: dropped
-- says: users | primary key
alter table users drop constraint users_pkey;

-- users.key: unique instead
-- says: users | primary key
alter table users drop constraint users_pkey, add unique (id);

-- categories.key: unique instead
-- says: categories | primary key
alter table products drop constraint products_category_fkey;
alter table categories drop constraint categories_parent_fkey, drop constraint categories_pkey, add unique (id);
alter table categories add foreign key (parent_id) references categories (id);
alter table products add foreign key (category_id) references categories (id);

-- categories.key: a plain index
-- says: categories | primary key
-- also: categories.parent | products.category
alter table products drop constraint products_category_fkey;
alter table categories drop constraint categories_parent_fkey, drop constraint categories_pkey;
create index categories_pkey on categories (id);

-- products.key: dropped
-- says: products | primary key
alter table products drop constraint products_pkey;

-- products.key: a plain index
-- says: products | primary key
alter table products drop constraint products_pkey;
create index products_pkey on products (id);

-- users.columns: a list of the e-mail addresses that there are
-- says: users.email | should hold text
drop index users_email_lower;
create type mail as enum ('a@shop.example', 'b@shop.example', 'c@shop.example', 'd@shop.example', 'e@shop.example',
    'f@shop.example', 'g@shop.example', 'h@shop.example', 'i@shop.example');
alter table users alter email type mail using email::text::mail;

-- users.columns: no last name
-- says: users | last_name
alter table users drop last_name;

-- users.columns: email is called mail
-- says: users | email | "mail"
alter table users rename email to mail;

-- users.columns: flag as text
-- says: users.is_active | text | Boolean
alter table users alter is_active drop default, alter is_active type text;

-- users.columns: flag as a number
-- says: users.is_verified | integer
alter table users alter is_verified drop default, alter is_verified type int using is_verified::int;

-- users.columns: hash as bytes
-- says: users.password_hash | bytea
alter table users alter password_hash type bytea using password_hash::bytea;

-- categories.columns: name is called title
-- says: categories | name
alter table categories rename name to title;

-- categories.columns: name as a number
-- says: categories.name | integer
alter table categories alter name type int using 1;

-- products.columns: no description
-- says: products | description
alter table products drop description;

-- products.columns: sku as a number
-- says: products.sku | integer
alter table products alter sku type int using 1;

-- products.columns: quoted column
-- says: products | sku | "SKU"
alter table products rename sku to "SKU";

-- users.ordinary: one active user
-- says: users | is_active
create unique index on users (is_active);

-- users.ordinary: one user of a name
-- says: users | last_name
create unique index on users (last_name);

-- users.ordinary: one first name through an exclusion
-- says: users | first_name
alter table users add exclude (first_name with =);

-- users.ordinary: an index on the text 'email' and not on the column
-- says: users | without quotes
-- also: users.email-unique
drop index users_email_lower;
create unique index users_email_lower on users (lower('email'));

-- users.email-required: nullable
-- says: users | email | NULL
alter table users alter email drop not null;

-- users.email-required: a CHECK that NULL passes
-- says: users | email | NULL
alter table users alter email drop not null, add check (length(email) > 3);

-- users.email-required: either that or the last name
-- says: users | email | NULL
alter table users alter email drop not null, alter last_name drop not null, add check (num_nonnulls(email,
    last_name) > 0);

-- users.email-unique: not unique
-- says: users | email | same e-mail address
alter table users drop constraint users_email_key;
drop index users_email_lower;

-- users.email-unique: with the key
-- says: users | email | same e-mail address
alter table users drop constraint users_email_key, add unique (email, id);
drop index users_email_lower;

-- users.email-unique: a plain index of that name
-- says: users | email
alter table users drop constraint users_email_key;
drop index users_email_lower;
create index users_email_key on users (email);

-- users.email-unique: only active users
-- says: users | email | only some rows
alter table users drop constraint users_email_key;
drop index users_email_lower;
create unique index on users (email) where is_active;

-- users.email-unique: only some addresses
-- says: users | email | only some rows
alter table users drop constraint users_email_key;
drop index users_email_lower;
create unique index on users (email) where email like '%.example';

-- users.email-unique: only active, undeleted users
-- says: users | email | only some rows
alter table users drop constraint users_email_key;
drop index users_email_lower;
alter table users add deleted_at timestamptz;
create unique index on users (email) where deleted_at is null and is_active;

-- users.email-unique: a look-up in a trigger
-- says: users | email | same moment
alter table users drop constraint users_email_key;
drop index users_email_lower;
create function meddle() returns trigger language plpgsql as $$
begin if exists (select from users where email = new.email and id <> new.id) then raise unique_violation; end if;
    return new; end $$;
create trigger meddle before insert or update on users for each row execute function meddle();

-- users.email-unique: a look-up in a trigger, and an index that promises nothing
-- says: users | email | same moment
alter table users drop constraint users_email_key, add unique (id, email);
drop index users_email_lower;
create function meddle() returns trigger language plpgsql as $$
begin if exists (select from users where email = new.email and id <> new.id) then raise exception 'taken'; end if;
    return new; end $$;
create trigger meddle before insert or update on users for each row execute function meddle();

-- users.email-unique: the beginning of the address
-- says: users | email | too strict
-- also: users.ordinary
alter table users drop constraint users_email_key;
drop index users_email_lower;
create unique index on users (left(email, 7));

-- users.email-unique: the name before the @
-- says: users | email | too strict
alter table users drop constraint users_email_key;
drop index users_email_lower;
create unique index on users (lower(split_part(email, '@', 1)));

-- users.email-unique: an index whose build did not finish
-- as: superuser
-- says: users | email | invalid | reindex index users_email_key
drop index users_email_lower;
update pg_index set indisvalid = false where indexrelid = 'users_email_key'::regclass;

-- users.email-unique: an index that is not kept up
-- as: superuser
-- says: users | email | same e-mail address
drop index users_email_lower;
update pg_index set indisready = false, indisvalid = false where indexrelid = 'users_email_key'::regclass;

-- users.password-required: nullable
-- says: users | password_hash | NULL
alter table users alter password_hash drop not null;

-- users.password-required: a CHECK that NULL passes
-- says: users | password_hash
alter table users alter password_hash drop not null, add check (password_hash <> '');

-- users.password-room: too short
-- says: users.password_hash | 60
alter table users alter password_hash type varchar(50);

-- users.password-room: a CHECK on its length
-- says: users.password_hash | 60
alter table users add check (length(password_hash) < 60);

-- users.password-room: a short domain
-- says: users.password_hash | 60
create domain brief as varchar(32);
alter table users alter password_hash type brief;

-- users.no-plain-password: beside the hash
-- says: users | password | hash
alter table users add password text;

-- users.no-plain-password: in short
-- says: users | pwd
alter table users add pwd varchar(50);

-- users.no-plain-password: by a longer name
-- says: users | plain_password
alter table users add plain_password text;

-- categories.name-required: nullable
-- says: categories | name | NULL
alter table categories alter name drop not null;

-- categories.name-required: only inside another one
-- says: categories | name | NULL
alter table categories alter name drop not null, add check (name is not null or parent_id is null);

-- categories.parent: a plain column
-- says: categories.parent_id | no foreign key
alter table categories drop constraint categories_parent_fkey;

-- categories.parent: no column
-- says: categories | no foreign key
alter table categories drop parent_id;

-- categories.parent: to a table of the same name
-- says: categories.parent_id | old.categories
create schema old;
create table old.categories (id int primary key);
alter table categories drop constraint categories_parent_fkey, add foreign key (parent_id) references old.categories;

-- categories.parent: not valid
-- says: categories | NOT VALID
alter table categories drop constraint categories_parent_fkey, add constraint categories_parent_fkey foreign key
    (parent_id) references categories not valid;

-- categories.parent: triggers switched off
-- as: superuser
-- says: categories | triggers are off | drop constraint categories_parent_fkey
-- also: products.category
alter table categories disable trigger all;

-- categories.parent: not enforced
-- since: 180000
-- says: categories | NOT ENFORCED
alter table categories drop constraint categories_parent_fkey,
    add constraint categories_parent_fkey foreign key (parent_id) references categories not enforced;

-- categories.levels: two levels only
-- says: categories | third level | too deep
create function meddle() returns trigger language plpgsql as $$
begin if exists (select from categories where id = new.parent_id and parent_id is not null) then raise exception
    'too deep'; end if; return new; end $$;
create trigger meddle before insert or update on categories for each row execute function meddle();

-- categories.levels: an only child
-- says: categories | parent_id
create unique index on categories (parent_id);

-- categories.levels: one category at the top
-- says: categories
alter table categories drop constraint sibling_names;
create unique index on categories ((true)) where parent_id is null;

-- categories.levels: none at the top
-- says: categories | top
alter table categories alter parent_id set not null;

-- categories.levels: a trigger that lifts all to the top
-- says: categories | parent_id
-- also: categories.parent
create function meddle() returns trigger language plpgsql as $$
begin new.parent_id := null; return new; end $$;
create trigger meddle before insert or update on categories for each row execute function meddle();

-- products.name-required: nullable
-- says: products | name | NULL
alter table products alter name drop not null;

-- products.name-required: a CHECK that NULL passes
-- says: products | name
alter table products alter name drop not null, add check (name <> '');

-- products.sku-required: nullable
-- says: products | sku | NULL
alter table products alter sku drop not null;

-- products.sku-required: a CHECK that NULL passes
-- says: products | sku
alter table products alter sku drop not null, add check (sku ~ '.');

-- products.sku-unique: not unique
-- says: products | sku | same SKU
alter table products drop constraint products_sku_key;

-- products.sku-unique: in one category only
-- says: products | sku | same SKU
alter table products drop constraint products_sku_key, add unique (category_id, sku, name);

-- products.sku-unique: only dear ones
-- says: products | sku | only some rows
alter table products drop constraint products_sku_key;
create unique index on products (sku) where price > 5;

-- products.sku-unique: its first letters
-- says: products | sku
-- also: products.ordinary
alter table products drop constraint products_sku_key;
create unique index on products (left(sku, 7));

-- products.price-required: nullable
-- says: products | price | NULL
alter table products alter price drop not null;

-- products.price-required: unless described
-- says: products | price | NULL
alter table products alter price drop not null, add check (num_nonnulls(price, description) > 0);

-- products.price-not-negative: no rule
-- says: products | price | -1.00
alter table products drop constraint price_not_negative;

-- products.price-not-negative: a looser bound
-- says: products | price | -0.01
alter table products drop constraint price_not_negative, add check (price > -1);

-- products.price-not-negative: another column
-- says: products | price
alter table products drop constraint price_not_negative, add check (category_id >= 0);

-- products.price-not-negative: or true
-- says: products | price
alter table products drop constraint price_not_negative, add check (price >= 0 or true);

-- products.price-not-negative: unless it has a description
-- says: products | price
alter table products drop constraint price_not_negative, add check (price >= 0 or description is not null);

-- products.price-not-negative: only on INSERT
-- says: products | price
alter table products drop constraint price_not_negative;
create function meddle() returns trigger language plpgsql as $$
begin if new.price < 0 then raise exception 'no'; end if; return new; end $$;
create trigger meddle before insert on products for each row execute function meddle();

-- products.price-not-negative: a trigger that is switched off
-- says: products | price
alter table products drop constraint price_not_negative;
create function meddle() returns trigger language plpgsql as $$
begin if new.price < 0 then raise exception 'no'; end if; return new; end $$;
create trigger meddle before insert or update on products for each row execute function meddle();
alter table products disable trigger meddle;

-- products.price-not-negative: a notice, no error
-- says: products | price
alter table products drop constraint price_not_negative;
create function meddle() returns trigger language plpgsql as $$
begin if new.price < 0 then raise notice 'no'; end if; return new; end $$;
create trigger meddle before insert or update on products for each row execute function meddle();

-- products.price-not-negative: the row silently left out
-- says: products | price | silently
alter table products drop constraint price_not_negative;
create function meddle() returns trigger language plpgsql as $$
begin if new.price < 0 then return null; end if; return new; end $$;
create trigger meddle before insert or update on products for each row execute function meddle();

-- products.price-not-negative: silently made zero
-- says: products | price
alter table products drop constraint price_not_negative;
create function meddle() returns trigger language plpgsql as $$
begin new.price := greatest(new.price, 0); return new; end $$;
create trigger meddle before insert or update on products for each row execute function meddle();

-- products.price-not-negative: not enforced
-- since: 180000
-- says: products | price
alter table products drop constraint price_not_negative, add check (price >= 0) not enforced;

-- products.prices-fit: cheap things only
-- says: products | price | 1234.56
alter table products add check (price < 1000);

-- products.prices-fit: dear things only
-- says: products | price | 1.00
alter table products add check (price > 5);

-- products.prices-fit: too few digits
-- says: products | price | 1234.56
alter table products alter price type numeric(5, 2);

-- products.prices-fit: a trigger that rounds
-- says: products | price | 1.01
create function meddle() returns trigger language plpgsql as $$
begin new.price := round(new.price); return new; end $$;
create trigger meddle before insert or update on products for each row execute function meddle();

-- products.price-changes: fixed for ever
-- says: products | price | prices are fixed
create function meddle() returns trigger language plpgsql as $$
begin if new.price <> old.price then raise exception 'prices are fixed'; end if; return new; end $$;
create trigger meddle before update on products for each row execute function meddle();

-- products.price-changes: swallowed by a rule
-- says: products | price
create rule fixed as on update to products where new.price <> old.price do instead nothing;

-- products.category: a plain column
-- says: products.category_id | no foreign key
alter table products drop constraint products_category_fkey;

-- products.category: optional
-- says: products | category_id | NULL
alter table products alter category_id drop not null;

-- products.category: not valid
-- says: products | NOT VALID
alter table products drop constraint products_category_fkey, add constraint products_category_fkey foreign key
    (category_id) references categories not valid;

-- products.category: triggers switched off at the parent
-- as: superuser
-- says: products | triggers are off
-- also: categories.parent
alter table categories disable trigger all;

-- products.category: not enforced
-- since: 180000
-- says: products | NOT ENFORCED | alter constraint products_category_fkey enforced
alter table products drop constraint products_category_fkey,
    add constraint products_category_fkey foreign key (category_id) references categories not enforced;

-- products.category: to users
-- says: products.category_id | users
alter table products drop constraint products_category_fkey, alter category_id type bigint, add foreign key
    (category_id) references users;

-- products.ordinary: one product in a category
-- says: products | category_id
create unique index on products (category_id);

-- products.ordinary: one product at a price
-- says: products | price
-- also: products.price-not-negative
create unique index on products (price);

-- core.money: float
-- says: products.price | double precision | rounds
-- also: products.prices-fit
alter table products alter price type double precision;

-- core.money: real
-- says: products.price | real
alter table products alter price type real;

-- core.money: the type money
-- says: products.price | money
alter table products drop constraint price_not_negative, alter price type money, add check (price >= 0::money);

-- core.money: whole numbers
-- says: products.price | integer
-- also: products.prices-fit
alter table products alter price type int;

-- core.money: one digit
-- says: products.price | numeric(10,1)
-- also: products.prices-fit
alter table products alter price type numeric(10, 1);

-- core.money: a domain over float
-- says: products.price | amount
create domain amount as float8;
alter table products alter price type amount;

-- core.money: a further column
-- says: products.shipping_fee | real
alter table products add shipping_fee real;

-- core.money: a further column of users
-- says: users.total_cents | bigint
alter table users add total_cents bigint;

-- core.audit: no updated_at
-- says: users | updated_at
alter table users drop updated_at cascade;

-- core.audit: a date
-- says: products.created_at | date
alter table products alter created_at type date;

-- core.audit: text
-- says: users.created_at | text
alter table users alter created_at drop default, alter created_at type text;

-- users.ordinary: one of each last name, where a name may be left out
-- says: users.last_name | refused
alter table users alter last_name drop not null;
create unique index on users (last_name);

-- users.email-unique: once in each of the learner's own shops
-- says: users | compares shop_id as well
create table shops (id int primary key);
insert into shops values (1);
alter table users drop constraint users_email_key, add shop_id int not null default 1 references shops;
drop index users_email_lower;
create unique index on users (email, shop_id);

-- products.sku-unique: once in each category
-- says: products | compares category_id as well
alter table products drop constraint products_sku_key, add constraint products_sku_key unique (sku, category_id);

-- products.price-changes: set back without a word
-- says: products.price | reported success
-- also: products.price-not-negative
create function keep_old() returns trigger language plpgsql as $$
begin
    new.price := old.price;
    return new;
end $$;
create trigger keep_old before update on products for each row execute function keep_old();

-- products.sku-unique: a trigger that reads a column that is not there
-- says: No row goes into products | slugify() | no field
-- also: products.prices-fit | products.category
create function slugify() returns trigger language plpgsql as $$
begin
    new.slug := lower(new.name);
    return new;
end $$;
create trigger slugify before insert on products for each row execute function slugify();

-- core.audit: one product of a category at a time
-- says: products | at the same time | one_at_a_time
create extension if not exists btree_gist;
alter table products add constraint one_at_a_time
    exclude using gist (category_id with =, tstzrange(created_at, updated_at) with &&);

-- users.exists: partitioned without a partition
-- says: users | has no partition
drop table users;
create table users (id bigint generated by default as identity primary key, email text not null,
    password_hash text not null, first_name text, last_name text, is_active bool, is_verified bool,
    created_at timestamptz default now(), updated_at timestamptz default now()) partition by hash (id);

-- products.exists: a partition that is unlogged
-- says: products | products_1 | UNLOGGED
drop table products;
create table products (id int generated by default as identity, name text not null, description text,
    price numeric(10,2) not null check (price >= 0), sku text not null,
    category_id int not null references categories, created_at timestamptz default now(),
    updated_at timestamptz default now(), primary key (sku)) partition by hash (sku);
create table products_0 partition of products for values with (modulus 2, remainder 0);
create unlogged table products_1 partition of products for values with (modulus 2, remainder 1);

-- users.columns: email as a list
-- says: users.email | should hold text
drop index users_email_lower;
alter table users alter email type text[] using array[email];

-- users.columns: last name is a document
-- says: users.last_name | should hold text
alter table users alter last_name type json using '{}';

-- users.ordinary: one of each first name and flag
-- says: users | first_name | refused
create unique index on users (first_name, is_active);

-- users.ordinary: two users at most, counted afterwards
-- says: users | full
create function two() returns trigger language plpgsql as $$ begin if (select count(*) from users) > 2 then raise exception 'full';
    end if; return null; end $$;
create trigger two after insert on users for each statement execute function two();

-- users.ordinary: counted in a CHECK
-- says: users | room
create function room() returns boolean language sql stable as $$ select count(*) = 0 from users $$;
alter table users add constraint room check (room());

-- users.email-unique: but one first name
-- says: users | email | only some rows
alter table users drop constraint users_email_key; drop index users_email_lower;
alter table users add deleted_at timestamptz;
    create unique index on users (email) where deleted_at is null and first_name <> 'Ada';

-- users.email-unique: but old ones
-- says: users | email | only some rows
alter table users drop constraint users_email_key; drop index users_email_lower;
alter table users add deleted_at timestamptz;
    create unique index on users (email) where deleted_at is null and created_at > '2024-01-01';

-- users.email-unique: in one country alone
-- says: users | email | only some rows
alter table users drop constraint users_email_key; drop index users_email_lower;
alter table users add deleted_at timestamptz, add country text not null default 'DE';
    create unique index on users (email) where deleted_at is null and country = 'DE';

-- users.email-unique: from the hundredth on
-- says: users | email | only some rows
alter table users drop constraint users_email_key; drop index users_email_lower;
alter table users add deleted_at timestamptz;
    create unique index on users (email) where deleted_at is null and id < 100000;

-- users.email-unique: in each region's partition
-- says: users | email | compares region as well
drop table users;
create table users (id bigint generated by default as identity, region text not null default 'eu',
    email text not null, password_hash text not null, first_name text, last_name text, is_active bool,
    is_verified bool, created_at timestamptz default now(), updated_at timestamptz default now(), primary key (id,
    region), unique (email, region)) partition by list (region);
create table users_eu partition of users for values in ('eu');
create table users_us partition of users for values in ('us');

-- users.email-unique: in one of two partitions
-- says: users | email | one partition alone | Partition users by email
drop table users;
create table users (id bigint generated by default as identity primary key, email text not null,
    password_hash text not null, first_name text, last_name text, is_active bool, is_verified bool,
    created_at timestamptz default now(), updated_at timestamptz default now()) partition by range (id);
create table users_0 partition of users (unique (email)) for values from (minvalue) to (10000);
create table users_1 partition of users for values from (10000) to (maxvalue);

-- users.email-unique: the first twenty letters
-- says: users | email | too strict
alter table users drop constraint users_email_key; drop index users_email_lower;
create unique index on users (left(email, 20));

-- users.email-unique: the first thirty letters
-- says: users | email | too strict
alter table users drop constraint users_email_key; drop index users_email_lower;
create unique index on users (substr(email, 1, 30));

-- users.email-unique: by its length
-- says: users | email | too strict
-- also: users.ordinary
create unique index on users (length(email));

-- users.email-unique: a look-up in a CHECK
-- says: users | email | The CHECK is_new looks for duplicates | same moment
alter table users drop constraint users_email_key; drop index users_email_lower;
create function is_new(bigint,
    text) returns boolean language sql stable as $$ select not exists (select from users where email = $2 and id <> $1) $$;
alter table users add constraint is_new check (is_new(id, email));

-- users.password-room: cut off by a trigger
-- says: users.password_hash | keeps 40 characters | cuts
create function cut() returns trigger language plpgsql as $$ begin new.password_hash := left(new.password_hash, 40);
    return new; end $$;
create trigger cut before insert or update on users for each row execute function cut();

-- users.no-plain-password: camel case
-- says: users | plainPassword
alter table users add "plainPassword" text;

-- products.sku-unique: among live ones of one brand
-- says: products | sku | only some rows
alter table products drop constraint products_sku_key, add archived_at timestamptz, add brand text;
    create unique index on products (sku) where archived_at is null and brand is null;

-- products.sku-unique: its first twelve letters
-- says: products | sku | too strict
alter table products drop constraint products_sku_key; create unique index on products (left(sku, 12));

-- products.sku-unique: in each partition
-- says: products | sku | one partition alone
drop table products;
create table products (id int generated by default as identity, name text not null, description text,
    price numeric(10,2) not null check (price >= 0), sku text not null,
    category_id int not null references categories, created_at timestamptz default now(),
    updated_at timestamptz default now(), primary key (id, category_id)) partition by hash (category_id);
create table products_0 partition of products (unique (sku)) for values with (modulus 2, remainder 0);
create table products_1 partition of products (unique (sku)) for values with (modulus 2, remainder 1);

-- products.price-not-negative: less than a cent
-- says: products | price | -0.000001
alter table products drop constraint price_not_negative, alter price type numeric, add check (price > -0.01);

-- products.price-not-negative: a mill
-- says: products | price | -0.0001
alter table products drop constraint price_not_negative, alter price type numeric(12, 4), add check (price > -0.005);

-- products.price-not-negative: a mark for unknown
-- says: products | price | -99
alter table products drop constraint price_not_negative, add check (price >= 0 or price = -99);

-- products.price-not-negative: a big hole
-- says: products | price | -1001
alter table products drop constraint price_not_negative, add check (price >= 0 or price < -1000);

-- products.ordinary: one priced product in a category
-- says: products | category_id | refused
create unique index on products (category_id) where price > 0;

-- products.ordinary: one in a category, whatever its price rounds to
-- says: products | price | refused
create unique index on products (round(price));

-- core.audit: partitions for the years before this one alone
-- says: users | created_at | made today was refused
drop table users;
create table users (id bigint generated by default as identity, email text not null, password_hash text not null,
    first_name text, last_name text, is_active bool, is_verified bool, created_at timestamptz not null default now(),
    updated_at timestamptz default now(), primary key (id, created_at)) partition by range (created_at);
create table users_2020 partition of users (unique (email)) for values from ('2020-01-01') to ('2021-01-01');

-- categories.levels: in somebody else, and never in oneself
-- says: categories | top | NULL
alter table categories add check (parent_id is not null);

-- products.category: no column, and another name
-- says: products | category.number
drop trigger no_cycle on categories; alter table categories rename to category;
    alter table category rename id to number; alter table products drop category_id;

-- core.audit: the time is unique, in words
-- says: users | created_at | one transaction
create unique index on users (created_at);

-- core.audit: nothing of today
-- says: products | created_at | made today was refused
alter table products add check (created_at < '2021-01-01');

-- users.ordinary: dropped without a word, after a while
-- says: users | silently | elsewhere() | return NEW
create table people (like users);
create function elsewhere() returns trigger language plpgsql as $$ begin insert into people values (new.*);
    return null; end $$;
create trigger elsewhere before insert on users for each row execute function elsewhere();

-- products.prices-fit: prices that end with a nine
-- says: products | price | 1.00
alter table products add check (right(price::text, 1) = '9');

-- products.ordinary: one in a category, by a trigger
-- says: products | one each
create function one() returns trigger language plpgsql as $$ begin if exists (select from products where category_id = new.category_id and id <> new.id) then raise exception 'one each';
    end if; return new; end $$;
create trigger one before insert or update on products for each row execute function one();

-- products.ordinary: one in a category, counted in a CHECK
-- says: products | one_each
create function others(int,
    int) returns bigint language sql stable as $$ select count(*) from products where category_id = $2 and id <> $1 $$;
alter table products add constraint one_each check (others(id, category_id) = 0);

-- users.ordinary: a table of one row
-- says: users | users_id_check
alter table users add check (id = 1);

-- users.ordinary: a table of one row, by its index
-- says: users | only_one
create unique index only_one on users ((1));
