//! What can be wrong between INFIMA and a partner's Halo, in a closed set of kinds. The words for
//! each are in [`super::explain`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::guide::Permission;
use crate::ids::HaloSubscriptionId;

/// Something that is wrong, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(flatten)]
    pub kind: ProblemKind,
    pub since: DateTime<Utc>,
}

/// What is wrong. [`ProblemCode`] is the same without the details, and is what is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum_discriminants(
    name(ProblemCode),
    doc = "The kind of a problem without its details, as it is stored and published.",
    derive(Hash, Serialize, strum::EnumString, strum::IntoStaticStr, strum::VariantArray),
    serde(rename_all = "snake_case"),
    strum(serialize_all = "snake_case")
)]
pub enum ProblemKind {
    /// The address cannot be a Halo: nothing there speaks Halo's API, or no token is issued at the
    /// addresses that were `tried`.
    NotAHaloAddress {
        #[serde(default)]
        tried: Vec<String>,
    },
    /// The address leads to a network that nothing is sent to.
    AddressBlocked,
    /// The Halo at the URL now has another identity than the one that the associations belong to.
    TenantChanged {
        #[serde(default)]
        evidence: Option<TenantEvidence>,
    },
    /// `retried`: a sync continues by itself. A check of the connection does not.
    HaloUnreachable {
        retried: bool,
    },
    /// Something answered in place of Halo's API.
    HaloUnavailable {
        answer: UnusableAnswer,
        retried: bool,
    },
    /// Halo asked for a pause.
    RateLimited {
        retried: bool,
    },
    /// INFIMA's own budget of requests to this Halo is used up. Halo has said nothing.
    BudgetExhausted {
        retried: bool,
    },
    /// INFIMA had no time left for the request, or could not read its own budget. Halo has said
    /// nothing.
    RequestNotSent {
        retried: bool,
    },
    AnswerNotUnderstood,
    AnswerTooLarge,
    /// Halo refused a request that writes nothing, for its own reason.
    RequestRefused {
        reason: String,
    },
    /// Wrong id or secret, or the application or its agent is gone: Halo answers the same to all of
    /// them. `last_worked` is when the connection last worked.
    CredentialsRejected {
        last_worked: Option<DateTime<Utc>>,
    },
    PermissionMissing {
        permission: Permission,
    },
    LicensingOff,
    CreateRefused {
        reason: String,
    },
    /// A create was sent and Halo's answer is not known. INFIMA looks for the record before
    /// anything is sent again.
    CreateUnconfirmed,
    /// The customer already has subscriptions of INFIMA's that no association owns: the user
    /// chooses.
    SubscriptionExists {
        ids: Vec<HaloSubscriptionId>,
    },
    DuplicateSubscription {
        ids: Vec<HaloSubscriptionId>,
    },
    SubscriptionDeleted,
    /// Halo shows neither the subscription nor its customer: both are gone, or the agent may no
    /// longer see them.
    SubscriptionNotVisible,
    /// The agent no longer sees most of the mapped customers: `hidden` of `total` subscriptions.
    CustomersNotVisible {
        hidden: u32,
        total: u32,
    },
    SubscriptionInactive {
        id: HaloSubscriptionId,
    },
    SubscriptionMoved,
    CustomerDeleted,
    CustomerMerged,
    CustomerInactive,
    QuantityRefused {
        quantity: u32,
        refusal: QuantityRefusal,
    },
    QuantityChangedInHalo,
    /// The count fell to zero or by more than half: written, and worth a look.
    QuantityFell,
    /// The quantity would fall by more than the partner lets it fall without a user: not written.
    QuantityHeld {
        from: u32,
        to: u32,
        /// The limit in percent.
        limit: u8,
    },
    /// Halo did more than was requested: writing stopped. Without `what`, the problem is another
    /// association's.
    FieldsOverwritten {
        what: Option<Overwritten>,
    },
    /// The partner edited the subscription at the moment of the sync.
    FieldsChanged {
        fields: Vec<String>,
    },
    AmbiguousRecovery {
        ids: Vec<HaloSubscriptionId>,
    },
    /// A fault of INFIMA's: a worker died again and again on this run.
    InternalFault,
}

