-- Changes to the reference after which step 3 passes as before: other ways to keep the rules.

-- right: periods that may not overlap
drop trigger keep_price on products;
drop table price_history;
create extension btree_gist;
create table price_history (id serial primary key, product_id int not null references products on delete cascade,
    price numeric not null, valid_from timestamptz not null default now(), valid_to timestamptz, check (valid_to >
    valid_from), exclude using gist (product_id with =, tstzrange(valid_from, valid_to) with &&));
create index on price_history(product_id);

-- right: periods that a trigger keeps
drop trigger keep_price on products;
drop table price_history;
create table price_history (id serial primary key, product_id int not null references products on delete cascade,
    price numeric(12,2) not null, valid_from timestamptz not null default clock_timestamp(), valid_to timestamptz);
create unique index on price_history(product_id) where valid_to is null;
create index on price_history(product_id);
create function kp() returns trigger language plpgsql as $$ begin update price_history set valid_to =
    clock_timestamp() where product_id=new.id and valid_to is null; insert into price_history(product_id, price)
    values (new.id, new.price); return null; end $$;
create trigger kp1 after insert on products for each row execute function kp();
create trigger kp2 after update of price on products for each row when (old.price<>new.price) execute function kp();

-- right: the history of variants
drop trigger keep_price on products;
drop table price_history;
alter table product_variants add price numeric(10,2);
create table price_history (id serial primary key, variant_id int not null references product_variants, old_price
    numeric, new_price numeric(8,2) not null, changed_at timestamp not null);
create index on price_history(variant_id);
create function kp() returns trigger language plpgsql as $$ begin insert into price_history(variant_id,
    old_price,new_price,changed_at) values (new.id, old.price, new.price,now()); return null; end $$;
create trigger kp2 after update of price on product_variants for each row when (old.price is distinct from
    new.price) execute function kp();

-- right: the history of products or variants
drop trigger keep_price on products;
alter table price_history alter product_id drop not null, add variant_id int references product_variants, add check
    (num_nonnulls(product_id,variant_id)=1);
create index on price_history(variant_id);

-- right: a history that begins with the product and is never changed
alter table price_history drop constraint price_history_product_fkey, add foreign key (product_id) references
    products;
create function fp() returns trigger language plpgsql as $$ begin insert into price_history(product_id,new_price)
    values (new.id,new.price); return null; end $$;
create trigger fp after insert on products for each row execute function fp();
create function ao() returns trigger language plpgsql as $$ begin raise exception 'append only'; end $$;
create trigger ao before update or delete on price_history for each row execute function ao();

-- right: unique by coalesce
alter table product_variants drop constraint one_size_and_color;
create unique index on product_variants (product_id, coalesce(size,''), coalesce(color,''));

-- right: unique by a generated column
alter table product_variants drop constraint one_size_and_color, add k text generated always as (coalesce(size,'')
    || '/' || coalesce(color,'')) stored, add unique(product_id, k);

-- right: variants that are gone are left out
alter table product_variants drop constraint one_size_and_color, add deleted_at timestamptz;
create unique index on product_variants (product_id, size, color) where deleted_at is null;
create index on product_variants(product_id);

-- right: a cascade by trigger
alter table product_variants drop constraint product_variants_product_fkey, add foreign key (product_id) references
    products;
create function tc() returns trigger language plpgsql as $$ begin delete from product_variants where product_id =
    old.id; return old; end $$;
create trigger tc before delete on products for each row execute function tc();

-- right: sizes and colours of a list
create type sz as enum('S','M','L');
create domain col as text check (value in ('rot','blau'));
alter table product_variants alter color type col, add constraint szs check (size in ('small','large'));

-- right: colours of a look-up table
create table colours (name text primary key);
insert into colours values ('red'),('blue');
alter table product_variants alter color type text, add foreign key (color) references colours;
create index on product_variants(color);

-- right: colours of a look-up table without rows
create table colours (name text primary key);
alter table product_variants alter color type text, add foreign key (color) references colours;
create index on product_variants(color);

-- right: stock made with its variant
create table inventory (id serial primary key, product_variant_id int not null unique references product_variants,
    quantity int not null default 0 check(quantity>=0));
create table stock_movements (id serial primary key, inventory_id int not null references inventory,
    quantity_change int not null, movement_type text not null);
create function mi() returns trigger language plpgsql as $$ declare i int; begin insert into
    inventory(product_variant_id) values (new.id) returning id into i; insert into
    stock_movements(inventory_id,quantity_change,movement_type) values (i, 1,'addition'); return null; end $$;
create trigger mi after insert on product_variants for each row execute function mi();

-- right: an exclusion constraint
alter table product_variants drop constraint one_size_and_color, add exclude using btree (product_id with =, size
    with =, color with =);

-- right: unique at the end of the transaction
alter table product_variants drop constraint one_size_and_color, add unique nulls not distinct
    (product_id,size,color) deferrable initially deferred;

-- right: sizes and colours are enums
create type a_size as enum ('S', 'M', 'L');
create type a_colour as enum ('red', 'blue');
alter table product_variants alter size type a_size using null, alter color type a_colour using null;

-- right: periods that may not overlap, written by a trigger from the start
drop trigger keep_price on products;
drop table price_history;
create extension btree_gist;
create table price_history (id serial primary key, product_id int not null references products on delete cascade,
    price numeric not null, valid_from timestamptz not null, valid_to timestamptz, exclude using gist (product_id
    with =, tstzrange(valid_from, valid_to) with &&));
create index on price_history(product_id);
create function kp() returns trigger language plpgsql as $$ declare t timestamptz := clock_timestamp(); begin
    if tg_op = 'UPDATE' and new.price = old.price then return null; end if; update price_history set valid_to = t
    where product_id = new.id and valid_to is null; insert into price_history (product_id, price, valid_from) values
    (new.id, new.price, t); return null; end $$;
create trigger kp after insert or update on products for each row execute function kp();

-- right: a period as one column, which says from when on
drop trigger keep_price on products;
drop table price_history;
create extension btree_gist;
create table price_history (id serial primary key, product_id int not null references products on delete cascade,
    price numeric(10,2) not null, valid tstzrange not null default tstzrange(clock_timestamp(), null), valid_from
    timestamptz not null generated always as (lower(valid)) stored, exclude using gist (product_id with =, valid
    with &&));
create index on price_history(product_id);

-- right: the time of the transaction in the key of the history
alter table price_history drop column id, add primary key (product_id, changed_at);

-- right: periods from and to the time of the transaction
drop trigger keep_price on products;
drop table price_history;
create table price_history (id serial primary key, product_id int not null references products on delete cascade,
    price numeric(12,2) not null, valid_from timestamptz not null default now(), valid_to timestamptz,
    constraint some_time check (valid_to > valid_from));
create index on price_history(product_id);
create function kp() returns trigger language plpgsql as $$ begin update price_history set valid_to = now()
    where product_id=new.id and valid_to is null; insert into price_history(product_id, price)
    values (new.id, new.price); return null; end $$;
create trigger kp1 after insert on products for each row execute function kp();
create trigger kp2 after update of price on products for each row when (old.price<>new.price) execute function kp();

-- right: each product has a variant that is shown first
alter table product_variants add unique (product_id, id);
alter table products add first_variant_id int not null, add foreign key (id, first_variant_id) references
    product_variants (product_id, id) deferrable initially deferred;

-- right: a product that another one is replaced by, and who uploaded an image
alter table product_variants add a_replacement_of int constraint a_replacement references products on delete set null;
create index on product_variants(a_replacement_of);
