-- Changes to the reference after which step 4 passes as before: other ways to keep the rules.

-- right: a history that the database counts in eight bytes, and writes from the start
alter table order_status_history alter id type bigint;
alter sequence order_status_history_id_seq as bigint;

-- right: lines numbered within their order, of what is in stock
alter table order_items drop column id, add line_no smallint not null, add primary key (order_id, line_no);
create table inventory (product_variant_id int primary key references product_variants, quantity int not null check
    (quantity >= 0));
create function take() returns trigger language plpgsql as $$ begin update inventory set quantity = quantity -
    new.quantity where product_variant_id = new.product_variant_id; if not found then raise exception 'not in stock';
    end if; return null; end $$;
create trigger take after insert on order_items for each row execute function take();

-- right: tenants in the keys of lines, of what is in stock
create table tenants (tenant int primary key);
alter table orders add tenant int not null default 1 references tenants, add unique (tenant, id);
alter table product_variants add tenant int not null default 1 references tenants, add unique (tenant, id);
alter table order_items drop column order_id, drop column product_variant_id, add tenant int not null references
    tenants, add order_id int not null, add product_variant_id int not null, add foreign key (tenant, order_id)
    references orders (tenant, id), add foreign key (tenant, product_variant_id) references product_variants
    (tenant, id);
insert into tenants values (1);
create table inventory (product_variant_id int primary key references product_variants, quantity int not null check
    (quantity >= 0));
create function take() returns trigger language plpgsql as $$ begin update inventory set quantity = quantity -
    new.quantity where product_variant_id = new.product_variant_id; if not found then raise exception 'not in stock';
    end if; return null; end $$;
create trigger take after insert on order_items for each row execute function take();

-- right: the price of a line comes from the catalog, whatever was sent
create function copy_price() returns trigger language plpgsql as $$
begin
    select price into new.unit_price from products join product_variants v on v.product_id = products.id
    where v.id = new.product_variant_id;
    return new;
end $$;
create trigger copy_price before insert on order_items for each row execute function copy_price();

-- right: one line of a cart per variant at a time, beside the rule that there is one at all
create extension if not exists btree_gist;
alter table cart_items add exclude using gist
    (user_id with =, product_variant_id with =, tstzrange(created_at, updated_at) with &&) where (created_at <= updated_at);

-- right: who wrote a row down, beside whose it is
alter table addresses add created_by bigint constraint a_writer references users on delete set null;
alter table cart_items add created_by bigint constraint a_writer references users on delete set null;
alter table orders add created_by bigint constraint a_writer references users, add approved_by bigint constraint
    an_approver references users;
alter table order_items add alternative_variant_id int constraint an_alternative references product_variants;

-- right: the time of the transaction in the key of the history
alter table order_status_history drop column id, add primary key (order_id, changed_at);

-- right: of a card's number a trigger keeps the last four digits
alter table payments alter last4 type text;
create function cut() returns trigger language plpgsql as $$ begin new.last4 := right(new.last4, 4); return new; end $$;
create trigger cut before insert or update on payments for each row execute function cut();
