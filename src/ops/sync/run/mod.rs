//! Runs one sync: claim, read, observe, plan, execute, record, and say how it goes on.
//!
//! `observe` reads Halo, `domain::plan` decides, `execute` carries the plan out and makes no choices of its own, `outcome`
//! says what an error means for the run, and `ending` how it ends or goes on later. The lease is checked just before each write to Halo and its end bounds that
//! request; every note of ours checks it again.

mod create;
mod ending;
mod execute;
mod failpoints;
mod outcome;
pub(in crate::ops::sync) mod step_result;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tokio_util::sync::CancellationToken;

use crate::auth::SystemScope;
use crate::domain::connection::Connection;
use crate::domain::plan;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::RunState;
use crate::halo::{HaloError, Priority, Session};
use crate::ids::RunId;
use crate::ops::{OpError, Ops, halo, sync::observe};
use crate::queue;
use crate::storage::leases::{self, Claimed, LeasedTx, Pause, SyncLease};
use crate::storage::{StorageError, billing, connections, desired, outcomes};
use failpoints::{commit, pass};
use step_result::Tally;

pub use failpoints::Failpoint;
#[cfg(feature = "dev")]
pub use failpoints::stop_process_at;

/// A run that was started this often without coming to an end kills its worker: somebody has to look.
const MOST_STARTS: u32 = 10;

/// So often clients that Halo does not answer for are tried in one run while it answers for others.
const MOST_ATTEMPTS_FOR_SOME: u32 = 4;

/// How a look at a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// There was nothing to do: it is finished, somebody else is at it or took it over, or its time has not come.
    Nothing,
    /// It ended in this state.
    Finished(RunState),
    /// It is put back and rung for.
    PutBack,
}

/// Works on the run if it is there to be worked on. `worker` names the process in `leased_by`. At `stop` the step under way
/// is brought to its end and the run given back.
pub async fn run_sync(ops: &Ops, run: RunId, worker: &str, stop: &CancellationToken) -> Result<RunOutcome, OpError> {
    let claimed = {
        let mut db = ops.db.read(SystemScope::worker()).await?;
        leases::claim(&mut db, SystemScope::worker(), run, worker, ops.settings.lease, ops.clock.now()).await?
    };
    let Some(claimed) = claimed else { return Ok(RunOutcome::Nothing) };
    let lease = &claimed.lease;
    pass(Failpoint::RunClaimed);
    tracing::info!(sync_run.id = %run, partner.id = %lease.partner(), trigger = claimed.trigger.as_str(), "sync started");
    let went = tokio::select! {
        went = work(ops, &claimed, stop) => went,
        () = keep(ops, lease) => Err(OpError::Storage(StorageError::LeaseLost)),
    };
    // The end is one short transaction that gives the lease up, so nobody keeps it any more.
    let looked = match went {
        Ok(went) => ending::end(ops, &claimed, went).await,
        Err(error) => Err(error),
    };
    match looked {
        Err(OpError::Storage(StorageError::LeaseLost)) => {
            tracing::warn!(sync_run.id = %run, "another worker has taken this sync over, or it was cancelled");
            Ok(RunOutcome::Nothing)
        }
        other => other,
    }
}

/// Ends the leases that this process still holds after it was told to stop: what they were about did not come to a good point
/// in time. Another worker goes on when a request that may be under way has come to its end.
pub async fn end_leases(ops: &Ops, worker: &str) -> Result<(), OpError> {
    let system = SystemScope::worker();
    let mut tx = ops.db.begin(system).await?;
    for (run, interactive) in leases::end_all(&mut tx, system, worker).await? {
        queue::enqueue(&mut tx, run, interactive, ops.settings.lease.grace).await?;
    }
    commit(tx, Failpoint::LeasesEnded).await?;
    Ok(())
}

/// Renews the lease while work goes on; returns when it is lost. A database that does not answer for a while is no loss yet.
async fn keep(ops: &Ops, lease: &SyncLease) {
    loop {
        tokio::time::sleep(ops.settings.lease.length / 3).await;
        let renewed = async {
            let mut db = ops.db.read(lease.scope()).await?;
            leases::renew(&mut db, lease, ops.settings.lease.length).await
        };
        match renewed.await {
            Err(StorageError::LeaseLost) => return,
            Err(error) => tracing::warn!(sync_run.id = %lease.run(), %error, "the lease could not be renewed"),
            Ok(_) => {}
        }
    }
}

