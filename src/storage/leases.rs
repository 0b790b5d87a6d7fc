//! Who may write to Halo for a partner: one run at a time, for as long as its lease lasts; and what
//! its holder writes down of the run itself.
//!
//! A lease ends by Postgres' clock. A worker that takes over a run whose lease ended waits for
//! another request's time-out, so that a request of the last owner has ended by then. A worker that
//! begins another run after a cancelled one waits as well.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::error::inconsistent;
use super::lifecycles::{self, LockedAssociations, LockedBehindLease};
pub use super::run_lifecycles::Waiting;
use super::run_lifecycles::{self, LockedRun};
use super::{Db, Result, StorageError, Tx, connections, partners};
use crate::auth::{PartnerScope, SystemScope};
use crate::clock::Clock;
use crate::domain::run::{Claim, Pause, RunEvent, RunState, Trigger};
use crate::ids::{AssociationId, ClientId, PartnerId, RunId};

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
    /// How often it was started without an end, this time included.
    pub starts: u32,
    /// For how long the run is to be set aside, because workers died during it again and again.
    pub cool_down: Option<Duration>,
    /// How many attempts failed because Halo was not available.
    pub attempts: u32,
    /// When the run was claimed, by Postgres' clock and by one that never jumps.
    claimed_at: (DateTime<Utc>, Instant),
}

impl Claimed {
    /// The time by the clock that all processes share.
    pub fn now(&self, clock: &Clock) -> DateTime<Utc> {
        let (at, since) = self.claimed_at;
        clock.shared(at + since.elapsed())
    }
}

#[derive(Clone, Copy, Debug)]
pub struct LeaseTerms {
    pub length: Duration,
    /// How long after a lease's end a request of its owner may still be under way.
    pub grace: Duration,
    /// For how long a run is set aside at first after workers died during it.
    pub cool_down: Duration,
}

/// Claims the run if it is due and no other worker holds a lease for that partner. Returns `None`
/// if the run is finished, held by another worker, or not yet due: its own job or the sweep wakes a
/// worker later. The same if a worker died during the run and it would not be `alone`, the only
/// such run in this process.
pub async fn claim(
    tx: &mut Tx,
    _: SystemScope,
    run: RunId,
    worker: &str,
    alone: bool,
    terms: LeaseTerms,
    at: DateTime<Utc>,
) -> Result<Option<Claimed>> {
    let row = sqlx::query!(
        r#"select r.partner_id, r.trigger, p.state as partner_state, now() as "now!", r.state, r.client_ids,
                  r.nightly_date, r.nightly_requested_at, r.interactive, r.queued_at, r.next_attempt_at, r.started_at,
                  r.read_at, r.finished_at, r.starts, r.attempts, r.total, r.lease_token, r.lease_until, r.leased_by, r.problem,
                  r.continued_by,
                  (select max(c.lease_until) from sync_runs c
                   where c.partner_id = r.partner_id and c.state = 'cancelled')
                      as cancelled_until
           from sync_runs r join partners p on p.id = r.partner_id
           where r.id = $1
           for no key update of r"#,
        run.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let token = Uuid::new_v4();
    let claim = Claim {
        token,
        worker: worker.to_owned(),
        length: terms.length,
        grace: terms.grace,
        partner: row.partner_state.parse().map_err(inconsistent("partners", "state", row.partner_id))?,
        alone,
        cancelled_until: row.cancelled_until,
        at,
    };
    let trigger = row.trigger.parse().map_err(inconsistent("sync_runs", "trigger", run.0))?;
    let scope = PartnerScope::for_worker(PartnerId(row.partner_id));
    let locked = LockedRun::try_from(run_lifecycles::Row {
        id: run.0,
        now: row.now,
        state: row.state,
        client_ids: row.client_ids,
        nightly_date: row.nightly_date,
        nightly_requested_at: row.nightly_requested_at,
        interactive: row.interactive,
        queued_at: row.queued_at,
        next_attempt_at: row.next_attempt_at,
        started_at: row.started_at,
        read_at: row.read_at,
        finished_at: row.finished_at,
        starts: row.starts,
        attempts: row.attempts,
        total: row.total,
        lease_token: row.lease_token,
        lease_until: row.lease_until,
        leased_by: row.leased_by,
        problem: row.problem,
        continued_by: row.continued_by,
    })?;
    let claimed_at = (locked.now, Instant::now());
    let Ok(claimed) = locked.lifecycle.apply(&RunEvent::Claimed(claim), locked.now) else { return Ok(None) };
    match run_lifecycles::store(tx, run, &claimed, 0).await {
        Ok(_) => {}
        Err(error) if error.violates("one_running_run_per_partner") => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok(Some(Claimed {
        lease: SyncLease { run, scope, token },
        trigger,
        asked_at: claimed.requested_at(),
        clients: claimed.clients,
        starts: claimed.starts,
        cool_down: locked.lifecycle.cool_down(terms.cool_down),
        attempts: claimed.attempts,
        claimed_at,
    }))
}

/// Renews the lease if it is still held: it lasts for `length` from now.
pub async fn renew(db: &Db, lease: &SyncLease, length: Duration) -> Result<()> {
    let mut tx = db.begin_unflushed(&lease.scope).await?;
    run_lifecycles::renew(&mut tx, lease.run, lease.token, length).await?;
    tx.commit().await?;
    Ok(())
}

/// A transaction of the run that holds this lease. The lease's row stays locked until the
/// transaction ends, so that no other worker takes the run over meanwhile: what a run writes takes
/// this type, and a worker that was taken for dead cannot make one. It begins with
/// [`super::StorageError::LeaseLost`] when the lease has ended.
pub struct LeasedTx<'l> {
    tx: Tx,
    lease: &'l SyncLease,
    now: DateTime<Utc>,
}

/// A transaction of a run, with what is locked behind the lease, in the same statement.
pub struct Begun<'l> {
    pub tx: LeasedTx<'l>,
    /// The revision of the partner's connection; `None` without one.
    pub connection_revision: Option<i32>,
    pub associations: LockedAssociations,
}

