//! Who is calling.

use async_graphql::{Context, Enum, ID, Object};
use sha2::{Digest, Sha256};

use crate::auth::may;
use crate::graphql::{error::Result, objects::partner::Partner, request_context::RequestContext};

pub struct Viewer;

/// Who is calling and what they may do.
#[Object]
impl Viewer {
    /// Tells this caller from all others, and is the same whenever the same person or service calls. It is no `Node`:
    /// nobody sees anybody else's.
    async fn id(&self, ctx: &Context<'_>) -> ID {
        let digest = Sha256::digest(RequestContext::of(ctx).caller.subject());
        let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        ID(format!("viewer_{digits}"))
    }

    /// The caller's name, where the token tells one.
    async fn name<'a>(&self, ctx: &Context<'a>) -> Option<&'a str> {
        RequestContext::of(ctx).caller.name()
    }

    /// In what role the caller is here.
    async fn role(&self, ctx: &Context<'_>) -> Role {
        RequestContext::of(ctx).caller.role().into()
    }

    /// The partner that the caller belongs to. Null for INFIMA's own people and services, and while the partner is not
    /// known here yet.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let request_context = RequestContext::of(ctx);
        match request_context.caller.partner() {
            Some(partner) => Ok(request_context.load(partner).await?.map(Partner)),
            None => Ok(None),
        }
    }

    /// What the interface may offer to this caller.
    async fn may(&self, ctx: &Context<'_>) -> Vec<Permission> {
        may(&RequestContext::of(ctx).caller).into_iter().map(Permission::from).collect()
    }
}

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::auth::Role")]
pub enum Role {
    /// A partner's user who may change the integration.
    PartnerAdmin,
    /// A partner's user who may look but not change.
    PartnerViewer,
    /// INFIMA's support.
    Support,
    /// INFIMA's platform, which keeps partners, clients and users up to date.
    Platform,
}

/// Something that can be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::auth::Act")]
pub enum Permission {
    /// See a partner: its clients, connection, associations and syncs.
    ViewPartner,
    /// See who did what.
    ViewActivity,
    /// See Halo's own answer beside the result of a sync.
    ViewEvidence,
    /// Look through all partners.
    ListPartners,
    /// Search the partner's customers in Halo.
    SearchCustomers,
    /// See what a sync would change now.
    Preview,
    /// Store the details of the Halo connection.
    SaveConnection,
    /// Check typed details of a Halo connection without storing them.
    TestTypedConnection,
    /// Check the stored Halo connection again.
    RecheckConnection,
    /// Forget the Halo connection's secret and stop syncing.
    Disconnect,
    /// Map clients to Halo customers.
    Associate,
    /// End the mapping of a client.
    RemoveAssociation,
    /// Have a subscription created anew after it was deleted in Halo.
    Recreate,
    /// Answer a question about a subscription that only a person can.
    Resolve,
    /// Ask for a sync now.
    RequestSync,
    /// Change when the partner's nights are.
    UpdateSettings,
    /// Bring partners, clients and users up to date in bulk.
    ImportRoster,
    /// Send any operation, and ask the schema about itself.
    UsePlayground,
}
