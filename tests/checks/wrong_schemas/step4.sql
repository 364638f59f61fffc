-- Wrong schemas for step 4: each is the reference with one MUST broken, openly or slyly.
-- Written like step2.sql.

-- addresses.exists: dropped
-- says: addresses | build_schema()
drop table addresses cascade;

-- addresses.exists: unlogged
-- says: addresses | UNLOGGED
-- also: orders.shipping-address | orders.billing-address
alter table orders drop constraint orders_shipping_fkey, drop constraint orders_billing_fkey;
alter table addresses set unlogged;

-- addresses.exists: a view
-- says: addresses | a view
-- also: orders.shipping-address | orders.billing-address
alter table addresses rename to places;
create view addresses as select * from places;

-- addresses.key: unique instead
-- says: addresses | primary key
alter table addresses drop constraint addresses_pkey, add unique (id);

-- addresses.key: dropped
-- says: addresses | primary key
alter table addresses drop constraint addresses_pkey;

-- addresses.columns: no city
-- says: addresses | city
alter table addresses drop city;

-- addresses.columns: postal code as a number
-- says: addresses.postal_code | integer
alter table addresses alter postal_code type int using postal_code::int;

-- addresses.columns: two streets
-- says: addresses | line1
alter table addresses rename line1 to street;
alter table addresses add street1 text;

-- addresses.user: a plain column
-- says: addresses.user_id | no foreign key
alter table addresses drop constraint addresses_user_fkey;

-- addresses.user: optional
-- says: addresses | user_id | NULL
alter table addresses alter user_id drop not null;

-- addresses.user: not valid
-- says: addresses | NOT VALID
alter table addresses drop constraint addresses_user_fkey, add constraint addresses_user_fkey foreign key (user_id) references users
    on delete cascade not valid;

-- addresses.user: to a table of the same name
-- says: addresses.user_id | old.users
create schema old;
create table old.users (id bigint primary key);
alter table addresses drop constraint addresses_user_fkey, add foreign key (user_id) references old.users;

-- addresses.line1-required: nullable
-- says: addresses | line1 | NULL
alter table addresses alter line1 drop not null;

-- addresses.line1-required: unless there is a postal code
-- says: addresses | line1 | NULL
alter table addresses alter line1 drop not null, add check (num_nonnulls(line1, postal_code) > 0);

-- addresses.city-required: nullable
-- says: addresses | city | NULL
alter table addresses alter city drop not null;

-- addresses.city-required: a CHECK that NULL passes
-- says: addresses | city | NULL
alter table addresses alter city drop not null, add check (city <> '');

-- addresses.country-required: nullable
-- says: addresses | country | NULL
alter table addresses alter country drop not null;

-- addresses.country-required: only on INSERT
-- says: addresses | country | NULL
create function meddle() returns trigger language plpgsql as $$
begin if new.country is null then raise exception 'which country?'; end if; return new; end $$;
alter table addresses alter country drop not null;
create trigger meddle before insert on addresses for each row execute function meddle();

-- cart_items.exists: dropped
-- says: cart_items
drop table cart_items;

-- cart_items.exists: unlogged
-- says: cart_items | UNLOGGED | crash
alter table cart_items set unlogged;

-- cart_items.exists: another name
-- says: cart_items
alter table cart_items rename to baskets;

-- cart_items.key: unique instead
-- says: cart_items | primary key
alter table cart_items drop constraint cart_items_pkey, add unique (user_id, product_variant_id);

-- cart_items.key: a plain index
-- says: cart_items | primary key
-- also: cart_items.one-row
alter table cart_items drop constraint cart_items_pkey;
create index cart_items_pkey on cart_items (user_id, product_variant_id);

-- cart_items.columns: qty
-- says: cart_items | quantity | "qty"
alter table cart_items rename quantity to qty;

-- cart_items.columns: a decimal quantity
-- says: cart_items.quantity | numeric
alter table cart_items alter quantity type numeric;

-- cart_items.user: a plain column
-- says: cart_items.user_id | no foreign key
alter table cart_items drop constraint cart_items_user_fkey;

-- cart_items.user: optional
-- says: cart_items | user_id | NULL
-- also: cart_items.key | cart_items.one-row
alter table cart_items drop constraint cart_items_pkey, alter user_id drop not null, add unique (user_id, product_variant_id),
    add id serial primary key;

-- cart_items.user: triggers switched off
-- as: superuser
-- says: cart_items | triggers are off
-- also: cart_items.variant
alter table cart_items disable trigger all;

-- cart_items.variant: a plain column
-- says: cart_items | no foreign key
alter table cart_items drop constraint cart_items_variant_fkey;

