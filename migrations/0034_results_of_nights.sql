-- A notification wakes every connection that listens, five in each worker, and there were three for
-- the results of each partner's nightly sync, which is hardly ever followed. Its followers read it
-- every two seconds instead; its beginning, its plan and its end are announced as before.
create or replace function announce_result() returns trigger language plpgsql as $$
begin
    perform pg_notify('sync_run', id::text) from sync_runs
    where id in (select run_id from noted) and trigger <> 'nightly';
    return null;
end
$$;
