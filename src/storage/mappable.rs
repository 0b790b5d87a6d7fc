//! All clients of a partner at once, as suggestions for their mappings see them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::Result;
use crate::auth::PartnerScope;
use crate::ids::{ClientId, HaloCustomerId, HaloTenant};

/// An active client of the partner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappableClient {
    pub id: ClientId,
    pub name: String,
    /// Also while its removal is under way.
    pub mapped: bool,
    /// Excluded from billing on purpose: no customer is suggested for it.
    pub excluded: bool,
    /// The name of the customer that the client was mapped to when the partner left another Halo.
    pub earlier_customer: Option<String>,
}

/// The partner's active clients, `most` of them.
pub async fn clients(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    most: i64,
) -> Result<Vec<MappableClient>> {
    let rows = sqlx::query!(
        r#"select c.id, c.name, a.id is not null as "mapped!", x.client_id is not null as "excluded!", e.halo_customer_name as "earlier_customer?"
           from clients c
           left join lateral (select id from associations where client_id = c.id and state <> 'ended' limit 1) a on true
           left join client_exclusions x on x.client_id = c.id and (x.ends_at is null or x.ends_at > now())
           -- What ended when the partner left the Halo, and not before.
           left join lateral (
               select * from associations o
               where o.partner_id = c.partner_id and o.client_id = c.id
               order by o.id desc limit 1
           ) e on e.tenant <> $2 and e.state = 'ended' and exists (
               select from activity y
               where y.partner_id = c.partner_id and y.act = 'connection.tenant_replaced' and y.at = e.ended_at
           )
           where c.partner_id = $1 and c.state = 'active'
           order by c.id
           limit $3"#,
        scope.partner().0,
        tenant.0,
        most
    )
    .fetch_all(db)
    .await?;
    let clients = rows.into_iter().map(|row| MappableClient {
        id: ClientId(row.id),
        name: row.name,
        mapped: row.mapped,
        excluded: row.excluded,
        earlier_customer: row.earlier_customer,
    });
    Ok(clients.collect())
}

/// The customers of this tenant that the partner's clients are mapped to, with those clients.
pub async fn owners(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
) -> Result<BTreeMap<HaloCustomerId, BTreeSet<ClientId>>> {
    let rows = sqlx::query!(
        "select halo_customer_id, client_id from associations
         where partner_id = $1 and tenant = $2 and state not in ('ending', 'ended')",
        scope.partner().0,
        tenant.0
    )
    .fetch_all(db)
    .await?;
    let mut owners: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in rows {
        owners.entry(HaloCustomerId(row.halo_customer_id)).or_default().insert(ClientId(row.client_id));
    }
    Ok(owners)
}
