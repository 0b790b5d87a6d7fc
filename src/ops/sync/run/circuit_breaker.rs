//! The circuit breaker of one run: whether Halo's answers to writes say that it should not be asked
//! for more.

use super::StopReason;
use crate::halo::HaloError;

/// Writes in a row that Halo does not answer before the breaker opens.
const MAX_CONSECUTIVE_TIMEOUTS: u32 = 3;

#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    consecutive_timeouts: u32,
    /// Why the last write has no answer.
    last_timeout: Option<HaloError>,
    any_write_accepted: bool,
    refusal: Option<HaloError>,
}

impl CircuitBreaker {
    /// Records Halo's answer to one write. Returns a reason to stop if the answer concerns every
    /// client.
    pub fn record(&mut self, answer: Result<(), &HaloError>) -> Option<StopReason> {
        match answer {
            Ok(()) => {
                self.consecutive_timeouts = 0;
                self.any_write_accepted = true;
            }
            Err(error @ (HaloError::NoAnswer | HaloError::Unavailable { .. } | HaloError::DeadlinePassed)) => {
                self.consecutive_timeouts += 1;
                self.last_timeout = Some(error.clone());
            }
            // The agent may be kept from a single record. A second refusal without any accepted
            // write concerns the connection.
            Err(error @ (HaloError::PermissionDenied(_) | HaloError::NothingVisible(_))) => {
                if !self.any_write_accepted && self.refusal.is_some() {
                    return Some(StopReason::Halo(error.clone()));
                }
                self.refusal = Some(error.clone());
            }
            Err(
                HaloError::Rejected { .. }
                | HaloError::NotFound
                | HaloError::NotUnderstood(_)
                | HaloError::AnswerTooLarge(_),
            ) => {}
            Err(
                error @ (HaloError::RateLimited { .. }
                | HaloError::BudgetUnavailable
                | HaloError::CredentialsRejected
                | HaloError::LicensingOff
                | HaloError::NotHalo
                | HaloError::NoTokenAddress { .. }
                | HaloError::Blocked),
            ) => return Some(StopReason::Halo(error.clone())),
        }
        None
    }

    /// Why Halo answers no writes at present; `None` if it does.
    pub fn open(&self) -> Option<&HaloError> {
        self.last_timeout.as_ref().filter(|_| self.consecutive_timeouts >= MAX_CONSECUTIVE_TIMEOUTS)
    }

    /// Whether Halo answers no writes at present.
    pub fn is_open(&self) -> bool {
        self.open().is_some()
    }

    /// The refusal of a run in which Halo accepted no write at all.
    pub fn refusal(&self) -> Option<&HaloError> {
        self.refusal.as_ref().filter(|_| !self.any_write_accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guide::Permission;

    fn timeout() -> HaloError {
        HaloError::NoAnswer
    }

    fn denied() -> HaloError {
        HaloError::PermissionDenied(Permission::AgentSoftwareLicencing)
    }

    #[test]
    fn three_timeouts_in_a_row_open_the_breaker_and_an_accepted_write_closes_it() {
        let mut breaker = CircuitBreaker::default();
        for _ in 0..2 {
            assert!(breaker.record(Err(&timeout())).is_none());
        }
        assert!(!breaker.is_open());
        assert!(breaker.record(Err(&HaloError::DeadlinePassed)).is_none());
        assert!(breaker.is_open());
        breaker.record(Ok(()));
        assert!(!breaker.is_open());
    }

    #[test]
    fn answers_about_one_record_leave_the_count_of_timeouts_as_it_is() {
        let mut breaker = CircuitBreaker::default();
        for _ in 0..3 {
            breaker.record(Err(&timeout()));
            assert!(breaker.record(Err(&HaloError::NotFound)).is_none());
        }
        assert!(breaker.is_open());
    }

    #[test]
    fn second_refusal_without_an_accepted_write_stops_the_run() {
        let mut breaker = CircuitBreaker::default();
        assert!(breaker.record(Err(&denied())).is_none());
        assert!(breaker.refusal().is_some());
        assert!(matches!(breaker.record(Err(&denied())), Some(StopReason::Halo(HaloError::PermissionDenied(_)))));
    }

    #[test]
    fn refusals_beside_an_accepted_write_concern_single_records() {
        let mut breaker = CircuitBreaker::default();
        assert!(breaker.record(Err(&denied())).is_none());
        breaker.record(Ok(()));
        assert!(breaker.record(Err(&denied())).is_none());
        assert!(breaker.record(Err(&denied())).is_none());
        assert!(breaker.refusal().is_none());
    }

    #[test]
    fn rejected_credentials_stop_the_run_at_once() {
        let mut breaker = CircuitBreaker::default();
        let stop = breaker.record(Err(&HaloError::CredentialsRejected));
        assert!(matches!(stop, Some(StopReason::Halo(HaloError::CredentialsRejected))));
    }
}
