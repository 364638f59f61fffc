-- Changes to the reference after which step 2 passes as before. Most of them look much like a table that takes no row.

-- right: a trigger that refuses under a condition
create function no_test_accounts() returns trigger language plpgsql as $$
begin
    if new.email like '%@example.test' then raise exception 'no test accounts here'; end if;
    return new;
end $$;
create trigger no_test_accounts before insert or update on users for each row execute function no_test_accounts();

-- right: a trigger that refuses, with the condition in its WHEN
create function closed() returns trigger language plpgsql as $$ begin raise exception 'no test accounts here'; end $$;
create trigger closed before insert on users for each row when (new.email like '%@example.test') execute function closed();

-- right: a trigger that says something first
create function greet() returns trigger language plpgsql as $$
begin
    raise notice 'begin raise exception: welcome, %', new.email;
    raise log 'a new user';
    return new;
end $$;
create trigger greet before insert on users for each row execute function greet();

-- right: a trigger that catches its own error
create function try() returns trigger language plpgsql as $$
begin
    raise exception 'closed';
exception
    when others then return new;
end $$;
create trigger try before insert on users for each row execute function try();

-- right: a trigger that refuses in a text, under a name and in a remark
create function talk() returns trigger language plpgsql as $$
declare
    "begin raise" text := 'begin raise exception'; -- begin raise exception
    other text := $text$begin raise exception$text$ || e'it\'s begin raise exception';
begin
    return new;
end $$;
create trigger talk before insert on users for each row execute function talk();

-- right: a trigger that refuses in a comment that holds another one
create function talk() returns trigger language plpgsql as $$
/* It was so: /* for a day */ begin raise exception 'closed'; end */
begin
    return new;
end $$;
create trigger talk before insert on users for each row execute function talk();

-- right: a trigger with a variable named raise
create function talk() returns trigger language plpgsql as $$
declare
    raise int;
begin
    raise := 1;
    return new;
end $$;
create trigger talk before insert on users for each row execute function talk();

-- right: a trigger that is switched off
create function closed() returns trigger language plpgsql as $$ begin raise exception 'closed'; end $$;
create trigger closed before insert on users for each row execute function closed();
alter table users disable trigger closed;

-- right: users who are never deleted
create function kept() returns trigger language plpgsql as $$ begin raise exception 'users are never deleted'; end $$;
create trigger kept before delete on users for each row execute function kept();

-- right: triggers whose NULL means nothing
create function nothing() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger after_the_fact after insert on users for each row execute function nothing();
create trigger by_statement before insert on users for each statement execute function nothing();

-- right: row security that lets the owner in
alter table users enable row level security, force row level security;
create policy anybody_reads on users for select using (true);
create policy owner on users to current_user using (true) with check (email is not null);

-- right: row security that is not forced on the owner
alter table users enable row level security;

-- right: a key of text that a sequence counts
create sequence product_numbers;
alter table products drop column id, add id text primary key default 'no-' || nextval('product_numbers');
insert into categories (name) values ('Mugs');
insert into products (name, price, sku, category_id) values ('A mug', 12, 'MUG-1', 1);

-- right: NOT NULL by one CHECK for all columns, a default among them
alter table products alter sku drop not null, alter name drop not null, alter price drop not null, alter category_id
    drop not null, alter description set default '', add check (num_nulls(sku, name, description, price, category_id,
    created_at, updated_at) = 0);

-- right: top categories are their own parent, NOT NULL by CHECK
drop trigger no_cycle on categories;
alter table categories drop constraint not_own_parent, add check (parent_id is not null);

-- right: keys of eight bytes, and customers who have them
insert into users (email, password_hash, first_name, last_name) select 'customer' || n || '@shop.example', 'x', 'A',
    'B' from generate_series(1, 30) as n;
