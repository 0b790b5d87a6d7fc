//! The queue of slices: in which order a run observes, plans and executes its associations.

use std::collections::{BTreeSet, VecDeque};

use crate::domain::plan::{Desired, Plan};
use crate::ids::AssociationId;

/// Why a slice is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    First,
    /// Its observation was too old when the turn of its writes came.
    Retry,
    /// Halo did not let us read or write these subscriptions last time, so they are written after
    /// all others.
    Deferred,
}

pub(super) struct SliceQueue {
    pending: VecDeque<(Desired, Round)>,
    turn: u32,
}

impl SliceQueue {
    /// `turn` differs between runs and attempts: it decides which of the deferred associations
    /// comes first.
    pub fn new(desired: Desired, turn: u32) -> Self {
        Self { pending: desired.slices().into_iter().map(|slice| (slice, Round::First)).collect(), turn }
    }

    pub fn next(&mut self) -> Option<(Desired, Round)> {
        self.pending.pop_front()
    }

    /// Moves the writes of subscriptions that Halo refused last time to the end of the queue.
    /// Returns the remaining plan.
    pub fn defer(&mut self, slice: &Desired, round: Round, plan: Plan) -> Plan {
        if round != Round::First {
            return plan;
        }
        let (deferred, plan) = plan.without_writes_of(&slice.refused());
        if !deferred.is_empty() {
            let slices = slice.clone().restricted_to(&deferred, self.turn);
            self.pending.extend(slices.into_iter().map(|slice| (slice, Round::Deferred)));
        }
        plan
    }

