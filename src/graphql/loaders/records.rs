//! Single records, and what a partner or client has exactly one of.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use uuid::Uuid;

use super::{Found, Loaders, ids};
use crate::auth::{Act, permit_across};
use crate::domain::association::Association;
use crate::domain::connection::Connection;
use crate::domain::reconciliation::Reconciliation;
use crate::domain::roster::{Client, ClientCounts, Partner};
use crate::domain::run::Run;
use crate::domain::trouble::Facts;
use crate::graphql::error::Failure;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloTenant, PartnerId, RunId};
use crate::storage::schedules::Schedule;
use crate::storage::{
    associations, clients, connections, owners, partners, reconciliations, runs, schedules, troubles,
};

impl Loader<PartnerId> for Loaders {
    type Value = Partner;
    type Error = Failure;

    async fn load(&self, keys: &[PartnerId]) -> Found<PartnerId, Partner> {
        let (scopes, mut db) = self.view(keys.iter().copied()).await?;
        let partners = partners::find_many(&mut db, &scopes[..]).await?;
        db.end();
        Ok(partners.into_iter().map(|partner| (partner.id, partner)).collect())
    }
}

/// A partner's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionOf(pub PartnerId);

impl Loader<ConnectionOf> for Loaders {
    type Value = Connection;
    type Error = Failure;

    async fn load(&self, keys: &[ConnectionOf]) -> Found<ConnectionOf, Connection> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let connections = connections::find_many(&mut db, &scopes[..]).await?;
        db.end();
        Ok(connections.into_iter().map(|connection| (ConnectionOf(connection.partner), connection)).collect())
    }
}

/// The numbers of a partner's clients by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CountsOf(pub PartnerId);

impl Loader<CountsOf> for Loaders {
    type Value = ClientCounts;
    type Error = Failure;

    async fn load(&self, keys: &[CountsOf]) -> Found<CountsOf, ClientCounts> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let counts = partners::client_counts(&mut db, &scopes[..]).await?;
        db.end();
        Ok(counts.into_iter().map(|(partner, counts)| (CountsOf(partner), counts)).collect())
    }
}

/// What decides about a partner's next nightly sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduleOf(pub PartnerId);

impl Loader<ScheduleOf> for Loaders {
    type Value = Schedule;
    type Error = Failure;

    async fn load(&self, keys: &[ScheduleOf]) -> Found<ScheduleOf, Schedule> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let schedules = schedules::find_many(&mut db, &scopes[..]).await?;
        db.end();
        Ok(schedules.into_iter().map(|schedule| (ScheduleOf(schedule.partner), schedule)).collect())
    }
}

/// The latest comparison of everything with a partner's Halo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReconciliationOf(pub PartnerId);

impl Loader<ReconciliationOf> for Loaders {
    type Value = Reconciliation;
    type Error = Failure;

    async fn load(&self, keys: &[ReconciliationOf]) -> Found<ReconciliationOf, Reconciliation> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let reports = reconciliations::find_many(&mut db, &scopes[..]).await?;
        db.end();
        Ok(reports.into_iter().map(|(partner, report)| (ReconciliationOf(partner), report)).collect())
    }
}

/// What decides about a partner's troubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TroublesOf(pub PartnerId);

impl Loader<TroublesOf> for Loaders {
    type Value = Facts;
    type Error = Failure;

    async fn load(&self, keys: &[TroublesOf]) -> Found<TroublesOf, Facts> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let facts = troubles::find_many(&mut db, &scopes[..]).await?;
        db.end();
        Ok(facts.into_iter().map(|facts| (TroublesOf(facts.partner.id), facts)).collect())
    }
}

/// One record of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ById<I>(pub PartnerId, pub I);

impl Loader<ById<ClientId>> for Loaders {
    type Value = Client;
    type Error = Failure;

    async fn load(&self, keys: &[ById<ClientId>]) -> Found<ById<ClientId>, Client> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let clients = clients::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        db.end();
        Ok(clients.into_iter().map(|client| (ById(client.partner, client.id), client)).collect())
    }
}

impl Loader<ById<AssociationId>> for Loaders {
    type Value = Association;
    type Error = Failure;

    async fn load(&self, keys: &[ById<AssociationId>]) -> Found<ById<AssociationId>, Association> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let associations = associations::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        db.end();
        Ok(associations.into_iter().map(|it| (ById(it.partner, it.id), it)).collect())
    }
}

impl Loader<ById<RunId>> for Loaders {
    type Value = Run;
    type Error = Failure;

    async fn load(&self, keys: &[ById<RunId>]) -> Found<ById<RunId>, Run> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let runs = runs::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        db.end();
        Ok(runs.into_iter().map(|run| (ById(run.partner, run.id), run)).collect())
    }
}

/// The association of a client: the current one, else the one that is ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssociationOf(pub PartnerId, pub ClientId);

impl Loader<AssociationOf> for Loaders {
    type Value = Association;
    type Error = Failure;

    async fn load(&self, keys: &[AssociationOf]) -> Found<AssociationOf, Association> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let clients: Vec<_> = keys.iter().map(|key| key.1).collect();
        let associations = associations::of_clients(&mut db, &scopes[..], &clients).await?;
        db.end();
        Ok(associations.into_iter().map(|it| (AssociationOf(it.partner, it.client), it)).collect())
    }
}

/// The clients that are mapped to a Halo customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientsOf(pub PartnerId, pub HaloTenant, pub HaloCustomerId);

impl Loader<ClientsOf> for Loaders {
    type Value = Vec<Client>;
    type Error = Failure;

    async fn load(&self, keys: &[ClientsOf]) -> Found<ClientsOf, Vec<Client>> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let (tenants, customers): (Vec<_>, Vec<_>) = keys.iter().map(|key| (key.1.clone(), key.2)).unzip();
        let mapped = associations::clients_of_customers(&mut db, &scopes[..], &tenants, &customers).await?;
        let ids: Vec<_> = mapped.iter().map(|mapped| mapped.client).collect();
        let clients = clients::find_many(&mut db, &scopes[..], &ids).await?;
        db.end();
        let clients: HashMap<_, _> = clients.into_iter().map(|client| (client.id, client)).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for mapped in mapped {
            let of_customer = found.entry(ClientsOf(mapped.partner, mapped.tenant, mapped.customer)).or_default();
            of_customer.extend(clients.get(&mapped.client).cloned());
        }
        Ok(found)
    }
}

/// The partner of a record whose id alone is known: a client, a connection, an association, a run,
/// a problem or a webhook. For support only, because a partner's users find only their own records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnerOf(pub Uuid);

impl Loader<OwnerOf> for Loaders {
    type Value = PartnerId;
    type Error = Failure;

    async fn load(&self, keys: &[OwnerOf]) -> Found<OwnerOf, PartnerId> {
        let system = permit_across(&self.caller, Act::ListPartners)?;
        let mut db = self.reads.turn(system).await?;
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let owners = owners::find_many(&mut db, system, &ids).await?;
        db.end();
        Ok(owners.into_iter().map(|(id, partner)| (OwnerOf(id), partner)).collect())
    }
}
