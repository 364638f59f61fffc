-- Does the current database hold nothing that anybody made?
-- What comes with PostgreSQL itself has an oid below 16384; schemas named pg_… hold temporary and overflow tables.
select not exists (
    select from pg_catalog.pg_namespace where oid >= 16384 and nspname not like 'pg\_%'
    union all
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.oid >= 16384 and n.nspname not like 'pg\_%'
    union all
    select from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
        where t.oid >= 16384 and n.nspname not like 'pg\_%'
    union all
    select from pg_catalog.pg_proc where oid >= 16384
    union all
    select from pg_catalog.pg_extension where oid >= 16384
    union all
    select from pg_catalog.pg_largeobject_metadata
)
