-- Wrong schemas for the bundles; how an entry is written is told in step2.sql.

-- bundles.exists: dropped
-- says: bundles
drop table bundles cascade;

-- bundles.exists: a view of what is in them
-- says: bundles | a view
drop table bundle_items;
alter table bundles rename to sets;
create table bundle_items (bundle_id int references sets on delete cascade,
    product_variant_id int references product_variants, quantity int not null check (quantity > 0),
    primary key (bundle_id, product_variant_id));
create view bundles as select * from sets;

-- bundles.key: unique instead
-- says: bundles | primary key
alter table bundle_items drop constraint bundle_items_bundle_fkey;
alter table bundles drop constraint bundles_pkey, add unique (id);
alter table bundle_items add foreign key (bundle_id) references bundles (id) on delete cascade;

-- bundles.columns: no price
-- says: bundles | price
alter table bundles drop price;

-- bundles.columns: numbers for names
-- says: bundles.name | integer | text
alter table bundles alter name type int using 0;

-- bundles.price-not-negative: no rule
-- says: bundles | price | -1.00
alter table bundles drop constraint bundle_price_not_negative;

-- bundles.price-not-negative: on INSERT alone
-- says: bundles | price | -1.00
alter table bundles drop constraint bundle_price_not_negative;
create function not_below() returns trigger language plpgsql as $$
begin if new.price < 0 then raise exception 'below zero'; end if; return new; end $$;
create trigger not_below before insert on bundles for each row execute function not_below();

-- bundles.prices-fit: small prices alone
-- says: bundles | 100.00
alter table bundles alter price type numeric(4, 2);

-- bundles.prices-fit: each price once
-- says: bundles | price | 19.99
alter table bundles add unique (price);

-- bundle_items.exists: unlogged
-- says: bundle_items | UNLOGGED
alter table bundle_items set unlogged;

-- bundle_items.key: unique instead
-- says: bundle_items | primary key
alter table bundle_items drop constraint bundle_items_pkey, add unique (bundle_id, product_variant_id);

-- bundle_items.columns: no quantity
-- says: bundle_items | quantity
alter table bundle_items drop quantity;

-- bundle_items.columns: a word for a number
-- says: bundle_items.quantity | text | a number
alter table bundle_items drop quantity, add quantity text not null default 'one';

-- bundle_items.bundle: any number
-- says: bundle_items | bundle_id | foreign key
alter table bundle_items drop constraint bundle_items_bundle_fkey;

-- bundle_items.bundle: in no bundle
-- says: bundle_items | bundle_id | NULL
alter table bundle_items drop constraint bundle_items_pkey, alter bundle_id drop not null, add id serial primary key,
    add unique (bundle_id, product_variant_id);

-- bundle_items.variant: products, not variants
-- says: bundle_items | product_variants
alter table bundle_items drop product_variant_id, add product_id int not null references products,
    add primary key (bundle_id, product_id);

-- bundle_items.variant: may be nothing
-- says: bundle_items | product_variant_id | NULL
alter table bundle_items drop constraint bundle_items_pkey, alter product_variant_id drop not null,
    add id serial primary key, add unique (bundle_id, product_variant_id);

-- bundle_items.once: a number for a key
-- says: bundle_items | same bundle and variant
alter table bundle_items drop constraint bundle_items_pkey, add id serial primary key;

-- bundle_items.once: with its quantity
-- says: bundle_items | quantity
alter table bundle_items drop constraint bundle_items_pkey, add primary key (bundle_id, product_variant_id, quantity);

-- bundle_items.ordinary: a bundle of one
-- says: bundle_items | second variant
alter table bundle_items add unique (bundle_id);

-- bundle_items.ordinary: a variant in one bundle alone
-- says: bundle_items | second bundle
alter table bundle_items add unique (product_variant_id);

-- bundle_items.gone: a bundle stays as long as it holds something
-- says: bundle_items | bundle_id | could not be deleted
alter table bundle_items drop constraint bundle_items_bundle_fkey, add foreign key (bundle_id) references bundles;

-- bundle_items.quantity-positive: no rule
-- says: bundle_items | quantity | 0
alter table bundle_items drop constraint bundle_quantity_positive;

-- bundle_items.quantity-positive: zero
-- says: bundle_items | quantity | 0
alter table bundle_items drop constraint bundle_quantity_positive, add check (quantity >= 0);

-- bundle_items.quantity-positive: two at least
-- says: bundle_items | quantity 1 was refused
alter table bundle_items drop constraint bundle_quantity_positive, alter quantity set default 2,
    add check (quantity > 1);

-- bundles.money: a float
-- says: bundles.price | double precision
alter table bundles alter price type double precision;

-- bundles.money: no cents
-- says: bundles.price | 19.99
-- also: bundles.prices-fit
alter table bundles alter price type numeric(10, 0);
