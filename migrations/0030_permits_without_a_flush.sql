-- A permit does not wait until it is on the disk. If Postgres crashes, those of the last fraction
-- of a second are forgotten, and Halo gets as many requests more. It refuses them if they are too
-- many.
create or replace function take_halo_permit(
        wanted_host text, person boolean, total integer, kept_for_people integer, kept_for_syncs integer, span interval,
        requested_at timestamptz)
    returns interval
    language plpgsql as $$
declare
    budget halo_budgets;
    moment timestamptz;
begin
    perform set_config('synchronous_commit', 'off', true);
    select * into budget from halo_budgets where host = wanted_host for update;
    if not found then
        insert into halo_budgets (host) values (wanted_host) on conflict do nothing;
        select * into budget from halo_budgets where host = wanted_host for update;
    end if;
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
