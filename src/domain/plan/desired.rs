//! What we want Halo to show: one subscription for each association, with the active user count.

use chrono::{DateTime, Utc};

use crate::domain::association::Ending;
use crate::domain::problem::Problem;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant};

/// Everything of one partner that a run has to bring about, as our database had it at one moment.
#[derive(Clone, Debug)]
pub struct Desired {
    pub tenant: HaloTenant,
    pub associations: Vec<DesiredAssociation>,
    /// Subscriptions that belong to any association of this tenant: never candidates for another.
    pub owned: std::collections::BTreeSet<HaloSubscriptionId>,
}

#[derive(Clone, Debug)]
pub struct DesiredAssociation {
    pub id: AssociationId,
    /// Changes when a person changes the association: a step for an older revision is not carried out.
    pub revision: i32,
    pub client: ClientId,
    pub client_name: String,
    pub tenant: HaloTenant,
    pub customer: HaloCustomerId,
    pub subscription: Option<HaloSubscriptionId>,
    pub goal: Goal,
    pub create: Create,
    /// The quantity that Halo last confirmed.
    pub last_synced_quantity: Option<u32>,
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Follow the active user count.
    Follow { active_users: u32 },
    /// A person removed the association.
    End(Ending),
}

/// What a create would need, and what is known of an earlier one.
#[derive(Clone, Debug)]
pub struct Create {
    pub name: String,
    pub marker: String,
    /// When a create was sent whose outcome is not known.
    pub sent_at: Option<DateTime<Utc>>,
    /// The settle time after that has passed, by the database's clock: an empty look now means that nothing was created.
    pub settled: bool,
    /// A person saw the candidates and wants a new subscription.
    pub approved: bool,
}
