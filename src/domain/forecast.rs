//! Nights in advance: the schedule over many partners, with the slots of the workers, the CPU and
//! the requests that a sync takes, and the request budget of each Halo. Answers how long a night
//! lasts that is larger than any that was measured.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use chrono::{DateTime, Duration, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::roster::NightlySchedule;
use super::schedule;
use crate::ids::PartnerId;

/// The rows of one page of Halo's lists.
const PAGE: u32 = 100;
/// Requests for each quantity that is written: the record before, and the write, whose answer shows
/// the record after it.
const REQUESTS_PER_WRITE: u32 = 2;
/// Discovery, the token, and the first page of invoices.
const REQUESTS_PER_SYNC: u32 = 3;

/// The partners, all alike.
#[derive(Clone, Debug)]
pub struct Fleet {
    pub partners: u32,
    /// Mapped clients of each partner.
    pub clients: u32,
    /// Licence records of other vendors in each Halo.
    pub other_licences: u32,
    /// How many clients of a hundred have another count than the night before.
    pub changed_percent: u32,
    /// The partners' time zones, in turns.
    pub time_zones: Vec<Tz>,
    pub night_start: NaiveTime,
    pub night_end: NaiveTime,
}

/// What there is to work with.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Nightly syncs at the same time, in all worker processes together.
    pub slots: u32,
    /// Cores for the workers and Postgres together.
    pub cores: u32,
    /// CPU of the worker and of Postgres for one sync, and for each client that is written.
    pub cpu_per_sync: Duration,
    pub cpu_per_write: Duration,
    /// How long Halo takes for one request.
    pub latency: Duration,
    /// Requests that syncs may send to one Halo within the window.
    pub budget: u32,
    pub window: Duration,
}

/// How the night goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// From the first sync that is due until the last one has ended.
    pub length: Duration,
    /// The most syncs that are due and wait for a slot, at any time.
    pub most_waiting: usize,
    /// The waits for a slot: the median and the longest.
    pub median_wait: Duration,
    pub longest_wait: Duration,
    /// Requests of one sync, and how long it takes when nothing else runs.
    pub requests: u32,
    pub shortest_sync: Duration,
    /// Of the night's length, the share in which the slots and the cores are busy, in percent.
    pub slots_busy: u32,
    pub cores_busy: u32,
    /// What has to grow first for the night to become shorter.
    pub limit: Limit,
}

/// What a night's length follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The window over which the partners are spread: there is capacity left.
    Window,
    Slots,
    Cores,
    /// The request budget of a single Halo.
    Budget,
}

impl Limit {
    /// Says what to do.
    pub fn advice(self) -> &'static str {
        match self {
            Limit::Window => "the window: there is capacity left",
            Limit::Slots => "the slots: raise INFIMA_WORKER_NIGHTLY_CONCURRENCY or start more workers",
            Limit::Cores => "the CPU: more cores for workers, then for Postgres",
            Limit::Budget => "the request budget of a single Halo: raise INFIMA_HALO_REQUESTS if that Halo allows more",
        }
    }
}

/// Works the night out that begins next after `from`.
pub fn forecast(fleet: &Fleet, capacity: &Capacity, from: DateTime<Utc>) -> Forecast {
    let written = (fleet.clients * fleet.changed_percent).div_ceil(100);
    let licences = fleet.clients + fleet.other_licences;
    // Single reads cost less than pages where the list is much longer than what is ours.
    let requests = REQUESTS_PER_SYNC + licences.div_ceil(PAGE).min(fleet.clients).max(1) + REQUESTS_PER_WRITE * written;
    let cpu = capacity.cpu_per_sync + capacity.cpu_per_write * written as i32;
    let answered = capacity.latency * requests as i32;
    let budgeted = time_within_budget(requests, capacity);
    let mut due: Vec<_> = (0..fleet.partners).filter_map(|number| due(fleet, number, from)).collect();
    due.sort_unstable();
    let mut slots: BinaryHeap<_> = (0..capacity.slots.max(1)).map(|_| Reverse(from)).collect();
    let mut cores: BinaryHeap<_> = (0..capacity.cores.max(1)).map(|_| Reverse(from)).collect();
    let (mut waits, mut started, mut last) = (Vec::new(), VecDeque::new(), from);
    let mut most_waiting = 0;
    for due in &due {
        // The jobs are taken in the order in which they are due, and so is the CPU.
        let Some(Reverse(slot)) = slots.pop() else { break };
        let Some(Reverse(core)) = cores.pop() else { break };
        let start = slot.max(*due);
        let computed = start.max(core) + cpu;
        cores.push(Reverse(computed));
        // A sync that waits for its budget gives its slot up.
        slots.push(Reverse(computed + answered));
        last = last.max(computed + budgeted.max(answered));
        waits.push(start - *due);
        started.push_back(start);
        while started.front().is_some_and(|start| start <= due) {
            started.pop_front();
        }
        most_waiting = most_waiting.max(started.len());
    }
    waits.sort_unstable();
    let length = due.first().map_or(TimeDelta::zero(), |first| last - *first);
    let share = |each: Duration, many: u32| {
        let used = each.num_milliseconds() * i64::from(fleet.partners);
        let there = (length.num_milliseconds() * i64::from(many.max(1))).max(1);
        u32::try_from(used * 100 / there).unwrap_or(u32::MAX)
    };
    let (slots_busy, cores_busy) = (share(cpu + answered, capacity.slots), share(cpu, capacity.cores));
    let limit = match () {
        () if cores_busy >= 90 => Limit::Cores,
        () if slots_busy >= 90 => Limit::Slots,
        () if budgeted > answered + capacity.window => Limit::Budget,
        () => Limit::Window,
    };
    Forecast {
        length,
        most_waiting,
        median_wait: waits.get(waits.len() / 2).copied().unwrap_or_default(),
        longest_wait: waits.last().copied().unwrap_or_default(),
        requests,
        shortest_sync: cpu + budgeted.max(answered),
        slots_busy,
        cores_busy,
        limit,
    }
}