    /// Has the associations in `stale` observed again at once: their turn came too late to write by
    /// the last observation.
    pub fn retry_stale(&mut self, slice: Desired, plan: &Plan, stale: &BTreeSet<AssociationId>) {
        if stale.is_empty() {
            return;
        }
        let written = plan.writing().filter(|id| !stale.contains(id)).collect();
        for slice in slice.remaining(stale, &written).into_iter().rev() {
            self.pending.push_front((slice, Round::Retry));
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::association::{initial_name, marker};
    use crate::domain::guide::Permission;
    use crate::domain::plan::{self, Create, DesiredAssociation, Goal, Lookup, Observed, ObservedSubscription};
    use crate::domain::problem::{Problem, ProblemKind};
    use crate::domain::roster::UserCounts;
    use crate::ids::{ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant};

    fn tenant() -> HaloTenant {
        HaloTenant("northwind".into())
    }

    /// An association that wants quantity 2 on subscription `id`.
    fn association(id: i32) -> DesiredAssociation {
        let (name, customer) = (format!("Client {id}"), HaloCustomerId(id));
        DesiredAssociation {
            id: AssociationId::generate(),
            revision: 0,
            client: ClientId::generate(),
            client_name: name.clone(),
            tenant: tenant(),
            customer,
            customer_name: None,
            subscription: Some(HaloSubscriptionId(id)),
            users: UserCounts { counted: 2, ..UserCounts::default() },
            unverified: false,
            goal: Goal::SyncQuantity { active_users: 2 },
            create: Create {
                name: initial_name(None, &name, None, false),
                marker: marker(&name, &tenant(), customer),
                sent_at: None,
                timed_out: true,
                duplicate_possible: false,
                previous_subscription: None,
                creation_approved: false,
            },
            unconfirmed_write: None,
            last_synced_quantity: None,
            confirmed_fall: None,
            problem: None,
        }
    }

    fn refused(id: i32) -> DesiredAssociation {
        let problem = Problem::new(
            ProblemKind::PermissionMissing { permission: Permission::AgentSoftwareLicencing },
            DateTime::UNIX_EPOCH,
        );
        DesiredAssociation { problem: Some(problem), ..association(id) }
    }

    fn queue(associations: impl IntoIterator<Item = DesiredAssociation>, turn: u32) -> SliceQueue {
        let desired = Desired {
            tenant: tenant(),
            associations: associations.into_iter().collect(),
            competing_associations: Vec::new(),
            owned: BTreeSet::new(),
            suspended_since: None,
            needs_users: false,
            fall_limit: None,
            customers_due: false,
        };
        SliceQueue::new(desired, turn)
    }

    /// A plan that writes every association's quantity, because Halo shows 1 everywhere.
    fn plan(slice: &Desired) -> Plan {
        let observed = |it: &DesiredAssociation| {
            let (id, customer) = (it.subscription?, it.customer);
            let name = it.create.name.clone();
            let (quantity, marker) = (Some(1), Some(it.create.marker.clone()));
            let shown = ObservedSubscription {
                id,
                customer,
                name,
                quantity,
                active: true,
                marker,
                ours: true,
                customer_name: None,
            };
            Some((id, Lookup::Found(shown)))
        };
        let subscriptions = slice.associations.iter().filter_map(observed).collect();
        let observed = Observed {
            tenant: tenant(),
            subscriptions,
            customers: Default::default(),
            customer_states: Default::default(),
            others: Default::default(),
        };
        plan::diff(slice, &observed, DateTime::UNIX_EPOCH)
    }

    fn numbers(slice: &Desired) -> Vec<i32> {
        slice.associations.iter().map(|it| it.customer.0).collect()
    }

    fn written(plan: &Plan) -> Vec<i32> {
        plan.steps.iter().map(|step| step.customer.0).collect()
    }

    #[test]
    fn refused_associations_are_written_last_and_once() {
        let mut queue = queue([refused(1), association(2), refused(3)], 0);
        let (slice, round) = queue.next().expect("the first slice");
        assert_eq!((numbers(&slice), round), (vec![1, 2, 3], Round::First));
        assert_eq!(written(&queue.defer(&slice, round, plan(&slice))), [2]);
        let (slice, round) = queue.next().expect("the deferred slice");
        assert_eq!((numbers(&slice), round), (vec![1, 3], Round::Deferred));
        assert_eq!(written(&queue.defer(&slice, round, plan(&slice))), [1, 3]);
        assert!(queue.next().is_none());
    }

    #[test]
    fn turn_decides_which_deferred_association_is_first() {
        for (turn, first) in [(0, 1), (1, 2), (2, 3), (3, 1)] {
            let mut queue = queue([refused(1), refused(2), refused(3)], turn);
            let (slice, round) = queue.next().expect("the first slice");
            queue.defer(&slice, round, plan(&slice));
            let (slice, _) = queue.next().expect("the deferred slice");
            assert_eq!(numbers(&slice)[0], first, "turn {turn}");
        }
    }

    #[test]
    fn stale_associations_come_before_everything_else() {
        let mut queue = queue([refused(1), association(2), association(3), association(4)], 0);
        let (slice, round) = queue.next().expect("the first slice");
        let plan = queue.defer(&slice, round, plan(&slice));
        let stale = slice.associations.iter().filter(|it| it.customer.0 > 2).map(|it| it.id).collect();
        queue.retry_stale(slice, &plan, &stale);
        let order: Vec<_> =
            std::iter::from_fn(|| queue.next()).map(|(slice, round)| (numbers(&slice), round)).collect();
        assert_eq!(order, [(vec![3, 4], Round::Retry), (vec![1], Round::Deferred)]);
    }

    #[test]
    fn slice_without_stale_associations_is_not_repeated() {
        let mut queue = queue([association(1), association(2)], 0);
        let (slice, round) = queue.next().expect("the first slice");
        let plan = queue.defer(&slice, round, plan(&slice));
        queue.retry_stale(slice, &plan, &BTreeSet::new());
        assert!(queue.next().is_none());
    }

    #[test]
    fn stale_associations_are_read_again_in_small_slices() {
        let mut queue = queue((1..=25).map(association), 0);
        let (slice, round) = queue.next().expect("the first slice");
        let plan = queue.defer(&slice, round, plan(&slice));
        let stale = slice.associations.iter().map(|it| it.id).collect();
        queue.retry_stale(slice, &plan, &stale);
        let sizes: Vec<_> = std::iter::from_fn(|| queue.next()).map(|(slice, _)| slice.associations.len()).collect();
        assert_eq!(sizes, [10, 10, 5]);
    }
}
