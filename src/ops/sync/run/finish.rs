//! Ends or reschedules a run, in one transaction that gives the lease up.

use std::collections::BTreeSet;
use std::time::Duration;

use super::failpoints::{Failpoint, commit, pass};
use super::retry::{self, RetryDecision};
use super::step_result::Counts;
use super::{Attempt, RunOutcome, SyncOutcome};
use crate::domain::connection::ConnectionEvent;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{Pause, RunEvent};
use crate::halo::HaloError;
use crate::ids::{AssociationId, ClientId};
use crate::ops::{OpError, Ops, halo};
use crate::queue;
use crate::storage::leases::{self, Claimed, RunTx, SyncLease, Waiting};
use crate::storage::{connections, outcomes};

/// What the run found says nothing about another connection than the one that it worked with.
pub(super) async fn finish(
    ops: &Ops,
    claimed: &Claimed,
    attempt: Attempt,
    outcome: SyncOutcome,
) -> Result<RunOutcome, OpError> {
    let Attempt { revision, unconfirmed, requests } = attempt;
    let left = unconfirmed.map(|it| it.into_values().collect());
    let lease = &claimed.lease;
    let finish = Finish { ops, claimed, lease, revision, requests };
    match outcome {
        SyncOutcome::Completed { counts, unconfirmed_creates, tenant_problem } => {
            finish.complete(counts, &unconfirmed_creates, tenant_problem).await
        }
        SyncOutcome::Paused(pause) => finish.put_back(left, &pause).await,
        SyncOutcome::Halted(error) => finish.halt(left, &error).await,
        SyncOutcome::ShuttingDown => finish.give_back(left).await,
        // What was confirmed by another connection is synced again.
        SyncOutcome::ConnectionChanged => finish.give_back(None).await,
        SyncOutcome::SetAside(wait) => {
            tracing::error!(sync_run.id = %lease.run(), partner.id = %lease.partner(), wait_s = wait.as_secs(), "workers died during this sync again and again; it is set aside");
            let problem = Problem::new(ProblemKind::InternalFault, ops.clock.now());
            let pause = Pause { wait, counts_as_attempt: false, for_some: false, set_aside: true, problem };
            finish.put_back(left, &pause).await
        }
        SyncOutcome::Disconnected => finish.cancel().await,
    }
}

/// The end of one attempt.
struct Finish<'a> {
    ops: &'a Ops,
    claimed: &'a Claimed,
    lease: &'a SyncLease,
    /// The revision of the connection that the attempt worked with.
    revision: Option<i32>,
    /// The requests to Halo that the attempt sent.
    requests: u32,
}

