//! The request budget of each Halo: what users and syncs may send, and what one user may. The
//! total, and the parts of users and syncs, are counted in the database for all processes; a
//! caller's share in each process.
//!
//! A part of the users' reserve is for callers who have sent little: neither syncs nor a caller who
//! searches as fast as possible can take it from them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::config::HaloConfig;
use crate::halo::{Account, Budget, BudgetAnswer, BudgetRequest, BudgetUnavailable, LimitedBy, Priority};
use crate::storage::budget::{self, Allowance, Decision};
use crate::storage::{Db, StorageError};

/// Attempts with unverified credentials get this fraction of a host's budget, apart from the budget
/// of the partner who owns the host. With the defaults, both together stay within the lowest limit
/// that Halo is said to have.
const UNVERIFIED_DIVISOR: u32 = 4;
/// How many permits a sync takes at once. A nightly sync of a few clients sends about eight
/// requests.
const PERMITS_OF_SYNCS: u32 = 4;

/// The budget of every Halo, as one process sees it.
pub struct SharedBudget {
    db: Db,
    allowance: Allowance,
    /// The part of the users' reserve that is left to callers who have sent little.
    kept_for_callers: u32,
    shares: CallerShares,
    spare: SparePermits,
}

/// The time of a request by both clocks. A test gives it; otherwise the clocks are read.
#[derive(Clone, Copy, Debug)]
pub struct BudgetTime {
    /// By the clock that all processes share.
    pub shared: DateTime<Utc>,
    /// By this process' clock that never jumps.
    pub own: Instant,
}

impl SharedBudget {
    pub fn new(db: Db, config: &HaloConfig) -> Self {
        let allowance = Allowance {
            total: config.requests,
            kept_for_people: config.interactive_reserve,
            kept_for_syncs: config.sync_reserve.min((config.requests - config.interactive_reserve) / 2),
            span: config.window,
        };
        let share_of = |requests: u32| requests * config.caller_share / 100;
        let little = share_of(config.interactive_reserve);
        let shares = CallerShares {
            sent: Mutex::default(),
            little: little.max(1) as usize,
            most: share_of(allowance.total - allowance.kept_for_syncs).max(1) as usize,
            window: config.window,
        };
        // However large the users' reserve is, half of what it leaves is for syncs alone.
        let most_kept = (config.requests - config.interactive_reserve) / 2;
        let kept_for_callers = (config.interactive_reserve - little).min(most_kept);
        Self { db, allowance, kept_for_callers, shares, spare: SparePermits::default() }
    }

    /// Returns the budget as the function that `halo/` calls before every request.
    pub(super) fn into_function(self) -> Budget {
        let budget = Arc::new(self);
        Arc::new(move |message| {
            let budget = budget.clone();
            Box::pin(async move { budget.ask(message, None).await })
        })
    }

    /// Answers one message. `at` is the time of the request, if it is not now.
    pub async fn ask(&self, message: BudgetRequest, at: Option<BudgetTime>) -> Result<BudgetAnswer, BudgetUnavailable> {
        let answer = match message {
            BudgetRequest::Permit { account, priority, caller } => self.permit(account, priority, caller, at).await,
            BudgetRequest::LimitedByHalo { account, wait } => self.pause(account, wait).await,
        };
        answer.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the request budget cannot be read");
            BudgetUnavailable
        })
    }

    async fn permit(
        &self,
        account: Account,
        priority: Priority,
        caller: Option<String>,
        at: Option<BudgetTime>,
    ) -> Result<BudgetAnswer, StorageError> {
        let own = at.map_or_else(Instant::now, |at| at.own);
        let is_verified = account.unverified_for.is_none();
        let caller = caller.filter(|_| is_verified).map(|caller| (account.host.clone(), caller));
        if let Some(wait) = caller.as_ref().and_then(|caller| self.shares.wait(caller, own)) {
            return Ok(BudgetAnswer::Wait { wait, by: LimitedBy::OurBudget });
        }
        let has_sent_little = caller.as_ref().is_some_and(|caller| self.shares.has_sent_little(caller, own));
        let allowance = match is_verified {
            true if has_sent_little => self.allowance,
            // Beside the floor of users as a whole: one of them who sends much may use that up.
            true => Allowance { total: self.allowance.total - self.kept_for_callers, ..self.allowance },
            false => for_unverified(self.allowance),
        };
        let (is_user, name) = (priority == Priority::Interactive, name(&account));
        let takes_several = is_verified && !is_user;
        if takes_several && self.spare.take(&name, own) {
            return Ok(BudgetAnswer::Go);
        }
        let wanted = if takes_several { PERMITS_OF_SYNCS } else { 1 };
        let mut connection = self.db.acquire().await?;
        let shared = at.map(|at| at.shared);
        Ok(match budget::take(&mut connection, &name, is_user, wanted, allowance, shared).await? {
            Decision::Granted(number) => {
                caller.into_iter().for_each(|caller| self.shares.count(caller, own));
                self.spare.keep(name, number - 1, own);
                BudgetAnswer::Go
            }
            Decision::Wait { wait, by_halo: true } => BudgetAnswer::Wait { wait, by: LimitedBy::Halo },
            Decision::Wait { wait, by_halo: false } => BudgetAnswer::Wait { wait, by: LimitedBy::OurBudget },
        })
    }

    async fn pause(&self, account: Account, wait: Duration) -> Result<BudgetAnswer, StorageError> {
        let name = name(&account);
        self.spare.forget(&name);
        let mut connection = self.db.acquire().await?;
        budget::pause(&mut connection, &name, wait).await?;
        Ok(BudgetAnswer::Go)
    }
}

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

