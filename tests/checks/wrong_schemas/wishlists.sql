-- Wrong schemas for the wishlists; how an entry is written is told in step2.sql.

-- wishlist_items.exists: dropped, though the lists are there
-- says: wishlist_items
drop table wishlist_items;
create table wishlists (id serial primary key, user_id bigint not null references users on delete cascade);

-- wishlist_items.exists: unlogged
-- says: wishlist_items | UNLOGGED
alter table wishlist_items set unlogged;

-- wishlist_items.exists: a view
-- says: wishlist_items | a view
alter table wishlist_items rename to wishes;
create view wishlist_items as select * from wishes;

-- wishlist_items.key: unique instead
-- says: wishlist_items | primary key
alter table wishlist_items drop constraint wishlist_items_pkey, add unique (user_id, product_id);


-- wishlists.kept: lists without a primary key
-- says: wishlists | primary key
drop table wishlist_items;
create table wishlists (id serial unique, user_id bigint not null references users on delete cascade);
create table wishlist_items (wishlist_id int references wishlists (id) on delete cascade,
    product_id int references products on delete cascade, primary key (wishlist_id, product_id));

-- wishlist_items.thing: any number
-- says: wishlist_items | product_id | foreign key
alter table wishlist_items drop constraint wishlist_items_product_fkey;

-- wishlist_items.thing: not enforced by its triggers
-- says: wishlist_items | wishlist_items_product_fkey
-- also: wishlist_items.user
-- as: superuser
alter table wishlist_items disable trigger all;

-- wishlist_items.thing: for nothing
-- says: wishlist_items | product_id | NULL
alter table wishlist_items drop constraint wishlist_items_pkey, alter product_id drop not null,
    add id serial primary key, add unique (user_id, product_id);

-- wishlist_items.thing: a product or a variant, or neither
-- says: wishlist_items | product_id and product_variant_id are NULL
alter table wishlist_items drop constraint wishlist_items_pkey, alter product_id drop not null,
    add id serial primary key, add product_variant_id int references product_variants on delete cascade,
    add unique (user_id, product_id), add unique (user_id, product_variant_id),
    add check (num_nonnulls(product_id, product_variant_id) < 2);

-- wishlist_items.user: nobody's
-- says: wishlist_items | user_id | NULL
alter table wishlist_items drop constraint wishlist_items_pkey, alter user_id drop not null,
    add id serial primary key, add unique (user_id, product_id);

-- wishlist_items.user: any number
-- says: wishlist_items | user_id | foreign key
alter table wishlist_items drop constraint wishlist_items_user_fkey;

-- wishlist_items.user: lists of nobody
-- says: wishlists | user_id | NULL
drop table wishlist_items;
create table wishlists (id serial primary key, user_id bigint references users on delete cascade);
create table wishlist_items (wishlist_id int references wishlists on delete cascade,
    product_id int references products on delete cascade, primary key (wishlist_id, product_id));

-- wishlist_items.once: a number for a key
-- says: wishlist_items | same list and thing | UniqueConstraint
alter table wishlist_items drop constraint wishlist_items_pkey, add id serial primary key;

-- wishlist_items.once: unique with the day
-- says: wishlist_items | same list and thing
alter table wishlist_items drop constraint wishlist_items_pkey, add id serial primary key,
    add added_on date not null default current_date, add unique (user_id, product_id, added_on);

-- wishlist_items.once: a look-up in a trigger
-- says: wishlist_items | trigger | same list and thing
alter table wishlist_items drop constraint wishlist_items_pkey, add id serial primary key;
create function not_twice() returns trigger language plpgsql as $$
begin
    if exists (select from wishlist_items w where w.user_id = new.user_id and w.product_id = new.product_id
        and w.id <> new.id) then raise exception 'is on the list already'; end if;
    return new;
end $$;
create trigger not_twice before insert or update on wishlist_items for each row execute function not_twice();

-- wishlist_items.once: with a variant that may be left out
-- says: wishlist_items | same list and thing
alter table wishlist_items drop constraint wishlist_items_pkey, add id serial primary key,
    add product_variant_id int references product_variants on delete cascade,
    add unique (user_id, product_id, product_variant_id);

-- wishlist_items.ordinary: one wish each
-- says: wishlist_items | second thing
alter table wishlist_items add unique (user_id);

-- wishlist_items.ordinary: who comes first
-- says: wishlist_items | another user's list
alter table wishlist_items add unique (product_id);

-- wishlist_items.gone: users with wishes stay
-- says: wishlist_items | user_id | could not be deleted | CASCADE
alter table wishlist_items drop constraint wishlist_items_user_fkey, add foreign key (user_id) references users;

-- wishlist_items.gone: a list goes, its user stays
-- says: wishlist_items | could not be deleted | from wishlists to users
drop table wishlist_items;
create table wishlists (id serial primary key, user_id bigint not null references users);
create table wishlist_items (wishlist_id int references wishlists on delete cascade,
    product_id int references products on delete cascade, primary key (wishlist_id, product_id));

-- wishlists.money: the price of then as a float
-- says: wishlist_items | price_then | double precision
alter table wishlist_items add price_then double precision;
