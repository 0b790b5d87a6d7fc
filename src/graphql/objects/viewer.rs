//! The caller and its permissions.

use async_graphql::{Context, ID, Object};
use sha2::{Digest, Sha256};

use crate::auth::{Act, Role, may};
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
        RequestContext::of(ctx).caller.role()
    }

    /// The partner that the caller belongs to. Null for INFIMA's staff and services, and until the
    /// partner is imported.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        Ok(RequestContext::of(ctx).caller.partner().map(Partner::own))
    }

    /// The acts that the policy permits to this caller.
    async fn may(&self, ctx: &Context<'_>) -> Vec<Act> {
        may(&RequestContext::of(ctx).caller)
    }
}
