//! Removes a secret of a webhook: deliveries are no longer signed with it.

use serde_json::json;

use super::find;
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::webhook::{Webhook, origin_of};
use crate::ids::{WebhookId, WebhookSecretId};
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::webhooks;

/// Removes the secret. The last one stays: what is not signed is not sent.
pub async fn remove_secret(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<WebhookId>,
    secret: Option<WebhookSecretId>,
) -> Result<Webhook, OpError> {
    let scope = request.authorize(ops, Act::ManageWebhooks, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let webhook = find(&mut tx, id).await?;
    let Some(secret) = secret.filter(|secret| webhook.secrets.iter().any(|known| known.id == *secret)) else {
        let message = "The webhook no longer has this secret. Load the list again.";
        return Err(OpError::refused(UserErrorCode::WebhookSecretNotFound, &["secretId"], message));
    };
    if webhook.secrets.len() == 1 {
        let message = "This is the webhook's only secret, and deliveries have to be signed. Add another one first.";
        return Err(OpError::refused(UserErrorCode::LastWebhookSecret, &["secretId"], message));
    }
    webhooks::remove_secret(&mut tx, webhook.id, secret).await?;
    let before = json!({ "url": origin_of(&webhook.url), "secret": secret.to_string() });
    tx.record(Action::WebhookSecretRemoved, Some(webhook.id.to_string()), Some(before), None).await?;
    let webhook = find(&mut tx, Some(webhook.id)).await?;
    tx.commit().await?;
    Ok(webhook)
}
