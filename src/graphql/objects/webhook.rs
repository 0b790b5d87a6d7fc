//! A partner's webhooks, and what was sent to them.

use async_graphql::{Context, Enum, ID, Object};
use uuid::Uuid;

use crate::auth::Act;
use crate::domain::webhook::{self, Delivery, Webhook, WebhookSecret, origin_of};
use crate::graphql::{
    error::Result,
    loaders::{DeliveriesCount, DeliveriesPage},
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::Timestamp,
};

pub struct HaloWebhook(pub(in crate::graphql) Webhook);

impl From<Webhook> for HaloWebhook {
    fn from(webhook: Webhook) -> Self {
        Self(webhook)
    }
}

/// An address that INFIMA notifies of what happens to the partner's integration. Deliveries are
/// signed as Standard Webhooks has it.
#[Object]
impl HaloWebhook {
    /// The webhook's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The address. Its path and query may hold a token, so only the partner's administrators see
    /// all of it; others see scheme and host.
    async fn url(&self, ctx: &Context<'_>) -> &str {
        match RequestContext::of(ctx).caller.may(Act::ManageWebhooks) {
            true => &self.0.url,
            false => origin_of(&self.0.url),
        }
    }

    /// The kinds of event that are reported to it.
    async fn event_types(&self) -> Vec<HaloWebhookEventType> {
        self.0.event_types.iter().map(|kind| (*kind).into()).collect()
    }

    /// How it fares.
    async fn state(&self, ctx: &Context<'_>) -> HaloWebhookState {
        self.0.state(RequestContext::of(ctx).access_log.now()).into()
    }

    /// The time since which every delivery has failed. Null if the last one succeeded.
    async fn failing_since(&self) -> Option<Timestamp> {
        self.0.failing_since.map(Into::into)
    }

    /// The time at which INFIMA disables it unless a delivery succeeds before. Null until
    /// deliveries have failed for three days.
    async fn will_be_disabled_at(&self, ctx: &Context<'_>) -> Option<Timestamp> {
        self.0.will_be_disabled_at(RequestContext::of(ctx).access_log.now()).map(Into::into)
    }

    /// The time at which it was disabled. Null while it is enabled.
    async fn disabled_at(&self) -> Option<Timestamp> {
        self.0.disabled.map(|disabled| disabled.at.into())
    }

    /// Why it was disabled. Null while it is enabled.
    async fn disabled_because(&self) -> Option<HaloWebhookDisabledBecause> {
        self.0.disabled.map(|disabled| disabled.because.into())
    }

    /// The time when it was registered.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }

    /// The secrets that deliveries are signed with, the oldest first. What they are is only shown
    /// when they are made.
    async fn secrets(&self) -> Vec<HaloWebhookSecret> {
        self.0.secrets.iter().cloned().map(HaloWebhookSecret).collect()
    }

    /// What was sent to it, or is to be sent, the latest event first. Deliveries are removed 30
    /// days after their end.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only deliveries in one of these states.")] state: Option<
            Vec<HaloWebhookDeliveryState>,
        >,
    ) -> Result<Paged<HaloWebhookDelivery>> {
        let page = page::page(first, after.as_deref())?;
        let states: Option<Vec<_>> = state.map(|states| states.into_iter().map(Into::into).collect());
        let (partner, webhook) = (self.0.partner, self.0.id);
        let wanted = DeliveriesPage(partner, webhook, states.clone(), page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Deliveries(DeliveriesCount(partner, webhook, states));
        let place = |delivery: &Delivery| -> (String, Uuid) { (String::new(), delivery.id.0) };
        Ok(page::shown(&page, slice, total, place, HaloWebhookDelivery::from))
    }
}

pub struct HaloWebhookSecret(WebhookSecret);

/// A secret that a webhook's deliveries are signed with. What it is, is only shown when it is made.
#[Object]
impl HaloWebhookSecret {
    /// The secret's id, by which it is removed. A secret is not a `Node`.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The time when it was made.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }
}

pub struct HaloWebhookDelivery(Delivery);

