//! What Halo's recurring invoices say of the partner's subscriptions.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::Result;
use super::error::inconsistent;
use super::leases::{LeasedTx, SyncLease};
use crate::domain::association::Billing;
use crate::ids::{HaloCustomerId, HaloInvoiceId, HaloSubscriptionId};

/// A subscription as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Billed {
    pub customer: HaloCustomerId,
    pub shown: Shown,
}

/// What the invoices show of a subscription, and the invoice that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub billing: Billing,
    pub invoice: Option<HaloInvoiceId>,
}

/// Returns the subscriptions of the partner's associations.
pub async fn subscriptions(db: &mut PgConnection, lease: &SyncLease) -> Result<BTreeMap<HaloSubscriptionId, Billed>> {
    let rows = sqlx::query!(
        r#"select id, subscription_id as "subscription_id!", halo_customer_id, billing, billing_invoice_id from associations
           where partner_id = $1 and subscription_id is not null and state <> 'ended'"#,
        lease.partner().0
    )
    .fetch_all(db)
    .await?;
    let billed = rows.into_iter().map(|row| {
        let billing = row.billing.parse().map_err(inconsistent("associations", "billing", row.id))?;
        let shown = Shown { billing, invoice: row.billing_invoice_id.map(HaloInvoiceId) };
        Ok((HaloSubscriptionId(row.subscription_id), Billed { customer: HaloCustomerId(row.halo_customer_id), shown }))
    });
    billed.collect()
}

/// Records what the invoices say of these subscriptions.
pub async fn record(tx: &mut LeasedTx<'_>, shown: &BTreeMap<HaloSubscriptionId, Shown>) -> Result<()> {
    let ids: Vec<_> = shown.keys().map(|id| id.0).collect();
    let values: Vec<_> = shown.values().map(|shown| shown.billing.as_str().to_owned()).collect();
    let invoices: Vec<_> = shown.values().map(|shown| shown.invoice.map(|id| id.0)).collect();
    sqlx::query!(
        "update associations a set billing = known.billing, billing_invoice_id = known.invoice
         from unnest($2::integer[], $3::text[], $4::integer[]) as known (id, billing, invoice)
         where a.partner_id = $1 and a.subscription_id = known.id and a.state <> 'ended'
           and (a.billing, a.billing_invoice_id) is distinct from (known.billing, known.invoice)",
        tx.lease().partner().0,
        &ids,
        &values,
        &invoices as &[Option<i32>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
