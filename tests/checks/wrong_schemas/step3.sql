-- Wrong schemas for step 3: each is the reference with one MUST broken, openly or slyly. Written like step2.sql.

-- product_variants.exists: dropped
-- says: product_variants | build_schema()
drop table product_variants;

-- product_variants.exists: a view
-- says: product_variants | a view
alter table product_variants rename to articles;
create view product_variants as select * from articles;

-- product_images.exists: another name
-- says: product_images | names.toml
alter table product_images rename to product_image_list;

-- product_images.exists: unlogged
-- says: product_images | UNLOGGED | crash
alter table product_images set unlogged;

-- price_history.exists: dropped
-- says: price_history
drop table price_history cascade;
drop trigger keep_price on products;

-- price_history.exists: capital letters
-- says: "Price_History" | capital letters
-- also: price_history.price-changes
alter table price_history rename to "Price_History";

-- product_variants.key: dropped
-- says: product_variants | primary key
alter table product_variants drop constraint product_variants_pkey;

-- product_variants.key: unique instead
-- says: product_variants | primary key
alter table product_variants drop constraint product_variants_pkey, add unique (id);

-- product_images.key: dropped
-- says: product_images | primary key
alter table product_images drop constraint product_images_pkey;

-- product_images.key: a plain index
-- says: product_images | primary key
alter table product_images drop constraint product_images_pkey;
create index product_images_pkey on product_images (id);

-- price_history.key: dropped
-- says: price_history | primary key
alter table price_history drop constraint price_history_pkey;

-- price_history.key: unique instead
-- says: price_history | primary key
alter table price_history drop constraint price_history_pkey, add unique (id);

-- product_variants.columns: no size
-- says: product_variants | size
alter table product_variants drop size;

-- product_variants.columns: size as a number
-- says: product_variants.size | integer
alter table product_variants alter size type int using size::int;

-- product_images.columns: place as text
-- says: product_images.display_order | text
alter table product_images alter display_order type text;

-- product_images.columns: no URL
-- says: product_images | url
alter table product_images drop url;

-- product_images.columns: place as a decimal number
-- says: product_images.display_order | numeric
alter table product_images alter display_order type numeric;

-- price_history.columns: no new price
-- says: price_history | new_price
-- also: price_history.price-changes
alter table price_history drop new_price;

-- price_history.columns: no old price, and no period
-- says: price_history | old_price
-- also: price_history.price-changes
alter table price_history drop old_price;

-- price_history.time: left out
-- says: price_history | changed_at
alter table price_history drop changed_at;

-- price_history.time: nullable
-- says: price_history | changed_at | NULL
alter table price_history alter changed_at drop not null;

-- price_history.time: a date
-- says: price_history.changed_at | date
alter table price_history alter changed_at type date;

-- price_history.time: text
-- says: price_history.changed_at | text
alter table price_history alter changed_at drop default, alter changed_at type text, alter changed_at set default 'now';

-- product_variants.product: a plain column
-- says: product_variants.product_id | no foreign key
-- also: catalog.cascade
alter table product_variants drop constraint product_variants_product_fkey;

-- product_variants.product: optional
-- says: product_variants | product_id | NULL
alter table product_variants alter product_id drop not null;

-- product_variants.product: not valid
-- says: product_variants | NOT VALID
alter table product_variants drop constraint product_variants_product_fkey, add constraint product_variants_product_fkey
    foreign key (product_id) references products on delete cascade not valid;

-- product_variants.product: triggers switched off
-- as: superuser
-- says: product_variants | triggers are off
alter table product_variants disable trigger all;

-- product_variants.product: to categories
-- says: product_variants.product_id | categories
alter table product_variants drop constraint product_variants_product_fkey, add foreign key (product_id) references categories;

-- product_images.product: a plain column
-- says: product_images.product_id | no foreign key
alter table product_images drop constraint product_images_product_fkey;

-- product_images.product: optional
-- says: product_images | product_id | NULL
alter table product_images alter product_id drop not null;

-- product_images.product: not enforced
-- since: 180000
-- says: product_images | NOT ENFORCED
alter table product_images drop constraint product_images_product_fkey, add constraint product_images_product_fkey
    foreign key (product_id) references products on delete cascade not enforced;

-- price_history.subject: a plain column
-- says: price_history.product_id | no foreign key
alter table price_history drop constraint price_history_product_fkey;

-- price_history.subject: optional
-- says: price_history | product_id | NULL
alter table price_history alter product_id drop not null;

