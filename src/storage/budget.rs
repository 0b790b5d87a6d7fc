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

/// How long permits hold that were taken together.
pub const KEPT: Duration = Duration::from_secs(1);

/// The budget's decision.
#[derive(Clone, Copy, Debug)]
pub enum Decision {
    /// So many requests may be sent: one now, the others within [`KEPT`].
    Granted(u32),
    /// The request has to wait.
    Wait {
        wait: Duration,
        /// Halo asked for a pause that is not over; otherwise the allowance is used up.
        by_halo: bool,
    },
}

/// Takes up to `wanted` requests out of the budget, or one where little is left. `at` is the time
/// of the first one, if it is not that of the database's clock.
pub async fn take(
    db: &mut PgConnection,
    host: &str,
    person: bool,
    wanted: u32,
    allowance: Allowance,
    at: Option<DateTime<Utc>>,
) -> Result<Decision> {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let taken = sqlx::query!(
        r#"select granted as "granted!", wait, by_halo as "by_halo!"
           from take_halo_permits($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
        host,
        person,
        number(wanted),
        number(allowance.total),
        number(allowance.kept_for_people),
        number(allowance.kept_for_syncs),
        interval(allowance.span),
        interval(KEPT),
        at
    )
    .fetch_one(db)
    .await?;
    Ok(match taken.wait {
        Some(wait) => Decision::Wait { wait: from_interval(&wait), by_halo: taken.by_halo },
        None => Decision::Granted(taken.granted.unsigned_abs()),
    })
}

/// Records a pause that Halo asked for: no process takes a permit before the pause is over. Another
/// one may still use those that it has taken within [`KEPT`].
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
