-- Partners may share a Halo: a subscription of another one is no finding of a comparison. Whose it
-- is stays hidden. It says which of these subscriptions a client of any partner has or had.
create function associated_subscriptions(in_tenant text, ids integer[]) returns setof integer
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    begin atomic
        select distinct a.subscription_id from associations a
        where a.tenant = in_tenant and a.subscription_id = any (ids);
    end;
revoke all on function associated_subscriptions from public;
grant execute on function associated_subscriptions to infima_app;

-- Postgres checks a delete by `using` alone, which permits support's reads.
create policy scope_of_deletes on client_exclusions as restrictive for delete
    using (in_scope(partner_id));
