-- The four tables that the published schema lacks, as plain as can be: nothing writes them but programs. With them
-- there, nothing of the rest is hidden any more.
create table price_history (
    id serial primary key,
    product_id integer not null references products on delete cascade,
    old_price numeric(10, 2),
    new_price numeric(10, 2) not null,
    changed_at timestamptz not null default now()
);
create index idx_price_history_product on price_history (product_id);

create table order_status_history (
    id serial primary key,
    order_id integer not null references orders on delete cascade,
    status orderstatus not null,
    changed_at timestamptz not null default now()
);
create index idx_order_status_history_order on order_status_history (order_id);

create table payments (
    id serial primary key,
    order_id integer not null references orders on delete restrict,
    amount numeric(10, 2) not null check (amount >= 0),
    method varchar(50) not null,
    reference varchar(255)
);
create index idx_payments_order on payments (order_id);

create table review_votes (
    review_id integer not null references reviews on delete cascade,
    user_id integer not null references users on delete cascade,
    is_helpful boolean not null,
    primary key (review_id, user_id)
);
create index idx_review_votes_user on review_votes (user_id);
