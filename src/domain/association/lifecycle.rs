//! The association's state machine: every event that can happen to an association, and the state
//! that follows. `storage/` reads the row, has [`Lifecycle::apply`] decide, and writes plain
//! values.
//!
//! Times that several machines have to agree on (when a create was sent, until when a duplicate is
//! looked for) are `now`, a reading of the database's clock. Times that are only shown come with
//! the event, by the clock of the process.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{
    AssociationEvent, AssociationState, Billing, Ending, Impossible, LastSync, ObservedFields, Step, Transition,
};
use crate::domain::problem::{Problem, ProblemCode, ProblemKind};
use crate::ids::HaloSubscriptionId;

/// How long a duplicate is looked for at least, after an act by which a second record may exist.
pub(in crate::domain) const DUPLICATE_SEARCH: TimeDelta = TimeDelta::days(1);
/// The reason for a create that Halo never confirmed.
const NEVER_CONFIRMED: &str = "it gave no usable answer, however often INFIMA tried";

/// The part of an association that decides what may happen to it next, and what that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// Moves whenever a user changes the association, so that a run never acts on what was
    /// decided before.
    pub revision: i32,
    pub state: AssociationState,
    pub ending: Option<Ending>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The customer may be mapped by several clients, each with a subscription of its own.
    pub shared: bool,
    pub subscription: Option<HaloSubscriptionId>,
    /// When a create was sent whose outcome is not recorded. Only a look at Halo resolves it.
    pub create_sent_at: Option<DateTime<Utc>>,
    /// Halo's reason why it could not store the last create that it did not clearly refuse.
    pub create_failure: Option<String>,
    /// A user saw the candidates and asked for a new subscription.
    pub creation_approved: bool,
    /// A second record may exist: every run looks for it until this time at least, and until a look
    /// after that time shows none.
    pub duplicate_search_until: Option<DateTime<Utc>>,
    /// The association was carried over to another identity of the tenant: its ids are to be
    /// verified by a run before anything is written.
    pub unverified: bool,
    /// A write of the quantity that Halo has not been seen after.
    pub pending_write: Option<PendingWrite>,
    pub observed: Observed,
    pub billing: Billing,
    pub last_synced: Option<LastSync>,
    /// A user has confirmed that the quantity may fall as far as this, until Halo has confirmed a
    /// quantity.
    pub confirmed_fall: Option<u32>,
    pub problem: Option<Problem>,
}

/// What a write of the quantity must leave as it is, and when the write was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingWrite {
    pub before: Value,
    pub sent_at: Option<DateTime<Utc>>,
}

/// What Halo last showed of the subscription, and when Halo was last looked at for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    pub name: Option<String>,
    pub quantity: Option<u32>,
    pub at: Option<DateTime<Utc>>,
}

impl Lifecycle {
    /// The association after the event, by the database's clock.
    pub fn apply(&self, event: &AssociationEvent, now: DateTime<Utc>) -> Result<Lifecycle, Impossible> {
        if self.state == AssociationState::Ended {
            return Err(Impossible::Ended);
        }
        let mut after = self.clone();
        match event {
            AssociationEvent::Removed { ending, at } => after.remove(*ending, *at),
            AssociationEvent::Resumed { shared } => after.resume(*shared)?,
            AssociationEvent::Recreated => after.recreate(now)?,
            AssociationEvent::Adopted { subscription, fields, at } => {
                after.answer(Some(*subscription), now)?;
                after.observe(fields, *at);
            }
            AssociationEvent::CreationApproved { confirmation } => {
                if self.create_sent_at.is_some_and(|sent| sent + *confirmation > now) {
                    return Err(Impossible::CreateUnconfirmed);
                }
                after.answer(None, now)?;
            }
            AssociationEvent::CarriedOver { keeps_subscription, shared } => {
                after.carry_over(*keeps_subscription, *shared);
            }
            AssociationEvent::Archived { at } => after.archive(*at),
            AssociationEvent::WritesResumed => after.resume_writes(),
            AssociationEvent::FallConfirmed { to } => after.confirm_fall(*to)?,
            AssociationEvent::QuantitySent { before } => {
                after.pending_write = Some(PendingWrite { before: before.clone(), sent_at: Some(now) });
            }
            AssociationEvent::QuantityRefused => after.pending_write = None,
            AssociationEvent::CreateSent => after.create_sent(now)?,
            AssociationEvent::CreateRefused => {
                if self.subscription.is_some() {
                    return Err(Impossible::HasSubscription);
                }
                after.create_sent_at.take().ok_or(Impossible::NoCreateSent)?;
                after.create_failure = None;
            }
            AssociationEvent::CreateFailed { reason } => {
                if self.create_sent_at.is_none() {
                    return Err(Impossible::NoCreateSent);
                }
                after.create_failure = Some(reason.clone());
            }
            AssociationEvent::CreateAbandoned { at } => after.abandon_create(*at)?,
            AssociationEvent::Created(id) => {
                after.own(*id)?;
                // No invoice can have a line for a new record.
                after.billing = Billing::NotOnRecurringInvoice;
            }
            AssociationEvent::Readopted(id) => {
                // What is taken back after a create in doubt may not be what that create made.
                if self.create_sent_at.is_some() {
                    after.duplicate_search_until = Some(now + DUPLICATE_SEARCH);
                }
                after.own(*id)?;
                after.billing = Billing::Unknown;
            }
            AssociationEvent::StepTaken(step) => after.take_step(step, now)?,
        }
        Ok(after)
    }

