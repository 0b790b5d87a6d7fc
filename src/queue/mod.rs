//! The job queue: the kinds of job, and enqueueing one inside the caller's transaction.
//!
//! A job carries the id of a run, or of a delivery to a webhook, and nothing else. The queue hands
//! jobs to workers; what is to be done, its attempts and its result are in `sync_runs` and
//! `webhook_deliveries`. So a job that is handed out twice does no harm, and maintenance enqueues a
//! lost one again. What a job leads to is in `jobs/`; only these two modules know apalis.
//!
//! Jobs are inserted by a statement of our own, because apalis' insert cannot ignore a duplicate: a
//! duplicate would abort the caller's transaction.

use std::time::Duration;

use apalis_postgres::PostgresStorage;
use serde::{Deserialize, Serialize};
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, PgPool};

use crate::ids::{RunId, WebhookDeliveryId};

/// The kinds of job. Their names are stored with jobs that are waiting: a name is never given
/// another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sync that a user waits for.
    SyncInteractive,
    /// A nightly sync.
    SyncNightly,
    /// An event for a partner's webhook. Receivers may be slow: such jobs hold no sync.
    WebhookDelivery,
    /// Scheduled work, once for all processes together: due nightly syncs, orphaned runs, old jobs.
    Maintenance,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::SyncInteractive, Kind::SyncNightly, Kind::WebhookDelivery, Kind::Maintenance];

    pub fn name(self) -> &'static str {
        match self {
            Kind::SyncInteractive => "sync.interactive",
            Kind::SyncNightly => "sync.nightly",
            Kind::WebhookDelivery => "webhook.delivery",
            Kind::Maintenance => "maintenance",
        }
    }
}

/// The payload of a sync job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncJob {
    pub run: RunId,
}

/// The payload of a delivery job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryJob {
    pub delivery: WebhookDeliveryId,
}

/// The tasks of maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaintenanceTask {
    /// Finds runs without a worker and without a job, and enqueues them again.
    RequeueOrphans,
    /// Enqueues due nightly syncs, and runs the housekeeping that is due.
    EnqueueNightly,
    /// Turns what has happened into deliveries to webhooks, and disables webhooks that take none.
    ReportEvents,
}

/// The payload of a maintenance job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceJob {
    pub task: MaintenanceTask,
}

/// Enqueues a job for the run, to be delivered after `wait`, as part of the caller's transaction.
pub async fn enqueue(db: &mut PgConnection, run: RunId, interactive: bool, wait: Duration) -> sqlx::Result<()> {
    let kind = if interactive { Kind::SyncInteractive } else { Kind::SyncNightly };
    insert(db, kind, &SyncJob { run }, wait).await
}

/// Enqueues jobs for orphaned runs, interactive ones first. A run whose job still waits for a
/// worker gets no second one: otherwise jobs would pile up while all workers are busy.
pub async fn requeue_orphaned(db: &mut PgConnection, runs: &[(RunId, bool)]) -> sqlx::Result<()> {
    let (kinds, jobs): (Vec<_>, Vec<_>) = runs
        .iter()
        .map(|(run, interactive)| {
            let kind = if *interactive { Kind::SyncInteractive } else { Kind::SyncNightly };
            (kind.name().to_owned(), serde_json::to_string(&SyncJob { run: *run }).expect("a job is plain data"))
        })
        .unzip();
    insert_unless_waiting(db, &kinds, &jobs).await
}

/// Enqueues a job for the delivery, after `wait`, as part of the caller's transaction.
pub async fn enqueue_delivery(db: &mut PgConnection, delivery: WebhookDeliveryId, wait: Duration) -> sqlx::Result<()> {
    insert(db, Kind::WebhookDelivery, &DeliveryJob { delivery }, wait).await
}

/// Enqueues jobs for deliveries that are due. One whose job still waits for a worker gets no second
/// one.
pub async fn enqueue_deliveries(db: &mut PgConnection, deliveries: &[WebhookDeliveryId]) -> sqlx::Result<()> {
    let job = |id: &WebhookDeliveryId| serde_json::to_string(&DeliveryJob { delivery: *id });
    let jobs: Vec<_> = deliveries.iter().map(|id| job(id).expect("a job is plain data")).collect();
    insert_unless_waiting(db, &vec![Kind::WebhookDelivery.name().to_owned(); jobs.len()], &jobs).await
}

