-- Schemas that are right for step 6 but leave one piece of good practice out: the step passes, and the advice says so.
-- Written like step2.sql.

-- indexes.word-search: beginnings of names only
-- says: products | name | GIN
drop index products_search;

-- indexes.word-search: words of the SKU
-- says: products | name
drop index products_search;
create index on products using gin (to_tsvector('english', sku));

-- indexes.no-repeats: twice the same
-- says: order_items | order_items_order
create index order_items_order_again on order_items (order_id);

-- indexes.no-repeats: a unique one beside a plain one
-- says: products | by_sku | products_sku_key
create index by_sku on products (sku);

-- indexes.no-repeats: the beginning of another one
-- says: orders | orders_user | beginning | orders_user_newest
create index orders_user on orders (user_id);

-- indexes.no-repeats: the beginning of a primary key
-- says: cart_items | cart_user | cart_items_pkey
create index cart_user on cart_items (user_id);

-- indexes.no-repeats: the same from the other end
-- says: orders | orders_user_oldest
create index orders_user_oldest on orders (user_id desc, created_at);

-- indexes.no-repeats: two unique ones
-- says: users | users_email_twice | users_email_key
create unique index users_email_twice on users (email);
