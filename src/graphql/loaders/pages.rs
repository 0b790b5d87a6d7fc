//! Pages of lists, each read for several lists at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{ById, Found, Loaders, group, ids};
use crate::auth::Act;
use crate::domain::activity::Activity;
use crate::domain::roster::ListedUser;
use crate::domain::run::{Outcome, Run, RunResult};
use crate::graphql::error::Failure;
use crate::ids::{AssociationId, ClientId, PartnerId, RunId};
use crate::storage::activity::ActivityFilter;
use crate::storage::clients::{ClientFilter, ClientPage, Extent};
use crate::storage::results::ResultFilter;
use crate::storage::runs::RunFilter;
use crate::storage::{Page, Slice, activity, clients, results, runs, users};

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
pub struct RunsPage(pub PartnerId, pub RunFilter, pub Page);

impl Loader<RunsPage> for Loaders {
    type Value = Slice<Run>;
    type Error = Failure;

    async fn load(&self, keys: &[RunsPage]) -> Found<RunsPage, Slice<Run>> {
        let mut found = HashMap::new();
        for ((filter, page), of) in group(keys.iter().map(|key| ((key.1.clone(), key.2.clone()), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let pages = runs::pages_matching(&mut db, &scopes[..], &filter, &page).await?;
            db.end();
            let key = |partner| RunsPage(partner, filter.clone(), page.clone());
            found.extend(pages.into_iter().map(|(partner, slice)| (key(partner), slice)));
        }
        Ok(found)
    }
}

/// A page of a partner's audit log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActivityPage(pub PartnerId, pub ActivityFilter, pub Page);

impl Loader<ActivityPage> for Loaders {
    type Value = Slice<Activity>;
    type Error = Failure;

    async fn load(&self, keys: &[ActivityPage]) -> Found<ActivityPage, Slice<Activity>> {
        let mut found = HashMap::new();
        for ((filter, page), of) in group(keys.iter().map(|key| ((key.1.clone(), key.2.clone()), key.0))) {
            let (scopes, mut db) = self.open(Act::ViewActivity, of).await?;
            let pages = activity::pages_matching(&mut db, &scopes[..], &filter, &page).await?;
            db.end();
            let key = |partner| ActivityPage(partner, filter.clone(), page.clone());
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
pub struct HistoryPage(pub PartnerId, pub AssociationId, pub ResultFilter, pub Page);

impl Loader<HistoryPage> for Loaders {
    type Value = Slice<RunResult>;
    type Error = Failure;

    async fn load(&self, keys: &[HistoryPage]) -> Found<HistoryPage, Slice<RunResult>> {
        let mut found = HashMap::new();
        for ((filter, page), of) in group(keys.iter().map(|key| ((key.2.clone(), key.3.clone()), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|association| association.0)).await?;
            let mut pages = results::of_associations(&mut db, &scopes[..], &ids(&of), &filter, &page).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, association)| {
                let key = HistoryPage(partner, association, filter.clone(), page.clone());
                Some((key, pages.remove(&association)?))
            }));
        }
        Ok(found)
    }
}

/// A page of a client's users, of those who are counted, of those who are not, or of both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UsersPage(pub PartnerId, pub ClientId, pub Option<bool>, pub Page);

impl Loader<UsersPage> for Loaders {
    type Value = Slice<ListedUser>;
    type Error = Failure;

    async fn load(&self, keys: &[UsersPage]) -> Found<UsersPage, Slice<ListedUser>> {
        let mut found = HashMap::new();
        for ((counted, page), of) in group(keys.iter().map(|key| ((key.2, key.3.clone()), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.open(Act::ViewUsers, of.iter().map(|client| client.0)).await?;
            let mut pages = users::pages(&mut db, &scopes[..], &ids(&of), counted, &page).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, client)| {
                Some((UsersPage(partner, client, counted, page.clone()), pages.remove(&client)?))
            }));
        }
        Ok(found)
    }
}
