-- Both users and syncs have a floor: neither can use up the other's part of a Halo's request
-- budget. The function with five arguments stays for the previous release.

-- Grants one request to a host, or says how long to wait. Syncs leave `kept_for_people` of the
-- total untouched, and users leave `kept_for_syncs`. clock_timestamp(), because the wait for the
-- row's lock is part of the time.
create function take_halo_permit(
        wanted_host text, person boolean, total integer, kept_for_people integer, kept_for_syncs integer, span interval)
    returns interval
    language plpgsql as $$
declare
    budget halo_budgets;
    moment timestamptz;
begin
    insert into halo_budgets (host) values (wanted_host) on conflict do nothing;
    select * into budget from halo_budgets where host = wanted_host for update;
    moment := clock_timestamp();
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
revoke all on function take_halo_permit(text, boolean, integer, integer, integer, interval) from public;
grant execute on function take_halo_permit(text, boolean, integer, integer, integer, interval) to infima_app;
