-- Wishlists in other ways: changes to the reference, or upon other designs of the steps.

-- right: lists with names, a number as key of a wish, a unique index
drop table wishlist_items;
create table wishlists (id bigint generated always as identity primary key, user_id bigint not null references users
    on delete cascade, name text not null default 'My list', unique (user_id, name));
create table wishlist_items (id bigint generated always as identity primary key, wishlist_id bigint not null references
    wishlists on delete cascade, product_id int not null references products on delete cascade, note text,
    added_at timestamptz not null default now());
create unique index on wishlist_items (product_id, wishlist_id);

-- right: one list each, and the user beside the list
drop table wishlist_items;
create table wishlists (id serial primary key, user_id bigint not null unique references users on delete cascade,
    unique (id, user_id));
create table wishlist_items (wishlist_id int not null, user_id bigint not null references users on delete cascade,
    product_id int not null references products, primary key (wishlist_id, product_id), foreign key (wishlist_id, user_id)
    references wishlists (id, user_id) on delete cascade);

-- right: a product, and perhaps one variant of it
drop table wishlist_items;
create table wishlist_items (id serial primary key, user_id bigint not null references users on delete cascade,
    product_id int not null references products on delete cascade, product_variant_id int references product_variants
    on delete cascade, unique nulls not distinct (user_id, product_id, product_variant_id));

-- right: a product or a variant, never both
drop table wishlist_items;
create table wishlist_items (id serial primary key, user_id bigint not null references users on delete cascade,
    product_id int references products on delete cascade, product_variant_id int references product_variants
    on delete cascade, unique (user_id, product_id), unique (user_id, product_variant_id),
    check (num_nonnulls(product_id, product_variant_id) = 1));

-- right: an exclusion constraint, NOT NULL by CHECK, a trigger that clears the list
create extension btree_gist;
drop table wishlist_items;
create table wishlist_items (id serial primary key, user_id bigint references users, product_id int
    references products, check (user_id is not null), check (product_id is not null),
    exclude using gist (user_id with =, product_id with =));
create function clear_list() returns trigger language plpgsql as $$
begin delete from wishlist_items where user_id = old.id; return old; end $$;
create trigger clear_list before delete on users for each row execute function clear_list();

-- right: variants by uuid, in a schema of their own
-- upon: uuid_and_citext
create table wishlist_items ("user" uuid not null references users on delete cascade, variant uuid not null
    references product_variants on delete cascade, priority int not null, primary key (variant, "user"));

-- right: keys of text, wishes that are hidden and not deleted
-- upon: text_keys
create table wishlist_entries (id short_id primary key default new_id(), user_id short_id not null references users on
    delete cascade, product_sku varchar(30) not null references products on update cascade on delete cascade,
    deleted_at timestamptz);
create unique index on wishlist_entries (user_id, product_sku) where deleted_at is null;

-- right: composite keys that are judged at the end
-- upon: deferred_composite
create table wishlists (tenant int not null references tenants deferrable initially deferred, id int not null, user_id int not null, primary key (tenant, id),
    foreign key (tenant, user_id) references users on delete cascade deferrable initially deferred);
create table wishlist_items (tenant int not null, wishlist_id int not null, product_id int not null,
    primary key (tenant, wishlist_id, product_id),
    foreign key (tenant, wishlist_id) references wishlists on delete cascade deferrable initially deferred,
    foreign key (tenant, product_id) references products on delete cascade deferrable initially deferred);

-- right: wishes in partitions
-- upon: triggers_and_partitions
create table wishlist_items (user_id bigint not null references users on delete cascade, product_id bigint not null,
    shelf int not null default 1, primary key (user_id, product_id, shelf),
    foreign key (product_id, shelf) references products on delete cascade) partition by hash (user_id);
create table wishlist_items_0 partition of wishlist_items for values with (modulus 2, remainder 0);
create table wishlist_items_1 partition of wishlist_items for values with (modulus 2, remainder 1);
