-- What the shop would hold, whatever the learner's tables look like: a temporary table for each part of the contract.
--
-- n numbers the rows of a table, and <part>_n is the number of a row of another one; place counts the rows that hang on
-- one row of another table. The other columns are called as the contract calls them, or as many shops do. How much
-- there is to be says sample_size. The same size gives the same rows on every run: random() begins where setseed() puts
-- it, and is only called where rows come in a known order.

-- Words -------------------------------------------------------------------------------------------------------------

create temp table sample_words on commit drop as select
    array['Ada', 'Ben', 'Carla', 'David', 'Elif', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Kira', 'Liam', 'Maya',
        'Noah', 'Olga', 'Paul', 'Quinn', 'Rosa', 'Samir', 'Tara', 'Umar', 'Vera', 'Will', 'Xenia', 'Yusuf', 'Zoe',
        'Anton', 'Bella', 'Chen', 'Dora', 'Emil'] as first_names,
    array['Lovelace', 'Hopper', 'Turing', 'Noether', 'Curie', 'Darwin', 'Euler', 'Franklin', 'Galilei', 'Hamilton',
        'Ibsen', 'Jansen', 'Kovacs', 'Lindgren', 'Moreau', 'Novak', 'Okafor', 'Petrov', 'Quist', 'Rossi', 'Sato',
        'Tanaka', 'Unger', 'Vogel', 'Weber', 'Xu', 'Yilmaz', 'Zhang', 'Andersen', 'Bauer', 'Costa', 'Dubois', 'Eriksson',
        'Fischer', 'Garcia', 'Haddad', 'Ivanov'] as last_names,
    array['Mill Lane', 'Station Road', 'Church Street', 'Park Avenue', 'Harbour Street', 'Market Place', 'High Street',
        'Garden Row', 'Bridge Street', 'Old Town', 'Rose Hill', 'Lime Walk', 'Castle Road'] as streets,
    array['Berlin', 'Hamburg', 'Munich', 'Cologne', 'Leipzig', 'Dresden', 'Bremen', 'Kiel', 'Mainz', 'Jena',
        'Potsdam'] as cities,
    array['Harbour', 'Meadow', 'Birch', 'Ember', 'Willow', 'Pebble', 'Aurora', 'Juniper', 'Coral', 'Maple', 'Frost',
        'Sage', 'Tide', 'Clover', 'Amber', 'Heather', 'Lagoon', 'Cedar', 'Dune', 'Hazel', 'Island', 'Laurel', 'Moss',
        'Nettle', 'Orchard', 'Poppy', 'Quarry', 'River', 'Saffron', 'Thistle', 'Valley', 'Walnut', 'Anise', 'Bramble',
        'Copper', 'Daisy', 'Elm', 'Fern', 'Glacier', 'Honey', 'Indigo', 'Jasmine', 'Kelp', 'Linden', 'Mistral', 'Nutmeg',
        'Olive', 'Prairie', 'Raven', 'Sorrel'] as collections,
    array['Blue', 'Green', 'Red', 'White', 'Black', 'Yellow', 'Orange', 'Purple', 'Sand', 'Pink', 'Turquoise',
        'Cream'] as colors,
    array['S', 'M', 'L'] as sizes,
    array['Made by hand in a small workshop.', 'Fired twice, for years of use.', 'Safe in the dishwasher.',
        'No two pieces are quite alike.', 'A gift that is always welcome.', 'Comes in a box of recycled paper.',
        'Designed by Mina herself.'] as praises,
    array['Broke after a week', 'Not what I hoped for', 'It does the job', 'Very good', 'I love it'] as titles,
    array['It came with a crack, and the second one had one as well.', 'The colour is not the one of the picture.',
        'Nothing special, but nothing wrong with it.', 'Well made, and it arrived quickly.',
        'I use it every day and have ordered another one.'] as bodies;

-- Departments, what lies in them, and what such a thing is called and costs: 1 is the lowest price there is.
create temp table sample_leaves on commit drop as
select
    row_number() over (order by place)::int as n, top, middle, leaf, noun, prefix, level,
    dense_rank() over (order by top_place)::int as top_n, dense_rank() over (order by middle_place)::int as middle_n
