//! Builds the Halo client of the process, with the request budget that all processes share.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
    let allowance = allowance(config);
    let shares = CallerShares::new(share_of_one_caller(config, allowance), config.window);
    // After two windows, the requests that used the budget up no longer count, nor do those sent
    // meanwhile.
    let bulk_read_max_wait = config.window * 2;
    let settings = HaloSettings { request_timeout: config.timeout, bulk_read_max_wait, ..HaloSettings::default() };
    Ok(Halo::new(http, shared_budget(db.clone(), allowance, shares), clock.clone(), settings))
}

fn allowance(config: &HaloConfig) -> Allowance {
    Allowance {
        total: config.requests,
        kept_for_people: config.interactive_reserve,
        kept_for_syncs: config.sync_reserve.min((config.requests - config.interactive_reserve) / 2),
        span: config.window,
    }
}

fn share_of_one_caller(config: &HaloConfig, allowance: Allowance) -> usize {
    let interactive = allowance.total - allowance.kept_for_syncs;
    (interactive * config.caller_share / 100).max(1) as usize
}

/// Attempts with unverified credentials get this fraction of a host's budget, apart from the budget
/// of the partner who owns the host. With the defaults, both together stay within the lowest limit
/// that Halo is said to have.
const UNVERIFIED_DIVISOR: u32 = 4;

fn for_unverified(allowance: Allowance) -> Allowance {
    Allowance {
        total: (allowance.total / UNVERIFIED_DIVISOR).max(1),
        kept_for_people: 0,
        kept_for_syncs: 0,
        ..allowance
    }
}

/// The name under which the account is stored. No host name contains a blank.
fn name(Account { host, unverified_for }: &Account) -> String {
    match unverified_for {
        None => host.clone(),
        Some(partner) => format!("{host} tried by {partner}"),
    }
}

/// Returns the shared budget as the function that `halo/` calls before every request.
fn shared_budget(db: Db, allowance: Allowance, shares: CallerShares) -> Budget {
    let shares = Arc::new(shares);
    Arc::new(move |message| {
        let (db, shares) = (db.clone(), shares.clone());
        Box::pin(async move {
            let caller = match &message {
                BudgetRequest::Permit { account, caller: Some(caller), .. } if account.unverified_for.is_none() => {
                    Some((account.host.clone(), caller.clone()))
                }
                _ => None,
            };
            if let Some(wait) = caller.as_ref().and_then(|caller| shares.wait(caller, Instant::now())) {
                return Ok(BudgetAnswer::Wait { wait, by: LimitedBy::OurBudget });
            }
            let taken = async {
                let mut connection = db.pool().acquire().await?;
                match message {
                    BudgetRequest::Permit { account, priority, .. } => {
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
                Ok(None) => {
                    if let Some(caller) = caller {
                        shares.count(caller, Instant::now());
                    }
                    Ok(BudgetAnswer::Go)
                }
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

/// A host, and who asks for its answers.
type HostAndCaller = (String, String);

/// What each caller has sent to each Halo within the window: one who searches as fast as possible
/// leaves something for colleagues. Each process counts for itself.
struct CallerShares {
    sent: Mutex<HashMap<HostAndCaller, VecDeque<Instant>>>,
    most: usize,
    window: Duration,
}

impl CallerShares {
    fn new(most: usize, window: Duration) -> Self {
        Self { sent: Mutex::default(), most, window }
    }

    /// How long the caller has to wait for its share; `None` if it may send a request now.
    fn wait(&self, caller: &HostAndCaller, now: Instant) -> Option<Duration> {
        let sent = self.sent.lock().expect("never held across a panic");
        let oldest = sent.get(caller)?.iter().rev().nth(self.most - 1)?;
        (self.window.checked_sub(now.duration_since(*oldest))).filter(|wait| !wait.is_zero())
    }

    fn count(&self, caller: HostAndCaller, now: Instant) {
        let mut sent = self.sent.lock().expect("never held across a panic");
        let is_recent = |at: &Instant| now.duration_since(*at) < self.window;
        sent.retain(|_, times| times.back().is_some_and(is_recent));
        let times = sent.entry(caller).or_default();
        times.push_back(now);
        while times.len() > self.most || times.front().is_some_and(|at| !is_recent(at)) {
            times.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caller_over_its_share_waits_and_others_do_not() {
        let (shares, start) = (CallerShares::new(3, Duration::from_secs(300)), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (greedy, other) = (("halo".to_owned(), "a".to_owned()), ("halo".to_owned(), "b".to_owned()));
        for second in [0, 10, 20] {
            assert_eq!(shares.wait(&greedy, at(second)), None);
            shares.count(greedy.clone(), at(second));
        }
        assert_eq!(shares.wait(&greedy, at(30)), Some(Duration::from_secs(270)));
        assert_eq!(shares.wait(&other, at(30)), None);
        assert_eq!(shares.wait(&greedy, at(300)), None);
        shares.count(greedy.clone(), at(300));
        assert_eq!(shares.wait(&greedy, at(301)), Some(Duration::from_secs(9)));
    }
}
