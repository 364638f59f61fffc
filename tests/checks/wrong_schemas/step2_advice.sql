-- Schemas that are right for step 2 but leave one piece of good practice out: the step passes, and the advice says so.
-- Written like step2.sql.

-- users.email-any-case: compared as written
-- says: users | email
drop index users_email_lower;

-- users.email-any-case: a domain over text
-- says: users | email
drop index users_email_lower;
create domain address as text;
alter table users alter email type address;

-- users.names-required: no first name
-- says: users | first_name
alter table users alter first_name drop not null;

-- users.names-required: no last name
-- says: users | last_name
alter table users alter last_name drop not null, add check (last_name <> '');

-- users.flags-required: unknown whether active
-- says: users | is_active
alter table users alter is_active drop not null;

-- users.flags-required: unknown whether verified
-- says: users | is_verified
alter table users alter is_verified drop not null;

-- users.flags-default: none
-- says: users | is_active | server_default
alter table users alter is_active drop default;

-- users.flags-default: one of the two
-- says: users.is_verified | server_default
alter table users alter is_verified drop default;

-- users.flags-default: NULL
-- says: users | is_verified
-- also: users.flags-required
alter table users alter is_verified drop not null, alter is_verified drop default;

-- users.password-room-argon: bcrypt only
-- says: users.password_hash | 97
alter table users alter password_hash type varchar(60);

-- users.password-room-argon: a CHECK
-- says: users.password_hash | 97
alter table users add check (length(password_hash) <= 64);

-- categories.not-own-parent: no rule
-- says: categories | parent_id
-- also: categories.no-cycles
alter table categories drop constraint not_own_parent;
drop trigger no_cycle on categories;

-- categories.not-own-parent: whatever stands at the top
-- says: categories.parent_id | be NULL for a category at the top
-- also: categories.no-cycles
alter table categories drop constraint not_own_parent, alter parent_id set not null;
drop trigger no_cycle on categories;

-- categories.not-own-parent: only on INSERT
-- says: categories | parent_id
-- also: categories.no-cycles
alter table categories drop constraint not_own_parent;
drop trigger no_cycle on categories;
create trigger no_cycle before insert on categories for each row execute function no_category_cycle();

-- categories.no-cycles: no rule
-- says: categories | parent_id
drop trigger no_cycle on categories;

-- categories.no-cycles: switched off
-- says: categories | parent_id
alter table categories disable trigger no_cycle;

-- categories.sibling-names: no rule
-- says: categories | name
alter table categories drop constraint sibling_names;

-- categories.sibling-names: not at the top
-- says: categories | at the top
alter table categories drop constraint sibling_names, add unique (parent_id, name);

-- products.price-a-number: greater than zero is NaN, too
-- says: products | price | NaN
alter table products drop constraint price_not_negative, add check (price >= 0);

-- products.price-a-number: in a domain
-- says: products | price | NaN
create domain amount as numeric(10, 2) check (value >= 0);
alter table products drop constraint price_not_negative, alter price type amount;

-- products.category-kept: cascade
-- says: products | category_id
alter table products drop constraint products_category_fkey, add foreign key (category_id) references categories on
    delete cascade;

-- products.category-kept: cascade in a trigger
-- says: products | category_id
create function clear() returns trigger language plpgsql as $$
begin delete from products where category_id = old.id; return old; end $$;
create trigger clear before delete on categories for each row execute function clear();

-- core.time-zone: users
-- says: users.created_at | time zone
alter table users alter created_at type timestamp;

-- core.time-zone: products
-- says: products.updated_at | time zone
alter table products alter updated_at type timestamp;

-- core.times-filled: no default
-- says: users | created_at
alter table users alter created_at drop default;

-- core.times-filled: nullable
-- says: products | created_at | NULL
alter table products alter created_at drop not null;

-- core.updated-moves: no trigger
-- says: users.updated_at | trigger
drop trigger touch on users;

-- core.updated-moves: a trigger for one column only
-- says: products.updated_at
drop trigger touch on products;
create trigger touch before update of price on products for each row execute function touch();
