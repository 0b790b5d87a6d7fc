//! Sync runs: asking for one, following it, and bringing it to an end.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::read_problem;
use super::error::inconsistent;
use super::leases::interval;
use super::{Page, Partners, Result, Slice, StorageError, partners};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::run::{Progress, Run, Summary, Trigger};
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
        })
    }
}

/// Those of `ids` that are these partners'.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners, ids: &[RunId]) -> Result<Vec<Run>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.partner_id, trigger, state, client_ids, nightly_date, requested_by, queued_at, started_at,
                  finished_at, next_attempt_at, next_attempt_at <= now() as "due!", total, halo_requests, r.problem,
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
                  halo_requests as "halo_requests!", r.problem,
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

/// How many runs each partner has, of all or of those that were queued for one reason. One without
/// any is not among them.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    trigger: Option<Trigger>,
) -> Result<HashMap<PartnerId, i64>> {
    let rows = sqlx::query!(
        r#"select partner_id, count(*) as "count!" from sync_runs
           where partner_id = any ($1)
             and ($2::text is null or trigger = $2 or ($2 = 'nightly' and nightly_date is not null))
           group by partner_id"#,
        &partners.ids(),
        trigger.map(Trigger::as_str)
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}

/// A request for a sync, by a user or by the nightly schedule.
#[derive(Clone, Debug)]
pub struct RunRequest {
    pub trigger: Trigger,
    /// None: all of the partner's associations.
    pub clients: Option<Vec<ClientId>>,
    pub nightly_date: Option<NaiveDate>,
    /// A person is waiting.
    pub interactive: bool,
}

impl RunRequest {
    /// What a person asks for and waits for.
    pub fn interactive(trigger: Trigger, clients: Option<Vec<ClientId>>) -> Self {
        Self { trigger, clients, nightly_date: None, interactive: true }
    }
}

/// The run that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnqueuedRun {
    pub run: RunId,
    /// Whether a worker has to be woken: not where the run under way covers the request.
    pub needs_wakeup: bool,
    pub interactive: bool,
}

