-- no-transaction
-- The results of an association on certain days, without those of the other days.
create index concurrently sync_results_by_time on sync_results (association_id, at);
