-- Wrong schemas for the analytics; how an entry is written is told in step2.sql.

-- daily_sales.exists: dropped
-- says: daily_sales | materialized view
drop materialized view daily_sales;

-- daily_sales.exists: a view
-- says: daily_sales | a view | materialized
drop materialized view daily_sales;
create view daily_sales as select current_date as day, 0 as orders, 0.00 as revenue;

-- daily_sales.exists: a table
-- says: daily_sales | a table | materialized
drop materialized view daily_sales;
create table daily_sales (day date primary key, orders int not null, revenue numeric(12, 2) not null);

-- daily_sales.columns: no revenue
-- says: daily_sales | revenue
drop materialized view daily_sales;
create materialized view daily_sales as
select created_at::date as day, count(*) as orders from orders where status in ('paid', 'shipped', 'delivered')
group by 1;
create unique index on daily_sales (day);

-- daily_sales.columns: revenue as a float
-- says: daily_sales.revenue | double precision
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price)::float8 as revenue
from orders o join order_items i on i.order_id = o.id where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.columns: the day as text
-- says: daily_sales.day | text | a day
drop materialized view daily_sales;
create materialized view daily_sales as
select to_char(o.created_at, 'DD.MM.') as day, count(distinct o.id) as orders,
       sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.paid-only: everything
-- says: daily_sales | 1 order and | 24.60 on | the only order of that day is pending | orders
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status <> 'cancelled' group by 1;
create unique index on daily_sales (day);

-- daily_sales.paid-only: cancelled ones
-- says: daily_sales | 1 order and 12.80 on | is cancelled
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status <> 'pending' group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: lines for orders
-- says: daily_sales says 6 orders and 79.40 on | the orders say 3 and 79.40 | count(distinct
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(*) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: paid alone
-- says: daily_sales says | 0 orders and 0.00 on | the orders say 1 and 29.20 | paid, shipped and delivered
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status = 'paid' group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: without the delivered ones
-- says: daily_sales says | the orders say
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status in ('paid', 'shipped') group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: one piece of each
-- says: daily_sales | the orders say | by its quantity
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: today's prices
-- says: daily_sales | the orders say | unit_price | today's
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * p.price) as revenue
from orders o join order_items i on i.order_id = o.id join product_variants v on v.id = i.product_variant_id
join products p on p.id = v.product_id where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: doubled by a join
-- says: daily_sales | the orders say | a join that repeats lines
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id join order_status_history h on h.order_id = o.id
where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: doubled by the payments
-- says: daily_sales | the orders say | payments
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id left join payments p on p.order_id = o.id
where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: equal sums once
-- says: daily_sales says 3 orders and 64.25 on | the orders say 3 and 79.40
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, count(distinct o.id) as orders, sum(distinct i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id
where o.status in ('paid', 'shipped', 'delivered') group by 1;
create unique index on daily_sales (day);

-- daily_sales.figures: more than one row for a day
-- says: daily_sales | more than one row for | day
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, o.status, count(distinct o.id) as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status in ('paid', 'shipped', 'delivered')
group by 1, 2;
create unique index on daily_sales (day, status);

-- daily_sales.figures: can't be refreshed
-- says: daily_sales | could not be refreshed | group by
drop materialized view daily_sales;
create materialized view daily_sales as
select o.created_at::date as day, 1 as orders, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id where o.status in ('paid', 'shipped', 'delivered')
group by o.created_at::date, o.id;
create unique index on daily_sales (day);

-- daily_sales.unique-index: none
-- says: daily_sales | concurrently | create unique index
drop index daily_sales_day;

-- daily_sales.unique-index: not unique
-- says: daily_sales | concurrently
drop index daily_sales_day;
create index daily_sales_day on daily_sales (day);

-- daily_sales.unique-index: on an expression
-- says: daily_sales | daily_sales_day | an expression
drop index daily_sales_day;
create unique index daily_sales_day on daily_sales ((day + 1));

-- daily_sales.unique-index: some of the days
-- says: daily_sales | daily_sales_day | only the rows
drop index daily_sales_day;
create unique index daily_sales_day on daily_sales (day) where revenue > 0;

-- product_sales.exists: dropped
-- says: product_sales | materialized view
drop materialized view product_sales;

-- product_sales.columns: no pieces
-- says: product_sales | units_sold
drop materialized view product_sales;
create materialized view product_sales as select id as product_id, 0.00 as revenue from products;
create unique index on product_sales (product_id);

-- product_sales.paid-only: whatever was ordered
-- says: product_sales says | 3 pieces and 24.60 | is pending
drop materialized view product_sales;
create materialized view product_sales as
select v.product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from order_items i join product_variants v on v.id = i.product_variant_id group by v.product_id;
create unique index on product_sales (product_id);

-- product_sales.figures: paid alone
-- says: product_sales says 3 pieces and 33.25 | the orders say 8 and 74.20
drop materialized view product_sales;
create materialized view product_sales as
select v.product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id join product_variants v on v.id = i.product_variant_id
where o.status = 'paid' group by v.product_id;
create unique index on product_sales (product_id);

-- product_sales.figures: lines for pieces
-- says: product_sales | sum(quantity) | units_sold
drop materialized view product_sales;
create materialized view product_sales as
select v.product_id, count(*) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id join product_variants v on v.id = i.product_variant_id
where o.status in ('paid', 'shipped', 'delivered') group by v.product_id;
create unique index on product_sales (product_id);

-- product_sales.figures: equal sums once
-- says: product_sales | the orders say
drop materialized view product_sales;
create materialized view product_sales as
select v.product_id, sum(i.quantity) as units_sold, sum(distinct i.unit_price) * max(i.quantity) as revenue
from orders o join order_items i on i.order_id = o.id join product_variants v on v.id = i.product_variant_id
where o.status in ('paid', 'shipped', 'delivered') group by v.product_id;
create unique index on product_sales (product_id);

-- product_sales.figures: every variant of an order for every line
-- says: product_sales | the orders say | a join that repeats lines
drop materialized view product_sales;
create materialized view product_sales as
select v.product_id, sum(i.quantity) as units_sold, sum(i.quantity * i.unit_price) as revenue
from orders o join order_items i on i.order_id = o.id join product_variants w on w.id = i.product_variant_id
join product_variants v on v.product_id = w.product_id
where o.status in ('paid', 'shipped', 'delivered') group by v.product_id;
create unique index on product_sales (product_id);

-- product_sales.unique-index: none
-- says: product_sales | concurrently | product_id
drop index product_sales_product;
