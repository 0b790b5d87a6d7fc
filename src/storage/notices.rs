//! What has happened to the integrations of all partners lately, for their webhooks: one statement
//! for each kind of fact, however many partners there are.

use std::str::FromStr;

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;
use super::deliveries::NewDelivery;
use super::error::inconsistent;
use crate::auth::SystemScope;
use crate::domain::problem::ProblemCode;
use crate::domain::run::Summary;
use crate::domain::webhook::{Event, EventType, Fact, Problem};
use crate::ids::{AssociationId, ClientId, PartnerId, ProblemId, RunId, WebhookDeliveryId, WebhookId};

/// How far back facts are read that were read before: a transaction may be stored later than others
/// that began after it.
const OVERLAP: Duration = Duration::minutes(10);

/// The time from which facts are to be read; `None` if no webhook reports any.
pub async fn unread_since(db: &mut PgConnection, _: SystemScope) -> Result<Option<DateTime<Utc>>> {
    let row = sqlx::query!(
        "select min(reports_since) as reports_since, (select made_until from webhook_mark) as made_until
         from webhooks where disabled_at is null"
    )
    .fetch_one(db)
    .await?;
    let read_before = row.made_until.map(|until| until - OVERLAP);
    Ok(row.reports_since.map(|since| read_before.map_or(since, |before| before.max(since))))
}

