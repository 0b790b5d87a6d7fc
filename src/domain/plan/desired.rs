//! What we want Halo to show: one subscription for each association, with the active user count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::association::Ending;
use crate::domain::problem::{Problem, ProblemCode};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant};

/// Everything of one partner that a run has to bring about, as our database had it at one moment.
#[derive(Clone, Debug)]
pub struct Desired {
    pub tenant: HaloTenant,
    pub associations: Vec<DesiredAssociation>,
    /// Associations that nothing is done for now, and that want subscriptions of the same customers: what they made is theirs.
    pub competing_associations: Vec<DesiredAssociation>,
    /// Subscriptions that belong to any association of this tenant: never candidates for another.
    pub owned: BTreeSet<HaloSubscriptionId>,
    /// Since when nothing is written, because Halo did more than was asked and nobody has looked yet.
    pub suspended_since: Option<DateTime<Utc>>,
}

/// So many customers are read for one slice: with all that follows for them, well inside what Halo takes in five minutes.
const CUSTOMERS_A_SLICE: usize = 25;

/// So many associations are read again together where the first look at them was too long ago by the time of writing: no
/// more than can be written before the second one is.
const AGAIN_AT_ONCE: usize = 10;

impl Desired {
    /// Parts that are observed, planned and carried out one after the other, so that a run which has to pause for Halo's sake
    /// has something to show for it: first the associations that have a subscription, which are read together; then the
    /// others, customer by customer, those that somebody has to mend last.
    pub fn slices(mut self) -> Vec<Desired> {
        let associations = std::mem::take(&mut self.associations);
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
        self.parted(parts)
    }

    /// What is `left` of a slice, in small slices, to be observed and planned once more. With it come those that are not
    /// `written` and want subscriptions of the same customers: whose is whose is decided for all of them together.
    pub fn again(mut self, left: &BTreeSet<AssociationId>, written: &BTreeSet<AssociationId>) -> Vec<Desired> {
        let is_left = |it: &&DesiredAssociation| left.contains(&it.id);
        let pending = self.associations.iter().filter(is_left).filter(|it| it.subscription.is_none());
        let pending: BTreeSet<_> = pending.map(|it| it.customer).collect();
        let competes = |it: &DesiredAssociation| it.subscription.is_none() && pending.contains(&it.customer);
        let associations = std::mem::take(&mut self.associations);
        for association in associations.into_iter().filter(|it| left.contains(&it.id) || competes(it)) {
            let done = written.contains(&association.id) && !left.contains(&association.id);
            if done { self.competing_associations.push(association) } else { self.associations.push(association) }
        }
        self.slices().into_iter().flat_map(|slice| slice.by(AGAIN_AT_ONCE)).collect()
    }

    /// Those of a slice whose subscription Halo last did not let us read or write. They are read with the others, and written
    /// when everybody else's turn is over, so that they hold nobody up.
    pub fn refused(&self) -> BTreeSet<AssociationId> {
        let refused = self.associations.iter().filter(|it| it.subscription.is_some() && it.was_refused());
        refused.map(|it| it.id).collect()
    }

    /// Small slices of these alone, another one first each `turn`: the first ones may be refused for ever.
    pub fn only(mut self, these: &BTreeSet<AssociationId>, turn: u32) -> Vec<Desired> {
        self.associations.retain(|it| these.contains(&it.id));
        let turn = turn as usize % self.associations.len().max(1);
        self.associations.rotate_left(turn);
        self.by(AGAIN_AT_ONCE)
    }

    /// Parts of about so many associations. Those without a subscription stay with the others of their customer.
    fn by(mut self, size: usize) -> Vec<Desired> {
        let mut parts: Vec<Vec<DesiredAssociation>> = Vec::new();
        for association in std::mem::take(&mut self.associations) {
            let together =
                |last: &DesiredAssociation| association.subscription.is_none() && last.customer == association.customer;
            match parts.last_mut() {
                Some(part) if part.len() < size || part.last().is_some_and(together) => part.push(association),
                _ => parts.push(vec![association]),
            }
        }
        self.parted(parts)
    }

    /// The same with these associations, part by part.
    fn parted(&self, parts: Vec<Vec<DesiredAssociation>>) -> Vec<Desired> {
        let part = |associations| Desired {
            tenant: self.tenant.clone(),
            associations,
            competing_associations: self.competing_associations.clone(),
            owned: self.owned.clone(),
            suspended_since: self.suspended_since,
        };
        parts.into_iter().map(part).collect()
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
    /// A quantity was sent to Halo, and what became of it was not noted: the process was killed, or Halo did not answer.
    pub unseen: Option<UnconfirmedWrite>,
    /// The quantity that Halo last confirmed.
    pub last_synced_quantity: Option<u32>,
    pub problem: Option<Problem>,
}

impl DesiredAssociation {
    fn was_refused(&self) -> bool {
        use ProblemCode::{AnswerNotUnderstood, HaloUnreachable, PermissionMissing};
        let refused = [HaloUnreachable, PermissionMissing, AnswerNotUnderstood];
        self.problem.as_ref().is_some_and(|problem| refused.contains(&problem.code()))
    }
}

/// A write of the quantity of which nobody knows what became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnconfirmedWrite {
    pub sent: Sent,
    /// The settle time after it has passed: Halo is not at work on it any more.
    pub settled: bool,
}

/// A write of the quantity: what Halo showed before it, and what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub from: Option<u32>,
    pub to: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Follow the active user count.
    SyncQuantity { active_users: u32 },
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
    /// One was sent again not long ago, and the first may still come to light beside the subscription there is now; or it did
    /// and is still there.
    pub duplicate_possible: bool,
    /// The subscription that an ended association of the same client and customer had. It is taken back, wherever the partner
    /// has moved it.
    pub previous_subscription: Option<HaloSubscriptionId>,
    /// A person saw the candidates and wants a new subscription.
    pub approved: bool,
}
