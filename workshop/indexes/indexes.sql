-- Which indexes are there of their own, not for a key or a unique constraint: name, table, and what makes them?
select ic.oid::regclass::text, i.indrelid::regclass::text, pg_catalog.pg_get_indexdef(i.indexrelid)
from pg_catalog.pg_index i
    join pg_catalog.pg_class ic on ic.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = ic.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not ic.relispartition and i.indisvalid
    and not exists (select from pg_catalog.pg_constraint k where k.conindid = ic.oid and k.contype in ('p', 'u', 'x'))
order by i.indexrelid
