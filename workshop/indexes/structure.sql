-- What does the database hold besides rows and indexes? One text for each fact, and the object that it is about.
with mine as (
    select n.oid from pg_catalog.pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), of_extension as (
    select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype = 'e'
)
select c.oid::regclass::text, pg_catalog.format('%s %s %s', c.relkind, c.relpersistence,
    coalesce(pg_catalog.pg_get_expr(c.relpartbound, c.oid), pg_catalog.pg_get_viewdef(c.oid)))
from pg_catalog.pg_class c
where c.relnamespace in (select oid from mine) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    and (1259, c.oid) not in (select classid, objid from of_extension)
union all
select c.oid::regclass::text, pg_catalog.format('%I %s %s%s%s %s', a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid))
from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace in (select oid from mine) and c.relkind in ('r', 'p')
union all
select coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text),
    pg_catalog.format('%I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid))
from pg_catalog.pg_constraint k
where k.connamespace in (select oid from mine) and k.conparentid = 0
union all
select t.tgrelid::regclass::text, pg_catalog.format('%s %s', t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid))
from pg_catalog.pg_trigger t
where not t.tgisinternal
union all
select p.oid::regprocedure::text, pg_catalog.pg_get_functiondef(p.oid)
from pg_catalog.pg_proc p
where p.pronamespace in (select oid from mine) and p.prokind <> 'a'
    and (1255, p.oid) not in (select classid, objid from of_extension)
union all
select t.oid::regtype::text, pg_catalog.format('%s %s %s', t.typtype, t.typbasetype::regtype, (
    select pg_catalog.string_agg(e.enumlabel, ', ' order by e.enumsortorder)
    from pg_catalog.pg_enum e where e.enumtypid = t.oid))
from pg_catalog.pg_type t
where t.typnamespace in (select oid from mine) and t.typtype in ('d', 'e', 'r')
    and (1247, t.oid) not in (select classid, objid from of_extension)
