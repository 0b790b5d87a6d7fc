//! Runs one sync: claims the run, observes Halo, plans, executes the plan and records the results.
//!
//! `observe` reads Halo, `domain::plan` decides, `execute` carries a plan out and makes no choices
//! of its own, `retry` decides what an error means for the run, and `finish` ends or reschedules
//! the run. The lease is checked just before each write to Halo, and its end bounds that request;
//! every write to our tables checks it again.

mod circuit_breaker;
mod create;
mod execute;
mod failpoints;
mod finish;
mod retry;
mod set_quantity;
mod slices;
pub(in crate::ops::sync) mod step_result;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::auth::SystemScope;
use crate::domain::association::Billing;
use crate::domain::connection::Connection;
use crate::domain::plan::{self, Desired};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{Pause, RunEvent, RunState, Trigger};
use crate::halo::{HaloError, Priority, Session};
use crate::ids::{AssociationId, ClientId, HaloSubscriptionId, RunId};
use crate::ops::sync::observe::{self, Observation};
use crate::ops::sync::pending_writes::attach_unconfirmed_writes;
use crate::ops::sync::reconcile;
use crate::ops::sync::shared_reading::SharedReading;
use crate::ops::{OpError, Ops, halo};
use crate::queue;
use crate::storage::billing::{Billed, Shown};
use crate::storage::connections::Stored;
use crate::storage::desired::Read;
use crate::storage::leases::{self, Claimed, LeasedTx, RunTx, SyncLease};
use crate::storage::outcomes::PendingWrite;
use crate::storage::{StorageError, billing, connections, desired, reconciliations, run_queue};
use execute::Executor;
use failpoints::{commit, pass};
use slices::SliceQueue;
use step_result::Counts;
use tenant::TenantIdentity;

pub use failpoints::Failpoint;
#[cfg(feature = "dev")]
pub use failpoints::stop_process_at;

/// How often the customers of all associations are read, for their state and their names. A full
/// run does it, with one request for each 100 customers of the tenant, or one for each mapped
/// customer, whichever is less.
const CUSTOMERS_INTERVAL: TimeDelta = TimeDelta::days(7);

/// How the work on a run ended, for the job that carried it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// There was nothing to do: the run is finished, another worker has it, or it is not due.
    Skipped,
    /// The run ended in this state.
    Finished(RunState),
    /// The run is queued again.
    Rescheduled,
}

impl RunOutcome {
    /// The outcome as a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            RunOutcome::Skipped => "skipped",
            RunOutcome::Finished(state) => state.as_str(),
            RunOutcome::Rescheduled => "rescheduled",
        }
    }
}

/// What an attempt of a run knows when it ends, however it ends.
#[derive(Default)]
struct Attempt {
    /// The revision of the connection that the attempt works with.
    revision: Option<i32>,
    /// The associations that the attempt has not confirmed, with their clients; `None` before it
    /// has read what is desired. Earlier attempts' results do not count: a client may have been
    /// requested again since then.
    unconfirmed: Option<BTreeMap<AssociationId, ClientId>>,
    /// The requests to Halo that it has sent.
    requests: u32,
}

/// How the pass over a partner's associations ended. The end of the run follows from it.
enum SyncOutcome {
    /// Every step was taken.
    Completed {
        counts: Counts,
        /// The associations whose creates Halo has not confirmed.
        unconfirmed_creates: BTreeSet<AssociationId>,
        tenant_problem: Option<Problem>,
    },
    /// Something has to be observed again later, although nothing went wrong with the run as a
    /// whole.
    Paused(Pause),
    /// Halo's answer concerns every client.
    Halted(HaloError),
    ShuttingDown,
    /// The partner has another connection than the one that the run began with.
    ConnectionChanged,
    /// Workers died during the run again and again: it is not executed before this time has passed.
    SetAside(Duration),
    /// The partner has no connection any more.
    Disconnected,
}

