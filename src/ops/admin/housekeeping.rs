//! What somebody has to look after: runs that nobody attends to, and what is over: jobs, budgets of Halos that nobody asks, and
//! the oldest of the audit log.

use crate::auth::SystemScope;
use crate::ops::{OpError, Ops};
use crate::queue;
use crate::storage::{activity, budget, runs};

/// How many lost runs are rung for in one sweep; the next one takes the rest.
const BATCH: i64 = 1_000;

/// Rings again for runs whose job was lost or whose worker died. How many there were.
pub async fn sweep(ops: &Ops) -> Result<usize, OpError> {
    let mut tx = ops.db.begin(SystemScope::housekeeping()).await?;
    let lost = runs::find_orphaned_runs(&mut tx, SystemScope::housekeeping(), ops.settings.lease.grace, BATCH).await?;
    queue::requeue_orphaned(&mut tx, &lost).await?;
    tx.commit().await?;
    Ok(lost.len())
}

/// Removes the queue's jobs that are over, budgets that nobody uses, and entries of the audit log past their time. How many jobs and entries there were.
pub async fn prune(ops: &Ops) -> Result<(u64, i64), OpError> {
    let jobs = queue::prune(ops.db.pool()).await?;
    let mut tx = ops.db.begin(SystemScope::housekeeping()).await?;
    let hosts = budget::prune(&mut tx).await?;
    let entries = activity::prune(&mut tx, SystemScope::housekeeping()).await?;
    tx.commit().await?;
    if hosts > 0 {
        tracing::info!(hosts, "budgets that nobody uses are gone");
    }
    Ok((jobs, entries))
}
