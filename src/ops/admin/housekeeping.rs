//! Housekeeping: requeues runs without a worker, and removes finished jobs, unused request budgets
//! and the oldest entries of the audit log.

use crate::auth::SystemScope;
use crate::ops::{OpError, Ops};
use crate::queue;
use crate::storage::{activity, budget, run_queue};

/// The most orphaned runs that one sweep requeues; the next sweep takes the rest.
const BATCH: i64 = 1_000;

/// Requeues runs whose job was lost or whose worker died, and returns their number.
pub async fn sweep(ops: &Ops) -> Result<usize, OpError> {
    let mut tx = ops.db.begin(SystemScope::housekeeping()).await?;
    let lost =
        run_queue::find_orphaned_runs(&mut tx, SystemScope::housekeeping(), ops.settings.lease.grace, BATCH).await?;
    queue::requeue_orphaned(&mut tx, &lost).await?;
    tx.commit().await?;
    Ok(lost.len())
}

/// Removes finished jobs of the queue, unused request budgets, and entries of the audit log past
/// their retention time. Returns the number of removed jobs and entries.
pub async fn prune(ops: &Ops) -> Result<(u64, i64), OpError> {
    let jobs = queue::prune(ops.db.pool()).await?;
    let mut tx = ops.db.begin(SystemScope::housekeeping()).await?;
    let hosts = budget::prune(&mut tx).await?;
    let entries = activity::prune(&mut tx, SystemScope::housekeeping()).await?;
    tx.commit().await?;
    if hosts > 0 {
        tracing::info!(hosts, "unused request budgets removed");
    }
    Ok((jobs, entries))
}
