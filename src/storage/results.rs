//! What runs did, client by client: the evidence behind each bill.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::{problem_json, read_problem};
use super::error::inconsistent;
use super::leases::LeasedTx;
use super::{Page, Partners, Period, Result, Slice, StorageError, signed, words};
use crate::auth::PartnerScope;
use crate::domain::run::{Outcome, RunResult};
use crate::ids::{AssociationId, ClientId, PartnerId, ResultId, RunId};

struct Row {
    id: Uuid,
    run_id: Uuid,
    association_id: Uuid,
    client_id: Uuid,
    user_counts: Option<Value>,
    outcome: String,
    quantity_before: Option<i32>,
    quantity_after: Option<i32>,
    changed_in_halo: bool,
    problem: Option<Value>,
    evidence: Option<String>,
    at: DateTime<Utc>,
}

impl TryFrom<Row> for RunResult {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(RunResult {
            id: ResultId(row.id),
            run: RunId(row.run_id),
            association: AssociationId(row.association_id),
            client: ClientId(row.client_id),
            users: row
                .user_counts
                .map(|counts| {
                    serde_json::from_value(counts).map_err(inconsistent("sync_results", "user_counts", row.id))
                })
                .transpose()?,
            outcome: row.outcome.parse().map_err(inconsistent("sync_results", "outcome", row.id))?,
            quantity_before: row.quantity_before.and_then(|quantity| u32::try_from(quantity).ok()),
            quantity_after: row.quantity_after.and_then(|quantity| u32::try_from(quantity).ok()),
            changed_in_halo: row.changed_in_halo,
            problem: read_problem("sync_results", row.id, row.problem)?,
            evidence: row.evidence,
            at: row.at,
        })
    }
}

/// Reads these results.
pub(super) async fn find_many(db: &mut PgConnection, partners: &[Uuid], ids: &[Uuid]) -> Result<Vec<RunResult>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, run_id, association_id, client_id, user_counts, outcome, quantity_before, quantity_after,
                changed_in_halo, problem, evidence, at
         from sync_results where partner_id = any ($1) and id = any ($2)",
        partners,
        ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(RunResult::try_from).collect()
}

/// What each run did, in the order in which it was done.
pub async fn of_runs(
    db: &mut PgConnection,
    partners: impl Partners,
    runs: &[RunId],
    outcomes: Option<&[Outcome]>,
    page: &Page,
) -> Result<HashMap<RunId, Slice<RunResult>>> {
    let runs: Vec<_> = runs.iter().map(|id| id.0).collect();
    let outcomes: Option<Vec<_>> = outcomes.map(words);
    let rows = sqlx::query_as!(
        Row,
        "select r.id, r.run_id, r.association_id, r.client_id, r.user_counts, r.outcome, r.quantity_before, r.quantity_after,
                r.changed_in_halo, r.problem, r.evidence, r.at
         from unnest($2::uuid[]) as run (id)
         cross join lateral (
             select * from sync_results
             where run_id = run.id and partner_id = any ($1) and ($3::text[] is null or outcome = any ($3)) and id > $4
             order by id limit $5
         ) r
         order by r.id",
        &partners.ids(),
        &runs,
        outcomes.as_deref(),
        page.above(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let result = RunResult::try_from(row)?;
        Ok((result.run, result))
    }))
}

/// How many results each run has. One without any is not among them.
pub async fn counts_of_runs(
    db: &mut PgConnection,
    partners: impl Partners,
    runs: &[RunId],
    outcomes: Option<&[Outcome]>,
) -> Result<HashMap<RunId, i64>> {
    let runs: Vec<_> = runs.iter().map(|id| id.0).collect();
    let outcomes: Option<Vec<_>> = outcomes.map(words);
    let rows = sqlx::query!(
        r#"select run_id, count(*) as "count!" from sync_results
           where partner_id = any ($1) and run_id = any ($2) and ($3::text[] is null or outcome = any ($3))
           group by run_id"#,
        &partners.ids(),
        &runs,
        outcomes.as_deref()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (RunId(row.run_id), row.count)).collect())
}

