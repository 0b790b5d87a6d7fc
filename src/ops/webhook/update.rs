//! Changes a webhook: its address, what it reports, and whether it does.

use super::{check_event_types, disable, find, refused_address, summary};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::webhook::{DisabledBecause, EventType, Webhook};
use crate::ids::WebhookId;
use crate::ops::{OpError, Ops, Request, Target};
use crate::storage::webhooks;

/// What is to be changed. What is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookChanges {
    pub url: Option<String>,
    pub event_types: Option<Vec<EventType>>,
    pub enabled: Option<bool>,
}

/// Stores the changes. A webhook that is enabled again reports what happens from now on.
pub async fn update_webhook(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<WebhookId>,
    changes: &WebhookChanges,
) -> Result<Webhook, OpError> {
    let scope = request.authorize(ops, Act::ManageWebhooks, target).await?;
    ops.check_active(&scope).await?;
    let mut errors = Vec::new();
    let url = match &changes.url {
        Some(typed) => ops.webhooks.check_address(typed).await.map_err(|it| errors.push(refused_address(it))).ok(),
        None => None,
    };
    let event_types = changes.event_types.as_deref().map(check_event_types);
    let event_types = event_types.transpose().map_err(|error| errors.push(error)).ok().flatten();
    if !errors.is_empty() {
        return Err(OpError::Refused(errors));
    }
    let mut tx = ops.begin_active(&scope, request).await?;
    let before = find(&mut tx, id).await?;
    let url = url.as_ref().map_or(before.url.as_str(), |url| url.as_str());
    webhooks::update(&mut tx, before.id, url, event_types.as_deref().unwrap_or(&before.event_types)).await?;
    match changes.enabled {
        Some(true) => webhooks::enable(&mut tx, before.id).await?,
        Some(false) => {
            disable(&mut tx, before.id, url, DisabledBecause::User).await?;
        }
        None => {}
    }
    let after = find(&mut tx, Some(before.id)).await?;
    if after != before {
        let (was, is) = (Some(summary(&before)), Some(summary(&after)));
        tx.record(Action::WebhookUpdated, Some(before.id.to_string()), was, is).await?;
    }
    tx.commit().await?;
    Ok(after)
}
