//! Rows by id, read in batches: however long a list is, what its entries show takes the same few statements.
//!
//! Every key names the partner, and each partner's rows are read with a scope that the policy gives for it.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;

use super::error::{Failure, Result};
use super::reads::Reads;
use crate::auth::{Act, Caller, PartnerScope};
use crate::domain::association::Association;
use crate::domain::connection::Connection;
use crate::domain::roster::{Client, Partner};
use crate::domain::run::Run;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloTenant, PartnerId, RunId};
use crate::ops::Ops;
use crate::storage::{Reader, associations, clients, connections, partners, runs};

pub(super) struct Loads {
    pub(super) ops: Ops,
    pub(super) caller: Caller,
    pub(super) reads: Reads,
}

/// One record of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ById<I>(pub(super) PartnerId, pub(super) I);

/// A partner's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ConnectionOf(pub(super) PartnerId);

/// The association of a client: the one that stands, else the one that is ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AssociationOf(pub(super) PartnerId, pub(super) ClientId);

/// The clients that are mapped to a Halo customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientsOf(pub(super) PartnerId, pub(super) HaloTenant, pub(super) HaloCustomerId);

impl Loads {
    async fn open(&self, partner: PartnerId) -> Result<(PartnerScope, Reader)> {
        let scope = self.reads.permit(&self.caller, Act::ViewPartner, partner)?;
        let db = self.ops.db.read(&scope).await?;
        Ok((scope, db))
    }

    async fn partners(&self, keys: &[PartnerId]) -> Result<HashMap<PartnerId, Partner>> {
        let mut found = HashMap::new();
        for &partner in keys {
            let (scope, mut db) = self.open(partner).await?;
            found.extend(partners::find(&mut db, &scope).await?.map(|it| (partner, it)));
        }
        Ok(found)
    }

    async fn connections(&self, keys: &[ConnectionOf]) -> Result<HashMap<ConnectionOf, Connection>> {
        let mut found = HashMap::new();
        for &key in keys {
            let (scope, mut db) = self.open(key.0).await?;
            found.extend(connections::find(&mut db, &scope).await?.map(|it| (key, it)));
        }
        Ok(found)
    }

    async fn clients(&self, keys: &[ById<ClientId>]) -> Result<HashMap<ById<ClientId>, Client>> {
        let mut found = HashMap::new();
        for (partner, ids) in of_each(keys.iter().map(|key| (key.0, key.1))) {
            let (scope, mut db) = self.open(partner).await?;
            let clients = clients::find_many(&mut db, &scope, &ids).await?;
            found.extend(clients.into_iter().map(|client| (ById(partner, client.id), client)));
        }
        Ok(found)
    }

    async fn associations(&self, keys: &[ById<AssociationId>]) -> Result<HashMap<ById<AssociationId>, Association>> {
        let mut found = HashMap::new();
        for (partner, ids) in of_each(keys.iter().map(|key| (key.0, key.1))) {
            let (scope, mut db) = self.open(partner).await?;
            let associations = associations::find_many(&mut db, &scope, &ids).await?;
            found.extend(associations.into_iter().map(|association| (ById(partner, association.id), association)));
        }
        Ok(found)
    }

    async fn associations_of(&self, keys: &[AssociationOf]) -> Result<HashMap<AssociationOf, Association>> {
        let mut found = HashMap::new();
        for (partner, ids) in of_each(keys.iter().map(|key| (key.0, key.1))) {
            let (scope, mut db) = self.open(partner).await?;
            let associations = associations::of_clients(&mut db, &scope, &ids).await?;
            found.extend(associations.into_iter().map(|it| (AssociationOf(partner, it.client), it)));
        }
        Ok(found)
    }

    async fn clients_of(&self, keys: &[ClientsOf]) -> Result<HashMap<ClientsOf, Vec<Client>>> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for ((partner, tenant), ids) in of_each(keys.iter().map(|key| ((key.0, key.1.clone()), key.2))) {
            let (scope, mut db) = self.open(partner).await?;
            let mapped = associations::clients_of_customers(&mut db, &scope, &tenant, &ids).await?;
            let ids: Vec<_> = mapped.iter().map(|(_, client)| *client).collect();
            let clients = clients::find_many(&mut db, &scope, &ids).await?;
            let clients: HashMap<_, _> = clients.into_iter().map(|client| (client.id, client)).collect();
            for (customer, client) in mapped {
                let of_customer = found.entry(ClientsOf(partner, tenant.clone(), customer)).or_default();
                of_customer.extend(clients.get(&client).cloned());
            }
        }
        Ok(found)
    }

    async fn runs(&self, keys: &[ById<RunId>]) -> Result<HashMap<ById<RunId>, Run>> {
        let mut found = HashMap::new();
        for (partner, ids) in of_each(keys.iter().map(|key| (key.0, key.1))) {
            let (scope, mut db) = self.open(partner).await?;
            let runs = runs::find_many(&mut db, &scope, &ids).await?;
            found.extend(runs.into_iter().map(|run| (ById(partner, run.id), run)));
        }
        Ok(found)
    }
}

/// The ids of each partner.
fn of_each<P: Ord, I>(keys: impl Iterator<Item = (P, I)>) -> BTreeMap<P, Vec<I>> {
    let mut grouped: BTreeMap<P, Vec<I>> = BTreeMap::new();
    for (partner, id) in keys {
        grouped.entry(partner).or_default().push(id);
    }
    grouped
}

macro_rules! loader {
    ($($key:ty => $value:ty, $read:ident;)+) => {$(
        impl Loader<$key> for Loads {
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
    ById<ClientId> => Client, clients;
    ById<AssociationId> => Association, associations;
    AssociationOf => Association, associations_of;
    ClientsOf => Vec<Client>, clients_of;
    ById<RunId> => Run, runs;
}
