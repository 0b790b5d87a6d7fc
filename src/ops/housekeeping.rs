//! What somebody has to look after: runs that nobody attends to, and jobs that are over.

use super::{OpError, Ops};
use crate::auth::SystemScope;
use crate::queue;
use crate::storage::runs;

/// How many lost runs are rung for in one sweep; the next one takes the rest.
const BATCH: i64 = 1_000;

/// Rings again for runs whose job was lost or whose worker died. How many there were.
pub async fn sweep(ops: &Ops) -> Result<usize, OpError> {
    let mut tx = ops.db.begin(SystemScope::housekeeping()).await?;
    let lost = runs::unattended(&mut tx, SystemScope::housekeeping(), ops.settings.lease.grace, BATCH).await?;
    queue::ring_again(&mut tx, &lost).await?;
    tx.commit().await?;
    Ok(lost.len())
}

/// Removes the queue's jobs that are over. How many there were.
pub async fn prune(ops: &Ops) -> Result<u64, OpError> {
    Ok(queue::prune(ops.db.pool()).await?)
}
