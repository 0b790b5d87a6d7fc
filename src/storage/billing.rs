//! What Halo's recurring invoices say of the partner's subscriptions.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::Result;
use super::error::inconsistent;
use super::leases::{LeasedTx, SyncLease};
use crate::domain::association::Billing;
use crate::ids::{HaloCustomerId, HaloSubscriptionId};

/// A subscription as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Billed {
    pub customer: HaloCustomerId,
    pub billing: Billing,
}

/// Returns the subscriptions of the partner's associations.
pub async fn subscriptions(db: &mut PgConnection, lease: &SyncLease) -> Result<BTreeMap<HaloSubscriptionId, Billed>> {
    let rows = sqlx::query!(
        r#"select id, subscription_id as "subscription_id!", halo_customer_id, billing from associations
           where partner_id = $1 and subscription_id is not null and state <> 'ended'"#,
        lease.partner().0
    )
    .fetch_all(db)
    .await?;
    let billed = rows.into_iter().map(|row| {
        let billing = row.billing.parse().map_err(inconsistent("associations", "billing", row.id))?;
        Ok((
            HaloSubscriptionId(row.subscription_id),
            Billed { customer: HaloCustomerId(row.halo_customer_id), billing },
        ))
    });
    billed.collect()
}

/// Records what the invoices say of these subscriptions.
pub async fn record(tx: &mut LeasedTx<'_>, billing: &BTreeMap<HaloSubscriptionId, Billing>) -> Result<()> {
    let ids: Vec<_> = billing.keys().map(|id| id.0).collect();
    let values: Vec<_> = billing.values().map(|billing| billing.as_str().to_owned()).collect();
    sqlx::query!(
        "update associations a set billing = known.billing
         from unnest($2::integer[], $3::text[]) as known (id, billing)
         where a.partner_id = $1 and a.subscription_id = known.id and a.state <> 'ended' and a.billing <> known.billing",
        tx.lease().partner().0,
        &ids,
        &values
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