from (
    select *, min(place) over (partition by top) as top_place, min(place) over (partition by middle) as middle_place
    from (values
        (1, 'Tableware', 'Cups', 'Mugs', 'mug', 'MUG', 3), (2, 'Tableware', 'Cups', 'Espresso cups', 'espresso cup', 'ESP', 2),
        (3, 'Tableware', 'Cups', 'Travel mugs', 'travel mug', 'TRA', 5), (4, 'Tableware', 'Plates', 'Dinner plates', 'dinner plate', 'DIN', 4),
        (5, 'Tableware', 'Plates', 'Side plates', 'side plate', 'SID', 3), (6, 'Tableware', 'Plates', 'Bowls', 'bowl', 'BOW', 3),
        (7, 'Tableware', 'Glasses', 'Tumblers', 'tumbler', 'TUM', 1), (8, 'Tableware', 'Glasses', 'Wine glasses', 'wine glass', 'WIN', 3),
        (9, 'Kitchen', 'Tea', 'Teapots', 'teapot', 'TEA', 7), (10, 'Kitchen', 'Tea', 'Tea strainers', 'tea strainer', 'STR', 1),
        (11, 'Kitchen', 'Tea', 'Kettles', 'kettle', 'KET', 9), (12, 'Kitchen', 'Coffee', 'Coffee presses', 'coffee press', 'PRE', 7),
        (13, 'Kitchen', 'Coffee', 'Coffee grinders', 'coffee grinder', 'GRI', 10), (14, 'Kitchen', 'Coffee', 'Milk jugs', 'milk jug', 'JUG', 3),
        (15, 'Kitchen', 'Baking', 'Cake tins', 'cake tin', 'TIN', 5), (16, 'Kitchen', 'Baking', 'Rolling pins', 'rolling pin', 'ROL', 4),
        (17, 'Living', 'Lights', 'Table lamps', 'table lamp', 'LAM', 10), (18, 'Living', 'Lights', 'Floor lamps', 'floor lamp', 'FLO', 11),
        (19, 'Living', 'Lights', 'Candles', 'candle', 'CAN', 1), (20, 'Living', 'Textiles', 'Cushions', 'cushion', 'CUS', 6),
        (21, 'Living', 'Textiles', 'Blankets', 'blanket', 'BLA', 9), (22, 'Living', 'Textiles', 'Rugs', 'rug', 'RUG', 11),
        (23, 'Living', 'Walls', 'Clocks', 'clock', 'CLO', 8), (24, 'Living', 'Walls', 'Mirrors', 'mirror', 'MIR', 9),
        (25, 'Garden', 'Plants', 'Flowerpots', 'flowerpot', 'POT', 3), (26, 'Garden', 'Plants', 'Planters', 'planter', 'PLA', 7),
        (27, 'Garden', 'Plants', 'Watering cans', 'watering can', 'WAT', 6), (28, 'Garden', 'Tools', 'Trowels', 'trowel', 'TRO', 2),
        (29, 'Garden', 'Tools', 'Pruners', 'pruner', 'PRU', 6), (30, 'Garden', 'Tools', 'Gloves', 'pair of gloves', 'GLO', 2),
        (31, 'Garden', 'Terrace', 'Lanterns', 'lantern', 'LAN', 7), (32, 'Garden', 'Terrace', 'Bird feeders', 'bird feeder', 'BIR', 5),
        (33, 'Desk', 'Paper', 'Notebooks', 'notebook', 'NOT', 2), (34, 'Desk', 'Paper', 'Calendars', 'calendar', 'CAL', 3),
        (35, 'Desk', 'Paper', 'Greeting cards', 'greeting card', 'GRE', 1), (36, 'Desk', 'Writing', 'Pens', 'pen', 'PEN', 2),
        (37, 'Desk', 'Writing', 'Pencils', 'pencil', 'PCL', 1), (38, 'Desk', 'Writing', 'Ink bottles', 'ink bottle', 'INK', 2),
        (39, 'Desk', 'Order', 'Baskets', 'basket', 'BAS', 6), (40, 'Desk', 'Order', 'Trays', 'tray', 'TRY', 5)
    ) as leaves (place, top, middle, leaf, noun, prefix, level)
) as placed;

-- What is for sale ----------------------------------------------------------------------------------------------------

create temp table sample_categories on commit drop as
select
    row_number() over (order by depth, place)::int as n, name, categories_n,
    lower(regexp_replace(name, '[^A-Za-z]+', '-', 'g')) as slug
