//! The use of each caller: requests in the last minute, and open subscriptions, downloads and
//! sockets. Each process counts for itself.

use std::{
    collections::HashMap,
    net::IpAddr,
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

use super::{error::RequestError, limits::Limits};
use crate::auth::{Caller, Role};
use crate::graphql::ErrorCode;

/// The number of requests after which idle callers are removed.
const SWEEP_EVERY: u32 = 1_000;

pub(super) struct Callers {
    requests: DefaultKeyedRateLimiter<String>,
    since_sweep: AtomicU32,
    subscriptions: Slots,
    downloads: Slots,
    sockets: Slots,
    unauthenticated_sockets: Arc<Semaphore>,
    unauthenticated_by_address: Slots,
}

/// A limit on what each caller, or each address, may have open.
pub(super) struct Slots {
    open: Arc<Mutex<HashMap<String, usize>>>,
    limit: usize,
    gauge: &'static str,
}

/// The place of a socket, or a connection, whose caller is not known yet: among those of its
/// address, and among all.
pub(super) type Unauthenticated = (Slot, OwnedSemaphorePermit);

/// One open subscription, download, socket or connection. Dropping it frees the slot.
pub(super) struct Slot {
    open: Arc<Mutex<HashMap<String, usize>>>,
    holder: String,
    gauge: &'static str,
}

impl Callers {
    pub(super) fn new(limits: &Limits) -> Self {
        let per_minute = NonZeroU32::new(limits.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            requests: DefaultKeyedRateLimiter::keyed(Quota::per_minute(per_minute)),
            since_sweep: AtomicU32::new(0),
            subscriptions: Slots::new(limits.subscriptions, "graphql_subscriptions"),
            downloads: Slots::new(limits.downloads, "http_downloads"),
            sockets: Slots::new(limits.sockets, "graphql_sockets"),
            unauthenticated_sockets: Arc::new(Semaphore::new(limits.unauthenticated_sockets)),
            unauthenticated_by_address: Slots::new(
                limits.unauthenticated_sockets_per_address,
                "graphql_unauthenticated_sockets",
            ),
        }
    }

    /// Counts one request of the caller with this role and subject.
    pub(super) fn count(&self, role: Role, subject: &str) -> Result<(), RequestError> {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) == SWEEP_EVERY {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.requests.retain_recent();
        }
        self.requests.check_key(&key(role, subject)).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let seconds = wait.as_secs() + 1;
            let message = format!("You sent too many requests. Try again in {seconds} s.");
            RequestError::new(ErrorCode::RateLimited, message).retry_after(seconds)
        })
    }

    /// Acquires one of the caller's slots for subscriptions.
    pub(super) fn subscribe(&self, caller: &Caller) -> Result<Slot, RequestError> {
        self.subscriptions.acquire(key(caller.role(), caller.subject())).map_err(|open| {
            RequestError::new(ErrorCode::LimitExceeded, format!("You have {open} subscriptions open. Close one first."))
        })
    }

    /// Acquires one of the caller's slots for downloads.
    pub(super) fn download(&self, caller: &Caller) -> Result<Slot, RequestError> {
        self.downloads.acquire(key(caller.role(), caller.subject())).map_err(|open| {
            let message = format!("You have {open} downloads open. Wait until one is complete.");
            RequestError::new(ErrorCode::LimitExceeded, message)
        })
    }

    /// Acquires one of the caller's slots for sockets.
    pub(super) fn socket(&self, caller: &Caller) -> Result<Slot, RequestError> {
        self.sockets.acquire(key(caller.role(), caller.subject())).map_err(|open| {
            RequestError::new(ErrorCode::LimitExceeded, format!("You have {open} sockets open. Close one first."))
        })
    }

    /// Acquires a slot for a socket from this address whose caller has not signed in yet.
    pub(super) fn unauthenticated_socket(&self, address: IpAddr) -> Result<Unauthenticated, RequestError> {
        let too_many = || {
            let message = "Too many sockets are waiting for their callers to sign in. Try again shortly.";
            RequestError::new(ErrorCode::Unavailable, message)
        };
        let of_address = self.unauthenticated_by_address.acquire(address.to_string()).map_err(|_| too_many())?;
        let of_all = self.unauthenticated_sockets.clone().try_acquire_owned().map_err(|_| too_many())?;
        Ok((of_address, of_all))
    }
}

impl Slots {
    pub(super) fn new(limit: usize, gauge: &'static str) -> Self {
        Self { open: Arc::default(), limit, gauge }
    }

    /// Acquires a slot. The error is the number of open ones if all are in use.
    pub(super) fn acquire(&self, holder: String) -> Result<Slot, usize> {
        let mut open = self.open.lock().expect("never held across a panic");
        let count = open.entry(holder.clone()).or_default();
        if *count >= self.limit {
            return Err(*count);
        }
        *count += 1;
        metrics::gauge!(self.gauge).increment(1);
        Ok(Slot { open: self.open.clone(), holder, gauge: self.gauge })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        metrics::gauge!(self.gauge).decrement(1);
        let mut open = self.open.lock().expect("never held across a panic");
        if let Some(count) = open.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.holder);
            }
        }
    }
}

fn key(role: Role, subject: &str) -> String {
    format!("{} {subject}", role.as_str())
}
