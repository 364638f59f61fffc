-- Statuses and movement types as small numbers with look-up tables; whole-number keys of three sizes; stock leaves as the parcel does;
-- a status is walked one step at a time and an order refuses lines once it is paid; plurals and singulars mixed.
create table order_statuses (id smallint primary key, name text not null unique);
insert into order_statuses values (10, 'Pending'), (20, 'Paid'), (30, 'Shipped'), (40, 'Delivered'), (90, 'Cancelled');
create table movement_types (id smallint primary key, code text not null unique);
insert into movement_types values (1, 'RESTOCK'), (2, 'SALE'), (3, 'ADJUSTMENT');

create table users (
    id serial primary key, email text not null, password_hash text not null, first_name text, last_name text, is_active boolean not null default true,
    is_verified boolean not null default false, created_at timestamp not null default now(), updated_at timestamp not null default now(),
    constraint lower_case check (email = lower(email)), constraint one_account_each unique (email)
);
create table categories (id smallserial primary key, name text not null, parent_id smallint references categories on delete restrict, unique (parent_id, name));
create table products (
    id bigserial primary key, name text not null, description text, price numeric(9, 2) not null check (price between 0 and 99999.99), sku text not null unique,
    category_id smallint not null references categories, created_at timestamp not null default now(), updated_at timestamp not null default now()
);
create index on products (category_id);
create index on products (lower(name));
create table product_variants (
    id bigserial primary key, product_id bigint not null references products on delete cascade, sku text not null unique, size text, color text
);
create unique index on product_variants (product_id, size, color) nulls not distinct;
create table images (
    product_id bigint not null references products on delete cascade, ordinal smallint not null, url text not null, primary key (product_id, ordinal)
);
create table price_history (
    id bigserial primary key, product_id bigint not null references products on delete restrict, old_price numeric(9, 2), new_price numeric(9, 2) not null,
    created_at timestamp not null default clock_timestamp()
);
create index on price_history (product_id, created_at desc);
create table addresses (
    id serial primary key, user_id int not null references users on delete cascade, line1 text not null, city text not null, postal_code text not null default '',
    country text not null
);
create index on addresses (user_id);
create table cart_items (
    id serial primary key, user_id int not null references users on delete cascade, variant_id bigint not null references product_variants,
    quantity smallint not null check (quantity > 0), created_at timestamp not null default now(), updated_at timestamp not null default now(),
    unique (user_id, variant_id)
);
create index on cart_items (variant_id);
create table orders (
    id bigserial primary key, user_id int not null references users, status_id smallint not null default 10 references order_statuses,
    shipping_address_id int not null references addresses, billing_address_id int not null references addresses,
    created_at timestamp not null default now(), updated_at timestamp not null default now()
);
create index on orders (user_id, id);
create index on orders (user_id, created_at);
create index on orders (status_id);
create index on orders (shipping_address_id);
create index on orders (billing_address_id);
create table order_items (
    id bigserial primary key, order_id bigint not null references orders on delete cascade, variant_id bigint not null references product_variants,
    quantity smallint not null check (quantity > 0), unit_price numeric(9, 2) not null check (unit_price >= 0)
);
create index on order_items (order_id);
create index on order_items (variant_id);
create table order_status_history (
    id bigserial primary key, order_id bigint not null references orders on delete cascade, status_id smallint not null references order_statuses,
    changed_at timestamp not null default clock_timestamp()
);
create index on order_status_history (order_id);
create index on order_status_history (status_id);
create table payments (
    id bigserial primary key, order_id bigint not null references orders, amount numeric(9, 2) not null check (amount >= 0), last4 varchar(4)
);
create index on payments (order_id);

create function one_step() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status_id <> 10 then raise exception 'new orders are pending' using errcode = 'check_violation'; end if;
    elsif new.status_id not in (old.status_id, old.status_id + 10) and not (old.status_id = 10 and new.status_id = 90) then
        raise exception 'status % does not follow %', new.status_id, old.status_id using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger one_step before insert or update on orders for each row execute function one_step();
create function open_order() returns trigger language plpgsql as $$
begin
    if (select status_id from orders where id = coalesce(new.order_id, old.order_id)) > 10 then raise exception 'this order is closed'; end if;
    return coalesce(new, old);
end $$;
create trigger open_order before insert or update or delete on order_items for each row execute function open_order();

create table inventory (
    variant_id bigint not null, quantity_available int not null default 0 check (quantity_available >= 0), primary key (variant_id),
    foreign key (variant_id) references product_variants on delete cascade
);
create table inventory_movements (
    id bigserial primary key, variant_id bigint not null references inventory on delete cascade, change int not null check (change <> 0),
    movement_type_id smallint not null references movement_types, created_at timestamp not null default now(),
    check (movement_type_id <> 2 or change < 0), check (movement_type_id <> 1 or change > 0)
);
create index on inventory_movements (variant_id);
create index on inventory_movements (movement_type_id);
create function ship() returns trigger language plpgsql as $$
declare n int;
begin
    select count(*) into n from order_items i left join inventory s using (variant_id)
    where i.order_id = new.id and s.variant_id is null;
    if n > 0 then raise exception '% lines of order % were never in stock', n, new.id; end if;
    update inventory s set quantity_available = quantity_available - i.pieces
    from (select variant_id, sum(quantity) as pieces from order_items where order_id = new.id group by 1) i where i.variant_id = s.variant_id;
    insert into inventory_movements (variant_id, change, movement_type_id)
    select variant_id, -quantity, 2 from order_items where order_id = new.id;
    return null;
end $$;
create trigger ship after update of status_id on orders for each row when (old.status_id = 20 and new.status_id = 30) execute function ship();

create table reviews (
    id bigserial primary key, user_id int not null references users on delete cascade, product_id bigint not null references products on delete cascade,
    order_id bigint references orders on delete set null, rating smallint not null check (rating between 1 and 5), is_verified boolean not null default false,
    created_at timestamp not null default now(), updated_at timestamp not null default now()
);
create index on reviews (user_id);
create index on reviews (product_id);
create index on reviews (order_id);
create function bought() returns trigger language plpgsql as $$
begin
    if new.is_verified and not exists (select from orders where id = new.order_id and user_id = new.user_id and status_id = 40) then
        raise exception 'verified, but by no delivered order';
    end if;
    return new;
end $$;
create trigger bought before insert or update on reviews for each row
when (new.order_id is not null or new.is_verified) execute function bought();
create table review_votes (
    review_id bigint not null references reviews on delete cascade, user_id int not null references users on delete cascade, is_helpful boolean not null,
    primary key (user_id, review_id)
);
create index on review_votes (review_id);
