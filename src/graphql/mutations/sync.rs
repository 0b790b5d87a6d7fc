//! Requesting a sync.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::reconciliation::HaloReconciliation,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    user_error::{UserError, into_payload, shown},
};
use crate::ops::sync::reconcile::reconcile;
use crate::ops::sync::request::request_sync;

#[derive(Default)]
pub struct SyncMutations;

#[Object]
impl SyncMutations {
    /// Queues a sync. If a queued or running sync already covers the request, it is returned
    /// instead.
    async fn request_halo_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clients to sync.")] input: RequestHaloSyncInput,
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

    /// Compares all of the partner's subscriptions, customers and recurring invoices with Halo now,
    /// with at most 90 requests. Nothing is changed in Halo.
    async fn reconcile_halo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, and the reason for the comparison.")] input: ReconcileHaloInput,
    ) -> Result<ReconcileHaloPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let report = reconcile(&request_context.ops, &request, target).await;
        let (report, user_errors) = into_payload(request_context, target, report).await?;
        let reconciliation =
            report.zip(target.partner()).map(|(report, partner)| HaloReconciliation { partner, report });
        Ok(ReconcileHaloPayload { reconciliation, user_errors })
    }
}

/// The input of `reconcileHalo`.
#[derive(InputObject)]
pub struct ReconcileHaloInput {
    /// The partner's global id. Default: the caller's own partner. Required for support.
    partner_id: Option<ID>,
    /// The reason for the comparison. Required for support; the partner can read it in its
    /// activity.
    reason: Option<String>,
}

/// The result of `reconcileHalo`.
#[derive(SimpleObject)]
pub struct ReconcileHaloPayload {
    /// The comparison. Null if Halo could not be read.
    reconciliation: Option<HaloReconciliation>,
    /// The errors that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The clients to sync.
#[derive(InputObject)]
pub struct RequestHaloSyncInput {
    /// The global ids of the clients to sync. Default: all mapped clients.
    client_ids: Option<Vec<ID>>,
    /// The partner's global id. Default: the caller's own partner. Required for support.
    partner_id: Option<ID>,
    /// The reason for the request. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `requestHaloSync`.
#[derive(SimpleObject)]
pub struct RequestHaloSyncPayload {
    /// The sync. Null if none was queued.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed. Clients with an error are not synced, the
    /// others are.
    user_errors: Vec<UserError>,
}
