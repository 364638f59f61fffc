-- Every key is text that the application or a trigger makes; upper-case enum labels as SQLAlchemy writes them; a row is counted on the
-- variant's own line of stock that comes with it; stock leaves on payment and is given back; lines may not change once written.
create type order_status as enum ('CANCELLED', 'DELIVERED', 'PAID', 'PENDING', 'SHIPPED');
create type movement_type as enum ('RESTOCK', 'SALE', 'RETURN', 'ADJUSTMENT');
create domain short_id as varchar(26) check (value ~ '^[0-9a-z_]{4,26}$');
create function new_id() returns short_id language sql volatile as $$ select substr(replace(gen_random_uuid()::text, '-', ''), 1, 20)::short_id $$;

create table users (
    id short_id primary key, email varchar(320) not null unique, password_hash char(64) not null check (password_hash ~ '^[0-9a-f]{64}$'),
    first_name varchar(50), last_name varchar(50), is_active boolean not null default true, is_verified boolean not null default false,
    created_at timestamptz not null default current_timestamp, updated_at timestamptz not null default current_timestamp
);
create table categories (
    slug varchar(60) primary key check (slug ~ '^[a-z]+(-[a-z0-9]+)*$'), name varchar(60) not null, parent_slug varchar(60) references categories on update cascade
);
create index on categories (parent_slug);
create table products (
    sku varchar(30) primary key, name varchar(150) not null, description text, price numeric(8, 2) not null check (price > -0.01),
    category_slug varchar(60) not null references categories on update cascade,
    created_at timestamptz not null default current_timestamp, updated_at timestamptz not null default current_timestamp
);
create index on products (category_slug);
create index on products using gin (to_tsvector('english', coalesce(name, '') || ' ' || coalesce(description, '')));
create index on products (upper(name), name);
create index on products (name);
create table product_variants (
    sku varchar(40) primary key, product_sku varchar(30) not null references products on update cascade on delete cascade,
    size varchar(12) not null, color varchar(24) not null, unique (color, size, product_sku)
);
create index on product_variants (product_sku);
create table product_images (
    id short_id primary key default new_id(), product_sku varchar(30) not null references products on update cascade on delete cascade,
    url varchar(500) not null unique, display_order integer not null
);
create index on product_images (product_sku);
create table price_histories (
    id short_id primary key default new_id(), product_sku varchar(30) not null references products on update cascade on delete cascade,
    old_price numeric(8, 2), new_price numeric(8, 2) not null, changed_at timestamptz not null default clock_timestamp()
);
create index on price_histories (product_sku);
create function log_price() returns trigger language plpgsql as $$
begin
    insert into price_histories (product_sku, old_price, new_price) values (new.sku, old.price, new.price);
    return new;
end $$;
create trigger log_price after update of price on products for each row when (new.price is distinct from old.price) execute function log_price();
create table addresses (
    id short_id primary key default new_id(), user_id short_id not null references users on delete cascade, line1 varchar(100) not null,
    city varchar(60) not null, postal_code varchar(10), country char(2) not null check (country = upper(country))
);
create index on addresses (user_id);
create table cart_items (
    id short_id primary key default new_id(), user_id short_id not null references users on delete cascade,
    variant_sku varchar(40) not null references product_variants on update cascade on delete cascade, quantity int not null check (quantity > 0),
    created_at timestamptz not null default current_timestamp, updated_at timestamptz not null default current_timestamp,
    constraint once_in_a_cart unique (user_id, variant_sku)
);
create index on cart_items (variant_sku);
create table orders (
    number varchar(20) primary key, user_id short_id not null references users, status order_status not null default 'PENDING',
    shipping_address_id short_id not null references addresses, billing_address_id short_id not null references addresses,
    created_at timestamptz not null default current_timestamp, updated_at timestamptz not null default current_timestamp
);
create index on orders (user_id, created_at, number);
create index on orders (shipping_address_id);
create index on orders (billing_address_id);
create table order_items (
    order_number varchar(20) not null references orders on update cascade, line_no smallint not null,
    variant_sku varchar(40) not null references product_variants on update cascade on delete restrict,
    quantity int not null check (quantity > 0), unit_price numeric(8, 2) not null check (unit_price >= 0.00), primary key (order_number, line_no)
);
create index on order_items (variant_sku);
create function written_once() returns trigger language plpgsql as $$
begin
    if (new.quantity, new.unit_price) is distinct from (old.quantity, old.unit_price) then raise exception 'cancel the order and write another one'; end if;
    return new;
end $$;
create trigger written_once before update on order_items for each row execute function written_once();
create table order_status_events (
    id short_id primary key default new_id(), order_number varchar(20) not null references orders on update cascade on delete cascade,
    status order_status not null, changed_at timestamptz not null default clock_timestamp()
);
create index on order_status_events (order_number, changed_at);
create table payments (
    order_number varchar(20) not null references orders on update cascade, payment_no smallint not null, amount numeric(8, 2) not null check (amount >= 0),
    last4 char(4), primary key (order_number, payment_no)
);

create table inventories (
    variant_sku varchar(40) primary key references product_variants on update cascade on delete cascade,
    stock_quantity integer not null default 0 check (stock_quantity >= 0)
);
create function shelf_for_variant() returns trigger language plpgsql as $$
begin
    insert into inventories (variant_sku) values (new.sku);
    return new;
end $$;
create trigger shelf_for_variant after insert on product_variants for each row execute function shelf_for_variant();
create table stock_movements (
    id short_id primary key default new_id(), variant_sku varchar(40) not null references product_variants on update cascade on delete cascade,
    qty_change integer not null check (qty_change <> 0), movement_type movement_type not null, created_at timestamptz not null default current_timestamp
);
create index on stock_movements (variant_sku);
create function move_stock() returns trigger language plpgsql as $$
declare
    sold boolean := old.status = 'PENDING' and new.status in ('PAID', 'SHIPPED', 'DELIVERED');
    back boolean := old.status in ('PAID', 'SHIPPED') and new.status = 'CANCELLED';
    line record;
begin
    if not (sold or back) then return null; end if;
    for line in select variant_sku, quantity * (case when sold then -1 else 1 end) as change from order_items where order_number = new.number order by 1 loop
        update inventories set stock_quantity = stock_quantity + line.change where variant_sku = line.variant_sku;
        insert into stock_movements (variant_sku, qty_change, movement_type)
        values (line.variant_sku, line.change, (case when sold then 'SALE' else 'RETURN' end)::movement_type);
    end loop;
    return null;
end $$;
create trigger move_stock after update of status on orders for each row execute function move_stock();

create table reviews (
    id short_id primary key default new_id(), user_id short_id not null references users on delete cascade,
    product_sku varchar(30) not null references products on update cascade on delete cascade, order_number varchar(20) references orders on update cascade,
    rating smallint not null check (rating = any (array[1, 2, 3, 4, 5])), verified boolean not null default false,
    created_at timestamptz not null default current_timestamp, updated_at timestamptz not null default current_timestamp, unique (product_sku, user_id)
);
create index on reviews (user_id);
create index on reviews (order_number);
create function truly_verified() returns trigger language plpgsql as $$
begin
    new.verified := new.verified and new.order_number is not null;
    return new;
end $$;
create trigger truly_verified before insert or update on reviews for each row execute function truly_verified();
create table review_votes (
    review_id short_id not null references reviews on delete cascade, user_id short_id not null references users on delete cascade,
    is_helpful boolean not null, primary key (review_id, user_id)
);
create index on review_votes (user_id);