-- price_history.subject: either or neither
-- says: price_history | no product and no variant
alter table price_history alter product_id drop not null, add product_variant_id int references product_variants on delete
    cascade, add check (num_nonnulls(product_id, product_variant_id) < 2);
create index on price_history (product_variant_id);

-- price_history.subject: not valid
-- says: price_history | NOT VALID
alter table price_history drop constraint price_history_product_fkey, add constraint price_history_product_fkey
    foreign key (product_id) references products on delete cascade not valid;

-- product_variants.ordinary: one variant a product
-- says: product_variants | product_id | differs in its size alone
-- also: catalog.cascade
alter table product_variants add unique (product_id);

-- product_variants.ordinary: one variant a size
-- says: product_variants | size | differs in its color alone
alter table product_variants drop constraint one_size_and_color, add unique (product_id, size);

-- product_variants.ordinary: one variant a colour
-- says: product_variants | color | differs in its size alone
-- also: catalog.cascade
alter table product_variants add constraint meddle unique (product_id, color);

-- product_variants.ordinary: one size and colour in the whole shop
-- says: product_variants | another product
-- also: catalog.cascade
alter table product_variants drop constraint one_size_and_color, add unique (size, color);

-- product_variants.ordinary: a trigger that forgets the size
-- says: product_variants | size | trigger
create function meddle() returns trigger language plpgsql as $$ begin new.size := 'one size'; return new; end $$;
create trigger meddle before insert on product_variants for each row execute function meddle();
alter table product_variants drop constraint one_size_and_color;

-- product_variants.sku-required: nullable
-- says: product_variants | sku | NULL
alter table product_variants alter sku drop not null;

-- product_variants.sku-required: a CHECK that NULL passes
-- says: product_variants | sku
alter table product_variants alter sku drop not null, add check (sku <> '');

-- product_variants.sku-unique: not unique
-- says: product_variants | sku | same SKU
alter table product_variants drop constraint product_variants_sku_key;

-- product_variants.sku-unique: in one product only
-- says: product_variants | sku | same SKU
alter table product_variants drop constraint product_variants_sku_key, add unique (product_id, sku, size, color);

-- product_variants.sku-unique: a look-up in a trigger
-- says: product_variants | sku | same moment
alter table product_variants drop constraint product_variants_sku_key;
create function meddle() returns trigger language plpgsql as $$
begin if exists (select from product_variants where sku = new.sku and id <> new.id) then raise exception 'taken'; end if;
    return new; end $$;
create trigger meddle before insert or update on product_variants for each row execute function meddle();

-- product_variants.one-of-a-kind: not unique
-- says: product_variants | product, size and color
alter table product_variants drop constraint one_size_and_color;

-- product_variants.one-of-a-kind: a plain index
-- says: product_variants | product, size and color
alter table product_variants drop constraint one_size_and_color;
create index on product_variants (product_id, size, color);

-- product_variants.one-of-a-kind: with the SKU, which always differs
-- says: product_variants | product, size and color
alter table product_variants drop constraint one_size_and_color, add unique (product_id, size, color, sku);

-- product_variants.one-of-a-kind: with a further column
-- says: product_variants | material
alter table product_variants drop constraint one_size_and_color, add material text not null default 'cotton',
    add unique (product_id, size, color, material);

-- product_variants.one-of-a-kind: with a further column that may be empty
-- says: product_variants | material
alter table product_variants drop constraint one_size_and_color, add material text,
    add unique nulls not distinct (product_id, size, color, material);

-- product_variants.one-of-a-kind: only some rows
-- says: product_variants | only some rows
alter table product_variants drop constraint one_size_and_color, add on_sale boolean not null default true;
create unique index on product_variants (product_id, size, color) where on_sale;

-- product_variants.one-of-a-kind: only small numbers
-- says: product_variants | only some rows
alter table product_variants drop constraint one_size_and_color;
create unique index on product_variants (product_id, size, color) where product_id < 100000;

-- product_variants.one-of-a-kind: a look-up in a trigger
-- says: product_variants | same moment
alter table product_variants drop constraint one_size_and_color;
create function meddle() returns trigger language plpgsql as $$
begin if exists (select from product_variants where product_id = new.product_id and size = new.size and color = new.color
    and id <> new.id) then raise exception 'taken'; end if; return new; end $$;
create trigger meddle before insert or update on product_variants for each row execute function meddle();

-- product_variants.one-of-a-kind: only when a row comes in
-- says: product_variants | product, size and color
alter table product_variants drop constraint one_size_and_color;
create function meddle() returns trigger language plpgsql as $$
begin if exists (select from product_variants where product_id = new.product_id and size = new.size and color = new.color)
    then raise exception 'taken'; end if; return new; end $$;
