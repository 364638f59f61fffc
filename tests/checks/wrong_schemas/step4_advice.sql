-- Schemas that are right for step 4 but leave one piece of good practice out: the step passes, and the advice says so.
-- Written like step2.sql.

-- orders.begins-pending: no default
-- says: orders | status | server_default
alter table orders alter status drop default;

-- orders.begins-pending: paid by default
-- says: orders | status | is paid
alter table orders alter status set default 'paid';

-- orders.no-step-back: no rule
-- says: orders | status | pending again
drop trigger only_forward on orders;

-- orders.no-step-back: only one step back is refused
-- says: orders | status
drop trigger only_forward on orders;
create function meddle() returns trigger language plpgsql as $$
begin if new.status = 'shipped' and old.status = 'delivered' then raise exception 'no way back'; end if; return new; end $$;
create trigger meddle before update on orders for each row execute function meddle();

-- orders.user-kept: orders go with their user
-- says: orders | user_id
alter table orders drop constraint orders_user_fkey, drop constraint orders_shipping_fkey, drop constraint orders_billing_fkey,
    add constraint orders_user_fkey foreign key (user_id) references users on delete cascade,
    add foreign key (shipping_address_id, user_id) references addresses (id, user_id) on delete cascade,
    add foreign key (billing_address_id, user_id) references addresses (id, user_id) on delete cascade;

-- orders.user-kept: a trigger that clears up
-- says: orders | user_id
create function meddle() returns trigger language plpgsql as $$ begin delete from orders where user_id = old.id; return old; end $$;
create trigger meddle before delete on users for each row execute function meddle();

-- orders.own-address: any address
-- says: orders | shipping_address_id | another user
alter table orders drop constraint orders_shipping_fkey, drop constraint orders_billing_fkey,
    add foreign key (shipping_address_id) references addresses, add foreign key (billing_address_id) references addresses;

-- orders.own-address: any address for the bill
-- says: orders | billing_address_id | billed
alter table orders drop constraint orders_billing_fkey, add foreign key (billing_address_id) references addresses;

-- orders.own-address: looked at on INSERT only
-- says: orders | address_id
create function meddle() returns trigger language plpgsql as $$
begin
    if exists (select from addresses where id in (new.shipping_address_id, new.billing_address_id) and user_id <> new.user_id)
    then raise exception 'whose address is that?'; end if;
    return new;
end $$;
alter table orders drop constraint orders_shipping_fkey, drop constraint orders_billing_fkey,
    add foreign key (shipping_address_id) references addresses, add foreign key (billing_address_id) references addresses;
create trigger meddle before insert on orders for each row execute function meddle();

-- order_status_history.by-itself: no trigger
-- says: order_status_history | paid
drop trigger keep_status on orders;

-- order_status_history.by-itself: a trigger that is switched off
-- says: order_status_history
alter table orders disable trigger keep_status;

-- order_status_history.by-itself: the status before
-- says: order_status_history | status
create or replace function keep_status() returns trigger language plpgsql as $$
begin
    insert into order_status_history (order_id, status) values (new.id, coalesce(old.status, new.status));
    return null;
end $$;

-- checkout.time-zone: none
-- says: orders.created_at | without time zone
alter table orders alter created_at type timestamp;

-- checkout.time-zone: none in the cart
-- says: cart_items.updated_at
alter table cart_items alter updated_at type timestamp;

-- checkout.time-zone: none in the history
-- says: order_status_history.changed_at
alter table order_status_history alter changed_at type timestamp;

-- checkout.times-filled: no default
-- says: cart_items.created_at | server_default
alter table cart_items alter created_at drop not null, alter created_at drop default;

-- checkout.times-filled: nullable
-- says: orders.updated_at | NULL
alter table orders alter updated_at drop not null;
drop trigger touch on orders;
create trigger touch before update on orders for each row when (new.updated_at is not null) execute function touch();

-- checkout.updated-moves: no trigger
-- says: cart_items.updated_at | stood still
drop trigger touch on cart_items;

-- checkout.updated-moves: switched off
-- says: orders.updated_at | stood still
alter table orders disable trigger touch;
