-- Unique through a bare index on lower(email) for accounts that are not deleted; NOT NULL by CHECK; soft delete; extra columns.
create type tier as enum ('basic', 'gold');
create table tenants (id int primary key, name text not null);
insert into tenants values (7, 'first');
create table customers (
    id bigserial primary key, tenant_id int not null references tenants, email text, password_hash char(60) not null,
    first_name text not null, last_name text not null, is_active boolean not null default true, is_verified boolean not null default false,
    username text not null unique check (username ~ '^[a-z][a-z0-9_]{2,15}$'), tier tier not null, born date not null check (born < '2015-01-01'),
    tags text[] not null, settings jsonb not null check (jsonb_typeof(settings) = 'object'), opening_hours daterange not null,
    deleted_at timestamp, created timestamp not null default now(), modified_at timestamp not null default now(),
    constraint email_there check (email is not null), exclude using gist (opening_hours with &&)
);
create unique index on customers (lower(email)) where deleted_at is null;
create table categories (
    id bigserial primary key, name text not null, slug text not null unique, parent_id bigint references categories,
    depth smallint not null check (depth between 0 and 9)
);
create table products (
    id bigserial primary key, name text not null, description text not null default '', list_price numeric(8, 2) not null,
    cost numeric(8, 2) not null, sku text not null, category_id bigint not null, currency char(3) not null check (currency = upper(currency)),
    created timestamp not null default now(), modified_at timestamp not null default now(),
    foreign key (category_id) references categories on delete restrict, check (list_price >= 0), check (cost between 0 and list_price)
);
create unique index on products (sku);

create index on customers (tenant_id);
create index on categories (parent_id);
create index on products (category_id);
create index on products (name text_pattern_ops);

create table variants (
    id bigserial primary key, product_id bigint not null references products on delete cascade, sku text not null,
    size text, color text, deleted_at timestamp
);
create unique index on variants (sku) where deleted_at is null;
create unique index on variants (product_id, coalesce(size, ''), coalesce(color, '')) where deleted_at is null;
create index on variants (product_id);
create table images (
    id bigserial primary key, product_id bigint not null references products on delete cascade, image_url text not null,
    sort_order int not null, deleted_at timestamp
);
create unique index on images (product_id, sort_order) where deleted_at is null;
create index on images (product_id, id);
create table price_changes (
    id bigserial primary key, product_id bigint not null references products on delete cascade,
    previous_price numeric(8, 2), current_price numeric(8, 2) not null, effective_at timestamp not null default now()
);
create index on price_changes (product_id);
create table user_addresses (
    id bigserial primary key, customer_id bigint not null references customers on delete cascade, street text not null, city text not null,
    zip text, country_code text not null, deleted_at timestamp
);
create index on user_addresses (customer_id);
create table cart_items (
    id bigserial primary key, customer_id bigint not null references customers on delete cascade,
    variant_id bigint not null references variants on delete cascade, quantity int not null check (quantity > 0),
    added_at timestamp not null default now(), modified_at timestamp not null default now(), deleted_at timestamp
);
create unique index on cart_items (customer_id, variant_id) where deleted_at is null;
create index on cart_items (customer_id);
create index on cart_items (variant_id);
create type state as enum ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded');
create table orders (
    id bigserial primary key, customer_id bigint not null references customers, status state not null default 'pending',
    shipping_address_id bigint not null references user_addresses, billing_address_id bigint not null references user_addresses,
    placed_at timestamp not null default now(), modified_at timestamp not null default now(), deleted_at timestamp
);
create index on orders (customer_id, placed_at desc);
create index on orders (shipping_address_id);
create index on orders (billing_address_id);
create table order_lines (
    id bigserial primary key, order_id bigint not null references orders on delete restrict, variant_id bigint not null references variants on delete restrict,
    quantity int not null check (quantity > 0), price_at_purchase numeric(8, 2) not null check (price_at_purchase >= 0)
);
create index on order_lines (order_id);
create index on order_lines (variant_id);
create table order_events (
    id bigserial primary key, order_id bigint not null references orders on delete cascade, from_status state, to_status state not null,
    transitioned_at timestamp not null default now()
);
create index on order_events (order_id);
create function note_event() returns trigger language plpgsql as $$
begin
    insert into order_events (order_id, from_status, to_status) values (new.id, case when tg_op = 'UPDATE' then old.status end, new.status);
    return null;
end $$;
create trigger note_event after insert or update of status on orders for each row execute function note_event();
create table payments (
    id bigserial primary key, order_id bigint not null references orders, amount numeric(8, 2) not null check (amount >= 0),
    last4 char(4) check (last4 ~ '^\d{4}$')
);
create index on payments (order_id);

-- Stock leaves as a line is written; a line that is edited while its order is pending gives back first.
create table stock (
    variant_id bigint primary key references variants on delete cascade, on_hand int not null check (on_hand >= 0)
);
create type reason as enum ('restock', 'sold', 'correction');
create table inventory_transactions (
    id bigserial primary key, variant_id bigint not null references variants on delete cascade, delta int not null check (delta <> 0),
    reason reason not null, created timestamp not null default now()
);
create index on inventory_transactions (variant_id);
create function take_stock(variant bigint, pieces int) returns void language plpgsql as $$
begin
    update stock set on_hand = on_hand - pieces where variant_id = variant;
    if not found then raise exception 'variant % is not in stock', variant; end if;
    insert into inventory_transactions (variant_id, delta, reason) values (variant, -pieces, 'sold');
end $$;
create function line_changed() returns trigger language plpgsql as $$
begin
    if exists (select from orders where id = coalesce(new.order_id, old.order_id) and status <> 'pending') then
        raise exception 'the lines of this order are closed';
    end if;
    if tg_op <> 'INSERT' then perform take_stock(old.variant_id, -old.quantity); end if;
    if tg_op <> 'DELETE' then perform take_stock(new.variant_id, new.quantity); end if;
    return null;
end $$;
create trigger line_changed after insert or update or delete on order_lines for each row execute function line_changed();
create function give_back() returns trigger language plpgsql as $$
begin
    perform take_stock(variant_id, -quantity) from order_lines where order_id = new.id;
    return null;
end $$;
create trigger give_back after update on orders
for each row when (old.status <> 'cancelled' and new.status = 'cancelled') execute function give_back();

create table reviews (
    id bigserial primary key, customer_id bigint not null references customers on delete cascade,
    product_id bigint not null references products on delete cascade, order_id bigint not null references orders,
    rating smallint not null check (rating > 0 and rating < 6), body text, verified_purchase boolean not null default false,
    created timestamp not null default now(), modified_at timestamp not null default now(), deleted_at timestamp
);
create unique index on reviews (product_id, customer_id) where deleted_at is null;
create index on reviews (customer_id);
create index on reviews (product_id);
create index on reviews (order_id);
create function verify() returns trigger language plpgsql as $$
begin
    new.verified_purchase := exists (
        select from orders o join order_lines l on l.order_id = o.id join variants v on v.id = l.variant_id
        where o.id = new.order_id and o.customer_id = new.customer_id and o.status = 'delivered' and v.product_id = new.product_id
    );
    return new;
end $$;
create trigger verify before insert or update on reviews for each row execute function verify();
create table helpful_votes (
    id bigserial primary key, review_id bigint not null references reviews on delete cascade,
    customer_id bigint not null references customers on delete cascade, helpful boolean not null, unique (customer_id, review_id)
);
create index on helpful_votes (review_id);
