//! What each caller has used: requests in the last minute, and the subscriptions and sockets that are open. Each process
//! counts for itself.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{error::Refusal, limits::Limits};
use crate::auth::Caller;
use crate::graphql::ErrorCode;

/// After so many requests callers that have been quiet are forgotten.
const SWEEP_EVERY: u32 = 1_000;

pub(super) struct Callers {
    requests: DefaultKeyedRateLimiter<String>,
    since_sweep: AtomicU32,
    subscriptions: Places,
    sockets: Places,
    unknown_sockets: Arc<Semaphore>,
}

/// So many of one thing may be open for each caller.
struct Places {
    taken: Arc<Mutex<HashMap<String, usize>>>,
    most: usize,
    gauge: &'static str,
}

/// One open subscription or socket. Dropped, it makes room for another.
pub(super) struct Slot {
    taken: Arc<Mutex<HashMap<String, usize>>>,
    caller: String,
    gauge: &'static str,
}

impl Callers {
    pub(super) fn new(limits: &Limits) -> Self {
        let per_minute = NonZeroU32::new(limits.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            requests: DefaultKeyedRateLimiter::keyed(Quota::per_minute(per_minute)),
            since_sweep: AtomicU32::new(0),
            subscriptions: Places::new(limits.subscriptions, "graphql_subscriptions"),
            sockets: Places::new(limits.sockets, "graphql_sockets"),
            unknown_sockets: Arc::new(Semaphore::new(limits.unknown_sockets)),
        }
    }

    /// Counts one operation.
    pub(super) fn count(&self, caller: &Caller) -> Result<(), Refusal> {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) == SWEEP_EVERY {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.requests.retain_recent();
        }
        self.requests.check_key(&key(caller)).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let seconds = wait.as_secs() + 1;
            let message = format!("These were too many requests in a minute. Go on in {seconds} s.");
            Refusal::new(ErrorCode::RateLimited, message).retry_after(seconds)
        })
    }

    /// Takes one of the caller's places for subscriptions.
    pub(super) fn subscribe(&self, caller: &Caller) -> Result<Slot, Refusal> {
        self.subscriptions.take(caller).map_err(|open| {
            Refusal::new(ErrorCode::LimitExceeded, format!("You have {open} subscriptions open. Close one first."))
        })
    }

    /// Takes one of the caller's places for sockets.
    pub(super) fn socket(&self, caller: &Caller) -> Result<Slot, Refusal> {
        self.sockets.take(caller).map_err(|open| {
            Refusal::new(ErrorCode::LimitExceeded, format!("You have {open} sockets open. Close one first."))
        })
    }

    /// A place for a socket whose caller is not known yet.
    pub(super) fn unknown_socket(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        self.unknown_sockets.clone().try_acquire_owned().map_err(|_| {
            let message = "Too many sockets are waiting to be signed in on. Try again shortly.";
            Refusal::new(ErrorCode::Unavailable, message)
        })
    }
}

impl Places {
    fn new(most: usize, gauge: &'static str) -> Self {
        Self { taken: Arc::default(), most, gauge }
    }

    /// A place, or how many are taken where there is none left.
    fn take(&self, caller: &Caller) -> Result<Slot, usize> {
        let caller = key(caller);
        let mut taken = self.taken.lock().expect("never held across a panic");
        let count = taken.entry(caller.clone()).or_default();
        if *count >= self.most {
            return Err(*count);
        }
        *count += 1;
        metrics::gauge!(self.gauge).increment(1);
        Ok(Slot { taken: self.taken.clone(), caller, gauge: self.gauge })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        metrics::gauge!(self.gauge).decrement(1);
        let mut taken = self.taken.lock().expect("never held across a panic");
        if let Some(count) = taken.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}

fn key(caller: &Caller) -> String {
    format!("{} {}", caller.role().as_str(), caller.subject())
}