/// Why the rest of a plan is not executed.
#[derive(Debug)]
enum StopReason {
    /// Halo's answer concerns every client.
    Halo(HaloError),
    /// The process is shutting down.
    ShuttingDown,
    /// The partner has another connection than the one that the run began with.
    ConnectionChanged,
    /// An error of our own: the run is taken over after its lease.
    Fault(OpError),
}

impl<E: Into<OpError>> From<E> for StopReason {
    fn from(error: E) -> Self {
        match error.into() {
            OpError::Halo(error) => StopReason::Halo(error),
            other => StopReason::Fault(other),
        }
    }
}

/// Works on the run if it can be claimed. `worker` names the process in `leased_by`. After `stop`
/// the step under way is finished and the run is given back.
pub async fn run_sync(ops: &Ops, run: RunId, worker: &str, stop: &CancellationToken) -> Result<RunOutcome, OpError> {
    let (system, terms) = (SystemScope::worker(), ops.settings.lease);
    let alone = ops.taken_over.try_acquire().ok();
    // If it is lost, the run finds that it has no lease.
    let mut tx = ops.db.begin_unflushed(system).await?;
    let claimed = leases::claim(&mut tx, system, run, worker, alone.is_some(), terms, ops.clock.now()).await?;
    let Some(claimed) = claimed else { return Ok(RunOutcome::Skipped) };
    // Kept until this run has ended, if a worker died during it.
    let _alone = alone.filter(|_| claimed.starts > 1);
    let lease = &claimed.lease;
    commit(tx, Failpoint::RunClaimed).await?;
    tracing::info!(sync_run.id = %run, partner.id = %lease.partner(), trigger = claimed.trigger.as_str(), "sync started");
    let mut attempt = Attempt::default();
    let outcome = tokio::select! {
        outcome = work(ops, &claimed, &mut attempt, stop) => outcome,
        () = renew_lease(ops, lease) => Err(OpError::Storage(StorageError::LeaseLost)),
    };
    // The end is one short transaction that gives the lease up, so the lease is no longer renewed.
    let requests = attempt.requests;
    let finished = match outcome {
        Ok(outcome) => finish::finish(ops, &claimed, attempt, outcome).await,
        Err(error) => Err(error),
    };
    if finished.is_err() && requests > 0 {
        count_requests(ops, lease, requests).await;
    }
    match finished {
        Err(OpError::Storage(StorageError::LeaseLost)) => {
            tracing::warn!(sync_run.id = %run, "another worker has taken this sync over, or it was cancelled");
            Ok(RunOutcome::Skipped)
        }
        other => other,
    }
}

/// The trace of the request that asked for the run, as the header `traceparent` has it.
pub async fn trace_of(ops: &Ops, run: RunId) -> Result<Option<String>, OpError> {
    let system = SystemScope::worker();
    Ok(run_queue::trace_of(&mut *ops.db.read(system).await?, system, run).await?)
}

/// Ends the leases that this process still holds after the shutdown timeout. Another worker
/// continues those runs as soon as a request that may be under way has ended.
pub async fn end_leases(ops: &Ops, worker: &str) -> Result<(), OpError> {
    let system = SystemScope::worker();
    let mut tx = ops.db.begin(system).await?;
    for (run, interactive) in leases::end_all(&mut tx, system, worker).await? {
        queue::enqueue(&mut tx, run, interactive, ops.settings.lease.grace).await?;
    }
    commit(tx, Failpoint::LeasesEnded).await?;
    Ok(())
}

/// Renews the lease while the run works; returns when the lease is lost. A database that does not
/// answer for a while has not lost it yet.
async fn renew_lease(ops: &Ops, lease: &SyncLease) {
    loop {
        tokio::time::sleep(ops.settings.lease.length / 3).await;
        match leases::renew(&ops.db, lease, ops.settings.lease.length).await {
            Err(StorageError::LeaseLost) => return,
            Err(error) => tracing::warn!(sync_run.id = %lease.run(), %error, "the lease could not be renewed"),
            Ok(_) => {}
        }
    }
}

