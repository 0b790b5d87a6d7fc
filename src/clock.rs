//! The only place that reads the clock.
//!
//! Nightly syncs, dates and token expiry use this clock, so that they can be tested without
//! waiting. Leases, retries and the request budget are judged by Postgres' own clock instead,
//! because several machines have to agree on them.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};

/// The system's clock, or a clock that a test sets.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// Creates a clock that does not move until [`Clock::set`] or [`Clock::advance`].
    pub fn manual(now: DateTime<Utc>) -> Self {
        Clock::Manual(Arc::new(Mutex::new(now)))
    }

    #[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::System => Utc::now(),
            Clock::Manual(at) => *at.lock().expect("the clock's lock is never held across a panic"),
        }
    }

    /// Moves a manual clock; on the system clock it does nothing.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Clock::Manual(at) = self {
            *at.lock().expect("the clock's lock is never held across a panic") = now;
        }
    }

    /// Moves a manual clock forward; on the system clock it does nothing.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}