from (
    select distinct 1 as depth, top_n as place, top as name, null::int as categories_n from sample_leaves
    union all
    select distinct 2, middle_n, middle, top_n from sample_leaves
    union all
    select 3, n, leaf, 5 + middle_n from sample_leaves
) as tree;

-- A product has had two other prices before: until changed_1, and until changed_2.
create temp table sample_products on commit drop as
select
    n, 20 + leaf as categories_n, name, lower(regexp_replace(name, '[^A-Za-z0-9]+', '-', 'g')) as slug,
    name || ', from our ' || collection || ' collection. ' || praises[1 + n % cardinality(praises)] as description,
    prefix || '-' || lpad(n::text, greatest(4, length(n::text)), '0') as sku,
    prices[level] as price, prices[case level when 1 then least(2, cardinality(prices)) else level - 1 end] as price_1,
    prices[level] as price_0,
    timestamptz '2023-11-01 09:00+00' + n % 50 * interval '1 day' as created_at,
    timestamptz '2025-03-01 06:00+00' + n % 90 * interval '1 day' as updated_at,
    timestamptz '2024-09-01 06:00+00' + n % 120 * interval '1 day' as changed_1,
    timestamptz '2025-03-01 06:00+00' + n % 90 * interval '1 day' as changed_2
from (
    select
        p.n, leaf.n as leaf, prefix, collection, praises, prices,
        collection || ' ' || noun || case when series < cardinality(collections) then '' else ' ' || series end as name,
        least(cardinality(prices), greatest(1, leaf.level - 1 + series % 3)) as level
    from sample_size
    cross join sample_words
    cross join lateral (select n, 1 + (n - 1) % 40 as leaf, (n - 1) / 40 as series from generate_series(1, products) as n) as p
    join sample_leaves as leaf on leaf.n = p.leaf
    cross join lateral (select collections[1 + (series * 7 + leaf.n) % cardinality(collections)] as collection) as chosen
) as named
order by n;

-- Three variants of each: numbers 1 to 3 are those of product 1.
create temp table sample_product_variants on commit drop as
select
    (p.n - 1) * 3 + place as n, p.n as products_n, place, p.price,
    p.sku || '-' || upper(left(color, 3)) as sku, sizes[1 + (p.n + place) % 3] as size, color
from sample_products as p
cross join sample_words
cross join generate_series(1, 3) as place
cross join lateral (select colors[1 + (p.n + place * 4) % cardinality(colors)] as color) as chosen
order by 1;

create temp view sample_product_images as
select
    (p.n - 1) * 2 + place as n, p.n as products_n, place, place as display_order,
    'https://images.shop.example/' || lower(p.sku) || '-' || place || '.jpg' as url
from sample_products as p
cross join generate_series(1, 2) as place
order by 1;

-- The price at the beginning, and each one that followed. Told of the first variant of a product, it is told of the
-- product as well.
create temp view sample_price_history as
select
    row_number() over (order by v.place, p.n, changes.place)::int as n, case when v.place = 1 then p.n end as products_n,
    v.n as product_variants_n, changes.place, old_price, new_price, changed_at, valid_to, valid_to as valid_until
from sample_products as p
join sample_product_variants as v on v.products_n = p.n
cross join lateral (values
    (1, null, price_0, p.created_at, changed_1), (2, price_0, price_1, changed_1, changed_2),
    (3, price_1, p.price, changed_2, null)
) as changes (place, old_price, new_price, changed_at, valid_to)
where old_price is distinct from new_price;

-- Who buys --------------------------------------------------------------------------------------------------------------

-- More and more: after half of the time a quarter of them is there. So it is with orders.
create temp table sample_users on commit drop as
select
    n, first_name, last_name, email, lower(first_name) || n as username,
    '$2b$12$' || left(md5(n::text) || md5(email), 53) as password_hash,
    n % 50 <> 0 as is_active, n % 8 <> 0 as is_verified, joined_at as created_at, joined_at as updated_at
from sample_size
cross join sample_words
cross join generate_series(1, users) as n
cross join lateral (
    select
        first_names[1 + n % cardinality(first_names)] as first_name,
        last_names[1 + n % cardinality(last_names)] as last_name,
        timestamptz '2024-01-01 08:00+00' + interval '730 days' * sqrt((n - 1) / users::float8) as joined_at
) as person
cross join lateral (select lower(first_name || '.' || last_name) || n || '@customers.example' as email) as reached;

