-- Which triggers fire on these tables and their partitions? Each with the word for when it does: always, replica or none.
with recursive family as (
    select pg_catalog.unnest(%(tables)s::regclass[])::oid as oid
    union
    select i.inhrelid from family join pg_catalog.pg_inherits i on i.inhparent = family.oid
)
select
    t.tgrelid::regclass::text, pg_catalog.quote_ident(t.tgname),
    case t.tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end
from family
join pg_catalog.pg_trigger t on t.tgrelid = family.oid
where not t.tgisinternal and t.tgenabled <> 'D'
order by t.tgparentid, t.oid
