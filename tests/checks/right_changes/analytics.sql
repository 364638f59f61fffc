-- Analytics in other ways: changes to the reference, or upon other designs of the steps.

-- right: every day and every product, also those with nothing, and further columns in another order
drop materialized view daily_sales, product_sales;
create materialized view daily_sales as
with line as (
    select o.created_at::date as day, o.id, o.user_id, i.quantity, i.quantity * i.unit_price as money
    from orders o join order_items i on i.order_id = o.id where o.status not in ('pending', 'cancelled')
)
select coalesce(sum(money), 0)::numeric(12, 2) as revenue, count(distinct user_id) as buyers, d::date as day,
       coalesce(sum(quantity), 0) as pieces, count(distinct line.id)::int as orders
from generate_series(current_date - 400, current_date, '1 day') d left join line on line.day = d group by d;
create unique index on daily_sales (day, orders);
create materialized view product_sales as
select p.id as product_id, p.name, coalesce(sum(i.quantity) filter (where o.id is not null), 0) as units_sold,
       coalesce(sum(i.quantity * i.unit_price) filter (where o.id is not null), 0.00) as revenue
from products p left join product_variants v on v.product_id = p.id left join order_items i
on i.product_variant_id = v.id left join orders o on o.id = i.order_id and o.status >= 'paid' and o.status <> 'cancelled'
group by p.id;
create unique index on product_sales (product_id) include (name);

-- right: by way of a view and of another materialized view, without data yet, the day as a moment
drop materialized view daily_sales, product_sales;
create view sold_lines as select o.id as order_id, date_trunc('day', o.created_at) as day, v.product_id, i.quantity,
    i.unit_price * i.quantity as amount from orders o left join order_items i on i.order_id = o.id left join
    product_variants v on v.id = i.product_variant_id where o.status::text in ('paid', 'shipped', 'delivered');
create materialized view order_totals as select order_id, day, sum(amount) as amount from sold_lines group by 1, 2;
create materialized view daily_sales as
select day, count(*) as orders, sum(amount) as revenue from order_totals group by day with no data;
create unique index on daily_sales (day);
create materialized view product_sales as
select product_id, sum(quantity)::int as units_sold, sum(amount) as revenue from sold_lines where product_id is not null
group by 1 with no data;
create unique index on product_sales (product_id);

-- right: by the day on which it was paid, in Berlin
drop materialized view daily_sales;
create materialized view daily_sales as
select (h.paid_at at time zone 'Europe/Berlin')::date as day, count(distinct o.id) as orders,
       sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id
join (select order_id, min(changed_at) as paid_at from order_status_history where status = 'paid' group by 1) h
on h.order_id = o.id where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- right: keys by uuid, in a schema of their own, the day in the shop's own zone
-- upon: uuid_and_citext
create materialized view daily_sales as
select (o.created_at at time zone 'America/New_York')::date as sale_date, count(distinct o.id) as order_count,
       sum(i.quantity * i.unit_price) as total_revenue
from orders o join order_items i on i.order_id = o.id where o.status not in ('pending', 'cancelled') group by 1;
create unique index on daily_sales (sale_date);
create materialized view product_sales as
select v.product as product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id join product_variants v on v.id = i.variant
where o.status not in ('pending', 'cancelled') group by 1;
create unique index on product_sales (product_id);

-- right: numbers for labels, times without a zone
-- upon: lookups_by_number
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status_id between 20 and 40 group by 1;
create unique index on daily_sales (day);
create materialized view product_sales as
select v.product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_statuses s on s.id = o.status_id join order_items i on i.order_id = o.id
join product_variants v on v.id = i.variant_id where s.name in ('Paid', 'Shipped', 'Delivered') group by 1;
create unique index on product_sales (product_id);

-- right: composite keys
-- upon: deferred_composite
create materialized view daily_sales as
select o.created_at::date as day, count(distinct (o.tenant, o.id)) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on (i.tenant, i.order_id) = (o.tenant, o.id)
where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);
create materialized view product_sales as
select v.tenant, v.product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on (i.tenant, i.order_id) = (o.tenant, o.id)
join product_variants v on (v.tenant, v.id) = (i.tenant, i.variant_id)
where o.status in ('paid', 'shipped', 'delivered') group by 1, 2;
create unique index on product_sales (product_id, tenant);

-- right: orders and products in partitions
-- upon: triggers_and_partitions
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on (i.order_id, i.ordered_at) = (o.id, o.created_at)
where upper(o.status) in ('PAID', 'SHIPPED', 'DELIVERED') group by 1;
create unique index on daily_sales (day);
create materialized view product_sales as
select v.product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on (i.order_id, i.ordered_at) = (o.id, o.created_at)
join product_variants v on v.id = i.variant_id where upper(o.status) in ('PAID', 'SHIPPED', 'DELIVERED') group by 1;
create unique index on product_sales (product_id);

-- right: keys of text
-- upon: text_keys
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.number) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_number = o.number where o.status not in ('PENDING', 'CANCELLED') group by 1;
create unique index on daily_sales (day);
create materialized view product_sales as
select v.product_sku as product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_number = o.number join product_variants v on v.sku = i.variant_sku
where o.status not in ('PENDING', 'CANCELLED') group by 1;
create unique index on product_sales (product_id);