-- Everybody's home, numbered as its user, and for each fourth user the office.
create temp table sample_addresses on commit drop as
select
    n, user_n as users_n, place, 1 + n * 37 % 180 || ' ' || streets[1 + n % cardinality(streets)] as line1,
    cities[1 + n % cardinality(cities)] as city, (10000 + n * 7 % 80000)::text as postal_code,
    'Germany' as country, 'DE' as country_code
from (
    select n, n as user_n, 1 as place from sample_size cross join generate_series(1, users) as n
    union all
    select users + 1 + n / 4, n + 1, 2 from sample_size cross join generate_series(0, users - 1, 4) as n
) as places
cross join sample_words
order by n;

select setseed(0.1);
create temp table sample_cart_items on commit drop as
select
    row_number() over ()::int as n, u.n as users_n, place, 1 + (first + place * 7) % variants as product_variants_n,
    quantity, added_at as created_at, added_at as updated_at
from (
    select
        n, floor(random() * products * 3)::int as first, products * 3 as variants, 1 + floor(random() * 3)::int as lines,
        1 + floor(random() * random() * 4)::int as quantity,
        timestamptz '2025-12-31 08:00+00' - random() * interval '20 days' as added_at
    from sample_size cross join generate_series(2, users, 4) as n
) as u
cross join lateral generate_series(1, lines) as place;

-- What was bought -------------------------------------------------------------------------------------------------------

-- Numbers grow with time. Who buys is somebody who is there by then. Orders of the last days are still on their way.
select setseed(0.2);
create temp table sample_orders on commit drop as
select
    n, user_n as users_n, user_n as billing_address_n,
    case when office and user_n % 4 = 1 then users + 1 + user_n / 4 else user_n end as shipping_address_n,
    status, lines, luck, created_at, paid_at, shipped_at, delivered_at, cancelled_at,
    coalesce(cancelled_at, delivered_at, shipped_at, paid_at, created_at) as updated_at
from (
    select
        n, users, cancels, 1 + floor(random() * ceil(users * share))::int as user_n,
        random() < 0.3 as office, random() as fate, random() as luck, random() as delay,
        (array[1, 1, 2, 2, 2, 3, 3, 3, 4, 4])[1 + floor(random() * 10)::int] as lines,
        730 * (1 - sqrt(share)) as age
    from sample_size
    cross join generate_series(1, orders) as n
    cross join lateral (select n / orders::float8 as share) as elapsed
) as drawn
cross join lateral (select
    case
        when fate < 0.05 and cancels then 'cancelled'
        when fate > 0.99 or age < 1.5 then 'pending'
        when age < 3 then 'paid'
        when age < 8 then 'shipped'
        else 'delivered'
    end as status,
    timestamptz '2025-12-31 08:00+00' - age * interval '1 day' as created_at
) as placed
cross join lateral (select
    case when status in ('paid', 'shipped', 'delivered') then created_at + delay * interval '1 hour' end as paid_at,
    case when status in ('shipped', 'delivered') then created_at + (1 + delay) * interval '1 day' end as shipped_at,
    case when status = 'delivered' then created_at + (3 + 3 * delay) * interval '1 day' end as delivered_at,
    case when status = 'cancelled' then created_at + delay * interval '1 hour' end as cancelled_at
) as way;

-- Some things are bought far more often than others; nothing twice in one order.
select setseed(0.3);
create temp table sample_order_items on commit drop as
select
    l.n, orders_n, l.product_variants_n, l.place, quantity, paid_at, delivered_at, users_n,
    case when ordered_at < changed_1 then price_0 when ordered_at < changed_2 then price_1 else p.price end as unit_price,
    p.name as product_name, v.sku as variant_sku, p.n as products_n, luck
from (
    select
        row_number() over ()::int as n, o.n as orders_n, place, o.created_at as ordered_at, paid_at,
        delivered_at, users_n, random() as luck, 1 + floor(random() * random() * 4)::int as quantity,
        1 + (floor(o.luck * o.luck * products * 3)::int + place * 7) % (products * 3) as product_variants_n
    from sample_size
    cross join sample_orders as o
    cross join lateral generate_series(1, lines) as place
) as l
join sample_product_variants as v on v.n = l.product_variants_n
join sample_products as p on p.n = v.products_n;