impl<'l> LeasedTx<'l> {
    pub async fn begin(db: &Db, lease: &'l SyncLease) -> Result<Self> {
        Self::hold(db.begin_of_run(&lease.scope).await?, lease).await
    }

    /// The same for what changes associations.
    pub async fn begin_locking(db: &Db, lease: &'l SyncLease, ids: &[AssociationId]) -> Result<Begun<'l>> {
        let mut tx = db.begin_of_run(&lease.scope).await?;
        let locked = lifecycles::lock_behind_lease(&mut tx, lease.partner(), (lease.run, lease.token), ids).await?;
        Self::behind(tx, lease, locked).await
    }

    /// The same for what stores the intent of a write to Halo. It renews the lease, which lasts for
    /// `length` from now: no request may outlive it.
    pub async fn begin_renewed(
        db: &Db,
        lease: &'l SyncLease,
        length: Duration,
        id: AssociationId,
    ) -> Result<Begun<'l>> {
        let mut tx = db.begin_of_run(&lease.scope).await?;
        let run = (lease.run, lease.token);
        let locked = lifecycles::lock_behind_renewed_lease(&mut tx, lease.partner(), run, length, id).await?;
        Self::behind(tx, lease, locked).await
    }

    async fn behind(tx: Tx, lease: &'l SyncLease, locked: Option<LockedBehindLease>) -> Result<Begun<'l>> {
        if let Some(LockedBehindLease { now, connection_revision, associations }) = locked {
            return Ok(Begun { tx: Self { tx, lease, now }, connection_revision, associations });
        }
        // The lease has ended, or there is none of the associations.
        let mut tx = Self::hold(tx, lease).await?;
        let connection_revision = connections::revision(&mut tx, &lease.scope).await?;
        Ok(Begun { tx, connection_revision, associations: LockedAssociations::default() })
    }

    async fn hold(mut tx: Tx, lease: &'l SyncLease) -> Result<Self> {
        let held = sqlx::query_scalar!(
            r#"select now() as "now!" from sync_runs
               where id = $1 and lease_token = $2 and lease_until > now() for no key update"#,
            lease.run.0,
            lease.token
        );
        let now = held.fetch_optional(&mut *tx).await?.ok_or(StorageError::LeaseLost)?;
        Ok(Self { tx, lease, now })
    }

    /// Locks associations, for a transaction that changes something else before them.
    pub async fn lock(&mut self, ids: &[AssociationId]) -> Result<LockedAssociations> {
        let run = (self.lease.run, self.lease.token);
        let locked = lifecycles::lock_behind_lease(&mut self.tx, self.lease.partner(), run, ids).await?;
        Ok(locked.map(|locked| locked.associations).unwrap_or_default())
    }

    pub fn lease(&self) -> &'l SyncLease {
        self.lease
    }

    /// When the transaction began, by the clock that all processes share.
    pub fn now(&self, clock: &Clock) -> DateTime<Utc> {
        clock.shared(self.now)
    }
}

/// A transaction that changes the run itself, which holds this lease.
pub struct RunTx<'l> {
    tx: LeasedTx<'l>,
    run: LockedRun,
}

