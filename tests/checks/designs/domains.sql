-- Every rule in a domain, domains over domains, NOT NULL in a domain; identity ALWAYS.
create domain label as varchar(200) check (value <> '' and value = btrim(value));
create domain required_label as label not null;
create domain email_address as varchar(254) check (value ~ '^[^@\s]+@[^@\s]+\.[a-z]+$' and value = lower(value));
create domain amount as numeric(12, 4) check (value >= 0);
create domain price as amount check (value < 100000) not null;
create domain moment as timestamptz not null default clock_timestamp();
create domain flag as boolean not null;
create table "user" (
    id int generated always as identity primary key, email email_address not null unique, password_hash text not null check (length(password_hash) >= 60),
    first_name required_label, last_name required_label, is_active flag default true, is_verified flag default false,
    created_at moment, updated_at moment
);
create table category (id int generated always as identity primary key, name required_label, parent_id int references category);
create table product (
    id int generated always as identity primary key, name required_label, description text, price price,
    sku varchar(20) not null unique check (sku ~ '^[A-Z]{2,4}-\d{4}$'), category_id int not null references category,
    created_at moment, updated_at moment
);

create index on category (parent_id);
create index on product (category_id);
create index on product using gin (to_tsvector('simple', name));

create domain how_many as int check (value > 0);
create domain how_many_at_least_one as how_many not null;
create domain status_label as text check (value in ('pending', 'paid', 'shipped', 'delivered', 'cancelled')) not null;
create domain movement_label as text check (value in ('addition', 'sale', 'adjustment')) not null;
create domain place as smallint check (value between 0 and 999) not null;
create domain stars as smallint check (value >= 1) check (value <= 5) not null;
create domain pieces as int check (value >= 0) not null;
create domain moved as int check (value <> 0) not null;

create table product_variant (
    id int generated always as identity primary key, product_id int not null references product on delete cascade,
    sku varchar(20) not null unique, size label, color label, unique nulls not distinct (product_id, size, color)
);
create table product_image (
    id int generated always as identity primary key, product_id int not null references product on delete cascade,
    url required_label, display_order place, unique (product_id, display_order)
);
create table price_history (
    id int generated always as identity primary key, product_id int not null references product on delete cascade,
    old_price amount, new_price price, changed_at moment
);
create index on price_history (product_id);
create table address (
    id int generated always as identity primary key, user_id int not null references "user" on delete cascade,
    line1 required_label, city required_label, postal_code label, country required_label
);
create index on address (user_id);
create table cart_item (
    id int generated always as identity primary key, user_id int not null references "user" on delete cascade,
    product_variant_id int not null references product_variant on delete cascade, quantity how_many_at_least_one,
    created_at moment, updated_at moment, unique (user_id, product_variant_id)
);
create index on cart_item (product_variant_id);
create table "order" (
    id int generated always as identity primary key, user_id int not null references "user" on delete restrict,
    status status_label default 'pending', shipping_address_id int not null references address, billing_address_id int not null references address,
    created_at moment, updated_at moment
);
create index on "order" (user_id, id desc);
create index on "order" (shipping_address_id);
create index on "order" (billing_address_id);
create table order_item (
    id int generated always as identity primary key, order_id int not null references "order" on delete restrict,
    product_variant_id int not null references product_variant on delete restrict, quantity how_many_at_least_one, unit_price price
);
create index on order_item (order_id);
create index on order_item (product_variant_id);
create table order_status_history (
    id int generated always as identity primary key, order_id int not null references "order" on delete cascade,
    status status_label, changed_at moment
);
create index on order_status_history (order_id);
create table payment (id int generated always as identity primary key, order_id int not null references "order", amount price);
create index on payment (order_id);

-- An order is written as pending and goes one step at a time; stock leaves as it is shipped.
create function one_step() returns trigger language plpgsql as $$
declare road constant text[] := '{pending,paid,shipped,delivered}';
begin
    if tg_op = 'INSERT' then
        if new.status <> 'pending' then raise exception 'a new order is pending'; end if;
    elsif new.status = 'cancelled' then
        if old.status <> 'pending' then raise exception 'too late to cancel'; end if;
    elsif new.status <> old.status and array_position(road, new.status::text) is distinct from array_position(road, old.status::text) + 1 then
        raise exception 'no way from % to %', old.status, new.status;
    end if;
    return new;
end $$;
create trigger one_step before insert or update on "order" for each row execute function one_step();

create table inventory (
    id int generated always as identity primary key, product_variant_id int not null unique references product_variant on delete cascade,
    quantity pieces
);
create table stock_movement (
    id int generated always as identity primary key, product_variant_id int not null references product_variant on delete cascade,
    quantity_change moved, movement_type movement_label, created_at moment
);
create index on stock_movement (product_variant_id);
create function ship() returns trigger language plpgsql as $$
declare line record;
begin
    for line in select * from order_item where order_id = new.id order by product_variant_id loop
        update inventory set quantity = quantity - line.quantity where product_variant_id = line.product_variant_id;
        if not found then raise exception 'variant % was never in stock', line.product_variant_id; end if;
        insert into stock_movement (product_variant_id, quantity_change, movement_type)
        values (line.product_variant_id, -line.quantity, 'sale');
    end loop;
    return null;
end $$;
create trigger ship after update on "order" for each row when (old.status <> 'shipped' and new.status = 'shipped') execute function ship();

create table review (
    id int generated always as identity primary key, user_id int not null references "user" on delete cascade,
    product_id int not null references product on delete cascade, order_id int references "order" on delete cascade, rating stars,
    is_verified_purchase boolean generated always as (order_id is not null) stored, created_at moment, updated_at moment,
    unique (user_id, product_id)
);
create index on review (product_id);
create index on review (order_id);
create table review_vote (
    id int generated always as identity primary key, review_id int not null references review on delete cascade,
    user_id int not null references "user" on delete cascade, is_helpful flag, unique (review_id, user_id)
);
create index on review_vote (user_id);
