//! One delivery: how an attempt ended, and when the next one is made.

use chrono::{DateTime, Duration, Utc};
use strum::{EnumString, IntoStaticStr};

use super::EventType;
use crate::ids::{PartnerId, WebhookDeliveryId, WebhookId};

/// The waits between attempts. After the last one, each further wait is as long.
const WAITS: [Duration; 8] = [
    Duration::seconds(10),
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(6),
    Duration::hours(12),
    Duration::hours(24),
];
/// How long a delivery is tried.
const TRIED_FOR: Duration = Duration::days(5);
/// By how much a wait may be longer, in percent: deliveries that failed together do not come back
/// together.
const JITTER: i64 = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: WebhookDeliveryId,
    pub webhook: WebhookId,
    pub partner: PartnerId,
    pub event_type: EventType,
    /// The body as it is sent.
    pub payload: String,
    pub state: DeliveryState,
    /// When it was made, or when a user last had it sent again.
    pub queued_at: DateTime<Utc>,
    /// The attempts since then.
    pub attempts: u32,
    pub last_attempt_at: Option<DateTime<Utc>>,
    pub last_status: Option<u16>,
    pub last_error: Option<DeliveryError>,
    pub next_attempt_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    GivenUp,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Delivered {
        status: u16,
    },
    Failed {
        status: Option<u16>,
        error: DeliveryError,
    },
}

impl Outcome {
    /// What a status says. Nothing else of an answer is looked at.
    pub fn of_status(status: u16) -> Self {
        let error = match status {
            200..=299 => return Outcome::Delivered { status },
            300..=399 => DeliveryError::Redirected,
            410 => DeliveryError::Gone,
            _ => DeliveryError::NotAccepted,
        };
        Outcome::Failed { status: Some(status), error }
    }
}

/// Why a receiver was not notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryError {
    /// The receiver answered with a status that is no success.
    NotAccepted,
    /// The receiver answered with another address. None is followed.
    Redirected,
    /// The receiver answered that it is gone for good.
    Gone,
    /// No connection was made.
    Unreachable,
    /// The receiver did not answer in time.
    NoAnswer,
    /// The address leads to a network that nothing is sent to.
    AddressBlocked,
    /// Other deliveries to the same host were under way.
    NotSent,
    /// The webhook's secrets cannot be opened: a fault of the operator's.
    SecretsUnreadable,
    /// The webhook was disabled while it waited.
    WebhookDisabled,
}

impl DeliveryError {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What it means, for the user.
    pub fn message(self) -> &'static str {
        match self {
            DeliveryError::NotAccepted => "The receiver answered with a status that is no success (200 to 299).",
            DeliveryError::Redirected => {
                "The receiver answered with a redirect, which is not followed. Register the address that it leads to."
            }
            DeliveryError::Gone => "The receiver answered that it is gone (410), so the webhook was disabled.",
            DeliveryError::Unreachable => {
                "No connection to the receiver could be made. Check its address, its certificate and its firewall."
            }
            DeliveryError::NoAnswer => {
                "The receiver did not answer in time. Have it answer first, and work afterwards."
            }
            DeliveryError::AddressBlocked => "The address leads to a network that INFIMA sends nothing to.",
            DeliveryError::NotSent => "Too many deliveries to this host were under way.",
            DeliveryError::SecretsUnreadable => {
                "INFIMA could not sign the delivery. Contact INFIMA's support, which has to look into it."
            }
            DeliveryError::WebhookDisabled => {
                "The webhook was disabled before it was delivered. Enable the webhook and have it sent again."
            }
        }
    }
}

/// What becomes of a delivery whose attempt has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    At(DateTime<Utc>),
    GiveUp,
}

/// When the delivery is tried again that has failed `attempts` times since it was queued. Its id
/// spreads the attempts.
pub fn after_failure(
    id: WebhookDeliveryId,
    attempts: u32,
    queued_at: DateTime<Utc>,
    error: DeliveryError,
    now: DateTime<Utc>,
) -> Next {
    if error == DeliveryError::Gone {
        return Next::GiveUp;
    }
    let wait = WAITS[usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(WAITS.len() - 1)];
    // The last byte of an id is random.
    let jitter = i64::from(id.0.as_bytes()[15]) * JITTER;
    let at = now + wait + Duration::milliseconds(wait.num_milliseconds() * jitter / (255 * 100));
    if at > queued_at + TRIED_FOR { Next::GiveUp } else { Next::At(at) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn waits(id: WebhookDeliveryId) -> Vec<i64> {
        let queued = DateTime::UNIX_EPOCH;
        let (mut now, mut waits) = (queued, Vec::new());
        for attempts in 1.. {
            match after_failure(id, attempts, queued, DeliveryError::NoAnswer, now) {
                Next::At(at) => {
                    waits.push((at - now).num_seconds());
                    now = at;
                }
                Next::GiveUp => break,
            }
        }
        waits
    }

    #[test]
    fn failed_delivery_is_tried_for_five_days_ever_more_seldom() {
        let hour = 3600;
        let tried = waits(WebhookDeliveryId(Uuid::nil()));
        assert_eq!(
            tried,
            [10, 60, 300, 1800, 2 * hour, 6 * hour, 12 * hour, 24 * hour, 24 * hour, 24 * hour, 24 * hour]
        );
        let late = waits(WebhookDeliveryId(Uuid::max()));
        assert!(
            late.iter().zip(&tried).all(|(late, early)| (early + early / 6..=early * 6 / 5).contains(late)),
            "{late:?}"
        );
        let gone = after_failure(
            WebhookDeliveryId(Uuid::nil()),
            1,
            DateTime::UNIX_EPOCH,
            DeliveryError::Gone,
            DateTime::UNIX_EPOCH,
        );
        assert_eq!(gone, Next::GiveUp);
    }

    #[test]
    fn status_says_whether_a_delivery_was_taken() {
        assert_eq!(Outcome::of_status(204), Outcome::Delivered { status: 204 });
        for (status, error) in [
            (302, DeliveryError::Redirected),
            (410, DeliveryError::Gone),
            (404, DeliveryError::NotAccepted),
            (500, DeliveryError::NotAccepted),
            (100, DeliveryError::NotAccepted),
        ] {
            assert_eq!(Outcome::of_status(status), Outcome::Failed { status: Some(status), error });
        }
    }
}
