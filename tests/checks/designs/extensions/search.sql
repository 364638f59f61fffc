alter table products add search_vector tsvector generated always as (
    setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('english', coalesce(description, '')), 'B')
) stored;
create index products_search_vector on products using gin (search_vector);
