//! Finds the subscription of an association whose id is not known, or decides to create one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::candidates::{ids, recovered};
use super::desired::{DesiredAssociation, Goal};
use super::diff::missing;
use super::observed::{Lookup, Observed, ObservedCustomer, ObservedSubscription};
use super::step::Action;
use crate::domain::association::Ending;
use crate::domain::problem::{Problem, ProblemCode, ProblemKind};
use crate::ids::HaloSubscriptionId;

/// Adopts an existing subscription, or creates one only if Halo shows none.
pub(super) fn find_or_create(
    association: &DesiredAssociation,
    observed: &Observed,
    reserved: &BTreeSet<HaloSubscriptionId>,
    owned: &mut BTreeSet<HaloSubscriptionId>,
    adopted: &mut Option<ObservedSubscription>,
    now: DateTime<Utc>,
) -> Action {
    let blocked = |problem: Problem| Action::Blocked(problem.with_first_seen_from(association.problem.as_ref()));
    let create = &association.create;
    let (name, subscriptions, inactive) = match observed.customers.get(&association.customer) {
        Some(ObservedCustomer::Found { name, subscriptions, inactive, .. }) => {
            (name.as_str(), subscriptions.as_slice(), *inactive)
        }
        Some(ObservedCustomer::Deleted) => {
            return match association.goal {
                // The record of an unconfirmed create may have moved with a merged customer, or may
                // not show yet.
                Goal::End(_) if create.sent_at.is_some() && !create.timed_out => {
                    Action::Defer(Problem::new(ProblemKind::CreateUnconfirmed, now))
                }
                Goal::End(_) => Action::End { set_to_zero: None },
                Goal::SyncQuantity { .. } => blocked(Problem::new(ProblemKind::CustomerDeleted, now)),
            };
        }
        None => return blocked(Problem::new(ProblemKind::AnswerNotUnderstood, now)),
    };
    let previous_subscription = match create
        .previous_subscription
        .filter(|id| !owned.contains(id))
        .and_then(|id| observed.subscriptions.get(&id))
    {
        Some(Lookup::Found(record)) => subscriptions.iter().all(|it| it.id != record.id).then_some(record),
        Some(Lookup::Unknown(kind)) => return blocked(Problem::new(kind.clone(), now)),
        Some(Lookup::Deleted) | None => None,
    };
    let free = subscriptions.iter().filter(|subscription| !owned.contains(&subscription.id));
    let free: Vec<_> = free.chain(previous_subscription).collect();
    let recovered = recovered(association, &free);
    match recovered[..] {
        [] => {}
        // A user saw this one and chose a new subscription. It may also be the record of the
        // unconfirmed create.
        [only] if create.creation_approved && only.marker.as_deref() != Some(&create.marker) => {
            if create.sent_at.is_some() && create.timed_out {
                return blocked(Problem::new(ProblemKind::AmbiguousRecovery { ids: vec![only.id] }, now));
            }
        }
        // An inactive subscription is not written, whether it is owned already or not.
        [only] if !only.active && matches!(association.goal, Goal::SyncQuantity { .. }) => {
            return blocked(Problem::new(ProblemKind::SubscriptionInactive { id: only.id }, now));
        }
        [only] => {
            owned.insert(only.id);
            *adopted = Some(only.clone());
            return match association.goal {
                Goal::SyncQuantity { active_users } => {
                    Action::Readopt { subscription: only.id, quantity: active_users }
                }
                Goal::End(Ending::SetToZero) if only.quantity != Some(0) => Action::End { set_to_zero: Some(only.id) },
                Goal::End(_) => Action::End { set_to_zero: None },
            };
        }
        // A user saw them and chose a new subscription.
        _ if create.creation_approved && create.sent_at.is_none() => {}
        // The quantity stays as it is, whichever of them is the association's.
        _ if association.goal == Goal::End(Ending::KeepQuantity) => return Action::End { set_to_zero: None },
        // The record of the unconfirmed create may not be among them yet.
        _ if create.sent_at.is_some() && !create.timed_out => {}
        _ => {
            let ids = ids(&recovered);
            let kind = match create.sent_at.is_some() {
                true => ProblemKind::AmbiguousRecovery { ids },
                false => ProblemKind::DuplicateSubscription { ids },
            };
            return blocked(Problem::new(kind, now));
        }
    }
    if create.sent_at.is_some() && !create.timed_out {
        // A refusal stays in sight while INFIMA looks whether the create was stored all the same.
        let refused = association.problem.clone().filter(|it| it.code() == ProblemCode::CreateRefused);
        let unconfirmed = Problem::new(ProblemKind::CreateUnconfirmed, now);
        return Action::Defer(
            refused.unwrap_or_else(|| unconfirmed.with_first_seen_from(association.problem.as_ref())),
        );
    }
    let Goal::SyncQuantity { active_users } = association.goal else { return Action::End { set_to_zero: None } };
    // In a tenant of another identity, the customer's id may be another customer's.
    if association.unverified && association.customer_name.as_deref() != Some(name) {
        return blocked(Problem::new(ProblemKind::CustomerDeleted, now));
    }
    if inactive {
        return blocked(Problem::new(ProblemKind::CustomerInactive, now));
    }
    // A subscription with our vendor text that no association owns, such as an earlier
    // installation's: a user chooses.
    let orphans: Vec<_> =
        free.iter().copied().filter(|it| it.ours && it.active && !reserved.contains(&it.id)).collect();
    if !orphans.is_empty() && !create.creation_approved {
        return blocked(Problem::new(ProblemKind::SubscriptionExists { ids: ids(&orphans) }, now));
    }
    Action::Create { name: create.name.clone(), marker: create.marker.clone(), quantity: active_users }
}

/// Finds the subscription of an association that was carried over to another identity of the tenant
/// and whose id is another record's there, or none. Nothing is created: a user decides what is done
/// about a subscription that is gone.
pub(super) fn find_by_marker(
    association: &DesiredAssociation,
    id: HaloSubscriptionId,
    observed: &Observed,
    owned: &mut BTreeSet<HaloSubscriptionId>,
    adopted: &mut Option<ObservedSubscription>,
    now: DateTime<Utc>,
) -> Action {
    let blocked = |kind| Action::Blocked(Problem::new(kind, now).with_first_seen_from(association.problem.as_ref()));
    if association.goal == Goal::End(Ending::KeepQuantity) {
        return Action::End { set_to_zero: None };
    }
    let subscriptions = match observed.customers.get(&association.customer) {
        Some(ObservedCustomer::Found { subscriptions, .. }) => subscriptions.as_slice(),
        Some(ObservedCustomer::Deleted) | None => &[],
    };
    let free = |it: &&ObservedSubscription| !owned.contains(&it.id) && association.is_verified_by(it);
    let marked: Vec<_> = subscriptions.iter().filter(free).collect();
    match marked[..] {
        [only] if !only.active => blocked(ProblemKind::SubscriptionInactive { id: only.id }),
        [only] => {
            owned.insert(only.id);
            *adopted = Some(only.clone());
            match association.goal {
                Goal::SyncQuantity { active_users } => {
                    Action::Readopt { subscription: only.id, quantity: active_users }
                }
                Goal::End(_) => Action::End { set_to_zero: (only.quantity != Some(0)).then_some(only.id) },
            }
        }
        [] if matches!(observed.subscriptions.get(&id), Some(Lookup::Found(_))) => {
            blocked(ProblemKind::AmbiguousRecovery { ids: vec![id] })
        }
        [] => blocked(missing(association, observed)),
        _ => blocked(ProblemKind::AmbiguousRecovery { ids: ids(&marked) }),
    }
}
