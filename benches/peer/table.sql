select c.id, c.external_id, c.name, c.state = 'archived' as archived, u.active as active_user_count,
       a.id as association_id, a.state as status, a.last_synced_at, a.last_synced_quantity, a.halo_customer_id,
       a.halo_customer_name, a.subscription_id, a.observed_name as subscription_name, a.observed_quantity as quantity,
       a.billing, a.observed_at
from clients c
left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
left join lateral (
    select count(distinct billing_identity) as active from users where client_id = c.id and state = 'active'
) u on true
where c.partner_id = $1
order by c.sort_name, c.id
limit $2
