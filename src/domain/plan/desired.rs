//! The state that Halo is to show: one subscription for each association, with the active user
//! count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::fall_guard::FallLimit;
use super::observed::ObservedSubscription;
use crate::domain::association::Ending;
use crate::domain::problem::{Problem, ProblemCode};
use crate::domain::roster::UserCounts;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant};

/// Everything of one partner that a run has to bring about, from one snapshot of our database.
#[derive(Clone, Debug)]
pub struct Desired {
    pub tenant: HaloTenant,
    pub associations: Vec<DesiredAssociation>,
    /// Associations that this plan does nothing for and that want subscriptions of the same
    /// customers. What they created is theirs.
    pub competing_associations: Vec<DesiredAssociation>,
    /// Subscriptions that belong to an association of this tenant: never candidates for another
    /// association.
    pub owned: BTreeSet<HaloSubscriptionId>,
    /// Since when writes are suspended: Halo changed more than the quantity, and no user has
    /// acknowledged it yet.
    pub suspended_since: Option<DateTime<Utc>>,
    /// A client without active users gets no subscription before it has one.
    pub needs_users: bool,
    /// A quantity that would fall by more than this waits for a user.
    pub fall_limit: Option<FallLimit>,
    /// The customers of all associations are to be read, which happens once a week.
    pub customers_due: bool,
}

/// Customers of one slice. Their reads, with all that follows, stay well inside what Halo takes in
/// five minutes.
const CUSTOMERS_PER_SLICE: usize = 25;

/// Associations that are observed again together after their first observation became too old to
/// write by. No more than can be written before the second observation is too old as well.
const REREAD_AT_ONCE: usize = 10;

impl Desired {
    /// The same in a tenant of another identity, as it is after the associations were carried over.
    pub fn carried_over(mut self, tenant: HaloTenant) -> Self {
        for association in self.associations.iter_mut().chain(&mut self.competing_associations) {
            if association.tenant == self.tenant {
                association.tenant.clone_from(&tenant);
                association.unverified = true;
            }
        }
        self.tenant = tenant;
        self
    }

    /// Splits the work into slices that are observed, planned and executed one after the other, so
    /// that a run which has to pause has finished part of it. The associations that have a
    /// subscription come first and are read together. The others follow customer by customer, and
    /// those with a problem that a user has to resolve come last.
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
        parts.extend(customers.chunks(CUSTOMERS_PER_SLICE).map(<[_]>::concat));
        parts.retain(|part| !part.is_empty());
        self.split_into(parts)
    }

    /// Small slices of the associations in `left`, to be observed and planned again. Associations
    /// that want subscriptions of the same customers and are not `written` come with them: which
    /// subscription is whose is decided for all together.
    pub fn remaining(mut self, left: &BTreeSet<AssociationId>, written: &BTreeSet<AssociationId>) -> Vec<Desired> {
        let is_left = |it: &&DesiredAssociation| left.contains(&it.id);
        let pending = self.associations.iter().filter(is_left).filter(|it| it.subscription.is_none());
        let pending: BTreeSet<_> = pending.map(|it| it.customer).collect();
        let competes = |it: &DesiredAssociation| it.subscription.is_none() && pending.contains(&it.customer);
        let associations = std::mem::take(&mut self.associations);
        for association in associations.into_iter().filter(|it| left.contains(&it.id) || competes(it)) {
            let finished = written.contains(&association.id) && !left.contains(&association.id);
            if finished { self.competing_associations.push(association) } else { self.associations.push(association) }
        }
        self.slices().into_iter().flat_map(|slice| slice.chunks(REREAD_AT_ONCE)).collect()
    }

    /// Associations whose subscription Halo last did not let us read or write. A run reads them
    /// with the others and writes them after all others, so that they delay no other client.
    pub fn refused(&self) -> BTreeSet<AssociationId> {
        let refused = self.associations.iter().filter(|it| it.subscription.is_some() && it.was_refused());
        refused.map(|it| it.id).collect()
    }

    /// Small slices of `these` associations alone. Each `turn` begins with another one, because
    /// Halo may refuse the first ones for ever.
    pub fn restricted_to(mut self, these: &BTreeSet<AssociationId>, turn: u32) -> Vec<Desired> {
        self.associations.retain(|it| these.contains(&it.id));
        let turn = turn as usize % self.associations.len().max(1);
        self.associations.rotate_left(turn);
        self.chunks(REREAD_AT_ONCE)
    }

    /// Slices of about `size` associations. Associations without a subscription stay with the
    /// others of their customer.
    fn chunks(mut self, size: usize) -> Vec<Desired> {
        let mut parts: Vec<Vec<DesiredAssociation>> = Vec::new();
        for association in std::mem::take(&mut self.associations) {
            let together =
                |last: &DesiredAssociation| association.subscription.is_none() && last.customer == association.customer;
            match parts.last_mut() {
                Some(part) if part.len() < size || part.last().is_some_and(together) => part.push(association),
                _ => parts.push(vec![association]),
            }
        }
        self.split_into(parts)
    }

    /// One slice for each of these `parts`, which share everything but the associations.
    fn split_into(&self, parts: Vec<Vec<DesiredAssociation>>) -> Vec<Desired> {
        let part = |associations| Desired {
            tenant: self.tenant.clone(),
            associations,
            competing_associations: self.competing_associations.clone(),
            owned: self.owned.clone(),
            suspended_since: self.suspended_since,
            needs_users: self.needs_users,
            fall_limit: self.fall_limit,
            customers_due: self.customers_due,
        };
        parts.into_iter().map(part).collect()
    }
}

