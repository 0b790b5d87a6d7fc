//! The only place that asks what time it is.
//!
//! Nights, dates and token expiry use this clock, so that they can be tested without waiting. Leases, retries and the
//! request budget are judged by Postgres' own clock instead, because several machines have to agree on them.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};

/// The wall clock, or one that a test moves by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands still until [`Clock::set`] or [`Clock::advance`].
    pub fn manual(now: DateTime<Utc>) -> Self {
        Clock::Manual(Arc::new(Mutex::new(now)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
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
