//! How far this process' clock is from the one that all processes share. A process whose clock is
//! wrong reports that, and starts nothing of its own accord.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// Differences up to this come from the way to the database and back.
const TOLERANCE: TimeDelta = TimeDelta::seconds(5);
/// A clock that has been wrong for this long is not about to be set right by itself.
const UNREADY_AFTER: Duration = Duration::from_secs(60);

/// The difference between the clocks, as it was observed last.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockSkew {
    by: TimeDelta,
    /// Since when the difference has been too large.
    since: Option<Instant>,
}

impl ClockSkew {
    /// Compares both clocks. `at` is a reading of the clock that never jumps.
    pub fn observe(&mut self, own: DateTime<Utc>, shared: DateTime<Utc>, at: Instant) {
        self.by = own - shared;
        if self.is_too_large() {
            self.since.get_or_insert(at);
        } else {
            self.since = None;
        }
    }

    /// How far this process' clock is ahead.
    pub fn by(&self) -> TimeDelta {
        self.by
    }

    /// Whether the process may not decide that something is due.
    pub fn is_too_large(&self) -> bool {
        self.by.abs() > TOLERANCE
    }

    /// Whether the process is to be taken out of service.
    pub fn is_unready(&self, at: Instant) -> bool {
        self.since.is_some_and(|since| at.saturating_duration_since(since) >= UNREADY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_clock_makes_a_process_unready_after_a_minute() {
        let (noon, start) = ("2026-11-28T12:00:00Z".parse::<DateTime<Utc>>().unwrap(), Instant::now());
        let mut skew = ClockSkew::default();
        let mut observe = |ahead: i64, seconds: u64| {
            let at = start + Duration::from_secs(seconds);
            skew.observe(noon + TimeDelta::seconds(ahead), noon, at);
            (skew.is_too_large(), skew.is_unready(at))
        };
        assert_eq!(observe(5, 0), (false, false));
        assert_eq!(observe(-6, 10), (true, false));
        assert_eq!(observe(86_400, 69), (true, false));
        assert_eq!(observe(86_400, 70), (true, true));
        assert_eq!(observe(1, 71), (false, false));
        assert_eq!(observe(6, 72), (true, false), "a minute begins again");
    }
}
