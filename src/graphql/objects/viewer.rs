//! Who is calling.

use async_graphql::{Context, Enum, ID, Object};
use sha2::{Digest, Sha256};

use crate::auth::may;
use crate::graphql::{error::Result, objects::partner::Partner, request_context::RequestContext};

pub struct Viewer;

/// The caller and its permissions.
#[Object]
impl Viewer {
    /// The caller's id, which is the same in every request. A viewer is not a `Node`: callers can
    /// only read their own.
    async fn id(&self, ctx: &Context<'_>) -> ID {
        let digest = Sha256::digest(RequestContext::of(ctx).caller.subject());
        let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        ID(format!("viewer_{digits}"))
    }

    /// The caller's name. Null if the token has none.
    async fn name<'a>(&self, ctx: &Context<'a>) -> Option<&'a str> {
        RequestContext::of(ctx).caller.name()
    }

    /// The caller's role.
    async fn role(&self, ctx: &Context<'_>) -> Role {
        RequestContext::of(ctx).caller.role().into()
    }

    /// The partner that the caller belongs to. Null for INFIMA's staff and services, and until the
    /// partner is imported.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let request_context = RequestContext::of(ctx);
        match request_context.caller.partner() {
            Some(partner) => Ok(request_context.load(partner).await?.map(Partner)),
            None => Ok(None),
        }
    }

    /// The acts that the policy permits to this caller.
    async fn may(&self, ctx: &Context<'_>) -> Vec<Permission> {
        may(&RequestContext::of(ctx).caller).into_iter().map(Permission::from).collect()
    }
}

/// The roles of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::auth::Role")]
pub enum Role {
    /// A partner's user who may view and change the integration.
    PartnerAdmin,
    /// A partner's user who may view the integration.
    PartnerViewer,
    /// INFIMA's support.
    Support,
    /// INFIMA's platform, which imports partners, clients and users.
    Platform,
}

/// The acts that the policy can permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::auth::Act")]
pub enum Permission {
    /// View a partner: its clients, connection, associations and syncs.
    ViewPartner,
    /// View the audit log.
    ViewActivity,
    /// View Halo's answer beside the result of a sync.
    ViewEvidence,
    /// List all partners.
    ListPartners,
    /// Search the partner's customers in Halo.
    SearchCustomers,
    /// Preview the changes of a sync.
    Preview,
    /// Store the details of the Halo connection.
    SaveConnection,
    /// Check given details of a Halo connection without storing them.
    TestTypedConnection,
    /// Check the stored Halo connection again.
    RecheckConnection,
    /// Decide what happens to the associations when Halo has another identity.
    ConfirmTenantChange,
    /// Disconnect Halo.
    Disconnect,
    /// Map clients to Halo customers.
    Associate,
    /// Remove the association of a client.
    RemoveAssociation,
    /// Request a new subscription after it was deleted in Halo.
    Recreate,
    /// Resolve a problem that needs a user's decision.
    Resolve,
    /// Request a sync.
    RequestSync,
    /// Change the settings of the nightly sync.
    UpdateSettings,
    /// Import partners, clients and users.
    ImportRoster,
    /// Run any operation and introspect the schema.
    UsePlayground,
}
