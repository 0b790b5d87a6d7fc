-- Row-level security: a query sees the rows of the scope that the application set on its
-- connection, and no others.

alter table partners enable row level security;
alter table clients enable row level security;
alter table users enable row level security;
alter table connections enable row level security;
alter table associations enable row level security;
alter table sync_runs enable row level security;
alter table sync_results enable row level security;
alter table activity enable row level security;

-- Signing in and the support directory read rows of all partners and write none; support's reads of
-- the audit log do.
create policy scope on partners
    using (in_scope(id, 'sign_in', 'support_directory', 'roster', 'worker', 'housekeeping'))
    with check (in_scope(id, 'roster', 'worker', 'housekeeping'));
create policy scope on clients
    using (in_scope(partner_id, 'support_directory', 'roster', 'worker'))
    with check (in_scope(partner_id, 'roster', 'worker'));
create policy scope on users
    using (in_scope(partner_id, 'support_directory', 'roster', 'worker'))
    with check (in_scope(partner_id, 'roster', 'worker'));
create policy scope on connections
    using (in_scope(partner_id, 'support_directory', 'roster', 'worker', 'housekeeping'))
    with check (in_scope(partner_id, 'roster', 'worker', 'housekeeping'));
create policy scope on associations
    using (in_scope(partner_id, 'support_directory', 'worker'))
    with check (in_scope(partner_id, 'worker'));
create policy scope on sync_runs
    using (in_scope(partner_id, 'support_directory', 'roster', 'worker', 'housekeeping'))
    with check (in_scope(partner_id, 'roster', 'worker', 'housekeeping'));
create policy scope on sync_results
    using (in_scope(partner_id, 'support_directory'))
    with check (in_scope(partner_id));
create policy scope on activity
    using (in_scope(partner_id, 'support_directory', 'roster', 'housekeeping'));

grant select, insert, update on partners, clients, users, connections, associations, sync_runs, sync_results
    to infima_app;
grant select, insert on activity to infima_app;
grant select, insert, update on canary to infima_app;
-- A typed host leaves a row; unused ones are removed.
grant select, insert, update, delete on halo_budgets to infima_app;

-- Functions are called by the application and the owner, and by no other role.
revoke all on function in_scope, active_user_count, count_results, partner_matches, partner_needs_attention,
    take_halo_permit, prune_activity from public;
grant execute on function in_scope, active_user_count, count_results, partner_matches, partner_needs_attention,
    take_halo_permit, prune_activity to infima_app;