async fn work(
    ops: &Ops,
    claimed: &Claimed,
    attempt: &mut Attempt,
    stop: &CancellationToken,
) -> Result<SyncOutcome, OpError> {
    let lease = &claimed.lease;
    if let Some(wait) = claimed.cool_down {
        return Ok(SyncOutcome::SetAside(wait));
    }
    let Some(loaded) = load(ops, claimed).await? else { return Ok(SyncOutcome::Disconnected) };
    attempt.revision = Some(loaded.connection.revision);
    let secret = loaded.sealed_secret.clone();
    let session = match halo::open_session(ops, lease.scope(), Priority::Background, &loaded.connection, secret) {
        Ok(session) => session,
        Err(OpError::Halo(error)) => return Ok(SyncOutcome::Halted(error)),
        Err(error) => return Err(error),
    };
    let synced = sync(ops, claimed, loaded, attempt, &session, stop).await;
    attempt.requests = session.requests();
    match synced {
        Ok(outcome) => Ok(outcome),
        Err(StopReason::Halo(error)) => Ok(SyncOutcome::Halted(error)),
        Err(StopReason::ShuttingDown) => Ok(SyncOutcome::ShuttingDown),
        Err(StopReason::ConnectionChanged) => Ok(SyncOutcome::ConnectionChanged),
        Err(StopReason::Fault(error)) => Err(error),
    }
}

/// Observes, plans and executes, slice by slice.
async fn sync(
    ops: &Ops,
    claimed: &Claimed,
    loaded: Loaded,
    attempt: &mut Attempt,
    session: &Session,
    stop: &CancellationToken,
) -> Result<SyncOutcome, StopReason> {
    let lease = &claimed.lease;
    let (loaded, evidence) = match tenant::follow(ops, lease, &loaded.connection, session).await? {
        TenantIdentity::Unchanged => (loaded, None),
        TenantIdentity::Unproven(evidence) => (loaded, Some(evidence)),
        // The associations have other revisions now.
        TenantIdentity::CarriedOver => match load(ops, claimed).await? {
            Some(loaded) => (loaded, None),
            None => return Ok(SyncOutcome::Disconnected),
        },
    };
    let Loaded { connection, desired, pending_writes, mut billed, reconciled_at, .. } = loaded;
    attempt.revision = Some(connection.revision);
    let associations = attempt.unconfirmed.insert(desired.associations.iter().map(|it| (it.id, it.client)).collect());
    let mut executor = Executor::new(ops, lease, &connection, session, &desired, associations, stop);
    let turn = (lease.run().0.as_u128() as u32).wrapping_add(claimed.attempts);
    let mut shared = SharedReading::new(&desired, ops.settings.max_observation_age);
    let mut queue = SliceQueue::new(desired, turn);
    let (mut deferred, mut tenant_problem) = (None, None);
    while let Some((mut slice, round)) = queue.next() {
        slice.owned.extend(executor.owned());
        // Reading can be interrupted at any point.
        let reading = stop.run_until_cancelled(observe::observe(session, &slice, &pending_writes, &mut shared)).await;
        let observation = reading.ok_or(StopReason::ShuttingDown)??;
        slice.customers_due &= !observation.customers_read;
        pass(Failpoint::HaloRead);
        let overwritten = attach_unconfirmed_writes(&mut slice, &pending_writes, &observation, ops.clock.now());
        store_observation(ops, lease, &connection, &slice, &observation, overwritten.is_some()).await?;
        if observation.observed.tenant != connection.tenant {
            let problem = Problem::new(ProblemKind::TenantChanged { evidence }, ops.clock.now());
            tenant_problem = Some(problem.with_first_seen_from(connection.problem.as_ref()));
        }
        let plan = plan::diff(&slice, &observation.observed, ops.clock.now());
        deferred = deferred.or_else(|| plan.deferred().cloned());
        let plan = queue.defer(&slice, round, plan);
        executor.observe(observation, overwritten);
        let stale = executor.execute(&plan, round).await?;
        queue.retry_stale(slice, &plan, &stale);
    }
    if claimed.clients.is_none() {
        // What associations got in this run has another billing than before, or none.
        let unread = |customer| Billed { customer, shown: Shown::UNKNOWN };
        billed.extend(executor.owned.iter().map(|(id, customer)| (*id, unread(*customer))));
        store_billing(ops, lease, &connection, session, &billed, &executor.created, stop).await?;
        let may_compare = claimed.trigger == Trigger::Nightly && executor.breaker.refusal().is_none();
        if may_compare && reconcile::is_due(reconciled_at, ops.clock.now()) {
            store_reconciliation(ops, lease, &connection, session, stop).await?;
        }
    }
    if let Some(error) = executor.breaker.refusal() {
        return Err(StopReason::Halo(error.clone()));
    }
    Ok(match retry::pause(ops, claimed, &executor, deferred) {
        Some(pause) => SyncOutcome::Paused(pause),
        None => {
            let Executor { counts, unconfirmed_creates, .. } = executor;
            SyncOutcome::Completed { counts, unconfirmed_creates, tenant_problem }
        }
    })
}

