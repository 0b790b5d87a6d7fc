-- no-transaction
-- Whose subscription one is, whatever has become of its association. A comparison asks for each
-- partner, and read the associations of all partners each time.
create index concurrently associations_by_subscription on associations (tenant, subscription_id)
    where subscription_id is not null;
