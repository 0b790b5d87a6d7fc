-- The initial schema: every table, with the constraints that make wrong states impossible.
--
-- A partner's rows are protected twice: every query names its partner, and row-level security
-- (0002) hides all rows from a query that does not. The application connects as infima_app, which
-- owns nothing and cannot switch row-level security off.
--
-- Rules for later migrations:
-- - A released migration is never changed; the next one is a new file beside this one.
-- - The previous release runs on the new schema during a deploy: expand first, use later, contract
--   in a later release.
-- - Long locks are avoided: indexes concurrently in a file of their own, backfills in batches,
--   constraints not valid first.
-- - A new table gets row-level security and its policy in the same file, and grants for infima_app
--   no wider than needed.
-- - After a change of a query or a migration, `make sqlx` records the query metadata that the build
--   checks queries against.

-- A role belongs to the whole cluster, so another database's migration may have made it, even at
-- this moment.
do $$
begin
    if not exists (select from pg_roles where rolname = 'infima_app') then
        create role infima_app login;
    end if;
exception when duplicate_object or unique_violation then
    null;
end
$$;
grant usage on schema public to infima_app;

-- storage/ says on each connection whose rows it came for: one partner's id, or the name of a
-- system scope.
create function in_scope(partner uuid, variadic systems text[] default '{}') returns boolean
    language sql stable parallel safe
    return coalesce(current_setting('infima.scope', true) in (partner::text)
        or current_setting('infima.scope', true) = any (systems), false);

-- The roster: INFIMA's platform keeps it up to date, and nothing is removed by leaving it out.

create table partners (
    id uuid primary key,
    external_id text not null unique check (external_id <> ''),
    name text not null,
    time_zone text not null,
    state text not null check (state in ('active', 'archived')),
    source_version bigint not null,
    nightly_sync boolean not null,
    night_start time not null,
    night_end time not null,
    -- The name as lists are sorted by it. It is stored, because row-level security lets an index be
    -- used only by leakproof comparisons, and lower() is not one.
    sort_name text not null generated always as (lower(name)) stored,
    -- When the partner's connection was tested lately: the limit of tests per minute holds across
    -- processes.
    connection_tests timestamptz[] not null default '{}',
    check (night_start <> night_end)
);
create index on partners (sort_name, id);

create table clients (
    id uuid primary key,
    partner_id uuid not null references partners,
    external_id text not null unique check (external_id <> ''),
    name text not null,
    state text not null check (state in ('active', 'archived')),
    source_version bigint not null,
    sort_name text not null generated always as (lower(name)) stored,
    unique (id, partner_id)
);
create index on clients (partner_id, sort_name, id);

create table users (
    id uuid primary key,
    partner_id uuid not null,
    client_id uuid not null,
    external_id text not null unique check (external_id <> ''),
    email text,
    state text not null check (state in ('active', 'deactivated', 'archived')),
    source_version bigint not null,
    foreign key (client_id, partner_id) references clients (id, partner_id)
);
create index on users (client_id) where state = 'active';

-- Who is billed: one active user for each e-mail address, or for each external id where there is no
-- address.
create function active_user_count(client uuid) returns integer
    language sql stable parallel safe
    begin atomic
        select case when c.state = 'active' then (
            select count(distinct coalesce('address ' || nullif(lower(btrim(u.email)), ''), 'id ' || u.external_id))
            from users u
            where u.client_id = c.id and u.state = 'active'
        )::integer else 0 end
        from clients c
        where c.id = client;
    end;

-- The Halo side.

