-- What a partner decides about its syncs beside the nights: a pause, the name of new subscriptions,
-- whether a client without users gets one, and how far a quantity may fall by itself.

alter table partners
    -- Nothing is written to Halo before this time. The pause says who wants it, and why.
    add column paused_until timestamptz,
    add column pause jsonb,
    -- Null: the name that INFIMA gives.
    add column subscription_name text check (subscription_name <> ''),
    -- A client without active users gets no subscription before it has one.
    add column needs_users boolean not null default false,
    -- A quantity that would fall by more than so many percent waits for a user. Null: none does.
    add column fall_limit smallint check (fall_limit between 1 and 99),
    add constraint pause_is_complete check ((paused_until is null) = (pause is null)) not valid;

-- A user has confirmed that the quantity may fall as far as this.
alter table associations add column confirmed_fall integer check (confirmed_fall >= 0);
