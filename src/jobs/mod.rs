//! The working side of the queue: what each kind of job leads to, and who rings without being asked.
//!
//! apalis wakes a worker and guarantees that somebody looks. Leases, attempts, waits and outcomes are in `sync_runs`, so a
//! job always ends well for apalis: its own retries know no waiting and no end. With `queue/` the only room that knows
//! apalis; it knows no SQL of our tables and nothing of Halo. `app/` starts it.

mod schedule;
mod work;

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

/// How often the queue hears that a worker lives. Longer, and a wake-up that apalis lost would be noticed late.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A pause before a worker that lost its database is started again, so that a dead database is not hammered.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// What a stopping process gives the database to take its leases back. They end by themselves, only later.
const END_LEASES: Duration = Duration::from_secs(2);

/// Works until `stop`, then comes to a good point and gives back what it held. `queue` is a pool of its own, because
/// listening keeps a connection.
pub async fn run(ops: Ops, queue: PgPool, config: &WorkerConfig, stop: CancellationToken) {
    let name = format!("worker-{}-{}", std::process::id(), Uuid::new_v4().simple());
    let scheduler = tokio::spawn(schedule::run_scheduler(ops.clone(), config.sweep, stop.clone()));

    let context = work::Context { ops: ops.clone(), worker: name.clone(), stop: stop.clone() };
    tokio::join!(
        run_worker(&queue, config, Kind::SyncInteractive, config.interactive_concurrency, &context, work::sync),
        run_worker(&queue, config, Kind::SyncNightly, config.nightly_concurrency, &context, work::sync),
        run_worker(&queue, config, Kind::Maintenance, 1, &context, work::maintain),
    );
    scheduler.abort();
    // Whatever did not come to a good point in time goes on elsewhere.
    match tokio::time::timeout(END_LEASES, run::end_leases(&ops, &name)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "leases could not be ended; they end by themselves"),
        Err(_) => tracing::error!("the database does not answer: leases end by themselves"),
    }
}

/// Takes up one kind of job until `stop`, and begins anew whenever its queue was lost.
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
    let missed = usize::try_from(config.orphan.as_secs() / HEARTBEAT.as_secs()).unwrap_or(1).max(1);
    // One job at a time for each slot: apalis sends no heartbeat while fetched jobs wait.
    let of_queue = apalis_postgres::Config::default()
        .queue(kind.name())
        .batch_size(1)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(missed);
    let storage = PostgresStorage::<J>::new(queue).with_config(of_queue).with_pubsub().poll_with_interval(config.poll);
    let stop = &context.stop;
    loop {
        let (told, stopping) = (stop.clone(), stop.clone());
        let (storage, context, handler) = (storage.clone(), context.clone(), handler.clone());
        let monitor = Monitor::new()
            .register(move |_| {
                // A name is used once: under an old one, a dead worker's jobs would never be handed on.
                WorkerBuilder::new(format!("{}-{}-{}", kind.name(), std::process::id(), Uuid::new_v4().simple()))
                    .backend(storage.clone())
                    .data(context.clone())
                    .concurrency(slots.into())
                    .build(handler.clone())
            })
            // apalis would start it again without a pause, in one go: where a database that is away is noticed at once, nothing
            // else on the same task ever got its turn.
            .should_restart(move |worker, error| {
                if !stopping.is_cancelled() {
                    tracing::warn!(worker = worker.name(), %error, "a worker lost its queue and starts again");
                }
                false
            })
            .shutdown_timeout(config.shutdown_timeout);
        let told = async move {
            told.cancelled().await;
            Ok(())
        };
        // It was told to end, or lost its queue and said so.
        let _ = monitor.run_with_signal(told).await;
        if stop.run_until_cancelled(tokio::time::sleep(RESTART_PAUSE)).await.is_none() {
            return;
        }
    }
}