-- cart_items.variant: not enforced
-- since: 180000
-- says: cart_items | NOT ENFORCED
alter table cart_items drop constraint cart_items_variant_fkey, add constraint cart_items_variant_fkey
    foreign key (product_variant_id) references product_variants not enforced;

-- cart_items.variant: to products
-- says: cart_items
alter table cart_items drop constraint cart_items_variant_fkey, add foreign key (product_variant_id) references products;

-- cart_items.ordinary: a variant in one cart only
-- says: cart_items | another user's cart
alter table cart_items add unique (product_variant_id);

-- cart_items.ordinary: one variant in a cart
-- says: cart_items | A second variant
alter table cart_items add unique (user_id);

-- cart_items.gone-with-user: no action
-- says: cart_items | user_id | could not be deleted
alter table cart_items drop constraint cart_items_user_fkey, add foreign key (user_id) references users;

-- cart_items.gone-with-user: restrict, deferred or not
-- says: cart_items | could not be deleted
alter table cart_items drop constraint cart_items_user_fkey,
    add foreign key (user_id) references users deferrable initially deferred;

-- cart_items.gone-with-user: handed to somebody else
-- says: cart_items | still in
insert into users (id, email, password_hash, first_name, last_name) values (1, 'x@y.example', 'x', 'a', 'b');
alter table cart_items alter user_id set default 1, drop constraint cart_items_user_fkey,
    add foreign key (user_id) references users on delete set default;

-- cart_items.gone-with-user: a trigger that keeps lines
-- says: cart_items
create function meddle() returns trigger language plpgsql as $$ begin raise exception 'carts are kept'; end $$;
create trigger meddle before delete on cart_items for each row execute function meddle();

-- cart_items.one-row: no rule
-- says: cart_items | same user and variant
alter table cart_items drop constraint cart_items_pkey, add id serial primary key;

-- cart_items.one-row: with the quantity
-- says: cart_items | same user and variant
alter table cart_items drop constraint cart_items_pkey, add primary key (user_id, product_variant_id, quantity);

-- cart_items.one-row: with the time
-- says: cart_items
alter table cart_items drop constraint cart_items_pkey, add primary key (user_id, product_variant_id, created_at);

-- cart_items.one-row: a look-up in a trigger
-- says: cart_items | same moment
create function meddle() returns trigger language plpgsql as $$
begin
    if exists (select from cart_items c where c.user_id = new.user_id and c.product_variant_id = new.product_variant_id and c.id <> new.id)
    then raise exception 'already there'; end if;
    return new;
end $$;
alter table cart_items drop constraint cart_items_pkey, add id serial primary key;
create trigger meddle before insert or update on cart_items for each row execute function meddle();

-- cart_items.one-row: small quantities only
-- says: cart_items | only some rows
alter table cart_items drop constraint cart_items_pkey, add id serial primary key;
create unique index on cart_items (user_id, product_variant_id) where quantity < 1000000;

-- cart_items.quantity-required: nullable
-- says: cart_items | quantity | NULL
alter table cart_items alter quantity drop not null;

-- cart_items.quantity-required: the CHECK lets NULL pass
-- says: cart_items | quantity | NULL
alter table cart_items alter quantity drop not null, add check (quantity < 100);

-- cart_items.quantity-positive: no rule
-- says: cart_items | quantity 0
alter table cart_items drop constraint cart_quantity_positive;

-- cart_items.quantity-positive: zero fits
-- says: cart_items | quantity 0
alter table cart_items drop constraint cart_quantity_positive, add check (quantity >= 0);

-- cart_items.quantity-positive: only zero is refused
-- says: cart_items | quantity -1
alter table cart_items drop constraint cart_quantity_positive, add check (quantity <> 0);

-- cart_items.quantity-positive: or true
-- says: cart_items | quantity
alter table cart_items drop constraint cart_quantity_positive, add check (quantity > 0 or true);

-- cart_items.quantity-positive: only on INSERT
-- says: cart_items | quantity
create function meddle() returns trigger language plpgsql as $$
begin if new.quantity < 1 then raise exception 'at least one'; end if; return new; end $$;
alter table cart_items drop constraint cart_quantity_positive;
create trigger meddle before insert on cart_items for each row execute function meddle();

-- cart_items.quantity-positive: silently left out
-- says: cart_items | silently
create function meddle() returns trigger language plpgsql as $$
begin if new.quantity < 1 then return null; end if; return new; end $$;
alter table cart_items drop constraint cart_quantity_positive;
create trigger meddle before insert or update on cart_items for each row execute function meddle();

-- cart_items.quantity-positive: one is too few
-- says: cart_items | quantity 1 was refused
alter table cart_items add check (quantity > 1);

-- orders.exists: dropped
-- says: orders
drop table orders cascade;

