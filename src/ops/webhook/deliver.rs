//! Makes one attempt at one delivery, and stores what became of it.
//!
//! A delivery is sent at least once: a worker that dies between the attempt and the note leaves a
//! lease that expires, and another one sends it again, under the same id.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{disable_by_itself, secret_binding};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::webhook::{DeliveryError, DisabledBecause, Next, Outcome, after_failure, origin_of};
use crate::ids::{WebhookDeliveryId, WebhookSecretId};
use crate::ops::{OpError, Ops};
use crate::queue;
use crate::seal::{OpenError, Sealed};
use crate::storage::deliveries::{self, Claimed};
use crate::storage::{AuditContext, webhooks};

/// What came of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// There was nothing to send: it is not due, or its webhook is busy, disabled or gone.
    Skipped,
    Delivered,
    Failed(DeliveryError),
    /// Another worker has begun an attempt since.
    Superseded,
}

impl Attempt {
    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Attempt::Skipped => "skipped",
            Attempt::Delivered => "delivered",
            Attempt::Failed(error) => error.as_str(),
            Attempt::Superseded => "superseded",
        }
    }
}

pub async fn deliver(ops: &Ops, id: WebhookDeliveryId) -> Result<Attempt, OpError> {
    let Some((claimed, sealed, now)) = claim(ops, id).await? else { return Ok(Attempt::Skipped) };
    let outcome = match open(ops, &claimed, sealed) {
        Ok(secrets) => ops.webhooks.send(&claimed.url, id, &claimed.payload, &secrets, now).await,
        Err(error) => {
            tracing::error!(delivery.id = %id, %error, "a secret of a webhook cannot be opened");
            Outcome::Failed { status: None, error: DeliveryError::SecretsUnreadable }
        }
    };
    store(ops, &claimed, outcome).await
}

type SealedSecrets = Vec<(WebhookSecretId, Vec<u8>)>;

async fn claim(ops: &Ops, id: WebhookDeliveryId) -> Result<Option<(Claimed, SealedSecrets, DateTime<Utc>)>, OpError> {
    let system = SystemScope::worker();
    let (mut tx, now) = ops.db.begin_dated(system).await?;
    let now = ops.clock.shared(now);
    let Some(claimed) = deliveries::claim(&mut tx, system, id, now).await? else { return Ok(None) };
    let sealed = webhooks::sealed_secrets(&mut tx, system, claimed.webhook).await?;
    tx.commit().await?;
    Ok(Some((claimed, sealed, now)))
}

fn open(ops: &Ops, claimed: &Claimed, sealed: SealedSecrets) -> Result<Vec<SecretString>, OpenError> {
    let open = |(id, bytes)| ops.keys.open(&Sealed::from_bytes(bytes)?, &secret_binding(id, claimed.partner));
    sealed.into_iter().map(open).collect()
}

async fn store(ops: &Ops, claimed: &Claimed, outcome: Outcome) -> Result<Attempt, OpError> {
    let scope = PartnerScope::for_worker(claimed.partner);
    let mut tx = ops.begin(&scope, AuditContext::default()).await?;
    let now = tx.now();
    // The webhook before its deliveries, as for every change of both.
    let (attempt, next) = match outcome {
        Outcome::Delivered { .. } => {
            webhooks::note_success(&mut tx, claimed.webhook).await?;
            (Attempt::Delivered, Next::GiveUp)
        }
        Outcome::Failed { error, .. } => {
            match error {
                DeliveryError::Gone => {
                    disable_by_itself(&mut tx, claimed.webhook, &claimed.url, DisabledBecause::Gone).await?;
                }
                // The receiver is not at fault.
                DeliveryError::SecretsUnreadable | DeliveryError::NotSent => {}
                _ => webhooks::note_failure(&mut tx, claimed.webhook).await?,
            }
            (Attempt::Failed(error), after_failure(claimed.id, claimed.attempts, claimed.queued_at, error, now))
        }
    };
    if !deliveries::store_outcome(&mut tx, claimed, outcome, next).await? {
        return Ok(Attempt::Superseded);
    }
    if let (Outcome::Failed { .. }, Next::At(at)) = (outcome, next) {
        let wait = (at - now).to_std().unwrap_or(Duration::ZERO);
        queue::enqueue_delivery(&mut tx, claimed.id, wait).await?;
    }
    // What waited for this one to end.
    if let Some(due) = deliveries::next_due(&mut tx, claimed.webhook).await? {
        queue::enqueue_delivery(&mut tx, due, Duration::ZERO).await?;
    }
    tx.commit().await?;
    tracing::info!(
        partner.id = %claimed.partner, webhook.id = %claimed.webhook, delivery.id = %claimed.id,
        receiver = origin_of(&claimed.url), attempts = claimed.attempts, outcome = attempt.as_str(),
        "webhook sent"
    );
    Ok(attempt)
}