/// How many of the partner's subscriptions a Halo of another identity shows under their ids, with
/// their markers, of those that were looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantEvidence {
    pub found: u32,
    pub total: u32,
}

impl TenantEvidence {
    /// Whether the Halo is the one that it was, under another name.
    pub fn proves_identity(self) -> bool {
        self.total > 0 && self.found == self.total
    }
}

/// What answered in place of Halo's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnusableAnswer {
    /// A server error: Halo's own, or that of a gateway before it.
    ServerError { status: u16 },
    /// A page, a redirect, or anything else that is not JSON.
    NotApi,
    /// A Halo that issues tokens at none of these addresses.
    NoTokens { tried: Vec<String> },
}

/// How Halo did not take a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuantityRefusal {
    /// Halo refused the write, for the reason that it gave.
    Rejected { reason: String },
    /// Halo took the write and shows another quantity. The next run writes the quantity again.
    NotKept { shown: String },
}

/// What Halo did beyond writing a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overwritten {
    /// These fields of the subscription are blank, zero or switched off now.
    Fields(Vec<String>),
    /// A new record was made beside the subscription.
    Record { made: HaloSubscriptionId, beside: HaloSubscriptionId },
}

impl ProblemCode {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Problem {
    pub fn new(kind: ProblemKind, since: DateTime<Utc>) -> Self {
        Self { kind, since }
    }

    pub fn code(&self) -> ProblemCode {
        (&self.kind).into()
    }

    /// Whether Halo gave no usable answer for now: INFIMA asks again soon, and no user has to
    /// resolve anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            ProblemKind::HaloUnreachable { .. }
                | ProblemKind::HaloUnavailable { .. }
                | ProblemKind::RequestNotSent { .. }
        )
    }

    /// The same problem where no sync continues by itself.
    pub fn not_retried(mut self) -> Self {
        match &mut self.kind {
            ProblemKind::HaloUnreachable { retried }
            | ProblemKind::HaloUnavailable { retried, .. }
            | ProblemKind::RateLimited { retried }
            | ProblemKind::BudgetExhausted { retried }
            | ProblemKind::RequestNotSent { retried } => *retried = false,
            _ => {}
        }
        self
    }

    /// The subscriptions that the user has to choose among.
    pub fn subscriptions(&self) -> &[HaloSubscriptionId] {
        match &self.kind {
            ProblemKind::SubscriptionExists { ids }
            | ProblemKind::DuplicateSubscription { ids }
            | ProblemKind::AmbiguousRecovery { ids } => ids,
            _ => &[],
        }
    }

    /// The quantity that is written once a user has confirmed it.
    pub fn held_quantity(&self) -> Option<u32> {
        match self.kind {
            ProblemKind::QuantityHeld { to, .. } => Some(to),
            _ => None,
        }
    }

    /// What was found in the Halo of another identity.
    pub fn tenant_evidence(&self) -> Option<TenantEvidence> {
        match &self.kind {
            ProblemKind::TenantChanged { evidence } => *evidence,
            _ => None,
        }
    }

    /// The connection's problem if most of the mapped customers are hidden from the agent. One
    /// hidden customer is that client's problem alone.
    pub fn of_hidden_customers(hidden: u32, total: u32, now: DateTime<Utc>) -> Option<Self> {
        let most = hidden >= 2 && hidden.saturating_mul(2) > total;
        most.then(|| Self::new(ProblemKind::CustomersNotVisible { hidden, total }, now))
    }

    /// Keeps the time at which the same problem was first seen.
    pub fn with_first_seen_from(mut self, before: Option<&Problem>) -> Self {
        if let Some(before) = before.filter(|before| before.code() == self.code()) {
            self.since = before.since;
        }
        self
    }
}
