//! The headers of Standard Webhooks: the id, the time, and a signature by each secret.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook, WebhookError};

use crate::ids::WebhookDeliveryId;

/// A secret that nothing can be signed with. The error does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret of the webhook is not one")]
pub struct InvalidSecret;

impl From<WebhookError> for InvalidSecret {
    fn from(_: WebhookError) -> Self {
        InvalidSecret
    }
}

/// The headers of one attempt. A delivery has the same id in each of them.
pub(super) fn headers(
    delivery: WebhookDeliveryId,
    payload: &str,
    secrets: &[SecretString],
    at: DateTime<Utc>,
) -> Result<[(&'static str, String); 3], InvalidSecret> {
    let (id, time) = (delivery.to_string(), at.timestamp());
    let sign = |secret: &SecretString| Webhook::new(secret.expose_secret())?.sign(&id, time, payload.as_bytes());
    let signatures = secrets.iter().map(sign).collect::<Result<Vec<_>, _>>()?;
    if signatures.is_empty() {
        return Err(InvalidSecret);
    }
    Ok([
        (HEADER_WEBHOOK_TIMESTAMP, time.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, signatures.join(" ")),
        (HEADER_WEBHOOK_ID, id),
    ])
}