create table connections (
    id uuid primary key,
    partner_id uuid not null unique references partners,
    url text not null,
    tenant text not null,
    application_client_id text not null,
    sealed_secret bytea,
    sealed_with text,
    credentials_updated_at timestamptz not null,
    state text not null check (state in ('connected', 'needs_attention', 'disconnected')),
    problem jsonb,
    checks jsonb not null,
    -- What Halo's answers to writes have shown of the permission to write.
    write_access jsonb not null default '"unknown"',
    -- Halo did not keep a subscription's other fields: nothing more is written until a person has
    -- looked.
    writes_suspended_since timestamptz,
    last_verified_at timestamptz,
    last_synced_at timestamptz,
    -- When the customers of all associations were last read, which happens once a week.
    customers_read_at timestamptz,
    created_at timestamptz not null default now(),
    check ((state = 'disconnected') = (sealed_secret is null)),
    check ((sealed_secret is null) = (sealed_with is null)),
    check ((state = 'needs_attention') = (problem is not null))
);

create table associations (
    id uuid primary key,
    partner_id uuid not null,
    client_id uuid not null,
    tenant text not null,
    halo_customer_id integer not null,
    halo_customer_name text,
    halo_customer_top_level text,
    -- The customer may be mapped by several clients, each with a subscription of its own.
    shared boolean not null,
    state text not null check (state in ('pending', 'active', 'needs_attention', 'ending', 'ended')),
    -- What becomes of the billed quantity at the end: a person says so, since it is money.
    ending text check (ending in ('keep_quantity', 'set_to_zero')),
    ended_at timestamptz,
    marker text not null,
    initial_name text not null,
    subscription_id integer,
    -- A create was sent and its outcome is not recorded. Only a read of Halo resolves it.
    create_sent_at timestamptz,
    -- Why Halo could not store the last create, if it said so without clearly refusing the create.
    create_failure text,
    -- A second record may exist, because a create was sent again or a person chose: every run looks
    -- for one until this time at least, and until a look after it shows none.
    duplicate_search_until timestamptz,
    -- A person looked at the candidates and asked for a new subscription none the less.
    creation_approved boolean not null default false,
    -- The tenant has another identity since Halo was last seen: the ids are verified before
    -- anything is written.
    unverified boolean not null default false,
    -- What a write of the quantity must leave as it is: noted before it is sent, until Halo was
    -- seen after it.
    pending_write jsonb,
    -- When that write was sent. Until the create-confirmation timeout has passed, Halo may still be
    -- working on it, and another quantity written meanwhile would be undone.
    pending_write_at timestamptz,
    -- What Halo last showed.
    observed_name text,
    observed_quantity integer,
    observed_at timestamptz,
    billing text not null default 'unknown' check (billing in (
        'on_recurring_invoice', 'not_on_recurring_invoice', 'invoice_disabled', 'invoice_ended', 'line_inactive', 'line_ended', 'unknown'
    )),
    last_synced_at timestamptz,
    last_synced_quantity integer check (last_synced_quantity >= 0),
    problem jsonb,
    -- Moves whenever a person changes the association, so that a run never acts on what was decided
    -- before.
    revision integer not null default 0,
    created_at timestamptz not null default now(),
    foreign key (client_id, partner_id) references clients (id, partner_id),
    unique (id, partner_id),
    check ((state in ('ending', 'ended')) = (ending is not null)),
    check ((state = 'ended') = (ended_at is not null)),
    check (state <> 'active' or subscription_id is not null),
    check ((last_synced_at is null) = (last_synced_quantity is null))
);
create unique index one_association_per_client on associations (client_id) where state not in ('ending', 'ended');
create unique index one_owner_per_subscription on associations (tenant, subscription_id)
    where subscription_id is not null and state <> 'ended';
create unique index one_client_per_customer on associations (tenant, halo_customer_id)
    where not shared and state not in ('ending', 'ended');
create index on associations (partner_id, client_id);

-- The mapping table's rows: archived clients stay while they have an association.
create view listed_clients with (security_invoker = true) as
    select c.id, c.partner_id, c.external_id, c.name, c.state,
        a.id is not null as associated,
        coalesce(a.state = 'needs_attention', false) as needs_attention,
        c.sort_name
    from clients c
    left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
    where c.state = 'active' or a.id is not null;
grant select on listed_clients to infima_app;

