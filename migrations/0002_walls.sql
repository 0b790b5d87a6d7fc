-- Support's reads leave a row each, rows past their time go, and who only looks cannot write.

-- Two years: longer than any invoice is argued about, short enough for people's names not to be kept for ever.
-- The one way in which rows of the audit log go, and it removes no others, whoever calls it. In batches, so that no call
-- takes long; how many went says whether there may be more.
create function prune_activity() returns bigint
    language sql volatile security definer set search_path = pg_catalog, public, pg_temp
    begin atomic
        with gone as (
            delete from activity
            where id in (select id from activity where at < now() - interval '2 years' order by at limit 10000)
            returning id
        )
        select count(*) from gone;
    end;
revoke all on function prune_activity from public;
grant execute on function prune_activity to infima_app;
create index on activity (at);

-- Nothing but the app and the owner calls what else there is.
revoke all on function in_scope, active_user_count, count_results, partner_matches, partner_needs_attention,
    take_halo_permit from public;
grant execute on function in_scope, active_user_count, count_results, partner_matches, partner_needs_attention,
    take_halo_permit to infima_app;

-- Signing in and support's directory find rows of all partners. They write none, but support's reads into the audit log.
alter policy scope on partners with check (in_scope(id, 'roster', 'worker', 'housekeeping'));
alter policy scope on connections with check (in_scope(partner_id, 'roster', 'worker', 'housekeeping'));
alter policy scope on clients with check (in_scope(partner_id, 'roster', 'worker'));
alter policy scope on associations with check (in_scope(partner_id, 'worker'));
alter policy scope on sync_runs with check (in_scope(partner_id, 'roster', 'worker', 'housekeeping'));
alter policy scope on sync_results with check (in_scope(partner_id));
