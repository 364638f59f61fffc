-- Coupons in other ways: changes to the reference, or upon other designs of the steps.

-- right: an enum in capitals, a counter that a trigger keeps and a CHECK limits, capital codes, days
drop table coupon_redemptions, coupons;
drop function may_redeem();
create type discount_type as enum ('PERCENT', 'FIXED');
create table coupons (id bigint generated always as identity primary key, code varchar(20) not null unique
    check (code = upper(code)), discount_type discount_type not null, discount_value numeric(8, 2) not null
    check (discount_value > 0), valid_from date not null default current_date, valid_until date not null
    default 'infinity', max_redemptions smallint check (max_redemptions > 0), redeemed int not null default 0,
    check (discount_type <> 'PERCENT' or discount_value between 0.01 and 100), check (valid_until >= valid_from),
    check (redeemed <= max_redemptions));
create table coupon_redemptions (id serial primary key, coupon_id bigint not null references coupons, order_id int not
    null references orders, unique (order_id, coupon_id));
create function count_redemptions() returns trigger language plpgsql as $$
begin
    update coupons set redeemed = redeemed - 1 where id = old.coupon_id;
    update coupons set redeemed = redeemed + 1 where id = new.coupon_id
        and current_date between valid_from and valid_until;
    if tg_op <> 'DELETE' and not found then raise exception 'not today'; end if;
    return null;
end $$;
create trigger count_redemptions after insert or update or delete on coupon_redemptions
for each row execute function count_redemptions();

-- right: fractions, a look-up table by number, an index on capitals, statement triggers with a table lock
drop table coupon_redemptions, coupons;
drop function may_redeem();
create table discount_types (id smallint primary key, name text not null unique);
insert into discount_types values (1, 'percent'), (2, 'fixed');
create table coupons (id serial primary key, code text not null, discount_type_id smallint not
    null references discount_types, discount_value numeric(6, 2) not null check (discount_value > 0), starts_at
    timestamp, ends_at timestamp, max_uses int check (max_uses >= 0), check (ends_at is null or starts_at is null or
    starts_at < ends_at), check (discount_type_id <> 1 or discount_value <= 1));
create unique index on coupons (upper(code));
create table coupon_redemptions (coupon_id int not null references coupons on delete cascade, order_id int not null
    references orders on delete cascade, redeemed_at timestamptz not null, primary key (order_id, coupon_id));
create function enough_left() returns trigger language plpgsql as $$
begin
    if exists (select from coupons c where max_uses < (select count(*) from coupon_redemptions where coupon_id = c.id))
    then raise exception 'used up'; end if;
    if exists (select from changed r join coupons c on c.id = r.coupon_id
        where r.redeemed_at not between coalesce(starts_at, '-infinity') and coalesce(ends_at, 'infinity'))
    then raise exception 'not valid then'; end if;
    return null;
end $$;
create function one_by_one() returns trigger language plpgsql as $$
begin lock table coupon_redemptions in share row exclusive mode; return null; end $$;
create trigger one_by_one before insert or update on coupon_redemptions for each statement execute function one_by_one();
create trigger enough_left after insert on coupon_redemptions referencing new table as changed
for each statement execute function enough_left();
create trigger enough_left_then after update on coupon_redemptions referencing new table as changed
for each statement execute function enough_left();

-- right: an exclusion constraint on the code, a trigger for the types, an advisory lock, a deferred limit
create extension btree_gist;
drop index coupons_code;
alter table coupons drop constraint known_type, add exclude using gist (lower(code) with =);
create function known_type() returns trigger language plpgsql as $$
begin
    if lower(new.discount_type) not in ('percent', 'fixed', 'shipping') then raise exception 'what?'; end if;
    return new;
end $$;
create trigger known_type before insert or update on coupons for each row execute function known_type();
drop trigger may_redeem on coupon_redemptions;
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    perform pg_advisory_xact_lock(77, new.coupon_id);
    select * into coupon from coupons where id = new.coupon_id;
    if new.redeemed_at not between coalesce(coupon.valid_from, '-infinity') and coalesce(coupon.valid_until, 'infinity')
        or (select count(*) from coupon_redemptions where coupon_id = new.coupon_id) > coupon.max_redemptions
    then raise exception 'no'; end if;
    return null;
end $$;
create constraint trigger may_redeem after insert or update on coupon_redemptions deferrable initially deferred
for each row execute function may_redeem();

-- right: codes that a trigger writes small, a discount as a domain, no limit is a big number
create function small() returns trigger language plpgsql as $$ begin new.code := lower(trim(new.code)); return new; end $$;
create trigger small before insert or update on coupons for each row execute function small();
drop index coupons_code;
alter table coupons add unique (code);
create domain discount as numeric(10, 2) not null check (value > 0);
alter table coupons alter discount_value type discount, alter max_redemptions set default 2147483647,
    alter max_redemptions set not null, alter valid_from set default now(), alter valid_from set not null;

-- right: numbered redemptions, one coupon for each order
alter table coupon_redemptions add place int not null default 0, add unique (coupon_id, place), add unique (order_id);
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id;
    select count(*) + 1 into new.place from coupon_redemptions where coupon_id = new.coupon_id;
    if now() < coupon.valid_from or now() > coupon.valid_until or new.place > coupon.max_redemptions
    then raise exception 'no'; end if;
    return new;
end $$;

