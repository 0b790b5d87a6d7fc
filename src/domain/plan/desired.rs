//! What we want Halo to show: one subscription for each association, with the active user count.

use std::collections::{BTreeMap, BTreeSet};

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
    pub owned: BTreeSet<HaloSubscriptionId>,
}

/// So many customers are read for one slice: with all that follows for them, well inside what Halo takes in five minutes.
const CUSTOMERS_A_SLICE: usize = 25;

impl Desired {
    /// Parts that are observed, planned and carried out one after the other, so that a run which has to pause for Halo's sake
    /// has something to show for it: first the associations that have a subscription, which are read together; then the
    /// others, customer by customer, those that somebody has to mend last.
    pub fn slices(self) -> Vec<Desired> {
        let Desired { tenant, associations, owned } = self;
        let (known, unknown): (Vec<_>, Vec<_>) = associations.into_iter().partition(|it| it.subscription.is_some());
        let mut customers: BTreeMap<HaloCustomerId, Vec<DesiredAssociation>> = BTreeMap::new();
        for association in unknown {
            customers.entry(association.customer).or_default().push(association);
        }
        let mut customers: Vec<_> = customers.into_values().collect();
        customers.sort_by_key(|of_one| of_one.iter().all(|it| it.problem.is_some()));
        let mut parts = vec![known];
        parts.extend(customers.chunks(CUSTOMERS_A_SLICE).map(<[_]>::concat));
        parts.retain(|part| !part.is_empty());
        let slice = |associations| Desired { tenant: tenant.clone(), associations, owned: owned.clone() };
        parts.into_iter().map(slice).collect()
    }
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
    /// One was sent again not long ago, and the first may still come to light beside the subscription there is now.
    pub double_possible: bool,
    /// A person saw the candidates and wants a new subscription.
    pub approved: bool,
}