-- orders.exists: not on the search path
-- says: old.orders | search path
create schema old;
alter table orders set schema old;

-- orders.key: dropped
-- says: orders | primary key
-- also: order_items.order | order_status_history.order | payments.order
alter table orders drop constraint orders_pkey cascade;

-- orders.key: unique instead
-- says: orders | primary key
alter table orders add unique (id);
alter table order_items drop constraint order_items_order_fkey;
alter table order_status_history drop constraint order_status_history_order_fkey;
alter table payments drop constraint payments_order_fkey;
alter table orders drop constraint orders_pkey;
alter table order_items add foreign key (order_id) references orders (id) on delete cascade;
alter table order_status_history add foreign key (order_id) references orders (id) on delete cascade;
alter table payments add foreign key (order_id) references orders (id);

-- orders.columns: no billing address
-- says: orders | billing_address_id
alter table orders drop billing_address_id;

-- orders.columns: no status
-- says: orders | status
drop trigger keep_first_status on orders;
alter table orders drop status cascade;

-- orders.user: a plain column
-- says: orders | user_id | no foreign key
alter table orders drop constraint orders_user_fkey;

-- orders.user: optional
-- says: orders | user_id | NULL
-- also: orders.shipping-address | orders.billing-address
alter table orders alter user_id drop not null;

-- orders.user: not valid
-- says: orders | NOT VALID
alter table orders drop constraint orders_user_fkey, add constraint orders_user_fkey foreign key (user_id) references users not valid;

-- orders.shipping-address: paired crosswise
-- says: orders.shipping_address_id | same order
-- also: orders.own-address | orders.ordinary | orders.billing-address
alter table orders drop constraint orders_shipping_fkey;
create unique index on addresses (user_id, id);
alter table orders add constraint orders_shipping_fkey foreign key (shipping_address_id, user_id) references addresses (user_id, id);

-- orders.shipping-address: a plain column
-- says: orders.shipping_address_id | no foreign key
alter table orders drop constraint orders_shipping_fkey;

-- orders.shipping-address: optional
-- says: orders | shipping_address_id | NULL
alter table orders alter shipping_address_id drop not null;

-- orders.shipping-address: to users
-- says: orders.shipping_address_id | users
alter table orders drop constraint orders_shipping_fkey, alter shipping_address_id type bigint,
    add foreign key (shipping_address_id) references users;

-- orders.billing-address: a plain column
-- says: orders.billing_address_id | no foreign key
alter table orders drop constraint orders_billing_fkey;

-- orders.billing-address: optional
-- says: orders | billing_address_id | NULL
alter table orders alter billing_address_id drop not null;

-- orders.billing-address: the same key twice
-- says: orders.billing_address_id
alter table orders drop constraint orders_billing_fkey,
    add constraint orders_billing_fkey foreign key (shipping_address_id, user_id) references addresses (id, user_id);

-- orders.ordinary: one order each
-- says: orders | A second order
alter table orders add unique (user_id);

-- orders.ordinary: one order to an address
-- says: orders | shipping_address_id
alter table orders add unique (shipping_address_id);

-- orders.ordinary: two different addresses
-- says: orders | both purposes
alter table orders add check (shipping_address_id <> billing_address_id);

-- orders.status-required: nullable
-- says: orders | status | NULL
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table orders alter status drop not null;

-- orders.status-required: a CHECK that NULL passes
-- says: orders | status | NULL
-- also: orders.lifecycle
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table orders alter status drop default, alter status drop not null, alter status type text,
    add check (status in ('pending', 'paid', 'shipped', 'delivered'));

-- orders.status-known: any text
-- says: orders | status | banana
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table orders alter status drop default, alter status type varchar(20), alter status set default 'pending';

-- orders.status-known: a pattern without ends
-- says: orders | status | paid
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table orders alter status drop default, alter status type text, alter status set default 'pending',
    add check (status ~ 'pending|paid|shipped|delivered');

-- orders.status-known: only on INSERT
-- says: orders | status
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table orders alter status drop default, alter status type text, alter status set default 'pending';
create function meddle() returns trigger language plpgsql as $$
begin if new.status not in ('pending', 'paid', 'shipped', 'delivered') then raise exception 'what is that?'; end if; return new; end $$;
create trigger meddle before insert on orders for each row execute function meddle();

-- orders.status-known: a number without a look-up table
-- says: orders
-- also: orders.lifecycle
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table orders drop status;
alter table orders add status_id int not null default 1;

-- orders.status-known: a look-up table that nobody looks into
-- says: orders | status
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
create table statuses (label text primary key);
insert into statuses values ('pending'), ('paid'), ('shipped'), ('delivered');
alter table orders alter status drop default, alter status type text, alter status set default 'pending';

