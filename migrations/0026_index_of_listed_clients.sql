-- no-transaction
-- A partner's clients in the order of their list, with all that filters, searches and counts of it
-- read. One client has an external id: it is found by the index of that.
create index concurrently clients_listed on clients (partner_id, sort_name, id)
    include (state, associated, needs_attention, excluded_until, search_text);
