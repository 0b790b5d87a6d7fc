-- What housekeeping did last, and the removal of old results and runs. They are evidence of what
-- was billed: the application cannot delete them, and these functions remove none that is younger
-- than 13 months, whatever they are asked for.

create table housekeeping (
    job text primary key,
    ran_at timestamptz not null,
    -- By the latest run, and by all of them.
    removed bigint not null default 0,
    removed_in_all bigint not null default 0
);
grant select, insert, update on housekeeping to infima_app;

-- The smallest id that a row made at this time can have: ids are UUIDs of version 7, which begin
-- with the time in milliseconds. So the primary key finds old rows.
create function first_id_at(at timestamptz) returns uuid
    language sql immutable
    begin atomic
        select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
    end;

create function prune_results(keep interval) returns bigint
    language sql volatile security definer set search_path = pg_catalog, public, pg_temp
    begin atomic
        with expired as (
            delete from sync_results
            where id in (
                select id from sync_results
                where id < first_id_at(now() - greatest(keep, interval '13 months'))
                    and at < now() - greatest(keep, interval '13 months')
                order by id limit 10000)
            returning id
        )
        select count(*) from expired;
    end;

-- A run stays while a result or another run refers to it.
create function prune_runs(keep interval) returns bigint
    language sql volatile security definer set search_path = pg_catalog, public, pg_temp
    begin atomic
        with expired as (
            delete from sync_runs
            where id in (
                select r.id from sync_runs r
                where r.id < first_id_at(now() - greatest(keep, interval '13 months'))
                    and r.finished_at < now() - greatest(keep, interval '13 months')
                    and not exists (select from sync_results s where s.run_id = r.id)
                    and not exists (
                        select from sync_runs c where c.partner_id = r.partner_id and c.continued_by = r.id)
                order by r.id limit 10000)
            returning id
        )
        select count(*) from expired;
    end;

revoke all on function first_id_at, prune_results, prune_runs from public;
grant execute on function prune_results, prune_runs to infima_app;

-- The trace of the request that asked for the run, as the header `traceparent` of W3C's Trace
-- Context has it.
alter table sync_runs add column traceparent text
    check (traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
