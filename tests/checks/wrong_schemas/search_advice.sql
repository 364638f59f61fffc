-- Schemas that are right for the search but leave one piece of good practice out.

-- search.ranked: all words alike
-- says: products | search_vector | setweight
alter table products drop search_vector, add search_vector tsvector generated always as
    (to_tsvector('english', name || ' ' || coalesce(description, ''))) stored;
create index on products using gin (search_vector);
