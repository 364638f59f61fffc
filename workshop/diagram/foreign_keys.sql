-- Which foreign keys are there, between which tables, by which columns; may they be empty, can two rows refer alike?
select
    case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end,
    case fn.nspname when 'public' then f.relname else fn.nspname || '.' || f.relname end,
    array_agg(a.attname::text order by k.place),
    bool_or(not a.attnotnull),
    exists (
        select from pg_catalog.pg_index i
        where i.indrelid = k.conrelid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
          and (i.indkey::smallint[])[0:i.indnkeyatts - 1] <@ k.conkey
    )
from (
    select con.oid, con.conrelid, con.confrelid, con.conkey, key.attnum, key.place
    from pg_catalog.pg_constraint con, unnest(con.conkey) with ordinality as key (attnum, place)
    where con.contype = 'f' and con.conparentid = 0
) k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_class f on f.oid = k.confrelid
    join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.attnum
where not c.relispartition
group by k.oid, k.conrelid, k.conkey, n.nspname, c.relname, fn.nspname, f.relname, c.oid
order by c.oid, min(k.attnum), k.oid
