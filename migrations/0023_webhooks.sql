-- Webhooks: addresses of a partner that are notified of what happens to its integration. What is to
-- be delivered is a row here. A job of the queue only wakes a worker.

create table webhooks (
    id uuid primary key,
    partner_id uuid not null references partners,
    -- Its path and query may hold a token of the receiver's.
    url text not null check (url <> ''),
    event_types text[] not null check (event_types <> '{}'),
    created_at timestamptz not null,
    -- What happened before is not reported.
    reports_since timestamptz not null,
    -- Since when every delivery has failed.
    failing_since timestamptz,
    -- When the log was given notice that it will be disabled.
    noticed_at timestamptz,
    disabled_at timestamptz,
    disabled_because text check (disabled_because in ('user', 'gone', 'failing')),
    check ((disabled_at is null) = (disabled_because is null)),
    check (noticed_at is null or failing_since is not null),
    unique (id, partner_id)
);
create index webhooks_of_partner on webhooks (partner_id, id);

create table webhook_secrets (
    id uuid primary key,
    webhook_id uuid not null,
    partner_id uuid not null,
    sealed_secret bytea not null,
    sealed_with text not null,
    created_at timestamptz not null,
    foreign key (webhook_id, partner_id) references webhooks (id, partner_id) on delete cascade
);
create index secrets_of_webhook on webhook_secrets (webhook_id, id);

create table webhook_deliveries (
    id uuid primary key,
    webhook_id uuid not null,
    partner_id uuid not null,
    event_type text not null,
    -- Names the fact: each webhook is notified of it once.
    event_key text not null,
    -- The body, byte for byte as it is sent and signed.
    payload text not null,
    state text not null default 'pending' check (state in ('pending', 'delivered', 'given_up')),
    -- When it was made, or when a user last had it sent again. Attempts are counted from then on.
    queued_at timestamptz not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    last_attempt_at timestamptz,
    last_status smallint,
    last_error text,
    -- A worker sends it until then at the latest.
    lease_until timestamptz,
    finished_at timestamptz,
    foreign key (webhook_id, partner_id) references webhooks (id, partner_id) on delete cascade,
    unique (webhook_id, event_key),
    check ((state = 'pending') = (next_attempt_at is not null)),
    check ((state = 'pending') = (finished_at is null))
);
create index deliveries_of_webhook on webhook_deliveries (webhook_id, id);
create index pending_deliveries on webhook_deliveries (webhook_id, next_attempt_at) where state = 'pending';
create index leased_deliveries on webhook_deliveries (webhook_id) where lease_until is not null;
create index ended_deliveries on webhook_deliveries (finished_at) where finished_at is not null;
alter table webhook_deliveries set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- Up to when facts were turned into deliveries.
create table webhook_mark (
    only_one boolean primary key default true check (only_one),
    made_until timestamptz not null
);

-- Support reads these tables and changes them for one partner at a time.
alter table webhooks enable row level security;
create policy scope on webhooks
    using (in_scope(partner_id, 'worker', 'housekeeping'))
    with check (in_scope(partner_id, 'worker', 'housekeeping'));
create policy scope_of_reads on webhooks for select using (in_scope(partner_id, 'support_directory'));
alter table webhook_secrets enable row level security;
create policy scope on webhook_secrets
    using (in_scope(partner_id, 'housekeeping'))
    with check (in_scope(partner_id));
create policy scope_of_reads on webhook_secrets for select
    using (in_scope(partner_id, 'support_directory', 'worker'));
alter table webhook_deliveries enable row level security;
create policy scope on webhook_deliveries
    using (in_scope(partner_id, 'worker', 'housekeeping'))
    with check (in_scope(partner_id, 'worker', 'housekeeping'));
create policy scope_of_reads on webhook_deliveries for select using (in_scope(partner_id, 'support_directory'));
grant select, insert, update, delete on webhooks, webhook_secrets, webhook_deliveries to infima_app;
grant select, insert, update on webhook_mark to infima_app;

-- The facts of all partners are turned into deliveries at once.
create policy scope_of_worker on client_exclusions for select using (in_scope(partner_id, 'worker'));
create policy scope_of_worker on sync_results for select using (in_scope(partner_id, 'worker'));

-- When the record was made. first_seen_at is older where a problem was known before it was the
-- connection's, and changed_at moves. Problems from before this migration have none.
alter table problems add column opened_at timestamptz;
alter table problems alter column opened_at set default clock_timestamp();
