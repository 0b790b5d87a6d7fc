-- no-transaction
-- The runs of all partners that have finished lately: webhooks are notified of them.
create index concurrently finished_runs on sync_runs (finished_at) where finished_at is not null;
