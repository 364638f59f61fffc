-- How does PostgreSQL behave without what this role or database sets for its sessions? That is not what the checks are
-- about, and may hide what the schema does: keys that are not enforced (session_replication_role), plans that are
-- switched off, built-in names that mean something else. The schemas of the search path stay, with PostgreSQL's own
-- before them; so do settings of the learner's own, which have a dot in their name. This runs before that, and so it
-- says of every name where it is from. Its answer is the one setting that only a superuser may change.
set transaction read write;
set local statement_timeout = '5s';
select pg_catalog.set_config('search_path', coalesce((
    select pg_catalog.string_agg(pg_catalog.quote_ident(schema::pg_catalog.text), ', '::pg_catalog.text)
    from pg_catalog.unnest(pg_catalog.array_remove(pg_catalog.current_schemas(false), 'pg_catalog')) as schema
), ''), true);
do $$
declare
    place record;
begin
    for place in
        select s.name, s.boot_val
        from (
            select distinct pg_catalog.split_part(entry, '='::text, 1) as name
            from pg_catalog.pg_db_role_setting cross join pg_catalog.unnest(setconfig) as entry
            where setdatabase::int8 = 0
               or setdatabase in (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        ) as own
        join pg_catalog.pg_settings s on pg_catalog.lower(s.name) = pg_catalog.lower(own.name)
        where s.source in ('database', 'user', 'database user') and s.name <> 'search_path'
          and s.context in ('user', 'superuser') and s.boot_val is not null
    loop
        begin
            perform pg_catalog.set_config(place.name, place.boot_val, true);
        exception when others then
            null; -- somebody with more rights has set it
        end;
    end loop;
end $$;
select pg_catalog.current_setting('session_replication_role')
