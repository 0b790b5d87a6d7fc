//! Rows, read in batches: a list takes the same few statements however long it is, and so do lists
//! within lists.
//!
//! Every key names the partner, and a partner's rows are only read with a scope that the policy
//! gives for it.

use std::collections::HashMap;
use std::hash::Hash;

use async_graphql::dataloader::Loader;

use super::access_log::AccessLog;
use super::error::{Failure, Result};
use crate::auth::{Act, Caller, PartnerScope, permit_across};
use crate::domain::activity::Activity;
use crate::domain::association::Association;
use crate::domain::connection::Connection;
use crate::domain::roster::{Client, ClientCounts, Partner};
use crate::domain::run::{Outcome, Run, RunResult, Trigger};
use crate::ids::{AssociationId, ClientId, ConnectionId, HaloCustomerId, HaloTenant, PartnerId, RunId};
use crate::ops::Ops;
use crate::storage::clients::ClientFilter;
use crate::storage::schedules::Schedule;
use crate::storage::{
    Page, Reader, Slice, activity, associations, clients, connections, owners, partners, results, runs, schedules,
};

pub(super) struct Loaders {
    pub(super) ops: Ops,
    pub(super) caller: Caller,
    pub(super) access_log: AccessLog,
}

/// One record of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ById<I>(pub(super) PartnerId, pub(super) I);

/// A record that belongs to some partner, for finding out to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RecordId {
    Client(ClientId),
    Connection(ConnectionId),
    Association(AssociationId),
    Run(RunId),
}

/// A partner's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ConnectionOf(pub(super) PartnerId);

/// The numbers of a partner's clients by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CountsOf(pub(super) PartnerId);

/// What decides about a partner's next nightly sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ScheduleOf(pub(super) PartnerId);

/// The association of a client: the current one, else the one that is ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AssociationOf(pub(super) PartnerId, pub(super) ClientId);

/// The clients that are mapped to a Halo customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientsOf(pub(super) PartnerId, pub(super) HaloTenant, pub(super) HaloCustomerId);

/// A page of a partner's clients, by name, in descending order if the flag is set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientsPage(pub(super) PartnerId, pub(super) ClientFilter, pub(super) bool, pub(super) Page);

/// A page of a partner's runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RunsPage(pub(super) PartnerId, pub(super) Option<Trigger>, pub(super) Page);

/// A page of a partner's audit log, without support's reads if the flag is set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ActivityPage(pub(super) PartnerId, pub(super) bool, pub(super) Page);

/// A page of a run's results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ResultsPage(pub(super) PartnerId, pub(super) RunId, pub(super) Option<Vec<Outcome>>, pub(super) Page);

/// A page of an association's results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HistoryPage(pub(super) PartnerId, pub(super) AssociationId, pub(super) Page);

/// How long each of these lists is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientsCount(pub(super) PartnerId, pub(super) ClientFilter);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RunsCount(pub(super) PartnerId, pub(super) Option<Trigger>);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ActivityCount(pub(super) PartnerId, pub(super) bool);
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ResultsCount(pub(super) PartnerId, pub(super) RunId, pub(super) Option<Vec<Outcome>>);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HistoryCount(pub(super) PartnerId, pub(super) AssociationId);

type Found<K, V> = Result<HashMap<K, V>>;

impl Loaders {
    /// Opens a database connection that can read the rows of these partners, with a scope for each.
    async fn open(
        &self,
        act: Act,
        partners: impl IntoIterator<Item = PartnerId>,
    ) -> Result<(Vec<PartnerScope>, Reader)> {
        let mut partners: Vec<_> = partners.into_iter().collect();
        partners.sort_unstable();
        partners.dedup();
        let scopes = self.access_log.permit_and_record(act, partners).await?;
        let db = match scopes.as_slice() {
            [scope] => self.ops.db.read(scope).await?,
            // Who may see several may look through all of them.
            _ => self.ops.db.read(permit_across(&self.caller, Act::ListPartners)?).await?,
        };
        Ok((scopes, db))
    }

    async fn view(&self, partners: impl IntoIterator<Item = PartnerId>) -> Result<(Vec<PartnerScope>, Reader)> {
        self.open(Act::ViewPartner, partners).await
    }

