//! How a run ends, or goes on later: each in one transaction that gives the lease up.

use std::time::Duration;

use super::failpoints::{Failpoint, commit, pass};
use super::outcome::{self, Decision};
use super::step_result::Tally;
use super::{RunOutcome, Went};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::RunState;
use crate::halo::HaloError;
use crate::ops::{OpError, Ops, halo};
use crate::queue;
use crate::storage::leases::{self, Claimed, LeasedTx, Pause};
use crate::storage::{connections, runs};

pub(super) async fn end(ops: &Ops, claimed: &Claimed, went: Went) -> Result<RunOutcome, OpError> {
    match went {
        Went::Through { tally, another_tenant } => conclude(ops, claimed, tally, another_tenant).await,
        Went::SoFar(pause) => put_back(ops, claimed, &pause).await,
        Went::Stopped(error) => stopped(ops, claimed, &error).await,
        Went::Told => give_one_back(ops, claimed).await,
        Went::AttemptsExhausted => {
            let problem = Problem::new(ProblemKind::InternalFault, ops.clock.now());
            tracing::error!(sync_run.id = %claimed.lease.run(), partner.id = %claimed.lease.partner(), "this sync was started too often without coming to an end");
            finish(ops, claimed, RunState::Failed, Some(&problem), None).await
        }
        Went::Disconnected => finish(ops, claimed, RunState::Cancelled, None, None).await,
    }
}

/// Every step was taken: the run ends by what they came to.
async fn conclude(
    ops: &Ops,
    claimed: &Claimed,
    tally: Tally,
    another_tenant: Option<Problem>,
) -> Result<RunOutcome, OpError> {
    let lease = &claimed.lease;
    // This run, or a person, may have changed it since the run began.
    let suspended_since = {
        let mut db = ops.db.read(lease.scope()).await?;
        connections::find(&mut db, lease.scope()).await?.and_then(|connection| connection.writes_suspended_since)
    };
    let state = match (tally.confirmed, tally.open) {
        (_, 0) => RunState::Succeeded,
        (0, _) => RunState::Failed,
        _ => RunState::PartiallySucceeded,
    };
    // The Last Sync Date is about all clients: a run for some of them, or with none mapped, does not move it.
    let everything = claimed.clients.is_none() && tally.open == 0 && tally.followed > 0;
    let held = suspended_since.map(|since| Problem::new(ProblemKind::FieldsOverwritten { what: None }, since));
    let problem = another_tenant.or(held);
    finish(ops, claimed, state, None, Some(Conclusion { everything, problem })).await
}

/// What a run that was carried out to its end says of the connection.
struct Conclusion {
    everything: bool,
    problem: Option<Problem>,
}

async fn finish(
    ops: &Ops,
    claimed: &Claimed,
    state: RunState,
    problem: Option<&Problem>,
    conclusion: Option<Conclusion>,
) -> Result<RunOutcome, OpError> {
    let lease = &claimed.lease;
    let now = ops.clock.now();
    let mut tx = LeasedTx::begin(&ops.db, lease).await?;
    if let Some(conclusion) = conclusion {
        connections::record_state(&mut tx, conclusion.problem.as_ref(), now).await?;
        if conclusion.everything {
            connections::record_synced(&mut tx, now).await?;
        }
    } else if let (RunState::Failed, Some(problem)) = (state, problem) {
        connections::record_state(&mut tx, Some(problem), now).await?;
    }
    leases::finish(&mut tx, state, problem, now).await?;
    // What was asked for meanwhile has waited for this one.
    if let Some((waiting, interactive)) = runs::waiting(&mut tx, lease.scope()).await? {
        queue::enqueue(&mut tx, waiting, interactive, Duration::ZERO).await?;
    }
    pass(Failpoint::BeforeFinishCommit);
    commit(tx, Failpoint::RunFinished).await?;
    tracing::info!(sync_run.id = %lease.run(), partner.id = %lease.partner(), state = state.as_str(), "sync finished");
    Ok(RunOutcome::Finished(state))
}

/// Halo's answer concerns the whole run: what it means is decided in one place.
async fn stopped(ops: &Ops, claimed: &Claimed, error: &HaloError) -> Result<RunOutcome, OpError> {
    let lease = &claimed.lease;
    let connection = connections::find(&mut *ops.db.read(lease.scope()).await?, lease.scope()).await?;
    let Some(connection) = connection else {
        return finish(ops, claimed, RunState::Cancelled, None, None).await;
    };
    let now = ops.clock.now();
    let worked = connection.last_synced_at.max(connection.last_verified_at);
    let decision = outcome::decide(error, claimed, now);
    let retried = decision != Decision::GiveUp;
    let problem = halo::problem(error, worked, retried, now).with_first_seen_from(connection.problem.as_ref());
    tracing::warn!(sync_run.id = %lease.run(), partner.id = %lease.partner(), evidence = error.evidence(), "sync stopped");
    match decision {
        Decision::Snooze(wait) => {
            put_back(ops, claimed, &Pause { wait, counts_as_attempt: false, for_some: false, problem }).await
        }
        Decision::Retry(wait) => {
            put_back(ops, claimed, &Pause { wait, counts_as_attempt: true, for_some: false, problem }).await
        }
        Decision::GiveUp => finish(ops, claimed, RunState::Failed, Some(&problem), None).await,
    }
}

async fn put_back(ops: &Ops, claimed: &Claimed, pause: &Pause) -> Result<RunOutcome, OpError> {
    let lease = &claimed.lease;
    let mut tx = LeasedTx::begin_with_partner(&ops.db, lease).await?;
    let continued = leases::put_back(&mut tx, pause, ops.clock.now()).await?;
    queue::enqueue(&mut tx, continued.run, continued.interactive, pause.wait).await?;
    pass(Failpoint::BeforeRescheduleCommit);
    commit(tx, Failpoint::RunRescheduled).await?;
    tracing::info!(sync_run.id = %continued.run, partner.id = %lease.partner(), wait_s = pause.wait.as_secs(), problem = pause.problem.code().as_str(), "sync put back");
    Ok(RunOutcome::PutBack)
}

/// The process is being stopped: the run goes on elsewhere, at once.
async fn give_one_back(ops: &Ops, claimed: &Claimed) -> Result<RunOutcome, OpError> {
    let lease = &claimed.lease;
    let mut tx = LeasedTx::begin_with_partner(&ops.db, lease).await?;
    let continued = leases::give_back(&mut tx, ops.clock.now()).await?;
    queue::enqueue(&mut tx, continued.run, continued.interactive, Duration::ZERO).await?;
    pass(Failpoint::BeforeHandoverCommit);
    commit(tx, Failpoint::RunHandedOver).await?;
    Ok(RunOutcome::PutBack)
}
