//! Who may write to Halo for a partner: one run at a time, for as long as its lease lasts; and what
//! its holder writes down of the run itself.
//!
//! A lease ends by Postgres' clock. A worker that takes over a run whose lease ended waits for
//! another request's time-out, so that a request of the last owner has ended by then. A worker that
//! begins another run after a cancelled one waits as well.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::connections::problem_json;
use super::{Db, Result, StorageError, Tx, partners};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::problem::Problem;
use crate::domain::run::{RunState, Trigger};
use crate::ids::{ClientId, PartnerId, RunId};

/// Proof that this process runs this sync. Made by [`claim`] alone; every write of the run checks
/// it.
#[derive(Clone, Debug)]
pub struct SyncLease {
    run: RunId,
    scope: PartnerScope,
    token: Uuid,
}

impl SyncLease {
    pub fn run(&self) -> RunId {
        self.run
    }

    pub fn scope(&self) -> &PartnerScope {
        &self.scope
    }

    pub fn partner(&self) -> PartnerId {
        self.scope.partner()
    }
}

/// A run that was just claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub lease: SyncLease,
    pub trigger: Trigger,
    pub clients: Option<Vec<ClientId>>,
    /// When a user, or the nightly schedule, last requested the run.
    pub asked_at: DateTime<Utc>,
    /// How often it was started, this time included: a run that kills its worker is not started for
    /// ever.
    pub starts: u32,
    /// How many attempts failed because Halo was not available.
    pub attempts: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct LeaseTerms {
    pub length: Duration,
    /// How long after a lease's end a request of its owner may still be under way.
    pub grace: Duration,
}

/// Claims the run if it is due and no other worker holds a lease for that partner. Returns `None`
/// if the run is finished, held by another worker, or not yet due: its own job or the sweep wakes a
/// worker later.
pub async fn claim(
    db: &mut PgConnection,
    _: SystemScope,
    run: RunId,
    worker: &str,
    terms: LeaseTerms,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>> {
    let token = Uuid::new_v4();
    let claimed = sqlx::query!(
        r#"update sync_runs r set
             state = 'running', starts = starts + 1, lease_token = $2, lease_until = now() + $3,
             leased_by = $4, started_at = coalesce(started_at, $6), read_at = null
         where id = $1
           -- A run of an archived partner is not begun, also if it was queued after the archiving.
           and exists (select from partners p where p.id = r.partner_id and p.state = 'active')
           and ((state = 'queued' and next_attempt_at <= now()
                 and not exists (select from sync_runs c
                                 where c.partner_id = r.partner_id and c.state = 'cancelled' and c.lease_until + $5 >= now()))
                or (state = 'running' and lease_until + $5 < now()))
         returning partner_id, trigger, client_ids, greatest(queued_at, nightly_requested_at) as "asked_at!", starts, attempts"#,
        run.0,
        token,
        interval(terms.length),
        worker,
        interval(terms.grace),
        now
    )
    .fetch_optional(&mut *db)
    .await
    .map_err(StorageError::from);
    match claimed {
        Ok(Some(row)) => Ok(Some(Claimed {
            lease: SyncLease { run, scope: PartnerScope::for_worker(PartnerId(row.partner_id)), token },
            trigger: row.trigger.parse().map_err(super::error::inconsistent("sync_runs", "trigger", run.0))?,
            clients: row.client_ids.map(|ids| ids.into_iter().map(ClientId).collect()),
            asked_at: row.asked_at,
            starts: row.starts.unsigned_abs(),
            attempts: row.attempts.unsigned_abs(),
        })),
        Ok(None) => Ok(None),
        Err(error) if error.violates("one_running_run_per_partner") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Renews the lease if it is still held: it lasts for `length` from now, and no request may outlive
/// it.
pub async fn renew(db: &mut PgConnection, lease: &SyncLease, length: Duration) -> Result<()> {
    sqlx::query!(
        "update sync_runs set lease_until = now() + $3 where id = $1 and lease_token = $2 and lease_until > now()
         returning id",
        lease.run.0,
        lease.token,
        interval(length)
    )
    .fetch_optional(db)
    .await?
    .ok_or(StorageError::LeaseLost)?;
    Ok(())
}

/// A transaction of the run that holds this lease. The lease's row stays locked until the
/// transaction ends, so that no other worker takes the run over meanwhile: what a run writes takes
/// this type, and a worker that was taken for dead cannot make one.
pub struct LeasedTx<'l> {
    tx: Tx,
    lease: &'l SyncLease,
}

impl<'l> LeasedTx<'l> {
    /// Fails with [`StorageError::LeaseLost`] when the lease has ended.
    pub async fn begin(db: &Db, lease: &'l SyncLease) -> Result<Self> {
        let mut tx = db.begin(&lease.scope).await?;
        ensure_held(&mut tx, lease).await?;
        Ok(Self { tx, lease })
    }

    /// Locks the partner before the lease, for what ends a run: enqueueing and disconnecting
    /// lock both, the partner first, and two transactions that lock in different orders
    /// would wait for each other.
    pub async fn begin_with_partner(db: &Db, lease: &'l SyncLease) -> Result<Self> {
        let mut tx = db.begin(&lease.scope).await?;
        partners::lock(&mut tx, &lease.scope).await?;
        ensure_held(&mut tx, lease).await?;
        Ok(Self { tx, lease })
    }

    pub fn lease(&self) -> &'l SyncLease {
        self.lease
    }
}

/// For the commit, which is the same for every transaction of a sync.
impl From<LeasedTx<'_>> for Tx {
    fn from(leased: LeasedTx<'_>) -> Self {
        leased.tx
    }
}

