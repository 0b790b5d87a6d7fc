//! What a run does to associations, step by step: intents before a write to Halo, outcomes after it. All of it
//! takes a [`LeasedTx`], so that a worker that was taken for dead changes nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Result;
use super::connections::problem_json;
use super::leases::{LeasedTx, interval};
use crate::domain::problem::Problem;
use crate::domain::run::Outcome;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, ResultId};

/// Writes down what a write of the quantity, which is about to be sent, must leave as it is: a crash before Halo is seen
/// again does not hide what Halo made of it. Whether the association is still as the plan saw it: a person may have
/// changed it meanwhile.
pub async fn intend_quantity(
    tx: &mut LeasedTx<'_>,
    association: AssociationId,
    revision: i32,
    before: &Value,
) -> Result<bool> {
    let done = sqlx::query!(
        "update associations set pending_write = $4, pending_write_at = now()
         where partner_id = $1 and id = $2 and revision = $3",
        tx.lease().partner().0,
        association.0,
        revision,
        before
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Halo's clear answer that it did not write the quantity, or that it was never sent.
pub async fn quantity_refused(tx: &mut LeasedTx<'_>, association: AssociationId) -> Result<()> {
    sqlx::query!(
        "update associations set pending_write = null where partner_id = $1 and id = $2",
        tx.lease().partner().0,
        association.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A quantity that was sent without Halo being seen after it.
#[derive(Clone, Debug)]
pub struct PendingWrite {
    pub association: AssociationId,
    /// What [`intend_quantity`] noted.
    pub before: Value,
    /// The settle time has passed: Halo is not at work on it any more.
    pub settled: bool,
}

/// The quantities that were sent without Halo being seen after it.
pub async fn pending_writes(tx: &mut LeasedTx<'_>, settle: Duration) -> Result<Vec<PendingWrite>> {
    let rows = sqlx::query!(
        r#"select id, pending_write as "pending_write!",
                  coalesce(pending_write_at + $2 <= now(), true) as "settled!"
           from associations
           where partner_id = $1 and pending_write is not null and state <> 'ended'"#,
        tx.lease().partner().0,
        interval(settle)
    )
    .fetch_all(&mut **tx)
    .await?;
    let unseen = rows.into_iter().map(|row| PendingWrite {
        association: AssociationId(row.id),
        before: row.pending_write,
        settled: row.settled,
    });
    Ok(unseen.collect())
}

/// Writes down that a create is about to be sent. From now on it is in doubt until Halo has answered, and nothing is
/// created again before a look at Halo. Whether the association is still as the plan saw it.
pub async fn intend_create(tx: &mut LeasedTx<'_>, association: AssociationId, revision: i32) -> Result<bool> {
    let done = sqlx::query!(
        "update associations set create_sent_at = now(), observed_at = null,
             duplicate_possible_until = case when create_sent_at is null then duplicate_possible_until
                                          else now() + interval '1 day' end
         where partner_id = $1 and id = $2 and revision = $3 and subscription_id is null",
        tx.lease().partner().0,
        association.0,
        revision
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Halo's clear answer that it created nothing ends the doubt.
pub async fn create_refused(tx: &mut LeasedTx<'_>, association: AssociationId) -> Result<()> {
    sqlx::query!(
        "update associations set create_sent_at = null where partner_id = $1 and id = $2 and subscription_id is null",
        tx.lease().partner().0,
        association.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The association owns this subscription from now on. Whether it took it: not where it has one already, nor where
/// `revision` is given (it is for one that is taken back) and a person changed it since. What is taken back after a create
/// in doubt may not be what that create made, so a duplicate is looked for. Fails on `one_owner_per_subscription` where another
/// one owns it.
pub async fn take_subscription(
    tx: &mut LeasedTx<'_>,
    association: AssociationId,
    revision: Option<i32>,
    subscription: HaloSubscriptionId,
) -> Result<bool> {
    let done = sqlx::query!(
        "update associations set subscription_id = $3, create_sent_at = null, creation_approved = false,
             duplicate_possible_until = case when $4::integer is null or create_sent_at is null then duplicate_possible_until
                                          else now() + interval '1 day' end
         where partner_id = $1 and id = $2 and subscription_id is null and revision = coalesce($4, revision)",
        tx.lease().partner().0,
        association.0,
        subscription.0,
        revision
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The subscription as Halo showed it in this run.
#[derive(Clone, Debug)]
pub struct Seen {
    pub name: String,
    pub quantity: Option<u32>,
}

/// What happened to one association in this run.
#[derive(Clone, Debug)]
pub struct Report {
    pub association: AssociationId,
    /// The revision that the plan saw.
    pub revision: i32,
    pub client: ClientId,
    pub outcome: Outcome,
    pub quantity_before: Option<u32>,
    pub quantity_after: Option<u32>,
    pub changed_in_halo: bool,
    pub problem: Option<Problem>,
    pub evidence: Option<String>,
    pub becomes: Becomes,
    pub seen: Option<Seen>,
    /// Whether a second subscription of the client's is there; none where nobody looked. It is looked for until it is gone.
    pub duplicate: Option<bool>,
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

/// Writes one association's outcome down, with what follows for it; given is the outcome as it was written. A later attempt
/// of the same run that writes nothing never hides what an earlier one wrote to Halo; what went wrong since then stands
/// beside it.
///
/// Where a person changed the association after the plan was made, nothing follows for it, and what was not written to Halo
/// counts as not done: the run that the change queued sees to it.
pub async fn record(tx: &mut LeasedTx<'_>, report: &Report, now: DateTime<Utc>) -> Result<Outcome> {
    let (confirmed, attention, ended) = match report.becomes {
        Becomes::Confirmed { quantity } => (Some(quantity), false, false),
        Becomes::NeedsAttention => (None, true, false),
        Becomes::Unchanged | Becomes::NotSeen => (None, false, false),
        Becomes::Ended => (None, false, true),
    };
    let done = sqlx::query!(
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
             observed_name = coalesce($8, observed_name),
             observed_quantity = case when $8::text is null then observed_quantity else $9 end,
             observed_at = case when $8::text is not null or $10 then $7 else observed_at end,
             pending_write = case when $8::text is null then pending_write end,
             -- A duplicate is looked for until that time at least, and until somebody has looked after it.
             duplicate_possible_until = case when $12 then 'infinity'
                                          when $12 is false and (duplicate_possible_until = 'infinity'
                                                                 or duplicate_possible_until <= now()) then null
                                          else duplicate_possible_until end
         where partner_id = $1 and id = $2 and revision = $11",
        tx.lease().partner().0,
        report.association.0,
        problem_json(report.problem.as_ref()),
        attention,
        ended,
        signed(confirmed),
        now,
        report.seen.as_ref().map(|seen| seen.name.as_str()),
        report.seen.as_ref().and_then(|seen| signed(seen.quantity)),
        report.becomes == Becomes::NotSeen,
        report.revision,
        report.duplicate
    )
    .execute(&mut **tx)
    .await?;
    let outcome = match report.outcome {
        written @ (Outcome::Created | Outcome::Updated) => written,
        other if done.rows_affected() == 1 => other,
        _ => Outcome::Skipped,
    };
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
        tx.lease().run().0,
        tx.lease().partner().0,
        report.association.0,
        report.client.0,
        outcome.as_str(),
        signed(report.quantity_before),
        signed(report.quantity_after),
        report.changed_in_halo,
        problem_json(report.problem.as_ref()),
        report.evidence,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(outcome)
}

/// Notes the name under which Halo shows a customer now.
pub async fn record_customer(
    tx: &mut LeasedTx<'_>,
    customer: HaloCustomerId,
    name: &str,
    top_level: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "update associations set halo_customer_name = $3, halo_customer_top_level = $4
         where partner_id = $1 and halo_customer_id = $2 and state <> 'ended'
           and (halo_customer_name, halo_customer_top_level) is distinct from ($3, $4)",
        tx.lease().partner().0,
        customer.0,
        name,
        top_level
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn signed(quantity: Option<u32>) -> Option<i32> {
    quantity.map(|quantity| i32::try_from(quantity).unwrap_or(i32::MAX))
}
