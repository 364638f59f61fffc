-- Changes to the reference after which step 5 passes as before: other ways to keep the rules.

-- right: only those who bought a product may review it
create function buyers_only() returns trigger language plpgsql as $$
begin
    if not new.is_verified_purchase then
        raise exception 'only a buyer may review this';
    end if;
    return new;
end $$;
create trigger verify_then_refuse before insert or update on reviews for each row execute function buyers_only();