-- Intent and outcome of syncs. The queue only wakes a worker; these rows are authoritative.

create table sync_runs (
    id uuid primary key,
    partner_id uuid not null references partners,
    trigger text not null check (trigger in
        ('nightly', 'on_demand', 'association_saved', 'association_ended', 'subscription_recreated')),
    state text not null check (state in
        ('queued', 'running', 'succeeded', 'partially_succeeded', 'failed', 'cancelled')),
    -- Null: all of the partner's associations.
    client_ids uuid[] check (client_ids <> '{}'),
    -- The local date on which this night's window began.
    nightly_date date,
    -- When the schedule requested the night; the run may be older.
    nightly_requested_at timestamptz,
    requested_by jsonb,
    -- A person is waiting: people's runs have worker slots of their own.
    interactive boolean not null,
    queued_at timestamptz not null default now(),
    next_attempt_at timestamptz not null default now(),
    started_at timestamptz,
    -- When the running attempt read what is desired. Before that, a new request is still covered by
    -- it.
    read_at timestamptz,
    finished_at timestamptz,
    starts integer not null default 0,
    attempts integer not null default 0,
    lease_token uuid,
    lease_until timestamptz,
    leased_by text,
    total integer not null default 0,
    halo_requests integer not null default 0,
    problem jsonb,
    -- The waiting run that took over what was left of this one.
    continued_by uuid,
    check ((state = 'running') = (lease_token is not null)),
    -- A cancelled run keeps the end of its lease: a request of its may be in flight until then.
    check (lease_token is null or lease_until is not null),
    check ((state in ('queued', 'running')) = (finished_at is null)),
    check ((nightly_date is null) = (nightly_requested_at is null)),
    -- A nightly sync may also join a run that a person requested.
    check (trigger <> 'nightly' or nightly_date is not null),
    check (continued_by is null or state = 'cancelled'),
    unique (id, partner_id),
    foreign key (continued_by, partner_id) references sync_runs (id, partner_id)
);
create unique index one_running_run_per_partner on sync_runs (partner_id) where state = 'running';
create unique index one_waiting_run_per_partner on sync_runs (partner_id) where state = 'queued';
create unique index one_run_per_night on sync_runs (partner_id, nightly_date);
create index on sync_runs (partner_id, id desc);
create index on sync_runs (next_attempt_at) where state in ('queued', 'running');
create index on sync_runs (partner_id, lease_until) where state = 'cancelled' and lease_until is not null;
create index on sync_runs (partner_id, trigger, id desc);
create index on sync_runs (partner_id, id desc) where nightly_date is not null;

create table sync_results (
    id uuid primary key,
    run_id uuid not null,
    partner_id uuid not null,
    association_id uuid not null,
    client_id uuid not null,
    outcome text not null check (outcome in ('created', 'updated', 'unchanged', 'failed', 'skipped')),
    quantity_before integer,
    quantity_after integer,
    changed_in_halo boolean not null,
    problem jsonb,
    evidence text,
    at timestamptz not null,
    foreign key (run_id, partner_id) references sync_runs (id, partner_id),
    foreign key (association_id, partner_id) references associations (id, partner_id),
    unique (run_id, association_id)
);
create index on sync_results (association_id, id desc);
create index on sync_results (run_id, id);

-- How many associations of a run had which outcome.
create function count_results(run uuid,
        out created integer, out updated integer, out unchanged integer, out failed integer, out skipped integer)
    language sql stable
    begin atomic
        select (count(*) filter (where outcome = 'created'))::integer,
            (count(*) filter (where outcome = 'updated'))::integer,
            (count(*) filter (where outcome = 'unchanged'))::integer,
            (count(*) filter (where outcome = 'failed'))::integer,
            (count(*) filter (where outcome = 'skipped'))::integer
        from sync_results
        where run_id = run;
    end;

-- Notifies every process that follows a run of each change, whichever process does the work.
create function announce_run() returns trigger language plpgsql as $$
begin
    perform pg_notify('sync_run', new.id::text);
    return null;