/// Which results of an association are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResultFilter {
    pub outcomes: Option<Vec<Outcome>>,
    /// Only results that wrote or failed something, or that the partner should know of.
    pub changes_only: bool,
    pub during: Period,
}

/// The clients with results of this run that were recorded at `since` or later, at most `most`, the
/// oldest first, with the time of each.
pub async fn recorded_since(
    db: &mut PgConnection,
    scope: &PartnerScope,
    run: RunId,
    since: DateTime<Utc>,
    most: i64,
) -> Result<Vec<(ClientId, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        "select client_id, at from sync_results
         where partner_id = $1 and run_id = $2 and at >= $3 order by at, id limit $4",
        scope.partner().0,
        run.0,
        since,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (ClientId(row.client_id), row.at)).collect())
}

/// The evidence behind each association's bills, the latest first.
pub async fn of_associations(
    db: &mut PgConnection,
    partners: impl Partners,
    associations: &[AssociationId],
    filter: &ResultFilter,
    page: &Page,
) -> Result<HashMap<AssociationId, Slice<RunResult>>> {
    let associations: Vec<_> = associations.iter().map(|id| id.0).collect();
    let outcomes: Option<Vec<_>> = filter.outcomes.as_deref().map(words);
    let rows = sqlx::query_as!(
        Row,
        "select r.id, r.run_id, r.association_id, r.client_id, r.user_counts, r.outcome, r.quantity_before, r.quantity_after,
                r.changed_in_halo, r.problem, r.evidence, r.at
         from unnest($2::uuid[]) as association (id)
         cross join lateral (
             select * from sync_results
             where association_id = association.id and partner_id = any ($1) and id < $3
               and ($5::text[] is null or outcome = any ($5))
               and (not $6 or outcome in ('created', 'updated', 'failed') or changed_in_halo or problem is not null)
               and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
             order by id desc limit $4
         ) r
         order by r.id desc",
        &partners.ids(),
        &associations,
        page.below(),
        page.limit(),
        outcomes.as_deref(),
        filter.changes_only,
        filter.during.from,
        filter.during.to
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let result = RunResult::try_from(row)?;
        Ok((result.association, result))
    }))
}

/// How many results each association has. One without any is not among them.
pub async fn counts_of_associations(
    db: &mut PgConnection,
    partners: impl Partners,
    associations: &[AssociationId],
    filter: &ResultFilter,
) -> Result<HashMap<AssociationId, i64>> {
    let associations: Vec<_> = associations.iter().map(|id| id.0).collect();
    let outcomes: Option<Vec<_>> = filter.outcomes.as_deref().map(words);
    let rows = sqlx::query!(
        r#"select association_id, count(*) as "count!" from sync_results
           where partner_id = any ($1) and association_id = any ($2)
             and ($3::text[] is null or outcome = any ($3))
             and (not $4 or outcome in ('created', 'updated', 'failed') or changed_in_halo or problem is not null)
             and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
           group by association_id"#,
        &partners.ids(),
        &associations,
        outcomes.as_deref(),
        filter.changes_only,
        filter.during.from,
        filter.during.to
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (AssociationId(row.association_id), row.count)).collect())
}

