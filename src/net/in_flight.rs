//! Bounds the bytes of answers that a process holds at a time, for each host and for all together:
//! who asks for more waits.
//!
//! Most answers are small and are read without a permit. A larger one takes a permit of the class
//! that its size falls into before more of it is read, and keeps it until the answer is decoded.
//! Classes are entered in the order of their size, the host's share of a class before the
//! process's, and a holder of the largest class waits for nothing more: no two answers ever wait
//! for each other.
//!
//! What has arrived and was not read yet is in buffers of the connection's own, up to 400 KB. So
//! the requests that are under way are bounded as well, for each host: who asks more of a slow Halo
//! waits for that Halo.

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
    [Class { bytes: 512 << 10, of_process: 32, of_host: 8 }, Class { bytes: 8 << 20, of_process: 4, of_host: 1 }];
/// The requests to one host that are under way.
const REQUESTS_OF_HOST: usize = 16;
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
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

struct Host {
    requests: Arc<Semaphore>,
    answers: Semaphores,
}

/// The permits of one answer. They are returned when it is dropped.
pub(super) struct Held {
    host: Arc<Host>,
    /// `None` once the answer was read.
    request: Option<OwnedSemaphorePermit>,
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
    /// Waits until one more request may be sent to this host, not beyond the deadline. Its answer
    /// holds no permit yet.
    pub async fn enter(&self, host: &str, deadline: Instant) -> Result<Held, NoPermit> {
        let host = self.host(host);
        let request = timeout_at(deadline, host.requests.clone().acquire_owned()).await;
        let request = Some(request.map_err(|_| NoPermit)?.map_err(|_| NoPermit)?);
        Ok(Held { host, request, process: self.process.clone(), class: None, permits: Vec::new() })
    }

    fn host(&self, host: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().expect("nothing panics while holding the table of hosts");
        if hosts.len() >= MAX_IDLE_HOSTS && !hosts.contains_key(host) {
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        let new = || {
            let requests = Arc::new(Semaphore::new(REQUESTS_OF_HOST));
            Arc::new(Host { requests, answers: semaphores(|class| class.of_host) })
        };
        hosts.entry(host.to_owned()).or_insert_with(new).clone()
    }
}

impl Held {
    /// The size up to which the answer may grow now.
    pub fn size_permitted(&self) -> usize {
        match self.class {
            None => WITHOUT_PERMIT,
            // Nothing is larger: an answer's own limit is not beyond that.
            Some(class) if class + 1 == CLASSES.len() => usize::MAX,
            Some(class) => CLASSES[class].bytes,
        }
    }

    /// The whole answer was read: the connection is free.
    pub fn end_request(&mut self) {
        self.request = None;
    }

    /// Waits until the answer may grow to this size, not beyond the deadline.
    pub async fn grow(&mut self, bytes: usize, deadline: Instant) -> Result<(), NoPermit> {
        let Some(class) = class_of(bytes) else { return Ok(()) };
        let first = self.class.map_or(0, |held| held + 1);
        for class in first..=class {
            let mut permits = Vec::with_capacity(2);
            for semaphores in [&self.host.answers, &self.process] {
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
    use tokio::task::unconstrained;

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

    fn enter(in_flight: &InFlight, host: &str) -> Held {
        unconstrained(in_flight.enter(host, soon())).now_or_never().and_then(Result::ok).expect("there is a place")
    }

    #[tokio::test]
    async fn host_and_process_hold_so_many_answers_and_no_more() {
        let in_flight = InFlight::default();
        let mut small: Vec<_> = (0..REQUESTS_OF_HOST).map(|_| enter(&in_flight, "a")).collect();
        assert!(small.iter_mut().all(|held| grows(held, SMALL)), "small answers need no permit");
        assert!(in_flight.enter("a", soon()).now_or_never().is_none(), "a host has so many requests");
        small.iter_mut().for_each(Held::end_request);
        let mut large: Vec<_> = ["a", "b", "c", "d"].iter().map(|host| enter(&in_flight, host)).collect();
        assert!(large.iter_mut().take(3).all(|held| grows(held, LARGE)));
        let mut second = enter(&in_flight, "a");
        assert!(grows(&mut second, MEDIUM) && !grows(&mut second, LARGE), "a host has one large answer");
        assert!(grows(&mut large[3], LARGE));
        let mut fifth = enter(&in_flight, "e");
        assert!(grows(&mut fifth, MEDIUM) && !grows(&mut fifth, LARGE), "a process has four");
        drop(large.remove(0));
        assert!(grows(&mut second, LARGE), "until others are decoded");
        drop(large.remove(0));
        assert!(grows(&mut fifth, LARGE));
    }

    #[tokio::test]
    async fn large_answer_occupies_no_smaller_place() {
        let in_flight = InFlight::default();
        let mut large = enter(&in_flight, "a");
        assert!(grows(&mut large, MEDIUM) && grows(&mut large, LARGE));
        large.end_request();
        let mut medium: Vec<_> = (0..CLASSES[0].of_host).map(|_| enter(&in_flight, "a")).collect();
        assert!(medium.iter_mut().all(|held| grows(held, MEDIUM)));
        medium.iter_mut().for_each(Held::end_request);
        assert!(!grows(&mut enter(&in_flight, "a"), SMALL + 1));
    }

    #[tokio::test]
    async fn answer_that_waits_too_long_gets_no_permit() {
        let in_flight = InFlight::default();
        let mut held = enter(&in_flight, "a");
        assert!(grows(&mut held, LARGE));
        let waited = enter(&in_flight, "a").grow(LARGE, Instant::now()).await;
        assert!(matches!(waited, Err(NoPermit)));
    }

    #[tokio::test]
    async fn idle_hosts_are_forgotten() {
        let in_flight = InFlight::default();
        let used = enter(&in_flight, "used");
        for number in 0..2 * MAX_IDLE_HOSTS {
            drop(enter(&in_flight, &number.to_string()));
        }
        let hosts = in_flight.hosts.lock().unwrap();
        assert!(hosts.len() <= MAX_IDLE_HOSTS && hosts.contains_key("used"));
        drop(used);
    }
}
