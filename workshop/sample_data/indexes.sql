-- Which indexes of these tables do nothing but find rows, and in what words are they made again? Those of constraints,
-- unique ones, unfinished ones and those of partitioned tables stay.
select x.indexrelid::regclass::text, pg_catalog.pg_get_indexdef(x.indexrelid), pg_catalog.obj_description(x.indexrelid, 'pg_class')
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
where x.indrelid = any (%(tables)s::regclass[]) and i.relkind = 'i' and not i.relispartition
  and x.indisvalid and not (x.indisunique or x.indisexclusion or x.indisreplident or x.indisclustered)
order by x.indexrelid
