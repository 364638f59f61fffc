-- Extra columns that nobody foresaw, each NOT NULL and each with a will of its own; look-up tables; an audit log written by triggers.
create type status as enum ('draft', 'live', 'gone');
create domain money_amount as numeric check (value = round(value, 2)) check (value >= 0);
create table countries (code char(2) primary key check (code = upper(code)), name text not null);
insert into countries values ('DE', 'Germany'), ('FR', 'France');
create table log (id bigserial primary key, what text not null, at timestamptz not null default now());
create function note() returns trigger language plpgsql as $$ begin insert into log (what) values (tg_table_name || ' ' || tg_op); return null; end $$;
create table users (
    id bigserial primary key,
    email varchar(254) not null unique check (email like '%_@__%.__%') check (email = lower(btrim(email))),
    password_hash text not null check (password_hash like '$argon2id$%'),
    first_name text not null check (first_name <> ''), last_name text not null check (char_length(last_name) between 1 and 60),
    is_active boolean not null default true, is_verified boolean not null default false,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), check (updated_at >= created_at),
    phone text not null check (phone ~ '^\+[1-9][0-9]{7,14}$'), country char(2) not null references countries,
    locale text not null check (locale in ('de-DE', 'en-GB')), referral_code char(8) not null unique check (referral_code ~ '^[A-Z0-9]{8}$'),
    preferences jsonb not null check (preferences ? 'newsletter'), external_id uuid not null unique, interests text[] not null check (cardinality(interests) > 0),
    born date not null check (extract(year from born) < 2010), member_since daterange not null check (not isempty(member_since)),
    "Loyalty Level" smallint not null check ("Loyalty Level" in (3, 5, 8)), check (num_nulls(first_name, last_name) = 0)
);
create trigger note after insert or update or delete on users for each row execute function note();
create table categories (
    id bigserial primary key, name text not null, parent_id bigint references categories, position int not null default 0,
    slug text not null check (slug = lower(replace(name, ' ', '-'))), depth int generated always as (position + 1) stored
);
create trigger note after insert on categories for each statement execute function note();
create table products (
    id bigserial primary key, name text not null, description text, price money_amount not null, sku text not null unique,
    category_id bigint not null references categories, status status not null, cost numeric(10, 2) not null, compare_at_price numeric(10, 2),
    weight numeric(6, 3) not null check (weight > 0.05 and weight < 30), created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    launched timestamptz, check ((status = 'live') = (launched is not null)), check (cost <= price), check (compare_at_price > price),
    search tsvector generated always as (to_tsvector('english', name || ' ' || coalesce(description, ''))) stored
);
create trigger note after insert or update or delete on products for each row execute function note();

create index on users (country);
create index on categories (parent_id);
create index on products (category_id);
create index on products using gin (search);
create index on products (lower(name) text_pattern_ops);

create table product_variants (
    id bigserial primary key, product_id bigint not null references products on delete cascade,
    sku text not null unique check (sku = upper(sku)), size text, color text, constraint size_or_color check (num_nonnulls(size, color) >= 1),
    unique nulls not distinct (product_id, size, color), barcode char(13) not null unique check (barcode ~ '^[0-9]{13}$'),
    length_mm int not null, width_mm int not null check (width_mm <= length_mm), attributes jsonb not null check (jsonb_typeof(attributes) = 'array')
);
create table product_images (
    id bigserial primary key, product_id bigint not null references products on delete cascade, variant_id bigint references product_variants on delete set null,
    url text not null check (url like 'https://%'), display_order int not null check (display_order > 0),
    alt text not null check (alt <> ''), width int not null, height int not null, check (width > 0 and height > 0 and width <= 3 * height),
    check (width + height > 200), unique (product_id, display_order), checksum bytea not null unique
);
create index on product_images (variant_id);
create table price_history (
    id bigserial primary key, product_id bigint not null references products on delete cascade, old_price money_amount,
    new_price money_amount not null, changed_at timestamptz not null default now(), changed_by text not null default current_user,
    check (old_price is distinct from new_price)
);
create index on price_history (product_id);
create function keep_price() returns trigger language plpgsql as $$
begin
    insert into price_history (product_id, old_price, new_price) values (new.id, old.price, new.price);
    return null;
end $$;
create trigger keep_price after update of price on products for each row when (old.price is distinct from new.price) execute function keep_price();

