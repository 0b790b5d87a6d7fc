//! Registering and changing webhooks, exchanging their secrets, and sending to them again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret;

use crate::graphql::{
    error::Result,
    objects::webhook::{HaloWebhook, HaloWebhookDelivery, HaloWebhookEventType},
    request_context::RequestContext,
    user_error::{UserError, into_payload},
};
use crate::ops::webhook::{
    register::register_webhook, remove::remove_webhook, remove_secret::remove_secret, replay::replay_delivery,
    rotate_secret::rotate_secret, send_test::send_test, update::WebhookChanges, update::update_webhook,
};

#[derive(Default)]
pub struct WebhookMutations;

#[Object]
impl WebhookMutations {
    /// Registers an address that INFIMA notifies of what happens from now on. The answer has the
    /// secret that deliveries are signed with, this once. A partner has at most ten webhooks.
    async fn register_halo_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address, and what it is notified of.")] input: RegisterHaloWebhookInput,
    ) -> Result<RegisterHaloWebhookPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let event_types: Vec<_> = input.event_types.into_iter().map(Into::into).collect();
        let request = request_context.request(None);
        let registered = register_webhook(&request_context.ops, &request, target, &input.url, &event_types).await;
        let (registered, user_errors) = into_payload(request_context, target, registered).await?;
        let (webhook, secret) = registered.unzip();
        let secret = secret.map(|secret| secret.expose_secret().to_owned());
        Ok(RegisterHaloWebhookPayload { webhook: webhook.map(Into::into), secret, user_errors })
    }

    /// Changes a webhook. Absent fields keep their values. A webhook that is enabled again is
    /// notified of what happens from now on; deliveries that were given up can be replayed.
    async fn update_halo_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook and its changes.")] input: UpdateHaloWebhookInput,
    ) -> Result<UpdateHaloWebhookPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let changes = WebhookChanges {
            url: input.url,
            event_types: input.event_types.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            enabled: input.enabled,
        };
        let (id, request) = (input.webhook_id.parse().ok(), request_context.request(None));
        let updated = update_webhook(&request_context.ops, &request, target, id, &changes).await;
        let (webhook, user_errors) = into_payload(request_context, target, updated).await?;
        Ok(UpdateHaloWebhookPayload { webhook: webhook.map(Into::into), user_errors })
    }

    /// Removes a webhook, with its secrets and its deliveries.
    async fn remove_halo_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook.")] input: RemoveHaloWebhookInput,
    ) -> Result<RemoveHaloWebhookPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let (id, request) = (input.webhook_id.parse().ok(), request_context.request(None));
        let removed = remove_webhook(&request_context.ops, &request, target, id).await;
        let (removed, user_errors) = into_payload(request_context, target, removed).await?;
        Ok(RemoveHaloWebhookPayload { removed_webhook_id: removed.map(Into::into), user_errors })
    }

    /// Adds a secret to a webhook. The answer has it, this once. Deliveries are signed with the
    /// earlier ones as well, until they are removed.
    async fn rotate_halo_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook.")] input: RotateHaloWebhookSecretInput,
    ) -> Result<RotateHaloWebhookSecretPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let (id, request) = (input.webhook_id.parse().ok(), request_context.request(None));
        let rotated = rotate_secret(&request_context.ops, &request, target, id).await;
        let (rotated, user_errors) = into_payload(request_context, target, rotated).await?;
        let (webhook, secret) = rotated.unzip();
        let secret = secret.map(|secret| secret.expose_secret().to_owned());
        Ok(RotateHaloWebhookSecretPayload { webhook: webhook.map(Into::into), secret, user_errors })
    }

    /// Removes a secret of a webhook: deliveries are no longer signed with it. The last one stays.
    async fn remove_halo_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook and the secret.")] input: RemoveHaloWebhookSecretInput,
    ) -> Result<RemoveHaloWebhookSecretPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let (id, secret) = (input.webhook_id.parse().ok(), input.secret_id.parse().ok());
        let removed = remove_secret(&request_context.ops, &request_context.request(None), target, id, secret).await;
        let (webhook, user_errors) = into_payload(request_context, target, removed).await?;
        Ok(RemoveHaloWebhookSecretPayload { webhook: webhook.map(Into::into), user_errors })
    }

    /// Sends an event of the kind `TEST` to a webhook, whatever it is notified of.
    async fn send_test_halo_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook.")] input: SendTestHaloWebhookInput,
    ) -> Result<SendTestHaloWebhookPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let queued = send_test(&request_context.ops, &request, target, input.webhook_id.parse().ok()).await;
        let (delivery, user_errors) = into_payload(request_context, target, queued).await?;
        Ok(SendTestHaloWebhookPayload { delivery: delivery.map(Into::into), user_errors })
    }

    /// Has a delivery sent again, whether it was given up or arrived. It has the same id and the
    /// same body.
    async fn replay_halo_webhook_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The delivery.")] input: ReplayHaloWebhookDeliveryInput,
    ) -> Result<ReplayHaloWebhookDeliveryPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let queued = replay_delivery(&request_context.ops, &request, target, input.delivery_id.parse().ok()).await;
        let (delivery, user_errors) = into_payload(request_context, target, queued).await?;
        Ok(ReplayHaloWebhookDeliveryPayload { delivery: delivery.map(Into::into), user_errors })
    }
}

