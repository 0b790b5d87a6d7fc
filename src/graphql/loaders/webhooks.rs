//! Webhooks and their deliveries.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{ById, Found, Loaders, group, ids};
use crate::domain::webhook::{Delivery, DeliveryState, Webhook};
use crate::graphql::error::Failure;
use crate::ids::{PartnerId, WebhookId};
use crate::storage::{Page, Slice, deliveries, webhooks};

/// A partner's webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WebhooksOf(pub PartnerId);

impl Loader<WebhooksOf> for Loaders {
    type Value = Vec<Webhook>;
    type Error = Failure;

    async fn load(&self, keys: &[WebhooksOf]) -> Found<WebhooksOf, Vec<Webhook>> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let webhooks = webhooks::of_partners(&mut db, &scopes[..]).await?;
        db.end();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for webhook in webhooks {
            found.entry(WebhooksOf(webhook.partner)).or_default().push(webhook);
        }
        Ok(found)
    }
}

impl Loader<ById<WebhookId>> for Loaders {
    type Value = Webhook;
    type Error = Failure;

    async fn load(&self, keys: &[ById<WebhookId>]) -> Found<ById<WebhookId>, Webhook> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let webhooks = webhooks::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        db.end();
        Ok(webhooks.into_iter().map(|webhook| (ById(webhook.partner, webhook.id), webhook)).collect())
    }
}

/// A page of a webhook's deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeliveriesPage(pub PartnerId, pub WebhookId, pub Option<Vec<DeliveryState>>, pub Page);

impl Loader<DeliveriesPage> for Loaders {
    type Value = Slice<Delivery>;
    type Error = Failure;

    async fn load(&self, keys: &[DeliveriesPage]) -> Found<DeliveriesPage, Slice<Delivery>> {
        let mut found = HashMap::new();
        for ((states, page), of) in group(keys.iter().map(|key| ((key.2.clone(), key.3.clone()), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|webhook| webhook.0)).await?;
            let mut pages = deliveries::pages(&mut db, &scopes[..], &ids(&of), states.as_deref(), &page).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, webhook)| {
                Some((DeliveriesPage(partner, webhook, states.clone(), page.clone()), pages.remove(&webhook)?))
            }));
        }
        Ok(found)
    }
}

/// The length of that list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeliveriesCount(pub PartnerId, pub WebhookId, pub Option<Vec<DeliveryState>>);

impl Loader<DeliveriesCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[DeliveriesCount]) -> Found<DeliveriesCount, i64> {
        let mut found = HashMap::new();
        for (states, of) in group(keys.iter().map(|key| (key.2.clone(), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|webhook| webhook.0)).await?;
            let counts = deliveries::counts(&mut db, &scopes[..], &ids(&of), states.as_deref()).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, webhook)| {
                Some((DeliveriesCount(partner, webhook, states.clone()), *counts.get(&webhook)?))
            }));
        }
        Ok(found)
    }
}