impl Finish<'_> {
    async fn begin(&self) -> Result<RunTx<'_>, OpError> {
        let mut tx = RunTx::begin(&self.ops.db, self.lease).await?;
        tx.count_requests(self.requests);
        Ok(tx)
    }

    /// The same for what puts the run back.
    async fn begin_with_partner(&self) -> Result<RunTx<'_>, OpError> {
        let mut tx = RunTx::begin_with_partner(&self.ops.db, self.lease).await?;
        tx.count_requests(self.requests);
        Ok(tx)
    }

    /// Ends a run whose every step was taken, by the counts of their results.
    async fn complete(
        &self,
        counts: Counts,
        unconfirmed_creates: &BTreeSet<AssociationId>,
        tenant_problem: Option<Problem>,
    ) -> Result<RunOutcome, OpError> {
        let mut tx = self.begin().await?;
        for association in unconfirmed_creates {
            outcomes::create_abandoned(&mut tx, *association, self.ops.clock.now()).await?;
        }
        // This run, or a user, may have changed the connection since the run began.
        if let Some((connection, associations)) = connections::lock_with_totals(&mut tx).await? {
            let now = self.ops.clock.now();
            let suspended = connection.writes_suspended_since;
            let suspended = suspended.map(|since| Problem::new(ProblemKind::FieldsOverwritten { what: None }, since));
            let problem = tenant_problem.or(suspended).or(associations.problem(now));
            let reported = self.revision.map(|revision| ConnectionEvent::RunReported { problem, revision });
            let confirmed = ConnectionEvent::Confirmed { since: associations.confirmed_since };
            connections::record(&mut tx, connection, reported.into_iter().chain([confirmed]), now).await?;
        }
        let Counts { confirmed, open, .. } = counts;
        end(self.lease, tx, RunEvent::Completed { confirmed, open, at: self.ops.clock.now() }).await
    }

    /// Ends a run that every attempt fails, with the problem as the connection's.
    async fn fail(&self, problem: &Problem) -> Result<RunOutcome, OpError> {
        let mut tx = self.begin().await?;
        // A run that ends before it has read a connection fails whichever connection there is.
        let revision = match self.revision {
            None => connections::revision(&mut tx, self.lease.scope()).await?,
            revision => revision,
        };
        if let Some(revision) = revision {
            connections::record_state(&mut tx, Some(problem), revision, self.ops.clock.now()).await?;
        }
        end(self.lease, tx, RunEvent::Failed { problem: problem.clone(), at: self.ops.clock.now() }).await
    }

    async fn cancel(&self) -> Result<RunOutcome, OpError> {
        end(self.lease, self.begin().await?, RunEvent::Disconnected { at: self.ops.clock.now() }).await
    }

    /// Ends or reschedules a run after an answer of Halo's that concerns every client.
    async fn halt(&self, left: Option<Vec<ClientId>>, error: &HaloError) -> Result<RunOutcome, OpError> {
        let (lease, scope) = (self.lease, self.lease.scope());
        let connection = connections::find(&mut *self.ops.db.read(scope).await?, scope).await?;
        let Some(connection) = connection else { return self.cancel().await };
        // The connection that the partner has now is tried instead.
        if self.revision.is_some_and(|revision| revision != connection.revision) {
            return self.give_back(None).await;
        }
        let now = self.claimed.now(&self.ops.clock);
        let worked = connection.last_synced_at.max(connection.last_verified_at);
        let decision = retry::decide(error, self.claimed, now);
        let retried = decision != RetryDecision::GiveUp;
        let problem = halo::problem(error, worked, retried, now).with_first_seen_from(connection.problem.as_ref());
        tracing::warn!(sync_run.id = %lease.run(), partner.id = %lease.partner(), evidence = error.evidence(), "sync stopped");
        let pause = |wait, counts_as_attempt| {
            let problem = problem.clone();
            Pause { wait, counts_as_attempt, for_some: false, set_aside: false, problem }
        };
        match decision {
            RetryDecision::Wait(wait) => self.put_back(left, &pause(wait, false)).await,
            RetryDecision::Retry(wait) => self.put_back(left, &pause(wait, true)).await,
            RetryDecision::GiveUp => self.fail(&problem).await,
        }
    }

    async fn put_back(&self, left: Option<Vec<ClientId>>, pause: &Pause) -> Result<RunOutcome, OpError> {
        let (ops, lease) = (self.ops, self.lease);
        let mut tx = self.begin_with_partner().await?;
        // Support sees it at once, and until a run comes to its end.
        if pause.set_aside
            && let Some(revision) = connections::revision(&mut tx, lease.scope()).await?
        {
            connections::record_state(&mut tx, Some(&pause.problem), revision, ops.clock.now()).await?;
        }
        let continued = leases::put_back(&mut tx, left, Some(pause), ops.clock.now()).await?;
        queue::enqueue(&mut tx, continued.run, continued.interactive, pause.wait).await?;
        pass(Failpoint::BeforeRescheduleCommit);
        commit(tx, Failpoint::RunRescheduled).await?;
        tracing::info!(sync_run.id = %continued.run, partner.id = %lease.partner(), wait_s = pause.wait.as_secs(), problem = pause.problem.code().as_str(), "sync rescheduled");
        Ok(RunOutcome::Rescheduled)
    }

    /// Gives the run back when the process shuts down, or to begin again with another connection: a
    /// worker continues it at once.
    async fn give_back(&self, left: Option<Vec<ClientId>>) -> Result<RunOutcome, OpError> {
        let mut tx = self.begin_with_partner().await?;
        let continued = leases::put_back(&mut tx, left, None, self.ops.clock.now()).await?;
        queue::enqueue(&mut tx, continued.run, continued.interactive, Duration::ZERO).await?;
        pass(Failpoint::BeforeHandoverCommit);
        commit(tx, Failpoint::RunHandedOver).await?;
        Ok(RunOutcome::Rescheduled)
    }
}

async fn end(lease: &SyncLease, mut tx: RunTx<'_>, event: RunEvent) -> Result<RunOutcome, OpError> {
    let (state, waiting) = tx.end(&event).await?;
    // A run that was requested meanwhile has waited for this one.
    if let Some(Waiting { run, interactive }) = waiting {
        queue::enqueue(&mut tx, run, interactive, Duration::ZERO).await?;
    }
    pass(Failpoint::BeforeFinishCommit);
    commit(tx, Failpoint::RunFinished).await?;
    tracing::info!(sync_run.id = %lease.run(), partner.id = %lease.partner(), state = state.as_str(), "sync finished");
    Ok(RunOutcome::Finished(state))
}
