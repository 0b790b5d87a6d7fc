-- Pages of lists by name cost the same wherever they begin. Row-level security lets an index be entered only by comparisons
-- that tell nothing of the rows they pass over, and lower() is not known to be one: so what is compared is kept.
-- (Both tables are written anew: they are small, and nothing of ours has been released yet.)

alter table partners add column sort_name text not null generated always as (lower(name)) stored;
alter table clients add column sort_name text not null generated always as (lower(name)) stored;
create index on partners (sort_name, id);
create index on clients (partner_id, sort_name, id);
drop index clients_partner_id_lower_id_idx;

create or replace view listed_clients with (security_invoker = true) as
    select c.id, c.partner_id, c.external_id, c.name, c.state,
        a.id is not null as associated,
        coalesce(a.state = 'needs_attention', false) as needs_attention,
        c.sort_name
    from clients c
    left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
    where c.state = 'active' or a.id is not null;

-- Support's lists count the users of several partners' clients in one statement.
alter policy scope on users
    using (in_scope(partner_id, 'support_directory', 'roster', 'worker'))
    with check (in_scope(partner_id, 'roster', 'worker'));

-- A run's results in the order in which they came.
create index on sync_results (run_id, id);