#[derive(Clone, Debug)]
pub struct DesiredAssociation {
    pub id: AssociationId,
    /// Changes when a user changes the association: a step for an older revision is not executed.
    pub revision: i32,
    pub client: ClientId,
    pub client_name: String,
    pub tenant: HaloTenant,
    pub customer: HaloCustomerId,
    /// The customer's name as it was last read.
    pub customer_name: Option<String>,
    pub subscription: Option<HaloSubscriptionId>,
    /// The client's users, whose number the goal has.
    pub users: UserCounts,
    /// The tenant has another identity since the ids were last seen: nothing is written before they
    /// are verified, the subscription by its marker and the customer by its name.
    pub unverified: bool,
    pub goal: Goal,
    pub create: Create,
    /// A quantity was sent to Halo and its result was not recorded: the process was killed, or Halo
    /// did not answer.
    pub unconfirmed_write: Option<UnconfirmedWrite>,
    /// The quantity that Halo last confirmed.
    pub last_synced_quantity: Option<u32>,
    /// A user has confirmed that the quantity may fall as far as this.
    pub confirmed_fall: Option<u32>,
    pub problem: Option<Problem>,
}

impl DesiredAssociation {
    /// Whether, as far as the database knows, nothing was created for the association, nor for an
    /// earlier one of the same client and customer. A database that was restored from a backup may
    /// not know of it.
    pub fn is_new(&self) -> bool {
        let Create { sent_at, duplicate_possible, previous_subscription, .. } = &self.create;
        let was_created = sent_at.is_some() || *duplicate_possible || previous_subscription.is_some();
        self.subscription.is_none()
            && !was_created
            && !self.unverified
            && matches!(self.goal, Goal::SyncQuantity { .. })
    }

    /// Whether this record is the association's own, as far as its id has to be verified.
    pub fn is_verified_by(&self, record: &ObservedSubscription) -> bool {
        !self.unverified || record.marker.as_ref() == Some(&self.create.marker)
    }

    /// Whether the customer's state was worth a warning when it was last read.
    pub fn has_customer_warning(&self) -> bool {
        use ProblemCode::{CustomerDeleted, CustomerInactive};
        self.problem.as_ref().is_some_and(|problem| [CustomerDeleted, CustomerInactive].contains(&problem.code()))
    }

    fn was_refused(&self) -> bool {
        use ProblemCode::{AnswerNotUnderstood, AnswerTooLarge, PermissionMissing, RequestRefused};
        let refused = [PermissionMissing, AnswerNotUnderstood, AnswerTooLarge, RequestRefused];
        self.problem.as_ref().is_some_and(|problem| problem.is_transient() || refused.contains(&problem.code()))
    }
}

/// A write of the quantity whose result is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnconfirmedWrite {
    pub sent: Sent,
    /// The create-confirmation timeout has passed since the write: Halo is no longer at work on it.
    pub timed_out: bool,
}

/// A write of the quantity: what Halo showed before it, and what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub from: Option<u32>,
    pub to: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Keep the quantity at the active user count.
    SyncQuantity { active_users: u32 },
    /// A user removed the association.
    End(Ending),
}

/// What a create needs, and what is known of an earlier one.
#[derive(Clone, Debug)]
pub struct Create {
    pub name: String,
    pub marker: String,
    /// When a create was sent whose result is unknown.
    pub sent_at: Option<DateTime<Utc>>,
    /// The create-confirmation timeout has passed since then, by the database's clock: if Halo
    /// shows nothing now, nothing was created.
    pub timed_out: bool,
    /// A create was sent again not long ago, and the first one may still show up beside the
    /// subscription that exists now; or a second subscription is known and still exists.
    pub duplicate_possible: bool,
    /// The subscription of an ended association of the same client and customer. It is adopted
    /// again, wherever the partner has moved it.
    pub previous_subscription: Option<HaloSubscriptionId>,
    /// A user saw the candidates and chose a new subscription.
    pub creation_approved: bool,
}
