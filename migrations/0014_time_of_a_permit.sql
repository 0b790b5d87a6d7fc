-- The time of a request is an argument of the budget, so that its fairness can be shown for any
-- sequence of requests. Null is the time at which the host's row is locked.
create function take_halo_permit(
        wanted_host text, person boolean, total integer, kept_for_people integer, kept_for_syncs integer, span interval,
        requested_at timestamptz)
    returns interval
    language plpgsql as $$
declare
    budget halo_budgets;
    moment timestamptz;
begin
    insert into halo_budgets (host) values (wanted_host) on conflict do nothing;
    select * into budget from halo_budgets where host = wanted_host for update;
    moment := coalesce(requested_at, clock_timestamp());
    if budget.limited_until > moment then
        return budget.limited_until - moment;
    end if;
    budget.people := array(select at from unnest(budget.people) at where at > moment - span order by at);
    budget.syncs := array(select at from unnest(budget.syncs) at where at > moment - span order by at);
    if cardinality(budget.people) + cardinality(budget.syncs) >= total then
        return least(budget.people[1], budget.syncs[1]) + span - moment;
    end if;
    if person and cardinality(budget.people) >= total - kept_for_syncs then
        return budget.people[1] + span - moment;
    end if;
    if not person and cardinality(budget.syncs) >= total - kept_for_people then
        return budget.syncs[1] + span - moment;
    end if;
    if person then
        budget.people := budget.people || moment;
    else
        budget.syncs := budget.syncs || moment;
    end if;
    update halo_budgets set people = budget.people, syncs = budget.syncs where host = wanted_host;
    return interval '0';
end
$$;
revoke all on function take_halo_permit(text, boolean, integer, integer, integer, interval, timestamptz) from public;
grant execute on function take_halo_permit(text, boolean, integer, integer, integer, interval, timestamptz) to infima_app;

-- For the previous release.
create or replace function take_halo_permit(
        wanted_host text, person boolean, total integer, kept_for_people integer, kept_for_syncs integer, span interval)
    returns interval
    language sql as $$
        select take_halo_permit(wanted_host, person, total, kept_for_people, kept_for_syncs, span, null)
    $$;

-- No release calls it any more.
drop function if exists take_halo_permit(text, boolean, integer, integer, interval);
