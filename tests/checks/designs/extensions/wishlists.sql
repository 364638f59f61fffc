create table wishlist_items (
    user_id bigint not null constraint wishlist_items_user_fkey references users on delete cascade,
    product_id int not null constraint wishlist_items_product_fkey references products on delete cascade,
    constraint wishlist_items_pkey primary key (user_id, product_id)
);
create index wishlist_items_product on wishlist_items (product_id);