/// How the work on a run went, from which its end follows.
enum Went {
    Through {
        tally: Tally,
        another_tenant: Option<Problem>,
    },
    SoFar(Pause),
    Stopped(HaloError),
    Told,
    /// It kills its workers.
    AttemptsExhausted,
    /// There is no connection any more.
    Disconnected,
}

async fn work(ops: &Ops, claimed: &Claimed, stop: &CancellationToken) -> Result<Went, OpError> {
    let lease = &claimed.lease;
    if claimed.starts > MOST_STARTS {
        return Ok(Went::AttemptsExhausted);
    }
    // Whatever is asked for from here on is another run's: what follows may have been read before it.
    let mut tx = ops.db.begin(lease.scope()).await?;
    leases::start_reading(&mut tx, lease).await?;
    commit(tx, Failpoint::ReadingStarted).await?;
    let (connection, session) = match halo::stored_session(ops, lease.scope(), Priority::Background).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Went::Disconnected),
        Err(OpError::Halo(error)) => return Ok(Went::Stopped(error)),
        Err(error) => return Err(error),
    };
    let synced = sync(ops, claimed, &connection, &session, stop).await;
    count(ops, lease, &session).await?;
    match synced {
        Ok(Came::Through { tally, another_tenant }) => Ok(Went::Through { tally, another_tenant }),
        Ok(Came::SoFar(pause)) => Ok(Went::SoFar(pause)),
        Err(Stop::Halo(error)) => Ok(Went::Stopped(error)),
        Err(Stop::Told) => Ok(Went::Told),
        Err(Stop::Op(error)) => Err(error),
    }
}

/// Why the rest of a plan is left alone.
#[derive(Debug)]
enum Stop {
    /// Halo's answer concerns every client.
    Halo(HaloError),
    /// The process is being stopped.
    Told,
    Op(OpError),
}

impl<E: Into<OpError>> From<E> for Stop {
    fn from(error: E) -> Self {
        match error.into() {
            OpError::Halo(error) => Stop::Halo(error),
            other => Stop::Op(other),
        }
    }
}

/// Why a slice is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    First,
    /// Halo did not let us write these lately: after all others.
    Later,
    /// The look before grew old.
    Again,
}

/// How far a plan came that nothing stopped.
enum Came {
    /// Every step has its outcome. The address may have led to another Halo than the associations belong to.
    Through { tally: Tally, another_tenant: Option<Problem> },
    /// Something has to be looked at again later, though nothing went wrong with the run as a whole.
    SoFar(Pause),
}

