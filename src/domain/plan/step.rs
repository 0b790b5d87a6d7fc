//! A plan and its steps.

use std::collections::BTreeSet;

use super::observed::ObservedSubscription;
use crate::domain::problem::Problem;
use crate::domain::roster::UserCounts;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId};

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub steps: Vec<Step>,
}

impl Plan {
    /// Removes the steps of `these` associations that would write to Halo. Returns the associations
    /// of the removed steps and the remaining plan.
    pub fn without_writes_of(self, these: &BTreeSet<AssociationId>) -> (BTreeSet<AssociationId>, Plan) {
        let would = |step: &Step| these.contains(&step.association) && step.action.writes();
        let (left_out, steps): (Vec<_>, Vec<_>) = self.steps.into_iter().partition(would);
        (left_out.into_iter().map(|step| step.association).collect(), Plan { steps })
    }

    /// The associations whose steps write to Halo.
    pub fn writing(&self) -> impl Iterator<Item = AssociationId> {
        self.steps.iter().filter(|step| step.action.writes()).map(|step| step.association)
    }

    /// The problem of the first deferred step.
    pub fn deferred(&self) -> Option<&Problem> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::Defer(problem) => Some(problem),
            _ => None,
        })
    }
}

/// What to do for one association, and what its owner should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub association: AssociationId,
    pub revision: i32,
    pub client: ClientId,
    pub client_name: String,
    pub customer: HaloCustomerId,
    /// The client's users when the plan was made.
    pub users: UserCounts,
    pub action: Action,
    /// The association's own subscription as Halo showed it, or the one to re-adopt.
    pub observed: Option<ObservedSubscription>,
    /// A problem that does not stop the write.
    pub warning: Option<Problem>,
    /// Halo's quantity is not the one that was last written.
    pub changed_in_halo: bool,
    /// The quantity that Halo showed before an unconfirmed write, which counts as this step's.
    pub before_sent: Option<u32>,
    /// Whether the client has a second subscription; `None` if the customer's subscriptions were
    /// not read.
    pub duplicate: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Create {
        name: String,
        marker: String,
        quantity: u32,
    },
    /// An earlier create made the subscription and its id was lost: adopt it again, and set its
    /// quantity if that differs.
    Readopt {
        subscription: HaloSubscriptionId,
        quantity: u32,
    },
    SetQuantity {
        subscription: HaloSubscriptionId,
        /// `None` if Halo showed something other than a whole number.
        from: Option<u32>,
        to: u32,
    },
    /// Halo already shows the desired quantity.
    NoChange {
        subscription: HaloSubscriptionId,
        quantity: u32,
    },
    /// The client has no subscription and gets none before it has active users: the partner wants
    /// it so.
    AwaitUsers,
    /// A user removed the association: its quantity is set to zero first if the user chose that,
    /// then the association ends.
    End {
        set_to_zero: Option<HaloSubscriptionId>,
    },
    /// Halo may still be at work on an unconfirmed write: observe again later.
    Defer(Problem),
    /// Nothing can be written until this problem is resolved.
    Blocked(Problem),
}

impl Action {
    pub fn writes(&self) -> bool {
        match self {
            Action::Create { .. } | Action::SetQuantity { .. } => true,
            // Adopting writes to our tables only; whether the quantity differs is known when the
            // step is executed.
            Action::Readopt { .. } => true,
            Action::End { set_to_zero } => set_to_zero.is_some(),
            Action::NoChange { .. } | Action::AwaitUsers | Action::Defer(_) | Action::Blocked(_) => false,
        }
    }
}
