//! Records by their global id. An id that is malformed, unknown or another partner's gives the same
//! answer.

use async_graphql::Interface;

use crate::graphql::{
    error::Result,
    loaders::{ById, ConnectionOf},
    objects::association::HaloClientAssociation,
    objects::client::Client,
    objects::connection::HaloConnection,
    objects::partner::{self, Partner},
    objects::problem_record::HaloProblemRecord,
    objects::run::HaloSyncRun,
    objects::webhook::HaloWebhook,
    request_context::RequestContext,
};
use crate::ids::{AssociationId, ClientId, ConnectionId, ProblemId, WebhookId};
use crate::ops::Target;

/// A record that `node` returns by its global id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "async_graphql::ID",
    desc = "The global id: opaque, permanent and unique among all records."
))]
pub enum Node {
    Partner(Partner),
    Client(Client),
    HaloConnection(HaloConnection),
    HaloClientAssociation(HaloClientAssociation),
    HaloSyncRun(HaloSyncRun),
    HaloProblemRecord(HaloProblemRecord),
    HaloWebhook(HaloWebhook),
}

/// Finds a record by its global id.
pub(in crate::graphql) async fn find(request_context: &RequestContext, id: &str) -> Result<Option<Node>> {
    if let Ok(id) = id.parse() {
        return Ok(partner::find(request_context, Target::Partner(id)).await?.map(Node::Partner));
    }
    if let Ok(id) = id.parse::<ClientId>() {
        let Some(partner) = request_context.owner(id.0).await? else { return Ok(None) };
        return Ok(request_context.load(ById(partner, id)).await?.map(|it| Node::Client(it.into())));
    }
    if let Ok(id) = id.parse() {
        return connection(request_context, id).await;
    }
    if let Ok(id) = id.parse::<AssociationId>() {
        let Some(partner) = request_context.owner(id.0).await? else { return Ok(None) };
        let association = request_context.load(ById(partner, id)).await?;
        return Ok(association.map(|it| Node::HaloClientAssociation(it.into())));
    }
    if let Ok(id) = id.parse() {
        return Ok(request_context.run(id).await?.map(|it| Node::HaloSyncRun(it.into())));
    }
    if let Ok(id) = id.parse::<ProblemId>() {
        let Some(partner) = request_context.owner(id.0).await? else { return Ok(None) };
        return Ok(request_context.load(ById(partner, id)).await?.map(|it| Node::HaloProblemRecord(it.into())));
    }
    if let Ok(id) = id.parse::<WebhookId>() {
        let Some(partner) = request_context.owner(id.0).await? else { return Ok(None) };
        return Ok(request_context.load(ById(partner, id)).await?.map(|it| Node::HaloWebhook(it.into())));
    }
    Ok(None)
}

async fn connection(request_context: &RequestContext, id: ConnectionId) -> Result<Option<Node>> {
    let Some(partner) = request_context.owner(id.0).await? else { return Ok(None) };
    let connection = request_context.load(ConnectionOf(partner)).await?.filter(|found| found.id == id);
    Ok(connection.and_then(HaloConnection::shown).map(Node::HaloConnection))
}
