//! Executes a plan step by step and makes no choices of its own.
//!
//! Each write to Halo stands between two records of ours: the intent before it, the result after
//! it. The answer is compared with what was read. An error that concerns one client is that
//! client's result; one that concerns all clients stops the run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::StopReason;
use super::circuit_breaker::CircuitBreaker;
use super::failpoints::{Failpoint, commit};
use super::slices::Round;
use super::step_result::{Counts, StepResult, needs_attention, report, result_without_write};
use crate::domain::association::{StepReport, Transition};
use crate::domain::connection::{Connection, WriteAccess};
use crate::domain::guide::Permission;
use crate::domain::plan::{Action, Desired, Plan, Step};
use crate::domain::problem::{Problem, ProblemKind, QuantityRefusal};
use crate::domain::run::Outcome;
use crate::halo::{HaloError, Session, Subscription};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId};
use crate::ops::sync::observe::Observation;
use crate::ops::{Ops, halo};
use crate::storage::connections;
use crate::storage::leases::{Begun, LeasedTx, SyncLease};
use crate::storage::outcomes::{self, LockedAssociations};

/// Results without a request to Halo that are recorded in one transaction.
const RESULTS_PER_TRANSACTION: usize = 100;

/// A write to Halo, for the words of its refusal.
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

pub(super) struct Executor<'a> {
    pub(super) ops: &'a Ops,
    pub(super) lease: &'a SyncLease,
    pub(super) session: &'a Session,
    pub(super) breaker: CircuitBreaker,
    pub(super) counts: Counts,
    /// The associations that are not confirmed, with their clients.
    unconfirmed: &'a mut BTreeMap<AssociationId, ClientId>,
    /// The records of the current observation, updated by each write.
    pub(super) records: BTreeMap<HaloSubscriptionId, Subscription>,
    observed_at: Instant,
    /// Subscriptions that associations got in this run, with their customers.
    pub(super) owned: BTreeMap<HaloSubscriptionId, HaloCustomerId>,
    /// Those among them that did not exist before.
    pub(super) created: BTreeSet<HaloSubscriptionId>,
    /// The associations whose creates Halo has not confirmed.
    pub(super) unconfirmed_creates: BTreeSet<AssociationId>,
    /// Set once Halo has overwritten a subscription's fields: nothing is written until a user has
    /// acknowledged it.
    pub(super) writes_suspended: Option<Problem>,
    /// The problem of clients for which Halo did not answer. They are tried again.
    pub(super) unreachable: Option<Problem>,
    /// The connection as the run found it.
    connection: &'a Connection,
    /// What writes have shown under the connection's credentials.
    write_access: WriteAccess,
    /// What the latest write has shown and is not stored yet.
    new_write_access: Option<WriteAccess>,
    stop: &'a CancellationToken,
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        ops: &'a Ops,
        lease: &'a SyncLease,
        connection: &'a Connection,
        session: &'a Session,
        desired: &Desired,
        unconfirmed: &'a mut BTreeMap<AssociationId, ClientId>,
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            ops,
            lease,
            session,
            breaker: CircuitBreaker::default(),
            counts: Counts::default(),
            unconfirmed,
            records: BTreeMap::new(),
            observed_at: Instant::now(),
            owned: BTreeMap::new(),
            created: BTreeSet::new(),
            unconfirmed_creates: BTreeSet::new(),
            writes_suspended: desired
                .suspended_since
                .map(|since| Problem::new(ProblemKind::FieldsOverwritten { what: None }, since)),
            unreachable: None,
            connection,
            write_access: connection.write_access,
            new_write_access: None,
            stop,
        }
    }

    /// Subscriptions that associations got in this run: no candidates for another association.
    pub(super) fn owned(&self) -> impl Iterator<Item = HaloSubscriptionId> {
        self.owned.keys().copied()
    }

    /// Begins a slice with its observation. If that showed `overwritten` fields, nothing is written
    /// from here on.
    pub(super) fn observe(&mut self, observation: Observation, overwritten: Option<Problem>) {
        self.records = observation.records;
        self.observed_at = observation.at;
        self.writes_suspended = self.writes_suspended.take().or(overwritten);
    }

    /// Executes the plan and records the results. Returns the associations whose turn to be written
    /// came when the observation was too old.
    pub(super) async fn execute(&mut self, plan: &Plan, round: Round) -> Result<BTreeSet<AssociationId>, StopReason> {
        let (writing, others): (Vec<_>, Vec<_>) = plan.steps.iter().partition(|step| step.action.writes());
        for steps in others.chunks(RESULTS_PER_TRANSACTION) {
            self.record_without_writes(steps).await?;
        }
        for (index, step) in writing.iter().enumerate() {
            if self.stop.is_cancelled() {
                return Err(StopReason::ShuttingDown);
            }
            // Halo is not asked for the deferred ones one after the other while it does not answer.
            let skipped = self.breaker.open().filter(|_| round == Round::Deferred).cloned();
            if skipped.is_none() && self.writes_suspended.is_none() {
                self.reserve_request().await?;
                // A repeated slice writes at least once, so that a run ends however slow Halo is.
                let may_be_stale = round == Round::Retry && index == 0;
                if self.observed_at.elapsed() >= self.ops.settings.max_observation_age && !may_be_stale {
                    return Ok(writing[index..].iter().map(|step| step.association).collect());
                }
            }
            let result = match skipped {
                Some(silence) => self.unanswered(step, &silence, None),
                None => self.take(step).await?,
            };
            self.record(&result).await?;
            if let Some(silence) = self.breaker.open().filter(|_| round != Round::Deferred) {
                return Err(StopReason::Halo(silence.clone()));
            }
        }
        Ok(BTreeSet::new())
    }

    async fn record_without_writes(&mut self, steps: &[&Step]) -> Result<(), StopReason> {
        let ids: Vec<_> = steps.iter().map(|step| step.association).collect();
        let Begun { mut tx, connection_revision, associations } =
            LeasedTx::begin_locking(&self.ops.db, self.lease, &ids).await?;
        super::unchanged(connection_revision, self.connection)?;
        let transient = steps.iter().rev().find_map(|step| match &step.action {
            Action::Blocked(problem) if problem.is_transient() => Some(problem),
            _ => None,
        });
        if let Some(problem) = transient {
            self.unreachable = Some(problem.clone());
        }
        let results: Vec<_> = steps.iter().map(|step| result_without_write(step)).collect();
        let reports: Vec<_> = results.iter().map(|result| &result.report).collect();
        let outcomes = outcomes::record(&mut tx, &associations, &reports, self.ops.clock.now()).await?;
        for (result, outcome) in results.iter().zip(outcomes) {
            self.count(result, outcome);
        }
        commit(tx, Failpoint::OutcomesWithoutWriteRecorded).await?;
        Ok(())
    }

    async fn record(&mut self, result: &StepResult) -> Result<(), StopReason> {
        let (now, ids) = (self.ops.clock.now(), [result.report.association]);
        let access = self.new_write_access.take();
        let (mut tx, associations) = match access.is_some() || result.suspend_writes {
            false => {
                let Begun { tx, associations, .. } = LeasedTx::begin_locking(&self.ops.db, self.lease, &ids).await?;
                (tx, associations)
            }
            // The connection is locked before associations, as users' acts do.
            true => {
                let mut tx = self.begin().await?;
                if result.suspend_writes {
                    connections::suspend_writes(&mut tx, now).await?;
                }
                if let Some(access) = access {
                    connections::record_write_access(&mut tx, access, self.connection.revision, now).await?;
                }
                let associations = tx.lock(&ids).await?;
                (tx, associations)
            }
        };
        let outcomes = outcomes::record(&mut tx, &associations, &[&result.report], now).await?;
        commit(tx, Failpoint::OutcomeRecorded).await?;
        for outcome in outcomes {
            self.count(result, outcome);
        }
        if result.suspend_writes {
            self.writes_suspended.clone_from(&result.report.problem);
        }
        Ok(())
    }

    /// Counts one result by the outcome that was recorded for it.
    fn count(&mut self, result: &StepResult, outcome: Outcome) {
        self.counts.add(result, outcome);
        if result.unconfirmed_create {
            self.unconfirmed_creates.insert(result.report.association);
        }
        match outcome {
            Outcome::Created | Outcome::Updated | Outcome::Unchanged => {
                self.unconfirmed.remove(&result.report.association);
            }
            Outcome::Failed | Outcome::Skipped => {
                self.unconfirmed.insert(result.report.association, result.report.client);
            }
        }
    }

    async fn take(&mut self, step: &Step) -> Result<StepResult, StopReason> {
        if let Some(problem) = &self.writes_suspended {
            return Ok(StepReport { problem: Some(problem.clone()), ..report(step, Outcome::Skipped) }.into());
        }
        match &step.action {
            Action::Create { name, marker, quantity } => self.create(step, name, marker, *quantity).await,
            Action::Readopt { subscription, quantity } => self.readopt(step, *subscription, *quantity).await,
            Action::SetQuantity { subscription, to, .. } => {
                self.set_quantity(step, *subscription, *to, Transition::Confirmed { quantity: *to }).await
            }
            Action::End { set_to_zero: Some(subscription) } => {
                self.set_quantity(step, *subscription, 0, Transition::Ended).await
            }
            Action::End { set_to_zero: None }
            | Action::NoChange { .. }
            | Action::AwaitUsers
            | Action::Defer(_)
            | Action::Blocked(_) => Ok(result_without_write(step)),
        }
    }

    /// Waits for the budget before the lease is checked, so that the lease has to cover the request
    /// alone.
    pub(super) async fn reserve_request(&self) -> Result<(), StopReason> {
        Ok(self.stop.run_until_cancelled(self.session.reserve()).await.ok_or(StopReason::ShuttingDown)??)
    }

    /// Begins a transaction that holds the lease.
    pub(super) async fn begin(&self) -> Result<LeasedTx<'a>, StopReason> {
        Ok(LeasedTx::begin(&self.ops.db, self.lease).await?)
    }

    /// Begins the transaction that stores the intent of a write to Halo, if the connection is still
    /// the one that the run works with: nothing is sent to a Halo that is not the partner's any
    /// more. It renews the lease; the request that follows has to end by the instant returned.
    pub(super) async fn begin_write(
        &self,
        id: AssociationId,
    ) -> Result<(LeasedTx<'a>, LockedAssociations, Instant), StopReason> {
        let (now, length) = (Instant::now(), self.ops.settings.lease.length);
        let Begun { tx, connection_revision, associations } =
            LeasedTx::begin_renewed(&self.ops.db, self.lease, length, id).await?;
        super::unchanged(connection_revision, self.connection)?;
        Ok((tx, associations, now + length))
    }

    /// Notes that Halo shows what was written.
    pub(super) fn write_is_shown(&mut self) {
        self.note_write_access(WriteAccess::Proven);
    }

    /// Notes that Halo refused a write for want of a permission. A refusal beside an accepted write
    /// concerns a single record.
    fn write_is_denied(&mut self, permission: Permission) {
        if self.breaker.refusal().is_some()
            && matches!(permission, Permission::EditSoftwareLicensing | Permission::AgentSoftwareLicencing)
        {
            self.note_write_access(WriteAccess::Refused { permission, since: self.ops.clock.now() });
        }
    }

    fn note_write_access(&mut self, access: WriteAccess) {
        let known = match (self.write_access, access) {
            (WriteAccess::Refused { permission: before, .. }, WriteAccess::Refused { permission, .. }) => {
                before == permission
            }
            (before, access) => before == access,
        };
        if !known {
            self.write_access = access;
            self.new_write_access = Some(access);
        }
    }

    fn unanswered(&mut self, step: &Step, error: &HaloError, evidence: Option<String>) -> StepResult {
        let problem = halo::problem(error, None, true, self.ops.clock.now());
        self.unreachable = Some(problem.clone());
        StepReport { problem: Some(problem), evidence, ..report(step, Outcome::Skipped) }.into()
    }

    /// Returns the result of a step whose request failed. An error that concerns every client stops
    /// the run instead.
    pub(super) fn failed(&mut self, step: &Step, error: HaloError, write: Write) -> Result<StepResult, StopReason> {
        if let Some(stop) = self.breaker.record(Err(&error)) {
            return Err(stop);
        }
        if let HaloError::PermissionDenied(permission) = error {
            self.write_is_denied(permission);
        }
        let evidence = Some(error.evidence());
        let kind = match error {
            error @ (HaloError::NoAnswer | HaloError::Unavailable { .. } | HaloError::DeadlinePassed) => {
                return Ok(self.unanswered(step, &error, evidence));
            }
            HaloError::Rejected { reason } => write.refused(reason),
            HaloError::NotFound => match write {
                Write::Quantity(_) => ProblemKind::SubscriptionDeleted,
                Write::Create => write.refused("Halo answered that there is nothing at this address".into()),
            },
            error => halo::problem_kind(&error, None, false),
        };
        let problem = Problem::new(kind, self.ops.clock.now());
        Ok(StepReport { evidence, ..needs_attention(step, problem) }.into())
    }
}