/// Notes results of the run, each after what an earlier attempt of the run had, and stores what
/// follows for their associations: the rows of [`super::lifecycles::changed_rows`]. It is one
/// statement, which every client that is written takes.
pub(super) async fn record(tx: &mut LeasedTx<'_>, changed: Value, results: Vec<RunResult>) -> Result<()> {
    let partner = tx.lease().partner();
    let row = |result: &RunResult| {
        json!({
            "id": result.id.0,
            "run_id": result.run.0,
            "association_id": result.association.0,
            "client": result.client.0,
            "user_counts": result.users,
            "outcome": result.outcome.as_str(),
            "quantity_before": signed(result.quantity_before),
            "quantity_after": signed(result.quantity_after),
            "changed_in_halo": result.changed_in_halo,
            "problem": problem_json(result.problem.as_ref()),
            "evidence": result.evidence,
            "at": result.at.trunc_subsecs(6),
        })
    };
    let rows = Value::Array(results.iter().map(row).collect());
    let inserted = sqlx::query_scalar!(
        "with changed as (
             update associations a set
                 revision = n.revision, state = n.state, ending = n.ending, ended_at = n.ended_at, shared = n.shared,
                 subscription_id = n.subscription_id, create_sent_at = n.create_sent_at,
                 create_failure = n.create_failure, creation_approved = n.creation_approved,
                 duplicate_search_until = n.duplicate_search_until, unverified = n.unverified,
                 pending_write = n.pending_write, pending_write_at = n.pending_write_at,
                 observed_name = n.observed_name, observed_quantity = n.observed_quantity, observed_at = n.observed_at,
                 billing = n.billing,
                 billing_invoice_id = case when a.billing = n.billing then a.billing_invoice_id end, last_synced_at = n.last_synced_at, last_synced_quantity = n.last_synced_quantity,
                 confirmed_fall = n.confirmed_fall, problem = n.problem
             from jsonb_to_recordset($2) as n (
                 id uuid, known_revision integer, revision integer, state text, ending text, ended_at timestamptz,
                 shared boolean, subscription_id integer, create_sent_at timestamptz, create_failure text,
                 creation_approved boolean, duplicate_search_until timestamptz, unverified boolean, pending_write jsonb,
                 pending_write_at timestamptz, observed_name text, observed_quantity integer, observed_at timestamptz,
                 billing text, last_synced_at timestamptz, last_synced_quantity integer, confirmed_fall integer, problem jsonb)
             where a.partner_id = $1 and a.id = n.id and a.revision = n.known_revision
         )
         insert into sync_results (id, run_id, partner_id, association_id, client_id, user_counts, outcome, quantity_before,
                                   quantity_after, changed_in_halo, problem, evidence, at)
         select id, run_id, $1, association_id, client, user_counts, outcome, quantity_before, quantity_after, changed_in_halo,
                problem, evidence, at
         from jsonb_to_recordset($3) as n (
             id uuid, run_id uuid, association_id uuid, client uuid, user_counts jsonb, outcome text, quantity_before integer,
             quantity_after integer, changed_in_halo boolean, problem jsonb, evidence text, at timestamptz)
         on conflict (run_id, association_id) do nothing
         returning id",
        partner.0,
        changed,
        rows
    )
    .fetch_all(&mut **tx)
    .await?;
    for result in results.into_iter().filter(|result| !inserted.contains(&result.id.0)) {
        record_again(tx, partner, result).await?;
    }
    Ok(())
}

/// Notes a result of an association that has one of an earlier attempt.
async fn record_again(tx: &mut LeasedTx<'_>, partner: PartnerId, result: RunResult) -> Result<()> {
    let earlier = sqlx::query_as!(
        Row,
        "select id, run_id, association_id, client_id, user_counts, outcome, quantity_before, quantity_after, changed_in_halo,
                problem, evidence, at
         from sync_results where partner_id = $1 and run_id = $2 and association_id = $3",
        partner.0,
        result.run.0,
        result.association.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let result = result.following(earlier.try_into()?);
    sqlx::query!(
        "update sync_results set outcome = $3, quantity_before = $4, quantity_after = $5, changed_in_halo = $6,
             problem = $7, evidence = $8, at = $9, user_counts = $10
         where partner_id = $1 and id = $2",
        partner.0,
        result.id.0,
        result.outcome.as_str(),
        signed(result.quantity_before),
        signed(result.quantity_after),
        result.changed_in_halo,
        problem_json(result.problem.as_ref()),
        result.evidence,
        result.at,
        result.users.map(|users| json!(users))
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
