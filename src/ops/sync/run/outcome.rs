//! What an error of Halo's means for the run: one exhaustive match.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::halo::HaloError;
use crate::ids::RunId;
use crate::storage::leases::Claimed;

/// The first wait after Halo was not available; it duplicates up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);
/// So long a run is tried again. By then the next night would have come, which takes over where a partner has nights.
const A_DAY: TimeDelta = TimeDelta::days(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Go on when Halo says so. No attempt was spent.
    Snooze(Duration),
    /// Try again later.
    Retry(Duration),
    /// Trying again does not help: say so, and wait for the next night or for the partner to change something.
    GiveUp,
}

pub(super) fn decide(error: &HaloError, claimed: &Claimed, now: DateTime<Utc>) -> Decision {
    match error {
        HaloError::RateLimited { wait, .. } => Decision::Snooze(*wait),
        HaloError::Unavailable(_) | HaloError::BudgetUnavailable | HaloError::DeadlinePassed => {
            if had_its_time(claimed, now) {
                Decision::GiveUp
            } else {
                Decision::Retry(backoff(claimed.lease.run(), claimed.attempts))
            }
        }
        HaloError::CredentialsRejected
        | HaloError::PermissionDenied(_)
        | HaloError::LicensingOff
        | HaloError::NotUnderstood(_)
        | HaloError::AnswerTooLarge(_)
        | HaloError::NotFound
        | HaloError::Rejected { .. }
        | HaloError::NotHalo
        | HaloError::NoTokenAddress { .. }
        | HaloError::Blocked => Decision::GiveUp,
    }
}

/// Whether the run was tried for as long as one is.
pub(super) fn had_its_time(claimed: &Claimed, now: DateTime<Utc>) -> bool {
    now - claimed.asked_at >= A_DAY
}

/// Doubles with each attempt, and differs from run to run by up to a quarter, so that an outage does not end with everybody
/// coming back in the same second.
pub(super) fn backoff(run: RunId, attempts: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts.min(16))).min(LONGEST_WAIT);
    let digest = Sha256::digest([run.0.as_bytes().as_slice(), &attempts.to_be_bytes()].concat());
    wait.mul_f64(1.0 - f64::from(digest[0]) / 1024.0)
}
