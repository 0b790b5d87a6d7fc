//! What a run does to associations, step by step: intents before a write to Halo, outcomes after
//! it. All of it takes a [`LeasedTx`], so that a worker that was taken for dead changes nothing.
//! What follows for the association is decided in [`crate::domain::association`].

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::leases::LeasedTx;
pub use super::lifecycles::LockedAssociations;
use super::{Result, lifecycles, results};
use crate::domain::association::{AssociationEvent, StepReport};
use crate::domain::run::{Outcome, RunResult};
use crate::ids::{AssociationId, HaloCustomerId, HaloSubscriptionId, ResultId};

/// Notes what a write of the quantity, which is about to be sent, must leave as it is: a crash
/// before Halo is seen again does not hide what Halo made of it. False if the association is no
/// longer as the plan saw it: a user changed it meanwhile.
pub async fn intend_quantity(
    tx: &mut LeasedTx<'_>,
    associations: &LockedAssociations,
    association: AssociationId,
    revision: i32,
    before: Value,
) -> Result<bool> {
    let Some(locked) = associations.unchanged(association, revision) else { return Ok(false) };
    Ok(locked.apply(tx, &AssociationEvent::QuantitySent { before }).await?.is_ok())
}

/// Takes the note back after Halo's clear answer that it did not write the quantity, or if the
/// quantity was never sent.
pub async fn quantity_refused(tx: &mut LeasedTx<'_>, association: AssociationId) -> Result<()> {
    apply(tx, association, None, &AssociationEvent::QuantityRefused).await?;
    Ok(())
}

/// A quantity that was sent, and that Halo has not been seen after.
#[derive(Clone, Debug)]
pub struct PendingWrite {
    pub association: AssociationId,
    /// What [`intend_quantity`] noted.
    pub before: Value,
    /// The create-confirmation timeout has passed: Halo is not at work on the write any more.
    pub timed_out: bool,
}

/// Notes that a create is about to be sent. From now on it is in doubt until Halo has answered, and
/// nothing is created again before a look at Halo. `None` if the association is no longer as the
/// plan saw it.
pub async fn intend_create(
    tx: &mut LeasedTx<'_>,
    associations: &LockedAssociations,
    association: AssociationId,
    revision: i32,
) -> Result<Option<CreateIntent>> {
    let Some(locked) = associations.unchanged(association, revision) else { return Ok(None) };
    if locked.apply(tx, &AssociationEvent::CreateSent).await?.is_err() {
        return Ok(None);
    }
    Ok(Some(CreateIntent { earlier_failure: locked.lifecycle.create_failure.clone() }))
}

/// A create that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateIntent {
    /// Why Halo could not store the create before this one.
    pub earlier_failure: Option<String>,
}

/// Notes why Halo could not store a create that it may have stored all the same.
pub async fn create_failed(tx: &mut LeasedTx<'_>, association: AssociationId, reason: &str) -> Result<()> {
    apply(tx, association, None, &AssociationEvent::CreateFailed { reason: reason.to_owned() }).await?;
    Ok(())
}

/// Notes that no run sends this create again by itself before the next night.
pub async fn create_abandoned(tx: &mut LeasedTx<'_>, association: AssociationId, at: DateTime<Utc>) -> Result<()> {
    apply(tx, association, None, &AssociationEvent::CreateAbandoned { at }).await?;
    Ok(())
}

/// Ends the doubt after Halo's clear answer that it created nothing.
pub async fn create_refused(tx: &mut LeasedTx<'_>, association: AssociationId) -> Result<()> {
    apply(tx, association, None, &AssociationEvent::CreateRefused).await?;
    Ok(())
}

/// Notes that the association owns this subscription from now on. False if it has one already, or
/// if `revision` is given (for one that is taken back) and a user changed the association since.
/// Fails on `one_owner_per_subscription` if another association owns the subscription.
pub async fn take_subscription(
    tx: &mut LeasedTx<'_>,
    association: AssociationId,
    revision: Option<i32>,
    subscription: HaloSubscriptionId,
) -> Result<bool> {
    let event = match revision {
        Some(_) => AssociationEvent::Readopted(subscription),
        None => AssociationEvent::Created(subscription),
    };
    apply(tx, association, revision, &event).await
}

/// Applies the event unless the association has another revision than this one, or the event is
/// impossible for it.
async fn apply(
    tx: &mut LeasedTx<'_>,
    association: AssociationId,
    revision: Option<i32>,
    event: &AssociationEvent,
) -> Result<bool> {
    let partner = tx.lease().partner();
    let Some(locked) = lifecycles::lock(tx, partner, association).await? else { return Ok(false) };
    if revision.is_some_and(|revision| revision != locked.lifecycle.revision) {
        return Ok(false);
    }
    Ok(locked.apply(tx, event).await?.is_ok())
}

/// Notes the outcomes of several associations, with what follows for each, and returns the outcomes
/// as they were noted. It takes the same few statements however many there are.
///
/// If a user changed an association after the plan was made, nothing follows for it, and what was
/// not written to Halo counts as not done: the run that the change queued acts on it.
pub async fn record(
    tx: &mut LeasedTx<'_>,
    associations: &LockedAssociations,
    reports: &[&StepReport],
    now: DateTime<Utc>,
) -> Result<Vec<Outcome>> {
    let run = tx.lease().run();
    let (mut changed, mut outcomes, mut results) = (Vec::new(), Vec::new(), Vec::new());
    for report in reports {
        let known = associations.unchanged(report.association, report.revision);
        let after = known.and_then(|known| Some((known, known.lifecycle.apply(&report.event(now), known.now).ok()?)));
        let outcome = match report.outcome {
            written @ (Outcome::Created | Outcome::Updated) => written,
            other if after.is_some() => other,
            _ => Outcome::Skipped,
        };
        changed.extend(after);
        outcomes.push(outcome);
        results.push(RunResult {
            id: ResultId::generate(),
            run,
            association: report.association,
            client: report.client,
            users: Some(report.users),
            outcome,
            quantity_before: report.quantity_before,
            quantity_after: report.quantity_after,
            changed_in_halo: report.changed_in_halo,
            problem: report.problem.clone(),
            evidence: report.evidence.clone(),
            at: now,
        });
    }
    let changed = lifecycles::changed_rows(&changed);
    results::record(tx, changed, results).await?;
    Ok(outcomes)
}

/// Notes the name of a customer that the row of its subscription shows, which has no top level.
pub async fn record_customer_name(tx: &mut LeasedTx<'_>, customer: HaloCustomerId, name: &str) -> Result<()> {
    sqlx::query!(
        "update associations set halo_customer_name = $3
         where partner_id = $1 and halo_customer_id = $2 and state <> 'ended' and not unverified",
        tx.lease().partner().0,
        customer.0,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes the name under which Halo shows a customer now. By its known name, an unverified customer
/// is recognised.
pub async fn record_customer(
    tx: &mut LeasedTx<'_>,
    customer: HaloCustomerId,
    name: &str,
    top_level: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "update associations set halo_customer_name = $3, halo_customer_top_level = $4
         where partner_id = $1 and halo_customer_id = $2 and state <> 'ended' and not unverified
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
