//! Desired and observed give the plan. Every decision about money is made here and nowhere else.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::candidates::{claimed, duplicate, ids, recovered};
use super::desired::{Desired, DesiredAssociation, Goal};
use super::observed::{Lookup, Observed, ObservedCustomer, ObservedSubscription};
use crate::domain::association::Ending;
use crate::domain::problem::{Problem, ProblemCode, ProblemKind, QuantityRefusal};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId};

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub steps: Vec<Step>,
}

impl Plan {
    /// The plan without the steps of `these` that would write to Halo, and whose those are.
    pub fn without_writes_of(self, these: &BTreeSet<AssociationId>) -> (BTreeSet<AssociationId>, Plan) {
        let would = |step: &Step| these.contains(&step.association) && step.action.writes();
        let (left_out, steps): (Vec<_>, Vec<_>) = self.steps.into_iter().partition(would);
        (left_out.into_iter().map(|step| step.association).collect(), Plan { steps })
    }

    /// What some step waits for, if one does.
    pub fn waits(&self) -> Option<&Problem> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::Defer(problem) => Some(problem),
            _ => None,
        })
    }
}

/// What to do for one association, and what to tell its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub association: AssociationId,
    pub revision: i32,
    pub client: ClientId,
    pub client_name: String,
    pub customer: HaloCustomerId,
    pub action: Action,
    /// The association's own subscription as Halo showed it, or the one being taken back.
    pub seen: Option<ObservedSubscription>,
    /// Does not stop the write.
    pub warning: Option<Problem>,
    /// Halo's quantity was not what we last wrote.
    pub changed_in_halo: bool,
    /// What Halo showed before a write of ours whose outcome was not noted: that write counts as this step's.
    pub before_sent: Option<u32>,
    /// Whether there is a second subscription of this client's; none where nobody looked.
    pub duplicate: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Create {
        name: String,
        marker: String,
        quantity: u32,
    },
    /// The subscription is ours and its id was lost: take it back, and set its quantity where that differs.
    Readopt {
        subscription: HaloSubscriptionId,
        quantity: u32,
    },
    SetQuantity {
        subscription: HaloSubscriptionId,
        /// None where Halo showed no whole number.
        from: Option<u32>,
        to: u32,
    },
    /// Halo already shows what we want.
    NoChange {
        subscription: HaloSubscriptionId,
        quantity: u32,
    },
    /// A person ended the association: first the quantity, where zero was asked for, then it is over.
    End {
        set_to_zero: Option<HaloSubscriptionId>,
    },
    /// A create is in doubt and Halo may still be at work: look again later.
    Defer(Problem),
    /// Nothing can be written until somebody has mended this.
    Blocked(Problem),
}

impl Action {
    pub fn writes(&self) -> bool {
        match self {
            Action::Create { .. } | Action::SetQuantity { .. } => true,
            // Taking back is a note of ours; the quantity is compared when it is carried out.
            Action::Readopt { .. } => true,
            Action::End { set_to_zero } => set_to_zero.is_some(),
            Action::NoChange { .. } | Action::Defer(_) | Action::Blocked(_) => false,
        }
    }
}

/// Works out the plan. `now` dates the problems that are found.
pub fn diff(desired: &Desired, observed: &Observed, now: DateTime<Utc>) -> Plan {
    // Within one plan too, a subscription is taken back once.
    let mut owned = desired.owned.clone();
    let claimed = claimed(desired, observed);
    let held = desired.suspended_since.is_some();
    let plan_for = |association| step(association, held, observed, &claimed, &mut owned, now);
    Plan { steps: desired.associations.iter().map(plan_for).collect() }
}