impl From<Delivery> for HaloWebhookDelivery {
    fn from(delivery: Delivery) -> Self {
        Self(delivery)
    }
}

/// One event for one webhook. It is sent at least once, and has the same id each time.
#[Object]
impl HaloWebhookDelivery {
    /// The delivery's id, which receivers get in the header `webhook-id`. A delivery is not a
    /// `Node`.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The kind of event.
    async fn event_type(&self) -> HaloWebhookEventType {
        self.0.event_type.into()
    }

    /// How it stands.
    async fn state(&self) -> HaloWebhookDeliveryState {
        self.0.state.into()
    }

    /// The number of attempts, since a user last had it sent again.
    async fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The time of the last attempt. Null if there was none.
    async fn last_attempt_at(&self) -> Option<Timestamp> {
        self.0.last_attempt_at.map(Into::into)
    }

    /// The status of the last answer. Null if there was none.
    async fn last_status(&self) -> Option<u16> {
        self.0.last_status
    }

    /// Why the last attempt failed. Null if none did.
    async fn last_error(&self) -> Option<HaloWebhookDeliveryError> {
        self.0.last_error.map(Into::into)
    }

    /// What that means, for the user.
    async fn last_error_message(&self) -> Option<&'static str> {
        self.0.last_error.map(|error| error.message())
    }

    /// The time of the next attempt. Null if there will be none.
    async fn next_attempt_at(&self) -> Option<Timestamp> {
        self.0.next_attempt_at.map(Into::into)
    }

    /// The body, as it is sent: JSON with `type`, `timestamp` and `data`.
    async fn payload(&self) -> &str {
        &self.0.payload
    }
}

/// The kinds of event that webhooks are notified of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhook::EventType")]
pub enum HaloWebhookEventType {
    /// `halo.sync.failed`: a sync failed as a whole.
    SyncFailed,
    /// `halo.problem.opened`: the connection or a client has a problem.
    ProblemOpened,
    /// `halo.problem.resolved`: a problem is gone.
    ProblemResolved,
    /// `halo.night.finished`: a nightly sync has finished, with the numbers of what it did.
    NightFinished,
    /// `halo.exclusion.ended`: the exclusion of a client has ended, so it is to be mapped again.
    ExclusionEnded,
    /// `halo.webhook.test`: a user asked for it with `sendTestHaloWebhook`. It cannot be chosen.
    Test,
}

/// How a webhook fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhook::WebhookState")]
pub enum HaloWebhookState {
    /// Deliveries arrive, or there was none yet.
    Active,
    /// Every delivery has failed for a while.
    Failing,
    /// Every delivery has failed for three days: see `willBeDisabledAt`.
    WillBeDisabled,
    /// Nothing is sent. Enable it with `updateHaloWebhook`.
    Disabled,
}

/// Why a webhook was disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhook::DisabledBecause")]
pub enum HaloWebhookDisabledBecause {
    /// A user disabled it.
    User,
    /// The receiver answered 410: it is gone.
    Gone,
    /// Every delivery failed for five days.
    Failing,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhook::DeliveryState")]
pub enum HaloWebhookDeliveryState {
    /// It waits for its next attempt.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It is tried no more, unless a user has it sent again with `replayHaloWebhookDelivery`.
    GivenUp,
}

/// Why an attempt of a delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhook::DeliveryError")]
pub enum HaloWebhookDeliveryError {
    /// The receiver answered with a status that is no success.
    NotAccepted,
    /// The receiver answered with a redirect, which is not followed.
    Redirected,
    /// The receiver answered that it is gone (410), which disables the webhook.
    Gone,
    /// No connection could be made.
    Unreachable,
    /// The receiver did not answer in time.
    NoAnswer,
    /// The address leads to a network that INFIMA sends no requests to.
    AddressBlocked,
    /// Too many deliveries to the same host were under way.
    NotSent,
    /// INFIMA could not sign it.
    SecretsUnreadable,
    /// The webhook was disabled before it was sent.
    WebhookDisabled,
}
