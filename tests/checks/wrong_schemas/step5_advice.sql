-- Schemas that are right for step 5 but leave one piece of good practice out: the step passes, and the advice says so.
-- Written like step2.sql.

-- stock_movements.not-zero: taken
-- says: stock_movements | quantity_change
alter table stock_movements drop constraint moves_something;

-- stock_movements.not-zero: zero is less than a thousand
-- says: stock_movements | quantity_change
alter table stock_movements drop constraint moves_something, add check (abs(quantity_change) < 1000);

-- stock_movements.append-only: changed and deleted
-- says: stock_movements | changed
drop trigger append_only on stock_movements;

-- stock_movements.append-only: deleted
-- says: stock_movements | deleted
drop trigger append_only on stock_movements;
create trigger append_only before update on stock_movements for each row execute function append_only();

-- stock.given-back: nothing comes back
-- says: inventory | paid
drop trigger give_back on orders;

-- stock.given-back: for orders that were shipped
-- says: inventory | paid
drop trigger give_back on orders;
create trigger give_back after update of status on orders
for each row when (old.status = 'shipped' and new.status = 'cancelled') execute function move_stock();

-- stock.given-back: more than was taken
-- says: inventory | pending
drop trigger give_back on orders;
create trigger give_back after update of status on orders
for each row when (old.status <> 'cancelled' and new.status = 'cancelled') execute function move_stock();

-- stock.two-buyers: looks, then writes what it reckons
-- says: inventory | two buyers
create or replace function move_stock() returns trigger language plpgsql as $$
declare
    line record;
    direction int := case when new.status = 'cancelled' then 1 else -1 end;
    there int;
begin
    for line in
        select product_variant_id, sum(quantity)::int as quantity from order_items where order_id = new.id
        group by product_variant_id order by product_variant_id
    loop
        select quantity into there from inventory where product_variant_id = line.product_variant_id;
        if not found or there + direction * line.quantity < 0 then raise exception 'not enough in stock'; end if;
        update inventory set quantity = there + direction * line.quantity
        where product_variant_id = line.product_variant_id;
        insert into stock_movements (product_variant_id, quantity_change, movement_type)
        values (line.product_variant_id, direction * line.quantity,
                case when direction < 0 then 'sale'::movement_type else 'adjustment' end);
    end loop;
    return null;
end $$;

-- stock.two-buyers: the same, with the line
-- says: inventory | two buyers
-- also: stock.given-back
drop trigger sell on orders;
drop trigger give_back on orders;
create function take_line() returns trigger language plpgsql as $$
declare there int := (select quantity from inventory where product_variant_id = new.product_variant_id);
begin
    if there is null or there < new.quantity then raise exception 'not enough in stock'; end if;
    update inventory set quantity = there - new.quantity where product_variant_id = new.product_variant_id;
    insert into stock_movements (product_variant_id, quantity_change, movement_type)
    values (new.product_variant_id, -new.quantity, 'sale');
    return null;
end $$;
create trigger take_line after insert on order_items for each row execute function take_line();

-- reviews.own-order: anybody's
-- says: reviews | somebody else
create or replace function verify_purchase() returns trigger language plpgsql as $$
begin
    new.is_verified_purchase := exists (
        select from orders o
        join order_items i on i.order_id = o.id
        join product_variants v on v.id = i.product_variant_id
        where o.id = new.order_id and o.status = 'delivered' and v.product_id = new.product_id
    );
    return new;
end $$;

-- reviews.own-order: any order will do
-- says: reviews | somebody else
-- also: reviews.right-product | reviews.paid-order
drop trigger verify_purchase on reviews;
alter table reviews drop constraint reviews_order_fkey,
    add constraint reviews_order_fkey foreign key (order_id) references orders on delete restrict,
    add check (not is_verified_purchase or order_id is not null);

-- reviews.paid-order: an order of the product will do
-- says: reviews | only pending
create or replace function verify_purchase() returns trigger language plpgsql as $$
begin
    new.is_verified_purchase := exists (
        select from orders o
        join order_items i on i.order_id = o.id
        join product_variants v on v.id = i.product_variant_id
        where o.id = new.order_id and o.user_id = new.user_id and v.product_id = new.product_id
    );
    return new;
end $$;

-- reviews.paid-order: any order that is not cancelled
-- says: reviews | only pending
create or replace function verify_purchase() returns trigger language plpgsql as $$
begin
    new.is_verified_purchase := exists (
        select from orders o
        join order_items i on i.order_id = o.id
        join product_variants v on v.id = i.product_variant_id
        where o.id = new.order_id and o.user_id = new.user_id and o.status <> 'cancelled'
            and v.product_id = new.product_id
    );
    return new;
end $$;

-- reviews.right-product: any product
-- says: reviews | the product is not
create or replace function verify_purchase() returns trigger language plpgsql as $$
begin
    new.is_verified_purchase := exists (
        select from orders o where o.id = new.order_id and o.user_id = new.user_id and o.status = 'delivered'
    );
    return new;
end $$;

-- reviews.right-product: a key to the buyer's order
-- says: reviews | the product is not
-- also: reviews.paid-order
drop trigger verify_purchase on reviews;
alter table orders add unique (id, user_id);
alter table reviews drop constraint reviews_order_fkey,
    add constraint reviews_order_fkey foreign key (order_id, user_id) references orders (id, user_id),
    add check (not is_verified_purchase or order_id is not null);

-- reviews.once: any number
-- says: reviews | user_id
alter table reviews drop constraint one_review_each;

-- reviews.once: once an order
-- says: reviews | user_id
alter table reviews drop constraint one_review_each, add unique (product_id, user_id, order_id);

-- stock.time-zone: movements
-- says: stock_movements.created_at | time zone
alter table stock_movements alter created_at type timestamp;

-- stock.time-zone: reviews
-- says: reviews.updated_at | time zone
alter table reviews alter updated_at type timestamp;

-- stock.times-filled: no default
-- says: reviews | created_at
alter table reviews alter created_at drop default;

-- stock.times-filled: nullable
-- says: stock_movements | created_at | NULL
alter table stock_movements alter created_at drop not null;

-- stock.updated-moves: no trigger
-- says: reviews.updated_at | trigger
drop trigger touch on reviews;

-- stock.updated-moves: a trigger for one column only
-- says: reviews.updated_at
drop trigger touch on reviews;
create trigger touch before update of is_verified_purchase on reviews for each row execute function touch();
