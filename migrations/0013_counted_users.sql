-- Who was counted: with each result, how many of the client's users its quantity counted and how
-- many it did not, by the reason. Results of earlier releases have no such numbers.

alter table sync_results add column user_counts jsonb;

-- All users of a client in the order of their list, and what their numbers need, from the index
-- alone.
create index users_of_client on users (client_id, billing_identity, id) include (state, partner_id);