fn step(
    association: &DesiredAssociation,
    held: bool,
    observed: &Observed,
    claimed: &BTreeSet<HaloSubscriptionId>,
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
            Problem::new(ProblemKind::TenantChanged, now).with_first_seen_from(association.problem.as_ref()),
        ),
        seen: None,
        warning: None,
        changed_in_halo: false,
        before_sent: None,
        duplicate: None,
    };
    let report = |problem: Problem| Action::Blocked(problem.with_first_seen_from(association.problem.as_ref()));

    // Halo's ids mean nothing in another tenant.
    if association.tenant != observed.tenant {
        return step;
    }
    // Whoever acknowledges it takes the problem away.
    if let (true, Goal::SyncQuantity { .. }, Some(problem)) = (held, association.goal, &association.problem)
        && problem.code() == ProblemCode::FieldsOverwritten
    {
        step.action = Action::Blocked(problem.clone());
        return step;
    }
    let Some(subscription) = association.subscription else {
        step.action = find_or_create(association, observed, claimed, owned, &mut step.seen, now);
        return step;
    };
    let seen = match observed.subscriptions.get(&subscription) {
        Some(Lookup::Found(seen)) => seen.clone(),
        Some(Lookup::Deleted) => {
            step.action = match association.goal {
                Goal::End(Ending::KeepQuantity) => Action::End { set_to_zero: None },
                // Nobody looks again after this end, so one look that says so is not enough.
                Goal::End(Ending::SetToZero) => match &association.problem {
                    Some(problem) if problem.code() == ProblemCode::SubscriptionDeleted => {
                        Action::End { set_to_zero: None }
                    }
                    _ => Action::Defer(Problem::new(ProblemKind::SubscriptionDeleted, now)),
                },
                // A write to the deleted one made another record: that question goes on until a person has answered it.
                Goal::SyncQuantity { .. } => match &association.problem {
                    Some(problem) if problem.code() == ProblemCode::DuplicateSubscription => {
                        Action::Blocked(problem.clone())
                    }
                    _ => report(Problem::new(ProblemKind::SubscriptionDeleted, now)),
                },
            };
            return step;
        }
        Some(Lookup::Unknown(kind)) => {
            step.action = report(Problem::new(kind.clone(), now));
            return step;
        }
        None => {
            step.action = report(Problem::new(ProblemKind::AnswerNotUnderstood, now));
            return step;
        }
    };
    // What Halo shows may be neither what we last noted nor a stranger's change: a crash can come between writing and noting.
    let wanted = match association.goal {
        Goal::SyncQuantity { active_users } => active_users,
        Goal::End(_) => 0,
    };
    let arrived = association.unseen.map(|it| it.sent).filter(|sent| seen.quantity == Some(sent.to));
    step.changed_in_halo = seen.quantity != Some(wanted)
        && arrived.is_none()
        && association.last_synced_quantity.is_some_and(|last| seen.quantity != Some(last));
    step.before_sent = arrived.and_then(|sent| sent.from);
    let under_way = association.unseen.filter(|it| arrived.is_none() && !it.settled);
    step.action = match association.goal {
        Goal::End(Ending::KeepQuantity) => Action::End { set_to_zero: None },
        // What Halo may still be at work on would undo what is written now, or what is written after that.
        _ if under_way.is_some() => Action::Defer(
            Problem::new(ProblemKind::HaloUnreachable { retried: true }, now)
                .with_first_seen_from(association.problem.as_ref()),
        ),
        Goal::End(Ending::SetToZero) if seen.quantity == Some(0) => Action::End { set_to_zero: None },
        Goal::End(Ending::SetToZero) => Action::End { set_to_zero: Some(subscription) },
        Goal::SyncQuantity { .. } if !seen.active => {
            report(Problem::new(ProblemKind::SubscriptionInactive { id: subscription }, now))
        }
        Goal::SyncQuantity { active_users } if seen.quantity == Some(active_users) => {
            Action::NoChange { subscription, quantity: active_users }
        }
        Goal::SyncQuantity { active_users: 0 } if let Some(problem) = zero_refused_before(association) => {
            Action::Blocked(problem.clone())
        }
        Goal::SyncQuantity { active_users } => {
            Action::SetQuantity { subscription, from: seen.quantity, to: active_users }
        }
    };
    if let Goal::SyncQuantity { .. } = association.goal {
        let duplicate = duplicate(association, observed, owned, now);
        step.duplicate = observed.customers.contains_key(&association.customer).then_some(duplicate.is_some());
        step.warning =
            duplicate.or_else(|| warning(association, &seen, step.changed_in_halo, &step.action, observed, now));
    }
    step.seen = Some(seen);
    step
}

/// Some Halos never take a 0, so a refused one is tried again when the count changes, not every night. Any other quantity
/// is: a partner who fixed the reason finds it written.
fn zero_refused_before(association: &DesiredAssociation) -> Option<&Problem> {
    association.problem.as_ref().filter(|problem| {
        matches!(problem.kind, ProblemKind::QuantityRefused { quantity: 0, refusal: QuantityRefusal::Rejected { .. } })
    })
}

