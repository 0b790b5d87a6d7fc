-- The pauses of a partner's syncs: the evidence of past days says on which of them syncs were
-- paused. The audit log, which also knows, is kept for a shorter time. Nothing here names a person.

create table sync_pauses (
    partner_id uuid not null references partners,
    began_at timestamptz not null,
    -- The beginning of its day, or the time at which a user ended or replaced it before.
    ends_at timestamptz not null,
    primary key (partner_id, began_at),
    check (ends_at >= began_at)
);

alter table sync_pauses enable row level security;
create policy scope on sync_pauses using (in_scope(partner_id));
grant select, insert, update on sync_pauses to infima_app;

insert into sync_pauses (partner_id, began_at, ends_at)
select id, (pause ->> 'at')::timestamptz, paused_until from partners
where paused_until >= (pause ->> 'at')::timestamptz;
