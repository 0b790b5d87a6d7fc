//! Candidates: which of a customer's subscriptions could be a client's, if its id is unknown or a
//! second one may exist.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::desired::{Desired, DesiredAssociation};
use super::observed::{Lookup, Observed, ObservedCustomer, ObservedSubscription};
use crate::domain::problem::{Problem, ProblemCode, ProblemKind};
use crate::ids::HaloSubscriptionId;

/// Subscriptions that pending associations created themselves and have no id of. They are no
/// candidates for another client of the same customer.
pub(super) fn reserved_for_pending(desired: &Desired, observed: &Observed) -> BTreeSet<HaloSubscriptionId> {
    let mut reserved = BTreeSet::new();
    let pending = desired.associations.iter().chain(&desired.competing_associations);
    let pending = pending.filter(|it| it.subscription.is_none() && it.tenant == observed.tenant);
    for association in pending {
        if let Some(ObservedCustomer::Found { subscriptions, .. }) = observed.customers.get(&association.customer) {
            let mut free: Vec<_> = subscriptions.iter().filter(|it| !desired.owned.contains(&it.id)).collect();
            // The association's previous subscription may be at another customer now: re-adopted
            // all the same.
            let previous = association.create.previous_subscription.filter(|id| !desired.owned.contains(id));
            if let Some(Lookup::Found(previous)) = previous.and_then(|id| observed.subscriptions.get(&id))
                && free.iter().all(|it| it.id != previous.id)
            {
                free.push(previous);
            }
            // A match by name alone is the association's own if it is a single record that is
            // adopted now. Several matches, or one that a user has refused, may be any client's.
            let found = recovered(association, &free);
            let blocked = desired.suspended_since.is_some()
                && association.problem.as_ref().is_some_and(|it| it.code() == ProblemCode::FieldsOverwritten);
            let by_name = found.len() == 1 && !blocked && !association.create.creation_approved;
            let marker = Some(&association.create.marker);
            let its_own = found.into_iter().filter(|it| by_name || it.marker.as_ref() == marker);
            reserved.extend(its_own.map(|it| it.id));
        }
    }
    reserved
}

/// Those of a customer's `free` subscriptions that an earlier create of this association made. A
/// deactivated one counts only if there is no other: a partner deactivates the one of two that is
/// not wanted.
pub(super) fn recovered<'s>(
    association: &DesiredAssociation,
    free: &[&'s ObservedSubscription],
) -> Vec<&'s ObservedSubscription> {
    let create = &association.create;
    let marked = |it: &&ObservedSubscription| {
        it.marker.as_deref() == Some(&create.marker) || Some(it.id) == create.previous_subscription
    };
    // Halo may not have kept the marker. After an unconfirmed create, the initial name with our
    // vendor text is proof enough.
    let named = |it: &&ObservedSubscription| {
        let unconfirmed = create.sent_at.is_some() || create.duplicate_possible;
        unconfirmed && !association.unverified && it.ours && it.marker.is_none() && it.name == create.name
    };
    let mut found: Vec<_> = free.iter().copied().filter(marked).collect();
    if found.is_empty() {
        found = free.iter().copied().filter(named).collect();
    }
    if found.iter().any(|it| it.active) {
        found.retain(|it| it.active);
    }
    found
}

/// The most candidates that a problem keeps: far more than a user can choose among.
const MAX_CANDIDATES: usize = 200;

pub(super) fn ids(subscriptions: &[&ObservedSubscription]) -> Vec<HaloSubscriptionId> {
    subscriptions.iter().map(|subscription| subscription.id).take(MAX_CANDIDATES).collect()
}

/// A second live record of an association: of a create that was sent twice, a copy that the partner
/// made in Halo, or an earlier record that came back. The association's own stays right; the other
/// one bills as well. By its marker a second record is known wherever the tenant's list shows it.
pub(super) fn duplicate(
    association: &DesiredAssociation,
    observed: &Observed,
    owned: &BTreeSet<HaloSubscriptionId>,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let free = |it: &&ObservedSubscription| it.active && !owned.contains(&it.id);
    let of_customer = match observed.customers.get(&association.customer) {
        Some(ObservedCustomer::Found { subscriptions, .. }) => subscriptions.as_slice(),
        _ => &[],
    };
    let of_customer: Vec<_> = of_customer.iter().filter(free).collect();
    let marked = |it: &&ObservedSubscription| it.marker.as_deref() == Some(&association.create.marker);
    let listed = observed.others.iter().filter(free).filter(marked);
    let mut duplicates = recovered(association, &of_customer);
    for other in listed {
        if duplicates.iter().all(|it| it.id != other.id) {
            duplicates.push(other);
        }
    }
    (!duplicates.is_empty()).then(|| {
        Problem::new(ProblemKind::DuplicateSubscription { ids: ids(&duplicates) }, now)
            .with_first_seen_from(association.problem.as_ref())
    })
}