impl Deref for LeasedTx<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for LeasedTx<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// Checks the lease and keeps it from being taken over until the transaction ends.
async fn ensure_held(db: &mut PgConnection, lease: &SyncLease) -> Result<()> {
    sqlx::query!(
        "select id from sync_runs where id = $1 and lease_token = $2 and lease_until > now() for no key update",
        lease.run.0,
        lease.token
    )
    .fetch_optional(db)
    .await?
    .ok_or(StorageError::LeaseLost)?;
    Ok(())
}

/// Ends every lease of `worker`, which is being stopped and writes nothing more. A request of that
/// worker may still be in flight, so the next worker waits as after any lease's end.
pub async fn end_all(db: &mut PgConnection, _: SystemScope, worker: &str) -> Result<Vec<(RunId, bool)>> {
    let rows = sqlx::query!(
        "update sync_runs set lease_until = least(lease_until, now()) where leased_by = $1 and state = 'running'
         returning id, interactive",
        worker
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (RunId(row.id), row.interactive)).collect())
}

/// From here on, what is asked for is no longer covered by this run.
pub async fn start_reading(db: &mut PgConnection, lease: &SyncLease) -> Result<()> {
    sqlx::query!(
        "update sync_runs set read_at = now() where id = $1 and lease_token = $2 and lease_until > now() returning id",
        lease.run.0,
        lease.token
    )
    .fetch_optional(db)
    .await?
    .ok_or(StorageError::LeaseLost)?;
    Ok(())
}

/// Sets how many associations the run looks at.
pub async fn set_total(tx: &mut LeasedTx<'_>, total: u32) -> Result<()> {
    sqlx::query!(
        "update sync_runs set total = $2 where id = $1",
        tx.lease.run.0,
        i32::try_from(total).unwrap_or(i32::MAX)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds requests that were sent to Halo. They count even if the lease was lost.
pub async fn count_requests(db: &mut PgConnection, lease: &SyncLease, requests: u32) -> Result<()> {
    sqlx::query!(
        "update sync_runs set halo_requests = halo_requests + $2 where id = $1",
        lease.run.0,
        i32::try_from(requests).unwrap_or(i32::MAX)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the run.
pub async fn finish(
    tx: &mut LeasedTx<'_>,
    state: RunState,
    problem: Option<&Problem>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update sync_runs set state = $2, problem = $3, finished_at = $4, lease_token = null, lease_until = null
         where id = $1",
        tx.lease.run.0,
        state.as_str(),
        problem_json(problem),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The run that continues one that has to pause: itself, or the one that was waiting already. A
/// worker has to be woken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continued {
    pub run: RunId,
    pub interactive: bool,
}

/// Returns the run to the queue as it was: its worker is being stopped, and another one continues
/// at once. If another run waits already, that one takes over its clients.
pub async fn give_back(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<Continued> {
    if let Some(continued) = join_waiting(tx, None).await? {
        finish(tx, RunState::Cancelled, None, now).await?;
        return Ok(continued);
    }
    wait(tx, None).await
}

/// Why a run resumes later, and when.
#[derive(Clone, Debug)]
pub struct Pause {
    pub wait: Duration,
    pub counts_as_attempt: bool,
    /// The pause is for some clients' sake: a run that waits for others need not wait.
    pub for_some: bool,
    pub problem: Problem,
}

/// Puts the run back, to be tried after the pause. If another run waits already, that one takes
/// over its clients.
pub async fn put_back(tx: &mut LeasedTx<'_>, pause: &Pause, now: DateTime<Utc>) -> Result<Continued> {
    if let Some(continued) = join_waiting(tx, Some(pause)).await? {
        finish(tx, RunState::Failed, Some(&pause.problem), now).await?;
        return Ok(continued);
    }
    wait(tx, Some(pause)).await
}

/// Hands what is left of this run to the waiting one, if there is one. The partner has to be
/// locked.
async fn join_waiting(tx: &mut LeasedTx<'_>, pause: Option<&Pause>) -> Result<Option<Continued>> {
    let pause_for_all = pause.filter(|pause| !pause.for_some).map_or(Duration::ZERO, |pause| pause.wait);
    let waiting = sqlx::query!(
        "update sync_runs w set
             client_ids = case when w.client_ids is null or r.client_ids is null then null
                               else w.client_ids || r.client_ids end,
             interactive = w.interactive or r.interactive,
             attempts = greatest(w.attempts, r.attempts),
             next_attempt_at = greatest(w.next_attempt_at, now() + $2),
             problem = coalesce($3, w.problem)
         from sync_runs r
         where r.id = $1 and w.partner_id = r.partner_id and w.state = 'queued'
         returning w.id, w.interactive",
        tx.lease.run.0,
        interval(pause_for_all),
        problem_json(pause.map(|pause| &pause.problem))
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(waiting.map(|row| Continued { run: RunId(row.id), interactive: row.interactive }))
}

/// Returns this run to the queue until the pause is over.
async fn wait(tx: &mut LeasedTx<'_>, pause: Option<&Pause>) -> Result<Continued> {
    let interactive = sqlx::query_scalar!(
        "update sync_runs set state = 'queued', lease_token = null, lease_until = null, leased_by = null,
             next_attempt_at = now() + $2, attempts = attempts + $3, problem = $4, starts = 0
         where id = $1
         returning interactive",
        tx.lease.run.0,
        interval(pause.map_or(Duration::ZERO, |pause| pause.wait)),
        i32::from(pause.is_some_and(|pause| pause.counts_as_attempt)),
        problem_json(pause.map(|pause| &pause.problem))
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Continued { run: tx.lease.run, interactive })
}

pub(super) fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}
