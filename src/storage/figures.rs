//! What an operator watches, over all partners: numbers, and no partner's data.

use sqlx::postgres::PgConnection;

use super::Result;
use crate::auth::SystemScope;

/// The runs of all partners.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFigures {
    /// Runs that wait for a worker, those with a later next attempt included.
    pub queued: i64,
    pub running: i64,
    /// Seconds for which the longest-waiting run has been due; 0 if none is.
    pub oldest_due_seconds: f64,
    /// Partners whose latest nightly sync failed or succeeded in part.
    pub partners_with_failed_night: i64,
    /// Seconds since a nightly sync last succeeded; none if none has.
    pub seconds_since_successful_night: Option<f64>,
}

pub async fn runs(db: &mut PgConnection, _: SystemScope) -> Result<RunFigures> {
    let figures = sqlx::query_as!(
        RunFigures,
        r#"select
               (select count(*) from sync_runs where state = 'queued') as "queued!",
               (select count(*) from sync_runs where state = 'running') as "running!",
               (select coalesce(extract(epoch from now() - min(next_attempt_at)), 0)::float8
                from sync_runs where state = 'queued' and next_attempt_at <= now()) as "oldest_due_seconds!",
               (select count(*) from partners p
                cross join lateral (select r.state from sync_runs r
                                    where r.partner_id = p.id and r.nightly_date is not null
                                    order by r.id desc limit 1) latest
                where p.state = 'active' and latest.state in ('failed', 'partially_succeeded'))
                   as "partners_with_failed_night!",
               (select extract(epoch from now() - max(latest.finished_at))::float8 from partners p
                cross join lateral (select r.finished_at from sync_runs r
                                    where r.partner_id = p.id and r.nightly_date is not null and r.state = 'succeeded'
                                    order by r.id desc limit 1) latest) as seconds_since_successful_night"#
    )
    .fetch_one(db)
    .await?;
    Ok(figures)
}

/// How many connections and associations have which problem, by its code.
pub async fn problems(db: &mut PgConnection, _: SystemScope) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select code as "code!", count(*) as "count!"
           from (select problem->>'code' as code from connections where problem is not null
                 union all
                 select problem->>'code' from associations where problem is not null and state <> 'ended') open
           group by code order by code"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.count)).collect())
}

/// The deliveries of all webhooks.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryFigures {
    /// Deliveries that were neither made nor given up yet.
    pub pending: i64,
    /// Seconds for which the longest-waiting delivery has been due; 0 if none is.
    pub oldest_due_seconds: f64,
    /// Webhooks that will be disabled, for their deliveries have failed for days.
    pub failing: i64,
}

pub async fn deliveries(db: &mut PgConnection, _: SystemScope) -> Result<DeliveryFigures> {
    let figures = sqlx::query_as!(
        DeliveryFigures,
        r#"select
               (select count(*) from webhook_deliveries where state = 'pending') as "pending!",
               (select coalesce(extract(epoch from now() - min(next_attempt_at)), 0)::float8
                from webhook_deliveries where state = 'pending' and next_attempt_at <= now()) as "oldest_due_seconds!",
               (select count(*) from webhooks where noticed_at is not null and disabled_at is null) as "failing!""#
    )
    .fetch_one(db)
    .await?;
    Ok(figures)
}
