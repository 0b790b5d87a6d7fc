//! The only place that reads the clock of this process.
//!
//! What several processes have to agree on (leases, retries, the request budget, nights, and all
//! else that decides *when*) is judged by Postgres' clock, which they share and which is read with
//! the query: see [`Clock::shared`]. This process' own clock serves for tokens' expiry and for
//! times that are only shown.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};

/// The clock of this process: the system's, or one that a test sets.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    /// How far this process' own clock is ahead of the shared one.
    ahead: Duration,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Clock { source: Source::System, ahead: Duration::zero() }
    }

    /// Creates a clock that does not move until [`Clock::set`] or [`Clock::advance`].
    pub fn manual(now: DateTime<Utc>) -> Self {
        Clock { source: Source::Manual(Arc::new(Mutex::new(now))), ahead: Duration::zero() }
    }

    /// The clock of a machine that is wrong by so much. It follows this clock, for tests.
    pub fn wrong_by(&self, ahead: Duration) -> Self {
        Clock { ahead: self.ahead + ahead, ..self.clone() }
    }

    /// The time by this process' own clock.
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.source {
            Source::System => Utc::now(),
            Source::Manual(at) => *at.lock().expect("the clock's lock is never held across a panic"),
        };
        now + self.ahead
    }

    /// The time by the clock that all processes share: what the database's clock read, or what a
    /// test has set for all of them.
    pub fn shared(&self, by_database: DateTime<Utc>) -> DateTime<Utc> {
        match &self.source {
            Source::System => by_database,
            Source::Manual(at) => *at.lock().expect("the clock's lock is never held across a panic"),
        }
    }

    /// Moves a manual clock; on the system clock it does nothing.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Manual(at) = &self.source {
            *at.lock().expect("the clock's lock is never held across a panic") = now;
        }
    }

    /// Moves a manual clock forward; on the system clock it does nothing.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(at) = &self.source {
            *at.lock().expect("the clock's lock is never held across a panic") += by;
        }
    }
}
