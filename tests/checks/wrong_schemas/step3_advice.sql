-- Schemas that are right for step 3 but leave one piece of good practice out: the step passes, and the advice says so.
-- Written like step2.sql.

-- product_variants.nothing-twice: NULLs differ
-- says: product_variants | size
alter table product_variants drop constraint one_size_and_color, add unique (product_id, size, color);

-- product_variants.nothing-twice: only where both are filled
-- says: product_variants | size
-- also: catalog.keys-indexed
alter table product_variants drop constraint one_size_and_color;
create unique index on product_variants (product_id, size, color) where size is not null and color is not null;

-- product_variants.nothing-twice: no colour is as good as any
-- says: product_variants | color
alter table product_variants drop constraint one_size_and_color;
create unique index on product_variants (product_id, coalesce(size, ''), color);

-- product_images.own-place: no rule
-- says: product_images | display_order
-- also: catalog.keys-indexed
alter table product_images drop constraint one_image_a_place;

-- product_images.own-place: a plain index
-- says: product_images | display_order
alter table product_images drop constraint one_image_a_place;
create index on product_images (product_id, display_order);

-- price_history.by-itself: no trigger
-- says: price_history | trigger
drop trigger keep_price on products;

-- price_history.by-itself: switched off
-- says: price_history | trigger
alter table products disable trigger keep_price;

-- price_history.by-itself: only when a product is new
-- says: price_history | trigger
drop trigger keep_price on products;
create function keep_first() returns trigger language plpgsql as $$
begin insert into price_history (product_id, new_price) values (new.id, new.price); return null; end $$;
create trigger keep_first after insert on products for each row execute function keep_first();

-- price_history.by-itself: the price before for the price after
-- says: price_history | new_price | 24.50
create or replace function keep_price() returns trigger language plpgsql as $$
begin insert into price_history (product_id, old_price, new_price) values (new.id, old.price, old.price); return null;
end $$;

-- price_history.by-itself: the price after for the price before
-- says: price_history | old_price
create or replace function keep_price() returns trigger language plpgsql as $$
begin insert into price_history (product_id, old_price, new_price) values (new.id, new.price, new.price); return null;
end $$;

-- price_history.only-changes: every update
-- says: price_history | sku changed
drop trigger keep_price on products;
create trigger keep_price after update on products for each row execute function keep_price();

-- price_history.only-changes: every update that names the price
-- says: price_history | what it was
drop trigger keep_price on products;
create trigger keep_price after update of price on products for each row execute function keep_price();

-- catalog.keys-indexed: none
-- says: price_history | product_id | index=True
drop index price_history_product;

-- catalog.keys-indexed: second place in a key
-- says: product_images | product_id
alter table product_images drop constraint one_image_a_place, add unique (display_order, product_id);

-- catalog.keys-indexed: only some rows
-- says: price_history | product_id
drop index price_history_product;
create index on price_history (product_id) where new_price > 10;

-- catalog.keys-indexed: BRIN
-- says: price_history | product_id
drop index price_history_product;
create index on price_history using brin (product_id);
