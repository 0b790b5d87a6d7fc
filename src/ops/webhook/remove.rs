//! Removes a webhook, with its secrets and its deliveries.

use super::{find, summary};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::ids::WebhookId;
use crate::ops::{OpError, Ops, Request, Target};
use crate::storage::webhooks;

pub async fn remove_webhook(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<WebhookId>,
) -> Result<WebhookId, OpError> {
    let scope = request.authorize(ops, Act::ManageWebhooks, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let webhook = find(&mut tx, id).await?;
    webhooks::remove(&mut tx, webhook.id).await?;
    tx.record(Action::WebhookRemoved, Some(webhook.id.to_string()), Some(summary(&webhook)), None).await?;
    tx.commit().await?;
    Ok(webhook.id)
}
