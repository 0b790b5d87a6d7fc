//! Reads sync runs, for lists and for those who follow one.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::read_problem;
use super::error::inconsistent;
use super::{Page, Partners, Period, Result, Slice, StorageError, words};
use crate::domain::activity::ActorRole;
use crate::domain::run::{Progress, Run, RunState, Summary, Trigger};
use crate::ids::{ClientId, PartnerId, RunId};

struct Row {
    id: Uuid,
    partner_id: Uuid,
    trigger: String,
    state: String,
    client_ids: Option<Vec<Uuid>>,
    nightly_date: Option<NaiveDate>,
    requested_by: Option<Value>,
    queued_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    next_attempt_at: DateTime<Utc>,
    due: bool,
    total: i32,
    halo_requests: i32,
    problem: Option<Value>,
    continued_by: Option<Uuid>,
    created: i32,
    updated: i32,
    unchanged: i32,
    failed: i32,
    skipped: i32,
}

impl TryFrom<Row> for Run {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let count = i32::unsigned_abs;
        let done = row.created + row.updated + row.unchanged + row.failed + row.skipped;
        Ok(Run {
            id: RunId(row.id),
            partner: PartnerId(row.partner_id),
            trigger: row.trigger.parse().map_err(inconsistent("sync_runs", "trigger", row.id))?,
            state: row.state.parse().map_err(inconsistent("sync_runs", "state", row.id))?,
            clients: row.client_ids.map(|ids| ids.into_iter().map(ClientId).collect()),
            nightly_date: row.nightly_date,
            requested_by: row
                .requested_by
                .map(|actor| serde_json::from_value(actor).map_err(inconsistent("sync_runs", "requested_by", row.id)))
                .transpose()?,
            queued_at: row.queued_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            next_attempt_at: row.next_attempt_at,
            due: row.due,
            progress: Progress { done: count(done), total: count(row.total.max(done)) },
            summary: Summary {
                created: count(row.created),
                updated: count(row.updated),
                unchanged: count(row.unchanged),
                failed: count(row.failed),
                skipped: count(row.skipped),
                halo_requests: count(row.halo_requests),
            },
            problem: read_problem("sync_runs", row.id, row.problem)?,
            continued_by: row.continued_by.map(RunId),
        })
    }
}

/// Reads the runs in `ids` that are these partners'.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners, ids: &[RunId]) -> Result<Vec<Run>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.partner_id, trigger, state, client_ids, nightly_date, requested_by, queued_at, started_at,
                  finished_at, next_attempt_at, next_attempt_at <= now() as "due!", total, halo_requests, r.problem,
                  r.continued_by,
                  s.created as "created!", s.updated as "updated!", s.unchanged as "unchanged!",
                  s.failed as "failed!", s.skipped as "skipped!"
           from sync_runs r, lateral count_results(r.id) s
           where r.partner_id = any ($1) and r.id = any ($2)"#,
        &partners.ids(),
        &ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Run::try_from).collect()
}

/// The runs of each partner, the latest first.
pub async fn pages(
    db: &mut PgConnection,
    partners: impl Partners,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Run>>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.partner_id, trigger, state, client_ids, nightly_date, requested_by, queued_at, started_at,
                  finished_at, next_attempt_at, next_attempt_at <= now() as "due!", total, halo_requests, r.problem,
                  r.continued_by,
                  s.created as "created!", s.updated as "updated!", s.unchanged as "unchanged!",
                  s.failed as "failed!", s.skipped as "skipped!"
           from unnest($1::uuid[]) as p (id)
           cross join lateral (
               select * from sync_runs where partner_id = p.id and id < $2 order by id desc limit $3
           ) r
           cross join lateral count_results(r.id) s
           order by r.id desc"#,
        &partners.ids(),
        page.below(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let run = Run::try_from(row)?;
        Ok((run.partner, run))
    }))
}

/// The runs of each partner that were queued for one reason, the latest first. A nightly sync is
/// also a run that a user had requested and that the nightly sync joined.
pub async fn pages_of(
    db: &mut PgConnection,
    partners: impl Partners,
    trigger: Trigger,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Run>>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id as "id!", r.partner_id as "partner_id!", trigger as "trigger!", state as "state!", client_ids,
                  nightly_date, requested_by, queued_at as "queued_at!", started_at, finished_at,
                  next_attempt_at as "next_attempt_at!", next_attempt_at <= now() as "due!", total as "total!",
                  halo_requests as "halo_requests!", r.problem, r.continued_by,
                  s.created as "created!", s.updated as "updated!", s.unchanged as "unchanged!",
                  s.failed as "failed!", s.skipped as "skipped!"
           from unnest($1::uuid[]) as p (id)
           cross join lateral (
               (select * from sync_runs
                where partner_id = p.id and trigger = $2 and id < $3 order by id desc limit $4)
               union
               (select * from sync_runs
                where $2 = 'nightly' and partner_id = p.id and nightly_date is not null and id < $3 order by id desc limit $4)
           ) r
           cross join lateral count_results(r.id) s
           order by r.id desc"#,
        &partners.ids(),
        trigger.as_str(),
        page.below(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let run = Run::try_from(row)?;
        Ok((run.partner, run))
    }))
}

