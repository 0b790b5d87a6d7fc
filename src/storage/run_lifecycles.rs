//! Reads a run's lifecycle for a decision of the domain, and stores what was decided.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::{problem_json, read_problem};
use super::error::inconsistent;
use super::leases::interval;
use super::{Result, StorageError};
use crate::domain::run::{Impossible, Lease, Lifecycle, Night, RunEvent};
use crate::ids::{ClientId, PartnerId, RunId};

pub(super) struct Row {
    pub id: Uuid,
    pub now: DateTime<Utc>,
    pub state: String,
    pub client_ids: Option<Vec<Uuid>>,
    pub nightly_date: Option<NaiveDate>,
    pub nightly_requested_at: Option<DateTime<Utc>>,
    pub interactive: bool,
    pub queued_at: DateTime<Utc>,
    pub next_attempt_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub starts: i32,
    pub attempts: i32,
    pub total: i32,
    pub lease_token: Option<Uuid>,
    pub lease_until: Option<DateTime<Utc>>,
    pub leased_by: Option<String>,
    pub problem: Option<Value>,
    pub continued_by: Option<Uuid>,
}

/// A run whose row is locked until the transaction ends: a request, a worker and a cancellation
/// never decide about it at the same time.
#[derive(Clone, Debug)]
pub(super) struct LockedRun {
    pub id: RunId,
    /// The database's clock.
    pub now: DateTime<Utc>,
    pub lifecycle: Lifecycle,
    /// Requests to Halo that are counted with what is stored next.
    pub uncounted_requests: u32,
}

impl TryFrom<Row> for LockedRun {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let night = row.nightly_date.zip(row.nightly_requested_at);
        let (token, worker) = (row.lease_token, row.leased_by);
        let lifecycle = Lifecycle {
            state: row.state.parse().map_err(inconsistent("sync_runs", "state", row.id))?,
            clients: row.client_ids.map(|ids| ids.into_iter().map(ClientId).collect()),
            night: night.map(|(date, requested_at)| Night { date, requested_at }),
            interactive: row.interactive,
            queued_at: row.queued_at,
            next_attempt_at: row.next_attempt_at,
            started_at: row.started_at,
            read_at: row.read_at,
            finished_at: row.finished_at,
            starts: row.starts.unsigned_abs(),
            attempts: row.attempts.unsigned_abs(),
            total: row.total.unsigned_abs(),
            lease: row.lease_until.map(|until| Lease { token, until, worker }),
            problem: read_problem("sync_runs", row.id, row.problem)?,
            continued_by: row.continued_by.map(RunId),
        };
        Ok(Self { id: RunId(row.id), now: row.now, lifecycle, uncounted_requests: 0 })
    }
}

/// The partner's running and waiting run.
pub(super) async fn lock_open(db: &mut PgConnection, partner: PartnerId) -> Result<Vec<LockedRun>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, now() as "now!", state, client_ids, nightly_date, nightly_requested_at, interactive, queued_at,
                  next_attempt_at, started_at, read_at, finished_at, starts, attempts, total, lease_token,
                  lease_until, leased_by, problem, continued_by
           from sync_runs where partner_id = $1 and state in ('queued', 'running') order by id for no key update"#,
        partner.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(LockedRun::try_from).collect()
}

/// The running runs of a worker process.
pub(super) async fn lock_of_worker(db: &mut PgConnection, worker: &str) -> Result<Vec<LockedRun>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, now() as "now!", state, client_ids, nightly_date, nightly_requested_at, interactive, queued_at,
                  next_attempt_at, started_at, read_at, finished_at, starts, attempts, total, lease_token,
                  lease_until, leased_by, problem, continued_by
           from sync_runs where leased_by = $1 and state = 'running' order by id for no key update"#,
        worker
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(LockedRun::try_from).collect()
}

