//! Carries a plan out, step by step, and makes no choices of its own.
//!
//! Each write to Halo stands between two notes of ours: the intent before a create, the outcome after. What came back is
//! compared with what was read. An error that concerns one client is that client's; one that concerns all stops the run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::failpoints::{Failpoint, commit, pass};
use super::step_result::{
    Done, Tally, another_record, blanked, broken, made_a_record, not_taken, note, observed_fields, open, superseded,
};
use super::{Look, Stop};
use crate::domain::association::{StepReport, Transition};
use crate::domain::plan::{Action, Plan, Sent, Step};
use crate::domain::problem::{Problem, ProblemCode, ProblemKind, QuantityRefusal};
use crate::domain::run::Outcome;
use crate::halo::{HaloError, Kept, Session, Subscription, WriteError};
use crate::ids::{AssociationId, HaloSubscriptionId};
use crate::ops::sync::observe::{Observation, PendingWriteNote};
use crate::ops::{Ops, halo};
use crate::storage::connections;
use crate::storage::leases::{self, LeasedTx, SyncLease};
use crate::storage::outcomes;

/// So many clients in a row that Halo does not answer for mean that it does not answer at all.
const SILENT_IN_A_ROW: u32 = 3;
/// Outcomes that need no request are noted in batches.
const BATCH: usize = 100;

pub(super) struct Executor<'a> {
    pub(super) ops: &'a Ops,
    pub(super) lease: &'a SyncLease,
    pub(super) session: &'a Session,
    stop: &'a CancellationToken,
    pub(super) records: BTreeMap<HaloSubscriptionId, Subscription>,
    read_at: Instant,
    pub(super) taken: BTreeSet<HaloSubscriptionId>,
    /// Halo did not keep a subscription's fields: nothing is written until somebody has looked.
    writes_suspended: Option<Problem>,
    /// Clients in a row for which Halo did not answer.
    pub(super) silent: u32,
    unreachable: Option<Problem>,
    /// Halo let us write something: what it refuses to permit now is about one record.
    pub(super) accepted: bool,
    refused: Option<HaloError>,
}

/// What Halo was asked to write.
#[derive(Clone, Copy)]
pub(super) enum Write {
    Create,
    Quantity(u32),
}

impl Write {
    fn refused(self, reason: String) -> ProblemKind {
        match self {
            Write::Create => ProblemKind::CreateRefused { reason },
            Write::Quantity(quantity) => {
                ProblemKind::QuantityRefused { quantity, refusal: QuantityRefusal::Rejected { reason } }
            }
        }
    }
}

