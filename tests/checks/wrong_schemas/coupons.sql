-- Wrong schemas for the coupons; how an entry is written is told in step2.sql.

-- coupons.exists: unlogged
-- says: coupons | UNLOGGED
alter table coupon_redemptions set unlogged;
alter table coupons set unlogged;
-- also: coupon_redemptions.exists

-- coupons.key: unique instead
-- says: coupons | primary key
alter table coupon_redemptions drop constraint coupon_redemptions_coupon_fkey;
alter table coupons drop constraint coupons_pkey, add unique (id);
alter table coupon_redemptions add foreign key (coupon_id) references coupons (id);

-- coupons.columns: no end
-- says: coupons | valid_until
alter table coupons drop valid_until;

-- coupons.columns: days as text
-- says: coupons.valid_from | character varying | a day
alter table coupons drop constraint dates_in_order, alter valid_from type varchar(20);

-- coupons.columns: a float
-- says: coupons.discount_value | double precision
-- also: coupons.money
alter table coupons alter discount_value type double precision;

-- coupons.columns: no cents
-- says: coupons.discount_value | integer
-- also: coupons.money
alter table coupons alter discount_value type int;

-- coupons.code-required: nullable
-- says: coupons | code | NULL
alter table coupons alter code drop not null;

-- coupons.code-unique: no rule
-- says: coupons | code | same code | func.lower(code)
drop index coupons_code;

-- coupons.code-unique: as written
-- says: coupons | code | case of its letters | func.lower(code)
drop index coupons_code;
alter table coupons add unique (code);

-- coupons.code-unique: for percentages alone
-- says: coupons | code | only some rows
drop index coupons_code;
create unique index coupons_code on coupons (lower(code)) where discount_type = 'percent';

-- coupons.code-unique: as written, and a look-up for the rest
-- says: coupons | code | trigger
drop index coupons_code;
alter table coupons add unique (code);
create function not_in_another_case() returns trigger language plpgsql as $$
begin
    if exists (select from coupons c where lower(c.code) = lower(new.code) and c.id <> new.id) then
        raise exception 'there is such a code';
    end if;
    return new;
end $$;
create trigger not_in_another_case before insert or update on coupons for each row
execute function not_in_another_case();

-- coupons.code-unique: with the beginning
-- says: coupons | code | valid_from
drop index coupons_code;
create unique index coupons_code on coupons (lower(code), valid_from);

-- coupons.type-required: nullable
-- says: coupons | discount_type | NULL
alter table coupons alter discount_type drop not null;

-- coupons.types-fit: percentages alone
-- says: coupons | discount_type | fixed
alter table coupons drop constraint known_type, add check (discount_type = 'percent');

-- coupons.types-fit: an enum that lacks one
-- says: coupons | discount_type | can't say fixed | it knows percent, gift
create type discount as enum ('percent', 'gift');
alter table coupons drop constraint known_type, drop constraint at_most_all, alter discount_type type discount
    using discount_type::discount, add check (discount_type <> 'percent' or discount_value <= 100);

-- coupons.type-known: any word
-- says: coupons | discount_type | banana
alter table coupons drop constraint known_type;

-- coupons.type-known: any word that begins so
-- says: coupons | discount_type | percentx
alter table coupons drop constraint known_type, add check (discount_type ~ '^(percent|fixed)');

-- coupons.value-positive: zero
-- says: coupons | discount_value | 0
alter table coupons drop constraint gives_something, add check (discount_value >= 0);

-- coupons.value-positive: for percentages alone
-- says: coupons | discount_value | fixed
alter table coupons drop constraint gives_something, add check (discount_type = 'fixed' or discount_value > 0);

-- coupons.value-positive: on INSERT alone
-- says: coupons | discount_value
alter table coupons drop constraint gives_something;
create function gives_something() returns trigger language plpgsql as $$
begin if new.discount_value <= 0 then raise exception 'gives nothing'; end if; return new; end $$;
create trigger gives_something before insert on coupons for each row execute function gives_something();

-- coupons.percent-limit: no rule
-- says: coupons | discount_value | 101 percent
alter table coupons drop constraint at_most_all;

