-- What are the tables with these names, and everything they rest on, made of?
-- One answer for PostgreSQL 15 to 18: columns that only newer catalogs have are read through to_jsonb.
-- %(names)s: relation names as stored. Tables they refer to and their partitions come along; nothing else is
-- read, so that the cost does not grow with tables that are not part of the exercise.
with recursive
named as (
    select c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relname operator(pg_catalog.=) any (%(names)s::text[])
      and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      and not pg_catalog.pg_is_other_temp_schema(n.oid)
),
reached (oid) as (
    select oid from named
    union
    select step.oid
    from reached
    cross join lateral (
        select confrelid from pg_catalog.pg_constraint where conrelid = reached.oid and contype = 'f'
        union all
        select inhrelid from pg_catalog.pg_inherits where inhparent = reached.oid
    ) as step (oid)
),
relation as materialized (
    select c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
           c.relispartition, pg_catalog.pg_table_is_visible(c.oid) as visible, named.oid is not null as named
    from reached
    join pg_catalog.pg_class c on c.oid = reached.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join named on named.oid = c.oid
),
attribute as materialized (
    select a.* from pg_catalog.pg_attribute a
    join relation on relation.oid = a.attrelid
    where a.attnum > 0 and not a.attisdropped
),
type_chain (oid) as (
    select atttypid from attribute
    union
    select t.typbasetype from type_chain join pg_catalog.pg_type t on t.oid = type_chain.oid
    where t.typbasetype operator(pg_catalog.<>) 0
)
select pg_catalog.json_build_object(
    'version', pg_catalog.current_setting('server_version_num')::int,
    'search_path', pg_catalog.current_schemas(false),
    'types', (
        select pg_catalog.json_agg(pg_catalog.json_build_object(
            'oid', t.oid::bigint,
            'name', t.typname,
            'schema', n.nspname,
            'kind', t.typtype,
            'category', t.typcategory,
            'base', t.typbasetype::bigint,
            'typmod', t.typtypmod,
            'not_null', t.typnotnull,
            'labels', (
                select coalesce(pg_catalog.json_agg(e.enumlabel order by e.enumsortorder), '[]')
                from pg_catalog.pg_enum e where e.enumtypid = t.oid
            ),
            'checks', (
                select coalesce(pg_catalog.json_agg(pg_catalog.pg_get_expr(k.conbin, 0)), '[]')
                from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c'
            )
        ))
        from type_chain
        join pg_catalog.pg_type t on t.oid = type_chain.oid
        join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    ),
    'tables', (
        select pg_catalog.json_agg(pg_catalog.json_build_object(
            'oid', r.oid::bigint,
            'schema', r.nspname,
            'name', r.relname,
            'kind', r.relkind,
            'persistence', r.relpersistence,
            'visible', r.visible,
            'named', r.named,
            'row_security', r.relrowsecurity,
            'forced_row_security', r.relforcerowsecurity,
            'under_row_security', pg_catalog.row_security_active(r.oid),
            'is_partition', r.relispartition,
            'partition_bound', case when r.relispartition then pg_catalog.pg_get_partition_constraintdef(r.oid) end,
            'parents', (
                select coalesce(pg_catalog.json_agg(i.inhparent::bigint), '[]')
                from pg_catalog.pg_inherits i where i.inhrelid = r.oid
            ),
            'columns', (
                select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'number', a.attnum,
                    'name', a.attname,
                    'type', a.atttypid::bigint,
                    'typmod', a.atttypmod,
                    'type_text', pg_catalog.format_type(a.atttypid, a.atttypmod),
                    'not_null', a.attnotnull,
                    'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                    'identity', a.attidentity,
                    'generated', a.attgenerated
                ) order by a.attnum), '[]')
                from attribute a
                left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                where a.attrelid = r.oid
            ),
            'indexes', (
                select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', ic.relname,
                    'method', am.amname,
                    'unique', i.indisunique,
                    'primary', i.indisprimary,
                    'exclusion', i.indisexclusion,
                    'valid', i.indisvalid,
                    'ready', i.indisready,
                    'immediate', i.indimmediate,
                    'nulls_not_distinct', i.indnullsnotdistinct,
                    'key', (select pg_catalog.json_agg(k.attnum order by k.place)
                            from pg_catalog.unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
                            where k.place <= i.indnkeyatts),
                    'key_text', (select pg_catalog.json_agg(pg_catalog.pg_get_indexdef(i.indexrelid, place, true) order by place)
                                 from pg_catalog.generate_series(1, i.indnkeyatts::int) as place),
                    'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
                    'uses', case when i.indpred is null and i.indexprs is null then null else (
                        select coalesce(pg_catalog.json_agg(distinct d.refobjsubid), '[]')
                        from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_class'::regclass::oid and d.objid = i.indexrelid
                          and d.refclassid = 'pg_catalog.pg_class'::regclass::oid and d.refobjid = i.indrelid
                          and d.refobjsubid > 0
                    ) end
                ) order by ic.relname), '[]')
                from pg_catalog.pg_index i
                join pg_catalog.pg_class ic on ic.oid = i.indexrelid
                join pg_catalog.pg_am am on am.oid = ic.relam
                where i.indrelid = r.oid
            ),
            'foreign_keys', (
                select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', k.conname,
                    'columns', k.conkey,
                    'target', k.confrelid::bigint,
                    'target_columns', k.confkey,
                    'on_delete', k.confdeltype,
                    'on_update', k.confupdtype,
                    'match', k.confmatchtype,
                    'deferrable', k.condeferrable,
                    'validated', k.convalidated,
                    'enforced', coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced'::text)::boolean, true),
                    'fires', not exists (
                        select from pg_catalog.pg_trigger t
                        where t.tgconstraint = k.oid and t.tgenabled not in ('O', 'A')
                    )
                ) order by k.conname), '[]')
                from pg_catalog.pg_constraint k
                where k.conrelid = r.oid and k.contype = 'f' and k.conparentid operator(pg_catalog.=) 0
            ),
            'checks', (
                select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', k.conname,
                    'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid),
                    'columns', coalesce(k.conkey, '{}'),
                    'validated', k.convalidated,
                    'enforced', coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced'::text)::boolean, true)
                ) order by k.conname), '[]')
                from pg_catalog.pg_constraint k
                where k.conrelid = r.oid and k.contype = 'c'
            ),
            'triggers', (
                select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', t.tgname,
                    'function', p.proname,
                    'language', l.lanname,
                    'source', p.prosrc,
                    'enabled', t.tgenabled,
                    'type', t.tgtype,
                    'conditional', t.tgqual is not null
                ) order by t.tgname), '[]')
                from pg_catalog.pg_trigger t
                join pg_catalog.pg_proc p on p.oid = t.tgfoid
                join pg_catalog.pg_language l on l.oid = p.prolang
                where t.tgrelid = r.oid and not t.tgisinternal
            ),
            'policies', (
                select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', p.polname,
                    'command', p.polcmd,
                    'permissive', p.polpermissive,
                    'check', pg_catalog.pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid)
                ) order by p.polname), '[]')
                from pg_catalog.pg_policy p
                where p.polrelid = r.oid
            ),
            'rules', (
                select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', w.rulename,
                    'event', w.ev_type,
                    'instead', w.is_instead
                ) order by w.rulename), '[]')
                from pg_catalog.pg_rewrite w
                where w.ev_class = r.oid and w.rulename <> '_RETURN'
            )
        ) order by r.nspname, r.relname)
        from relation r
    )
)
