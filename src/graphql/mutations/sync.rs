//! Asking for a sync now.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    user_error::{UserError, into_payload, shown},
};
use crate::ops::sync::request::request_sync;

#[derive(Default)]
pub struct SyncMutations;

#[Object]
impl SyncMutations {
    /// Queues a sync, or answers with the one that is queued or under way already and covers what is asked for.
    async fn request_halo_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to sync.")] input: RequestHaloSyncInput,
    ) -> Result<RequestHaloSyncPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let clients = input.client_ids.map(|ids| ids.iter().map(|id| id.parse().ok()).collect());
        let requested = request_sync(&request_context.ops, &request, target, clients).await;
        let (requested, user_errors) = into_payload(request_context, target, requested).await?;
        let Some(requested) = requested else {
            return Ok(RequestHaloSyncPayload { run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), requested.run).await?;
        Ok(RequestHaloSyncPayload { run, user_errors: shown(requested.errors) })
    }
}

/// What to sync.
#[derive(InputObject)]
pub struct RequestHaloSyncInput {
    /// The global ids of the clients to sync. Left out: all that are mapped.
    client_ids: Option<Vec<ID>>,
    /// The partner's global id. Left out: the caller's own partner. Support has to name one.
    partner_id: Option<ID>,
    /// Why. Support has to say it; the partner can read it in its activity.
    reason: Option<String>,
}

/// What became of the request.
#[derive(SimpleObject)]
pub struct RequestHaloSyncPayload {
    /// The sync. Null where none was queued.
    run: Option<HaloSyncRun>,
    /// What has to be mended. Clients named here are not synced, the others are.
    user_errors: Vec<UserError>,
}