-- coupons.percent-limit: a wide one
-- says: coupons | discount_value | 101 percent
alter table coupons drop constraint at_most_all, add check (discount_type <> 'percent' or discount_value <= 120);

-- coupons.percent-limit: when the value changes
-- says: coupons | discount_value | turned into
alter table coupons drop constraint at_most_all;
create function at_most_all() returns trigger language plpgsql as $$
begin
    if new.discount_type = 'percent' and new.discount_value > 100 then raise exception 'too much'; end if;
    return new;
end $$;
create trigger at_most_all before insert or update of discount_value on coupons
for each row execute function at_most_all();

-- coupons.dates-in-order: no rule
-- says: coupons | valid_until | ends before it begins | valid_until >= valid_from
alter table coupons drop constraint dates_in_order;

-- coupons.dates-in-order: when the end moves
-- says: coupons | valid_until | ends before it begins
alter table coupons drop constraint dates_in_order;
create function in_order() returns trigger language plpgsql as $$
begin if new.valid_until < new.valid_from then raise exception 'too early'; end if; return new; end $$;
create trigger in_order before insert or update of valid_until on coupons for each row execute function in_order();

-- coupons.dates-in-order: the other way round
-- says: coupons | valid_until
-- also: coupon_redemptions.limit | coupon_redemptions.dates | coupon_redemptions.ordinary | coupons.ordinary
alter table coupons drop constraint dates_in_order, add check (valid_until - valid_from < interval '1 day');

-- coupons.limit-optional: a limit for each
-- says: coupons | max_redemptions
alter table coupons alter max_redemptions set not null;

-- coupons.limit-not-negative: no rule
-- says: coupons | max_redemptions | -1
alter table coupons drop constraint limit_not_negative;

-- coupons.limit-not-negative: more than two at least
-- says: coupons | max_redemptions 1
alter table coupons drop constraint limit_not_negative, add check (max_redemptions > 2);

-- coupons.ordinary: one of a kind
-- says: coupons | second coupon | discount_value
alter table coupons add unique (discount_type, discount_value);

-- coupon_redemptions.exists: dropped
-- says: coupon_redemptions
drop table coupon_redemptions;

-- coupon_redemptions.key: unique instead
-- says: coupon_redemptions | primary key
alter table coupon_redemptions drop constraint coupon_redemptions_pkey, add unique (coupon_id, order_id);

-- coupon_redemptions.coupon: any number
-- says: coupon_redemptions | coupon_id | foreign key
alter table coupon_redemptions drop constraint coupon_redemptions_coupon_fkey;

-- coupon_redemptions.coupon: of no coupon
-- says: coupon_redemptions | coupon_id | NULL
alter table coupon_redemptions drop constraint coupon_redemptions_pkey, add id serial primary key,
    alter coupon_id drop not null, add unique (coupon_id, order_id);

-- coupon_redemptions.order: the orders' numbers alone
-- says: coupon_redemptions | order_id | foreign key
alter table coupon_redemptions drop constraint coupon_redemptions_order_fkey;

-- coupon_redemptions.once: twice for one order
-- says: coupon_redemptions | same coupon and order
alter table coupon_redemptions drop constraint coupon_redemptions_pkey, add id serial primary key;

-- coupon_redemptions.once: twice at two moments
-- says: coupon_redemptions | redeemed_at
alter table coupon_redemptions drop constraint coupon_redemptions_pkey,
    add primary key (coupon_id, order_id, redeemed_at);

-- coupon_redemptions.ordinary: each coupon once
-- says: coupon_redemptions | second redemption
alter table coupon_redemptions add unique (coupon_id);

-- coupon_redemptions.ordinary: who says nothing allows nothing
-- says: coupon_redemptions | first redemption | is used up
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id for update;
    if now() < coupon.valid_from or now() > coupon.valid_until then raise exception 'not valid today'; end if;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id)
        >= coalesce(coupon.max_redemptions, 0) then raise exception 'is used up'; end if;
    return new;
end $$;

-- coupon_redemptions.limit: no rule
-- says: coupon_redemptions | max_redemptions 1 | 2 orders
-- also: coupon_redemptions.dates
drop trigger may_redeem on coupon_redemptions;

