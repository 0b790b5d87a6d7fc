//! The evidence behind what clients were billed.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;

use super::{Found, Loaders, group};
use crate::domain::evidence::{Day, Days, evidence as entries};
use crate::graphql::error::Failure;
use crate::ids::{ClientId, PartnerId};
use crate::storage::evidence::{self, MappedClient};
use crate::storage::{Page, Slice};

/// A client's evidence of these days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvidenceOf(pub PartnerId, pub ClientId, pub Days);

impl Loader<EvidenceOf> for Loaders {
    type Value = Arc<Vec<Day>>;
    type Error = Failure;

    async fn load(&self, keys: &[EvidenceOf]) -> Found<EvidenceOf, Arc<Vec<Day>>> {
        let mut found = HashMap::new();
        for (days, of) in group(keys.iter().map(|key| (key.2, (key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|key| key.0)).await?;
            let clients: Vec<_> = of.iter().map(|key| key.1).collect();
            let facts = evidence::facts(&mut db, &scopes[..], &clients, &days).await?;
            db.end();
            let now = self.access_log.now();
            found.extend(of.into_iter().filter_map(|(partner, client)| {
                let entries = entries(&days, facts.get(&client)?, now);
                Some((EvidenceOf(partner, client, days), Arc::new(entries)))
            }));
        }
        Ok(found)
    }
}

/// A page of the clients that were mapped on one of these days.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EvidencePage(pub PartnerId, pub Days, pub Page);

impl Loader<EvidencePage> for Loaders {
    type Value = Slice<MappedClient>;
    type Error = Failure;

    async fn load(&self, keys: &[EvidencePage]) -> Found<EvidencePage, Slice<MappedClient>> {
        let mut found = HashMap::new();
        for ((days, page), of) in group(keys.iter().map(|key| ((key.1, key.2.clone()), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let pages = evidence::clients(&mut db, &scopes[..], &days, &page).await?;
            db.end();
            found.extend(pages.into_iter().map(|(partner, slice)| (EvidencePage(partner, days, page.clone()), slice)));
        }
        Ok(found)
    }
}

/// The length of that list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvidenceCount(pub PartnerId, pub Days);

impl Loader<EvidenceCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[EvidenceCount]) -> Found<EvidenceCount, i64> {
        let mut found = HashMap::new();
        for (days, of) in group(keys.iter().map(|key| (key.1, key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let counts = evidence::counts(&mut db, &scopes[..], &days).await?;
            db.end();
            found.extend(counts.into_iter().map(|(partner, count)| (EvidenceCount(partner, days), count)));
        }
        Ok(found)
    }
}
