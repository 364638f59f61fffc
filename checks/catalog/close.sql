-- Which relations look like the one that is missing? Their names fold to one of these: other letter case,
-- another schema, a view, or a small slip of the pen (which the caller judges).
-- %(first)s: first letters, folded, of the names looked for; a cheap way to leave most of a big database out.
select n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  and not pg_catalog.pg_is_other_temp_schema(n.oid)
  and pg_catalog.left(pg_catalog.lower(c.relname::text), 1) = any (%(first)s::text[])
order by n.nspname, c.relname
limit 2000