/// How far a plan was carried out.
#[derive(Default)]
pub(super) struct CarriedOut {
    pub tally: Tally,
    /// What Halo was asked to write.
    pub written: BTreeSet<AssociationId>,
    /// What was read too long ago by the time its turn came.
    pub left: BTreeSet<AssociationId>,
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        ops: &'a Ops,
        lease: &'a SyncLease,
        session: &'a Session,
        writes_suspended: Option<Problem>,
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            ops,
            lease,
            session,
            stop,
            records: BTreeMap::new(),
            read_at: Instant::now(),
            taken: BTreeSet::new(),
            writes_suspended,
            silent: 0,
            unreachable: None,
            accepted: false,
            refused: None,
        }
    }

    /// Goes on with what was just read. Where that showed that fields were `lost`, nothing is written from here on.
    pub(super) fn see(&mut self, sighted: Observation, lost: Option<Problem>) {
        self.records = sighted.records;
        self.read_at = sighted.at;
        self.writes_suspended = self.writes_suspended.take().or(lost);
    }

    /// The subscriptions that associations took in this run.
    pub(super) fn taken(&self) -> impl Iterator<Item = HaloSubscriptionId> {
        self.taken.iter().copied()
    }

    /// Halo did not answer for some clients, who have to be tried again.
    pub(super) fn unreachable(&self) -> Option<Problem> {
        self.unreachable.clone()
    }

    /// Halo does not answer what it is asked to write.
    pub(super) fn is_silent(&self) -> bool {
        self.silent >= SILENT_IN_A_ROW
    }

    /// Halo did not permit what it was asked to write, and permitted nothing else.
    pub(super) fn refused(&self) -> Option<HaloError> {
        self.refused.clone().filter(|_| !self.accepted)
    }

    /// Takes the steps and notes their outcomes; those that would write by a look at Halo that is too old are left. After a
    /// second look at least one is taken: however slow Halo is, there is an end.
    pub(super) async fn carry_out(&mut self, plan: &Plan, look: Look) -> Result<CarriedOut, Stop> {
        let mut carried_out = CarriedOut::default();
        let (writing, noting): (Vec<_>, Vec<_>) = plan.steps.iter().partition(|step| step.action.writes());
        for batch in noting.chunks(BATCH) {
            let mut tx = self.begin().await?;
            for step in batch {
                if let Action::Blocked(problem) = &step.action
                    && problem.code() == ProblemCode::HaloUnreachable
                {
                    self.unreachable = Some(problem.clone());
                }
                let done = Done::with(note(step));
                let outcome = outcomes::record(&mut tx, &done.report, self.ops.clock.now()).await?;
                carried_out.tally.add(&done, outcome);
            }
            commit(tx, Failpoint::OutcomesWithoutWriteRecorded).await?;
        }
        for (index, step) in writing.iter().enumerate() {
            if self.stop.is_cancelled() {
                return Err(Stop::Told);
            }
            // Where writes are held, nothing follows from how old the look is.
            // Those that come last are not asked for one after the other where Halo is silent.
            let not_asked = look == Look::Later && self.is_silent();
            if self.writes_suspended.is_none() && !not_asked {
                self.room().await?;
                let at_least = look == Look::Again && index == 0;
                if self.read_at.elapsed() >= self.ops.settings.fresh && !at_least {
                    carried_out.left = writing[index..].iter().map(|step| step.association).collect();
                    break;
                }
            }
            let done = if not_asked { self.unanswered(step, None) } else { self.take(step).await? };
            carried_out.written.insert(step.association);
            let mut tx = self.begin().await?;
            let now = self.ops.clock.now();
            if done.suspend_writes {
                connections::suspend_writes(&mut tx, now).await?;
            }
            let outcome = outcomes::record(&mut tx, &done.report, now).await?;
            commit(tx, Failpoint::OutcomeRecorded).await?;
            carried_out.tally.add(&done, outcome);
            if self.is_silent() && look != Look::Later {
                return Err(Stop::Halo(HaloError::Unavailable("several requests in a row were not answered".into())));
            }
        }
        Ok(carried_out)
    }

    async fn take(&mut self, step: &Step) -> Result<Done, Stop> {
        if let Some(problem) = &self.writes_suspended {
            let report = StepReport { problem: Some(problem.clone()), ..open(step, Outcome::Skipped) };
            return Ok(Done::with(report));
        }
        match &step.action {
            Action::Create { name, marker, quantity } => self.create(step, name, marker, *quantity).await,
            Action::Readopt { subscription, quantity } => self.adopt(step, *subscription, *quantity).await,
            Action::SetQuantity { subscription, to, .. } => {
                self.set_quantity(step, *subscription, *to, Transition::Confirmed { quantity: *to }).await
            }
            Action::End { set_to_zero: Some(subscription) } => {
                self.set_quantity(step, *subscription, 0, Transition::Ended).await
            }
            Action::End { set_to_zero: None } | Action::NoChange { .. } | Action::Defer(_) | Action::Blocked(_) => {
                Ok(Done::with(note(step)))
            }
        }
    }

    pub(super) async fn set_quantity(
        &mut self,
        step: &Step,
        id: HaloSubscriptionId,
        quantity: u32,
        transition: Transition,
    ) -> Result<Done, Stop> {
        let Some(before) = self.records.get(&id) else {
            let problem = Problem::new(ProblemKind::AnswerNotUnderstood, self.ops.clock.now());
            return Ok(Done::with(broken(step, problem)));
        };
        let (customer, untouched) = (before.customer, before.untouched());
        let sent = Sent { from: before.quantity.whole(), to: quantity };
        let mut tx = self.begin().await?;
        let noted = serde_json::to_value(PendingWriteNote { subscription: id, sent, fields: untouched.clone() })
            .expect("plain data");
        if !outcomes::intend_quantity(&mut tx, step.association, step.revision, &noted).await? {
            return Ok(superseded(step));
        }
        commit(tx, Failpoint::QuantityIntentRecorded).await?;
        let deadline = self.deadline().await?;
        pass(Failpoint::BeforeQuantityUpdate);
        let answer = match self.session.set_quantity(id, customer, quantity, deadline).await {
            Ok(answer) => answer,
            Err(WriteError::Doubtful(error)) => {
                return self.failed(step, error, Write::Quantity(quantity));
            }
            Err(WriteError::Refused(error)) => {
                pass(Failpoint::QuantityRefused);
                let mut tx = self.begin().await?;
                outcomes::quantity_refused(&mut tx, step.association).await?;
                commit(tx, Failpoint::QuantityIntentCleared).await?;
                return self.failed(step, error, Write::Quantity(quantity));
            }
        };
        pass(Failpoint::AfterQuantityUpdate);
        self.silent = 0;
        self.accepted = true;
        if let Some(other) = answer.as_ref().filter(|after| after.id != id) {
            let done = match self.session.subscription(id).await {
                Ok(None) => another_record(step, id, other, self.ops.clock.now()),
                // A Halo that makes records out of updates would make one for each client and night.
                Ok(Some(_)) | Err(_) => made_a_record(step, id, other, self.ops.clock.now()),
            };
            if done.suspend_writes {
                self.writes_suspended.clone_from(&done.report.problem);
            }
            return Ok(done);
        }
        // Halo may answer nothing, or less than the whole record: then only a look tells.
        let after = match answer {
            Some(after)
                if after.quantity.whole() == Some(quantity) && untouched.kept_in(&after.untouched()) == Kept::All =>
            {
                after
            }
            _ => match self.session.subscription(id).await {
                Ok(Some(after)) => after,
                Ok(None) => {
                    let problem = Problem::new(ProblemKind::SubscriptionDeleted, self.ops.clock.now());
                    let report = broken(step, problem);
                    return Ok(Done::with(report));
                }
                Err(error) => return self.failed(step, error, Write::Quantity(quantity)),
            },
        };
        let now = self.ops.clock.now();
        let mut report = StepReport {
            quantity_before: step.before_sent.or(sent.from),
            quantity_after: after.quantity.whole(),
            problem: step.warning.clone(),
            transition,
            observed: Some(observed_fields(&after)),
            ..open(step, Outcome::Updated)
        };
        if after.quantity.whole() != Some(quantity) {
            report.problem = Some(not_taken(quantity, &after, now));
            report.outcome = Outcome::Failed;
            report.transition = Transition::NeedsAttention;
        }
        let mut suspend_writes = false;
        match untouched.kept_in(&after.untouched()) {
            Kept::All => {}
            Kept::Edited(fields) => {
                let fields = fields.iter().map(|&field| field.to_owned()).collect();
                report.problem = Some(Problem::new(ProblemKind::FieldsChanged { fields }, now));
            }
            Kept::Blanked(fields) => {
                let problem = blanked(&fields, now);
                tracing::error!(subscription = %id, fields = fields.join(", "), "Halo did not keep fields; writing stops");
                self.writes_suspended = Some(problem.clone());
                suspend_writes = true;
                report.problem = Some(problem);
                report.outcome = Outcome::Failed;
                report.transition = Transition::NeedsAttention;
            }
        }
        self.records.insert(id, after);
        Ok(Done { suspend_writes, ..Done::with(report) })
    }

    /// Waits for the budget before anything is promised, so that the lease that is checked next covers the request alone.
    async fn room(&self) -> Result<(), Stop> {
        Ok(self.stop.run_until_cancelled(self.session.reserve()).await.ok_or(Stop::Told)??)
    }

    /// Begins a transaction that holds the lease.
    pub(super) async fn begin(&self) -> Result<LeasedTx<'a>, Stop> {
        Ok(LeasedTx::begin(&self.ops.db, self.lease).await?)
    }

    /// Renews the lease; the request that follows ends before the lease does.
    pub(super) async fn deadline(&self) -> Result<Instant, Stop> {
        let asked = Instant::now();
        let mut db = self.ops.db.read(self.lease.scope()).await?;
        let length = self.ops.settings.lease.length;
        leases::renew(&mut db, self.lease, length).await?;
        Ok(asked + length)
    }

    fn unanswered(&mut self, step: &Step, evidence: Option<String>) -> Done {
        let problem = Problem::new(ProblemKind::HaloUnreachable { retried: true }, self.ops.clock.now());
        self.unreachable = Some(problem.clone());
        Done::with(StepReport { problem: Some(problem), evidence, ..open(step, Outcome::Skipped) })
    }

    /// What an error means for one client; what concerns all of them stops the run.
    pub(super) fn failed(&mut self, step: &Step, error: HaloError, write: Write) -> Result<Done, Stop> {
        let now = self.ops.clock.now();
        let evidence = Some(error.evidence());
        match error {
            HaloError::Rejected { reason } => {
                let problem = Problem::new(write.refused(reason), now);
                let report = StepReport { evidence, ..broken(step, problem) };
                Ok(Done::with(report))
            }
            HaloError::NotFound => {
                let kind = match write {
                    Write::Quantity(_) => ProblemKind::SubscriptionDeleted,
                    Write::Create => write.refused("Halo answered that there is nothing at this address".into()),
                };
                let problem = Problem::new(kind, now);
                let report = StepReport { evidence, ..broken(step, problem) };
                Ok(Done::with(report))
            }
            // The agent may be kept from one record alone. A second one in vain is the whole connection's trouble.
            HaloError::PermissionDenied(_) if self.accepted || self.refused.is_none() => {
                let problem = halo::problem(&error, None, false, now);
                self.refused = Some(error);
                Ok(Done::with(StepReport { evidence, ..broken(step, problem) }))
            }
            HaloError::NotUnderstood(_) | HaloError::AnswerTooLarge(_) => {
                let problem = Problem::new(ProblemKind::AnswerNotUnderstood, now);
                Ok(Done::with(StepReport { evidence, ..broken(step, problem) }))
            }
            HaloError::Unavailable(_) | HaloError::DeadlinePassed => {
                self.silent += 1;
                Ok(self.unanswered(step, evidence))
            }
            other => Err(Stop::Halo(other)),
        }
    }
}
