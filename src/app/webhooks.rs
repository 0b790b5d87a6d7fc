//! Builds the sender of webhooks. Partners type the addresses, which are guarded as Halo's are.

use std::time::Duration;

use super::StartError;
use super::halo::client_for_typed_addresses;
use crate::config::HaloConfig;
use crate::webhook::WebhookSender;

/// The time that a receiver gets to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

pub(super) fn build(config: &HaloConfig) -> Result<WebhookSender, StartError> {
    Ok(WebhookSender::new(client_for_typed_addresses(config, TIMEOUT)?))
}