create table addresses (
    id bigserial primary key, user_id bigint not null references users on delete cascade, label text not null,
    kind text not null check (kind in ('home', 'work', 'other')), line1 text not null check (length(line1) >= 3), line2 text, city text not null,
    postal_code text not null check (postal_code ~ '^[0-9]{5}$'), country char(2) not null references countries, phone text,
    location point not null, note text check (length(note) < 200)
);
create index on addresses (user_id);
create index on addresses (country);
create table cart_items (
    id bigserial primary key, user_id bigint not null references users on delete cascade,
    variant_id bigint not null references product_variants on delete cascade, quantity int not null check (quantity between 1 and 99),
    session_token uuid not null, wrap boolean not null, wrap_note text, check (wrap or wrap_note is null),
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (user_id, variant_id)
);
create index on cart_items (variant_id);
create type order_state as enum ('new', 'pending', 'paid', 'shipped', 'delivered', 'returned', 'cancelled');
create table orders (
    id bigserial primary key, user_id bigint not null references users, status order_state not null,
    shipping_address_id bigint not null references addresses, billing_address_id bigint not null references addresses,
    number text not null unique check (number ~ '^[A-Z]{2}-[0-9]{6}$'), subtotal money_amount not null, tax money_amount not null,
    shipping_cost money_amount not null, total money_amount not null check (total = subtotal + tax + shipping_cost),
    currency char(3) not null check (currency in ('EUR', 'USD')), channel text not null check (channel in ('web', 'app', 'phone')),
    ip inet not null, paid_at timestamptz, check (status in ('new', 'pending', 'cancelled') or paid_at is not null),
    delivery_window tstzrange not null check (upper(delivery_window) > lower(delivery_window)),
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
create index on orders (user_id, created_at);
create index on orders (shipping_address_id);
create index on orders (billing_address_id);
create function stamp() returns trigger language plpgsql as $$
begin
    if new.status not in ('new', 'pending', 'cancelled') then new.paid_at := coalesce(new.paid_at, now()); end if;
    return new;
end $$;
create trigger stamp before insert or update on orders for each row execute function stamp();
create trigger note after insert or update or delete on orders for each row execute function note();
create table order_items (
    id bigserial primary key, order_id bigint not null references orders on delete cascade,
    variant_id bigint not null references product_variants on delete restrict, quantity int not null check (quantity > 0),
    unit_price money_amount not null, tax_rate numeric(4, 2) not null check (tax_rate in (7, 19)), discount money_amount not null,
    check (discount <= unit_price), line_total numeric generated always as (quantity * (unit_price - discount)) stored,
    title text not null check (title <> '')
);
create index on order_items (order_id);
create index on order_items (variant_id);
create table order_status_history (
    id bigserial primary key, order_id bigint not null references orders on delete cascade, status order_state not null,
    changed_at timestamptz not null default now(), actor text not null check (actor in ('system', 'staff', 'customer')), reason text
);
create index on order_status_history (order_id);
create table payments (
    id bigserial primary key, order_id bigint not null references orders, amount money_amount not null,
    provider text not null check (provider in ('adyen', 'paypal')), provider_reference text not null unique check (length(provider_reference) = 20),
    last4 text not null check (last4 ~ '^[0-9]{4}$'), captured_at timestamptz not null, refunded_at timestamptz check (refunded_at > '2020-01-01'),
    check (refunded_at >= captured_at), fee money_amount not null check (fee <= 0.1 * amount or fee <= 1)
);
create index on payments (order_id);

create table warehouses (code char(3) primary key, city text not null);
insert into warehouses values ('BER', 'Berlin');
create table inventory (
    id bigserial primary key, variant_id bigint not null unique references product_variants on delete cascade,
    warehouse char(3) not null references warehouses, quantity int not null check (quantity >= 0), reserved int not null default 0,
    bin text not null check (bin ~ '^[A-F][0-9]{2}$'), reorder_at smallint not null check (reorder_at between 1 and 500)
);
create index on inventory (warehouse);
create type movement as enum ('receipt', 'sale', 'adjustment');
create table stock_movements (
    id bigserial primary key, variant_id bigint not null references product_variants on delete cascade, quantity_change int not null check (quantity_change <> 0),
    movement_type movement not null, created_at timestamptz not null default now(), actor text not null check (actor <> ''),
    reason text check (reason <> '')
);
create index on stock_movements (variant_id);
create function sell() returns trigger language plpgsql as $$
begin
    if exists (select from order_items i where i.order_id = new.id and not exists (select from inventory s where s.variant_id = i.variant_id)) then
        raise exception 'there is something in order % that was never in stock', new.number;
    end if;
    insert into stock_movements (variant_id, quantity_change, movement_type, actor)
    select variant_id, -sum(quantity), 'sale', 'system' from order_items where order_id = new.id group by variant_id;
    update inventory s set quantity = s.quantity - i.quantity
    from (select variant_id, sum(quantity)::int as quantity from order_items where order_id = new.id group by variant_id) i
    where i.variant_id = s.variant_id;
    return null;
end $$;
create trigger sell after update on orders
for each row when (old.status in ('new', 'pending') and new.status in ('paid', 'shipped', 'delivered')) execute function sell();

create table reviews (
    id bigserial primary key, user_id bigint not null references users on delete cascade, product_id bigint not null references products on delete cascade,
    order_id bigint references orders, rating int not null check (rating >= 1 and rating <= 5), title text not null check (title <> ''),
    body text not null check (length(body) between 10 and 5000), language char(2) not null check (language in ('de', 'en')),
    is_verified_purchase boolean not null default false check (not is_verified_purchase or order_id is not null),
    moderated boolean not null, moderator text, check (moderated = (moderator is not null)),
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (user_id, product_id)
);
create index on reviews (product_id);
create index on reviews (order_id);
create table review_votes (
    id bigserial primary key, review_id bigint not null references reviews on delete cascade, user_id bigint not null references users on delete cascade,
    is_helpful boolean not null, weight numeric(3, 2) not null check (weight > 0 and weight <= 1), created_at timestamptz not null default now(),
    unique (review_id, user_id)
);
create index on review_votes (user_id);
