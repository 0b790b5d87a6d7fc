//! Turns what has happened to the integrations of all partners into deliveries to their webhooks.
//! It reads facts that are stored anyway, so that no sync waits for it and none is forgotten.

use crate::auth::SystemScope;
use crate::ops::{OpError, Ops};
use crate::queue;
use crate::storage::{deliveries, notices};

/// Makes the deliveries of all facts since the last time, with their jobs, and returns their
/// number. A fact that was read before makes none.
pub async fn report_events(ops: &Ops) -> Result<usize, OpError> {
    let system = SystemScope::worker();
    let (mut tx, now) = ops.db.begin_dated(system).await?;
    let now = ops.clock.shared(now);
    let Some(since) = notices::unread_since(&mut tx, system).await? else { return Ok(0) };
    let mut made = notices::opened_problems(&mut tx, system, since).await?;
    made.extend(notices::closed_problems(&mut tx, system, since).await?);
    made.extend(notices::failed_runs(&mut tx, system, since).await?);
    made.extend(notices::finished_nights(&mut tx, system, since).await?);
    made.extend(notices::ended_exclusions(&mut tx, system, since, now).await?);
    let stored = deliveries::insert_many(&mut tx, &made, now).await?;
    queue::enqueue_deliveries(&mut tx, &stored).await?;
    notices::move_mark(&mut tx, system, now).await?;
    tx.commit().await?;
    Ok(stored.len())
}
