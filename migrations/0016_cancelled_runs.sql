-- no-transaction
-- Replaces an index over the end of leases, which every renewal of any lease had to maintain, with
-- all other indexes of the row: a column of an index keeps Postgres from updating a row in place.
create index concurrently sync_runs_cancelled on sync_runs (partner_id) where state = 'cancelled';
