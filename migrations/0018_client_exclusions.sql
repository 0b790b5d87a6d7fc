-- Clients that a user has excluded from billing: they are not mapped on purpose, and are no work to
-- do. A row without an end holds until a user removes it; one with an end until then, without any
-- job.

create table client_exclusions (
    client_id uuid primary key,
    partner_id uuid not null,
    reason text not null check (reason <> ''),
    -- The day on which the client is to be looked at again, and when it begins in the time zone of
    -- the partner.
    review_on date,
    ends_at timestamptz,
    excluded_at timestamptz not null,
    excluded_by jsonb not null,
    foreign key (client_id, partner_id) references clients (id, partner_id),
    check ((review_on is null) = (ends_at is null))
);
alter table client_exclusions enable row level security;
create policy scope on client_exclusions
    using (in_scope(partner_id, 'support_directory'))
    with check (in_scope(partner_id));
grant select, insert, update, delete on client_exclusions to infima_app;

create or replace view listed_clients with (security_invoker = true) as
    select c.id, c.partner_id, c.external_id, c.name, c.state,
        a.id is not null as associated,
        coalesce(a.state = 'needs_attention', false) as needs_attention,
        c.sort_name,
        c.search_text,
        e.client_id is not null as excluded
    from clients c
    left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
    left join client_exclusions e on e.client_id = c.id and (e.ends_at is null or e.ends_at > now())
    where c.state = 'active' or a.id is not null;