/// Observe, plan, execute.
async fn sync(
    ops: &Ops,
    claimed: &Claimed,
    connection: &Connection,
    session: &Session,
    stop: &CancellationToken,
) -> Result<Came, Stop> {
    let lease = &claimed.lease;
    let mut tx = LeasedTx::begin(&ops.db, lease).await?;
    let clients = claimed.clients.as_deref();
    let desired = desired::read(&mut tx, lease.scope(), &connection.tenant, clients, ops.settings.settle).await?;
    let unseen = outcomes::pending_writes(&mut tx, ops.settings.settle).await?;
    leases::set_total(&mut tx, u32::try_from(desired.associations.len()).unwrap_or(u32::MAX)).await?;
    commit(tx, Failpoint::DesiredLoaded).await?;
    let held = desired.suspended_since.map(|since| Problem::new(ProblemKind::FieldsOverwritten { what: None }, since));
    let mut executor = execute::Executor::new(ops, lease, session, held, stop);
    let (mut tally, mut waits, mut another_tenant) = (Tally::default(), None, None);
    let mut slices: VecDeque<_> = desired.slices().into_iter().map(|slice| (slice, Look::First)).collect();
    while let Some((mut slice, look)) = slices.pop_front() {
        // What an earlier slice made is nobody else's.
        slice.owned.extend(executor.taken());
        // Reading can be broken off at any point.
        let sighted = stop.run_until_cancelled(observe::observe(session, &slice)).await.ok_or(Stop::Told)??;
        pass(Failpoint::HaloRead);
        let lost = observe::recall_pending_writes(&mut slice, &unseen, &sighted, ops.clock.now());
        let plan = plan::diff(&slice, &sighted.observed, ops.clock.now());
        let mut tx = LeasedTx::begin(&ops.db, lease).await?;
        if lost.is_some() {
            connections::suspend_writes(&mut tx, ops.clock.now()).await?;
        }
        observe::note_customers(&mut tx, &sighted).await?;
        commit(tx, Failpoint::ObservationRecorded).await?;
        waits = waits.or_else(|| plan.waits().cloned());
        if sighted.observed.tenant != connection.tenant {
            let problem = Problem::new(ProblemKind::TenantChanged, ops.clock.now());
            another_tenant = Some(problem.with_first_seen_from(connection.problem.as_ref()));
        }
        executor.see(sighted, lost);
        let refused = if look == Look::First { slice.refused() } else { BTreeSet::new() };
        let (later, plan) = plan.without_writes_of(&refused);
        if !later.is_empty() {
            // Another one first in each run and attempt.
            let turn = (lease.run().0.as_u128() as u32).wrapping_add(claimed.attempts);
            let later = slice.clone().only(&later, turn);
            slices.extend(later.into_iter().map(|part| (part, Look::Later)));
        }
        let carried_out = executor.carry_out(&plan, look).await?;
        tally += carried_out.tally;
        for again in slice.again(&carried_out.left, &carried_out.written).into_iter().rev() {
            slices.push_front((again, Look::Again));
        }
    }
    if claimed.clients.is_none() {
        note_billing(ops, lease, session, stop).await?;
    }
    if let Some(error) = executor.refused() {
        return Err(Stop::Halo(error));
    }
    // Where others were answered again and again, it is these clients' own trouble: the next run tries them anew.
    let theirs = claimed.attempts >= MOST_ATTEMPTS_FOR_SOME && tally.confirmed > 0 && !executor.is_silent()
        || outcome::had_its_time(claimed, ops.clock.now());
    Ok(if let Some(problem) = executor.unreachable().filter(|_| !theirs) {
        let wait = outcome::backoff(lease.run(), claimed.attempts);
        Came::SoFar(Pause { wait, counts_as_attempt: true, for_some: false, problem })
    } else if waits.is_some() || tally.doubts > 0 && !theirs {
        let unconfirmed = || Problem::new(ProblemKind::CreateUnconfirmed, ops.clock.now());
        let problem = waits.unwrap_or_else(unconfirmed);
        // A first look soon, because most creates in doubt were done; the last one after the whole settle time. A Halo that
        // answers each create like that is asked less and less often.
        let soon = (ops.settings.settle / 5).max(outcome::backoff(lease.run(), claimed.attempts));
        let wait = if tally.doubts > 0 { soon } else { ops.settings.settle };
        Came::SoFar(Pause { wait, counts_as_attempt: tally.doubts > 0, for_some: true, problem })
    } else {
        Came::Through { tally, another_tenant }
    })
}

/// Records which subscriptions a recurring invoice bills. A missing permission to read invoices is
/// normal and never fails a sync.
async fn note_billing(ops: &Ops, lease: &SyncLease, session: &Session, stop: &CancellationToken) -> Result<(), Stop> {
    let wanted = billing::subscriptions(&mut *ops.db.read(lease.scope()).await?, lease).await?;
    let known = match stop.run_until_cancelled(session.recurring_billing(&wanted)).await {
        Some(Ok(known)) => known.into_iter().map(|(id, billing)| (id, halo::billing(billing))).collect(),
        Some(Err(HaloError::PermissionDenied(_))) => BTreeMap::new(),
        // What was known stays.
        Some(Err(_)) | None => return Ok(()),
    };
    let mut tx = LeasedTx::begin(&ops.db, lease).await?;
    billing::record(&mut tx, &known).await?;
    commit(tx, Failpoint::BillingRecorded).await?;
    Ok(())
}

async fn count(ops: &Ops, lease: &SyncLease, session: &Session) -> Result<(), OpError> {
    let mut tx = ops.db.begin(lease.scope()).await?;
    leases::count_requests(&mut tx, lease, session.requests()).await?;
    commit(tx, Failpoint::RequestsCounted).await?;
    Ok(())
}
