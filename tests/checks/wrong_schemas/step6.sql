-- Wrong schemas for step 6: each is the reference with one MUST broken, openly or slyly. Written like step2.sql.
-- queries.order-history, which is about the project folder, has its own in test_order_history.py.

-- indexes.login: no index
-- says: users | email | whole
drop index users_email_lower;
alter table users drop constraint users_email_key;

-- indexes.login: second place
-- says: users | email | not as its first column
drop index users_email_lower;
alter table users drop constraint users_email_key, add unique (is_active, email);

-- indexes.login: only some users
-- says: users | email | only the rows
drop index users_email_lower;
alter table users drop constraint users_email_key;
create unique index on users (email) where is_active;

-- indexes.login: only some addresses
-- says: users | email | only the rows
drop index users_email_lower;
alter table users drop constraint users_email_key;
create unique index on users (email) where email like '%.example';

-- indexes.login: BRIN
-- says: users | email | BRIN
drop index users_email_lower;
alter table users drop constraint users_email_key;
create index on users using brin (email);

-- indexes.login: the first letters
-- says: users | email | expression
drop index users_email_lower;
alter table users drop constraint users_email_key;
create unique index on users (left(email, 3));

-- indexes.login: an index whose build did not finish
-- as: superuser
-- says: users | email | invalid
-- also: indexes.finished
drop index users_email_lower;
update pg_index set indisvalid = false where indexrelid = 'users_email_key'::regclass;

-- indexes.product-search: no index
-- says: products | name | whole
drop index products_search;
drop index products_name;

-- indexes.product-search: second place
-- says: products | name | not as its first column
drop index products_search;
drop index products_name;
create index on products (price, name);

-- indexes.product-search: words of the description only
-- says: products | name
drop index products_name;
drop index products_search;
create index on products using gin (to_tsvector('english', description));

-- indexes.product-search: dear products only
-- says: products | name | only the rows
drop index products_name;
drop index products_search;
create index on products (name) where price > 100;

-- indexes.product-search: names of one half of the alphabet
-- says: products | name | only the rows
drop index products_name;
drop index products_search;
create index on products (name) where name > 'm';

-- indexes.product-search: the first letters
-- says: products | name | expression
drop index products_name;
drop index products_search;
create index on products (left(name, 2));

-- indexes.product-search: BRIN
-- says: products | name | BRIN
drop index products_name;
drop index products_search;
create index on products using brin (name);

-- indexes.product-search: how long the name is
-- says: products | name
drop index products_name;
drop index products_search;
create index on products (length(name));

-- indexes.order-history: the user alone
-- says: orders | user_id | sorted | created_at
drop index orders_user_newest;
create index on orders (user_id);

-- indexes.order-history: two indexes for two columns
-- says: orders | sorted
drop index orders_user_newest;
create index on orders (user_id);
create index on orders (created_at);

-- indexes.order-history: time first
-- says: orders | user_id | not as its first column
-- also: indexes.foreign-keys
drop index orders_user_newest;
create index on orders (created_at, user_id);

-- indexes.order-history: the time only carried along
-- says: orders | user_id | sorted
drop index orders_user_newest;
create index on orders (user_id) include (created_at);

-- indexes.order-history: something in between
-- says: orders | user_id | sorted
drop index orders_user_newest;
create index on orders (user_id, status, created_at desc);

-- indexes.order-history: only what is pending
-- says: orders | user_id | only the rows
-- also: indexes.foreign-keys
drop index orders_user_newest;
create index on orders (user_id, created_at desc) where status = 'pending';

-- indexes.order-history: none
-- says: orders | user_id
-- also: indexes.foreign-keys
drop index orders_user_newest;

-- indexes.order-history: by a time that later changes
-- says: orders | user_id | sorted
drop index orders_user_newest;
create index on orders (user_id, updated_at desc);

-- indexes.cart: user in the second place
-- says: cart_items | user_id | not as its first column
-- also: indexes.foreign-keys
alter table cart_items drop constraint cart_items_pkey, add constraint cart_items_pkey primary key (product_variant_id, user_id);

-- indexes.cart: a number for a key, and a partial index
-- says: cart_items | user_id | only the rows
-- also: indexes.foreign-keys
alter table cart_items drop constraint cart_items_pkey, add id serial primary key, add unique (product_variant_id, user_id);
create index on cart_items (user_id) where quantity > 1;

-- indexes.cart: BRIN
-- says: cart_items | user_id
-- also: indexes.foreign-keys
alter table cart_items drop constraint cart_items_pkey, add id serial primary key, add unique (product_variant_id, user_id);
create index on cart_items using brin (user_id);

