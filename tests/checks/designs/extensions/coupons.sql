create table coupons (
    id serial primary key,
    code varchar(40) not null,
    discount_type varchar(20) not null constraint known_type check (discount_type in ('percent', 'fixed')),
    discount_value numeric(10, 2) not null constraint gives_something check (discount_value > 0),
    valid_from timestamptz,
    valid_until timestamptz,
    max_redemptions int constraint limit_not_negative check (max_redemptions >= 0),
    constraint at_most_all check (discount_type <> 'percent' or discount_value <= 100),
    constraint dates_in_order check (valid_until > valid_from)
);
create unique index coupons_code on coupons (lower(code));

create table coupon_redemptions (
    coupon_id int not null constraint coupon_redemptions_coupon_fkey references coupons,
    order_id int not null constraint coupon_redemptions_order_fkey references orders on delete cascade,
    redeemed_at timestamptz not null default now(),
    constraint coupon_redemptions_pkey primary key (coupon_id, order_id)
);
create index coupon_redemptions_order on coupon_redemptions (order_id);

create function may_redeem() returns trigger language plpgsql as $$
declare
    coupon coupons;
begin
    select * into coupon from coupons where id = new.coupon_id for update;
    if now() < coupon.valid_from or now() > coupon.valid_until then
        raise exception 'coupon % is not valid today', coupon.code;
    end if;
    if (select count(*) from coupon_redemptions where coupon_id = new.coupon_id) >= coupon.max_redemptions then
        raise exception 'coupon % is used up', coupon.code;
    end if;
    return new;
end $$;
create trigger may_redeem before insert or update of coupon_id on coupon_redemptions
for each row execute function may_redeem();