/// What a run has to bring about, and where.
struct Loaded {
    connection: Connection,
    sealed_secret: Vec<u8>,
    desired: Desired,
    /// The quantities that were sent without a recorded result.
    pending_writes: Vec<PendingWrite>,
    /// What is stored of each subscription's billing.
    billed: BTreeMap<HaloSubscriptionId, Billed>,
    /// When everything was last compared.
    reconciled_at: Option<DateTime<Utc>>,
}

/// Loads what the run works with, from one transaction. From its commit on, the run covers no new
/// request: what it has read may be older. `None` if the partner is not connected any more.
async fn load(ops: &Ops, claimed: &Claimed) -> Result<Option<Loaded>, OpError> {
    let (lease, timeout) = (&claimed.lease, ops.settings.create_confirmation_timeout);
    let mut tx = RunTx::begin(&ops.db, lease).await?;
    let stored = connections::load(&mut tx, lease.scope()).await?;
    let Some(Stored { connection, sealed_secret: Some(sealed_secret), customers_read_at, reconciled_at }) =
        stored.and_then(|stored| stored.connection)
    else {
        return Ok(None);
    };
    let clients = claimed.clients.as_deref();
    let Read { mut desired, pending_writes, billed } =
        desired::read(&mut tx, lease.scope(), &connection, clients, timeout).await?;
    let due_before = tx.now(&ops.clock) - CUSTOMERS_INTERVAL;
    desired.customers_due = clients.is_none() && customers_read_at.is_none_or(|read| read <= due_before);
    let total = u32::try_from(desired.associations.len()).unwrap_or(u32::MAX);
    tx.apply(&RunEvent::DesiredRead { total }).await?;
    commit(tx, Failpoint::DesiredLoaded).await?;
    Ok(Some(Loaded { connection, sealed_secret, desired, pending_writes, billed, reconciled_at }))
}

/// Begins a transaction that holds the lease, if the partner still has the connection that the run
/// works with.
async fn begin_unchanged<'l>(
    ops: &Ops,
    lease: &'l SyncLease,
    connection: &Connection,
) -> Result<LeasedTx<'l>, StopReason> {
    let mut tx = LeasedTx::begin(&ops.db, lease).await?;
    unchanged(connections::revision(&mut tx, lease.scope()).await?, connection)?;
    Ok(tx)
}

/// Fails unless the partner still has the connection that the run works with.
fn unchanged(revision: Option<i32>, connection: &Connection) -> Result<(), StopReason> {
    match revision {
        Some(revision) if revision == connection.revision => Ok(()),
        _ => Err(StopReason::ConnectionChanged),
    }
}

