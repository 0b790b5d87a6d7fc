//! The lengths of lists.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{ById, Found, Loaders, group, ids};
use crate::auth::Act;
use crate::domain::run::{Outcome, Trigger};
use crate::graphql::error::Failure;
use crate::ids::{AssociationId, PartnerId, RunId};
use crate::storage::clients::ClientFilter;
use crate::storage::{activity, clients, results, runs};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunsCount(pub PartnerId, pub Option<Trigger>);

impl Loader<RunsCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[RunsCount]) -> Found<RunsCount, i64> {
        let mut found = HashMap::new();
        for (trigger, of) in group(keys.iter().map(|key| (key.1, key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let counts = runs::counts(&mut db, &scopes[..], trigger).await?;
            db.end();
            found.extend(counts.into_iter().map(|(partner, count)| (RunsCount(partner, trigger), count)));
        }
        Ok(found)
    }
}

/// The length of a partner's audit log, without support's reads if the flag is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActivityCount(pub PartnerId, pub bool);

impl Loader<ActivityCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[ActivityCount]) -> Found<ActivityCount, i64> {
        let mut found = HashMap::new();
        for (changes, of) in group(keys.iter().map(|key| (key.1, key.0))) {
            let (scopes, mut db) = self.open(Act::ViewActivity, of).await?;
            let counts = activity::counts(&mut db, &scopes[..], changes).await?;
            db.end();
            found.extend(counts.into_iter().map(|(partner, count)| (ActivityCount(partner, changes), count)));
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HistoryCount(pub PartnerId, pub AssociationId);

impl Loader<HistoryCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[HistoryCount]) -> Found<HistoryCount, i64> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let associations: Vec<_> = keys.iter().map(|key| key.1).collect();
        let counts = results::counts_of_associations(&mut db, &scopes[..], &associations).await?;
        db.end();
        Ok(keys.iter().filter_map(|key| Some((*key, *counts.get(&key.1)?))).collect())
    }
}
