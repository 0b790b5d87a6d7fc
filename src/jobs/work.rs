//! Job handlers. Errors end here, in the log: maintenance finds the runs that were left unfinished.

use std::time::Instant;

use apalis::prelude::{BoxDynError, Data};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use crate::ops::sync::run::{run_sync, trace_of};
use crate::ops::webhook::{deliver, disable_failing::disable_failing, report_events::report_events};
use crate::ops::{Ops, admin::housekeeping, admin::status::note_error};
use crate::queue::{DeliveryJob, MaintenanceJob, MaintenanceTask, SyncJob};
use crate::telemetry::traces::{continue_trace, is_traced};

/// The context of every handler.
#[derive(Clone)]
pub(super) struct Context {
    pub ops: Ops,
    /// The name of this process in its leases.
    pub worker: String,
    pub stop: CancellationToken,
}

pub(super) async fn sync(job: SyncJob, context: Data<Context>) -> Result<(), BoxDynError> {
    let (ops, worker, stop) = (context.ops.clone(), context.worker.clone(), context.stop.clone());
    // A task of its own contains a panic, and slow work does not delay the heartbeat.
    let began = Instant::now();
    let span = tracing::info_span!("sync", sync_run.id = %job.run, outcome = tracing::field::Empty);
    // A trace that cannot be read is not worth a sync.
    if is_traced()
        && let Ok(Some(traceparent)) = trace_of(&ops, job.run).await
    {
        continue_trace(&span, &traceparent);
    }
    let run = async move { run_sync(&ops, job.run, &worker, &stop).await };
    let outcome = tokio::spawn(run.instrument(span.clone())).await;
    let label = match outcome {
        Ok(Ok(outcome)) => outcome.as_str(),
        Ok(Err(error)) => {
            note_error(&context.ops, &error);
            tracing::error!(sync_run.id = %job.run, error = &error as &dyn std::error::Error, "the sync failed; another worker continues it after its lease");
            "error"
        }
        // The panic hook has logged the place. The panic's message is not logged: it may quote
        // anything.
        Err(_) => {
            tracing::error!(sync_run.id = %job.run, "the sync panicked; another worker continues it after its lease");
            "panic"
        }
    };
    span.record("outcome", label);
    metrics::counter!("sync_jobs_total", "outcome" => label).increment(1);
    metrics::histogram!("sync_job_seconds", "outcome" => label).record(began.elapsed());
    Ok(())
}

pub(super) async fn deliver(job: DeliveryJob, context: Data<Context>) -> Result<(), BoxDynError> {
    let (ops, began) = (context.ops.clone(), Instant::now());
    let outcome = tokio::spawn(async move { deliver::deliver(&ops, job.delivery).await }).await;
    let label = match outcome {
        Ok(Ok(attempt)) => attempt.as_str(),
        Ok(Err(error)) => {
            note_error(&context.ops, &error);
            tracing::error!(delivery.id = %job.delivery, error = &error as &dyn std::error::Error, "the delivery failed; it is tried again after its lease");
            "error"
        }
        Err(_) => {
            tracing::error!(delivery.id = %job.delivery, "the delivery panicked; it is tried again after its lease");
            "panic"
        }
    };
    metrics::counter!("webhook_deliveries_total", "outcome" => label).increment(1);
    metrics::histogram!("webhook_delivery_seconds", "outcome" => label).record(began.elapsed());
    Ok(())
}

pub(super) async fn maintain(job: MaintenanceJob, context: Data<Context>) -> Result<(), BoxDynError> {
    let ops = context.ops.clone();
    let result = match job.task {
        MaintenanceTask::RequeueOrphans => housekeeping::sweep(&ops).await.map(drop),
        MaintenanceTask::ReportEvents => match report_events(&ops).await {
            Ok(_) => disable_failing(&ops).await,
            Err(error) => Err(error),
        },
        MaintenanceTask::EnqueueNightly => match enqueue_nightly_syncs(&ops, Selection::Due).await {
            Ok(_) => housekeeping::run_due(&ops).await,
            Err(error) => Err(error),
        },
    };
    if let Err(error) = result {
        note_error(&context.ops, &error);
        tracing::error!(error = &error as &dyn std::error::Error, task = ?job.task, "maintenance failed; the next job tries again");
    }
    Ok(())
}
