//! Who may write to Halo for a partner: one run at a time, for as long as its lease lasts.
//!
//! A lease ends by Postgres' clock. Whoever takes over a run whose lease ended waits another request's time-out, so that
//! what the last owner may still have under way has come to its end.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::{Result, StorageError};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::run::Trigger;
use crate::ids::{ClientId, PartnerId, RunId};

/// Proof that this process runs this sync. Made by [`claim`] alone; every write of the run checks it.
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
    pub night: Option<chrono::NaiveDate>,
    pub urgent: bool,
    /// How often it was started, this time included: a run that kills its worker is not started for ever.
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

/// Who holds a run that could not be claimed.
#[derive(Clone, Debug)]
pub enum Claim {
    Claimed(Box<Claimed>),
    /// Another run of the partner is under way, or this run is; try again after this time.
    Busy {
        again_in: Duration,
    },
    /// Finished, or not there.
    Nothing,
}

/// Takes the run, if its time has come and nobody works for that partner.
pub async fn claim(
    db: &mut PgConnection,
    _: SystemScope,
    run: RunId,
    worker: &str,
    terms: LeaseTerms,
    now: DateTime<Utc>,
) -> Result<Claim> {
    let token = Uuid::new_v4();
    let claimed = sqlx::query!(
        "update sync_runs set
             state = 'running', starts = starts + 1, fence = fence + 1, lease_token = $2, lease_until = now() + $3,
             leased_by = $4, started_at = coalesce(started_at, $6), read_at = null
         where id = $1
           and ((state = 'queued' and next_attempt_at <= now())
                or (state = 'running' and lease_until + $5 < now()))
         returning partner_id, trigger, client_ids, night, urgent, starts, attempts",
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
        Ok(Some(row)) => Ok(Claim::Claimed(Box::new(Claimed {
            lease: SyncLease { run, scope: PartnerScope::for_worker(PartnerId(row.partner_id)), token },
            trigger: row.trigger.parse().map_err(super::error::inconsistent("sync_runs", "trigger", run.0))?,
            clients: row.client_ids.map(|ids| ids.into_iter().map(ClientId).collect()),
            night: row.night,
            urgent: row.urgent,
            starts: row.starts.unsigned_abs(),
            attempts: row.attempts.unsigned_abs(),
        }))),
        Ok(None) => later(db, run, terms).await,
        Err(error) if error.violates("one_running_run_per_partner") => Ok(Claim::Busy { again_in: terms.length }),
        Err(error) => Err(error),
    }
}

/// Why nothing was claimed, and when to look again.
async fn later(db: &mut PgConnection, run: RunId, terms: LeaseTerms) -> Result<Claim> {
    let wait = sqlx::query_scalar!(
        r#"select extract(epoch from
                 case state when 'queued' then next_attempt_at else lease_until + $2 end - now())::float8 as "wait"
           from sync_runs where id = $1 and state in ('queued', 'running')"#,
        run.0,
        interval(terms.grace)
    )
    .fetch_optional(db)
    .await?;
    Ok(match wait.flatten() {
        Some(seconds) => Claim::Busy { again_in: Duration::from_secs_f64(seconds.max(0.0)) + Duration::from_secs(1) },
        None => Claim::Nothing,
    })
}

/// Checks the lease and begins it anew. Given is how long it lasts now: no request may outlive it.
pub async fn renew(db: &mut PgConnection, lease: &SyncLease, length: Duration) -> Result<Duration> {
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
    Ok(length)
}

/// Checks the lease and keeps it from being taken over until the transaction ends.
pub async fn hold(db: &mut PgConnection, lease: &SyncLease) -> Result<()> {
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

/// Ends every lease of `worker`, which is being stopped: it writes nothing more. A request of its may still be under way,
/// so whoever takes over waits as after any lease's end.
pub async fn end_all(db: &mut PgConnection, _: SystemScope, worker: &str) -> Result<Vec<(RunId, bool)>> {
    let rows = sqlx::query!(
        "update sync_runs set lease_until = least(lease_until, now()) where leased_by = $1 and state = 'running'
         returning id, urgent",
        worker
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (RunId(row.id), row.urgent)).collect())
}

pub(super) fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}

impl SyncLease {
    pub(super) fn token(&self) -> Uuid {
        self.token
    }
}
