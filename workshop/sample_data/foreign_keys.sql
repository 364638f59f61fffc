-- Which foreign keys of these tables are in force, and in what words are they made again? Those of partitions belong to
-- the whole table, and one whose triggers somebody has switched off stays as it is.
select
    k.conrelid::regclass::text, pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid),
    pg_catalog.obj_description(k.oid, 'pg_constraint')
from pg_catalog.pg_constraint k
where k.contype = 'f' and k.conrelid = any (%(tables)s::regclass[]) and k.conparentid = 0
  and exists (select from pg_catalog.pg_trigger t where t.tgconstraint = k.oid)
  and not exists (select from pg_catalog.pg_trigger t where t.tgconstraint = k.oid and t.tgenabled <> 'O')
order by k.oid