-- right: only for orders that are still pending, for whoever ordered, with what was saved
alter table orders add unique (id, user_id);
alter table coupon_redemptions add user_id bigint not null references users, add amount_saved numeric(10, 2) not null
    check (amount_saved > 0), add foreign key (order_id, user_id) references orders (id, user_id);
create function while_pending() returns trigger language plpgsql as $$
begin
    if (select status from orders where id = new.order_id) <> 'pending' then raise exception 'too late'; end if;
    return new;
end $$;
create trigger while_pending before insert on coupon_redemptions for each row execute function while_pending();

-- right: labels of a look-up table, codes without case, keys by uuid
-- upon: uuid_and_citext
create table discount_kinds (kind citext primary key);
insert into discount_kinds values ('Percent'), ('Fixed');
create table coupons (id uuid primary key default gen_random_uuid(), code citext not null unique, kind citext not null
    references discount_kinds, value numeric not null check (value > 0), valid_from timestamptz not null,
    valid_until timestamptz not null, max_redemptions bigint check (max_redemptions >= 1), check (valid_from < valid_until
    and (kind <> 'percent' or value <= 100)));
create table coupon_redemptions (id uuid primary key default gen_random_uuid(), coupon uuid not null references coupons,
    order_id uuid not null references orders on delete cascade, unique (coupon, order_id));
create function redeem() returns trigger language plpgsql as $$
begin
    perform from coupons c where c.id = new.coupon and now() >= valid_from and now() < valid_until and (max_redemptions
        is null or max_redemptions > (select count(*) from coupon_redemptions r where r.coupon = c.id)) for no key update;
    if not found then raise exception 'no'; end if;
    return new;
end $$;
create trigger redeem before insert or update on coupon_redemptions for each row execute function redeem();

-- right: orders in partitions, redemptions that know the moment of the order
-- upon: triggers_and_partitions
create table vouchers (code varchar(30) primary key, discount_type varchar(10) not null, discount_value numeric(9, 3) not
    null, valid_from date, valid_until date, max_redemptions int);
create unique index on vouchers (upper(code));
create function sane_voucher() returns trigger language plpgsql as $$
begin
    if new.discount_type not in ('percent', 'fixed') or new.discount_value <= 0 or new.max_redemptions < 0
        or new.valid_until < new.valid_from or (new.discount_type = 'percent' and new.discount_value > 100)
    then raise exception 'no such voucher' using errcode = '22023'; end if;
    return new;
end $$;
create trigger sane_voucher before insert or update on vouchers for each row execute function sane_voucher();
create table redemptions (id bigint primary key, voucher varchar(30) not null references vouchers on update cascade,
    order_id bigint not null, ordered_at timestamp not null, foreign key (order_id, ordered_at) references orders on
    delete cascade, unique (voucher, order_id, ordered_at));
create function redeem() returns trigger language plpgsql as $$
declare
    found vouchers;
begin
    select * into found from vouchers where code = new.voucher for update;
    if new.ordered_at::date not between coalesce(found.valid_from, '-infinity') and coalesce(found.valid_until,
        'infinity') or (select count(*) from redemptions where voucher = new.voucher) >= found.max_redemptions
    then raise exception 'no'; end if;
    return new;
end $$;
create trigger redeem before insert or update on redemptions for each row execute function redeem();

-- right: composite keys that are judged at the end
-- upon: deferred_composite
create table coupons (tenant int not null references tenants deferrable initially deferred, id int not null, code text not null, discount_type text not null
    check (discount_type in ('percent', 'fixed')), discount_value numeric(12, 2) not null check (discount_value > 0),
    valid_from timestamptz, valid_until timestamptz, max_redemptions int check (max_redemptions >= 0),
    primary key (tenant, id), check (discount_type = 'fixed' or discount_value <= 100), check (valid_from <= valid_until));
create unique index on coupons (lower(code));
create table coupon_redemptions (tenant int not null, coupon_id int not null, order_id int not null,
    primary key (tenant, coupon_id, order_id),
    foreign key (tenant, coupon_id) references coupons deferrable initially deferred,
    foreign key (tenant, order_id) references orders on delete cascade deferrable initially deferred);
create function redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where (tenant, id) = (new.tenant, new.coupon_id) for update;
    if now() < coupon.valid_from or now() > coupon.valid_until or coupon.max_redemptions <=
        (select count(*) from coupon_redemptions where (tenant, coupon_id) = (new.tenant, new.coupon_id))
    then raise exception 'no'; end if;
    return new;
end $$;
create trigger redeem before insert or update on coupon_redemptions for each row execute function redeem();

-- right: only for orders that are paid, and on the day of the order at the latest
create function once_paid() returns trigger language plpgsql as $$
begin
    if (select status from orders where id = new.order_id) <> 'paid' then raise exception 'not paid'; end if;
    return new;
end $$;
create trigger once_paid before insert or update on coupon_redemptions for each row execute function once_paid();

-- right: a third type that needs no value, an end that is always there, a note that must be there
alter table coupons drop constraint known_type, alter discount_value drop not null, alter valid_until set not null,
    add constraint known_type check (discount_type in ('percent', 'fixed', 'free_shipping')),
    add check (discount_type = 'free_shipping' or discount_value is not null), add note text not null;
alter table coupon_redemptions alter redeemed_at type date, alter redeemed_at drop default;
