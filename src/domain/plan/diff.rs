//! Computes the plan from desired and observed state. Every decision about money is made here, or
//! in [`super::adopt`] for an association whose subscription is not known.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::adopt::{find_by_marker, find_or_create};
use super::candidates::{duplicate, reserved_for_pending};
use super::desired::{Desired, DesiredAssociation, Goal};
use super::fall_guard::held;
use super::observed::{CustomerState, Lookup, Observed, ObservedSubscription};
use super::step::{Action, Plan, Step};
use crate::domain::association::Ending;
use crate::domain::problem::{Problem, ProblemCode, ProblemKind, QuantityRefusal};
use crate::ids::HaloSubscriptionId;

/// Computes the plan. `now` dates the problems that are found.
pub fn diff(desired: &Desired, observed: &Observed, now: DateTime<Utc>) -> Plan {
    // A subscription is adopted once, within one plan too.
    let mut owned = desired.owned.clone();
    let reserved = reserved_for_pending(desired, observed);
    let plan_for = |association| {
        let step = step(association, desired, observed, &reserved, &mut owned, now);
        held(step, association, desired.fall_limit, now)
    };
    Plan { steps: desired.associations.iter().map(plan_for).collect() }
}

fn step(
    association: &DesiredAssociation,
    desired: &Desired,
    observed: &Observed,
    reserved: &BTreeSet<HaloSubscriptionId>,
    owned: &mut BTreeSet<HaloSubscriptionId>,
    now: DateTime<Utc>,
) -> Step {
    let mut step = Step {
        association: association.id,
        revision: association.revision,
        client: association.client,
        client_name: association.client_name.clone(),
        users: association.users,
        customer: association.customer,
        action: Action::Blocked(
            Problem::new(ProblemKind::TenantChanged { evidence: None }, now)
                .with_first_seen_from(association.problem.as_ref()),
        ),
        observed: None,
        warning: None,
        changed_in_halo: false,
        before_sent: None,
        duplicate: None,
    };
    let blocked = |problem: Problem| Action::Blocked(problem.with_first_seen_from(association.problem.as_ref()));

    // Halo's ids mean nothing in another tenant.
    if association.tenant != observed.tenant {
        return step;
    }
    // Acknowledging the problem removes it.
    let writes_suspended = desired.suspended_since.is_some();
    if let (true, Goal::SyncQuantity { .. }, Some(problem)) = (writes_suspended, association.goal, &association.problem)
        && problem.code() == ProblemCode::FieldsOverwritten
    {
        step.action = Action::Blocked(problem.clone());
        return step;
    }
    let Some(subscription) = association.subscription else {
        let found = find_or_create(association, observed, reserved, owned, &mut step.observed, now);
        step.action = match found {
            Action::Create { quantity: 0, .. } if desired.needs_users => Action::AwaitUsers,
            found => found,
        };
        return step;
    };
    let current = match observed.subscriptions.get(&subscription) {
        Some(Lookup::Found(current)) if association.is_verified_by(current) => current.clone(),
        Some(Lookup::Found(_)) => {
            step.action = find_by_marker(association, subscription, observed, owned, &mut step.observed, now);
            return step;
        }
        Some(Lookup::Deleted) if association.unverified => {
            step.action = find_by_marker(association, subscription, observed, owned, &mut step.observed, now);
            return step;
        }
        Some(Lookup::Deleted) => {
            let missing = missing(association, observed);
            step.action = match association.goal {
                Goal::End(Ending::KeepQuantity) => Action::End { set_to_zero: None },
                // A hidden subscription is billed as before. The user may choose another ending.
                Goal::End(Ending::SetToZero) if missing != ProblemKind::SubscriptionDeleted => {
                    blocked(Problem::new(missing, now))
                }
                // Nothing observes the subscription after this end, so one answer that it is
                // deleted is not enough.
                Goal::End(Ending::SetToZero) => match &association.problem {
                    Some(problem) if problem.code() == ProblemCode::SubscriptionDeleted => {
                        Action::End { set_to_zero: None }
                    }
                    _ => Action::Defer(Problem::new(ProblemKind::SubscriptionDeleted, now)),
                },
                // A write to the deleted subscription made another record: the problem stays until
                // a user has resolved it.
                Goal::SyncQuantity { .. } => match &association.problem {
                    Some(problem) if problem.code() == ProblemCode::DuplicateSubscription => {
                        Action::Blocked(problem.clone())
                    }
                    _ => blocked(Problem::new(missing, now)),
                },
            };
            return step;
        }
        Some(Lookup::Unknown(kind)) => {
            step.action = blocked(Problem::new(kind.clone(), now));
            return step;
        }
        None => {
            step.action = blocked(Problem::new(ProblemKind::AnswerNotUnderstood, now));
            return step;
        }
    };
    // A quantity other than the last recorded one need not be a change in Halo: a crash may have
    // come between the write and its record.
    let quantity = match association.goal {
        Goal::SyncQuantity { active_users } => active_users,
        Goal::End(_) => 0,
    };
    let arrived = association.unconfirmed_write.map(|it| it.sent).filter(|sent| current.quantity == Some(sent.to));
    step.changed_in_halo = current.quantity != Some(quantity)
        && arrived.is_none()
        && association.last_synced_quantity.is_some_and(|last| current.quantity != Some(last));
    step.before_sent = arrived.and_then(|sent| sent.from);
    let under_way = association.unconfirmed_write.filter(|it| arrived.is_none() && !it.timed_out);
    step.action = match association.goal {
        Goal::End(Ending::KeepQuantity) => Action::End { set_to_zero: None },
        // A write that Halo may still be at work on would undo this one, or a later one.
        _ if under_way.is_some() => Action::Defer(match &association.problem {
            Some(problem) if problem.is_transient() => problem.clone(),
            Some(_) | None => Problem::new(ProblemKind::HaloUnreachable { retried: true }, now),
        }),
        Goal::End(Ending::SetToZero) if current.quantity == Some(0) => Action::End { set_to_zero: None },
        Goal::End(Ending::SetToZero) => Action::End { set_to_zero: Some(subscription) },
        Goal::SyncQuantity { .. } if !current.active => {
            blocked(Problem::new(ProblemKind::SubscriptionInactive { id: subscription }, now))
        }
        Goal::SyncQuantity { active_users } if current.quantity == Some(active_users) => {
            Action::NoChange { subscription, quantity: active_users }
        }
        Goal::SyncQuantity { active_users: 0 } if let Some(problem) = zero_refused_before(association) => {
            Action::Blocked(problem.clone())
        }
        Goal::SyncQuantity { active_users } => {
            Action::SetQuantity { subscription, from: current.quantity, to: active_users }
        }
    };
    if let Goal::SyncQuantity { .. } = association.goal {
        let duplicate = duplicate(association, observed, owned, now);
        // Only a look at the customer shows that there is none.
        let looked = observed.customers.contains_key(&association.customer);
        step.duplicate = (looked || duplicate.is_some()).then_some(duplicate.is_some());
        step.warning =
            duplicate.or_else(|| warning(association, &current, step.changed_in_halo, &step.action, observed, now));
    }
    step.observed = Some(current);
    step
}

