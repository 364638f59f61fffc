-- Changes to the reference after which step 6 passes as before: other ways to keep the rules.

-- right: newest first by a key that is counted up
drop index orders_user_newest;
create index on orders (user_id, id desc);

-- right: the status carried along
drop index orders_user_newest;
create index on orders (user_id, created_at) include (status);

-- right: NULLs last, and the key for ties
drop index orders_user_newest;
create index on orders (user_id, created_at desc nulls last, id desc);

-- right: rows that are gone are left out
alter table users add deleted_at timestamptz;
alter table users drop constraint users_email_key;
drop index users_email_lower;
create unique index on users (lower(email)) where deleted_at is null;
alter table orders add deleted_at timestamptz;
drop index orders_user_newest;
create index on orders (user_id, created_at desc) where deleted_at is null;
create index on orders (user_id);

-- right: hash indexes
drop index products_name;
drop index products_search;
create index on products using hash (name);
drop index order_items_order;
create index on order_items using hash (order_id);

-- right: an index on the keys that are there
drop index reviews_order;
create index on reviews (order_id) where order_id is not null;

-- right: trigrams, in lower case
create extension pg_trgm;
drop index products_name;
drop index products_search;
create index on products using gin (lower(name) gin_trgm_ops);

-- right: full text with weights
drop index products_name;
drop index products_search;
create index on products using gin ((setweight(to_tsvector('english', name),'A') ||
    setweight(to_tsvector('english', coalesce(description,'')),'B')));

-- right: a generated vector, by GiST
drop index products_name;
drop index products_search;
alter table products add v tsvector generated always as (to_tsvector('simple', name)) stored;
create index on products using gist (v);

-- right: a vector that a trigger fills
drop index products_name;
drop index products_search;
alter table products add v tsvector;
create trigger vv before insert or update on products for each row execute function tsvector_update_trigger(v,
    'pg_catalog.english', name, description);
create index on products using gin (v);

-- right: products that are listed
drop index products_name;
drop index products_search;
alter table products add is_listed boolean not null default true;
create index on products (name) where is_listed;

-- right: another collation
drop index products_name;
drop index products_search;
create index on products (name collate "C");

-- right: names in capitals
drop index products_name;
drop index products_search;
create index on products (upper(name) varchar_pattern_ops);

-- right: citext
create extension citext;
alter table users alter email type citext;
drop index users_email_lower;

-- right: an exclusion constraint
alter table users drop constraint users_email_key;
drop index users_email_lower;
alter table users add exclude using btree (lower(email) with =);

-- right: a BRIN index besides
create index on orders using brin (created_at);

-- right: trigrams of name and description
create extension pg_trgm;
drop index products_name;
drop index products_search;
create index on products using gin ((name || ' ' || coalesce(description,'')) gin_trgm_ops);

-- right: exclusion constraints that find the rows as well
create extension btree_gist;
alter table cart_items drop constraint cart_items_pkey, add id serial primary key, add exclude using gist (user_id
    with =, product_variant_id with =);
create index on cart_items (user_id);
alter table reviews drop constraint one_review_each, add exclude using gist (product_id with =, user_id with =);
create index on reviews (product_id);

-- right: an address in small letters, that the database makes
alter table users drop constraint users_email_key, add email_key text generated always as (lower(email)) stored unique;
drop index users_email_lower;

-- right: newest first by a key, where all orders are of one user and the planner would rather go by the primary key
drop index orders_user_newest;
create index on orders (user_id, id desc);
insert into users (id, email, password_hash, first_name, last_name) values (1, 'a@shop.example', 'x', 'A', 'B');
insert into addresses (id, user_id, line1, city, country) values (1, 1, '1 Street', 'Town', 'Land');
insert into orders (user_id, shipping_address_id, billing_address_id) select 1, 1, 1 from generate_series(1, 300);
analyze orders;
