-- The syncs of one kind, and what was changed apart from what support looked at: each page costs the same, however much
-- else there is between.
-- (Both tables are locked while the indexes are made: they are small, and nothing of ours has been released yet.)

create index on sync_runs (partner_id, trigger, id desc);
create index on sync_runs (partner_id, id desc) where night is not null;
create index on activity (partner_id, id desc) where act <> 'support.read';
