//! What housekeeping did last, and the removal of old results, runs and problems.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use super::Result;
use crate::auth::SystemScope;

/// The latest run of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestRun {
    pub job: String,
    pub ran_at: DateTime<Utc>,
    pub removed: i64,
}

/// Claims the job for this transaction if it last ran at least `every` ago. Of several processes at
/// once, one claims it.
pub async fn claim(db: &mut PgConnection, _: SystemScope, job: &str, every: Duration) -> Result<bool> {
    let every = PgInterval { months: 0, days: 0, microseconds: i64::try_from(every.as_micros()).unwrap_or(i64::MAX) };
    let claimed = sqlx::query!(
        "insert into housekeeping (job, ran_at) values ($1, now())
         on conflict (job) do update set ran_at = now() where housekeeping.ran_at <= now() - $2::interval",
        job,
        every
    );
    Ok(claimed.execute(db).await?.rows_affected() == 1)
}

/// Records what the job removed just now.
pub async fn record(db: &mut PgConnection, _: SystemScope, job: &str, removed: i64) -> Result<()> {
    sqlx::query!(
        "insert into housekeeping as h (job, ran_at, removed, removed_in_all) values ($1, now(), $2, $2)
         on conflict (job) do update
         set ran_at = now(), removed = excluded.removed, removed_in_all = h.removed_in_all + excluded.removed",
        job,
        removed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The latest runs, by job, and the time by Postgres' clock.
pub async fn latest_runs(db: &mut PgConnection, _: SystemScope) -> Result<(Vec<LatestRun>, DateTime<Utc>)> {
    let runs = sqlx::query_as!(LatestRun, "select job, ran_at, removed from housekeeping order by job");
    let runs = runs.fetch_all(&mut *db).await?;
    let now = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(db).await?;
    Ok((runs, now))
}

/// Removes results that are older than so many months, up to 10,000 of them.
pub async fn prune_results(db: &mut PgConnection, _: SystemScope, months: u32) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select prune_results($1) as "removed!""#, interval_of(months)).fetch_one(db).await?)
}

/// Removes finished runs that are older and have no results left, up to 10,000 of them.
pub async fn prune_runs(db: &mut PgConnection, _: SystemScope, months: u32) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select prune_runs($1) as "removed!""#, interval_of(months)).fetch_one(db).await?)
}

/// Removes problems that were gone so many months ago, up to 10,000 of them.
pub async fn prune_problems(db: &mut PgConnection, _: SystemScope, months: u32) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select prune_problems($1) as "removed!""#, interval_of(months)).fetch_one(db).await?)
}

fn interval_of(months: u32) -> PgInterval {
    PgInterval { months: i32::try_from(months).unwrap_or(i32::MAX), days: 0, microseconds: 0 }
}
