-- no-transaction
-- The evidence of a day without a sync says whether syncs were paused. The audit log knows when, and
-- has very many entries of other acts.
create index concurrently pauses_of_partner on activity (partner_id, at)
    where act in ('sync.paused', 'sync.resumed');
