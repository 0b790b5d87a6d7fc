//! The lengths of lists.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{ById, Found, Loaders, group, ids};
use crate::auth::Act;
use crate::domain::roster::UserCounts;
use crate::domain::run::Outcome;
use crate::graphql::error::Failure;
use crate::ids::{AssociationId, ClientId, PartnerId, RunId};
use crate::storage::activity::ActivityFilter;
use crate::storage::clients::ClientFilter;
use crate::storage::results::ResultFilter;
use crate::storage::runs::RunFilter;
use crate::storage::{activity, clients, results, runs, users};

/// The length of a partner's list of clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientsCount(pub PartnerId, pub ClientFilter);

impl Loader<ClientsCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[ClientsCount]) -> Found<ClientsCount, i64> {
        let mut found = HashMap::new();
        for (filter, of) in group(keys.iter().map(|key| (key.1.clone(), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let counts = clients::counts(&mut db, &scopes[..], &filter).await?;
            db.end();
            found.extend(counts.into_iter().map(|(partner, count)| (ClientsCount(partner, filter.clone()), count)));
        }
        Ok(found)
    }
}

/// The length of a partner's list of runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunsCount(pub PartnerId, pub RunFilter);

impl Loader<RunsCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[RunsCount]) -> Found<RunsCount, i64> {
        let mut found = HashMap::new();
        for (filter, of) in group(keys.iter().map(|key| (key.1.clone(), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let counts = runs::counts(&mut db, &scopes[..], &filter).await?;
            db.end();
            found.extend(counts.into_iter().map(|(partner, count)| (RunsCount(partner, filter.clone()), count)));
        }
        Ok(found)
    }
}

/// The length of a partner's audit log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActivityCount(pub PartnerId, pub ActivityFilter);

impl Loader<ActivityCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[ActivityCount]) -> Found<ActivityCount, i64> {
        let mut found = HashMap::new();
        for (filter, of) in group(keys.iter().map(|key| (key.1.clone(), key.0))) {
            let (scopes, mut db) = self.open(Act::ViewActivity, of).await?;
            let counts = activity::counts(&mut db, &scopes[..], &filter).await?;
            db.end();
            found.extend(counts.into_iter().map(|(partner, count)| (ActivityCount(partner, filter.clone()), count)));
        }
        Ok(found)
    }
}

/// The length of a run's list of results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResultsCount(pub PartnerId, pub RunId, pub Option<Vec<Outcome>>);

impl Loader<ResultsCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[ResultsCount]) -> Found<ResultsCount, i64> {
        let mut found = HashMap::new();
        for (outcomes, of) in group(keys.iter().map(|key| (key.2.clone(), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|run| run.0)).await?;
            let counts = results::counts_of_runs(&mut db, &scopes[..], &ids(&of), outcomes.as_deref()).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, run)| {
                Some((ResultsCount(partner, run, outcomes.clone()), *counts.get(&run)?))
            }));
        }
        Ok(found)
    }
}

/// The length of an association's list of results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryCount(pub PartnerId, pub AssociationId, pub ResultFilter);

impl Loader<HistoryCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[HistoryCount]) -> Found<HistoryCount, i64> {
        let mut found = HashMap::new();
        for (filter, of) in group(keys.iter().map(|key| (key.2.clone(), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|association| association.0)).await?;
            let counts = results::counts_of_associations(&mut db, &scopes[..], &ids(&of), &filter).await?;
            db.end();
            found.extend(of.into_iter().filter_map(|ById(partner, association)| {
                Some((HistoryCount(partner, association, filter.clone()), *counts.get(&association)?))
            }));
        }
        Ok(found)
    }
}

/// How many of a client's users are counted, and how many are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserCountsOf(pub PartnerId, pub ClientId);

impl Loader<UserCountsOf> for Loaders {
    type Value = UserCounts;
    type Error = Failure;

    async fn load(&self, keys: &[UserCountsOf]) -> Found<UserCountsOf, UserCounts> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let clients: Vec<_> = keys.iter().map(|key| key.1).collect();
        let counts = users::counts(&mut db, &scopes[..], &clients).await?;
        db.end();
        Ok(keys.iter().filter_map(|key| Some((*key, *counts.get(&key.1)?))).collect())
    }
}