/// Queues a run, joins the one that waits, or answers with the one under way where it has not read
/// yet and covers the request. A partner never has more than one running and one waiting. The run
/// does not begin before `wait` has passed, unless another request wants an earlier beginning.
pub async fn enqueue_run(
    db: &mut PgConnection,
    scope: &PartnerScope,
    request: &RunRequest,
    wait: Duration,
    now: DateTime<Utc>,
) -> Result<EnqueuedRun> {
    partners::lock(db, scope).await?;
    let clients: Option<Vec<_>> = request.clients.as_ref().map(|ids| ids.iter().map(|id| id.0).collect());
    let nightly_requested_at = request.nightly_date.map(|_| now);
    let under_way = sqlx::query_scalar!(
        "update sync_runs set nightly_date = coalesce(nightly_date, $3), nightly_requested_at = coalesce(nightly_requested_at, $4)
         where partner_id = $1 and state = 'running' and read_at is null
           and (client_ids is null or client_ids @> $2)
           and ($3::date is null or nightly_date is null)
         returning id",
        scope.partner().0,
        clients.as_deref(),
        request.nightly_date,
        nightly_requested_at
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(run) = under_way {
        return Ok(EnqueuedRun { run: RunId(run), needs_wakeup: false, interactive: request.interactive });
    }
    // A night that is still being tried when the next one comes has had its time.
    let over = sqlx::query_scalar!(
        "update sync_runs set state = 'failed', finished_at = $3
         where partner_id = $1 and state = 'queued' and nightly_date < $2
         returning interactive",
        scope.partner().0,
        request.nightly_date,
        now
    )
    .fetch_optional(&mut *db)
    .await?;
    // A user who had joined that run is still waiting.
    let interactive = request.interactive || over == Some(true);
    // A pause that Halo asked for is kept, also if a user waits.
    let joined = sqlx::query!(
        "update sync_runs set
             client_ids = case when client_ids is null or $2::uuid[] is null then null else client_ids || $2 end,
             interactive = interactive or $3, nightly_date = coalesce(nightly_date, $4), nightly_requested_at = coalesce(nightly_requested_at, $5),
             next_attempt_at = case when problem ->> 'code' = 'rate_limited' then next_attempt_at
                                    else least(next_attempt_at, now() + $6) end
         where partner_id = $1 and state = 'queued'
         returning id, interactive",
        scope.partner().0,
        clients.as_deref(),
        interactive,
        request.nightly_date,
        nightly_requested_at,
        interval(wait)
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(run) = joined {
        return Ok(EnqueuedRun { run: RunId(run.id), needs_wakeup: true, interactive: run.interactive });
    }
    let run = RunId::generate();
    let requested_by = serde_json::to_value(scope.actor()).expect("an actor is plain data");
    sqlx::query!(
        "insert into sync_runs (id, partner_id, trigger, state, client_ids, nightly_date, requested_by, interactive, queued_at,
                                nightly_requested_at, next_attempt_at)
         values ($1, $2, $3, 'queued', $4, $5, $6, $7, $8, $9, now() + $10)",
        run.0,
        scope.partner().0,
        request.trigger.as_str(),
        clients.as_deref(),
        request.nightly_date,
        requested_by,
        interactive,
        now,
        nightly_requested_at,
        interval(wait)
    )
    .execute(db)
    .await?;
    Ok(EnqueuedRun { run, needs_wakeup: true, interactive })
}

/// The run that waits for this partner, if one does.
pub async fn waiting(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<(RunId, bool)>> {
    let row = sqlx::query!(
        "select id, interactive from sync_runs where partner_id = $1 and state = 'queued' and next_attempt_at <= now()",
        scope.partner().0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (RunId(row.id), row.interactive)))
}

/// Cancels the waiting run and the running one: its worker finds the lease gone and writes nothing
/// more. A request of that worker may be in flight until the lease would have ended, so the end of
/// the lease is kept: no other run begins before it.
pub async fn cancel(db: &mut PgConnection, scope: &PartnerScope, now: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "update sync_runs set state = 'cancelled', finished_at = $2, lease_token = null
         where partner_id = $1 and state in ('queued', 'running')",
        scope.partner().0,
        now
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// The latest night that was asked for: its date and when that was.
pub async fn latest_nightly(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<(NaiveDate, DateTime<Utc>)>> {
    let row = sqlx::query!(
        r#"select nightly_date as "nightly_date!", nightly_requested_at as "nightly_requested_at!" from sync_runs
           where partner_id = $1 and nightly_date is not null order by nightly_date desc limit 1"#,
        scope.partner().0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.nightly_date, row.nightly_requested_at)))
}

/// Finds runs that should have a worker and have none: their job was lost, or their worker died. A
/// run that waits behind the partner's running one is not among them: it is enqueued when that one
/// ends.
pub async fn find_orphaned_runs(
    db: &mut PgConnection,
    _: SystemScope,
    grace: Duration,
    batch: i64,
) -> Result<Vec<(RunId, bool)>> {
    let rows = sqlx::query!(
        "select id, interactive from sync_runs r
         where (state = 'running' and lease_until + $1 < now())
            or (state = 'queued' and next_attempt_at <= now()
                and not exists (select from sync_runs u where u.partner_id = r.partner_id and u.state = 'running'))
         order by interactive desc, next_attempt_at
         limit $2",
        interval(grace),
        batch
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (RunId(row.id), row.interactive)).collect())
}

/// Partners that are connected, had a run since then that did not succeed, and none of everything
/// after it that did: for the operator after an outage.
pub async fn partners_failed_since(
    db: &mut PgConnection,
    _: SystemScope,
    since: DateTime<Utc>,
) -> Result<Vec<PartnerId>> {
    let rows = sqlx::query_scalar!(
        r#"select distinct f.partner_id as "id!" from sync_runs f join connections c using (partner_id)
           where f.finished_at >= $1 and f.state in ('failed', 'partially_succeeded') and c.state <> 'disconnected'
             and not exists (select from sync_runs s
                             where s.partner_id = f.partner_id and s.state = 'succeeded' and s.client_ids is null
                               and s.finished_at > f.finished_at)
           order by 1"#,
        since
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(PartnerId).collect())
}
