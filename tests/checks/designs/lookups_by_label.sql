-- Statuses and movement types in look-up tables keyed by label; a table named "order"; movements hang on the inventory, all of them
-- with positive quantities: the look-up table knows the direction; categories at the top are their own parent.
create table order_status (label varchar(20) primary key, place smallint not null unique);
insert into order_status values ('pending', 1), ('paid', 2), ('shipped', 3), ('delivered', 4), ('cancelled', 9);
create table movement_kind (label varchar(20) primary key, direction smallint not null check (direction in (-1, 1)));
insert into movement_kind values ('addition', 1), ('sale', -1), ('adjustment', 1), ('shrinkage', -1);
create table country (code char(2) primary key, name text not null unique);
insert into country values ('DE', 'Germany'), ('AT', 'Austria'), ('CH', 'Switzerland');

create table account (
    id bigint generated always as identity primary key, email varchar(254) not null, password_hash varchar(120) not null,
    first_name varchar(80) not null default '', last_name varchar(80) not null default '',
    is_active boolean not null default true, is_verified boolean not null default false,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
create unique index account_email on account (lower(email) varchar_pattern_ops);
create table category (
    id bigint generated always as identity primary key, name varchar(80) not null,
    parent_id bigint not null references category deferrable initially deferred
);
create index on category (parent_id);
create table product (
    id bigint generated always as identity primary key, name varchar(200) not null, description text, base_price numeric(12, 2) not null check (base_price >= 0),
    sku varchar(60) not null unique, category_id bigint not null references category,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
create index on product (category_id);
create index on product (name varchar_pattern_ops);
create table product_variant (
    id bigint generated always as identity primary key, product_id bigint not null references product on delete cascade, sku varchar(60) not null unique,
    size varchar(20) not null default '', color varchar(20) not null default '', unique (product_id, size, color)
);
create table product_image (
    id bigint generated always as identity primary key, product_id bigint not null references product on delete cascade,
    src varchar(400) not null, rank int not null
);
create index on product_image (product_id, rank);
create table price_change (
    id bigint generated always as identity primary key, product_id bigint not null references product on delete cascade,
    previous_price numeric(12, 2) not null, price numeric(12, 2) not null, changed_at timestamptz not null default clock_timestamp()
);
create index on price_change (product_id);
create table user_address (
    id bigint generated always as identity primary key, account_id bigint not null references account on delete cascade,
    street varchar(120) not null, city varchar(80) not null, postcode varchar(12), country_code char(2) not null references country
);
create index on user_address (account_id);
create index on user_address (country_code);
create table cart_item (
    account_id bigint not null references account on delete cascade, variant_id bigint not null references product_variant on delete cascade,
    quantity int not null check (quantity > 0), created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    primary key (variant_id, account_id)
);
create index on cart_item (account_id);
create table "order" (
    id bigint generated always as identity primary key, account_id bigint not null references account,
    status varchar(20) not null default 'pending' references order_status on update cascade,
    shipping_address_id bigint not null references user_address, billing_address_id bigint not null references user_address,
    ordered_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
create index on "order" (account_id, ordered_at desc, id desc);
create index on "order" (status);
create index on "order" (shipping_address_id);
create index on "order" (billing_address_id);
create table line_item (
    id bigint generated always as identity primary key, order_id bigint not null references "order" on delete cascade,
    variant_id bigint not null references product_variant, quantity int not null check (quantity > 0),
    purchase_price numeric(12, 2) not null check (purchase_price >= 0)
);
create index on line_item (order_id);
create index on line_item (variant_id);
create table order_status_change (
    order_id bigint not null references "order" on delete cascade, change_no int not null, new_status varchar(20) not null references order_status on update cascade,
    changed_at timestamptz not null default clock_timestamp(), primary key (order_id, change_no)
);
create index on order_status_change (new_status);
create function note_change() returns trigger language plpgsql as $$
begin
    insert into order_status_change (order_id, change_no, new_status)
    select new.id, coalesce(max(change_no), 0) + 1, new.status from order_status_change where order_id = new.id;
    return null;
end $$;
create trigger note_change after update of status on "order" for each row when (old.status <> new.status) execute function note_change();
create table payment (
    id bigint generated always as identity primary key, order_id bigint not null references "order", amount numeric(12, 2) not null check (amount >= 0)
);
create index on payment (order_id);

create table stock_level (
    id bigint generated always as identity primary key, variant_id bigint not null unique references product_variant on delete cascade,
    quantity_on_hand int not null check (quantity_on_hand >= 0)
);
create table stock_movement (
    id bigint generated always as identity primary key, stock_level_id bigint not null references stock_level on delete cascade,
    quantity int not null check (quantity > 0), kind varchar(20) not null references movement_kind, created_at timestamptz not null default now()
);
create index on stock_movement (stock_level_id);
create index on stock_movement (kind);
create function sell() returns trigger language plpgsql as $$
declare
    line record;
    place bigint;
begin
    if (select s.place from order_status s where s.label = old.status) > 1
        or (select s.place from order_status s where s.label = new.status) not between 2 and 4 then
        return new;
    end if;
    for line in select variant_id, sum(quantity)::int as pieces from line_item where order_id = new.id group by 1 order by 1 loop
        update stock_level set quantity_on_hand = quantity_on_hand - line.pieces where variant_id = line.variant_id returning id into place;
        insert into stock_movement (stock_level_id, quantity, kind) values (place, line.pieces, 'sale');
    end loop;
    return new;
end $$;
create trigger sell before update of status on "order" for each row execute function sell();

create table review (
    id bigint generated always as identity primary key, account_id bigint not null references account on delete cascade,
    product_id bigint not null references product on delete cascade, line_item_id bigint references line_item on delete set null,
    rating smallint not null check (rating between 1 and 5), verified boolean not null generated always as (line_item_id is not null) stored,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (account_id, product_id)
);
create index on review (product_id);
create index on review (line_item_id);
create table review_helpfulness (
    review_id bigint not null references review on delete cascade, account_id bigint not null references account on delete cascade,
    vote boolean not null, primary key (review_id, account_id)
);
create index on review_helpfulness (account_id);
