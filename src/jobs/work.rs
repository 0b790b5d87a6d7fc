//! What a job leads to. Errors end here, in the log: the sweep finds what was left undone.

use apalis::prelude::{BoxDynError, Data};
use tokio_util::sync::CancellationToken;

use crate::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use crate::ops::{Ops, admin::housekeeping, sync::run::run_sync};
use crate::queue::{MaintenanceJob, MaintenanceTask, SyncJob};

/// What every handler works with.
#[derive(Clone)]
pub(super) struct Context {
    pub ops: Ops,
    /// Named in the leases of this process.
    pub worker: String,
    pub stop: CancellationToken,
}

pub(super) async fn sync(job: SyncJob, context: Data<Context>) -> Result<(), BoxDynError> {
    let (ops, worker, stop) = (context.ops.clone(), context.worker.clone(), context.stop.clone());
    // On a task of its own a panic is contained, and slow work cannot hold up the heartbeat.
    let looked = tokio::spawn(async move { run_sync(&ops, job.run, &worker, &stop).await }).await;
    match looked {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::error!(sync_run.id = %job.run, error = &error as &dyn std::error::Error, "sync broke off; it is taken up when its lease ends");
        }
        // The panic hook has logged where. What it said is not repeated: it may quote anything.
        Err(_) => {
            tracing::error!(sync_run.id = %job.run, "sync panicked; it is taken up when its lease ends");
        }
    }
    Ok(())
}

pub(super) async fn maintain(job: MaintenanceJob, context: Data<Context>) -> Result<(), BoxDynError> {
    let ops = context.ops.clone();
    let done = match job.task {
        MaintenanceTask::RequeueOrphans => housekeeping::sweep(&ops).await.map(drop),
        MaintenanceTask::EnqueueNightly => match enqueue_nightly_syncs(&ops, Selection::Due).await {
            Ok(_) => housekeeping::prune(&ops).await.map(drop),
            Err(error) => Err(error),
        },
    };
    if let Err(error) = done {
        tracing::error!(error = &error as &dyn std::error::Error, task = ?job.task, "housekeeping failed; the next tick tries again");
    }
    Ok(())
}
