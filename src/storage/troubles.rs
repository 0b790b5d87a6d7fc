//! What decides about each partner's troubles: its connection, its latest night, the run that is
//! not over, and the clients that wait for a user.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::read_problem;
use super::error::inconsistent;
use super::{Partners, Result, StorageError, partners};
use crate::auth::SystemScope;
use crate::domain::problem::Problem;
use crate::domain::run::Night;
use crate::domain::schedule::NightlyHistory;
use crate::domain::trouble::{Blocked, Decided, Facts, NightRun, OpenRun};
use crate::ids::RunId;

struct Row {
    id: Uuid,
    external_id: String,
    name: String,
    time_zone: String,
    state: String,
    nightly_sync: bool,
    night_start: NaiveTime,
    night_end: NaiveTime,
    paused_until: Option<DateTime<Utc>>,
    pause: Option<Value>,
    subscription_name: Option<String>,
    needs_users: bool,
    fall_limit: Option<i16>,
    now: DateTime<Utc>,
    connection_problem: Option<Value>,
    writes_suspended: bool,
    last_synced_at: Option<DateTime<Utc>>,
    since: Option<DateTime<Utc>>,
    nightly_date: Option<NaiveDate>,
    nightly_requested_at: Option<DateTime<Utc>>,
    night_run: Option<Uuid>,
    night_state: Option<String>,
    night_started_at: Option<DateTime<Utc>>,
    night_finished_at: Option<DateTime<Utc>>,
    night_problem: Option<Value>,
    night_open: Option<i32>,
    open_run: Option<Uuid>,
    open_state: Option<String>,
    open_problem: Option<Value>,
    open_queued_at: Option<DateTime<Utc>>,
    open_next_attempt_at: Option<DateTime<Utc>>,
    blocked: Option<Value>,
    decided: Option<i32>,
    decided_example: Option<String>,
    duplicate_search_until: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct BlockedRow {
    clients: u32,
    example: String,
    problem: Problem,
}

impl TryFrom<Row> for Facts {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let id = row.id;
        let night = match (row.night_run, row.night_state) {
            (Some(run), Some(state)) => Some(NightRun {
                id: RunId(run),
                state: state.parse().map_err(inconsistent("sync_runs", "state", run))?,
                started_at: row.night_started_at,
                finished_at: row.night_finished_at,
                problem: read_problem("sync_runs", run, row.night_problem)?,
                open_clients: row.night_open.unwrap_or_default().unsigned_abs(),
            }),
            _ => None,
        };
        let open_run = match (row.open_run, row.open_state, row.open_queued_at.zip(row.open_next_attempt_at)) {
            (Some(run), Some(state), Some((queued_at, next_attempt_at))) => Some(OpenRun {
                id: RunId(run),
                state: state.parse().map_err(inconsistent("sync_runs", "state", run))?,
                problem: read_problem("sync_runs", run, row.open_problem)?,
                queued_at,
                next_attempt_at,
            }),
            _ => None,
        };
        let blocked: Vec<BlockedRow> = match row.blocked {
            Some(blocked) => serde_json::from_value(blocked).map_err(inconsistent("associations", "problem", id))?,
            None => Vec::new(),
        };
        let latest = row.nightly_date.zip(row.nightly_requested_at);
        let latest = latest.map(|(date, requested_at)| Night { date, requested_at });
        let partner = partners::Row {
            id,
            external_id: row.external_id,
            name: row.name,
            time_zone: row.time_zone,
            state: row.state,
            nightly_sync: row.nightly_sync,
            night_start: row.night_start,
            night_end: row.night_end,
            pause: row.pause,
            subscription_name: row.subscription_name,
            needs_users: row.needs_users,
            fall_limit: row.fall_limit,
        };
        Ok(Facts {
            partner: partner.try_into()?,
            read_at: row.now,
            connection_problem: read_problem("connections", id, row.connection_problem)?,
            writes_suspended: row.writes_suspended,
            last_synced_at: row.last_synced_at,
            history: row.since.map(|since| NightlyHistory { since, paused_until: row.paused_until, latest }),
            night,
            open_run,
            blocked: blocked
                .into_iter()
                .map(|BlockedRow { clients, example, problem }| Blocked { clients, example, problem })
                .collect(),
            decided: row.decided.zip(row.decided_example).map(|(clients, example)| Decided {
                clients: clients.unsigned_abs(),
                example,
                duplicate_search_until: row.duplicate_search_until,
            }),
        })
    }
}

