//! What Halo's recurring invoices say of the partner's subscriptions.

use std::collections::BTreeMap;

use super::Result;
use super::leases::LeasedTx;
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

impl Shown {
    /// What is stored of a subscription before the invoices were read.
    pub const UNKNOWN: Self = Self { billing: Billing::Unknown, invoice: None };
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
