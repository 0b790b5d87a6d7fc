//! Sync runs as a queue: requesting one, finding those that want a worker, and cancelling them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::leases::interval;
use super::{Result, partners, run_lifecycles};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::run::{Answer, RunEvent, RunRequest, RunState, answer};
use crate::ids::{PartnerId, RunId};

/// The run that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnqueuedRun {
    pub run: RunId,
    /// Whether a worker has to be woken: not where the run under way covers the request.
    pub needs_wakeup: bool,
    pub interactive: bool,
    /// How long no worker may begin it.
    pub wait: Duration,
}

/// Queues a run, joins the one that waits, or answers with the one under way where it has not read
/// yet and covers the request. A partner never has more than one running and one waiting. The run
/// does not begin before `wait` has passed, unless another request wants an earlier beginning. It
/// never begins before the partner's pause has ended.
pub async fn enqueue_run(
    db: &mut PgConnection,
    scope: &PartnerScope,
    request: &RunRequest,
    wait: Duration,
    at: DateTime<Utc>,
) -> Result<EnqueuedRun> {
    let paused_for = partners::lock(db, scope).await?.map_or(Duration::ZERO, |partner| partner.paused_for);
    let wait = wait.max(paused_for);
    let open = run_lifecycles::lock_open(db, scope.partner()).await?;
    // Without an open run nothing is judged by the clock.
    let now = open.first().map_or(at, |run| run.now);
    let open: Vec<_> = open.into_iter().map(|run| (run.id, run.lifecycle)).collect();
    match answer(&open, request, wait, at, now) {
        Answer::Covered(run, after) => {
            run_lifecycles::store(db, run, &after, 0).await?;
            Ok(EnqueuedRun { run, needs_wakeup: false, interactive: request.interactive, wait })
        }
        Answer::Joined(run, after) => {
            run_lifecycles::store(db, run, &after, 0).await?;
            Ok(EnqueuedRun { run, needs_wakeup: true, interactive: after.interactive, wait })
        }
        Answer::New { interactive, over } => {
            if let Some((run, after)) = over {
                run_lifecycles::store(db, run, &after, 0).await?;
            }
            let run = insert(db, scope, request, interactive, wait, at).await?;
            Ok(EnqueuedRun { run, needs_wakeup: true, interactive, wait })
        }
    }
}

async fn insert(
    db: &mut PgConnection,
    scope: &PartnerScope,
    request: &RunRequest,
    interactive: bool,
    wait: Duration,
    at: DateTime<Utc>,
) -> Result<RunId> {
    let run = RunId::generate();
    let clients: Option<Vec<_>> = request.clients.as_ref().map(|ids| ids.iter().map(|id| id.0).collect());
    let requested_by = serde_json::to_value(scope.actor()).expect("an actor is plain data");
    sqlx::query!(
        "insert into sync_runs (id, partner_id, trigger, state, client_ids, nightly_date, requested_by, interactive, queued_at,
                                nightly_requested_at, next_attempt_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11)",
        run.0,
        scope.partner().0,
        request.trigger.as_str(),
        RunState::Queued.as_str(),
        clients.as_deref(),
        request.nightly_date,
        requested_by,
        interactive,
        at,
        request.nightly_date.map(|_| at),
        interval(wait)
    )
    .execute(db)
    .await?;
    Ok(run)
}

/// Keeps the trace of the request that asked for the run. Of a run that several requests share, the
/// first one's trace is kept.
pub async fn link_trace(db: &mut PgConnection, scope: &PartnerScope, run: RunId, traceparent: &str) -> Result<()> {
    sqlx::query!(
        "update sync_runs set traceparent = $3 where id = $1 and partner_id = $2 and traceparent is null",
        run.0,
        scope.partner().0,
        traceparent
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The trace of the request that asked for the run.
pub async fn trace_of(db: &mut PgConnection, _: SystemScope, run: RunId) -> Result<Option<String>> {
    let traceparent = sqlx::query_scalar!("select traceparent from sync_runs where id = $1", run.0);
    Ok(traceparent.fetch_optional(db).await?.flatten())
}

/// Locks the open runs of these partners, for what changes rows that a run changes as well. A run
/// locks itself before anything else: neither ever waits for the other with such a row locked.
pub async fn lock_open(db: &mut PgConnection, partners: &[PartnerId]) -> Result<()> {
    let partners: Vec<_> = partners.iter().map(|id| id.0).collect();
    sqlx::query!(
        "select from sync_runs where partner_id = any ($1) and state in ('queued', 'running') order by id
         for no key update",
        &partners
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Cancels the waiting run and the running one: its worker finds the lease gone and writes nothing
/// more. A request of that worker may be in flight until the lease would have ended, so the end of
/// the lease is kept: no other run begins before it. Returns whether there was a run.
pub async fn cancel(db: &mut PgConnection, scope: &PartnerScope, at: DateTime<Utc>) -> Result<bool> {
    let open = run_lifecycles::lock_open(db, scope.partner()).await?;
    let was_open = !open.is_empty();
    for mut run in open {
        run.apply(db, &RunEvent::Cancelled { at }).await?;
    }
    Ok(was_open)
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
