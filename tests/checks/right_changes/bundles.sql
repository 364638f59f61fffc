-- Bundles in other ways: changes to the reference, or upon other designs of the steps.

-- right: a number as key of what is in them, in any number of digits, NOT NULL by CHECK
drop table bundle_items;
create table bundle_items (id bigint generated always as identity primary key, bundle_id int references bundles on delete
    cascade, product_variant_id int references product_variants on delete cascade, quantity numeric(8, 2) not null
    default 1, check (quantity > 0), check (bundle_id is not null and product_variant_id is not null));
create unique index on bundle_items (product_variant_id, bundle_id);

-- right: domains, a limit of pieces, a name that is unique
create domain price as numeric(12, 4) check (value >= 0 and value < 1000000);
create domain pieces as smallint check (value between 1 and 12);
alter table bundles alter price type price, drop constraint bundle_price_not_negative, add unique (name),
    add created_at timestamptz not null default now();
alter table bundle_items alter quantity type pieces, drop constraint bundle_quantity_positive;

-- right: triggers for everything, and bundles that are cheaper than what is in them, with a day on which they end
alter table bundles drop constraint bundle_price_not_negative, add ends_on date, add savings numeric(10, 2) not null
    check (savings > 0);
alter table bundle_items drop constraint bundle_quantity_positive, drop constraint bundle_items_bundle_fkey,
    add foreign key (bundle_id) references bundles;
create function sane_bundle() returns trigger language plpgsql as $$
begin if new.price < 0 then raise exception 'too cheap'; end if; return new; end $$;
create trigger sane_bundle before insert or update on bundles for each row execute function sane_bundle();
create function sane_item() returns trigger language plpgsql as $$
begin if new.quantity < 1 then raise exception 'too few'; end if; return new; end $$;
create trigger sane_item before insert or update on bundle_items for each row execute function sane_item();
create function unpack() returns trigger language plpgsql as $$
begin delete from bundle_items where bundle_id = old.id; return old; end $$;
create trigger unpack before delete on bundles for each row execute function unpack();

-- right: an exclusion constraint
create extension btree_gist;
alter table bundle_items drop constraint bundle_items_pkey, add id serial primary key,
    add exclude using gist (bundle_id with =, product_variant_id with =);

-- right: keys by uuid
-- upon: uuid_and_citext
create table product_bundles (id uuid primary key default gen_random_uuid(), title citext not null, price numeric not null
    check (price >= 0));
create table bundle_items (bundle uuid not null references product_bundles on delete cascade, variant uuid not null
    references product_variants on delete restrict, quantity int not null check (quantity >= 1), unique (bundle, variant),
    id uuid primary key default gen_random_uuid());

-- right: keys of text
-- upon: text_keys
create table bundles (slug varchar(60) primary key check (slug ~ '^[a-z]+(-[a-z0-9]+)*$'), name varchar(100) not null,
    price numeric(8, 2) not null check (price > -0.01));
create table bundle_items (bundle_slug varchar(60) not null references bundles on update cascade on delete cascade,
    variant_sku varchar(40) not null references product_variants on update cascade, quantity int not null
    check (quantity > 0), primary key (bundle_slug, variant_sku));

-- right: composite keys that are judged at the end
-- upon: deferred_composite
create table bundles (tenant int not null references tenants deferrable initially deferred, id int not null, name text not null, price numeric(12, 2) not null
    check (price >= 0), primary key (tenant, id));
create table bundle_items (tenant int not null, bundle_id int not null, variant_id int not null, quantity int not null
    check (quantity > 0), primary key (tenant, bundle_id, variant_id),
    foreign key (tenant, bundle_id) references bundles on delete cascade deferrable initially deferred,
    foreign key (tenant, variant_id) references product_variants deferrable initially deferred);

-- right: upon numbers for labels
-- upon: lookups_by_number
create table bundles (id bigserial primary key, name text not null, price numeric(9, 2) not null check (price between 0
    and 99999.99));
create table bundle_items (id bigserial primary key, bundle_id bigint not null references bundles on delete cascade,
    product_variant_id bigint not null references product_variants, quantity smallint not null check (quantity > 0),
    unique (bundle_id, product_variant_id));
