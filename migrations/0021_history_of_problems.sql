-- Each problem of a connection or an association, from the moment it was found until it is gone, with
-- what people have noted about it. The connection and the association hold the problem that they have
-- now. The history follows by a trigger, so that it is true whichever statement changes them, in the
-- same transaction, and costs nothing where no problem is.

create table problems (
    id uuid primary key default gen_random_uuid(),
    partner_id uuid not null references partners,
    -- Null: the problem is the connection's.
    association_id uuid,
    code text not null,
    problem jsonb not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    closed_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by jsonb,
    note text,
    snoozed_until timestamptz,
    foreign key (association_id, partner_id) references associations (id, partner_id),
    check ((acknowledged_at is null) = (acknowledged_by is null))
);
-- A connection and an association have at most one problem at a time.
create unique index one_open_problem on problems (partner_id, association_id) nulls not distinct
    where closed_at is null;
create index problems_of_partner on problems (partner_id, first_seen_at, id);
create index closed_problems on problems (closed_at) where closed_at is not null;
create index opened_problems on problems (first_seen_at);

alter table problems enable row level security;
create policy scope on problems
    using (in_scope(partner_id, 'support_directory', 'roster', 'worker', 'housekeeping'))
    with check (in_scope(partner_id, 'roster', 'worker', 'housekeeping'));
grant select, insert, update on problems to infima_app;

create function note_problem(partner uuid, association uuid, was jsonb, problem_found jsonb) returns void
    language plpgsql as $$
begin
    if problem_found->>'code' = was->>'code' then
        update problems set problem = problem_found, last_seen_at = now()
        where partner_id = partner and association_id is not distinct from association and closed_at is null;
        return;
    end if;
    if was is not null then
        update problems set closed_at = now()
        where partner_id = partner and association_id is not distinct from association and closed_at is null;
    end if;
    if problem_found is not null then
        insert into problems (partner_id, association_id, code, problem, first_seen_at, last_seen_at)
        values (partner, association, problem_found->>'code', problem_found, (problem_found->>'since')::timestamptz, now());
    end if;
end
$$;

create function note_problem_of_connection() returns trigger language plpgsql as $$
begin
    perform note_problem(new.partner_id, null, case when tg_op = 'UPDATE' then old.problem end, new.problem);
    return null;
end
$$;

-- Nothing is synced for an association that has ended: its problem is over.
create function note_problem_of_association() returns trigger language plpgsql as $$
begin
    perform note_problem(new.partner_id, new.id,
        case when tg_op = 'UPDATE' then case when old.state <> 'ended' then old.problem end end,
        case when new.state <> 'ended' then new.problem end);
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

insert into problems (partner_id, association_id, code, problem, first_seen_at, last_seen_at)
select partner_id, null, problem->>'code', problem, (problem->>'since')::timestamptz, now()
from connections
where problem is not null
union all
select partner_id, id, problem->>'code', problem, (problem->>'since')::timestamptz, now()
from associations
where problem is not null and state <> 'ended';

revoke all on function note_problem, note_problem_of_connection, note_problem_of_association from public;
grant execute on function note_problem to infima_app;
