-- Each problem of a connection or an association, from the moment it was found until it is gone,
-- with what people have noted about it. The connection and the association hold the problem that
-- they have now. The history follows by a trigger, so that it is true whichever statement changes
-- them, in the same transaction, and costs nothing where no problem is.

create table problems (
    id uuid primary key default gen_random_uuid(),
    partner_id uuid not null references partners,
    -- Null: the problem is the connection's.
    association_id uuid,
    client_id uuid,
    code text not null,
    problem jsonb not null,
    -- Whether it keeps the partner, or the client, from being synced. A warning does not.
    blocks_sync boolean not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    closed_at timestamptz,
    -- When it was last opened, acknowledged, snoozed or closed. One that is seen again has not
    -- changed.
    changed_at timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by jsonb,
    note text,
    -- Judged by the time of the reader: it ends without any job.
    snoozed_until timestamptz,
    foreign key (association_id, partner_id) references associations (id, partner_id),
    check ((association_id is null) = (client_id is null)),
    check ((acknowledged_at is null) = (acknowledged_by is null)),
    check ((acknowledged_at is null) = (note is null))
);
-- A connection and an association have at most one problem at a time.
create unique index one_open_problem on problems (partner_id, coalesce(association_id, partner_id))
    where closed_at is null;
create index changed_problems_of_partner on problems (partner_id, changed_at, id);
create index changed_problems on problems (changed_at, id);
create index open_problems on problems (changed_at, id) where closed_at is null;
create index closed_problems on problems (closed_at) where closed_at is not null;

alter table problems enable row level security;
create policy scope on problems
    using (in_scope(partner_id, 'support_directory', 'roster', 'worker', 'housekeeping'))
    with check (in_scope(partner_id, 'roster', 'worker', 'housekeeping'));
grant select, insert, update on problems to infima_app;

-- Has the history follow what a connection or an association has now. A problem of the same kind is
-- the same one, seen again. One that takes the place of another has changed after that one.
create function note_problem(partner uuid, association uuid, client uuid, now_has jsonb, blocks boolean) returns void
    language plpgsql as $$
begin
    update problems set problem = now_has, blocks_sync = blocks, last_seen_at = now()
    where partner_id = partner and coalesce(association_id, partner_id) = coalesce(association, partner)
        and closed_at is null and code = now_has->>'code';
    if found then
        return;
    end if;
    update problems set closed_at = now(), changed_at = clock_timestamp()
    where partner_id = partner and coalesce(association_id, partner_id) = coalesce(association, partner)
        and closed_at is null;
    if now_has is not null then
        insert into problems (partner_id, association_id, client_id, code, problem, blocks_sync, first_seen_at,
                              last_seen_at, changed_at)
        values (partner, association, client, now_has->>'code', now_has, blocks, (now_has->>'since')::timestamptz,
                now(), clock_timestamp());
    end if;
end
$$;

create function note_problem_of_connection() returns trigger language plpgsql as $$
begin
    perform note_problem(new.partner_id, null, null, new.problem, true);
    return null;
end
$$;

-- Nothing is synced for an association that has ended: its problem is over.
create function note_problem_of_association() returns trigger language plpgsql as $$
begin
    perform note_problem(new.partner_id, new.id, new.client_id,
        case when new.state <> 'ended' then new.problem end, new.state <> 'active');
    return null;
end
$$;

create trigger connection_with_problem after insert on connections
    for each row when (new.problem is not null) execute function note_problem_of_connection();
create trigger problem_of_connection after update of problem on connections
    for each row when (old.problem is not null or new.problem is not null)
    execute function note_problem_of_connection();
create trigger association_with_problem after insert on associations
    for each row when (new.problem is not null) execute function note_problem_of_association();
create trigger problem_of_association after update of problem, state on associations
    for each row when (old.problem is not null or new.problem is not null)
    execute function note_problem_of_association();

-- What is open already has not changed today.
insert into problems (partner_id, association_id, client_id, code, problem, blocks_sync, first_seen_at, last_seen_at,
                      changed_at)
select partner_id, null, null, problem->>'code', problem, true, since, now(), since
from connections, lateral (select (problem->>'since')::timestamptz as since) p
where problem is not null
union all
select partner_id, id, client_id, problem->>'code', problem, state <> 'active', since, now(), since
from associations, lateral (select (problem->>'since')::timestamptz as since) p
where problem is not null and state <> 'ended';

-- Removes problems that were closed so long ago, up to 10,000 of them, and returns their number.
-- They say since when a client was not billed: the application removes none that was closed within
-- the last 13 months.
create function prune_problems(keep interval) returns bigint
    language sql volatile security definer set search_path = pg_catalog, public, pg_temp
    begin atomic
        with expired as (
            delete from problems
            where id in (
                select id from problems
                where closed_at < now() - greatest(keep, interval '13 months')
                order by closed_at limit 10000)
            returning id
        )
        select count(*) from expired;
    end;

revoke all on function note_problem, note_problem_of_connection, note_problem_of_association, prune_problems
    from public;
grant execute on function note_problem, prune_problems to infima_app;