/// Enqueues maintenance jobs, each with the number of its interval. However many processes enqueue
/// the same task for the same interval, there is one job.
pub async fn enqueue_maintenance(db: &mut PgConnection, tasks: &[(MaintenanceTask, i64)]) -> sqlx::Result<()> {
    let (jobs, keys): (Vec<_>, Vec<_>) = tasks
        .iter()
        .map(|&(task, number)| {
            let job = serde_json::to_string(&MaintenanceJob { task }).expect("a job is plain data");
            (job, format!("{task:?} {number}"))
        })
        .unzip();
    sqlx::query!(
        "insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority, metadata,
                                  idempotency_key)
         select apalis.generate_ulid(), $1, convert_to(job, 'UTF8'), 'Pending', 0, 1, now(), 0, ''::hstore, key
         from unnest($2::text[], $3::text[]) as tasks (job, key)
         on conflict (job_type, idempotency_key) do nothing",
        Kind::Maintenance.name(),
        &jobs,
        &keys
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Inserts jobs of these kinds that are due now, but for those that a job of theirs waits for.
async fn insert_unless_waiting(db: &mut PgConnection, kinds: &[String], jobs: &[String]) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority, metadata)
         select apalis.generate_ulid(), kind, convert_to(lost, 'UTF8'), 'Pending', 0, 1, now(), 0, ''::hstore
         from unnest($1::text[], $2::text[]) as l (kind, lost)
         where not exists (select from apalis.jobs j
                           where j.status = 'Pending' and j.run_at <= now() and j.job_type = l.kind
                             and j.job = convert_to(l.lost, 'UTF8'))",
        kinds,
        jobs
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn insert<T: Serialize>(db: &mut PgConnection, kind: Kind, job: &T, wait: Duration) -> sqlx::Result<()> {
    let job = serde_json::to_string(job).expect("a job is plain data");
    let wait = PgInterval { months: 0, days: 0, microseconds: i64::try_from(wait.as_micros()).unwrap_or(i64::MAX) };
    sqlx::query!(
        "insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority, metadata)
         values (apalis.generate_ulid(), $1, convert_to($2, 'UTF8'), 'Pending', 0, 1, now() + $3, 0, ''::hstore)",
        kind.name(),
        job,
        wait
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes jobs that ended an hour ago, and returns their number.
pub async fn prune_jobs(db: &mut PgConnection) -> sqlx::Result<i64> {
    let removed = sqlx::query!(
        "delete from apalis.jobs
         where status in ('Done', 'Killed', 'Failed') and coalesce(done_at, run_at) < now() - interval '1 hour'"
    );
    Ok(i64::try_from(removed.execute(db).await?.rows_affected()).unwrap_or(i64::MAX))
}

/// Removes workers without a heartbeat for a day, and returns their number. Jobs refer to the
/// worker that holds them, which stays as long.
pub async fn prune_workers(db: &mut PgConnection) -> sqlx::Result<i64> {
    let removed = sqlx::query!(
        "delete from apalis.workers w
         where last_seen < now() - interval '1 day' and not exists (select from apalis.jobs j where j.lock_by = w.id)"
    );
    Ok(i64::try_from(removed.execute(db).await?.rows_affected()).unwrap_or(i64::MAX))
}

/// Creates the queue's own tables, as the owner of the database, and lets the application use them.
pub async fn set_up(owner: &PgPool) -> Result<(), SetUpError> {
    PostgresStorage::setup(owner).await?;
    for statement in [
        // Postgres expects a tenth of all waiting jobs from this function, which hands out one, and
        // reads the whole table to find their rows.
        "alter function apalis.get_jobs set enable_hashjoin = off",
        "alter function apalis.get_jobs set enable_mergejoin = off",
        // To end a job, apalis reads all that its worker holds, and a job stays its worker's when
        // it has ended: in a night of ten thousand, that would be all that were done before.
        "create or replace function apalis.release_ended_job() returns trigger language plpgsql
         as 'begin new.lock_by := null; return new; end'",
        "create or replace trigger release_ended_job before update of status on apalis.jobs for each row
         when (new.status in ('Done', 'Failed', 'Killed')) execute function apalis.release_ended_job()",
        "grant usage on schema apalis to infima_app",
        "grant select, insert, update, delete on apalis.jobs, apalis.workers to infima_app",
        "grant execute on all functions in schema apalis to infima_app",
    ] {
        sqlx::query(statement).execute(owner).await?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error(
        "the queue's tables could not be created; its owner must be allowed to add the extensions hstore and pgcrypto"
    )]
    Tables(#[from] apalis_postgres::Error),
    #[error("the queue's tables could not be prepared for the application")]
    Preparation(#[from] sqlx::Error),
}
