//! Which of a customer's subscriptions could be a client's, where its id is not known or a second one may be there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::desired::{Desired, DesiredAssociation};
use super::observed::{Observed, ObservedCustomer, ObservedSubscription};
use crate::domain::problem::{Problem, ProblemCode, ProblemKind};
use crate::ids::HaloSubscriptionId;

/// What associations of this plan made themselves and have no id of: no question to another client of the same customer.
pub(super) fn claimed(desired: &Desired, observed: &Observed) -> BTreeSet<HaloSubscriptionId> {
    let mut claimed = BTreeSet::new();
    let pending = desired.associations.iter().chain(&desired.competing_associations);
    let pending = pending.filter(|it| it.subscription.is_none() && it.tenant == observed.tenant);
    for association in pending {
        if let Some(ObservedCustomer::Found { subscriptions, .. }) = observed.customers.get(&association.customer) {
            let free: Vec<_> = subscriptions.iter().filter(|it| !desired.owned.contains(&it.id)).collect();
            // By its name alone, one record can be its own, if it is taken back now; several are a question to everybody, and
            // so is one that somebody has refused.
            let found = recovered(association, &free);
            let waits = desired.suspended_since.is_some()
                && association.problem.as_ref().is_some_and(|it| it.code() == ProblemCode::FieldsOverwritten);
            let by_name = found.len() == 1 && !waits && !association.create.approved;
            let marker = Some(&association.create.marker);
            let its_own = found.into_iter().filter(|it| by_name || it.marker.as_ref() == marker);
            claimed.extend(its_own.map(|it| it.id));
        }
    }
    claimed
}

/// Those of a customer's `free` subscriptions that an earlier create of this association made. A deactivated one counts
/// only where there is no other: that is how a partner tells which of two is not wanted.
pub(super) fn recovered<'s>(
    association: &DesiredAssociation,
    free: &[&'s ObservedSubscription],
) -> Vec<&'s ObservedSubscription> {
    let create = &association.create;
    let marked = |it: &&ObservedSubscription| {
        it.marker.as_deref() == Some(&create.marker) || Some(it.id) == create.previous_subscription
    };
    // Halo may not have kept the marker. After a create in doubt, our first name with our vendor text is as good.
    let named = |it: &&ObservedSubscription| {
        let in_doubt = create.sent_at.is_some() || create.duplicate_possible;
        in_doubt && it.ours && it.marker.is_none() && it.name == create.name
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

pub(super) fn ids(subscriptions: &[&ObservedSubscription]) -> Vec<HaloSubscriptionId> {
    subscriptions.iter().map(|subscription| subscription.id).collect()
}

/// A create that was sent twice may have made two records. The one that is ours stays right; the other one bills as well.
pub(super) fn duplicate(
    association: &DesiredAssociation,
    observed: &Observed,
    owned: &BTreeSet<HaloSubscriptionId>,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let Some(ObservedCustomer::Found { subscriptions, .. }) = observed.customers.get(&association.customer) else {
        return None;
    };
    let free: Vec<_> = subscriptions.iter().filter(|it| it.active && !owned.contains(&it.id)).collect();
    let duplicates = recovered(association, &free);
    (!duplicates.is_empty()).then(|| {
        Problem::new(ProblemKind::DuplicateSubscription { ids: ids(&duplicates) }, now)
            .with_first_seen_from(association.problem.as_ref())
    })
}
