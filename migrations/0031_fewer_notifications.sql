-- Each notification wakes every process that listens, and commits that have one wait for each
-- other. A renewal of the lease, which sets nothing else, changes nothing that a follower sees; and
-- the results of one statement are one change of their run.
create or replace trigger announce_run after insert or update of state on sync_runs
    for each row execute function announce_run();

create or replace function announce_result() returns trigger language plpgsql as $$
begin
    perform pg_notify('sync_run', run_id::text) from (select distinct run_id from noted) runs;
    return null;
end
$$;
create or replace trigger announce_result after insert on sync_results
    referencing new table as noted for each statement execute function announce_result();
create trigger announce_result_again after update on sync_results
    referencing new table as noted for each statement execute function announce_result();