    async fn partners(&self, keys: &[PartnerId]) -> Found<PartnerId, Partner> {
        let (scopes, mut db) = self.view(keys.iter().copied()).await?;
        let partners = partners::find_many(&mut db, &scopes[..]).await?;
        Ok(partners.into_iter().map(|partner| (partner.id, partner)).collect())
    }

    async fn connections(&self, keys: &[ConnectionOf]) -> Found<ConnectionOf, Connection> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let connections = connections::find_many(&mut db, &scopes[..]).await?;
        Ok(connections.into_iter().map(|connection| (ConnectionOf(connection.partner), connection)).collect())
    }

    async fn counts(&self, keys: &[CountsOf]) -> Found<CountsOf, ClientCounts> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let counts = partners::client_counts(&mut db, &scopes[..]).await?;
        Ok(counts.into_iter().map(|(partner, counts)| (CountsOf(partner), counts)).collect())
    }

    async fn schedules(&self, keys: &[ScheduleOf]) -> Found<ScheduleOf, Schedule> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let schedules = schedules::find_many(&mut db, &scopes[..]).await?;
        Ok(schedules.into_iter().map(|schedule| (ScheduleOf(schedule.partner), schedule)).collect())
    }

    async fn clients(&self, keys: &[ById<ClientId>]) -> Found<ById<ClientId>, Client> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let clients = clients::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        Ok(clients.into_iter().map(|client| (ById(client.partner, client.id), client)).collect())
    }

    async fn associations(&self, keys: &[ById<AssociationId>]) -> Found<ById<AssociationId>, Association> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let associations = associations::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        Ok(associations.into_iter().map(|it| (ById(it.partner, it.id), it)).collect())
    }

    async fn runs(&self, keys: &[ById<RunId>]) -> Found<ById<RunId>, Run> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let runs = runs::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        Ok(runs.into_iter().map(|run| (ById(run.partner, run.id), run)).collect())
    }

    async fn associations_of(&self, keys: &[AssociationOf]) -> Found<AssociationOf, Association> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let clients: Vec<_> = keys.iter().map(|key| key.1).collect();
        let associations = associations::of_clients(&mut db, &scopes[..], &clients).await?;
        Ok(associations.into_iter().map(|it| (AssociationOf(it.partner, it.client), it)).collect())
    }

    async fn clients_of(&self, keys: &[ClientsOf]) -> Found<ClientsOf, Vec<Client>> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let (tenants, customers): (Vec<_>, Vec<_>) = keys.iter().map(|key| (key.1.clone(), key.2)).unzip();
        let mapped = associations::clients_of_customers(&mut db, &scopes[..], &tenants, &customers).await?;
        let ids: Vec<_> = mapped.iter().map(|mapped| mapped.client).collect();
        let clients = clients::find_many(&mut db, &scopes[..], &ids).await?;
        let clients: HashMap<_, _> = clients.into_iter().map(|client| (client.id, client)).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for mapped in mapped {
            let of_customer = found.entry(ClientsOf(mapped.partner, mapped.tenant, mapped.customer)).or_default();
            of_customer.extend(clients.get(&mapped.client).cloned());
        }
        Ok(found)
    }

    async fn clients_pages(&self, keys: &[ClientsPage]) -> Found<ClientsPage, Slice<Client>> {
        let mut found = HashMap::new();
        for ((filter, descending, page), of) in
            alike(keys.iter().map(|key| ((key.1.clone(), key.2, key.3.clone()), key.0)))
        {
            let (scopes, mut db) = self.view(of).await?;
            let pages = match descending {
                false => clients::pages(&mut db, &scopes[..], &filter, &page).await?,
                true => clients::pages_descending(&mut db, &scopes[..], &filter, &page).await?,
            };
            let key = |partner| ClientsPage(partner, filter.clone(), descending, page.clone());
            found.extend(pages.into_iter().map(|(partner, slice)| (key(partner), slice)));
        }
        Ok(found)
    }

    async fn runs_pages(&self, keys: &[RunsPage]) -> Found<RunsPage, Slice<Run>> {
        let mut found = HashMap::new();
        for ((trigger, page), of) in alike(keys.iter().map(|key| ((key.1, key.2.clone()), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let pages = match trigger {
                None => runs::pages(&mut db, &scopes[..], &page).await?,
                Some(trigger) => runs::pages_of(&mut db, &scopes[..], trigger, &page).await?,
            };
            found.extend(pages.into_iter().map(|(partner, slice)| (RunsPage(partner, trigger, page.clone()), slice)));
        }
        Ok(found)
    }

    async fn activity_pages(&self, keys: &[ActivityPage]) -> Found<ActivityPage, Slice<Activity>> {
        let mut found = HashMap::new();
        for ((changes, page), of) in alike(keys.iter().map(|key| ((key.1, key.2.clone()), key.0))) {
            let (scopes, mut db) = self.open(Act::ViewActivity, of).await?;
            let pages = match changes {
                true => activity::pages_of_changes(&mut db, &scopes[..], &page).await?,
                false => activity::pages(&mut db, &scopes[..], &page).await?,
            };
            let key = |partner| ActivityPage(partner, changes, page.clone());
            found.extend(pages.into_iter().map(|(partner, slice)| (key(partner), slice)));
        }
        Ok(found)
    }

    async fn results_pages(&self, keys: &[ResultsPage]) -> Found<ResultsPage, Slice<RunResult>> {
        let mut found = HashMap::new();
        for ((outcomes, page), of) in alike(keys.iter().map(|key| ((key.2.clone(), key.3.clone()), ById(key.0, key.1))))
        {
            let (scopes, mut db) = self.view(of.iter().map(|run| run.0)).await?;
            let mut pages = results::of_runs(&mut db, &scopes[..], &ids(&of), outcomes.as_deref(), &page).await?;
            found.extend(of.into_iter().filter_map(|ById(partner, run)| {
                Some((ResultsPage(partner, run, outcomes.clone(), page.clone()), pages.remove(&run)?))
            }));
        }
        Ok(found)
    }

    async fn history_pages(&self, keys: &[HistoryPage]) -> Found<HistoryPage, Slice<RunResult>> {
        let mut found = HashMap::new();
        for (page, of) in alike(keys.iter().map(|key| (key.2.clone(), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|association| association.0)).await?;
            let mut pages = results::of_associations(&mut db, &scopes[..], &ids(&of), &page).await?;
            found.extend(of.into_iter().filter_map(|ById(partner, association)| {
                Some((HistoryPage(partner, association, page.clone()), pages.remove(&association)?))
            }));
        }
        Ok(found)
    }

    async fn clients_counts(&self, keys: &[ClientsCount]) -> Found<ClientsCount, i64> {
        let mut found = HashMap::new();
        for (filter, of) in alike(keys.iter().map(|key| (key.1.clone(), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let counts = clients::counts(&mut db, &scopes[..], &filter).await?;
            found.extend(counts.into_iter().map(|(partner, count)| (ClientsCount(partner, filter.clone()), count)));
        }
        Ok(found)
    }

    async fn runs_counts(&self, keys: &[RunsCount]) -> Found<RunsCount, i64> {
        let mut found = HashMap::new();
        for (trigger, of) in alike(keys.iter().map(|key| (key.1, key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let counts = runs::counts(&mut db, &scopes[..], trigger).await?;
            found.extend(counts.into_iter().map(|(partner, count)| (RunsCount(partner, trigger), count)));
        }
        Ok(found)
    }

    async fn activity_counts(&self, keys: &[ActivityCount]) -> Found<ActivityCount, i64> {
        let mut found = HashMap::new();
        for (changes, of) in alike(keys.iter().map(|key| (key.1, key.0))) {
            let (scopes, mut db) = self.open(Act::ViewActivity, of).await?;
            let counts = activity::counts(&mut db, &scopes[..], changes).await?;
            found.extend(counts.into_iter().map(|(partner, count)| (ActivityCount(partner, changes), count)));
        }
        Ok(found)
    }

    async fn results_counts(&self, keys: &[ResultsCount]) -> Found<ResultsCount, i64> {
        let mut found = HashMap::new();
        for (outcomes, of) in alike(keys.iter().map(|key| (key.2.clone(), ById(key.0, key.1)))) {
            let (scopes, mut db) = self.view(of.iter().map(|run| run.0)).await?;
            let counts = results::counts_of_runs(&mut db, &scopes[..], &ids(&of), outcomes.as_deref()).await?;
            found.extend(of.into_iter().filter_map(|ById(partner, run)| {
                Some((ResultsCount(partner, run, outcomes.clone()), *counts.get(&run)?))
            }));
        }
        Ok(found)
    }

    async fn history_counts(&self, keys: &[HistoryCount]) -> Found<HistoryCount, i64> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let associations: Vec<_> = keys.iter().map(|key| key.1).collect();
        let counts = results::counts_of_associations(&mut db, &scopes[..], &associations).await?;
        Ok(keys.iter().filter_map(|key| Some((*key, *counts.get(&key.1)?))).collect())
    }

    /// Whose records these are. For support alone: a partner's caller finds only its own.
    async fn owners(&self, keys: &[RecordId]) -> Found<RecordId, PartnerId> {
        let system = permit_across(&self.caller, Act::ListPartners)?;
        let mut db = self.ops.db.read(system).await?;
        let (mut clients, mut connections, mut associations, mut runs) = (vec![], vec![], vec![], vec![]);
        for key in keys {
            match *key {
                RecordId::Client(id) => clients.push(id),
                RecordId::Connection(id) => connections.push(id),
                RecordId::Association(id) => associations.push(id),
                RecordId::Run(id) => runs.push(id),
            }
        }
        let mut found = HashMap::new();
        if !clients.is_empty() {
            found.extend(named(RecordId::Client, owners::of_clients(&mut db, system, &clients).await?));
        }
        if !connections.is_empty() {
            found.extend(named(RecordId::Connection, owners::of_connections(&mut db, system, &connections).await?));
        }
        if !associations.is_empty() {
            found.extend(named(RecordId::Association, owners::of_associations(&mut db, system, &associations).await?));
        }
        if !runs.is_empty() {
            found.extend(named(RecordId::Run, owners::of_runs(&mut db, system, &runs).await?));
        }
        Ok(found)
    }
}

fn named<I>(record: fn(I) -> RecordId, owned: Vec<(I, PartnerId)>) -> impl Iterator<Item = (RecordId, PartnerId)> {
    owned.into_iter().map(move |(id, partner)| (record(id), partner))
}

fn ids<I: Copy>(keys: &[ById<I>]) -> Vec<I> {
    keys.iter().map(|key| key.1).collect()
}

/// Groups keys by their arguments: one statement reads the keys of one group.
fn alike<A: Eq + Hash, I>(keys: impl Iterator<Item = (A, I)>) -> HashMap<A, Vec<I>> {
    let mut grouped: HashMap<A, Vec<I>> = HashMap::new();
    for (arguments, key) in keys {
        grouped.entry(arguments).or_default().push(key);
    }
    grouped
}

macro_rules! loader {
    ($($key:ty => $value:ty, $read:ident;)+) => {$(
        impl Loader<$key> for Loaders {
            type Value = $value;
            type Error = Failure;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>> {
                self.$read(keys).await
            }
        }
    )+};
}

loader! {
    PartnerId => Partner, partners;
    ConnectionOf => Connection, connections;
    CountsOf => ClientCounts, counts;
    ScheduleOf => Schedule, schedules;
    ById<ClientId> => Client, clients;
    ById<AssociationId> => Association, associations;
    ById<RunId> => Run, runs;
    AssociationOf => Association, associations_of;
    ClientsOf => Vec<Client>, clients_of;
    ClientsPage => Slice<Client>, clients_pages;
    RunsPage => Slice<Run>, runs_pages;
    ActivityPage => Slice<Activity>, activity_pages;
    ResultsPage => Slice<RunResult>, results_pages;
    HistoryPage => Slice<RunResult>, history_pages;
    ClientsCount => i64, clients_counts;
    RunsCount => i64, runs_counts;
    ActivityCount => i64, activity_counts;
    ResultsCount => i64, results_counts;
    HistoryCount => i64, history_counts;
    RecordId => PartnerId, owners;
}