-- indexes.reviews: product in the second place
-- says: reviews | product_id | not as its first column
-- also: indexes.foreign-keys
drop index reviews_user;
alter table reviews drop constraint one_review_each, add unique (user_id, product_id);

-- indexes.reviews: only good ones
-- says: reviews | product_id | only the rows
-- also: indexes.foreign-keys
alter table reviews drop constraint one_review_each, add unique (user_id, product_id);
create index on reviews (product_id) where rating > 3;

-- indexes.foreign-keys: a line of an order
-- says: order_items | order_id
drop index order_items_order;

-- indexes.foreign-keys: a price of the past
-- says: price_history | product_id
drop index price_history_product;

-- indexes.foreign-keys: two of them
-- says: payments | order_id | order_status_history
drop index payments_order;
drop index order_status_history_order;

-- indexes.foreign-keys: half of a composite key
-- says: orders | shipping_address_id, user_id
drop index orders_shipping;
create index on orders (shipping_address_id) include (user_id);

-- indexes.foreign-keys: a column in between
-- says: orders | billing_address_id, user_id
drop index orders_billing;
create index on orders (billing_address_id, status, user_id);

-- indexes.foreign-keys: second place of a unique index
-- says: review_votes | user_id | not as its first column
drop index review_votes_user;

-- indexes.foreign-keys: only some rows
-- says: reviews | order_id | only the rows
drop index reviews_order;
create index on reviews (order_id) where is_verified_purchase;

-- indexes.foreign-keys: on an expression
-- says: stock_movements | product_variant_id | expression
drop index stock_movements_variant;
create index on stock_movements ((product_variant_id + 0));

-- indexes.foreign-keys: BRIN
-- says: stock_movements | product_variant_id | BRIN
drop index stock_movements_variant;
create index on stock_movements using brin (product_variant_id);

-- indexes.foreign-keys: a category among its siblings
-- says: categories | parent_id
alter table categories drop constraint sibling_names;
create unique index on categories (coalesce(parent_id, 0), name);

-- indexes.foreign-keys: an index whose build did not finish
-- as: superuser
-- says: addresses | user_id | invalid
-- also: indexes.finished
update pg_index set indisvalid = false where indexrelid = 'addresses_user'::regclass;

-- indexes.foreign-keys: a further table's key
-- says: users | country_id
create table countries (id int primary key);
alter table users add country_id int references countries;

-- indexes.finished: a foreign key
-- says: payments | NOT VALID | validate constraint
alter table payments drop constraint payments_order_fkey, add constraint payments_order_fkey foreign key (order_id)
    references orders not valid;

-- indexes.finished: a CHECK
-- says: order_items | order_quantity_positive | NOT VALID
alter table order_items drop constraint order_quantity_positive, add constraint order_quantity_positive
    check (quantity > 0) not valid;

-- indexes.finished: a CHECK of the learner's own
-- says: users | NOT VALID
alter table users add constraint named check (first_name <> '') not valid;

-- indexes.finished: a domain's CHECK
-- says: users | NOT VALID
create domain person as varchar(100);
alter table users alter first_name type person;
alter domain person add constraint named check (value <> '') not valid;

-- indexes.finished: the CHECK of a domain below a domain
-- says: users | NOT VALID | alter domain short_text validate constraint not_empty
create domain short_text as varchar(100);
create domain first_name as short_text;
alter domain short_text add constraint not_empty check (value <> '') not valid;
alter table users alter first_name type first_name;

-- indexes.finished: NOT NULL
-- since: 180000
-- says: products | NOT VALID
alter table products add constraint described not null description not valid;

-- indexes.finished: not enforced
-- since: 180000
-- says: reviews | NOT ENFORCED
alter table reviews drop constraint rating_in_range, add constraint rating_in_range check (rating between 1 and 5) not enforced;

-- indexes.finished: a foreign key that is not enforced
-- since: 180000
-- says: inventory | NOT ENFORCED
alter table inventory drop constraint inventory_variant_fkey, add constraint inventory_variant_fkey foreign key
    (product_variant_id) references product_variants on delete cascade not enforced;

-- indexes.finished: an index
-- as: superuser
-- says: products | products_category_twin | invalid
create index products_category_twin on products (category_id);
update pg_index set indisvalid = false where indexrelid = 'products_category_twin'::regclass;

-- indexes.finished: an index that is not kept up
-- as: superuser
-- says: reviews | reviews_stars | invalid
create index reviews_stars on reviews (rating);
update pg_index set indisvalid = false, indisready = false where indexrelid = 'reviews_stars'::regclass;
