-- When the partner's connection was last tested: how often it may be holds for all processes together.
alter table partners add column connection_tests timestamptz[] not null default '{}';

-- Anybody may type a host, and each one leaves a row here: what nobody asks for any more goes.
grant delete on halo_budgets to infima_app;
