-- A request of a cancelled run may be under way until its lease would have ended: that moment outlives the token.

alter table sync_runs drop constraint sync_runs_check1;
alter table sync_runs add check (lease_token is null or lease_until is not null);
create index on sync_runs (partner_id, lease_until) where state = 'cancelled' and lease_until is not null;

-- When a quantity was sent of which nobody knows what became: within the settle time Halo may still be at work on it, and
-- another quantity written meanwhile would be undone.
alter table associations add column before_write_at timestamptz;

-- Written and never read. Nothing of ours has been released yet, so nothing beside this needs it.
alter table associations drop column seen_customer_id;
alter table partners drop column created_at;
alter table clients drop column created_at;
drop index sync_results_client_id_idx;
drop index connections_sealed_with_idx;
