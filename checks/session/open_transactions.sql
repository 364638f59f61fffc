-- Which other connections to this database have a transaction open, and sit idle in it?
select pid, application_name, extract(epoch from pg_catalog.clock_timestamp() - state_change)::int
from pg_catalog.pg_stat_activity
where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid()
  and state like 'idle in transaction%'::text and backend_xid is not null
order by state_change
