-- Schemas that are right for the coupons but leave one piece of good practice out.

-- coupon_redemptions.two-at-once: counts, and locks nothing
-- says: coupon_redemptions | coupon_id | for update
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id;
    if now() < coupon.valid_from or now() > coupon.valid_until then raise exception 'not valid today'; end if;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id) >= coupon.max_redemptions then
        raise exception 'is used up';
    end if;
    return new;
end $$;

-- coupon_redemptions.two-at-once: counts afterwards
-- says: coupon_redemptions | both get it
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id;
    if now() < coupon.valid_from or now() > coupon.valid_until then raise exception 'not valid today'; end if;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id) > coupon.max_redemptions then
        raise exception 'is used up';
    end if;
    return null;
end $$;
drop trigger may_redeem on coupon_redemptions;
create trigger may_redeem after insert or update on coupon_redemptions for each row execute function may_redeem();

-- coupon_redemptions.two-at-once: looks how many there were, then writes what it reckons
-- says: coupons.redeemed | redeemed + 1
alter table coupons add redeemed int not null default 0, add check (redeemed <= max_redemptions);
create or replace function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id;
    if now() < coupon.valid_from or now() > coupon.valid_until or coupon.redeemed >= coupon.max_redemptions then
        raise exception 'no';
    end if;
    update coupons set redeemed = coupon.redeemed + 1 where id = new.coupon_id;
    return new;
end $$;