impl<'l> RunTx<'l> {
    pub async fn begin(db: &Db, lease: &'l SyncLease) -> Result<Self> {
        Self::lock(db.begin_of_run(&lease.scope).await?, lease).await
    }

    /// Locks the partner before the lease, for what ends a run: enqueueing and disconnecting
    /// lock both, the partner first, and two transactions that lock in different orders
    /// would wait for each other.
    pub async fn begin_with_partner(db: &Db, lease: &'l SyncLease) -> Result<Self> {
        let mut tx = db.begin_of_run(&lease.scope).await?;
        partners::lock(&mut tx, &lease.scope).await?;
        Self::lock(tx, lease).await
    }

    async fn lock(mut tx: Tx, lease: &'l SyncLease) -> Result<Self> {
        let run = run_lifecycles::lock_leased(&mut tx, lease.run, lease.token).await?;
        Ok(Self { tx: LeasedTx { tx, lease, now: run.now }, run })
    }

    /// Adds requests that were sent to Halo to the run, with the next event that is applied.
    pub fn count_requests(&mut self, requests: u32) {
        self.run.uncounted_requests += requests;
    }

    /// Has the domain decide what the event makes of the run, and stores it.
    pub async fn apply(&mut self, event: &RunEvent) -> Result<()> {
        self.run.apply(&mut self.tx.tx, event).await?;
        Ok(())
    }

    /// The same with an event that ends the run. Returns its state, and the run that has waited for
    /// it, if its time has come.
    pub async fn end(&mut self, event: &RunEvent) -> Result<(RunState, Option<Waiting>)> {
        let waiting = self.run.apply(&mut self.tx.tx, event).await?;
        Ok((self.run.lifecycle.state, waiting))
    }
}

/// For the commit, which is the same for every transaction of a sync.
impl From<LeasedTx<'_>> for Tx {
    fn from(leased: LeasedTx<'_>) -> Self {
        leased.tx
    }
}

impl From<RunTx<'_>> for Tx {
    fn from(run: RunTx<'_>) -> Self {
        run.tx.tx
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

impl<'l> Deref for RunTx<'l> {
    type Target = LeasedTx<'l>;

    fn deref(&self) -> &LeasedTx<'l> {
        &self.tx
    }
}

impl<'l> DerefMut for RunTx<'l> {
    fn deref_mut(&mut self) -> &mut LeasedTx<'l> {
        &mut self.tx
    }
}

/// Ends every lease of `worker`, which is being stopped and writes nothing more. A request of that
/// worker may still be in flight, so the next worker waits as after any lease's end.
pub async fn end_all(db: &mut PgConnection, _: SystemScope, worker: &str) -> Result<Vec<(RunId, bool)>> {
    let mut ended = Vec::new();
    for mut run in run_lifecycles::lock_of_worker(db, worker).await? {
        run.apply(db, &RunEvent::WorkerEnded).await?;
        ended.push((run.id, run.lifecycle.interactive));
    }
    Ok(ended)
}

/// Adds requests that were sent to Halo by an attempt that does not end the run itself.
pub async fn count_requests(db: &Db, lease: &SyncLease, requests: u32) -> Result<()> {
    let mut tx = db.begin(&lease.scope).await?;
    sqlx::query!(
        "update sync_runs set halo_requests = halo_requests + $2 where id = $1",
        lease.run.0,
        i32::try_from(requests).unwrap_or(i32::MAX)
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Puts the run back into the queue, until the pause is over or, without one, for another worker at
/// once. If another run waits already, that one continues with the clients that are `left` of this
/// one; `None` if this one had not read its clients. Returns the run that continues, itself or that
/// other one. The partner has to be locked.
pub async fn put_back(
    tx: &mut RunTx<'_>,
    left: Option<Vec<ClientId>>,
    pause: Option<&Pause>,
    at: DateTime<Utc>,
) -> Result<Waiting> {
    let partner = tx.lease().partner();
    let open = run_lifecycles::lock_open(tx, partner).await?;
    let waiting = open.into_iter().find(|run| run.lifecycle.state == RunState::Queued);
    let Some(mut waiting) = waiting else {
        tx.apply(&pause.map_or(RunEvent::Released, |pause| RunEvent::Paused(pause.clone()))).await?;
        return Ok(Waiting { run: tx.lease().run, interactive: tx.run.lifecycle.interactive });
    };
    let from = Box::new(tx.run.lifecycle.clone());
    waiting.apply(tx, &RunEvent::TookOver { from, left, pause: pause.cloned() }).await?;
    tx.apply(&RunEvent::HandedOver { to: waiting.id, at }).await?;
    Ok(Waiting { run: waiting.id, interactive: waiting.lifecycle.interactive })
}

pub(super) fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}
