//! Sends a test event to a webhook, whatever it reports.

use std::time::Duration;

use serde_json::json;

use super::{ensure_enabled, find, not_found};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::webhook::{Delivery, Event, Fact, origin_of};
use crate::ids::{WebhookDeliveryId, WebhookId};
use crate::ops::{OpError, Ops, Request, Target};
use crate::queue;
use crate::storage::deliveries::{self, NewDelivery};

/// Queues the test, and returns its delivery.
pub async fn send_test(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<WebhookId>,
) -> Result<Delivery, OpError> {
    let scope = request.authorize(ops, Act::TestWebhooks, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let (webhook, now) = (find(&mut tx, id).await?, tx.now());
    ensure_enabled(&tx, &webhook)?;
    let delivery = WebhookDeliveryId::generate();
    let event = Event { partner: webhook.partner, at: now, fact: Fact::Test { webhook: webhook.id, delivery } };
    deliveries::insert_many(&mut tx, &[NewDelivery { id: delivery, webhook: webhook.id, event }], now).await?;
    queue::enqueue_delivery(&mut tx, delivery, Duration::ZERO).await?;
    let after = json!({ "url": origin_of(&webhook.url), "delivery": delivery.to_string() });
    tx.record(Action::WebhookTested, Some(webhook.id.to_string()), None, Some(after)).await?;
    let delivery = deliveries::find_many(&mut tx, &scope, &[delivery]).await?.pop().ok_or_else(not_found)?;
    tx.commit().await?;
    Ok(delivery)
}
