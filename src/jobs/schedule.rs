//! Rings without being asked: every few seconds for the sweep, every minute for nights. Each worker rings; the queue keeps
//! one job for each tick.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ops::Ops;
use crate::queue::{self, MaintenanceTask};

const MINUTE: Duration = Duration::from_secs(60);

/// Rings until `stop`. The first ring is at once, so that what was missed while nobody worked is caught up.
pub(super) async fn run_scheduler(ops: Ops, sweep: Duration, stop: CancellationToken) {
    let mut looks = tokio::time::interval(sweep.min(MINUTE));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        for (task, every) in [(MaintenanceTask::RequeueOrphans, sweep), (MaintenanceTask::EnqueueNightly, MINUTE)] {
            let number = ops.clock.now().timestamp() / i64::try_from(every.as_secs().max(1)).unwrap_or(60);
            if let Err(error) = queue::enqueue_maintenance(ops.db.pool(), task, number).await {
                tracing::warn!(%error, ?task, "could not ring; the next tick tries again");
            }
        }
    }
}