-- coupon_redemptions.limit: one too many
-- says: coupon_redemptions | max_redemptions 1 | 2 orders
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id for update;
    if now() < coupon.valid_from or now() > coupon.valid_until then raise exception 'not valid today'; end if;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id) > coupon.max_redemptions then
        raise exception 'is used up';
    end if;
    return new;
end $$;

-- coupon_redemptions.limit: one too few
-- says: coupon_redemptions | Redemption 1 of a coupon that allows 1 | is used up
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id for update;
    if now() < coupon.valid_from or now() > coupon.valid_until then raise exception 'not valid today'; end if;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id) + 1 >= coupon.max_redemptions then
        raise exception 'is used up';
    end if;
    return new;
end $$;

-- coupon_redemptions.limit: once whatever it says
-- says: coupon_redemptions | Redemption 2 of a coupon that allows 2
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id for update;
    if now() < coupon.valid_from or now() > coupon.valid_until then raise exception 'not valid today'; end if;
    if coupon.max_redemptions is not null and exists (select from coupon_redemptions where coupon_id = new.coupon_id)
    then raise exception 'is used up'; end if;
    return new;
end $$;

-- coupon_redemptions.limit: on INSERT alone
-- says: coupon_redemptions | max_redemptions 1 | by an UPDATE
-- also: coupon_redemptions.dates
drop trigger may_redeem on coupon_redemptions;
create trigger may_redeem before insert on coupon_redemptions for each row execute function may_redeem();

-- coupon_redemptions.limit: for each statement what was there before it
-- says: coupon_redemptions | one statement
create function enough_left() returns trigger language plpgsql as $$
begin
    if exists (
        select from coupons c join added a on a.coupon_id = c.id
        where (select count(*) from coupon_redemptions r where r.coupon_id = c.id)
            - (select count(*) from added b where b.coupon_id = c.id) >= c.max_redemptions
    ) then raise exception 'is used up'; end if;
    return null;
end $$;
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id for update;
    if now() < coupon.valid_from or now() > coupon.valid_until then raise exception 'not valid today'; end if;
    return new;
end $$;
create trigger enough_left after insert on coupon_redemptions referencing new table as added
for each statement execute function enough_left();
create trigger enough_left_again after update on coupon_redemptions referencing new table as added
for each statement execute function enough_left();

-- coupon_redemptions.limit: a number that nobody counts
-- says: coupon_redemptions | max_redemptions 1
alter table coupons add redeemed int not null default 0, add check (redeemed <= max_redemptions);
create or replace function may_redeem() returns trigger language plpgsql as $$
begin
    if not exists (select from coupons where id = new.coupon_id
        and now() between coalesce(valid_from, now()) and coalesce(valid_until, now())) then
        raise exception 'not valid today';
    end if;
    return new;
end $$;

-- coupon_redemptions.dates: no rule
-- says: coupon_redemptions | ended 20 days ago
create or replace function may_redeem() returns trigger language plpgsql as $$
begin
    perform from coupons where id = new.coupon_id for update;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id)
        >= (select max_redemptions from coupons where id = new.coupon_id) then raise exception 'is used up'; end if;
    return new;
end $$;

-- coupon_redemptions.dates: an end, but no beginning
-- says: coupon_redemptions | begins in 20 days
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id for update;
    if now() > coupon.valid_until then raise exception 'not valid today'; end if;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id) >= coupon.max_redemptions then
        raise exception 'is used up';
    end if;
    return new;
end $$;

-- coupon_redemptions.dates: by an end that was written down with the redemption
-- says: coupon_redemptions | ended 20 days ago
alter table coupon_redemptions add until timestamptz not null default 'infinity', add check (redeemed_at < until);
create or replace function may_redeem() returns trigger language plpgsql as $$
begin
    perform from coupons where id = new.coupon_id for update;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id)
        >= (select max_redemptions from coupons where id = new.coupon_id) then raise exception 'is used up'; end if;
    return new;
end $$;

-- coupons.money: what was saved as a float
-- says: coupon_redemptions | saved_amount | real
alter table coupon_redemptions add saved_amount real not null default 0;
