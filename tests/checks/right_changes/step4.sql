-- Changes to the reference after which step 4 passes as before: other ways to keep the rules.

-- right: the price of a line comes from the catalog, whatever was sent
create function copy_price() returns trigger language plpgsql as $$
begin
    select price into new.unit_price from products join product_variants v on v.product_id = products.id
    where v.id = new.product_variant_id;
    return new;
end $$;
create trigger copy_price before insert on order_items for each row execute function copy_price();
