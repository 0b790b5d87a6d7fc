//! Computes the plan from desired and observed state. Every decision about money is made here and
//! nowhere else.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::candidates::{duplicate, ids, recovered, reserved_for_pending};
use super::desired::{Desired, DesiredAssociation, Goal};
use super::observed::{CustomerState, Lookup, Observed, ObservedCustomer, ObservedSubscription};
use crate::domain::association::Ending;
use crate::domain::problem::{Problem, ProblemCode, ProblemKind, QuantityRefusal};
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
            Action::NoChange { .. } | Action::Defer(_) | Action::Blocked(_) => false,
        }
    }
}

/// Computes the plan. `now` dates the problems that are found.
pub fn diff(desired: &Desired, observed: &Observed, now: DateTime<Utc>) -> Plan {
    // A subscription is adopted once, within one plan too.
    let mut owned = desired.owned.clone();
    let reserved = reserved_for_pending(desired, observed);
    let writes_suspended = desired.suspended_since.is_some();
    let plan_for = |association| step(association, writes_suspended, observed, &reserved, &mut owned, now);
    Plan { steps: desired.associations.iter().map(plan_for).collect() }
}

fn step(
    association: &DesiredAssociation,
    writes_suspended: bool,
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
    if let (true, Goal::SyncQuantity { .. }, Some(problem)) = (writes_suspended, association.goal, &association.problem)
        && problem.code() == ProblemCode::FieldsOverwritten
    {
        step.action = Action::Blocked(problem.clone());
        return step;
    }
    let Some(subscription) = association.subscription else {
        step.action = find_or_create(association, observed, reserved, owned, &mut step.observed, now);
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

/// Finds the subscription of an association that was carried over to another identity of the tenant
/// and whose id is another record's there, or none. Nothing is created: a user decides what is done
/// about a subscription that is gone.
fn find_by_marker(
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

/// Why Halo shows no such subscription. Where it does not show the customer either, the agent may
/// no longer see them.
fn missing(association: &DesiredAssociation, observed: &Observed) -> ProblemKind {
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

/// Adopts an existing subscription, or creates one only if Halo shows none.
fn find_or_create(
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