create trigger meddle before insert on product_variants for each row execute function meddle();

-- product_variants.one-of-a-kind: an index whose build did not finish
-- as: superuser
-- says: product_variants | invalid
update pg_index set indisvalid = false where indexrelid = 'one_size_and_color'::regclass;

-- product_images.ordinary: one image a product
-- says: product_images | product_id | second image
-- also: catalog.cascade
alter table product_images add unique (product_id);

-- product_images.ordinary: places count through the whole shop
-- says: product_images | display_order | another product
-- also: catalog.cascade
alter table product_images drop constraint one_image_a_place, add unique (display_order);

-- product_images.ordinary: two images at most
-- says: product_images | third image
create function meddle() returns trigger language plpgsql as $$
begin if (select count(*) from product_images where product_id = new.product_id) > 1 then raise exception 'too many';
    end if; return new; end $$;
create trigger meddle before insert on product_images for each row execute function meddle();

-- product_images.url-required: nullable
-- says: product_images | url | NULL
alter table product_images alter url drop not null;

-- product_images.url-required: a CHECK that NULL passes
-- says: product_images | url
alter table product_images alter url drop not null, add check (url ~ '.');

-- product_images.order-required: nullable
-- says: product_images | display_order | NULL
alter table product_images alter display_order drop not null;

-- product_images.order-required: a default is no rule
-- says: product_images | display_order | NULL
alter table product_images alter display_order drop not null, alter display_order set default 1;

-- price_history.ordinary: one row a product
-- says: price_history | product_id
-- also: price_history.price-changes
alter table price_history add unique (product_id);

-- price_history.ordinary: a price once only
-- says: price_history | new_price
-- also: price_history.price-changes
alter table price_history add unique (product_id, new_price);

-- price_history.price-required: nullable
-- says: price_history | new_price | NULL
alter table price_history alter new_price drop not null;

-- price_history.price-required: unless there is an old one
-- says: price_history | new_price | NULL
alter table price_history alter new_price drop not null, add check (num_nonnulls(old_price, new_price) > 0);

-- price_history.prices-fit: too few digits for the new price
-- says: price_history.new_price | 1234.56
-- also: price_history.price-changes
alter table price_history alter new_price type numeric(5, 2);

-- price_history.prices-fit: too few digits for the old price
-- says: price_history.old_price | 1234.56
alter table price_history alter old_price type numeric(5, 2);

-- price_history.prices-fit: only prices that go up by a lot
-- says: price_history | 1.00
-- also: price_history.price-changes | price_history.ordinary
alter table price_history add check (new_price > 50);

-- price_history.price-changes: the trigger forgets the time
-- says: price_history | changed_at
alter table price_history alter changed_at drop default;

-- price_history.price-changes: the trigger writes to a column that is gone
-- says: products | trigger does not work
alter table price_history rename new_price to price;

-- price_history.price-changes: the price may only rise
-- says: products | price | 15.00
create function meddle() returns trigger language plpgsql as $$
begin if new.price < old.price then raise exception 'prices rise'; end if; return new; end $$;
create trigger meddle before update on products for each row execute function meddle();

-- catalog.money: the new price as a float
-- says: price_history.new_price | double precision | rounds
alter table price_history alter new_price type float8;

-- catalog.money: the old price as the type money
-- says: price_history.old_price | money
alter table price_history alter old_price type money;

-- catalog.money: the old price in whole numbers
-- says: price_history.old_price | integer
-- also: price_history.prices-fit
alter table price_history alter old_price type int;

-- catalog.money: a variant's own price
-- says: product_variants.price | real
alter table product_variants add price real;

-- catalog.cascade: variants hold the product back
-- says: product_variants | product_id | CASCADE
alter table product_variants drop constraint product_variants_product_fkey, add constraint product_variants_product_fkey
    foreign key (product_id) references products;

-- catalog.cascade: images hold the product back
-- says: product_images | product_id | CASCADE
alter table product_images drop constraint product_images_product_fkey, add foreign key (product_id) references products
    on delete restrict;

-- catalog.cascade: images lose their product
-- says: product_images | product_id | CASCADE
alter table product_images drop constraint product_images_product_fkey, add foreign key (product_id) references products
    on delete set null;

-- catalog.cascade: variants move to a product that is not there
-- says: product_variants | product_id | CASCADE
alter table product_variants drop constraint product_variants_product_fkey, add foreign key (product_id)
    references products on delete set default;

