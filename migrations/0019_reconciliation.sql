-- The latest comparison of everything with Halo: which subscriptions, customers and invoices are
-- not as they should be. It is about the connection's Halo as a whole.
alter table connections
    add column reconciled_at timestamptz,
    add column reconciliation jsonb;
