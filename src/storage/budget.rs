//! The request budget of each Halo host, shared by every process.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use super::Result;
use super::leases::interval;

/// At most `total` requests in any `span`, of which syncs leave `kept_for_people` alone, and people
/// `kept_for_syncs`.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub total: u32,
    pub kept_for_people: u32,
    pub kept_for_syncs: u32,
    pub span: Duration,
}

/// Why and how long a request has to wait.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    pub wait: Duration,
    /// Halo asked for a pause that is not over; otherwise the allowance is used up.
    pub by_halo: bool,
}

/// Takes one request out of the budget. Returns what the request has to wait for, or none if it was
/// granted. `at` is the time of the request, if it is not that of the database's clock.
pub async fn take(
    db: &mut PgConnection,
    host: &str,
    person: bool,
    allowance: Allowance,
    at: Option<DateTime<Utc>>,
) -> Result<Option<Wait>> {
    let taken = sqlx::query!(
        r#"select take_halo_permit($1, $2, $3, $4, $5, $6, $7) as "wait!",
                  exists (select from halo_budgets
                          where host = $1 and limited_until > coalesce($7, now())) as "by_halo!""#,
        host,
        person,
        i32::try_from(allowance.total).unwrap_or(i32::MAX),
        i32::try_from(allowance.kept_for_people).unwrap_or(i32::MAX),
        i32::try_from(allowance.kept_for_syncs).unwrap_or(i32::MAX),
        interval(allowance.span),
        at
    )
    .fetch_one(db)
    .await?;
    let wait = from_interval(&taken.wait);
    Ok((!wait.is_zero()).then_some(Wait { wait, by_halo: taken.by_halo }))
}

/// Records a pause that Halo asked for: no process sends a request before the pause is over.
pub async fn pause(db: &mut PgConnection, host: &str, wait: Duration) -> Result<()> {
    sqlx::query!(
        "insert into halo_budgets as b (host, limited_until) values ($1, now() + $2)
         on conflict (host) do update set limited_until = greatest(b.limited_until, excluded.limited_until)",
        host,
        interval(wait)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets hosts that nothing was sent to for a day: far longer than any window, and anybody may
/// type any host. How many there were.
pub async fn prune(db: &mut PgConnection) -> Result<i64> {
    let gone = sqlx::query!(
        "delete from halo_budgets
         where coalesce(greatest(limited_until, people[cardinality(people)], syncs[cardinality(syncs)]), '-infinity')
               < now() - interval '1 day'"
    )
    .execute(db)
    .await?;
    Ok(i64::try_from(gone.rows_affected()).unwrap_or(i64::MAX))
}

fn from_interval(interval: &PgInterval) -> Duration {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let microseconds = interval.microseconds + i64::from(interval.days) * DAY;
    Duration::from_micros(microseconds.max(0).unsigned_abs())
}
