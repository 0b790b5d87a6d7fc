//! Builds the Halo client of the process, with the request budget that all processes share.

use super::{SharedBudget, StartError};
use crate::clock::Clock;
use crate::config::HaloConfig;
use crate::halo::{Halo, HaloSettings};
use crate::net::{AllowList, Guard, HttpClient, HttpLimits};
use crate::storage::Db;

pub(super) fn build(config: &HaloConfig, db: &Db, clock: &Clock) -> Result<Halo, StartError> {
    let allowed = AllowList::parse(&config.development_addresses)?;
    let limits = HttpLimits { total: config.timeout, ..HttpLimits::default() };
    let http = HttpClient::for_typed_addresses(Guard::new(allowed), limits)?;
    // After two windows, the requests that used the budget up no longer count, nor do those sent
    // meanwhile.
    let bulk_read_max_wait = config.window * 2;
    let settings = HaloSettings { request_timeout: config.timeout, bulk_read_max_wait, ..HaloSettings::default() };
    Ok(Halo::new(http, SharedBudget::new(db.clone(), config).into_function(), clock.clone(), settings))
}
