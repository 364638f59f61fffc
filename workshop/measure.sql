-- Which indexes does a table have? A rule's own can't be left out.
select i.relname, exists (select from pg_catalog.pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x'))
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
where x.indrelid = %(table)s::regclass
order by i.relname
