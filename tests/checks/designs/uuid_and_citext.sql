-- UUID keys, citext, text everywhere, times set by the application, snake-free constraint names; in a schema of its own.
create schema shop;
create extension citext with schema shop;
set search_path = shop;
create table users (
    id uuid primary key default gen_random_uuid(), email citext not null unique, password_hash text not null,
    first_name text, last_name text, is_active bool not null, is_verified bool not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
create table categories (
    id uuid primary key default gen_random_uuid(), name text not null, parent uuid references categories on delete set null
);
create table products (
    id uuid primary key default gen_random_uuid(), name text not null, description text,
    price numeric not null check (price > 0), sku text not null unique,
    category uuid not null references categories deferrable initially deferred,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);

create index on categories (parent);
create index on products (category);
create extension pg_trgm with schema shop;
create index on products using gin (name gin_trgm_ops);

create table product_variants (
    id uuid primary key default gen_random_uuid(), product uuid not null references products on delete cascade deferrable initially deferred,
    sku citext not null unique, size text, color text, unique (product, size, color)
);
create table product_images (
    id uuid primary key default gen_random_uuid(), product uuid not null references products on delete cascade,
    url text not null check (url ~ '^https?://'), position int not null check (position >= 0)
);
create index on product_images (product);
create table price_history (
    id uuid primary key default gen_random_uuid(), product uuid not null references products on delete cascade,
    old_price numeric, new_price numeric not null, recorded_at timestamptz not null default clock_timestamp()
);
create index on price_history using hash (product);
create function keep_prices() returns trigger language plpgsql as $$
begin
    insert into price_history (product, old_price, new_price)
    select n.id, o.price, n.price from before_rows o join after_rows n using (id) where o.price <> n.price;
    return null;
end $$;
create trigger keep_prices after update on products referencing old table as before_rows new table as after_rows
for each statement execute function keep_prices();

create table addresses (
    id uuid primary key default gen_random_uuid(), "user" uuid not null references users on delete cascade,
    line1 text not null, city text not null, postal_code text, country char(2) not null check (country ~ '^[A-Z]{2}$')
);
create index on addresses ("user");
create table cart_items (
    id uuid primary key default gen_random_uuid(), "user" uuid not null references users on delete cascade,
    variant uuid not null references product_variants on delete cascade, quantity int not null check (quantity >= 1),
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (variant, "user")
);
create index on cart_items ("user");
create table orders (
    id uuid primary key default gen_random_uuid(), "user" uuid not null references users,
    status citext not null default 'pending' check (status in ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
    shipping_address_id uuid not null references addresses, billing_address_id uuid not null references addresses,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
create index on orders ("user", created_at);
create index on orders (shipping_address_id);
create index on orders (billing_address_id);
create table order_items (
    id uuid primary key default gen_random_uuid(), order_id uuid not null references orders on delete cascade,
    variant uuid not null references product_variants, quantity int not null check (quantity > 0),
    unit_price numeric not null check (unit_price >= 0)
);
create index on order_items (order_id, variant);
create index on order_items (variant);
create table order_status_history (
    id uuid primary key default gen_random_uuid(), order_id uuid not null references orders on delete cascade,
    status citext not null check (status in ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
    changed_at timestamptz not null default clock_timestamp()
);
create index on order_status_history (order_id, changed_at);
create table payments (
    id uuid primary key default gen_random_uuid(), order_id uuid not null references orders, amount numeric not null check (amount >= 0),
    method text
);
create index on payments (order_id);

-- Stock leaves when an order is paid: once per statement, for all orders it touched.
create table inventory (
    variant uuid primary key references product_variants on delete cascade, quantity int not null check (quantity >= 0)
);
create table stock_movements (
    id uuid primary key default gen_random_uuid(), variant uuid not null references inventory on delete cascade,
    quantity_change int not null check (quantity_change <> 0),
    movement_type text not null check (movement_type in ('addition', 'sale', 'adjustment')), created_at timestamptz not null default now()
);
create index on stock_movements (variant);
create function sell() returns trigger language plpgsql as $$
begin
    insert into stock_movements (variant, quantity_change, movement_type)
    select i.variant, -sum(i.quantity), 'sale'
    from before_rows o join after_rows n using (id) join order_items i on i.order_id = n.id
    where o.status = 'pending' and n.status not in ('pending', 'cancelled') group by i.variant;
    update inventory s set quantity = s.quantity - sold.quantity
    from (
        select i.variant, sum(i.quantity) as quantity
        from before_rows o join after_rows n using (id) join order_items i on i.order_id = n.id
        where o.status = 'pending' and n.status not in ('pending', 'cancelled') group by i.variant
    ) as sold
    where sold.variant = s.variant;
    return null;
end $$;
create trigger sell after update on orders referencing old table as before_rows new table as after_rows
for each statement execute function sell();

create table reviews (
    id uuid primary key default gen_random_uuid(), "user" uuid not null references users on delete cascade,
    product uuid not null references products on delete cascade, order_id uuid references orders,
    rating int not null check (rating in (1, 2, 3, 4, 5)), is_verified_purchase bool not null default false,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    check (not is_verified_purchase or order_id is not null)
);
create index on reviews ("user");
create index on reviews (product);
create index on reviews (order_id) where order_id is not null;
create table review_votes (
    review uuid not null references reviews on delete cascade, "user" uuid not null references users on delete cascade,
    is_helpful bool not null, primary key ("user", review)
);
create index on review_votes (review);
