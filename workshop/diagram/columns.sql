-- Which tables are there, with which columns, and which of these are keys, unique by themselves, optional?
with unique_index as (
    select i.indrelid, i.indisprimary, i.indnkeyatts, i.indkey::smallint[] as key,
        -- an index on an expression of one column, lower(email) for example, makes that column unique as well
        case when i.indnkeyatts = 1 then
            case i.indkey[0] when 0 then (
                select min(d.refobjsubid) from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid
                  and d.refobjid = i.indrelid and d.refobjsubid > 0
                having count(*) = 1
            ) else i.indkey[0] end
        end as single
    from pg_catalog.pg_index i
    where i.indisunique and i.indisvalid and i.indpred is null
)
select
    case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end,
    a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    exists (select from unique_index u where u.indrelid = c.oid and u.indisprimary and a.attnum = any (u.key)),
    exists (select from unique_index u where u.indrelid = c.oid and not u.indisprimary and u.single = a.attnum),
    not a.attnotnull
from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid, a.attnum
