//! Records by their global id. An id that is malformed, unknown or another partner's is answered alike.

use async_graphql::Interface;

use super::{
    error::Result,
    loaders::{ById, ConnectionOf},
    objects::association::HaloClientAssociation,
    objects::client::Client,
    objects::connection::HaloConnection,
    objects::partner::Partner,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
};
use crate::ids::{AssociationId, ClientId, ConnectionId, PartnerId, RunId};

/// A record that can be fetched again by its id, with `node`.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "async_graphql::ID",
    desc = "The record's id: opaque, the same for ever, and different from every other record's of whatever kind."
))]
pub enum Node {
    Partner(Partner),
    Client(Client),
    HaloConnection(HaloConnection),
    HaloClientAssociation(HaloClientAssociation),
    HaloSyncRun(HaloSyncRun),
}

/// A record that belongs to some partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Record {
    Client(ClientId),
    Connection(ConnectionId),
    Association(AssociationId),
    Run(RunId),
}

impl RequestContext {
    /// Whose record it may be: a partner's caller finds only its own, support looks up the owner.
    pub(super) async fn owner(&self, record: Record) -> Result<Option<PartnerId>> {
        if self.caller.role().belongs_to_a_partner() {
            return Ok(self.caller.partner());
        }
        self.load.load_one(record).await
    }

    pub(super) async fn node(&self, id: &str) -> Result<Option<Node>> {
        if let Ok(id) = id.parse() {
            return self.partner_node(id).await;
        }
        if let Ok(id) = id.parse() {
            let Some(partner) = self.owner(Record::Client(id)).await? else { return Ok(None) };
            return Ok(self.load.load_one(ById(partner, id)).await?.map(|it| Node::Client(Client(it))));
        }
        if let Ok(id) = id.parse() {
            let Some(partner) = self.owner(Record::Connection(id)).await? else { return Ok(None) };
            let connection = self.load.load_one(ConnectionOf(partner)).await?.filter(|found| found.id == id);
            return Ok(connection.and_then(HaloConnection::shown).map(Node::HaloConnection));
        }
        if let Ok(id) = id.parse() {
            let Some(partner) = self.owner(Record::Association(id)).await? else { return Ok(None) };
            let association = self.load.load_one(ById(partner, id)).await?;
            return Ok(association.map(|it| Node::HaloClientAssociation(HaloClientAssociation(it))));
        }
        if let Ok(id) = id.parse() {
            return Ok(self.run(id).await?.map(Node::HaloSyncRun));
        }
        Ok(None)
    }

    async fn partner_node(&self, id: PartnerId) -> Result<Option<Node>> {
        // Forbidden to the platform, not found to another partner's people.
        if self.caller.role().belongs_to_a_partner() && self.caller.partner() != Some(id) {
            return Ok(None);
        }
        Ok(self.load.load_one(id).await?.map(|it| Node::Partner(Partner(it))))
    }

    /// The run that a mutation led to, where it led to one.
    pub(super) async fn queued(&self, partner: PartnerId, run: Option<RunId>) -> Result<Option<HaloSyncRun>> {
        let Some(run) = run else { return Ok(None) };
        Ok(self.load.load_one(ById(partner, run)).await?.map(HaloSyncRun))
    }

    pub(super) async fn run(&self, id: RunId) -> Result<Option<HaloSyncRun>> {
        let Some(partner) = self.owner(Record::Run(id)).await? else { return Ok(None) };
        self.queued(partner, Some(id)).await
    }
}
