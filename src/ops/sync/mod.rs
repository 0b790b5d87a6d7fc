//! Use cases of syncs: requesting one, running it, previewing it, and the nightly schedule.

pub mod nightly;
mod observe;
pub mod pause;
mod pending_writes;
pub mod preview;
pub mod reconcile;
pub mod request;
pub mod run;
pub mod settings;
mod shared_reading;

use std::time::Duration;

use super::OpError;
use crate::domain::run::RunRequest;
use crate::ids::RunId;
use crate::queue;
use crate::storage::{PartnerTx, associations, run_queue};
use crate::telemetry::traces::current_traceparent;

/// Queues the run and its job, unless the partner has no association at all.
pub(in crate::ops) async fn enqueue_if_mapped(
    tx: &mut PartnerTx<'_>,
    request: RunRequest,
) -> Result<Option<RunId>, OpError> {
    let scope = tx.scope();
    if !associations::any(tx, scope).await? {
        return Ok(None);
    }
    enqueue(tx, request).await.map(Some)
}

/// Queues the run and its job.
pub(in crate::ops) async fn enqueue(tx: &mut PartnerTx<'_>, request: RunRequest) -> Result<RunId, OpError> {
    enqueue_delayed(tx, &request, Duration::ZERO).await
}

/// Queues the run and its job; no worker starts the run before `wait` is over, and before the
/// partner's pause is.
pub(in crate::ops) async fn enqueue_delayed(
    tx: &mut PartnerTx<'_>,
    request: &RunRequest,
    wait: Duration,
) -> Result<RunId, OpError> {
    let (scope, now) = (tx.scope(), tx.now());
    let enqueued = run_queue::enqueue_run(tx, scope, request, wait, now).await?;
    if let Some(traceparent) = current_traceparent() {
        run_queue::link_trace(tx, scope, enqueued.run, &traceparent).await?;
    }
    if enqueued.needs_wakeup {
        queue::enqueue(tx, enqueued.run, enqueued.interactive, enqueued.wait).await?;
    }
    Ok(enqueued.run)
}
