//! Registers a webhook, with its first secret.

use secrecy::SecretString;

use super::{add_secret, check_event_types, find, refused_address, summary};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::webhook::{EventType, MOST_WEBHOOKS, Webhook};
use crate::ids::WebhookId;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::webhooks;

/// Stores the webhook. It reports what happens from now on. The secret is returned this once.
pub async fn register_webhook(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    url: &str,
    event_types: &[EventType],
) -> Result<(Webhook, SecretString), OpError> {
    let scope = request.authorize(ops, Act::ManageWebhooks, target).await?;
    ops.check_active(&scope).await?;
    let event_types = check_event_types(event_types);
    let url = ops.webhooks.check_address(url).await.map_err(refused_address);
    let (url, event_types) = match (url, event_types) {
        (Ok(url), Ok(event_types)) => (url, event_types),
        (url, event_types) => return Err(OpError::Refused(url.err().into_iter().chain(event_types.err()).collect())),
    };
    let mut tx = ops.begin_active(&scope, request).await?;
    if webhooks::count(&mut tx).await? >= i64::try_from(MOST_WEBHOOKS).unwrap_or(i64::MAX) {
        let message = format!("You have {MOST_WEBHOOKS} webhooks already, which is the most. Remove one first.");
        return Err(OpError::refused(UserErrorCode::TooMany, &[], message));
    }
    let id = WebhookId::generate();
    webhooks::insert(&mut tx, id, url.as_str(), &event_types).await?;
    let (_, secret) = add_secret(ops, &mut tx, id).await?;
    let webhook = find(&mut tx, Some(id)).await?;
    tx.record(Action::WebhookRegistered, Some(id.to_string()), None, Some(summary(&webhook))).await?;
    tx.commit().await?;
    Ok((webhook, secret))
}