    fn is_ending(&self) -> bool {
        self.state == AssociationState::Ending
    }

    /// The state without a problem, of an association that continues.
    fn resting_state(&self) -> AssociationState {
        if self.subscription.is_some() { AssociationState::Active } else { AssociationState::Pending }
    }

    /// An association whose quantity stays ends at once, unless a create is in doubt. Otherwise a
    /// run confirms the end, even if no subscription is known: Halo may have one that is the
    /// client's.
    fn remove(&mut self, ending: Ending, at: DateTime<Utc>) {
        let ends = ending == Ending::KeepQuantity && self.create_sent_at.is_none();
        self.state = if ends { AssociationState::Ended } else { AssociationState::Ending };
        self.ended_at = ends.then_some(at);
        self.ending = Some(ending);
        self.problem = None;
        self.revision += 1;
    }

    fn resume(&mut self, shared: bool) -> Result<(), Impossible> {
        if !self.is_ending() {
            return Err(Impossible::NotEnding);
        }
        self.state = self.resting_state();
        self.ending = None;
        self.shared |= shared;
        self.revision += 1;
        Ok(())
    }

    /// The deleted subscription may come back beside the new one.
    fn recreate(&mut self, now: DateTime<Utc>) -> Result<(), Impossible> {
        if self.is_ending() {
            return Err(Impossible::Ending);
        }
        let deleted = self.problem.as_ref().is_some_and(|it| it.code() == ProblemCode::SubscriptionDeleted);
        if self.state != AssociationState::NeedsAttention || !deleted {
            return Err(Impossible::SubscriptionNotDeleted);
        }
        self.subscription.take().ok_or(Impossible::NoSubscription)?;
        self.state = AssociationState::Pending;
        self.problem = None;
        self.pending_write = None;
        self.observed = Observed::default();
        self.billing = Billing::Unknown;
        self.duplicate_search_until = Some(now + DUPLICATE_SEARCH);
        self.revision += 1;
        Ok(())
    }

    /// Whichever record the user chose, another one may still come to light.
    fn answer(&mut self, adopted: Option<HaloSubscriptionId>, now: DateTime<Utc>) -> Result<(), Impossible> {
        if self.is_ending() {
            return Err(Impossible::Ending);
        }
        if adopted.is_none() || adopted != self.subscription {
            self.billing = Billing::Unknown;
        }
        self.subscription = adopted;
        self.unverified = false;
        self.creation_approved = adopted.is_none();
        self.create_sent_at = None;
        self.create_failure = None;
        self.problem = None;
        self.pending_write = None;
        self.duplicate_search_until = Some(now + DUPLICATE_SEARCH);
        self.state = self.resting_state();
        self.revision += 1;
        Ok(())
    }

    fn carry_over(&mut self, keeps_subscription: bool, shared: bool) {
        self.unverified = true;
        self.shared |= shared;
        if !keeps_subscription {
            self.subscription = None;
            self.pending_write = None;
        }
        if self.problem.as_ref().is_some_and(|problem| problem.code() == ProblemCode::TenantChanged) {
            self.problem = None;
        }
        let resting = self.problem.is_none() && self.state == AssociationState::NeedsAttention;
        if resting || self.state == AssociationState::Active {
            self.state = self.resting_state();
        }
        self.revision += 1;
    }

    fn archive(&mut self, at: DateTime<Utc>) {
        self.state = AssociationState::Ended;
        self.ending = self.ending.or(Some(Ending::KeepQuantity));
        self.ended_at = Some(at);
        self.problem = None;
        self.revision += 1;
    }

    fn resume_writes(&mut self) {
        self.pending_write = None;
        if self.problem.as_ref().is_some_and(|problem| problem.code() == ProblemCode::FieldsOverwritten) {
            self.problem = None;
            if self.state == AssociationState::NeedsAttention {
                self.state = self.resting_state();
            }
        }
    }

