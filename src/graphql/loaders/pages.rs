//! Pages of lists, each read for several lists at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{ById, Found, Loaders, group, ids};
use crate::auth::Act;
use crate::domain::activity::Activity;
use crate::domain::run::{Outcome, Run, RunResult, Trigger};
use crate::graphql::error::Failure;
use crate::ids::{AssociationId, PartnerId, RunId};
use crate::storage::clients::{ClientFilter, ClientPage, Extent};
use crate::storage::{Page, Slice, activity, clients, results, runs};

/// A page of a partner's clients, by name, in descending order if the flag is set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientsPage(pub PartnerId, pub ClientFilter, pub bool, pub Page, pub Extent);

impl Loader<ClientsPage> for Loaders {
    type Value = ClientPage;
    type Error = Failure;

    async fn load(&self, keys: &[ClientsPage]) -> Found<ClientsPage, ClientPage> {
        let mut found = HashMap::new();
        for ((filter, descending, page, extent), of) in
            group(keys.iter().map(|key| ((key.1.clone(), key.2, key.3.clone(), key.4), key.0)))
        {
            let (scopes, mut db) = self.view(of).await?;
            let pages = match descending {
                false => clients::pages(&mut db, &scopes[..], &filter, &page, extent).await?,
                true => clients::pages_descending(&mut db, &scopes[..], &filter, &page, extent).await?,
            };
            db.end();
            let key = |partner| ClientsPage(partner, filter.clone(), descending, page.clone(), extent);
            found.extend(pages.into_iter().map(|(partner, slice)| (key(partner), slice)));
        }
        Ok(found)
    }
}

/// A page of a partner's runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunsPage(pub PartnerId, pub Option<Trigger>, pub Page);

impl Loader<RunsPage> for Loaders {
    type Value = Slice<Run>;
    type Error = Failure;

    async fn load(&self, keys: &[RunsPage]) -> Found<RunsPage, Slice<Run>> {
        let mut found = HashMap::new();
        for ((trigger, page), of) in group(keys.iter().map(|key| ((key.1, key.2.clone()), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let pages = match trigger {
                None => runs::pages(&mut db, &scopes[..], &page).await?,
                Some(trigger) => runs::pages_of(&mut db, &scopes[..], trigger, &page).await?,
            };
            db.end();
            found.extend(pages.into_iter().map(|(partner, slice)| (RunsPage(partner, trigger, page.clone()), slice)));
        }
        Ok(found)
    }
}

/// A page of a partner's audit log, without support's reads if the flag is set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActivityPage(pub PartnerId, pub bool, pub Page);

impl Loader<ActivityPage> for Loaders {
    type Value = Slice<Activity>;
    type Error = Failure;

    async fn load(&self, keys: &[ActivityPage]) -> Found<ActivityPage, Slice<Activity>> {
        let mut found = HashMap::new();
        for ((changes, page), of) in group(keys.iter().map(|key| ((key.1, key.2.clone()), key.0))) {
            let (scopes, mut db) = self.open(Act::ViewActivity, of).await?;
            let pages = match changes {
                true => activity::pages_of_changes(&mut db, &scopes[..], &page).await?,
                false => activity::pages(&mut db, &scopes[..], &page).await?,
            };
            db.end();
            let key = |partner| ActivityPage(partner, changes, page.clone());
            found.extend(pages.into_iter().map(|(partner, slice)| (key(partner), slice)));
        }
        Ok(found)
    }
}

/// A page of a run's results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResultsPage(pub PartnerId, pub RunId, pub Option<Vec<Outcome>>, pub Page);

impl Loader<ResultsPage> for Loaders {
    type Value = Slice<RunResult>;
    type Error = Failure;

    async fn load(&self, keys: &[ResultsPage]) -> Found<ResultsPage, Slice<RunResult>> {
        let mut found = HashMap::new();
        for ((outcomes, page), of) in group(keys.iter().map(|key| ((key.2.clone(), key.3.clone()), ById(key.0, key.1))))
        {
            let (scopes, mut db) = self.view(of.iter().map(|run| run.0)).await?;
            let mut pages = results::of_runs(&mut db, &scopes[..], &ids(&of), outcomes.as_deref(), &page).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, run)| {
                Some((ResultsPage(partner, run, outcomes.clone(), page.clone()), pages.remove(&run)?))
            }));
        }
        Ok(found)
    }
}

/// A page of an association's results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryPage(pub PartnerId, pub AssociationId, pub Page);

impl Loader<HistoryPage> for Loaders {
    type Value = Slice<RunResult>;
    type Error = Failure;

    async fn load(&self, keys: &[HistoryPage]) -> Found<HistoryPage, Slice<RunResult>> {
        let mut found = HashMap::new();
        for (page, of) in group(keys.iter().map(|key| (key.2.clone(), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|association| association.0)).await?;
            let mut pages = results::of_associations(&mut db, &scopes[..], &ids(&of), &page).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, association)| {
                Some((HistoryPage(partner, association, page.clone()), pages.remove(&association)?))
            }));
        }
        Ok(found)
    }
}
