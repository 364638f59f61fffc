create materialized view daily_sales as
select (o.created_at at time zone 'UTC')::date as day, count(distinct o.id) as orders,
       sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id
where o.status in ('paid', 'shipped', 'delivered')
group by 1;
create unique index daily_sales_day on daily_sales (day);

create materialized view product_sales as
select v.product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id join product_variants v on v.id = i.product_variant_id
where o.status in ('paid', 'shipped', 'delivered')
group by v.product_id;
create unique index product_sales_product on product_sales (product_id);