/// The facts about all active partners with a connection.
pub async fn all(db: &mut PgConnection, _: SystemScope) -> Result<Vec<Facts>> {
    read(db, None).await
}

/// The facts about those of the partners that are active and have a connection.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners) -> Result<Vec<Facts>> {
    read(db, Some(partners.ids())).await
}

async fn read(db: &mut PgConnection, partners: Option<Vec<Uuid>>) -> Result<Vec<Facts>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select p.id, p.external_id, p.name, p.time_zone, p.state, p.nightly_sync, p.night_start, p.night_end,
                  p.paused_until, case when p.paused_until > now() then p.pause end as pause, p.subscription_name,
                  p.needs_users, p.fall_limit, now() as "now!", c.problem as connection_problem,
                  c.writes_suspended_since is not null as "writes_suspended!", c.last_synced_at,
                  greatest(c.created_at, m.mapped_at) as "since?",
                  n.nightly_date as "nightly_date?", n.nightly_requested_at as "nightly_requested_at?",
                  n.id as "night_run?", n.state as "night_state?", n.started_at as night_started_at,
                  n.finished_at as night_finished_at, n.problem as night_problem, n.open as night_open,
                  o.id as "open_run?", o.state as "open_state?", o.problem as open_problem,
                  o.queued_at as "open_queued_at?", o.next_attempt_at as "open_next_attempt_at?",
                  b.blocked, d.clients as decided, d.example as decided_example, d.duplicate_search_until
           from partners p
           join connections c on c.partner_id = p.id and c.state <> 'disconnected'
           left join lateral (select min(created_at) as mapped_at from associations
                              where partner_id = p.id and state <> 'ended') m on m.mapped_at is not null
           -- The latest night: the run that was queued for it, or the one that continued that run.
           left join lateral (
               select first.nightly_date, first.nightly_requested_at, first.started_at, last.id, last.state,
                      last.finished_at, last.problem, s.failed + s.skipped as open
               from (select * from sync_runs r where r.partner_id = p.id and r.nightly_date is not null
                     order by r.nightly_date desc limit 1) first
               join sync_runs last on last.partner_id = p.id and last.id = coalesce(first.continued_by, first.id)
               cross join lateral count_results(last.id) s
           ) n on true
           left join lateral (
               select r.id, r.state, r.problem, r.queued_at, r.next_attempt_at from sync_runs r
               where r.partner_id = p.id and r.state in ('queued', 'running')
               order by r.problem is null, r.id limit 1
           ) o on true
           left join lateral (
               select jsonb_agg(jsonb_build_object('clients', kind.clients, 'example', kind.names[1],
                                                   'problem', kind.problems[1])) as blocked
               from (select count(*) as clients,
                            array_agg(l.name order by a.problem->>'since', l.sort_name) as names,
                            array_agg(a.problem order by a.problem->>'since', l.sort_name) as problems
                     from associations a join clients l on l.id = a.client_id
                     where a.partner_id = p.id and a.state = 'needs_attention' and a.problem is not null
                     group by a.problem->>'code') kind
           ) b on true
           left join lateral (
               select count(*)::integer as clients, min(l.name) as example,
                      min(a.duplicate_search_until) as duplicate_search_until
               from associations a join clients l on l.id = a.client_id
               where a.partner_id = p.id and (a.creation_approved or a.unverified) and a.state not in ('ending', 'ended')
           ) d on d.clients > 0
           where p.state = 'active' and ($1::uuid[] is null or p.id = any ($1))"#,
        partners.as_deref()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Facts::try_from).collect()
}
