//! What each caller has used: requests in the last minute, and subscriptions that are open.

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

use super::{
    error::{ErrorCode, Refusal},
    limits::Limits,
};
use crate::auth::Caller;

/// After so many requests callers that have been quiet are forgotten.
const SWEEP_EVERY: u32 = 1_000;

pub(super) struct Callers {
    requests: DefaultKeyedRateLimiter<String>,
    since_sweep: AtomicU32,
    open: Arc<Mutex<HashMap<String, usize>>>,
    most_open: usize,
}

/// One open subscription. Dropped, it makes room for another.
pub(super) struct Slot {
    open: Arc<Mutex<HashMap<String, usize>>>,
    caller: String,
}

impl Callers {
    pub(super) fn new(limits: &Limits) -> Self {
        let per_minute = NonZeroU32::new(limits.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            requests: DefaultKeyedRateLimiter::keyed(Quota::per_minute(per_minute)),
            since_sweep: AtomicU32::new(0),
            open: Arc::default(),
            most_open: limits.subscriptions,
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
            let message = format!("too many requests: go on in {seconds} s");
            Refusal::new(ErrorCode::RateLimited, message).retry_after(seconds)
        })
    }

    /// Takes one of the caller's places for subscriptions.
    pub(super) fn subscribe(&self, caller: &Caller) -> Result<Slot, Refusal> {
        let key = key(caller);
        let mut open = self.open.lock().expect("never held across a panic");
        let count = open.entry(key.clone()).or_default();
        if *count >= self.most_open {
            let message = format!("{count} subscriptions are open: close one first");
            return Err(Refusal::new(ErrorCode::LimitExceeded, message));
        }
        *count += 1;
        metrics::gauge!("graphql_subscriptions").increment(1);
        Ok(Slot { open: self.open.clone(), caller: key })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        metrics::gauge!("graphql_subscriptions").decrement(1);
        let mut open = self.open.lock().expect("never held across a panic");
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

fn key(caller: &Caller) -> String {
    format!("{} {}", caller.role().as_str(), caller.subject())
}