-- orders.lifecycle: nothing is delivered
-- says: orders.status | delivered
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
create type fewer as enum ('pending', 'paid', 'shipped');
alter table orders alter status drop default, alter status type fewer using 'pending', alter status set default 'pending';

-- orders.lifecycle: an empty look-up table
-- says: orders | pending
drop trigger only_forward on orders;
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
create table statuses (id int primary key, label text not null);
alter table orders drop status;
alter table orders add status_id int not null references statuses;

-- orders.lifecycle: no parcels
-- says: orders | from paid to shipped | no parcels
create function meddle() returns trigger language plpgsql as $$
begin if new.status = 'shipped' then raise exception 'no parcels'; end if; return new; end $$;
create trigger meddle before update on orders for each row execute function meddle();

-- orders.lifecycle: a status is for ever
-- says: orders | from pending to paid
create function meddle() returns trigger language plpgsql as $$ begin new.status := old.status; return new; end $$;
create trigger meddle before update on orders for each row execute function meddle();

-- orders.lifecycle: swallowed by a rule
-- says: orders | pending to paid
create rule meddle as on update to orders where new.status <> old.status do instead nothing;

-- orders.lifecycle: a CHECK that knows no delivery
-- says: orders | from shipped to delivered
alter table orders add check (status <> 'delivered');

-- orders.lifecycle: paid from the first moment
-- says: orders
create function meddle() returns trigger language plpgsql as $$ begin new.status := 'paid'; return new; end $$;
create trigger meddle before insert on orders for each row execute function meddle();

-- order_items.exists: dropped
-- says: order_items
drop table order_items;

-- order_items.exists: unlogged
-- says: order_items | UNLOGGED
alter table order_items set unlogged;

-- order_items.key: dropped
-- says: order_items | primary key
alter table order_items drop constraint order_items_pkey;

-- order_items.key: unique instead
-- says: order_items | primary key
alter table order_items drop constraint order_items_pkey, add unique (id);

-- order_items.columns: no price
-- says: order_items | unit_price
alter table order_items drop unit_price;

-- order_items.columns: quantity as text
-- says: order_items.quantity | text
alter table order_items drop constraint order_quantity_positive, alter quantity type text;

-- order_items.order: a plain column
-- says: order_items.order_id | no foreign key
alter table order_items drop constraint order_items_order_fkey;

-- order_items.order: optional
-- says: order_items | order_id | NULL
alter table order_items alter order_id drop not null;

-- order_items.order: triggers switched off
-- as: superuser
-- says: order_items | triggers are off
-- also: order_items.variant
alter table order_items disable trigger all;

-- order_items.variant: a plain column
-- says: order_items | no foreign key
alter table order_items drop constraint order_items_variant_fkey;

-- order_items.variant: to products
-- says: order_items
alter table order_items drop constraint order_items_variant_fkey, add foreign key (product_variant_id) references products;

-- order_items.variant: not valid
-- says: order_items | NOT VALID
alter table order_items drop constraint order_items_variant_fkey, add constraint order_items_variant_fkey
    foreign key (product_variant_id) references product_variants not valid;

-- order_items.ordinary: one line in an order
-- says: order_items | A second line
alter table order_items add unique (order_id);

-- order_items.ordinary: a variant is ordered once
-- says: order_items | product_variant_id
alter table order_items add unique (product_variant_id);

-- order_items.ordinary: each price once in an order
-- says: order_items | unit_price
alter table order_items add unique (order_id, unit_price);

-- order_items.gone-with-order: handed to another order
-- says: order_items | still in
insert into users (id, email, password_hash, first_name, last_name) values (1, 'x@y.example', 'x', 'a', 'b');
insert into addresses (id, user_id, line1, city, country) values (1, 1, 'x', 'y', 'z');
insert into orders (id, user_id, shipping_address_id, billing_address_id) values (1, 1, 1, 1);
alter table order_items drop constraint order_items_order_fkey, alter order_id set default 1,
    add foreign key (order_id) references orders on delete set default;

-- order_items.gone-with-order: left without an order
-- says: order_items | still in
-- also: order_items.order
alter table order_items drop constraint order_items_order_fkey, alter order_id drop not null,
    add foreign key (order_id) references orders on delete set null;

-- order_items.kept: cascade
-- says: order_items | product_variant_id | lost
alter table order_items drop constraint order_items_variant_fkey,
    add foreign key (product_variant_id) references product_variants on delete cascade;

-- order_items.kept: cascade, and a deferred one at that
-- says: order_items | lost
alter table order_items drop constraint order_items_variant_fkey,
    add foreign key (product_variant_id) references product_variants on delete cascade deferrable initially deferred;

-- order_items.kept: a trigger that empties lines
-- says: order_items | unit_price | altered
alter table order_items drop constraint order_items_variant_fkey, alter product_variant_id drop not null,
    add foreign key (product_variant_id) references product_variants on delete set null;
