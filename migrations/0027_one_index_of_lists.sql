-- Contract: clients_listed, which the migration before this one made, serves every query of this
-- index and more.
drop index if exists clients_partner_id_sort_name_id_idx;
