create table bundles (
    id serial primary key,
    name varchar(200) not null,
    price numeric(10, 2) not null constraint bundle_price_not_negative check (price >= 0)
);

create table bundle_items (
    bundle_id int not null constraint bundle_items_bundle_fkey references bundles on delete cascade,
    product_variant_id int not null constraint bundle_items_variant_fkey references product_variants,
    quantity int not null default 1 constraint bundle_quantity_positive check (quantity > 0),
    constraint bundle_items_pkey primary key (bundle_id, product_variant_id)
);
create index bundle_items_variant on bundle_items (product_variant_id);
