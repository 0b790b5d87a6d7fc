//! Halo as everybody uses it: one client, and one budget over all processes.

use std::sync::Arc;

use super::StartError;
use crate::clock::Clock;
use crate::config::HaloConfig;
use crate::halo::{Account, Budget, BudgetAnswer, BudgetRequest, BudgetUnavailable, Halo, HaloSettings, Priority};
use crate::net::{AllowList, Guard, HttpClient, HttpLimits};
use crate::storage::Db;
use crate::storage::budget::{self, Allowance};

pub(super) fn build(config: &HaloConfig, db: &Db, clock: &Clock) -> Result<Halo, StartError> {
    let allowed = AllowList::parse(&config.development_addresses)?;
    let limits = HttpLimits { total: config.timeout, ..HttpLimits::default() };
    let http = HttpClient::for_typed_addresses(Guard::new(allowed), limits)?;
    let allowance = Allowance { total: config.requests, kept_for_people: config.people_requests, span: config.window };
    // By then whatever used the budget up is out of the window, and what came meanwhile as well.
    let bulk_read_max_wait = config.window * 2;
    let settings = HaloSettings { request_timeout: config.timeout, bulk_read_max_wait, ..HaloSettings::default() };
    Ok(Halo::new(http, shared_budget(db.clone(), allowance), clock.clone(), settings))
}

/// So much less than its own partner's syncs and searches may send to a Halo is sent there by another one's attempts. With
/// what is usual, the two together stay within the least that Halo is said to allow.
const ATTEMPTS: u32 = 4;

fn of_attempts(allowance: Allowance) -> Allowance {
    Allowance { total: (allowance.total / ATTEMPTS).max(1), kept_for_people: 0, ..allowance }
}

/// What the account is called where it is kept. No host has a blank in it.
fn name(Account { host, unverified_for }: &Account) -> String {
    match unverified_for {
        None => host.clone(),
        Some(partner) => format!("{host} tried by {partner}"),
    }
}

/// The budget that all processes share, as the function that `halo/` asks before every request.
fn shared_budget(db: Db, allowance: Allowance) -> Budget {
    Arc::new(move |ask| {
        let db = db.clone();
        Box::pin(async move {
            let asked = async {
                let mut connection = db.pool().acquire().await?;
                match ask {
                    BudgetRequest::Permit { account, priority } => {
                        let allowance =
                            if account.unverified_for.is_some() { of_attempts(allowance) } else { allowance };
                        budget::take(&mut connection, &name(&account), priority == Priority::Interactive, allowance)
                            .await
                    }
                    BudgetRequest::LimitedByHalo { account, wait } => {
                        budget::pause(&mut connection, &name(&account), wait).await.map(|()| None)
                    }
                }
            };
            match asked.await {
                Ok(wait) => Ok(wait.map_or(BudgetAnswer::Go, BudgetAnswer::Wait)),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the request budget cannot be asked");
                    Err(BudgetUnavailable)
                }
            }
        })
    })
}
