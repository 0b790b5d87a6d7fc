//! Bounds the bytes of answers that a process holds at a time, for each host and for all together:
//! who asks for more waits.
//!
//! Most answers are small and are read without a permit. A larger one takes a permit of the class
//! that its size falls into before more of it is read, and keeps it until the answer is decoded.
//! Classes are entered in the order of their size, the host's share of a class before the
//! process's, and a holder of the largest class waits for nothing more: no two answers ever wait
//! for each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// Answers up to this size in bytes need no permit. Each request holds one at most.
const WITHOUT_PERMIT: usize = 32 << 10;
/// The sizes of larger answers, and how many of each a process holds: 48 MB together.
const CLASSES: [Class; 2] =
    [Class { bytes: 512 << 10, of_process: 32, of_host: 8 }, Class { bytes: 8 << 20, of_process: 4, of_host: 2 }];
/// Hosts without a request are forgotten when this many are known.
const MAX_IDLE_HOSTS: usize = 1_000;

struct Class {
    bytes: usize,
    of_process: usize,
    of_host: usize,
}

type Semaphores = Arc<[Arc<Semaphore>; CLASSES.len()]>;

/// The answers that are in flight.
pub(super) struct InFlight {
    process: Semaphores,
    hosts: Mutex<HashMap<String, Semaphores>>,
}

/// The permits of one answer. They are returned when it is dropped.
pub(super) struct Held {
    host: Semaphores,
    process: Semaphores,
    /// The class that the answer is in; `None` while it is small.
    class: Option<usize>,
    permits: Vec<OwnedSemaphorePermit>,
}

/// No permit was free in time.
#[derive(Debug)]
pub(super) struct NoPermit;

impl Default for InFlight {
    fn default() -> Self {
        Self { process: semaphores(|class| class.of_process), hosts: Mutex::default() }
    }
}

fn semaphores(size: impl Fn(&Class) -> usize) -> Semaphores {
    Arc::new(CLASSES.each_ref().map(|class| Arc::new(Semaphore::new(size(class)))))
}

impl InFlight {
    /// Adds an answer of this host. It holds no permit yet.
    pub fn enter(&self, host: &str) -> Held {
        let mut hosts = self.hosts.lock().expect("nothing panics while holding the table of hosts");
        if hosts.len() >= MAX_IDLE_HOSTS && !hosts.contains_key(host) {
            hosts.retain(|_, semaphores| Arc::strong_count(semaphores) > 1);
        }
        let of_host = hosts.entry(host.to_owned()).or_insert_with(|| semaphores(|class| class.of_host)).clone();
        Held { host: of_host, process: self.process.clone(), class: None, permits: Vec::new() }
    }
}

impl Held {
    /// Waits until the answer may grow to this size, not beyond the deadline.
    pub async fn grow(&mut self, bytes: usize, deadline: Instant) -> Result<(), NoPermit> {
        let Some(class) = class_of(bytes) else { return Ok(()) };
        let first = self.class.map_or(0, |held| held + 1);
        for class in first..=class {
            let mut permits = Vec::with_capacity(2);
            for semaphores in [&self.host, &self.process] {
                let permit = timeout_at(deadline, semaphores[class].clone().acquire_owned()).await;
                permits.push(permit.map_err(|_| NoPermit)?.map_err(|_| NoPermit)?);
            }
            // The smaller class is free again.
            (self.class, self.permits) = (Some(class), permits);
        }
        Ok(())
    }
}

fn class_of(bytes: usize) -> Option<usize> {
    let larger = CLASSES.iter().position(|class| bytes <= class.bytes).unwrap_or(CLASSES.len() - 1);
    (bytes > WITHOUT_PERMIT).then_some(larger)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;

    const SMALL: usize = WITHOUT_PERMIT;
    const MEDIUM: usize = CLASSES[0].bytes;
    const LARGE: usize = CLASSES[1].bytes;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// Lets the answer grow if no one has to be waited for.
    fn grows(held: &mut Held, bytes: usize) -> bool {
        held.grow(bytes, soon()).now_or_never().is_some_and(|grown| grown.is_ok())
    }

    #[tokio::test]
    async fn host_and_process_hold_so_many_answers_and_no_more() {
        let in_flight = InFlight::default();
        let mut small: Vec<_> = (0..200).map(|_| in_flight.enter("a")).collect();
        assert!(small.iter_mut().all(|held| grows(held, SMALL)), "small answers need no permit");
        let mut of_a: Vec<_> = (0..2).map(|_| in_flight.enter("a")).collect();
        assert!(of_a.iter_mut().all(|held| grows(held, LARGE)));
        let mut third = in_flight.enter("a");
        assert!(grows(&mut third, MEDIUM) && !grows(&mut third, LARGE), "a host has two large ones");
        let mut of_b: Vec<_> = (0..2).map(|_| in_flight.enter("b")).collect();
        assert!(of_b.iter_mut().all(|held| grows(held, LARGE)));
        let mut of_c = in_flight.enter("c");
        assert!(grows(&mut of_c, MEDIUM) && !grows(&mut of_c, LARGE), "a process has four");
        drop(of_a);
        assert!(grows(&mut of_c, LARGE) && grows(&mut third, LARGE), "until others are decoded");
    }

    #[tokio::test]
    async fn large_answer_occupies_no_smaller_place() {
        let in_flight = InFlight::default();
        let mut large: Vec<_> = (0..2).map(|_| in_flight.enter("a")).collect();
        assert!(large.iter_mut().all(|held| grows(held, MEDIUM) && grows(held, LARGE)));
        let mut medium: Vec<_> = (0..CLASSES[0].of_host).map(|_| in_flight.enter("a")).collect();
        assert!(medium.iter_mut().all(|held| grows(held, MEDIUM)));
        assert!(!grows(&mut in_flight.enter("a"), SMALL + 1));
    }

    #[tokio::test]
    async fn answer_that_waits_too_long_gets_no_permit() {
        let in_flight = InFlight::default();
        let mut held: Vec<_> = (0..2).map(|_| in_flight.enter("a")).collect();
        assert!(held.iter_mut().all(|held| grows(held, LARGE)));
        let waited = in_flight.enter("a").grow(LARGE, Instant::now()).await;
        assert!(matches!(waited, Err(NoPermit)));
    }

    #[test]
    fn idle_hosts_are_forgotten() {
        let in_flight = InFlight::default();
        let used = in_flight.enter("used");
        for number in 0..2 * MAX_IDLE_HOSTS {
            drop(in_flight.enter(&number.to_string()));
        }
        let hosts = in_flight.hosts.lock().unwrap();
        assert!(hosts.len() <= MAX_IDLE_HOSTS && hosts.contains_key("used"));
        drop(used);
    }
}