/// The permits of syncs that this process has taken and not used yet: how many for each account,
/// and until when they hold.
#[derive(Default)]
struct SparePermits(Mutex<HashMap<String, (u32, Instant)>>);

impl SparePermits {
    /// Uses one of them, if there is one that holds.
    fn take(&self, account: &str, now: Instant) -> bool {
        let mut spare = self.0.lock().expect("never held across a panic");
        match spare.get_mut(account) {
            Some((left, until)) if *left > 0 && now < *until => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Keeps permits that were asked for at this time.
    fn keep(&self, account: String, number: u32, asked: Instant) {
        let mut spare = self.0.lock().expect("never held across a panic");
        spare.retain(|_, (left, until)| *left > 0 && asked < *until);
        if number > 0 {
            spare.insert(account, (number, asked + budget::KEPT));
        }
    }

    fn forget(&self, account: &str) {
        self.0.lock().expect("never held across a panic").remove(account);
    }
}

/// A host, and who asks for its answers.
type HostAndCaller = (String, String);

/// What each caller has sent to each Halo within the window: one who searches as fast as possible
/// leaves something for colleagues. Each process counts for itself.
struct CallerShares {
    sent: Mutex<HashMap<HostAndCaller, VecDeque<Instant>>>,
    /// Up to this much, a caller is one who has sent little.
    little: usize,
    most: usize,
    window: Duration,
}

impl CallerShares {
    /// How long the caller has to wait for its share; `None` if it may send a request now.
    fn wait(&self, caller: &HostAndCaller, now: Instant) -> Option<Duration> {
        let sent = self.sent.lock().expect("never held across a panic");
        let oldest = sent.get(caller)?.iter().rev().nth(self.most - 1)?;
        (self.window.checked_sub(now.duration_since(*oldest))).filter(|wait| !wait.is_zero())
    }

    fn has_sent_little(&self, caller: &HostAndCaller, now: Instant) -> bool {
        let sent = self.sent.lock().expect("never held across a panic");
        let is_recent = |at: &&Instant| now.duration_since(**at) < self.window;
        sent.get(caller).is_none_or(|times| times.iter().rev().take_while(is_recent).count() < self.little)
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
    fn spare_permits_are_used_once_and_hold_for_a_while() {
        let (spare, start) = (SparePermits::default(), Instant::now());
        let take = |account: &str, after: Duration| spare.take(account, start + after);
        assert!(!take("halo", Duration::ZERO));
        spare.keep("halo".into(), 2, start);
        assert!(!take("other", Duration::ZERO));
        assert!(take("halo", Duration::ZERO) && take("halo", budget::KEPT / 2) && !take("halo", Duration::ZERO));
        spare.keep("halo".into(), 2, start);
        assert!(!take("halo", budget::KEPT));
        spare.keep("halo".into(), 2, start);
        spare.forget("halo");
        assert!(!take("halo", Duration::ZERO));
    }

    fn shares() -> CallerShares {
        CallerShares { sent: Mutex::default(), little: 1, most: 3, window: Duration::from_secs(300) }
    }

    #[test]
    fn caller_over_its_share_waits_and_others_do_not() {
        let (shares, start) = (shares(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (greedy, other) = (("halo".to_owned(), "a".to_owned()), ("halo".to_owned(), "b".to_owned()));
        for second in [0, 10, 20] {
            assert_eq!(shares.wait(&greedy, at(second)), None);
            assert_eq!(shares.has_sent_little(&greedy, at(second)), second == 0);
            shares.count(greedy.clone(), at(second));
        }
        assert_eq!(shares.wait(&greedy, at(30)), Some(Duration::from_secs(270)));
        assert_eq!(shares.wait(&other, at(30)), None);
        assert_eq!(shares.wait(&greedy, at(300)), None);
        assert!(!shares.has_sent_little(&greedy, at(319)) && shares.has_sent_little(&greedy, at(320)));
        shares.count(greedy.clone(), at(300));
        assert_eq!(shares.wait(&greedy, at(301)), Some(Duration::from_secs(9)));
    }
}