fn due(fleet: &Fleet, number: u32, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let zones = fleet.time_zones.len().max(1) as u32;
    let settings = NightlySchedule {
        time_zone: *fleet.time_zones.get((number % zones) as usize)?,
        nightly: true,
        night_start: fleet.night_start,
        night_end: fleet.night_end,
    };
    let partner = PartnerId(Uuid::from_u128(u128::from(number) + 1));
    Some(schedule::next_due(partner, &settings, from).due)
}

/// How long a Halo takes to answer so many requests, one after the other and within the budget.
fn time_within_budget(requests: u32, capacity: &Capacity) -> Duration {
    let mut sent = VecDeque::new();
    let mut now = Duration::zero();
    for _ in 0..requests {
        if sent.len() >= capacity.budget.max(1) as usize
            && let Some(oldest) = sent.pop_front()
        {
            now = now.max(oldest + capacity.window);
        }
        sent.push_back(now);
        now += capacity.latency;
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(partners: u32, clients: u32) -> Fleet {
        Fleet {
            partners,
            clients,
            other_licences: 0,
            changed_percent: 10,
            time_zones: vec![Tz::UTC],
            night_start: NaiveTime::from_hms_opt(1, 0, 0).unwrap(),
            night_end: NaiveTime::from_hms_opt(5, 0, 0).unwrap(),
        }
    }

    fn capacity() -> Capacity {
        Capacity {
            slots: 4,
            cores: 2,
            cpu_per_sync: Duration::milliseconds(10),
            cpu_per_write: Duration::milliseconds(2),
            latency: Duration::milliseconds(250),
            budget: 200,
            window: Duration::minutes(5),
        }
    }

    fn night(fleet: &Fleet, capacity: &Capacity) -> Forecast {
        forecast(fleet, capacity, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn few_partners_wait_for_nothing_and_the_window_is_the_limit() {
        let night = night(&fleet(100, 20), &capacity());
        // Discovery, token, invoices, one page, and two for each of two clients.
        assert_eq!(night.requests, 8);
        assert_eq!(night.shortest_sync, Duration::milliseconds(14 + 2000));
        assert_eq!(night.median_wait, Duration::zero());
        assert_eq!(night.limit, Limit::Window);
        assert!(night.length < Duration::hours(4) + night.shortest_sync, "{night:?}");
    }

    #[test]
    fn too_few_slots_make_syncs_wait_and_are_named() {
        // 10,000 syncs of 2 s in one slot take 5 hours and a half.
        let night = night(&fleet(10_000, 20), &Capacity { slots: 1, ..capacity() });
        assert_eq!(night.limit, Limit::Slots);
        assert!(night.length > Duration::minutes(333) && night.length < Duration::minutes(340), "{night:?}");
        assert!((2_500..3_500).contains(&night.most_waiting), "{night:?}");
    }

    #[test]
    fn too_few_cores_are_named_before_slots() {
        let capacity = Capacity { slots: 1_000, cpu_per_sync: Duration::seconds(10), ..capacity() };
        assert_eq!(night(&fleet(10_000, 20), &capacity).limit, Limit::Cores);
    }

    #[test]
    fn budget_of_one_halo_stretches_its_sync() {
        // 600 clients written: 1,200 requests and more, of which 200 go into each window.
        let fleet = Fleet { changed_percent: 100, ..fleet(1, 600) };
        let night = night(&fleet, &capacity());
        assert_eq!(night.requests, 3 + 6 + 1_200);
        assert_eq!(night.limit, Limit::Budget);
        assert!(night.shortest_sync >= Duration::minutes(30), "{night:?}");
    }
}
