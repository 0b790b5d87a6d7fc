//! The scheduler: enqueues the search for orphaned runs at short intervals, and nightly syncs and
//! events for webhooks every minute. Every worker process runs a scheduler; the queue keeps one job
//! for each task and interval. A process whose clock is wrong enqueues nothing.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ops::{OpError, Ops, admin::status};
use crate::queue::{self, MaintenanceTask};

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// Enqueues maintenance until `stop`. The first jobs are enqueued at once, to catch up on what was
/// missed without a worker.
pub(super) async fn run_scheduler(ops: Ops, sweep: Duration, stop: CancellationToken) {
    let mut interval = tokio::time::interval(sweep.min(MINUTE));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        if let Err(error) = enqueue_maintenance(&ops, sweep).await {
            tracing::warn!(%error, "maintenance could not be enqueued; the next interval tries again");
        }
    }
}

/// Enqueues the maintenance of the present interval, unless this process' clock is wrong.
pub async fn enqueue_maintenance(ops: &Ops, sweep: Duration) -> Result<(), OpError> {
    let (now, skew) = status::compare_clocks(ops).await?;
    if skew.is_too_large() {
        return Ok(());
    }
    let tasks = [
        (MaintenanceTask::RequeueOrphans, sweep),
        (MaintenanceTask::EnqueueNightly, MINUTE),
        (MaintenanceTask::ReportEvents, MINUTE),
    ];
    let numbered =
        tasks.map(|(task, every)| (task, now.timestamp() / i64::try_from(every.as_secs().max(1)).unwrap_or(60)));
    Ok(queue::enqueue_maintenance(&mut *ops.db.acquire().await?, &numbered).await?)
}
