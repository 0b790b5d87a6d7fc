//! Housekeeping: scheduled jobs that remove what is no longer needed, in one list, and the requeue
//! of runs without a worker.

use std::time::Duration;

use chrono::{DateTime, Utc};
use strum::VariantArray as _;

use crate::auth::SystemScope;
use crate::ops::{OpError, Ops};
use crate::queue;
use crate::storage::housekeeping::LatestRun;
use crate::storage::{activity, budget, deliveries, housekeeping, run_queue};

/// The most orphaned runs that one sweep requeues; the next sweep takes the rest.
const BATCH: i64 = 1_000;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The jobs. The table in docs/operations.md is [`table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Job {
    ExpiredLeases,
    LostDeliveries,
    FinishedJobs,
    DeadWorkers,
    UnusedBudgets,
    OldResults,
    OldRuns,
    OldProblems,
    OldDeliveries,
    AuditLog,
}

impl Job {
    /// The name in logs, in metrics and in the database.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What the job removes, or requeues, and when it is past its time.
    fn meaning(self) -> (&'static str, &'static str) {
        match self {
            Job::ExpiredLeases => ("runs whose worker died or whose job was lost: queued again", "their lease's end"),
            Job::LostDeliveries => {
                ("deliveries to webhooks whose worker died or whose job was lost: queued again", "their lease's end")
            }
            Job::FinishedJobs => ("jobs of the queue that have ended", "1 hour"),
            Job::DeadWorkers => ("workers of the queue without a heartbeat", "1 day"),
            Job::UnusedBudgets => ("request budgets of hosts that nothing was sent to", "1 day"),
            Job::OldResults => ("results of syncs, the evidence of what was billed", "`INFIMA_RETENTION_MONTHS`"),
            Job::OldRuns => ("syncs that have no results left", "`INFIMA_RETENTION_MONTHS`"),
            Job::OldProblems => ("problems that are gone", "`INFIMA_RETENTION_MONTHS`"),
            Job::OldDeliveries => ("deliveries to webhooks that were made or given up", "30 days"),
            Job::AuditLog => ("entries of the audit log", "2 years"),
        }
    }

    /// How often it runs; `None`: with each sweep.
    fn every(self) -> Option<Duration> {
        match self {
            Job::ExpiredLeases => None,
            Job::LostDeliveries | Job::FinishedJobs | Job::UnusedBudgets => Some(MINUTE),
            Job::DeadWorkers
            | Job::OldResults
            | Job::OldRuns
            | Job::OldProblems
            | Job::OldDeliveries
            | Job::AuditLog => Some(HOUR),
        }
    }
}

/// Returns the jobs as a Markdown table.
pub fn table() -> String {
    let mut text = String::from("| Job | What | After | How often |\n| --- | --- | --- | --- |\n");
    for job in Job::VARIANTS {
        let (what, after) = job.meaning();
        let every = match job.every() {
            None => "`INFIMA_WORKER_SWEEP_SECONDS`".to_owned(),
            Some(MINUTE) => "every minute".to_owned(),
            Some(_) => "every hour".to_owned(),
        };
        text.push_str(&format!("| `{}` | {what} | {after} | {every} |\n", job.name()));
    }
    text
}

/// Requeues runs without a worker, and returns how many.
pub async fn sweep(ops: &Ops) -> Result<i64, OpError> {
    run(ops, Job::ExpiredLeases).await
}

/// Runs every job that is due, each in a transaction of its own. One that fails does not stop the
/// others; the last error is returned.
pub async fn run_due(ops: &Ops) -> Result<(), OpError> {
    let mut ended = Ok(());
    for job in Job::VARIANTS {
        let Some(every) = job.every() else { continue };
        if let Err(error) = run_if_due(ops, *job, Some(every)).await {
            tracing::warn!(job = job.name(), error = &error as &dyn std::error::Error, "housekeeping failed");
            ended = Err(error);
        }
    }
    ended
}

/// Runs the job now, and returns how many it removed or requeued.
pub async fn run(ops: &Ops, job: Job) -> Result<i64, OpError> {
    run_if_due(ops, job, None).await
}

async fn run_if_due(ops: &Ops, job: Job, every: Option<Duration>) -> Result<i64, OpError> {
    let system = SystemScope::housekeeping();
    let (mut tx, now) = ops.db.begin_dated(system).await?;
    if let Some(every) = every
        && !housekeeping::claim(&mut tx, system, job.name(), every).await?
    {
        return Ok(0);
    }
    let months = ops.settings.retention_months;
    let removed = match job {
        Job::ExpiredLeases => {
            let lost = run_queue::find_orphaned_runs(&mut tx, system, ops.settings.lease.grace, BATCH).await?;
            queue::requeue_orphaned(&mut tx, &lost).await?;
            i64::try_from(lost.len()).unwrap_or(i64::MAX)
        }
        Job::LostDeliveries => {
            let lost = deliveries::find_waiting(&mut tx, system, ops.clock.shared(now), BATCH).await?;
            queue::enqueue_deliveries(&mut tx, &lost).await?;
            i64::try_from(lost.len()).unwrap_or(i64::MAX)
        }
        Job::FinishedJobs => queue::prune_jobs(&mut tx).await?,
        Job::DeadWorkers => queue::prune_workers(&mut tx).await?,
        Job::UnusedBudgets => budget::prune(&mut tx).await?,
        Job::OldResults => housekeeping::prune_results(&mut tx, system, months).await?,
        Job::OldRuns => housekeeping::prune_runs(&mut tx, system, months).await?,
        Job::OldProblems => housekeeping::prune_problems(&mut tx, system, months).await?,
        Job::OldDeliveries => deliveries::prune(&mut tx, system, ops.clock.shared(now)).await?,
        Job::AuditLog => activity::prune(&mut tx, system).await?,
    };
    housekeeping::record(&mut tx, system, job.name(), removed).await?;
    tx.commit().await?;
    metrics::counter!("housekeeping_removed_total", "job" => job.name()).increment(removed.unsigned_abs());
    match removed {
        0 => tracing::debug!(job = job.name(), removed, "housekeeping done"),
        _ => tracing::info!(job = job.name(), removed, "housekeeping done"),
    }
    Ok(removed)
}

/// The latest run of each job, and the time by Postgres' clock.
pub async fn latest_runs(ops: &Ops) -> Result<(Vec<LatestRun>, DateTime<Utc>), OpError> {
    let system = SystemScope::housekeeping();
    let mut db = ops.db.read(system).await?;
    Ok(housekeeping::latest_runs(&mut db, system).await?)
}