/// Notes that the facts before `now` were read.
pub async fn move_mark(db: &mut PgConnection, _: SystemScope, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into webhook_mark as m (made_until) values ($1)
         on conflict (only_one) do update set made_until = greatest(m.made_until, excluded.made_until)",
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

fn for_webhook(webhook: Uuid, partner: Uuid, at: DateTime<Utc>, fact: Fact) -> NewDelivery {
    let event = Event { partner: PartnerId(partner), at, fact };
    NewDelivery { id: WebhookDeliveryId::generate(), webhook: WebhookId(webhook), event }
}

fn code(table: &'static str, row: Uuid, code: Option<String>) -> Result<Option<ProblemCode>> {
    code.map(|code| ProblemCode::from_str(&code)).transpose().map_err(inconsistent(table, "problem", row))
}

/// A problem whose opening or closing a webhook reports.
struct ProblemRow {
    webhook: Uuid,
    partner_id: Uuid,
    id: Uuid,
    association_id: Option<Uuid>,
    client_id: Option<Uuid>,
    code: String,
    blocks_sync: bool,
    first_seen_at: DateTime<Utc>,
    at: DateTime<Utc>,
}

impl ProblemRow {
    fn notice(self, fact: fn(Problem) -> Fact) -> Result<NewDelivery> {
        let of = self.client_id.zip(self.association_id);
        let problem = Problem {
            id: ProblemId(self.id),
            of: of.map(|(client, association)| (ClientId(client), AssociationId(association))),
            code: self.code.parse().map_err(inconsistent("problems", "code", self.id))?,
            blocks_sync: self.blocks_sync,
            first_seen_at: self.first_seen_at,
        };
        Ok(for_webhook(self.webhook, self.partner_id, self.at, fact(problem)))
    }
}

/// Problems that were opened since then.
pub async fn opened_problems(db: &mut PgConnection, _: SystemScope, since: DateTime<Utc>) -> Result<Vec<NewDelivery>> {
    let rows = sqlx::query_as!(
        ProblemRow,
        r#"select w.id as webhook, p.partner_id, p.id, p.association_id, p.client_id, p.code, p.blocks_sync,
                  p.first_seen_at, p.opened_at as "at!"
           from problems p
           join webhooks w on w.partner_id = p.partner_id and w.disabled_at is null and $2 = any (w.event_types)
               and p.opened_at >= w.reports_since
           join partners o on o.id = p.partner_id and o.state = 'active'
           where p.changed_at >= $1 and p.opened_at >= $1
           order by p.opened_at"#,
        since,
        EventType::ProblemOpened.as_str()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.notice(Fact::ProblemOpened)).collect()
}

/// Problems that were closed since then.
pub async fn closed_problems(db: &mut PgConnection, _: SystemScope, since: DateTime<Utc>) -> Result<Vec<NewDelivery>> {
    let rows = sqlx::query_as!(
        ProblemRow,
        r#"select w.id as webhook, p.partner_id, p.id, p.association_id, p.client_id, p.code, p.blocks_sync,
                  p.first_seen_at, p.changed_at as at
           from problems p
           join webhooks w on w.partner_id = p.partner_id and w.disabled_at is null and $2 = any (w.event_types)
               and p.changed_at >= w.reports_since
           join partners o on o.id = p.partner_id and o.state = 'active'
           where p.changed_at >= $1 and p.closed_at is not null
           order by p.changed_at"#,
        since,
        EventType::ProblemResolved.as_str()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.notice(Fact::ProblemResolved)).collect()
}

/// Runs that failed as a whole since then.
pub async fn failed_runs(db: &mut PgConnection, _: SystemScope, since: DateTime<Utc>) -> Result<Vec<NewDelivery>> {
    let rows = sqlx::query!(
        r#"select w.id as webhook, r.partner_id, r.id, r.trigger, r.problem->>'code' as code, r.finished_at as "at!"
           from sync_runs r
           join webhooks w on w.partner_id = r.partner_id and w.disabled_at is null and $2 = any (w.event_types)
               and r.finished_at >= w.reports_since
           join partners o on o.id = r.partner_id and o.state = 'active'
           where r.finished_at >= $1 and r.state = 'failed'
           order by r.finished_at"#,
        since,
        EventType::SyncFailed.as_str()
    )
    .fetch_all(db)
    .await?;
    let failed = rows.into_iter().map(|row| {
        let fact = Fact::SyncFailed {
            run: RunId(row.id),
            trigger: row.trigger.parse().map_err(inconsistent("sync_runs", "trigger", row.id))?,
            problem: code("sync_runs", row.id, row.code)?,
        };
        Ok(for_webhook(row.webhook, row.partner_id, row.at, fact))
    });
    failed.collect()
}

/// Nightly syncs that finished since then: a night's run, or the run that continued it.
pub async fn finished_nights(db: &mut PgConnection, _: SystemScope, since: DateTime<Utc>) -> Result<Vec<NewDelivery>> {
    let rows = sqlx::query!(
        r#"select w.id as webhook, r.partner_id, r.id, n.nightly_date as "night!", r.state, r.problem->>'code' as code,
                  r.finished_at as "at!", s.created as "created!", s.updated as "updated!", s.unchanged as "unchanged!",
                  s.failed as "failed!", s.skipped as "skipped!"
           from sync_runs r
           join webhooks w on w.partner_id = r.partner_id and w.disabled_at is null and $2 = any (w.event_types)
               and r.finished_at >= w.reports_since
           join partners o on o.id = r.partner_id and o.state = 'active'
           cross join lateral (
               select max(night.nightly_date) as nightly_date from sync_runs night
               where night.partner_id = r.partner_id and night.nightly_date >= (r.queued_at - interval '7 days')::date
                 and (night.id = r.id or night.continued_by = r.id)
           ) n
           cross join lateral count_results(r.id) s
           where r.finished_at >= $1 and r.state in ('succeeded', 'partially_succeeded', 'failed')
             and n.nightly_date is not null
           order by r.finished_at"#,
        since,
        EventType::NightFinished.as_str()
    )
    .fetch_all(db)
    .await?;
    let finished = rows.into_iter().map(|row| {
        let fact = Fact::NightFinished {
            run: RunId(row.id),
            night: row.night,
            state: row.state.parse().map_err(inconsistent("sync_runs", "state", row.id))?,
            problem: code("sync_runs", row.id, row.code)?,
            summary: Summary {
                created: row.created.unsigned_abs(),
                updated: row.updated.unsigned_abs(),
                unchanged: row.unchanged.unsigned_abs(),
                failed: row.failed.unsigned_abs(),
                skipped: row.skipped.unsigned_abs(),
                halo_requests: 0,
            },
        };
        Ok(for_webhook(row.webhook, row.partner_id, row.at, fact))
    });
    finished.collect()
}

/// Exclusions whose end has passed since then: the clients are to be mapped again.
pub async fn ended_exclusions(
    db: &mut PgConnection,
    _: SystemScope,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<NewDelivery>> {
    let rows = sqlx::query!(
        r#"select w.id as webhook, e.partner_id, e.client_id, e.review_on as "review_on!", e.ends_at as "at!"
           from client_exclusions e
           join webhooks w on w.partner_id = e.partner_id and w.disabled_at is null and $3 = any (w.event_types)
               and e.ends_at >= w.reports_since
           join partners o on o.id = e.partner_id and o.state = 'active'
           join clients c on c.id = e.client_id and c.state = 'active'
           where e.ends_at >= $1 and e.ends_at <= $2
           order by e.ends_at"#,
        since,
        now,
        EventType::ExclusionEnded.as_str()
    )
    .fetch_all(db)
    .await?;
    let ended = rows.into_iter().map(|row| {
        let fact = Fact::ExclusionEnded { client: ClientId(row.client_id), review_on: row.review_on };
        for_webhook(row.webhook, row.partner_id, row.at, fact)
    });
    Ok(ended.collect())
}
