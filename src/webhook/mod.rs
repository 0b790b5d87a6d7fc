//! Sends webhooks: the addresses that partners type for them, their signatures, and one attempt at
//! one delivery.
//!
//! Deliveries are signed as Standard Webhooks (<https://www.standardwebhooks.com>) has it, with
//! every secret of the webhook, so that a receiver can exchange its secret without a gap. The
//! address is checked by the guard of `net/` when it is typed and again at each connection. Of an
//! answer nothing but the status is kept.
//!
//! This module knows no database and no queue: `ops/` says what is sent, and stores what became of
//! it.

mod address;
mod signature;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;

pub use address::{AddressProblem, WebhookUrl};
pub use signature::InvalidSecret;

use crate::domain::webhook::{DeliveryError, Outcome};
use crate::ids::WebhookDeliveryId;
use crate::net::{AllowList, HttpClient, NetError, Post};

/// The client that sends this process' webhooks. Cheap to clone.
#[derive(Clone)]
pub struct WebhookSender(HttpClient);

impl WebhookSender {
    /// Creates the sender. `http` has to be a client for typed addresses
    /// ([`HttpClient::for_typed_addresses`]).
    pub fn new(http: HttpClient) -> Self {
        Self(http)
    }

    /// Reads an address that a user typed, and looks its name up: a name that leads into a network
    /// that is not public is refused before anything is stored.
    pub async fn check_address(&self, typed: &str) -> Result<WebhookUrl, AddressProblem> {
        let none = AllowList::default();
        let allowed = self.0.guard().map_or(&none, |guard| guard.allowed());
        let url = WebhookUrl::parse(typed, allowed)?;
        if let (Some(guard), Some(name)) = (self.0.guard(), url.name_to_look_up(allowed)) {
            guard.resolve(name).await.map_err(|_| AddressProblem::NotPublic)?;
        }
        Ok(url)
    }

    /// Makes one attempt. `at` is the time that the receiver compares with its clock.
    pub async fn send(
        &self,
        url: &str,
        delivery: WebhookDeliveryId,
        payload: &str,
        secrets: &[SecretString],
        at: DateTime<Utc>,
    ) -> Outcome {
        let failed = |error| Outcome::Failed { status: None, error };
        let Ok(url) = Url::parse(url) else { return failed(DeliveryError::Unreachable) };
        let Ok(headers) = signature::headers(delivery, payload, secrets, at) else {
            return failed(DeliveryError::SecretsUnreadable);
        };
        match self.0.post(Post { url, headers: &headers, json: payload.to_owned() }).await {
            Ok(status) => Outcome::of_status(status.as_u16()),
            Err(NetError::Blocked) => failed(DeliveryError::AddressBlocked),
            Err(NetError::Unreachable) => failed(DeliveryError::Unreachable),
            Err(NetError::NotSent) => failed(DeliveryError::NotSent),
            Err(NetError::Interrupted | NetError::TooLarge | NetError::Busy) => failed(DeliveryError::NoAnswer),
        }
    }
}
