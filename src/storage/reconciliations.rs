//! The latest comparison of everything with a partner's Halo.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::error::inconsistent;
use super::{Partners, Result};
use crate::auth::PartnerScope;
use crate::domain::reconciliation::{Owned, Reconciliation};
use crate::ids::{ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant, PartnerId};

/// The associations with a subscription in this Halo that have not ended.
pub async fn owned(db: &mut PgConnection, scope: &PartnerScope, tenant: &HaloTenant) -> Result<Vec<Owned>> {
    let rows = sqlx::query!(
        r#"select client_id, halo_customer_id, halo_customer_name, subscription_id as "subscription_id!",
                  last_synced_quantity
           from associations
           where partner_id = $1 and tenant = $2 and state <> 'ended' and subscription_id is not null
           order by id"#,
        scope.partner().0,
        tenant.0
    )
    .fetch_all(db)
    .await?;
    let owned = rows.into_iter().map(|row| Owned {
        client: ClientId(row.client_id),
        customer: HaloCustomerId(row.halo_customer_id),
        customer_name: row.halo_customer_name,
        subscription: HaloSubscriptionId(row.subscription_id),
        last_synced_quantity: row.last_synced_quantity.map(i32::unsigned_abs),
    });
    Ok(owned.collect())
}

/// Which of these subscriptions in this Halo a client of any partner has or had.
pub async fn associated(
    db: &mut PgConnection,
    tenant: &HaloTenant,
    subscriptions: &[HaloSubscriptionId],
) -> Result<BTreeSet<HaloSubscriptionId>> {
    let ids: Vec<_> = subscriptions.iter().map(|id| id.0).collect();
    let found = sqlx::query_scalar!(r#"select associated_subscriptions($1, $2) as "id!""#, tenant.0, &ids);
    Ok(found.fetch_all(db).await?.into_iter().map(HaloSubscriptionId).collect())
}

/// Stores that a comparison failed, which keeps the report before.
pub async fn record_failure(db: &mut PgConnection, scope: &PartnerScope, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update connections set reconciled_at = $2 where partner_id = $1", scope.partner().0, at)
        .execute(db)
        .await?;
    Ok(())
}

/// Replaces the partner's report.
pub async fn record(db: &mut PgConnection, scope: &PartnerScope, report: &Reconciliation) -> Result<()> {
    sqlx::query!(
        "update connections set reconciled_at = $2, reconciliation = $3 where partner_id = $1",
        scope.partner().0,
        report.at,
        serde_json::to_value(report).expect("a report is plain data")
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The latest reports of these partners that are about the Halo they have now.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners) -> Result<Vec<(PartnerId, Reconciliation)>> {
    let rows = sqlx::query!(
        r#"select id, partner_id, reconciliation as "reconciliation!" from connections
           where partner_id = any ($1) and reconciliation ->> 'tenant' = tenant"#,
        &partners.ids()
    )
    .fetch_all(db)
    .await?;
    let mut reports = Vec::new();
    for row in rows {
        let report = serde_json::from_value(row.reconciliation);
        let report = report.map_err(inconsistent("connections", "reconciliation", row.id))?;
        reports.push((PartnerId(row.partner_id), report));
    }
    Ok(reports)
}