/// Stores the customers' names, and suspends the partner's writes if an earlier write overwrote
/// fields.
async fn store_observation(
    ops: &Ops,
    lease: &SyncLease,
    connection: &Connection,
    slice: &Desired,
    observation: &Observation,
    overwritten: bool,
) -> Result<(), StopReason> {
    if !overwritten && !observe::shows_new_customers(slice, observation) {
        return Ok(());
    }
    let mut tx = begin_unchanged(ops, lease, connection).await?;
    if overwritten {
        connections::suspend_writes(&mut tx, ops.clock.now()).await?;
    }
    let now = tx.now(&ops.clock);
    observe::store_customers(&mut tx, slice, observation, now).await?;
    commit(tx, Failpoint::ObservationRecorded).await?;
    Ok(())
}

/// Stores which subscriptions a recurring invoice bills, where that is not what is `stored`. An
/// agent that may not read invoices is normal: the billing is unknown then, and the sync does not
/// fail. The subscriptions that this run has `created` are on no invoice as long as no invoice
/// shows them.
async fn store_billing(
    ops: &Ops,
    lease: &SyncLease,
    connection: &Connection,
    session: &Session,
    stored: &BTreeMap<HaloSubscriptionId, Billed>,
    created: &BTreeSet<HaloSubscriptionId>,
    stop: &CancellationToken,
) -> Result<(), StopReason> {
    let wanted: BTreeMap<_, _> = stored.iter().map(|(id, billed)| (*id, billed.customer)).collect();
    let mut known: BTreeMap<_, _> = wanted.keys().map(|id| (*id, Shown::UNKNOWN)).collect();
    match stop.run_until_cancelled(session.recurring_billing(&wanted)).await {
        Some(Ok(shown)) => known.extend(shown.into_iter().map(|(id, invoiced)| (id, halo::shown_billing(invoiced)))),
        Some(Err(HaloError::PermissionDenied(_))) => {}
        // The last known billing stays.
        Some(Err(_)) | None => return Ok(()),
    }
    for (_, shown) in known.iter_mut().filter(|(id, _)| created.contains(id)) {
        if shown.billing == Billing::Unknown {
            shown.billing = Billing::NotOnRecurringInvoice;
        }
    }
    known.retain(|id, shown| stored.get(id).is_none_or(|stored| stored.shown != *shown));
    if known.is_empty() {
        return Ok(());
    }
    let mut tx = begin_unchanged(ops, lease, connection).await?;
    billing::record(&mut tx, &known).await?;
    commit(tx, Failpoint::BillingRecorded).await?;
    Ok(())
}

/// Compares everything, and stores the report. One that fails waits for the next week, too: what
/// Halo does not answer, or too much to read, would cost its requests each night.
async fn store_reconciliation(
    ops: &Ops,
    lease: &SyncLease,
    connection: &Connection,
    session: &Session,
    stop: &CancellationToken,
) -> Result<(), StopReason> {
    let scope = lease.scope();
    match stop.run_until_cancelled(reconcile::read_and_compare(ops, scope, connection, session)).await {
        Some(Ok(report)) => {
            let mut tx = begin_unchanged(ops, lease, connection).await?;
            reconciliations::record(&mut tx, scope, &report).await?;
            commit(tx, Failpoint::ReconciliationRecorded).await?;
        }
        Some(Err(OpError::Halo(error))) => {
            tracing::info!(sync_run.id = %lease.run(), evidence = error.evidence(), "the comparison waits for another week");
            let mut tx = begin_unchanged(ops, lease, connection).await?;
            reconciliations::record_failure(&mut tx, scope, ops.clock.now()).await?;
            commit(tx, Failpoint::ReconciliationRecorded).await?;
        }
        Some(Err(error)) => return Err(StopReason::Fault(error)),
        None => {}
    }
    Ok(())
}

/// Counts the requests of an attempt that could not end its run. The figure is for people; that it
/// is missing changes nothing.
async fn count_requests(ops: &Ops, lease: &SyncLease, requests: u32) {
    if let Err(error) = leases::count_requests(&ops.db, lease, requests).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(sync_run.id = %lease.run(), error, "the requests to Halo were not counted");
    }
}
