-- What a table's columns, keys and rules are, as JSON: what one has to know to fill it.
with recursive
target as (select %(schema)s::text as schema, %(table)s::text as name),
own as (
    select c.oid, c.relkind, c.oid::regclass::text as label
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join target t on t.schema = n.nspname and t.name = c.relname
),
-- The table, and its partitions if it has any.
family as (
    select oid from own
    union
    select i.inhrelid from family join pg_catalog.pg_inherits i on i.inhparent = family.oid
),
columns as (
    select a.attnum, a.attname, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, a.atttypid, a.atttypmod
    from own join pg_catalog.pg_attribute a on a.attrelid = own.oid
    where a.attnum > 0 and not a.attisdropped
),
-- From each column's type through its domains to the base type.
types as (
    select attnum, atttypid as oid, atttypmod as typmod, 0 as depth from columns
    union all
    select types.attnum, t.typbasetype, case when t.typtypmod = -1 then types.typmod else t.typtypmod end, depth + 1
    from types join pg_catalog.pg_type t on t.oid = types.oid
    where t.typtype = 'd'
),
base as (
    select distinct on (types.attnum) types.attnum, t.typname, t.typcategory, types.typmod
    from types join pg_catalog.pg_type t on t.oid = types.oid
    order by types.attnum, depth desc
),
domains as (
    select types.attnum, json_agg(t.typname) as names, bool_or(t.typnotnull) as not_null
    from types join pg_catalog.pg_type t on t.oid = types.oid
    where t.typtype = 'd'
    group by types.attnum
),
-- The sequence that a column draws from: its own, or one that its default names.
sequences as (
    select d.refobjsubid as attnum, min(s.oid) as oid
    from own
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = own.oid
    join pg_catalog.pg_class s on d.classid = 'pg_catalog.pg_class'::regclass and s.oid = d.objid and s.relkind = 'S'
    where d.deptype in ('a', 'i')
    group by d.refobjsubid
    union
    select f.adnum, min(s.oid)
    from own
    join pg_catalog.pg_attrdef f on f.adrelid = own.oid
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid
    join pg_catalog.pg_class s on d.refclassid = 'pg_catalog.pg_class'::regclass and s.oid = d.refobjid and s.relkind = 'S'
    where pg_catalog.pg_get_expr(f.adbin, f.adrelid) like '%%nextval(%%'
    group by f.adnum
),
-- Rules and unique keys, with the columns that each of them is about.
keys as (
    select i.relname as name, x.indisprimary as is_primary, x.indisunique or x.indisexclusion as is_unique, (
        select json_agg(distinct a.attname)
        from pg_catalog.pg_attribute a
        where a.attrelid = x.indrelid and a.attnum > 0 and (
            a.attnum = any ((x.indkey::int2[])[0:x.indnkeyatts - 1])
            or exists (
                select from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = x.indexrelid
                  and d.refobjid = x.indrelid and d.refobjsubid = a.attnum
            )
        )
    ) as columns
    from family
    join pg_catalog.pg_index x on x.indrelid = family.oid
    join pg_catalog.pg_class i on i.oid = x.indexrelid
    where x.indisunique or x.indisexclusion
),
rules as (
    select k.conname as name, (
        select json_agg(a.attname) from pg_catalog.pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
    ) as columns
    from family join pg_catalog.pg_constraint k on k.conrelid = family.oid
    where k.contype in ('c', 'f') and k.conkey is not null
)
select json_build_object(
    'label', (select label from own),
    'columns', (
        select json_agg(json_build_object(
            'name', attname,
            'type', pg_catalog.format_type(atttypid, atttypmod),
            'base', base.typname,
            'category', base.typcategory,
            'length', case when base.typname in ('varchar', 'bpchar') and base.typmod > 4 then base.typmod - 4 end,
            'not_null', attnotnull or coalesce(domains.not_null, false),
            'has_default', atthasdef or attidentity <> '',
            'is_always', attidentity = 'a',
            'is_generated', attgenerated <> '',
            'sequence', (select min(sequences.oid) from sequences where sequences.attnum = columns.attnum)::regclass::text,
            'domains', coalesce(domains.names, '[]')
        ) order by attnum)
        from columns join base using (attnum) left join domains using (attnum)
    ),
    'keys', coalesce((select json_agg(keys) from keys), '[]'),
    'rules', coalesce((select json_agg(rules) from rules), '[]')
)
