-- steps: 2
-- A shop with tenants: composite keys everywhere, all foreign keys deferred, prices made of two parts.
create table tenants (tenant int primary key);
create table users (
    tenant int not null references tenants deferrable initially deferred, id int not null, email text not null unique deferrable initially deferred,
    password_hash text not null, first_name text not null, last_name text not null, is_active boolean not null, is_verified boolean not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), primary key (tenant, id)
);
create table categories (
    tenant int not null references tenants deferrable initially deferred, id int not null, name text not null, parent_id int,
    primary key (tenant, id), foreign key (tenant, parent_id) references categories deferrable initially deferred
);
create table products (
    tenant int not null references tenants deferrable initially deferred, id int not null, name text not null, description text,
    price numeric(12, 2) not null, sku text not null unique, category_id int not null, net numeric(12, 2) not null, tax numeric(12, 2) not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    primary key (tenant, id), foreign key (tenant, category_id) references categories deferrable initially deferred,
    check (price = net + tax and net >= 0 and tax >= 0)
);