    fn confirm_fall(&mut self, to: u32) -> Result<(), Impossible> {
        if self.problem.as_ref().and_then(Problem::held_quantity) != Some(to) {
            return Err(Impossible::NothingHeld);
        }
        self.confirmed_fall = Some(to);
        self.problem = None;
        self.state = self.resting_state();
        self.revision += 1;
        Ok(())
    }

    /// From here on the create is in doubt until Halo has answered. One that is sent after another
    /// may make a second record.
    fn create_sent(&mut self, now: DateTime<Utc>) -> Result<(), Impossible> {
        if self.subscription.is_some() {
            return Err(Impossible::HasSubscription);
        }
        if self.create_sent_at.is_some() {
            self.duplicate_search_until = Some(now + DUPLICATE_SEARCH);
        }
        self.create_sent_at = Some(now);
        self.observed.at = None;
        Ok(())
    }

    /// The next run looks for the record, and sends the create again if there is none. Until then a
    /// person has to know.
    fn abandon_create(&mut self, at: DateTime<Utc>) -> Result<(), Impossible> {
        if self.is_ending() {
            return Err(Impossible::Ending);
        }
        self.create_sent_at.ok_or(Impossible::NoCreateSent)?;
        self.state = AssociationState::NeedsAttention;
        self.problem = Some(Problem::new(ProblemKind::CreateRefused { reason: NEVER_CONFIRMED.into() }, at));
        Ok(())
    }

    /// An unverified association may have its subscription under another id.
    fn own(&mut self, id: HaloSubscriptionId) -> Result<(), Impossible> {
        if self.subscription.is_some() && !self.unverified {
            return Err(Impossible::HasSubscription);
        }
        self.subscription = Some(id);
        self.unverified = false;
        self.create_sent_at = None;
        self.create_failure = None;
        self.creation_approved = false;
        Ok(())
    }

    fn observe(&mut self, fields: &ObservedFields, at: DateTime<Utc>) {
        self.observed = Observed { name: Some(fields.name.clone()), quantity: fields.quantity, at: Some(at) };
    }

    fn need_attention(&mut self) {
        if !self.is_ending() {
            self.state = AssociationState::NeedsAttention;
        }
    }

    fn take_step(&mut self, step: &Step, now: DateTime<Utc>) -> Result<(), Impossible> {
        self.problem.clone_from(&step.problem);
        match step.transition {
            Transition::Confirmed { quantity } => {
                if self.subscription.is_none() {
                    return Err(Impossible::NoSubscription);
                }
                let at = self.last_synced.map_or(step.at, |last| last.at.max(step.at));
                self.last_synced = Some(LastSync { at, quantity });
                self.confirmed_fall = None;
                if !self.is_ending() {
                    self.state = AssociationState::Active;
                }
            }
            Transition::NotNeeded => {
                if self.subscription.is_some() {
                    return Err(Impossible::HasSubscription);
                }
                self.last_synced = Some(LastSync { at: step.at, quantity: 0 });
                self.state = AssociationState::Pending;
            }
            Transition::NeedsAttention => self.need_attention(),
            Transition::WrittenWithProblem { quantity } => {
                // A later difference from what was written is not this write's.
                if let Some(last) = &mut self.last_synced {
                    last.quantity = quantity;
                }
                self.need_attention();
            }
            Transition::Unchanged => {}
            Transition::NotObserved => self.observed.at = Some(step.at),
            Transition::Ended => {
                if !self.is_ending() {
                    return Err(Impossible::NotEnding);
                }
                self.state = AssociationState::Ended;
                self.ended_at = Some(step.at);
            }
        }
        if let Some(fields) = &step.observed {
            self.observe(fields, step.at);
            self.pending_write = None;
            self.unverified = false;
        }
        match step.duplicate {
            // The next look that shows none ends the search.
            Some(true) => self.duplicate_search_until = Some(now),
            Some(false) if self.duplicate_search_until.is_some_and(|until| until <= now) => {
                self.duplicate_search_until = None;
            }
            Some(false) | None => {}
        }
        Ok(())
    }
}

/// Whether Halo is no longer at work on a create: the timeout since it was sent has passed, and a
/// look at Halo has already shown nothing. An empty look counts only after another one, whenever
/// that was, because a crash or an outage may have taken the whole timeout.
pub fn confirmation_timeout_passed(
    create_sent_at: Option<DateTime<Utc>>,
    observed_at: Option<DateTime<Utc>>,
    timeout: Duration,
    now: DateTime<Utc>,
) -> bool {
    create_sent_at.is_none_or(|sent| sent + timeout <= now && observed_at.is_some())
}
