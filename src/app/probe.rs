//! Builds the probe of a real tenant (docs/operations.md), which runs without a database.

use std::sync::Arc;

use futures::FutureExt as _;

use super::StartError;
use crate::clock::Clock;
use crate::config::ProbeConfig;
use crate::halo::{BudgetAnswer, Credentials, Halo, HaloSettings, Priority, Session, probe::MOST_REQUESTS};
use crate::net::{AllowList, Guard, HttpClient, HttpLimits};

pub use crate::halo::HaloUrlProblem;
pub use crate::halo::probe::{CHECKS, Check, ProbeReport, ProbeWrites, Verdict};

/// Starts a session with the tenant. The budget that the other processes share is in the database,
/// so the probe has a limit of its own instead, which is a fraction of that budget.
pub fn session(
    config: &ProbeConfig,
    url: &str,
    application_client_id: &str,
    client_secret: &secrecy::SecretString,
) -> Result<Session, ProbeStartError> {
    let allowed = AllowList::parse(&config.halo.development_addresses).map_err(StartError::from)?;
    let limits = HttpLimits { total: config.halo.timeout, ..HttpLimits::default() };
    let http = HttpClient::for_typed_addresses(Guard::new(allowed), limits).map_err(StartError::from)?;
    let settings = HaloSettings { request_timeout: config.halo.timeout, ..HaloSettings::default() };
    let budget: crate::halo::Budget = Arc::new(|_| async { Ok(BudgetAnswer::Go) }.boxed());
    let halo = Halo::new(http, budget, Clock::system(), settings);
    let credentials = Credentials::new(halo.address(url)?, application_client_id, client_secret);
    Ok(halo.session(credentials, Priority::Interactive).at_most(MOST_REQUESTS))
}

/// The reason why a probe cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ProbeStartError {
    #[error("--url: {0}")]
    Address(#[from] HaloUrlProblem),
    #[error(transparent)]
    Start(#[from] StartError),
}
