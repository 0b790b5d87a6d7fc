//! Saving, testing and disconnecting a partner's Halo.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    loaders::ConnectionOf,
    objects::connection::{HaloConnection, HaloConnectionCheck},
    objects::partner::Partner,
    objects::problem::HaloProblem,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    user_error::{UserError, into_payload},
};
use crate::ops::OpError;
use crate::ops::connection::Details;
use crate::ops::connection::check::{Diagnosis, check_connection};
use crate::ops::connection::confirm_tenant::confirm_tenant_change;
use crate::ops::connection::disconnect::disconnect;
use crate::ops::connection::save::save_connection;
use crate::ops::connection::tenant::TenantDecision;

#[derive(Default)]
pub struct ConnectionMutations;

#[Object]
impl ConnectionMutations {
    /// Checks connection details against Halo and stores them if they work. If clients are already
    /// mapped, a sync is queued.
    async fn save_halo_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The connection details.")] input: SaveHaloConnectionInput,
    ) -> Result<SaveHaloConnectionPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let details = Details {
            url: input.url,
            application_client_id: input.application_client_id,
            client_secret: input.client_secret.map(Into::into),
            tenant_change: input.tenant_change.map(Into::into),
        };
        let saved = save_connection(&request_context.ops, &request_context.request(None), target, details).await;
        let checks = match &saved {
            Ok((connection, _)) => Some(&connection.checks),
            Err(OpError::ChecksFailed { checks, .. }) => Some(checks),
            Err(_) => None,
        };
        let checks = checks.map(|checks| checks.iter().cloned().map(HaloConnectionCheck).collect());
        let (saved, user_errors) = into_payload(request_context, target, saved).await?;
        let Some((connection, run)) = saved else {
            return Ok(SaveHaloConnectionPayload { halo_connection: None, run: None, checks, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), run).await?;
        let halo_connection = HaloConnection::shown(connection);
        Ok(SaveHaloConnectionPayload { halo_connection, run, checks, user_errors })
    }

    /// Checks connection details against Halo without storing them. Without details, the stored
    /// connection is checked, and its status is updated.
    async fn test_halo_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The connection details, or none to check the stored connection.")]
        input: TestHaloConnectionInput,
    ) -> Result<TestHaloConnectionPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let details = Details {
            url: input.url,
            application_client_id: input.application_client_id,
            client_secret: input.client_secret.map(Into::into),
            tenant_change: None,
        };
        let diagnosis = check_connection(&request_context.ops, &request, target, &details).await;
        let (diagnosis, user_errors) = into_payload(request_context, target, diagnosis).await?;
        let (Some(diagnosis), Some(partner)) = (diagnosis, target.partner()) else {
            return Ok(TestHaloConnectionPayload { test: None, halo_connection: None, user_errors });
        };
        let stored = request_context.load(ConnectionOf(partner)).await?;
        Ok(TestHaloConnectionPayload {
            test: Some(HaloConnectionTest(diagnosis)),
            halo_connection: stored.and_then(HaloConnection::shown),
            user_errors,
        })
    }

    /// Decides what happens to the associations when the Halo at the stored URL has another
    /// identity: it was renamed or moved, or it is another Halo. `HaloConnection.tenantChange` has
    /// the evidence.
    async fn confirm_halo_tenant_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ConfirmHaloTenantChangeInput,
    ) -> Result<ConfirmHaloTenantChangePayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let confirmed = confirm_tenant_change(&request_context.ops, &request, target, input.decision.into()).await;
        let (confirmed, user_errors) = into_payload(request_context, target, confirmed).await?;
        let Some((connection, run)) = confirmed else {
            return Ok(ConfirmHaloTenantChangePayload { halo_connection: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), run).await?;
        Ok(ConfirmHaloTenantChangePayload { halo_connection: HaloConnection::shown(connection), run, user_errors })
    }

    /// Disconnects Halo: deletes the stored Client Secret and cancels queued syncs. Associations
    /// and history stay, nothing changes in Halo, and syncs resume when the same Halo is connected
    /// again.
    async fn disconnect_halo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner to disconnect.")] input: DisconnectHaloInput,
    ) -> Result<DisconnectHaloPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let disconnected = disconnect(&request_context.ops, &request_context.request(None), target).await;
        let (disconnected, user_errors) = into_payload(request_context, target, disconnected).await?;
        let partner = match target.partner().filter(|_| disconnected.is_some()) {
            Some(partner) => request_context.load(partner).await?.map(Partner::from),
            None => None,
        };
        Ok(DisconnectHaloPayload { partner, user_errors })
    }
}