create temp view sample_order_status_history as
select (o.n - 1) * 4 + place as n, o.n as orders_n, place, change.status, changed_at
from sample_orders as o
cross join lateral (values
    (1, 'pending', created_at), (2, 'paid', paid_at), (3, 'shipped', shipped_at), (4, 'delivered', delivered_at),
    (2, 'cancelled', cancelled_at)
) as change (place, status, changed_at)
where changed_at is not null;

create temp view sample_payments as
select orders_n as n, orders_n, 1 as place, sum(quantity * unit_price) as amount, paid_at as created_at, paid_at
from sample_order_items
where paid_at is not null
group by orders_n, paid_at;

-- What is in stock ------------------------------------------------------------------------------------------------------

-- Enough came for all that was sold and for what is left: of each twentieth variant nothing. Of each fifth a few pieces
-- broke, or turned up where a design has no adjustments downwards.
create temp table sample_inventory on commit drop as
select
    v.n, v.n as product_variants_n, 1 as place, came, adjusted, came - coalesce(sold, 0) + adjusted as quantity
from sample_size
cross join sample_product_variants as v
left join (
    select product_variants_n, sum(quantity)::int as sold
    from sample_order_items
    where paid_at is not null
    group by product_variants_n
) as sales on sales.product_variants_n = v.n
cross join lateral (select
    coalesce(sold, 0) + case when v.n % 20 = 1 then 0 else 10 + v.n * 31 % 50 end as came,
    case when v.n % 5 = 0 then adjustment_sign * (1 + v.n % 3) else 0 end as adjusted
) as counted
order by v.n;

create temp view sample_stock_movements as
select
    n, product_variants_n, product_variants_n as inventory_n, null::int as orders_n, movement_type, quantity_change,
    created_at
from (
    select n, product_variants_n, 'addition' as movement_type, came - came / 3 as quantity_change,
        timestamptz '2023-12-15 07:00+00' as created_at
    from sample_inventory
    union all
    select products * 3 + n, product_variants_n, 'addition', came / 3, timestamptz '2025-01-15 07:00+00'
    from sample_size cross join sample_inventory
    union all
    select products * 6 + n, product_variants_n, 'adjustment', adjusted, timestamptz '2025-06-30 18:00+00'
    from sample_size cross join sample_inventory
) as counted
where quantity_change <> 0
union all
select products * 9 + n, product_variants_n, product_variants_n, orders_n, 'sale', sale_sign * quantity, paid_at
from sample_size
cross join sample_order_items
where paid_at is not null;

-- What buyers think -----------------------------------------------------------------------------------------------------

-- One review of a product by a user. Most are by somebody who got it; the others refer to no order.
select setseed(0.4);
create temp table sample_guesses on commit drop as
select
    n, 1 + floor(random() * users)::int as users_n, 1 + floor(random() * products)::int as products_n, random() as mood,
    timestamptz '2024-06-01 12:00+00' + random() * interval '570 days' as written_at
from sample_size
cross join generate_series(1, ceil(orders * 0.08)::int) as n;

create temp table sample_reviews on commit drop as
select
    row_number() over (order by written_at, users_n, products_n)::int as n, users_n, products_n, orders_n, order_items_n,
    rating, titles[rating] as title, bodies[rating] as body, bodies[rating] as comment,
    orders_n is not null as is_verified_purchase, written_at as created_at, written_at as updated_at
from (
    select distinct on (users_n, products_n)
        users_n, products_n, orders_n, order_items_n, written_at,
        case when mood < 0.5 then 5 when mood < 0.75 then 4 when mood < 0.87 then 3 when mood < 0.94 then 2 else 1 end as rating
    from (
        select
            users_n, products_n, orders_n, n as order_items_n, luck / 0.16 as mood,
            delivered_at + luck * interval '60 days' as written_at
        from sample_order_items
        where luck < 0.16 and delivered_at is not null
        union all
        select users_n, products_n, null, null, mood, written_at from sample_guesses
    ) as opinions
    order by users_n, products_n, orders_n nulls last, order_items_n
) as single
cross join sample_words;

-- Up to three others say whether a review helped them.
create temp view sample_review_votes as
select
    row_number() over (order by r.n, place)::int as n, r.n as reviews_n, place, (r.n + place) % 5 <> 0 as is_helpful,
    1 + (r.users_n - 1 + place * 37) % users as users_n, r.created_at + place * interval '2 days' as created_at
from sample_size
cross join sample_reviews as r
cross join lateral generate_series(1, (r.n * 7 + r.users_n) % 4) as place;