/// The run, if this lease on it lasts.
pub(super) async fn lock_leased(db: &mut PgConnection, run: RunId, token: Uuid) -> Result<LockedRun> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, now() as "now!", state, client_ids, nightly_date, nightly_requested_at, interactive, queued_at,
                  next_attempt_at, started_at, read_at, finished_at, starts, attempts, total, lease_token,
                  lease_until, leased_by, problem, continued_by
           from sync_runs where id = $1 and lease_token = $2 and lease_until > now() for no key update"#,
        run.0,
        token
    )
    .fetch_optional(db)
    .await?;
    row.ok_or(StorageError::LeaseLost)?.try_into()
}

/// Renews this lease if it lasts: it lasts for `length` from now.
pub(super) async fn renew(db: &mut PgConnection, run: RunId, token: Uuid, length: Duration) -> Result<()> {
    let renewed = sqlx::query!(
        "update sync_runs set lease_until = now() + $3 where id = $1 and lease_token = $2 and lease_until > now()",
        run.0,
        token,
        interval(length)
    );
    match renewed.execute(db).await?.rows_affected() {
        0 => Err(StorageError::LeaseLost),
        _ => Ok(()),
    }
}

impl LockedRun {
    /// Has the domain decide what the event makes of the run, and stores it. For events that the
    /// lock has made possible. Returns the run that waits behind this one.
    pub async fn apply(&mut self, db: &mut PgConnection, event: &RunEvent) -> Result<Option<Waiting>> {
        let after = self.lifecycle.apply(event, self.now).map_err(|why| self.impossible(why))?;
        let waiting = store(db, self.id, &after, std::mem::take(&mut self.uncounted_requests)).await?;
        self.lifecycle = after;
        Ok(waiting)
    }

    fn impossible(&self, why: Impossible) -> StorageError {
        inconsistent("sync_runs", "state", self.id.0)(format!("{why:?}"))
    }
}

/// A queued run that a worker has to be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub run: RunId,
    pub interactive: bool,
}

/// Writes a run that is locked, and adds `requests` that were sent to Halo. Returns the run that
/// waits behind this one, if its time has come.
pub(super) async fn store(db: &mut PgConnection, id: RunId, run: &Lifecycle, requests: u32) -> Result<Option<Waiting>> {
    let clients: Option<Vec<_>> = run.clients.as_ref().map(|ids| ids.iter().map(|id| id.0).collect());
    let lease = run.lease.as_ref();
    let waiting = sqlx::query!(
        r#"with waiting as (
             select id, interactive from sync_runs
             where partner_id = (select partner_id from sync_runs where id = $1)
               and id <> $1 and state = 'queued' and next_attempt_at <= now()
         )
         update sync_runs set
             state = $2, client_ids = $3, nightly_date = $4, nightly_requested_at = $5, interactive = $6,
             next_attempt_at = $7, started_at = $8, read_at = $9, finished_at = $10, starts = $11, attempts = $12,
             lease_token = $13, lease_until = $14, leased_by = $15, problem = $16, continued_by = $17,
             total = $18, halo_requests = halo_requests + $19
         where id = $1
         returning (select id from waiting) as waiting, (select interactive from waiting) as interactive"#,
        id.0,
        run.state.as_str(),
        clients.as_deref(),
        run.night.map(|night| night.date),
        run.night.map(|night| night.requested_at),
        run.interactive,
        run.next_attempt_at,
        run.started_at,
        run.read_at,
        run.finished_at,
        i32::try_from(run.starts).unwrap_or(i32::MAX),
        i32::try_from(run.attempts).unwrap_or(i32::MAX),
        lease.and_then(|lease| lease.token),
        lease.map(|lease| lease.until),
        lease.and_then(|lease| lease.worker.as_deref()),
        problem_json(run.problem.as_ref()),
        run.continued_by.map(|id| id.0),
        i32::try_from(run.total).unwrap_or(i32::MAX),
        i32::try_from(requests).unwrap_or(i32::MAX)
    );
    let waiting = waiting.fetch_optional(db).await?;
    let waiting = waiting.and_then(|row| row.waiting.zip(row.interactive));
    Ok(waiting.map(|(run, interactive)| Waiting { run: RunId(run), interactive }))
}
