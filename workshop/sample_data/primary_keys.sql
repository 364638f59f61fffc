-- Which primary keys of these tables only number rows, and in what words are they made again? Those on one column that a
-- sequence of its own counts up, with nothing said of how their index is kept. One that something else rests on stays;
-- so do those of partitions, and a column that refers to another table is no number of its own.
select
    k.conrelid::regclass::text, pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid),
    pg_catalog.obj_description(k.oid, 'pg_constraint')
from pg_catalog.pg_constraint k
join pg_catalog.pg_index x on x.indexrelid = k.conindid
join pg_catalog.pg_class i on i.oid = x.indexrelid
where k.contype = 'p' and k.conrelid = any (%(tables)s::regclass[]) and cardinality(k.conkey) = 1
  and x.indisvalid and not (x.indisreplident or x.indisclustered) and x.indnatts = 1
  and i.relkind = 'i' and not i.relispartition and i.reloptions is null and i.reltablespace = 0
  and pg_catalog.obj_description(i.oid, 'pg_class') is null
  and exists (
      select from pg_catalog.pg_depend d
      join pg_catalog.pg_sequence s on s.seqrelid = d.objid
      where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
        and d.refobjid = k.conrelid and d.refobjsubid = k.conkey[1] and d.deptype in ('a', 'i')
  )
  and not exists (
      select from pg_catalog.pg_constraint f
      where f.contype = 'f' and (f.confrelid = k.conrelid or f.conrelid = k.conrelid and k.conkey <@ f.conkey)
  )
  and not exists (
      select from pg_catalog.pg_depend d
      where d.refclassid = 'pg_catalog.pg_constraint'::regclass and d.refobjid = k.oid
        and not (d.classid = 'pg_catalog.pg_class'::regclass and d.objid = k.conindid)
  )
order by k.oid