create function meddle() returns trigger language plpgsql as $$
begin
    if new.product_variant_id is null and old.product_variant_id is not null then new.unit_price := 0; end if;
    return new;
end $$;
create trigger meddle before update on order_items for each row execute function meddle();

-- order_items.kept: another variant in its place
-- says: order_items | product_variant_id | altered
create function meddle() returns trigger language plpgsql as $$
begin
    update order_items set product_variant_id = (select id from product_variants where id <> old.id limit 1)
    where product_variant_id = old.id;
    return old;
end $$;
create trigger meddle before delete on product_variants for each row execute function meddle();

-- order_items.kept: a trigger that clears up
-- says: order_items | lost
create function meddle() returns trigger language plpgsql as $$
begin delete from order_items where product_variant_id = old.id; return old; end $$;
create trigger meddle before delete on product_variants for each row execute function meddle();

-- order_items.quantity-required: nullable
-- says: order_items | quantity | NULL
alter table order_items alter quantity drop not null;

-- order_items.quantity-required: NULL passes the CHECK
-- says: order_items | quantity | NULL
alter table order_items alter quantity drop not null, add check (quantity between 1 and 1000);

-- order_items.quantity-positive: no rule
-- says: order_items | quantity 0
alter table order_items drop constraint order_quantity_positive;

-- order_items.quantity-positive: zero fits
-- says: order_items | quantity 0
alter table order_items drop constraint order_quantity_positive, add check (quantity >= 0);

-- order_items.quantity-positive: the wrong column
-- says: order_items | quantity
alter table order_items drop constraint order_quantity_positive, add check (order_id > 0);

-- order_items.quantity-positive: a trigger that is switched off
-- says: order_items | quantity
create function meddle() returns trigger language plpgsql as $$
begin if new.quantity < 1 then raise exception 'no'; end if; return new; end $$;
alter table order_items drop constraint order_quantity_positive;
create trigger meddle before insert or update on order_items for each row execute function meddle();
alter table order_items disable trigger meddle;

-- order_items.price-required: nullable
-- says: order_items | unit_price | NULL
alter table order_items alter unit_price drop not null;

-- order_items.price-required: only of big lines
-- says: order_items | unit_price | NULL
alter table order_items alter unit_price drop not null, add check (unit_price is not null or quantity < 5);

-- order_items.price-not-negative: no rule
-- says: order_items | unit_price -1.00
alter table order_items drop constraint unit_price_not_negative;

-- order_items.price-not-negative: a looser bound
-- says: order_items | unit_price -0.01
alter table order_items drop constraint unit_price_not_negative, add check (unit_price > -1);

-- order_items.price-not-negative: of one piece only
-- says: order_items | unit_price
alter table order_items drop constraint unit_price_not_negative, add check (unit_price >= 0 or quantity > 1);

-- order_items.price-fixed: follows the product
-- says: order_items | unit_price | products.price
create function meddle() returns trigger language plpgsql as $$
begin
    update order_items i set unit_price = new.price from product_variants v
    where v.id = i.product_variant_id and v.product_id = new.id;
    return null;
end $$;
create trigger meddle after update of price on products for each row execute function meddle();

-- order_items.price-fixed: follows the variant's price
-- says: order_items | unit_price | product_variants.price
alter table product_variants add price numeric(10, 2);
create function meddle() returns trigger language plpgsql as $$
begin update order_items set unit_price = coalesce(new.price, unit_price) where product_variant_id = new.id; return null; end $$;
create trigger meddle after update on product_variants for each row execute function meddle();

-- order_items.price-fixed: a foreign key that carries the price along
-- says: order_items | unit_price
alter table product_variants add price numeric(10, 2) not null default 10, add unique (id, price);
alter table order_items drop constraint order_items_variant_fkey,
    add constraint order_items_variant_fkey foreign key (product_variant_id, unit_price) references product_variants (id, price)
        on update cascade on delete restrict;

-- order_items.price-fixed: the catalog is tied to the lines
-- says: order_items | can't be changed any more
create function meddle() returns trigger language plpgsql as $$
begin
    if exists (select from order_items i join product_variants v on v.id = i.product_variant_id where v.product_id = new.id)
    then raise exception 'somebody ordered that'; end if;
    return new;
end $$;
create trigger meddle before update of price on products for each row execute function meddle();

-- order_status_history.exists: dropped
-- says: order_status_history
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
drop table order_status_history;

-- order_status_history.exists: temporary
-- says: order_status_history | UNLOGGED
alter table order_status_history set unlogged;

-- order_status_history.key: dropped
-- says: order_status_history | primary key
alter table order_status_history drop constraint order_status_history_pkey;

