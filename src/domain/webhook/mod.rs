//! Webhooks: addresses of a partner that INFIMA notifies of what happens to its integration. Here
//! is what they are notified of, when a delivery is tried again, and when a webhook that takes
//! nothing is disabled.

mod delivery;
mod event;

use chrono::{DateTime, Duration, Utc};
use strum::{EnumString, IntoStaticStr};

pub use delivery::{Delivery, DeliveryError, DeliveryState, Next, Outcome, after_failure};
pub use event::{Event, EventType, Fact, Problem};

use crate::ids::{PartnerId, WebhookId, WebhookSecretId};

/// How many webhooks a partner may have.
pub const MOST_WEBHOOKS: usize = 10;
/// How many secrets a webhook may have: one in use, and others while they are exchanged.
pub const MOST_SECRETS: usize = 3;
/// After so long without a success, notice is given that the webhook will be disabled.
pub const NOTICE_AFTER: Duration = Duration::days(3);
/// After so long without a success, the webhook is disabled.
pub const DISABLED_AFTER: Duration = Duration::days(5);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    pub partner: PartnerId,
    pub url: String,
    pub event_types: Vec<EventType>,
    pub created_at: DateTime<Utc>,
    /// Since when every delivery has failed.
    pub failing_since: Option<DateTime<Utc>>,
    pub disabled: Option<Disabled>,
    /// The oldest first.
    pub secrets: Vec<WebhookSecret>,
}

/// A secret that deliveries are signed with. What it is, only the receiver and the sealed column
/// know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecret {
    pub id: WebhookSecretId,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disabled {
    pub at: DateTime<Utc>,
    pub because: DisabledBecause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DisabledBecause {
    /// A user has disabled it.
    User,
    /// The receiver has answered that it is gone.
    Gone,
    /// Every delivery has failed for too long.
    Failing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookState {
    Active,
    Failing,
    /// Failing for so long that it will be disabled.
    WillBeDisabled,
    Disabled,
}

/// Scheme and host of an address, as [`Webhook::url`] has it. The rest may hold a token.
pub fn origin_of(url: &str) -> &str {
    url.match_indices('/').nth(2).map_or(url, |(end, _)| &url[..end])
}

impl Webhook {
    pub fn state(&self, now: DateTime<Utc>) -> WebhookState {
        match (self.disabled, self.failing_since) {
            (Some(_), _) => WebhookState::Disabled,
            (None, None) => WebhookState::Active,
            (None, Some(since)) if since + NOTICE_AFTER <= now => WebhookState::WillBeDisabled,
            (None, Some(_)) => WebhookState::Failing,
        }
    }

    /// When it is disabled unless a delivery succeeds, once notice of that was given.
    pub fn will_be_disabled_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let will_be = self.state(now) == WebhookState::WillBeDisabled;
        self.failing_since.filter(|_| will_be).map(|since| since + DISABLED_AFTER)
    }
}