/// Which runs are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RunFilter {
    pub trigger: Option<Trigger>,
    pub states: Option<Vec<RunState>>,
    /// The roles of those who requested the run; the system's are those that no request queued.
    pub roles: Option<Vec<ActorRole>>,
    /// The client that the run was for, or has a result for.
    pub client: Option<ClientId>,
    /// Only runs that wrote or failed something.
    pub changes_only: bool,
    /// When the run was queued.
    pub during: Period,
}

/// The wanted runs of each partner, the latest first.
pub async fn pages_matching(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &RunFilter,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Run>>> {
    // What is asked for most has statements of its own, which an index answers.
    if *filter == (RunFilter { trigger: filter.trigger, ..RunFilter::default() }) {
        return match filter.trigger {
            None => pages(db, partners, page).await,
            Some(trigger) => pages_of(db, partners, trigger, page).await,
        };
    }
    let (states, roles) = (filter.states.as_deref().map(words), filter.roles.as_deref().map(words));
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.partner_id, trigger, state, client_ids, nightly_date, requested_by, queued_at, started_at,
                  finished_at, next_attempt_at, next_attempt_at <= now() as "due!", total, halo_requests, r.problem,
                  r.continued_by,
                  s.created as "created!", s.updated as "updated!", s.unchanged as "unchanged!",
                  s.failed as "failed!", s.skipped as "skipped!"
           from unnest($1::uuid[]) as p (id)
           cross join lateral (
               select * from sync_runs r
               where partner_id = p.id and id < $2
                 and ($4::text is null or trigger = $4 or ($4 = 'nightly' and nightly_date is not null))
                 and ($5::text[] is null or state = any ($5))
                 and ($6::text[] is null or coalesce(requested_by ->> 'role', 'system') = any ($6))
                 and ($7::uuid is null or $7 = any (client_ids)
                      or exists (select from sync_results s where s.run_id = r.id and s.client_id = $7))
                 and (not $8 or problem is not null
                      or exists (select from sync_results s
                                 where s.run_id = r.id and s.outcome in ('created', 'updated', 'failed')))
                 and ($9::timestamptz is null or queued_at >= $9) and ($10::timestamptz is null or queued_at < $10)
               order by id desc limit $3
           ) r
           cross join lateral count_results(r.id) s
           order by r.id desc"#,
        &partners.ids(),
        page.below(),
        page.limit(),
        filter.trigger.map(Trigger::as_str),
        states.as_deref(),
        roles.as_deref(),
        filter.client.map(|client| client.0),
        filter.changes_only,
        filter.during.from,
        filter.during.to
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let run = Run::try_from(row)?;
        Ok((run.partner, run))
    }))
}

/// How many of the wanted runs each partner has. One without any is not among them.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &RunFilter,
) -> Result<HashMap<PartnerId, i64>> {
    let (states, roles) = (filter.states.as_deref().map(words), filter.roles.as_deref().map(words));
    let rows = sqlx::query!(
        r#"select partner_id, count(*) as "count!" from sync_runs r
           where partner_id = any ($1)
             and ($2::text is null or trigger = $2 or ($2 = 'nightly' and nightly_date is not null))
             and ($3::text[] is null or state = any ($3))
             and ($4::text[] is null or coalesce(requested_by ->> 'role', 'system') = any ($4))
             and ($5::uuid is null or $5 = any (client_ids)
                  or exists (select from sync_results s where s.run_id = r.id and s.client_id = $5))
             and (not $6 or problem is not null
                  or exists (select from sync_results s
                             where s.run_id = r.id and s.outcome in ('created', 'updated', 'failed')))
             and ($7::timestamptz is null or queued_at >= $7) and ($8::timestamptz is null or queued_at < $8)
           group by partner_id"#,
        &partners.ids(),
        filter.trigger.map(Trigger::as_str),
        states.as_deref(),
        roles.as_deref(),
        filter.client.map(|client| client.0),
        filter.changes_only,
        filter.during.from,
        filter.during.to
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}