/// Why Halo shows no such subscription. Where it does not show the customer either, the agent may
/// no longer see them.
pub(super) fn missing(association: &DesiredAssociation, observed: &Observed) -> ProblemKind {
    match observed.customer_state(association.customer) {
        Some(CustomerState::Active | CustomerState::Inactive) => ProblemKind::SubscriptionDeleted,
        Some(CustomerState::Missing) => ProblemKind::SubscriptionNotVisible,
        None => ProblemKind::AnswerNotUnderstood,
    }
}

/// The problem of a refused 0. Some Halos never accept a 0, so a refused 0 is tried again only when
/// the count changes. Any other refused quantity is tried again every night, because the reason may
/// have been removed meanwhile.
fn zero_refused_before(association: &DesiredAssociation) -> Option<&Problem> {
    association.problem.as_ref().filter(|problem| {
        matches!(problem.kind, ProblemKind::QuantityRefused { quantity: 0, refusal: QuantityRefusal::Rejected { .. } })
    })
}

/// The most important problem that the owner should know although the sync continues.
fn warning(
    association: &DesiredAssociation,
    current: &ObservedSubscription,
    changed_in_halo: bool,
    action: &Action,
    observed: &Observed,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let customer = observed.customer_state(association.customer);
    let kind = if current.customer != association.customer {
        // Halo moves a merged customer's subscriptions to the other one.
        let merged = customer == Some(CustomerState::Missing);
        if merged { ProblemKind::CustomerMerged } else { ProblemKind::SubscriptionMoved }
    } else if customer == Some(CustomerState::Missing) {
        ProblemKind::CustomerDeleted
    } else if customer == Some(CustomerState::Inactive) {
        ProblemKind::CustomerInactive
    } else if changed_in_halo {
        ProblemKind::QuantityChangedInHalo
    } else if let Action::SetQuantity { from: Some(from), to, .. } = action
        && fell(*from, *to)
    {
        ProblemKind::QuantityFell
    } else {
        return None;
    };
    Some(Problem::new(kind, now).with_first_seen_from(association.problem.as_ref()))
}

fn fell(from: u32, to: u32) -> bool {
    from > 0 && to < from && (to == 0 || to.saturating_mul(2) < from)
}