/// What the owner should know although the sync goes on. The weightiest one is told.
fn warning(
    association: &DesiredAssociation,
    seen: &ObservedSubscription,
    changed_in_halo: bool,
    action: &Action,
    observed: &Observed,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let customer_is_gone = matches!(observed.customers.get(&association.customer), Some(ObservedCustomer::Deleted));
    let kind = if seen.customer != association.customer {
        // Halo moves a merged customer's subscriptions to the other one.
        if customer_is_gone { ProblemKind::CustomerMerged } else { ProblemKind::SubscriptionMoved }
    } else if customer_is_gone {
        ProblemKind::CustomerDeleted
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

/// Every create looks first.
fn find_or_create(
    association: &DesiredAssociation,
    observed: &Observed,
    claimed: &BTreeSet<HaloSubscriptionId>,
    owned: &mut BTreeSet<HaloSubscriptionId>,
    found: &mut Option<ObservedSubscription>,
    now: DateTime<Utc>,
) -> Action {
    let report = |problem: Problem| Action::Blocked(problem.with_first_seen_from(association.problem.as_ref()));
    let create = &association.create;
    let (subscriptions, inactive) = match observed.customers.get(&association.customer) {
        Some(ObservedCustomer::Found { subscriptions, inactive, .. }) => (subscriptions.as_slice(), *inactive),
        Some(ObservedCustomer::Deleted) => {
            return match association.goal {
                // What a create in doubt made may have gone with a merged customer, or may not be there yet.
                Goal::End(_) if create.sent_at.is_some() && !create.settled => {
                    Action::Defer(Problem::new(ProblemKind::CreateUnconfirmed, now))
                }
                Goal::End(_) => Action::End { set_to_zero: None },
                Goal::SyncQuantity { .. } => report(Problem::new(ProblemKind::CustomerDeleted, now)),
            };
        }
        None => return report(Problem::new(ProblemKind::AnswerNotUnderstood, now)),
    };
    let previous_subscription = match create
        .previous_subscription
        .filter(|id| !owned.contains(id))
        .and_then(|id| observed.subscriptions.get(&id))
    {
        Some(Lookup::Found(seen)) => subscriptions.iter().all(|it| it.id != seen.id).then_some(seen),
        Some(Lookup::Unknown(kind)) => return report(Problem::new(kind.clone(), now)),
        Some(Lookup::Deleted) | None => None,
    };
    let free = subscriptions.iter().filter(|subscription| !owned.contains(&subscription.id));
    let free: Vec<_> = free.chain(previous_subscription).collect();
    let recovered = recovered(association, &free);
    match recovered[..] {
        [] => {}
        // Somebody saw it and wanted none of it. Was it that, or what the create in doubt made after all?
        [only] if create.approved && only.marker.as_deref() != Some(&create.marker) => {
            if create.sent_at.is_some() && create.settled {
                return report(Problem::new(ProblemKind::AmbiguousRecovery { ids: vec![only.id] }, now));
            }
        }
        // The same that stops writing to an own one.
        [only] if !only.active && matches!(association.goal, Goal::SyncQuantity { .. }) => {
            return report(Problem::new(ProblemKind::SubscriptionInactive { id: only.id }, now));
        }
        [only] => {
            owned.insert(only.id);
            *found = Some(only.clone());
            return match association.goal {
                Goal::SyncQuantity { active_users } => {
                    Action::Readopt { subscription: only.id, quantity: active_users }
                }
                Goal::End(Ending::SetToZero) if only.quantity != Some(0) => Action::End { set_to_zero: Some(only.id) },
                Goal::End(_) => Action::End { set_to_zero: None },
            };
        }
        // Somebody saw them and wants none of them.
        _ if create.approved && create.sent_at.is_none() => {}
        // The quantity stays whichever of them it is.
        _ if association.goal == Goal::End(Ending::KeepQuantity) => return Action::End { set_to_zero: None },
        // What the create made may not be among them yet.
        _ if create.sent_at.is_some() && !create.settled => {}
        _ => {
            let doubt = create.sent_at.is_some();
            let ids = ids(&recovered);
            let kind = match doubt {
                true => ProblemKind::AmbiguousRecovery { ids },
                false => ProblemKind::DuplicateSubscription { ids },
            };
            return report(Problem::new(kind, now));
        }
    }
    if create.sent_at.is_some() && !create.settled {
        return Action::Defer(
            Problem::new(ProblemKind::CreateUnconfirmed, now).with_first_seen_from(association.problem.as_ref()),
        );
    }
    let Goal::SyncQuantity { active_users } = association.goal else { return Action::End { set_to_zero: None } };
    if inactive {
        return report(Problem::new(ProblemKind::CustomerInactive, now));
    }
    // A subscription of ours that nobody owns, such as an earlier installation's: a person chooses.
    let orphans: Vec<_> = free.iter().copied().filter(|it| it.ours && it.active && !claimed.contains(&it.id)).collect();
    if !orphans.is_empty() && !create.approved {
        return report(Problem::new(ProblemKind::SubscriptionExists { ids: ids(&orphans) }, now));
    }
    Action::Create { name: create.name.clone(), marker: create.marker.clone(), quantity: active_users }
}
