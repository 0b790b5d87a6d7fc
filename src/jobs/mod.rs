//! Workers: what each kind of job leads to, and the scheduler that enqueues maintenance.
//!
//! apalis wakes a worker and guarantees that a job is delivered. Leases, attempts, waits and
//! outcomes are in `sync_runs`, so a job always succeeds for apalis, whose own retries have neither
//! a delay nor an end. Only this module and `queue/` know apalis. This module knows no SQL of our
//! tables and nothing of Halo. `app/` starts it.

mod figures;
mod schedule;
mod work;

pub use schedule::enqueue_maintenance;

use std::future::Future;
use std::time::Duration;

use apalis::prelude::{BackendExt, BoxDynError, Monitor, WorkerBuilder, WorkerBuilderExt};
use apalis_postgres::PostgresStorage;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::WorkerConfig;
use crate::ops::{Ops, sync::run};
use crate::queue::Kind;

/// How many heartbeats a worker may miss before its jobs are handed on.
const MISSED_HEARTBEATS: u32 = 6;
/// The longest and the shortest interval of heartbeats: each takes a transaction for each kind of
/// job.
const SLOWEST_HEARTBEAT: Duration = Duration::from_secs(10);
const FASTEST_HEARTBEAT: Duration = Duration::from_secs(5);
/// The pause before a worker that lost its database starts again, so that an unavailable database
/// is not overloaded.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// The time in which a process that shuts down ends its leases. Without that, they end by
/// themselves, only later.
const END_LEASES: Duration = Duration::from_secs(2);

/// How many deliveries to webhooks a process has under way. Each waits for its receiver, and for
/// little else.
const DELIVERIES: u16 = 8;

/// Works until `stop`, then finishes the steps under way and gives the runs back. `queue` is a pool
/// of its own, because listening keeps a connection.
pub async fn run(ops: Ops, queue: PgPool, config: &WorkerConfig, stop: CancellationToken) {
    let name = format!("worker-{}-{}", std::process::id(), Uuid::new_v4().simple());
    let scheduler = tokio::spawn(schedule::run_scheduler(ops.clone(), config.sweep, stop.clone()));

    let figures = tokio::spawn(figures::publish_figures(ops.clone(), stop.clone()));

    let context = work::Context { ops: ops.clone(), worker: name.clone(), stop: stop.clone() };
    tokio::join!(
        run_worker(&queue, config, Kind::SyncInteractive, config.interactive_concurrency, &context, work::sync),
        run_worker(&queue, config, Kind::SyncNightly, config.nightly_concurrency, &context, work::sync),
        run_worker(&queue, config, Kind::WebhookDelivery, DELIVERIES, &context, work::deliver),
        run_worker(&queue, config, Kind::Maintenance, 1, &context, work::maintain),
    );
    scheduler.abort();
    figures.abort();
    // Another worker continues the runs that were not given back in time.
    match tokio::time::timeout(END_LEASES, run::end_leases(&ops, &name)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the leases could not be ended; they expire"),
        Err(_) => tracing::error!("the database does not answer; the leases expire"),
    }
}

/// Runs the workers for one kind of job until `stop`, and starts them again whenever they lose the
/// queue.
async fn run_worker<J, F, Fut>(
    queue: &PgPool,
    config: &WorkerConfig,
    kind: Kind,
    slots: u16,
    context: &work::Context,
    handler: F,
) where
    J: Serialize + DeserializeOwned + Clone + Send + Sync + Unpin + 'static,
    F: Fn(J, apalis::prelude::Data<work::Context>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), BoxDynError>> + Send + 'static,
{
    let heartbeat = (config.orphan / MISSED_HEARTBEATS).clamp(FASTEST_HEARTBEAT, SLOWEST_HEARTBEAT);
    let missed_heartbeats = usize::try_from(config.orphan.as_secs() / heartbeat.as_secs()).unwrap_or(1).max(1);
    // Beside notifications, which may be lost. A user waits for an interactive sync alone; the run
    // of a dead worker waits for maintenance; the others have time.
    let poll = match kind {
        Kind::SyncInteractive => config.poll,
        Kind::Maintenance => config.sweep.clamp(config.poll, schedule::MINUTE),
        Kind::SyncNightly | Kind::WebhookDelivery => (3 * config.sweep).clamp(config.poll, schedule::MINUTE),
    };
    let queue_config = apalis_postgres::Config::default()
        .queue(kind.name())
        // One job at a time for each slot: apalis sends no heartbeat while fetched jobs wait.
        .batch_size(1)
        // A job that is fetched is this worker's already. Noting that it is at work as well takes a
        // transaction, and takes the job away from the worker that it was handed on to meanwhile.
        .lock_tasks(false)
        .heartbeat_interval(heartbeat)
        .missed_heartbeats(missed_heartbeats);
    let storage = PostgresStorage::<J>::new(queue).with_config(queue_config).with_pubsub().poll_with_interval(poll);
    let stop = &context.stop;
    loop {
        let (cancelled, stopping) = (stop.clone(), stop.clone());
        let (storage, context, handler) = (storage.clone(), context.clone(), handler.clone());
        let monitor = Monitor::new()
            .register(move |_| {
                // Each name is used once: under the name of a dead worker, its jobs would never be
                // handed on.
                WorkerBuilder::new(format!("{}-{}-{}", kind.name(), std::process::id(), Uuid::new_v4().simple()))
                    .backend(storage.clone())
                    .data(context.clone())
                    .concurrency(slots.into())
                    .build(handler.clone())
            })
            // apalis would restart the worker without a pause. If an unavailable database is
            // noticed at once, no other future on the same task would be polled.
            .should_restart(move |worker, error| {
                if !stopping.is_cancelled() {
                    tracing::warn!(worker = worker.name(), %error, "a worker lost its queue and is restarted");
                }
                false
            })
            .shutdown_timeout(config.shutdown_timeout);
        let cancelled = async move {
            cancelled.cancelled().await;
            Ok(())
        };
        // An error is the loss of the queue, which was logged above.
        let _ = monitor.run_with_signal(cancelled).await;
        if stop.run_until_cancelled(tokio::time::sleep(RESTART_PAUSE)).await.is_none() {
            return;
        }
    }
}
