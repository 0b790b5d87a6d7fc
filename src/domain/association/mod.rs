//! The mapping of a client to a Halo customer, and the one subscription that follows from it.

mod event;
mod lifecycle;
mod name;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strum::{EnumString, IntoStaticStr};

pub use event::{AssociationEvent, Impossible, ObservedFields, Step, StepReport, Transition};
pub(in crate::domain) use lifecycle::DUPLICATE_SEARCH;
pub use lifecycle::{Lifecycle, Observed, PendingWrite, confirmation_timeout_passed};
pub use name::{DEFAULT_NAME, NameTemplate, NotATemplate, initial_name, is_branded};

use super::problem::Problem;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloInvoiceId, HaloSubscriptionId, HaloTenant, PartnerId};

/// What each marker of ours begins with.
pub const MARKER_PREFIX: &str = "infima-";

/// How far an association is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AssociationState {
    /// No subscription has been confirmed yet.
    Pending,
    Active,
    NeedsAttention,
    /// Removed by a user; what becomes of the quantity is not confirmed yet.
    Ending,
    Ended,
}

impl AssociationState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl AssociationState {
    /// The state of an association that a user has just made: active if it keeps the client's own
    /// subscription.
    pub fn of_new(keeps: Option<HaloSubscriptionId>) -> Self {
        if keeps.is_some() { AssociationState::Active } else { AssociationState::Pending }
    }
}

/// What becomes of the billed quantity when an association ends. Nothing is ever deleted in Halo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Ending {
    KeepQuantity,
    SetToZero,
}

impl Ending {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Whether a recurring invoice bills the subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Billing {
    OnRecurringInvoice,
    NotOnRecurringInvoice,
    /// The only invoice with the subscription is disabled.
    InvoiceDisabled,
    /// The end date of the only invoice with the subscription has passed.
    InvoiceEnded,
    /// The start date of the only invoice with the subscription has not come.
    InvoiceNotStarted,
    /// The only invoice line with the subscription is inactive.
    LineInactive,
    /// The end date of the only invoice line with the subscription has passed.
    LineEnded,
    /// The start date of the only invoice line with the subscription has not come.
    LineNotStarted,
    Unknown,
}

impl Billing {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Clone, Debug)]
pub struct Association {
    pub id: AssociationId,
    pub partner: PartnerId,
    pub client: ClientId,
    pub tenant: HaloTenant,
    pub customer: MappedCustomer,
    pub state: AssociationState,
    pub ending: Option<Ending>,
    pub subscription: Option<SubscriptionSnapshot>,
    pub last_synced: Option<LastSync>,
    pub problem: Option<Problem>,
}

impl Association {
    /// A user has ended it, whether Halo has confirmed that or not.
    pub fn is_over(&self) -> bool {
        matches!(self.state, AssociationState::Ending | AssociationState::Ended)
    }
}

/// The Halo customer as last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedCustomer {
    pub id: HaloCustomerId,
    pub name: Option<String>,
    pub top_level: Option<String>,
    /// As a search shows them. They are not stored.
    pub details: CustomerDetails,
}

/// What distinguishes customers of the same name, as far as Halo has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerDetails {
    pub site: Option<String>,
    pub domain: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
}

/// The subscription as Halo last showed it. `quantity` is none until Halo has shown one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionSnapshot {
    pub id: HaloSubscriptionId,
    pub name: Option<String>,
    pub quantity: Option<u32>,
    pub billing: Billing,
    /// The recurring invoice that `billing` is about.
    pub invoice: Option<HaloInvoiceId>,
    pub at: Option<DateTime<Utc>>,
}

/// The last sync that Halo confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSync {
    pub at: DateTime<Utc>,
    pub quantity: u32,
}

/// The key by which a subscription whose id was lost is found again: the same for the same client,
/// tenant and customer, so that mapping the pair again takes the old subscription back.
pub fn marker(client_external_id: &str, tenant: &HaloTenant, customer: HaloCustomerId) -> String {
    let mut hash = Sha256::new();
    for part in [client_external_id, &tenant.0, &customer.to_string()] {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{MARKER_PREFIX}{hex}")
}
