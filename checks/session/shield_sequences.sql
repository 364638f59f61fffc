-- Which sequences may a try draw from without our saying so? Their numbers would outlive the transaction; but a sequence
-- that is restarted in a transaction is a new one, and gone with it. Those matter that a function may draw from: the
-- functions of the database mention them, or insert into the table that owns them (which one that composes its
-- statements may do to every table it mentions); and those that a default may draw from though they count up no column
-- of whole numbers. They go on far away, so that no number is drawn that a row of ours has. One that somebody else has
-- drawn from in an open transaction is left alone, after a moment.
set local enable_hashjoin = off;
set local enable_mergejoin = off;
do $$
declare
    place record;
    upcoming bigint;
    role text := pg_catalog.current_setting('session_replication_role');
begin
    if exists (select from pg_catalog.pg_event_trigger) then -- which would see to `alter sequence`
        begin
            set local session_replication_role = replica;
        exception when insufficient_privilege then
            null;
        end;
    end if;
    for place in
        with code as (
            select left(coalesce(nullif(prosrc, ''), pg_catalog.pg_get_functiondef(oid)), 30000) as body
            from pg_catalog.pg_proc
            where oid operator(pg_catalog.>=) 16384 -- below are PostgreSQL's own
              and prokind in ('f', 'p')
              and prolang in (select oid from pg_catalog.pg_language where lanname in ('plpgsql', 'sql'))
        ),
        word as (
            select hit[1] as name, body ~* '\mexecute\M'::text as filled
            from code cross join pg_catalog.regexp_matches(body, '\w+', 'g') as hit
            union
            select hit[1], true
            from code
            cross join pg_catalog.regexp_matches(body, '\minto\s+(?:"?\w+"?\s*\.\s*)?"?(\w+)', 'gi') as hit
        ),
        relation as (
            select c.oid, c.relkind
            from word
            join pg_catalog.pg_class c on c.relname operator(pg_catalog.=) any (array[name, pg_catalog.lower(name)])
            where filled or c.relkind = 'S'
            union
            select c.oid, c.relkind -- what rules insert into
            from pg_catalog.pg_rewrite w
            join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass::oid and d.objid = w.oid
                and d.refclassid = 'pg_catalog.pg_class'::regclass::oid and d.refobjid <> w.ev_class
            join pg_catalog.pg_class c on c.oid = d.refobjid
            where w.ev_type <> '1' and w.oid operator(pg_catalog.>=) 16384
        ),
        mentioned (seqrelid) as (
            select oid from relation where relkind = 'S'
            union
            select d.objid
            from relation
            join pg_catalog.pg_depend d
                on d.refclassid = 'pg_catalog.pg_class'::regclass::oid and d.refobjid = relation.oid
            where d.classid = 'pg_catalog.pg_class'::regclass::oid and d.deptype in ('a', 'i')
            union
            select seqrelid
            from pg_catalog.pg_sequence
            left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass::oid and d.objid = seqrelid
                and d.refclassid = 'pg_catalog.pg_class'::regclass::oid and d.deptype in ('a', 'i')
            left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where a.atttypid is null
               or a.atttypid not in ('int2'::regtype::oid, 'int4'::regtype::oid, 'int8'::regtype::oid)
        )
        select n.nspname as schemaname, c.relname as sequencename, seqincrement as step, seqmax as last
        from mentioned
        join pg_catalog.pg_sequence using (seqrelid)
        join pg_catalog.pg_class c on c.oid = seqrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relpersistence <> 't' and pg_catalog.pg_has_role(c.relowner, 'USAGE')
    loop
        begin
            set local lock_timeout = '20ms';
            execute pg_catalog.format(
                'select last_value + case when is_called then %s else 0 end from %I.%I',
                place.step, place.schemaname, place.sequencename
            ) into upcoming;
            upcoming := upcoming + case when place.step > 0 then least(1000000, (place.last - upcoming) / 2) else 0 end;
            execute pg_catalog.format(
                'alter sequence %I.%I restart with %s', place.schemaname, place.sequencename, upcoming
            );
        exception when others then
            null; -- it is a courtesy, and no reason to stop
        end;
    end loop;
    if role <> pg_catalog.current_setting('session_replication_role') then
        perform pg_catalog.set_config('session_replication_role', role, true);
    end if;
end $$;
set local enable_hashjoin = default;
set local enable_mergejoin = default;
set local lock_timeout = '1s'
