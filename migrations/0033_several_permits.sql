-- A sync sends some requests one after the other, and asked for each. It takes several permits at
-- once now, which hold for `kept` and are counted as if they were all used at its end. Once half of
-- what syncs may have is used, each request is granted by itself again: unused permits are lost.
create function take_halo_permits(
        wanted_host text, person boolean, wanted integer, total integer, kept_for_people integer, kept_for_syncs integer,
        span interval, kept interval, requested_at timestamptz,
        out granted integer, out wait interval, out by_halo boolean)
    language plpgsql as $$
declare
    budget halo_budgets;
    moment timestamptz;
    used integer;
begin
    select * into budget from halo_budgets where host = wanted_host for update;
    if not found then
        insert into halo_budgets (host) values (wanted_host) on conflict do nothing;
        select * into budget from halo_budgets where host = wanted_host for update;
    end if;
    moment := coalesce(requested_at, clock_timestamp());
    granted := 0;
    by_halo := coalesce(budget.limited_until > moment, false);
    if by_halo then
        wait := budget.limited_until - moment;
        return;
    end if;
    budget.people := array(select at from unnest(budget.people) at where at > moment - span order by at);
    budget.syncs := array(select at from unnest(budget.syncs) at where at > moment - span order by at);
    used := cardinality(budget.people) + cardinality(budget.syncs);
    wait := case
        when used >= total then least(budget.people[1], budget.syncs[1])
        when person and cardinality(budget.people) >= total - kept_for_syncs then budget.people[1]
        when not person and cardinality(budget.syncs) >= total - kept_for_people then budget.syncs[1]
    end + span - moment;
    if wait is not null then
        return;
    end if;
    granted := case when used + wanted <= (total - kept_for_people) / 2 then wanted else 1 end;
    if granted > 1 then
        moment := moment + kept;
    end if;
    if person then
        budget.people := budget.people || array_fill(moment, array[granted]);
    else
        budget.syncs := budget.syncs || array_fill(moment, array[granted]);
    end if;
    update halo_budgets set people = budget.people, syncs = budget.syncs where host = wanted_host;
    -- A permit does not wait until it is on the disk. If Postgres crashes, those of the last
    -- fraction of a second are forgotten, and Halo gets as many requests more.
    perform set_config('synchronous_commit', 'off', true);
end
$$;
revoke all on function take_halo_permits from public;
grant execute on function take_halo_permits to infima_app;

-- The previous release takes one by the same rules.
create or replace function take_halo_permit(
        wanted_host text, person boolean, total integer, kept_for_people integer, kept_for_syncs integer, span interval,
        requested_at timestamptz)
    returns interval
    language sql as $$
        select coalesce(wait, interval '0')
        from take_halo_permits(
            wanted_host, person, 1, total, kept_for_people, kept_for_syncs, span, interval '0', requested_at)
    $$;
