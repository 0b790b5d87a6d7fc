//! What a run does to associations, step by step. Every function here checks the run's lease in its own transaction, so
//! that a worker that was taken for dead changes nothing.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::{problem_json, read_problem};
use super::error::inconsistent;
use super::leases::{self, SyncLease};
use super::{Page, Result, Slice, StorageError};
use crate::auth::PartnerScope;
use crate::domain::problem::Problem;
use crate::domain::run::{Outcome, RunResult};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, ResultId, RunId};

/// Whether the association is still as the plan saw it: a person may have changed it meanwhile.
pub async fn is_current(
    db: &mut PgConnection,
    lease: &SyncLease,
    association: AssociationId,
    revision: i32,
) -> Result<bool> {
    let current = sqlx::query_scalar!(
        r#"select exists (select from associations where partner_id = $1 and id = $2 and revision = $3) as "current!""#,
        lease.partner().0,
        association.0,
        revision
    )
    .fetch_one(db)
    .await?;
    Ok(current)
}

/// Writes down that a create is about to be sent. From now on it is in doubt until Halo has answered, and nothing is
/// created again before a look at Halo. Whether the association is still as the plan saw it.
pub async fn intend_create(
    db: &mut PgConnection,
    lease: &SyncLease,
    association: AssociationId,
    revision: i32,
) -> Result<bool> {
    leases::hold(db, lease).await?;
    let done = sqlx::query!(
        "update associations set create_sent_at = now(), seen_at = null
         where partner_id = $1 and id = $2 and revision = $3 and subscription_id is null",
        lease.partner().0,
        association.0,
        revision
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Halo's clear answer that it created nothing ends the doubt.
pub async fn create_refused(db: &mut PgConnection, lease: &SyncLease, association: AssociationId) -> Result<()> {
    leases::hold(db, lease).await?;
    sqlx::query!(
        "update associations set create_sent_at = null where partner_id = $1 and id = $2 and subscription_id is null",
        lease.partner().0,
        association.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The association owns this subscription from now on. Whether it took it: not where it has one already, nor where
/// `revision` is given and a person changed it since. Fails on `one_owner_per_subscription` where another one owns it.
pub async fn take_subscription(
    db: &mut PgConnection,
    lease: &SyncLease,
    association: AssociationId,
    revision: Option<i32>,
    subscription: HaloSubscriptionId,
) -> Result<bool> {
    leases::hold(db, lease).await?;
    let done = sqlx::query!(
        "update associations set subscription_id = $3, create_sent_at = null, create_approved = false
         where partner_id = $1 and id = $2 and subscription_id is null and revision = coalesce($4, revision)",
        lease.partner().0,
        association.0,
        subscription.0,
        revision
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The subscription as Halo showed it in this run.
#[derive(Clone, Debug)]
pub struct Seen {
    pub name: String,
    pub quantity: Option<u32>,
    pub customer: HaloCustomerId,
}

/// What happened to one association in this run.
#[derive(Clone, Debug)]
pub struct Report {
    pub association: AssociationId,
    pub client: ClientId,
    pub outcome: Outcome,
    pub quantity_before: Option<u32>,
    pub quantity_after: Option<u32>,
    pub changed_in_halo: bool,
    pub problem: Option<Problem>,
    pub evidence: Option<String>,
    pub becomes: Becomes,
    pub seen: Option<Seen>,
}

/// What the association is after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// Halo confirmed this quantity: the last sync date moves.
    Confirmed { quantity: u32 },
    /// Somebody has to mend it.
    NeedsAttention,
    /// As it was; the problem is noted.
    Unchanged,
    /// As it was, with a create in doubt of which a look at Halo showed nothing.
    NotSeen,
    /// The end that a person asked for is confirmed.
    Ended,
}

/// Writes one association's outcome down, with what follows for it. A later attempt of the same run never hides what an
/// earlier one wrote to Halo; what went wrong since then stands beside it.
pub async fn record(db: &mut PgConnection, lease: &SyncLease, report: &Report, now: DateTime<Utc>) -> Result<()> {
    leases::hold(db, lease).await?;
    sqlx::query!(
        "insert into sync_results as r (id, run_id, partner_id, association_id, client_id, outcome, quantity_before,
                                        quantity_after, changed_in_halo, problem, evidence, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (run_id, association_id) do update set
             (outcome, quantity_before, quantity_after, changed_in_halo, at) = (
                 select excluded.outcome, excluded.quantity_before, excluded.quantity_after, excluded.changed_in_halo,
                        excluded.at
                 where r.outcome not in ('created', 'updated') or excluded.outcome in ('created', 'updated')
                 union all
                 select r.outcome, r.quantity_before, r.quantity_after, r.changed_in_halo, r.at
                 where r.outcome in ('created', 'updated') and excluded.outcome not in ('created', 'updated')),
             problem = excluded.problem, evidence = coalesce(excluded.evidence, r.evidence)",
        ResultId::generate().0,
        lease.run().0,
        lease.partner().0,
        report.association.0,
        report.client.0,
        report.outcome.as_str(),
        signed(report.quantity_before),
        signed(report.quantity_after),
        report.changed_in_halo,
        problem_json(report.problem.as_ref()),
        report.evidence,
        now
    )
    .execute(&mut *db)
    .await?;
    let (confirmed, attention, ended) = match report.becomes {
        Becomes::Confirmed { quantity } => (Some(quantity), false, false),
        Becomes::NeedsAttention => (None, true, false),
        Becomes::Unchanged | Becomes::NotSeen => (None, false, false),
        Becomes::Ended => (None, false, true),
    };
    sqlx::query!(
        "update associations set
             problem = $3,
             state = case when $5 and state = 'ending' then 'ended'
                          when state in ('ending', 'ended') then state
                          when $6::integer is not null then 'active'
                          when $4 then 'needs_attention'
                          else state end,
             ended_at = case when $5 and state = 'ending' then $7 else ended_at end,
             last_synced_at = case when $6::integer is null then last_synced_at else greatest(last_synced_at, $7) end,
             last_synced_quantity = coalesce($6, last_synced_quantity),
             seen_name = coalesce($8, seen_name),
             seen_quantity = case when $8::text is null then seen_quantity else $9 end,
             seen_customer_id = coalesce($10, seen_customer_id),
             seen_at = case when $8::text is not null or $11 then $7 else seen_at end
         where partner_id = $1 and id = $2",
        lease.partner().0,
        report.association.0,
        problem_json(report.problem.as_ref()),
        attention,
        ended,
        signed(confirmed),
        now,
        report.seen.as_ref().map(|seen| seen.name.as_str()),
        report.seen.as_ref().and_then(|seen| signed(seen.quantity)),
        report.seen.as_ref().map(|seen| seen.customer.0),
        report.becomes == Becomes::NotSeen
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes the name under which Halo shows a customer now.
pub async fn record_customer(
    db: &mut PgConnection,
    lease: &SyncLease,
    customer: HaloCustomerId,
    name: &str,
    top_level: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "update associations set halo_customer_name = $3, halo_customer_top_level = $4
         where partner_id = $1 and halo_customer_id = $2 and state <> 'ended'
           and (halo_customer_name, halo_customer_top_level) is distinct from ($3, $4)",
        lease.partner().0,
        customer.0,
        name,
        top_level
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which subscriptions are on a recurring invoice; none where Halo does not let us see invoices.
pub async fn record_billing(
    db: &mut PgConnection,
    lease: &SyncLease,
    billed: Option<&BTreeSet<HaloSubscriptionId>>,
) -> Result<()> {
    let billed: Option<Vec<_>> = billed.map(|ids| ids.iter().map(|id| id.0).collect());
    sqlx::query!(
        "update associations set billing = case when $2::integer[] is null then 'unknown'
                                                when subscription_id = any ($2) then 'on_recurring_invoice'
                                                else 'not_on_recurring_invoice' end
         where partner_id = $1 and subscription_id is not null and state <> 'ended'",
        lease.partner().0,
        billed.as_deref()
    )
    .execute(db)
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    run_id: Uuid,
    association_id: Uuid,
    client_id: Uuid,
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

/// What one run did, in the order in which it was done.
pub async fn of_run(
    db: &mut PgConnection,
    scope: &PartnerScope,
    run: RunId,
    outcomes: Option<&[Outcome]>,
    page: &Page,
) -> Result<Slice<RunResult>> {
    let outcomes: Option<Vec<_>> = outcomes.map(words);
    let rows = sqlx::query_as!(
        Row,
        "select id, run_id, association_id, client_id, outcome, quantity_before, quantity_after, changed_in_halo,
                problem, evidence, at
         from sync_results
         where partner_id = $1 and run_id = $2 and ($3::text[] is null or outcome = any ($3))
           and ($4::uuid is null or id > $4)
         order by id limit $5",
        scope.partner().0,
        run.0,
        outcomes.as_deref(),
        page.after_id(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    Ok(page.cut(rows.into_iter().map(RunResult::try_from).collect::<Result<_>>()?))
}

pub async fn count_of_run(
    db: &mut PgConnection,
    scope: &PartnerScope,
    run: RunId,
    outcomes: Option<&[Outcome]>,
) -> Result<i64> {
    let outcomes: Option<Vec<_>> = outcomes.map(words);
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from sync_results
           where partner_id = $1 and run_id = $2 and ($3::text[] is null or outcome = any ($3))"#,
        scope.partner().0,
        run.0,
        outcomes.as_deref()
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// The evidence behind one client's bills, the latest first.
pub async fn of_association(
    db: &mut PgConnection,
    scope: &PartnerScope,
    association: AssociationId,
    page: &Page,
) -> Result<Slice<RunResult>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, run_id, association_id, client_id, outcome, quantity_before, quantity_after, changed_in_halo,
                problem, evidence, at
         from sync_results
         where partner_id = $1 and association_id = $2 and ($3::uuid is null or id < $3)
         order by id desc limit $4",
        scope.partner().0,
        association.0,
        page.after_id(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    Ok(page.cut(rows.into_iter().map(RunResult::try_from).collect::<Result<_>>()?))
}

pub async fn count_of_association(
    db: &mut PgConnection,
    scope: &PartnerScope,
    association: AssociationId,
) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from sync_results where partner_id = $1 and association_id = $2"#,
        scope.partner().0,
        association.0
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

fn words(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(|outcome| outcome.as_str().to_owned()).collect()
}

fn signed(quantity: Option<u32>) -> Option<i32> {
    quantity.map(|quantity| i32::try_from(quantity).unwrap_or(i32::MAX))
}
