//! Builds the sender of webhooks. Partners type the addresses, which are guarded as Halo's are.

use std::time::Duration;

use super::StartError;
use crate::config::HaloConfig;
use crate::net::{AllowList, Guard, HttpClient, HttpLimits};
use crate::webhook::WebhookSender;

/// The time that a receiver gets to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

pub(super) fn build(config: &HaloConfig) -> Result<WebhookSender, StartError> {
    let allowed = AllowList::parse(&config.development_addresses)?;
    let limits = HttpLimits { total: TIMEOUT, ..HttpLimits::default() };
    Ok(WebhookSender::new(HttpClient::for_typed_addresses(Guard::new(allowed), limits)?))
}
