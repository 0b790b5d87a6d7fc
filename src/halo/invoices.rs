//! Which subscriptions are on a recurring invoice. Only ever read: a write would have to carry
//! every line or lose the rest (docs/halo-api.md, section 6).

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{HaloError, Session, decode, paging::ListedRecord, token::OAuthScope, transport::Area};
use crate::domain::guide::Permission;
use crate::ids::HaloSubscriptionId;

#[derive(Deserialize)]
pub(super) struct WireInvoice {
    /// Negative for recurring invoices.
    #[serde(deserialize_with = "decode::id")]
    id: i32,
    lines: Option<Vec<WireLine>>,
}

#[derive(Deserialize)]
struct WireLine {
    #[serde(default, deserialize_with = "decode::flag")]
    isinactive: Option<bool>,
    quantity_subscriptions: Option<Vec<WireQuantity>>,
    quantity_licences: Option<Vec<WireQuantity>>,
}

#[derive(Deserialize)]
struct WireQuantity {
    #[serde(default, deserialize_with = "decode::maybe_id")]
    licence_id: Option<i32>,
}

impl ListedRecord for WireInvoice {
    const PATH: &'static str = "/RecurringInvoice";
    const AREA: Area = Area::Invoices;
    const ALL: &'static [(&'static str, &'static str)] = &[("includelines", "true")];

    fn id(&self) -> i32 {
        self.id
    }
}

impl Session {
    /// The subscriptions that an active line of some recurring invoice takes its quantity from.
    ///
    /// [`HaloError::PermissionDenied`] is a normal answer: the guide's agent has no Invoices level.
    /// Where Halo lists invoices without their lines, the answer is [`HaloError::NotUnderstood`]:
    /// nothing is known then.
    pub async fn subscriptions_on_recurring_invoices(&self) -> Result<BTreeSet<HaloSubscriptionId>, HaloError> {
        if !self.token(None).await?.grants(OAuthScope::ReadInvoices) {
            return Err(HaloError::PermissionDenied(Permission::ReadInvoices));
        }
        let mut billed = BTreeSet::new();
        for invoice in self.pages::<WireInvoice>(Vec::new()).all().await? {
            let lines = invoice.lines.ok_or_else(|| {
                HaloError::NotUnderstood(format!("{}: an invoice without its lines", WireInvoice::PATH))
            })?;
            for line in lines.into_iter().filter(|line| !line.isinactive.unwrap_or(false)) {
                let quantities = line.quantity_subscriptions.into_iter().chain(line.quantity_licences).flatten();
                billed.extend(quantities.filter_map(|quantity| quantity.licence_id).map(HaloSubscriptionId));
            }
        }
        Ok(billed)
    }
}