-- catalog.cascade: a trigger refuses
-- says: products | never
create function meddle() returns trigger language plpgsql as $$ begin raise exception 'never'; end $$;
create trigger meddle before delete on products for each row execute function meddle();

-- catalog.cascade: a trigger that keeps images
-- says: product_images
create function meddle() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger meddle before delete on product_images for each row execute function meddle();

-- catalog.cascade: a trigger that takes everybody's images
-- says: product_images | another product
create function meddle() returns trigger language plpgsql as $$ begin delete from product_images; return null; end $$;
create trigger meddle after delete on products for each row execute function meddle();

-- price_history.price-changes: recorded before the change, which is dropped
-- says: products.price | nothing changed | keep_price()
drop trigger keep_price on products;
create trigger keep_price before update of price on products for each row execute function keep_price();

-- price_history.exists: a partition is unlogged
-- says: price_history | price_history_new | UNLOGGED
drop table price_history;
create table price_history (id int not null, product_id int not null references products on delete cascade,
    old_price numeric(10,2), new_price numeric(10,2) not null, changed_at timestamptz not null default now(),
    primary key (id, changed_at)) partition by range (changed_at);
create sequence history_ids; alter table price_history alter id set default nextval('history_ids');
create table price_history_old partition of price_history for values from (minvalue) to ('2026-01-01');
create unlogged table price_history_new partition of price_history default;

-- price_history.ordinary: one change at a time in the whole shop
-- says: price_history | changed_at | another product at the same time
alter table price_history add unique (changed_at);

-- price_history.price-changes: a variant's own price
-- says: product_variants | price | trigger does not work | who
alter table product_variants add price numeric(10,2);
create function variant_price() returns trigger language plpgsql as $$ begin insert into price_history (product_id,
    new_price, who) values (new.product_id, new.price, 'somebody'); return null; end $$;
create trigger variant_price after update of price on product_variants for each row execute function variant_price();

-- price_history.price-changes: of a product with variants it changes once a day
-- says: price_history | Changing a product's price
drop trigger keep_price on products;
drop table price_history;
create table price_history (id serial primary key, variant_id int not null references product_variants on delete
    cascade, old_price numeric(10,2), new_price numeric(10,2) not null, changed_at timestamptz not null default now());
create unique index once_a_day on price_history (variant_id, ((changed_at at time zone 'UTC')::date));
create or replace function keep_price() returns trigger language plpgsql as $$ begin insert into price_history
    (variant_id, old_price, new_price, changed_at) select id, old.price, new.price, now() from product_variants
    where product_id = new.id; return null; end $$;
create trigger keep_price after update of price on products for each row execute function keep_price();

-- price_history.subject: of variants, with no key
-- says: price_history.variant_id | product_variants
drop trigger keep_price on products;
alter table price_history drop product_id, add variant_id int not null;

-- catalog.cascade: images are never deleted, says a trigger in a key's words
-- says: products | for good
create function for_good() returns trigger language plpgsql as $$ begin raise exception 'images are for good'
    using errcode = 'restrict_violation'; end $$;
create trigger for_good before delete on product_images for each row execute function for_good();

-- catalog.cascade: a rule that keeps variants
-- says: product_variants | Drop the rule keep_them
create rule keep_them as on delete to product_variants do instead nothing;

-- catalog.cascade: a trigger that only marks variants
-- says: product_variants | Look for a trigger
alter table product_variants add gone boolean not null default false;
create function mark() returns trigger language plpgsql as $$ begin update product_variants set gone = true where id =
    old.id; return null; end $$;
create trigger mark before delete on product_variants for each row execute function mark();

-- price_history.ordinary: periods, and each price once only
-- says: price_history.price | once_only
drop trigger keep_price on products;
drop table price_history;
create extension btree_gist;
create table price_history (id serial primary key, product_id int not null references products on delete cascade,
    price numeric(10,2) not null, valid_from timestamptz not null default now(), valid_to timestamptz, exclude using gist
    (product_id with =, tstzrange(valid_from, valid_to) with &&), constraint once_only unique (product_id, price));

-- product_variants.sku-unique: in each partition only
-- says: product_variants | sku
drop table product_variants;
create table product_variants (id int generated by default as identity, product_id int not null references products on
    delete cascade, sku text not null, size text, color text, primary key (product_id, id), unique nulls not distinct
    (product_id, size, color)) partition by hash (product_id);
create table even_variants partition of product_variants for values with (modulus 2, remainder 0);
create table odd_variants partition of product_variants for values with (modulus 2, remainder 1);
create unique index on even_variants (sku);
create unique index on odd_variants (sku);
