//! What can happen to an association: acts of users, and steps of runs.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Ending;
use crate::domain::problem::Problem;
use crate::domain::roster::UserCounts;
use crate::domain::run::Outcome;
use crate::ids::{AssociationId, ClientId, HaloSubscriptionId};

/// Something that happens to an association: an act of a user, or a step of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum AssociationEvent {
    /// A user removed the mapping.
    Removed { ending: Ending, at: DateTime<Utc> },
    /// A user mapped the same pair again before its end was confirmed.
    Resumed { shared: bool },
    /// A user requested another subscription instead of the deleted one.
    Recreated,
    /// A user chose this record as the client's subscription. It was read just before.
    Adopted { subscription: HaloSubscriptionId, fields: ObservedFields, at: DateTime<Utc> },
    /// A user wants a new subscription and none of the candidates. Refused until the
    /// create-confirmation timeout of an earlier create has passed.
    CreationApproved { confirmation: Duration },
    /// The tenant has another identity, to which the association is carried over. Another partner
    /// may own the subscription there, or have a client at the customer, which makes it shared.
    CarriedOver { keeps_subscription: bool, shared: bool },
    /// The association belongs to a Halo that the partner has left: it ends as it is.
    Archived { at: DateTime<Utc> },
    /// A user reviewed the overwritten fields: writes resume, and what is stored of earlier writes
    /// no longer counts.
    WritesResumed,
    /// A user confirmed that the quantity may fall as far as the problem says.
    FallConfirmed { to: u32 },
    /// A run is about to send a quantity.
    QuantitySent { before: Value },
    /// Halo clearly did not write the quantity, or the quantity was never sent.
    QuantityRefused,
    /// A run is about to send a create.
    CreateSent,
    /// Halo clearly created nothing.
    CreateRefused,
    /// Halo answered that it could not store the new record, which it may have stored all the same.
    CreateFailed { reason: String },
    /// A run ends that has sent the create as often as a run does, and Halo never confirmed it.
    CreateAbandoned { at: DateTime<Utc> },
    /// Halo created this subscription.
    Created(HaloSubscriptionId),
    /// A run found the association's own subscription again.
    Readopted(HaloSubscriptionId),
    /// A run finished its step for the association.
    StepTaken(Step),
}

/// The part of a step's report that changes the association.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub transition: Transition,
    pub problem: Option<Problem>,
    pub observed: Option<ObservedFields>,
    /// Whether a second subscription of the client's exists; `None` if the run did not look.
    pub duplicate: Option<bool>,
    pub at: DateTime<Utc>,
}

/// What a run's step makes of an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Halo confirmed this quantity: the last sync date moves.
    Confirmed { quantity: u32 },
    /// No subscription is needed, and Halo shows none.
    NotNeeded,
    /// A user has to resolve a problem.
    NeedsAttention,
    /// So it is, though Halo shows the quantity that was written: the problem is another one.
    WrittenWithProblem { quantity: u32 },
    /// The state stays; the problem is noted.
    Unchanged,
    /// The state stays, and a look at Halo showed nothing of a create in doubt.
    NotObserved,
    /// The end that a user asked for is confirmed.
    Ended,
}

/// The subscription's fields as Halo showed them in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedFields {
    pub name: String,
    pub quantity: Option<u32>,
}

/// What one step of a run did for one association.
#[derive(Clone, Debug)]
pub struct StepReport {
    pub association: AssociationId,
    /// The revision that the plan saw.
    pub revision: i32,
    pub client: ClientId,
    pub users: UserCounts,
    pub outcome: Outcome,
    pub quantity_before: Option<u32>,
    pub quantity_after: Option<u32>,
    pub changed_in_halo: bool,
    pub problem: Option<Problem>,
    pub evidence: Option<String>,
    pub transition: Transition,
    pub observed: Option<ObservedFields>,
    /// Whether a second subscription of the client's exists; `None` if the run did not look. A
    /// duplicate is looked for until it is gone.
    pub duplicate: Option<bool>,
}

impl StepReport {
    pub fn event(&self, at: DateTime<Utc>) -> AssociationEvent {
        AssociationEvent::StepTaken(Step {
            transition: self.transition,
            problem: self.problem.clone(),
            observed: self.observed.clone(),
            duplicate: self.duplicate,
            at,
        })
    }
}

/// Why an event cannot happen to the association as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// The association has ended.
    Ended,
    /// The association is ending.
    Ending,
    /// The association is not ending.
    NotEnding,
    /// The association has a subscription.
    HasSubscription,
    /// The association has no subscription.
    NoSubscription,
    /// The subscription is not known to be deleted.
    SubscriptionNotDeleted,
    /// No quantity is held.
    NothingHeld,
    /// No create was sent.
    NoCreateSent,
    /// A create was sent lately and may still come to light.
    CreateUnconfirmed,
}