end
$$;
create trigger announce_run after insert or update on sync_runs for each row execute function announce_run();

create function announce_result() returns trigger language plpgsql as $$
begin
    perform pg_notify('sync_run', new.run_id::text);
    return null;
end
$$;
create trigger announce_result after insert or update on sync_results for each row execute function announce_result();

-- The audit log: written with each change, never changed after.

create table activity (
    id uuid primary key,
    partner_id uuid not null references partners,
    at timestamptz not null,
    actor jsonb not null,
    act text not null,
    subject text,
    reason text,
    before jsonb,
    after jsonb,
    request_id text
);
create index on activity (partner_id, id desc);
create index on activity (partner_id, id desc) where act <> 'support.read';
create index on activity (at);

-- Removes audit rows past their time, and no others, for any caller: two years are longer than any
-- invoice is disputed, and short enough for people's names not to be kept for ever. It works in
-- batches, so that no call takes long; the number of removed rows says whether there may be more.
create function prune_activity() returns bigint
    language sql volatile security definer set search_path = pg_catalog, public, pg_temp
    begin atomic
        with expired as (
            delete from activity
            where id in (select id from activity where at < now() - interval '2 years' order by at limit 10000)
            returning id
        )
        select count(*) from expired;
    end;

-- What support finds a partner by.
create function partner_matches(partner uuid, search text) returns boolean
    language sql stable
    begin atomic
        select exists (
                select from partners p
                where p.id = partner and (p.external_id = search or strpos(lower(p.name), lower(search)) > 0)
            )
            or exists (
                select from clients c
                where c.partner_id = partner
                    and (c.external_id = search or strpos(lower(c.name), lower(search)) > 0)
            )
            or exists (
                select from connections n where n.partner_id = partner and strpos(lower(n.url), lower(search)) > 0
            )
            or exists (select from activity y where y.partner_id = partner and y.request_id = search);
    end;

create function partner_needs_attention(partner uuid) returns boolean
    language sql stable
    begin atomic
        select exists (select from connections n where n.partner_id = partner and n.state = 'needs_attention')
            or exists (select from associations a where a.partner_id = partner and a.state = 'needs_attention');
    end;

-- When requests were granted to each Halo host, shared by every process.
create table halo_budgets (
    host text primary key,
    people timestamptz[] not null default '{}',
    syncs timestamptz[] not null default '{}',
    limited_until timestamptz
);

-- Grants one request to a host, or says how long to wait. Syncs leave `kept_for_people` of the
-- total untouched. clock_timestamp(), because the wait for the row's lock is part of the time.
create function take_halo_permit(wanted_host text, person boolean, total integer, kept_for_people integer, span interval)
    returns interval
    language plpgsql as $$
declare
    budget halo_budgets;
    moment timestamptz;
    used integer;
begin
    insert into halo_budgets (host) values (wanted_host) on conflict do nothing;
    select * into budget from halo_budgets where host = wanted_host for update;
    moment := clock_timestamp();
    if budget.limited_until > moment then
        return budget.limited_until - moment;
    end if;
    budget.people := array(select at from unnest(budget.people) at where at > moment - span order by at);
    budget.syncs := array(select at from unnest(budget.syncs) at where at > moment - span order by at);
    used := cardinality(budget.people) + cardinality(budget.syncs);
    if used >= total then
        return least(budget.people[1], budget.syncs[1]) + span - moment;
    end if;
    if not person and cardinality(budget.syncs) >= total - kept_for_people then
        return budget.syncs[1] + span - moment;
    end if;
    update halo_budgets
    set people = case when person then budget.people || moment else budget.people end,
        syncs = case when person then budget.syncs else budget.syncs || moment end
    where host = wanted_host;
    return interval '0';
end
$$;

-- Says at start-up whether the keyring opens what this database holds.
create table canary (
    only_one boolean primary key default true check (only_one),
    sealed bytea not null
);
