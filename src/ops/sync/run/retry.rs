//! Decides what an error of Halo's, or an incomplete pass, means for the run: whether and when it
//! is tried again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::execute::Executor;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Pause;
use crate::halo::HaloError;
use crate::ids::RunId;
use crate::ops::Ops;
use crate::storage::leases::Claimed;

/// The wait after the first failed attempt. It doubles with each attempt up to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(30);
const MAX_WAIT: Duration = Duration::from_secs(30 * 60);
/// How long a run is tried again. By then the next nightly sync is due, which takes over for a
/// partner that has one.
const MAX_AGE: TimeDelta = TimeDelta::days(1);
/// Attempts of one run for clients that Halo does not answer for while it answers for others.
const MAX_ATTEMPTS_FOR_SOME: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryDecision {
    /// Continue when Halo allows it. No attempt was spent.
    Wait(Duration),
    /// Try again after this time.
    Retry(Duration),
    /// Trying again does not help: the run fails, until the next nightly sync or until the partner
    /// changes something.
    GiveUp,
}

/// What an error that concerns every client means for the run.
pub(super) fn decide(error: &HaloError, claimed: &Claimed, now: DateTime<Utc>) -> RetryDecision {
    match error {
        HaloError::RateLimited { wait, .. } => RetryDecision::Wait(*wait),
        HaloError::NoAnswer
        | HaloError::Unavailable { .. }
        | HaloError::BudgetUnavailable
        | HaloError::DeadlinePassed => {
            if is_exhausted(claimed, now) {
                RetryDecision::GiveUp
            } else {
                RetryDecision::Retry(backoff(claimed.lease.run(), claimed.attempts))
            }
        }
        HaloError::CredentialsRejected
        | HaloError::PermissionDenied(_)
        | HaloError::NothingVisible(_)
        | HaloError::LicensingOff
        | HaloError::NotUnderstood(_)
        | HaloError::AnswerTooLarge(_)
        | HaloError::NotFound
        | HaloError::Rejected { .. }
        | HaloError::NotHalo
        | HaloError::NoTokenAddress { .. }
        | HaloError::Blocked => RetryDecision::GiveUp,
    }
}

/// The pause of a run that was executed to its end and left clients without an answer: those for
/// which Halo did not answer, and those of `deferred` steps and unconfirmed creates. `None` if the
/// run is complete.
pub(super) fn pause(ops: &Ops, claimed: &Claimed, executor: &Executor<'_>, deferred: Option<Problem>) -> Option<Pause> {
    let (counts, now) = (executor.counts, claimed.now(&ops.clock));
    // While Halo keeps answering for others, silence is these clients' own problem, which the next
    // run tries again.
    let others_answered =
        claimed.attempts >= MAX_ATTEMPTS_FOR_SOME && counts.confirmed > 0 && !executor.breaker.is_open();
    let may_retry = !others_answered && !is_exhausted(claimed, now);
    let backoff = backoff(claimed.lease.run(), claimed.attempts);
    if let Some(problem) = executor.unreachable.clone().filter(|_| may_retry) {
        let pause = Pause { wait: backoff, counts_as_attempt: true, for_some: false, set_aside: false, problem };
        return Some(pause);
    }
    let unconfirmed = counts.unconfirmed_creates > 0;
    if deferred.is_none() && !(unconfirmed && may_retry) {
        return None;
    }
    let timeout = ops.settings.create_confirmation_timeout;
    // Most unconfirmed creates were carried out, so the first observation comes early, and the last
    // one after the whole timeout. A Halo that leaves every create unconfirmed is asked less and
    // less often.
    let wait = if unconfirmed { (timeout / 5).max(backoff) } else { timeout };
    let problem = deferred.unwrap_or_else(|| Problem::new(ProblemKind::CreateUnconfirmed, now));
    Some(Pause { wait, counts_as_attempt: unconfirmed, for_some: true, set_aside: false, problem })
}

/// Whether the run was tried for as long as a run is.
fn is_exhausted(claimed: &Claimed, now: DateTime<Utc>) -> bool {
    now - claimed.asked_at >= MAX_AGE
}

/// Doubles with each attempt, and differs from run to run by up to a quarter, so that not every run
/// comes back in the same second after an outage.
fn backoff(run: RunId, attempts: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts.min(16))).min(MAX_WAIT);
    let digest = Sha256::digest([run.0.as_bytes().as_slice(), &attempts.to_be_bytes()].concat());
    wait.mul_f64(1.0 - f64::from(digest[0]) / 1024.0)
}