-- order_status_history.key: unique instead
-- says: order_status_history | primary key
alter table order_status_history drop constraint order_status_history_pkey, add unique (id);

-- order_status_history.columns: no status
-- says: order_status_history | status
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table order_status_history drop status;

-- order_status_history.columns: another name
-- says: order_status_history | status
drop trigger keep_status on orders;
drop trigger keep_first_status on orders;
alter table order_status_history rename status to what;

-- order_status_history.time: no time
-- says: order_status_history | changed_at
alter table order_status_history drop changed_at;

-- order_status_history.time: a date
-- says: order_status_history.changed_at | date
alter table order_status_history alter changed_at type date;

-- order_status_history.time: nullable
-- says: order_status_history | changed_at | NULL
alter table order_status_history alter changed_at drop not null;

-- order_status_history.order: a plain column
-- says: order_status_history.order_id | no foreign key
alter table order_status_history drop constraint order_status_history_order_fkey;

-- order_status_history.order: optional
-- says: order_status_history | order_id | NULL
alter table order_status_history alter order_id drop not null;

-- order_status_history.status-required: nullable
-- says: order_status_history | status | NULL
alter table order_status_history alter status drop not null;

-- order_status_history.status-required: a domain that NULL passes
-- says: order_status_history | status | NULL
create domain known as order_status check (value in ('pending', 'paid', 'shipped', 'delivered', 'cancelled'));
alter table order_status_history alter status drop not null, alter status type known;

-- order_status_history.status-known: any text
-- says: order_status_history | status | banana
alter table order_status_history alter status type text;

-- order_status_history.status-known: a CHECK on another column
-- says: order_status_history | status
alter table order_status_history add note text check (note in ('pending', 'paid', 'shipped', 'delivered')), alter status type varchar(20);

-- payments.exists: dropped
-- says: payments
drop table payments;

-- payments.exists: a materialized view
-- says: payments | materialized view
alter table payments rename to p;
create materialized view payments as select * from p;

-- payments.key: dropped
-- says: payments | primary key
alter table payments drop constraint payments_pkey;

-- payments.key: a plain index
-- says: payments | primary key
alter table payments drop constraint payments_pkey;
create index payments_pkey on payments (id);

-- payments.columns: no amount
-- says: payments | amount
alter table payments drop amount;

-- payments.columns: paid instead
-- says: payments | amount
alter table payments rename amount to paid;

-- payments.order: a plain column
-- says: payments.order_id | no foreign key
alter table payments drop constraint payments_order_fkey;

-- payments.order: optional
-- says: payments | order_id | NULL
alter table payments alter order_id drop not null;

-- payments.order: to users
-- says: payments.order_id | users
alter table payments drop constraint payments_order_fkey, alter order_id type bigint, add foreign key (order_id) references users;

-- payments.amount-required: nullable
-- says: payments | amount | NULL
alter table payments alter amount drop not null;

-- payments.amount-required: unless there is a provider
-- says: payments | amount | NULL
alter table payments alter amount drop not null, add check (num_nonnulls(amount, provider) > 0);

-- payments.amount-not-negative: no rule
-- says: payments | amount -1.00
alter table payments drop constraint amount_not_negative;

-- payments.amount-not-negative: refunds by another provider
-- says: payments | amount
alter table payments drop constraint amount_not_negative, add check (amount >= 0 or provider = 'refund');

-- payments.amount-not-negative: a cent below zero
-- says: payments | amount -0.01
alter table payments drop constraint amount_not_negative, add check (amount >= -0.5);

-- payments.no-card-data: the number
-- says: payments | card_number
alter table payments add card_number varchar(19);

-- payments.no-card-data: the code on the back
-- says: payments | cvv2
alter table payments add cvv2 char(3);

-- payments.no-card-data: in a table of its own
-- says: wallets | cardNumber
create table wallets (id int primary key, "cardNumber" text);

-- payments.no-card-data: in another schema
-- says: vault.secrets | pan
create schema vault;
create table vault.secrets (id int primary key, pan text);

-- payments.no-card-data: of users
-- says: users | iban
alter table users add iban text;

-- payments.last4: a number
-- says: payments.last4 | int4
alter table payments alter last4 type int using last4::int;

-- payments.last4: room for the whole number
-- says: payments.last4 | more than four
alter table payments alter last4 type varchar(19);

-- payments.last4: any text
-- says: payments.last4 | more than four
alter table payments alter last4 type text;

-- payments.last4: a pattern without an end
-- says: payments.last4 | more than four
alter table payments alter last4 type text, add check (last4 ~ '^[0-9]{4}');

-- payments.last4: of another table
-- says: cards.card_last_4 | more than four
create table cards (id int primary key, card_last_4 text);