/// The input of `saveHaloConnection`. Absent details keep their stored values.
#[derive(InputObject)]
pub struct SaveHaloConnectionInput {
    /// The address of the partner's Halo as shown in the browser, for example
    /// `https://yourcompany.halopsa.com`.
    url: Option<String>,
    /// The Client ID of the application that the partner created in Halo.
    application_client_id: Option<String>,
    /// The application's Client Secret. Required if the address changes; otherwise the stored
    /// secret is kept if absent.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// What happens to the associations if the details lead to a Halo with another identity than
    /// the one that clients are mapped to. If absent, such details are refused, unless INFIMA's
    /// subscriptions prove that it is the same Halo.
    tenant_change: Option<HaloTenantDecision>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The decisions about associations with a Halo that has another identity now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "TenantDecision")]
pub enum HaloTenantDecision {
    /// Treats the Halo as the same one under another name: the associations continue. INFIMA
    /// verifies each subscription by its marker before it writes to it.
    CarryOver,
    /// Treats the Halo as another one: the associations end, their quantities stay as they are, and
    /// their history is kept.
    Archive,
}

/// The input of `confirmHaloTenantChange`.
#[derive(InputObject)]
pub struct ConfirmHaloTenantChangeInput {
    /// The decision.
    decision: HaloTenantDecision,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
    /// The reason for the request. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `confirmHaloTenantChange`.
#[derive(SimpleObject)]
pub struct ConfirmHaloTenantChangePayload {
    /// The connection in its new state. Null if nothing was changed.
    halo_connection: Option<HaloConnection>,
    /// The sync that was queued. Null if no client is mapped.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The result of `saveHaloConnection`.
#[derive(SimpleObject)]
pub struct SaveHaloConnectionPayload {
    /// The stored connection. Null if nothing was stored.
    halo_connection: Option<HaloConnection>,
    /// The sync that was queued. Null if no client is mapped.
    run: Option<HaloSyncRun>,
    /// The findings about the details, whether they were stored or not: one for the address, one
    /// for the credentials and one for each permission. Null if nothing was checked.
    checks: Option<Vec<HaloConnectionCheck>>,
    /// The errors in the details that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `testHaloConnection`. Absent details are taken from the stored connection.
#[derive(InputObject)]
pub struct TestHaloConnectionInput {
    /// The address of the partner's Halo as shown in the browser. An address other than the stored
    /// one needs the Client Secret.
    url: Option<String>,
    /// The Client ID of the application that the partner created in Halo.
    application_client_id: Option<String>,
    /// The application's Client Secret. Required if `url` is not the stored address.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// The partner's global id. Default: the caller's own partner. Required for support, which may
    /// only check the stored connection.
    partner_id: Option<ID>,
    /// The reason for the request. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `testHaloConnection`.
#[derive(SimpleObject)]
pub struct TestHaloConnectionPayload {
    /// The findings. Null if nothing could be checked.
    test: Option<HaloConnectionTest>,
    /// The stored connection. Null if there is none.
    halo_connection: Option<HaloConnection>,
    /// The errors in the details that have to be fixed before the details can be checked.
    user_errors: Vec<UserError>,
}

pub struct HaloConnectionTest(Diagnosis);

/// The result of a check of a connection.
#[Object]
impl HaloConnectionTest {
    /// Whether the check found no problem that prevents syncs. A permission to write is only known
    /// once a sync has written a subscription.
    async fn works(&self) -> bool {
        self.0.problem.is_none()
    }

    /// The findings: one for the address, one for the credentials and one for each permission of
    /// the guide.
    async fn checks(&self) -> Vec<HaloConnectionCheck> {
        self.0.checks.iter().cloned().map(HaloConnectionCheck).collect()
    }

    /// The problem that prevents syncs. Null if there is none.
    async fn problem(&self) -> Option<HaloProblem> {
        self.0.problem.clone().map(HaloProblem)
    }
}

/// The input of `disconnectHalo`.
#[derive(InputObject)]
pub struct DisconnectHaloInput {
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `disconnectHalo`.
#[derive(SimpleObject)]
pub struct DisconnectHaloPayload {
    /// The partner, which has no connection now. Null if nothing was changed.
    partner: Option<Partner>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}
