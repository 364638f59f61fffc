-- Wrong schemas for the search; how an entry is written is told in step2.sql.

-- search.column: another name
-- says: products | search_vector | "search_vectors"
alter table products rename search_vector to search_vectors;

-- search.column: text
-- says: products.search_vector | text | tsvector
alter table products drop search_vector, add search_vector text generated always as (name) stored;

-- search.found: the name alone
-- says: products | Quuxglow in its description
alter table products drop search_vector, add search_vector tsvector generated always as
    (to_tsvector('english', name)) stored;
create index on products using gin (search_vector);

-- search.found: filled by hand
-- says: products | search_vector | Zyzzlamp in its name
-- also: search.indexed
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector);

-- search.found: for changed rows alone
-- says: products | search_vector | new product
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector);
create function words() returns trigger language plpgsql as $$ begin new.search_vector := to_tsvector('english',
    new.name || ' ' || coalesce(new.description, '')); return new; end $$;
create trigger words before update on products for each row execute function words();

-- search.follows: on INSERT alone
-- says: products | search_vector | name of a product went from Zyzzlamp to Vexharp | UPDATE
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector);
create function words() returns trigger language plpgsql as $$ begin new.search_vector :=
    setweight(to_tsvector('english', new.name), 'A') ||
    to_tsvector('english', coalesce(new.description, '')); return new; end $$;
create trigger words before insert on products for each row execute function words();

-- search.follows: when the name changes
-- says: products | description of a product went from Quuxglow to Jumbwick
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector);
create function words() returns trigger language plpgsql as $$ begin new.search_vector :=
    setweight(to_tsvector('english', new.name), 'A') ||
    to_tsvector('english', coalesce(new.description, '')); return new; end $$;
create trigger words before insert or update of name on products for each row execute function words();

-- search.follows: more and more words
-- says: products | search for Zyzzlamp still finds it
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector);
create function words() returns trigger language plpgsql as $$ begin new.search_vector :=
    coalesce(new.search_vector, '') || setweight(to_tsvector('english', new.name), 'A') ||
    to_tsvector('english', coalesce(new.description, '')); return new; end $$;
create trigger words before insert or update on products for each row execute function words();

-- search.without-description: NULL swallows the name
-- says: products | description | Zyzzlamp | coalesce(description, '')
alter table products drop search_vector, add search_vector tsvector generated always as
    (setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('english', description), 'B')) stored;
create index on products using gin (search_vector);

-- search.without-description: NULL afterwards
-- says: products | became NULL
alter table products drop search_vector, add search_vector tsvector;
create index on products using gin (search_vector);
create function words() returns trigger language plpgsql as $$ begin
    new.search_vector := setweight(to_tsvector('english', new.name), 'A') || case when tg_op = 'INSERT'
    then to_tsvector('english', coalesce(new.description, '')) else to_tsvector('english', new.description) end;
    return new; end $$;
create trigger words before insert or update on products for each row execute function words();

-- search.stemmed: simple
-- says: products | search_vector | laptops | 'simple'
alter table products drop search_vector, add search_vector tsvector generated always as
    (setweight(to_tsvector('simple', name), 'A') || to_tsvector('simple', coalesce(description, ''))) stored;
create index on products using gin (search_vector);

-- search.stemmed: a cast
-- says: products | search_vector | laptops
alter table products drop search_vector, add search_vector tsvector generated always as
    (setweight(array_to_tsvector(string_to_array(lower(name), ' ')), 'A')
     || array_to_tsvector(string_to_array(lower(coalesce(description, '')), ' '))) stored;
create index on products using gin (search_vector);

-- search.indexed: none
-- says: products | search_vector | no GIN or GiST
drop index products_search_vector;

-- search.indexed: B-tree
-- says: products | search_vector | btree
drop index products_search_vector;
create index on products (search_vector);

-- search.indexed: the same expression
-- says: products | search_vector
drop index products_search_vector;
create index on products using gin (to_tsvector('english', name || ' ' || coalesce(description, '')));

-- search.indexed: cheap things alone
-- says: products | search_vector | only the rows where
drop index products_search_vector;
create index on products using gin (search_vector) where price < 100;

-- search.indexed: not finished
-- says: products | products_search_vector | invalid
-- as: superuser
update pg_index set indisvalid = false where indexrelid = 'products_search_vector'::regclass;