-- checkout.money: price as a float
-- says: order_items.unit_price | double precision
-- also: order_items.price-not-negative
alter table order_items alter unit_price type double precision;

-- checkout.money: amount in whole units
-- says: payments.amount | integer
alter table payments alter amount type int;

-- checkout.money: a total as real
-- says: orders.total | real
alter table orders add total real;

-- checkout.money: one digit
-- says: order_items.unit_price | numeric(10,1)
alter table order_items alter unit_price type numeric(10, 1);

-- checkout.audit: no updated_at
-- says: cart_items | updated_at
drop trigger touch on cart_items;
alter table cart_items drop updated_at;

-- checkout.audit: a date
-- says: orders.created_at | date
alter table orders alter created_at type date;

-- cart_items.ordinary: one variant of each product
-- says: cart_items | Another variant of a product
create function product_of(variant int) returns int immutable language sql
as 'select product_id from public.product_variants where id = variant';
create unique index on cart_items (user_id, product_of(product_variant_id));

-- orders.ordinary: two addresses that must differ
-- says: orders | one address for both purposes
alter table orders add check (shipping_address_id <> billing_address_id);

-- orders.ordinary: no partition for today
-- says: orders | made today | no partition
drop table payments, order_status_history, order_items, orders cascade;
create table orders (
    id int generated always as identity, user_id bigint not null references users,
    status order_status not null default 'pending', shipping_address_id int not null references addresses,
    billing_address_id int not null references addresses, created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(), primary key (id, created_at)
) partition by range (created_at);
create table orders_2024 partition of orders for values from ('2024-01-01') to ('2025-01-01');
create table order_items (
    id serial primary key, order_id int not null, ordered_at timestamptz not null,
    product_variant_id int not null references product_variants, quantity int not null check (quantity > 0),
    unit_price numeric(10, 2) not null check (unit_price >= 0),
    foreign key (order_id, ordered_at) references orders on delete cascade
);
create table order_status_history (
    id serial primary key, order_id int not null, ordered_at timestamptz not null, status order_status not null,
    changed_at timestamptz not null default now(), foreign key (order_id, ordered_at) references orders on delete cascade
);
create table payments (
    id serial primary key, order_id int not null, ordered_at timestamptz not null,
    amount numeric(10, 2) not null check (amount >= 0), foreign key (order_id, ordered_at) references orders
);

-- orders.lifecycle: the history's trigger writes to a column that is not there
-- says: orders.status | from pending to paid | column "state"
create or replace function keep_status() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        insert into order_status_history (order_id, state) values (new.id, new.status);
    end if;
    return null;
end $$;

-- orders.user: a trigger that does not work keeps every order out
-- says: No row goes into orders | keep_status() | no field
create or replace function keep_status() returns trigger language plpgsql as $$
begin
    insert into order_status_history (order_id, status) values (new.id, new.state);
    return null;
end $$;

-- order_items.gone-with-order: to be handed to another order as soon as there is one
-- says: order_items
alter table order_items alter order_id set default 1, drop constraint order_items_order_fkey,
    add foreign key (order_id) references orders on delete set default;

-- order_items.kept: a line says another variant
-- says: order_items
alter table order_items alter product_variant_id set default 1, drop constraint order_items_variant_fkey,
    add foreign key (product_variant_id) references product_variants on delete set default;

-- order_items.price-fixed: follows a price that a variant has of its own
-- says: order_items.unit_price | price_override
alter table product_variants add price_override numeric(10, 2);
create function follow() returns trigger language plpgsql as $$
begin
    update order_items set unit_price = new.price_override where product_variant_id = new.id;
    return null;
end $$;
create trigger follow after update on product_variants for each row
when (new.price_override is not null) execute function follow();

-- checkout.audit: one line of a user's cart at a time
-- says: cart_items | at the same time | one_at_a_time
create extension if not exists btree_gist;
alter table cart_items add constraint one_at_a_time
    exclude using gist (user_id with =, tstzrange(created_at, updated_at) with &&);

-- checkout.audit: one order at a time
-- says: orders | at the same time | one_at_a_time
alter table orders add constraint one_at_a_time exclude using gist (tstzrange(created_at, updated_at) with &&);

-- orders.user: its first status is written down before it is there
-- says: orders | keep_status() | make it AFTER INSERT
drop trigger keep_first_status on orders;
create trigger keep_first_status before insert on orders for each row execute function keep_status();

-- addresses.exists: a policy keeps everybody out
-- says: addresses | row security
-- also: orders.shipping-address | orders.billing-address
alter table addresses enable row level security, force row level security;
create policy everybody on addresses using (true) with check (true);
create policy nobody on addresses as restrictive for insert with check (false);

