//! Saving, testing and forgetting the connection to a partner's Halo.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

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
use crate::ops::connection::Details;
use crate::ops::connection::check::{Diagnosis, check_connection};
use crate::ops::connection::disconnect::disconnect;
use crate::ops::connection::save::save_connection;

#[derive(Default)]
pub struct ConnectionMutations;

#[Object]
impl ConnectionMutations {
    /// Checks connection details against Halo, and stores them if they work. If clients are mapped already, a sync is
    /// queued.
    async fn save_halo_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The details.")] input: SaveHaloConnectionInput,
    ) -> Result<SaveHaloConnectionPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let details = Details {
            url: input.url,
            application_client_id: input.application_client_id,
            client_secret: input.client_secret.map(Into::into),
        };
        let saved = save_connection(&request_context.ops, &request_context.request(None), target, details).await;
        let (saved, user_errors) = into_payload(request_context, target, saved).await?;
        let Some((connection, run)) = saved else {
            return Ok(SaveHaloConnectionPayload { halo_connection: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), run).await?;
        Ok(SaveHaloConnectionPayload { halo_connection: HaloConnection::shown(connection), run, user_errors })
    }

    /// Makes the same checks and stores nothing of the details. Without details, the stored connection is checked
    /// again, and how it stands is stored.
    async fn test_halo_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The details, or none.")] input: TestHaloConnectionInput,
    ) -> Result<TestHaloConnectionPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let details = Details {
            url: input.url,
            application_client_id: input.application_client_id,
            client_secret: input.client_secret.map(Into::into),
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

    /// Forgets the Client Secret and cancels what is queued. Associations and history stay, nothing changes in Halo,
    /// and the same Halo connected again goes on where it was.
    async fn disconnect_halo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which partner.")] input: DisconnectHaloInput,
    ) -> Result<DisconnectHaloPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let disconnected = disconnect(&request_context.ops, &request_context.request(None), target).await;
        let (disconnected, user_errors) = into_payload(request_context, target, disconnected).await?;
        let partner = match target.partner().filter(|_| disconnected.is_some()) {
            Some(partner) => request_context.load(partner).await?.map(Partner),
            None => None,
        };
        Ok(DisconnectHaloPayload { partner, user_errors })
    }
}

/// Details of a connection to Halo. What is left out stays as it is stored.
#[derive(InputObject)]
pub struct SaveHaloConnectionInput {
    /// The address of the partner's Halo, as the browser shows it: `https://yourcompany.halopsa.com`.
    url: Option<String>,
    /// The Client ID of the application that the partner created in Halo.
    application_client_id: Option<String>,
    /// The application's Client Secret. It may be left out while the address stays the same; a new one needs it again.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// The partner's global id. Left out: the caller's own partner.
    partner_id: Option<ID>,
}

/// What became of the details.
#[derive(SimpleObject)]
pub struct SaveHaloConnectionPayload {
    /// The connection as it is stored now. Null where nothing was stored.
    halo_connection: Option<HaloConnection>,
    /// The sync that was queued. Null where no client is mapped yet.
    run: Option<HaloSyncRun>,
    /// What has to be mended in the details.
    user_errors: Vec<UserError>,
}

/// Details to check. Those left out are taken from the stored connection; with none at all, the stored connection is
/// checked.
#[derive(InputObject)]
pub struct TestHaloConnectionInput {
    /// The address of the partner's Halo. With any other than the stored one, the Client Secret has to be there too.
    url: Option<String>,
    /// The Client ID of the application that the partner created in Halo.
    application_client_id: Option<String>,
    /// The application's Client Secret.
    #[graphql(secret)]
    client_secret: Option<String>,
    /// The partner's global id. Left out: the caller's own partner. Support has to name one, and may only check the stored connection.
    partner_id: Option<ID>,
    /// Why. Support has to say it; the partner can read it in its activity.
    reason: Option<String>,
}

/// What the checks found.
#[derive(SimpleObject)]
pub struct TestHaloConnectionPayload {
    /// What was found. Null where nothing could be checked.
    test: Option<HaloConnectionTest>,
    /// The stored connection. Null where there is none.
    halo_connection: Option<HaloConnection>,
    /// What has to be mended in the details before they can be checked.
    user_errors: Vec<UserError>,
}

pub struct HaloConnectionTest(Diagnosis);

/// What a check of a connection found.
#[Object]
impl HaloConnectionTest {
    /// Whether syncs work with these details.
    async fn works(&self) -> bool {
        self.0.problem.is_none()
    }

    /// One line for the address, one for the credentials, and one for each permission of the guide.
    async fn checks(&self) -> Vec<HaloConnectionCheck> {
        self.0.checks.iter().cloned().map(HaloConnectionCheck).collect()
    }

    /// What keeps syncs from working. Null where nothing does.
    async fn problem(&self) -> Option<HaloProblem> {
        self.0.problem.clone().map(HaloProblem)
    }
}

/// Which connection to forget.
#[derive(InputObject)]
pub struct DisconnectHaloInput {
    /// The partner's global id. Left out: the caller's own partner.
    partner_id: Option<ID>,
}

/// What became of the connection.
#[derive(SimpleObject)]
pub struct DisconnectHaloPayload {
    /// The partner, which has no connection now. Null where nothing was done.
    partner: Option<Partner>,
    /// What has to be mended in the input.
    user_errors: Vec<UserError>,
}
