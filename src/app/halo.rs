//! Builds the Halo client of the process, with the request budget that all processes share.

use std::sync::Arc;

use super::StartError;
use crate::clock::Clock;
use crate::config::HaloConfig;
use crate::halo::{
    Account, Budget, BudgetAnswer, BudgetRequest, BudgetUnavailable, Halo, HaloSettings, LimitedBy, Priority,
};
use crate::net::{AllowList, Guard, HttpClient, HttpLimits};
use crate::storage::Db;
use crate::storage::budget::{self, Allowance, Wait};

pub(super) fn build(config: &HaloConfig, db: &Db, clock: &Clock) -> Result<Halo, StartError> {
    let allowed = AllowList::parse(&config.development_addresses)?;
    let limits = HttpLimits { total: config.timeout, ..HttpLimits::default() };
    let http = HttpClient::for_typed_addresses(Guard::new(allowed), limits)?;
    let allowance =
        Allowance { total: config.requests, kept_for_people: config.interactive_reserve, span: config.window };
    // After two windows, the requests that used the budget up no longer count, nor do those sent
    // meanwhile.
    let bulk_read_max_wait = config.window * 2;
    let settings = HaloSettings { request_timeout: config.timeout, bulk_read_max_wait, ..HaloSettings::default() };
    Ok(Halo::new(http, shared_budget(db.clone(), allowance), clock.clone(), settings))
}

/// Attempts with unverified credentials get this fraction of a host's budget, apart from the budget
/// of the partner who owns the host. With the defaults, both together stay within the lowest limit
/// that Halo is said to have.
const UNVERIFIED_DIVISOR: u32 = 4;

fn for_unverified(allowance: Allowance) -> Allowance {
    Allowance { total: (allowance.total / UNVERIFIED_DIVISOR).max(1), kept_for_people: 0, ..allowance }
}

/// The name under which the account is stored. No host name contains a blank.
fn name(Account { host, unverified_for }: &Account) -> String {
    match unverified_for {
        None => host.clone(),
        Some(partner) => format!("{host} tried by {partner}"),
    }
}

/// Returns the shared budget as the function that `halo/` calls before every request.
fn shared_budget(db: Db, allowance: Allowance) -> Budget {
    Arc::new(move |message| {
        let db = db.clone();
        Box::pin(async move {
            let taken = async {
                let mut connection = db.pool().acquire().await?;
                match message {
                    BudgetRequest::Permit { account, priority } => {
                        let allowance =
                            if account.unverified_for.is_some() { for_unverified(allowance) } else { allowance };
                        budget::take(&mut connection, &name(&account), priority == Priority::Interactive, allowance)
                            .await
                    }
                    BudgetRequest::LimitedByHalo { account, wait } => {
                        budget::pause(&mut connection, &name(&account), wait).await.map(|()| None)
                    }
                }
            };
            match taken.await {
                Ok(None) => Ok(BudgetAnswer::Go),
                Ok(Some(Wait { wait, by_halo })) => {
                    let by = if by_halo { LimitedBy::Halo } else { LimitedBy::OurBudget };
                    Ok(BudgetAnswer::Wait { wait, by })
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the request budget cannot be read");
                    Err(BudgetUnavailable)
                }
            }
        })
    })
}