/// The input of `registerHaloWebhook`.
#[derive(InputObject)]
pub struct RegisterHaloWebhookInput {
    /// The address: https, on the public internet.
    url: String,
    /// The kinds of event that are reported to it, at least one. `TEST` cannot be chosen.
    event_types: Vec<HaloWebhookEventType>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `registerHaloWebhook`.
#[derive(SimpleObject)]
pub struct RegisterHaloWebhookPayload {
    /// The webhook. Null if nothing was stored.
    webhook: Option<HaloWebhook>,
    /// The secret that deliveries are signed with, beginning with `whsec_`. It is not shown again.
    secret: Option<String>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `updateHaloWebhook`. Absent fields keep their values.
#[derive(InputObject)]
pub struct UpdateHaloWebhookInput {
    /// The webhook's global id.
    webhook_id: ID,
    /// The address: https, on the public internet.
    url: Option<String>,
    /// The kinds of event that are reported to it, at least one. `TEST` cannot be chosen.
    event_types: Option<Vec<HaloWebhookEventType>>,
    /// Whether anything is sent to it.
    enabled: Option<bool>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `updateHaloWebhook`.
#[derive(SimpleObject)]
pub struct UpdateHaloWebhookPayload {
    /// The webhook with its changes. Null if nothing was changed.
    webhook: Option<HaloWebhook>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `removeHaloWebhook`.
#[derive(InputObject)]
pub struct RemoveHaloWebhookInput {
    /// The webhook's global id.
    webhook_id: ID,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `removeHaloWebhook`.
#[derive(SimpleObject)]
pub struct RemoveHaloWebhookPayload {
    /// The global id of the webhook that was removed. Null if none was.
    removed_webhook_id: Option<ID>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `rotateHaloWebhookSecret`.
#[derive(InputObject)]
pub struct RotateHaloWebhookSecretInput {
    /// The webhook's global id.
    webhook_id: ID,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `rotateHaloWebhookSecret`.
#[derive(SimpleObject)]
pub struct RotateHaloWebhookSecretPayload {
    /// The webhook with the further secret. Null if nothing was changed.
    webhook: Option<HaloWebhook>,
    /// The new secret, beginning with `whsec_`. It is not shown again.
    secret: Option<String>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `removeHaloWebhookSecret`.
#[derive(InputObject)]
pub struct RemoveHaloWebhookSecretInput {
    /// The webhook's global id.
    webhook_id: ID,
    /// The secret's id.
    secret_id: ID,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `removeHaloWebhookSecret`.
#[derive(SimpleObject)]
pub struct RemoveHaloWebhookSecretPayload {
    /// The webhook without the secret. Null if nothing was changed.
    webhook: Option<HaloWebhook>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `sendTestHaloWebhook`.
#[derive(InputObject)]
pub struct SendTestHaloWebhookInput {
    /// The webhook's global id.
    webhook_id: ID,
    /// The partner's global id. Default: the caller's own partner. Required for support.
    partner_id: Option<ID>,
    /// The reason for the test. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `sendTestHaloWebhook`.
#[derive(SimpleObject)]
pub struct SendTestHaloWebhookPayload {
    /// The delivery of the test. Null if nothing was queued.
    delivery: Option<HaloWebhookDelivery>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `replayHaloWebhookDelivery`.
#[derive(InputObject)]
pub struct ReplayHaloWebhookDeliveryInput {
    /// The delivery's id.
    delivery_id: ID,
    /// The partner's global id. Default: the caller's own partner. Required for support.
    partner_id: Option<ID>,
    /// The reason for it. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `replayHaloWebhookDelivery`.
#[derive(SimpleObject)]
pub struct ReplayHaloWebhookDeliveryPayload {
    /// The delivery, which waits to be sent. Null if nothing was queued.
    delivery: Option<HaloWebhookDelivery>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}
