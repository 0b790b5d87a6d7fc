//! Builds the Halo client of the process, with the request budget that all processes share.

use std::time::Duration;

use super::{SharedBudget, StartError};
use crate::clock::Clock;
use crate::config::HaloConfig;
use crate::halo::{Halo, HaloSettings};
use crate::net::{AllowList, Guard, HttpClient, HttpLimits};
use crate::storage::Db;

/// A client for addresses that partners type, which are guarded.
pub(super) fn client_for_typed_addresses(config: &HaloConfig, total: Duration) -> Result<HttpClient, StartError> {
    let allowed = AllowList::parse(&config.development_addresses)?;
    let limits = HttpLimits { total, ..HttpLimits::default() };
    Ok(HttpClient::for_typed_addresses(Guard::new(allowed), limits)?)
}

pub(super) fn build(config: &HaloConfig, db: &Db, clock: &Clock) -> Result<Halo, StartError> {
    let http = client_for_typed_addresses(config, config.timeout)?;
    // After two windows, the requests that used the budget up no longer count, nor do those sent
    // meanwhile.
    let bulk_read_max_wait = config.window * 2;
    let settings = HaloSettings { request_timeout: config.timeout, bulk_read_max_wait, ..HaloSettings::default() };
    Ok(Halo::new(http, SharedBudget::new(db.clone(), config).into_function(), clock.clone(), settings))
}
