//! Has a delivery sent again: one that was given up, or one that the receiver has lost.

use std::time::Duration;

use serde_json::json;

use super::{ensure_enabled, find};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::webhook::{Delivery, origin_of};
use crate::ids::WebhookDeliveryId;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::queue;
use crate::storage::deliveries;

/// Queues the delivery again. It has the same id and the same body, so that a receiver knows it.
pub async fn replay_delivery(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<WebhookDeliveryId>,
) -> Result<Delivery, OpError> {
    let scope = request.authorize(ops, Act::TestWebhooks, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let id = id.ok_or_else(not_found)?;
    let delivery = deliveries::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    let webhook = find(&mut tx, Some(delivery.webhook)).await?;
    ensure_enabled(&tx, &webhook)?;
    deliveries::replay(&mut tx, id).await?;
    queue::enqueue_delivery(&mut tx, id, Duration::ZERO).await?;
    let after = json!({ "url": origin_of(&webhook.url), "delivery": id.to_string() });
    tx.record(Action::WebhookReplayed, Some(webhook.id.to_string()), None, Some(after)).await?;
    let delivery = deliveries::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    tx.commit().await?;
    Ok(delivery)
}

fn not_found() -> OpError {
    let message = "This delivery no longer exists. Deliveries are kept for 30 days. Load the list again.";
    OpError::refused(UserErrorCode::WebhookDeliveryNotFound, &[], message)
}
