-- Full-text search in other ways: changes to the reference, or upon other designs of the steps.

-- right: a trigger, for INSERT and for every UPDATE, and a GiST index
alter table products drop search_vector, add search_vector tsvector not null;
create index on products using gist (search_vector);
create function words() returns trigger language plpgsql as $$
begin
    new.search_vector := setweight(to_tsvector('pg_catalog.english', new.name), 'A')
        || setweight(to_tsvector('pg_catalog.english', coalesce(new.description, '')), 'D');
    return new;
end $$;
create trigger words before insert or update on products for each row execute function words();

-- right: PostgreSQL's own trigger, without weights
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector) with (fastupdate = off);
create trigger words before insert or update of name, description on products for each row
execute function tsvector_update_trigger(search_vector, 'pg_catalog.english', name, description);

-- right: another configuration that knows stems
alter table products drop search_vector, add search_vector tsvector generated always as
    (to_tsvector('russian', name || ' ' || coalesce(description, ''))) stored;
create index on products using gin (search_vector);

-- right: a configuration of the shop's own, the SKU as well, for products that are not gone
create text search configuration shop_words (copy = pg_catalog.english);
alter table products drop search_vector, add deleted_at timestamptz, add search_vector tsvector generated always as
    (setweight(to_tsvector('shop_words', name || ' ' || sku), 'A') || setweight(to_tsvector('shop_words',
    coalesce(description, '')), 'C')) stored;
create index on products using gin (search_vector) where deleted_at is null;

-- right: a trigger that runs afterwards
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector);
create function words() returns trigger language plpgsql as $$
begin
    update products set search_vector = to_tsvector('english', concat_ws(' ', name, description)) where id = new.id;
    return null;
end $$;
create trigger words after insert or update of name, description on products for each row execute function words();

-- right: keys by uuid
-- upon: uuid_and_citext
alter table products add search_vector tsvector generated always as
    (setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('english', coalesce(description, '')), 'B'))
    stored;
create index on products using gin (search_vector);

-- right: products in partitions
-- upon: triggers_and_partitions
alter table products add search_vector tsvector generated always as
    (to_tsvector('english', name || ' ' || coalesce(description, ''))) stored;
create index on products using gin (search_vector);

-- right: keys of text, another name
-- upon: text_keys
alter table products add tsv tsvector generated always as
    (to_tsvector('english', name || ' ' || coalesce(description, ''))) stored;
create index on products using gin (tsv);