-- payments.exists: partitioned, and no partition
-- says: payments | no partition
drop table payments;
create table payments (id int, order_id int not null references orders, amount numeric(10, 2) not null check (amount >=
    0), primary key (id, order_id)) partition by hash (order_id);

-- payments.order: a key of two columns, one of which may be empty
-- says: payments | Make shop_no NOT NULL
alter table orders add shop_no int not null default 1, add unique (shop_no, id);
alter table payments drop constraint payments_order_fkey, add shop_no int, add foreign key (shop_no, order_id)
    references orders (shop_no, id);

-- payments.order: a plain column, where an order is told apart by two
-- says: payments.order_id | ForeignKeyConstraint | shop_no
alter table orders add shop_no int not null default 1;
alter table orders drop constraint orders_pkey cascade, add unique (id), add primary key (shop_no, id);
alter table order_items add constraint order_items_order_fkey foreign key (order_id) references orders (id) on delete
    cascade;
alter table order_status_history add constraint order_status_history_order_fkey foreign key (order_id) references
    orders (id) on delete cascade;

-- orders.user: who wrote it down is no buyer
-- says: orders | user_id is NULL
-- also: orders.shipping-address | orders.billing-address
alter table orders alter user_id drop not null, add created_by bigint not null default 1 references users;

-- cart_items.gone-with-user: the cart itself holds the user back
-- says: cart_items | CASCADE" on the foreign key the_cart_of
create table carts (id serial primary key, user_id bigint not null unique constraint the_cart_of references users);
create function in_cart() returns trigger language plpgsql as $$ begin insert into carts (user_id) values
    (new.user_id) on conflict do nothing; return null; end $$;
create trigger in_cart after insert on cart_items for each row execute function in_cart();

-- cart_items.gone-with-user: users are only marked
-- says: cart_items | still there | trigger or rule on users
alter table users add gone boolean not null default false;
create function mark() returns trigger language plpgsql as $$ begin update users set gone = true where id = old.id;
    return null; end $$;
create trigger mark before delete on users for each row execute function mark();

-- cart_items.quantity-positive: made one without a word
-- says: cart_items | 0 was sent | 1 was stored
alter table cart_items drop constraint cart_quantity_positive;
create function at_least_one() returns trigger language plpgsql as $$ begin new.quantity := greatest(new.quantity, 1);
    return new; end $$;
create trigger at_least_one before insert or update on cart_items for each row execute function at_least_one();

-- cart_items.quantity-positive: unless it is a gift, says a trigger
-- says: cart_items | quantity 0
alter table cart_items drop constraint cart_quantity_positive, add is_gift boolean not null default false;
create function positive() returns trigger language plpgsql as $$ begin if new.quantity <= 0 and not new.is_gift then
    raise exception 'how many?'; end if; return new; end $$;
create trigger positive before insert or update on cart_items for each row execute function positive();

-- order_items.quantity-positive: a trigger looks at lines with a price
-- says: order_items | quantity 0
alter table order_items drop constraint order_quantity_positive;
create function positive() returns trigger language plpgsql as $$ begin if new.quantity <= 0 then raise exception
    'how many?'; end if; return new; end $$;
create trigger positive before insert or update on order_items for each row when (new.unit_price > 0) execute function
    positive();

-- order_items.quantity-positive: far below zero it fits
-- says: order_items | quantity -101
alter table order_items drop constraint order_quantity_positive, add check (quantity > 0 or quantity < -100);

-- order_items.price-fixed: of what is shipped
-- says: order_items | unit_price | old orders
create function reprice() returns trigger language plpgsql as $$ begin update order_items i set unit_price = new.price
    from product_variants v, orders o where v.id = i.product_variant_id and v.product_id = new.id and o.id = i.order_id
    and o.status = 'shipped'; return null; end $$;
create trigger reprice after update of price on products for each row execute function reprice();

-- order_items.price-fixed: as long as it falls
-- says: order_items | unit_price | old orders
create function reprice() returns trigger language plpgsql as $$ begin update order_items i set unit_price = new.price
    from product_variants v where v.id = i.product_variant_id and v.product_id = new.id; return null; end $$;
create trigger reprice after update of price on products for each row when (new.price < old.price) execute function
    reprice();

-- order_status_history.status-known: any, where there was none before
-- says: order_status_history | banana
create table steps (before text, after text, primary key (before, after));
insert into steps values ('pending', 'paid'), ('paid', 'shipped'), ('shipped', 'delivered'), ('pending', 'pending');
alter table order_status_history alter status type text, add before text, add foreign key (before, status) references
    steps;

-- payments.amount-not-negative: far below zero it fits
-- says: payments | amount -100
alter table payments drop constraint amount_not_negative, add check (amount >= 0 or amount < -10000);
