//! Adds a secret to a webhook. Deliveries are signed with the earlier ones as well, until they are
//! removed: the receiver exchanges its secret when it likes.

use secrecy::SecretString;
use serde_json::json;

use super::{add_secret, find};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::webhook::{MOST_SECRETS, Webhook, origin_of};
use crate::ids::WebhookId;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};

/// Stores a new secret, and returns it this once.
pub async fn rotate_secret(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<WebhookId>,
) -> Result<(Webhook, SecretString), OpError> {
    let scope = request.authorize(ops, Act::ManageWebhooks, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let webhook = find(&mut tx, id).await?;
    if webhook.secrets.len() >= MOST_SECRETS {
        let message = format!("This webhook has {MOST_SECRETS} secrets already. Remove one that is no longer used.");
        return Err(OpError::refused(UserErrorCode::TooMany, &[], message));
    }
    let (secret_id, secret) = add_secret(ops, &mut tx, webhook.id).await?;
    let after = json!({ "url": origin_of(&webhook.url), "secret": secret_id.to_string() });
    tx.record(Action::WebhookSecretRotated, Some(webhook.id.to_string()), None, Some(after)).await?;
    let webhook = find(&mut tx, Some(webhook.id)).await?;
    tx.commit().await?;
    Ok((webhook, secret))
}
