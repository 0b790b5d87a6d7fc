//! The run's state machine: every event that can happen to a run, and the state that follows.
//! `storage/` locks the row, has [`Lifecycle::apply`] decide, and writes plain values.
//!
//! Times that several machines have to agree on (leases, the next attempt) are judged by `now`, a
//! reading of the database's clock. Times that are only shown come with the event, by the clock of
//! the process.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{RunRequest, RunState};
use crate::domain::problem::Problem;
use crate::domain::roster::RosterState;
use crate::ids::{ClientId, RunId};

/// So many workers may die during a run before it is set aside: it may be the run that ends them.
const MAX_DEATHS: u32 = 2;
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(24 * 60 * 60);

/// The part of a run that decides what may happen to it next, and what that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    pub state: RunState,
    /// `None` covers all of the partner's associations.
    pub clients: Option<Vec<ClientId>>,
    /// The nightly sync that this run is, also if a user had requested the run before.
    pub night: Option<Night>,
    /// A user waits for the run.
    pub interactive: bool,
    pub queued_at: DateTime<Utc>,
    pub next_attempt_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    /// When the running attempt read what is desired. Before that, the run covers new requests.
    pub read_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// How often the run was started since it last waited or was given back: all starts but the
    /// running one's have ended with the death of a worker. Kept while the run is set aside.
    pub starts: u32,
    /// How many attempts failed because Halo was not available.
    pub attempts: u32,
    /// How many associations the run looks at; 0 until it is known.
    pub total: u32,
    pub lease: Option<Lease>,
    pub problem: Option<Problem>,
    /// The run that took over what was left of this one.
    pub continued_by: Option<RunId>,
}

/// The night of a nightly sync, and when the schedule requested it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Night {
    pub date: NaiveDate,
    pub requested_at: DateTime<Utc>,
}

/// A worker's right to write for the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// None: the run was cancelled under its worker, which writes nothing more. A request that it
    /// had sent may be in flight until the lease would have ended.
    pub token: Option<Uuid>,
    pub until: DateTime<Utc>,
    /// The process that holds the lease.
    pub worker: Option<String>,
}

/// What a worker claims a run with, and what may keep it from doing so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub token: Uuid,
    pub worker: String,
    pub length: Duration,
    /// How long after a lease's end a request of its owner may still be in flight.
    pub grace: Duration,
    pub partner: RosterState,
    /// No other run during which a worker died is running in the process: two such runs would be
    /// blamed for each other.
    pub alone: bool,
    /// When the last lease of the partner's cancelled runs ends.
    pub cancelled_until: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
}

/// Why a run resumes later, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Pause {
    pub wait: Duration,
    pub counts_as_attempt: bool,
    /// The pause is for some clients' sake: a run that waits for others need not wait.
    pub for_some: bool,
    /// The run is set aside because workers died during it, and that is not forgotten.
    pub set_aside: bool,
    pub problem: Problem,
}

/// Something that happens to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// A worker begins the run, or takes it over from a worker whose lease has ended.
    Claimed(Claim),
    /// The worker has read what is desired, for so many associations: from now on the run covers no
    /// new request.
    DesiredRead { total: u32 },
    /// A user or the nightly schedule requests what this run may cover. It need not begin before
    /// `wait` has passed.
    Requested { request: RunRequest, wait: Duration, at: DateTime<Utc> },
    /// The nightly sync of this date is requested, and this run still waits for an earlier night.
    NightOver { next: NaiveDate, at: DateTime<Utc> },
    /// A running run of the partner has to wait, or its worker is stopped: this one continues it
    /// with the clients that are `left`. `None`: that run had not read its clients, so all of them
    /// are.
    TookOver { from: Box<Lifecycle>, left: Option<Vec<ClientId>>, pause: Option<Pause> },
    /// What is left of this run is continued by the waiting one.
    HandedOver { to: RunId, at: DateTime<Utc> },
    /// The run has to wait, and no other run waits.
    Paused(Pause),
    /// The worker is stopped, and no other run waits: the next worker continues at once.
    Released,
    /// The worker ends without having released the run.
    WorkerEnded,
    /// Every step was taken. So many associations are confirmed, and so many are not.
    Completed { confirmed: u32, open: u32, at: DateTime<Utc> },
    /// Trying again does not help.
    Failed { problem: Problem, at: DateTime<Utc> },
    /// The worker found that the partner is not connected any more.
    Disconnected { at: DateTime<Utc> },
    /// The partner was disconnected or archived, or its syncs were paused.
    Cancelled { at: DateTime<Utc> },
}

/// Why an event cannot happen to the run as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// The run is over.
    Finished,
    /// The run waits: no worker has it.
    Waiting,
    /// A worker has the run.
    Running,
    /// The time of the next attempt has not come.
    NotDue,
    /// A worker died during the run, and during another one that is running in the process.
    NotAlone,
    /// Another worker has the run, or a request of its last worker may be in flight.
    Leased,
    /// A request of the partner's cancelled run may be in flight.
    CancelledRunInFlight,
    PartnerArchived,
    /// What the run has read may be older than the request.
    AlreadyRead,
    /// The run does not cover all requested clients.
    OtherClients,
    /// The run is the nightly sync of another date.
    OtherNight,
    /// The run is not that of an earlier night.
    NightNotOver,
    /// The run is set aside, and stays so when the next night comes.
    SetAside,
}

impl Lifecycle {
    /// When a user, or the nightly schedule, last requested the run.
    pub fn requested_at(&self) -> DateTime<Utc> {
        self.night.map_or(self.queued_at, |night| night.requested_at.max(self.queued_at))
    }

    /// How long the run is set aside instead of being taken over: workers died during it again and
    /// again. It is `first`, and twice as long with each further worker that dies.
    pub fn cool_down(&self, first: Duration) -> Option<Duration> {
        let further = self.starts.checked_sub(MAX_DEATHS).filter(|_| self.state == RunState::Running)?;
        Some(first.saturating_mul(2_u32.saturating_pow(further)).min(LONGEST_COOL_DOWN))
    }

    /// Whether the run waits because workers died during it.
    pub(super) fn is_set_aside(&self) -> bool {
        self.state == RunState::Queued && self.starts >= MAX_DEATHS
    }

    /// The run after the event, by the database's clock.
    pub fn apply(&self, event: &RunEvent, now: DateTime<Utc>) -> Result<Lifecycle, Impossible> {
        if self.state.is_finished() {
            return Err(Impossible::Finished);
        }
        let mut after = self.clone();
        match event {
            RunEvent::Claimed(claim) => after.claim(claim, now)?,
            RunEvent::DesiredRead { total } => {
                self.must_run()?;
                after.read_at = Some(now);
                after.total = *total;
            }
            RunEvent::Requested { request, wait, at } => after.cover(request, now + *wait, *at)?,
            RunEvent::NightOver { next, at } => {
                self.must_wait()?;
                if self.night.is_none_or(|night| night.date >= *next) {
                    return Err(Impossible::NightNotOver);
                }
                if self.is_set_aside() {
                    return Err(Impossible::SetAside);
                }
                after.end(RunState::Failed, *at);
            }
            RunEvent::TookOver { from, left, pause } => {
                self.must_wait()?;
                after.take_over(from, left.as_deref(), pause.as_ref(), now);
            }
            RunEvent::HandedOver { to, at } => {
                self.must_run()?;
                after.continued_by = Some(*to);
                after.end(RunState::Cancelled, *at);
            }
            RunEvent::Paused(pause) => {
                self.must_run()?;
                after.attempts += u32::from(pause.counts_as_attempt);
                after.problem = Some(pause.problem.clone());
                after.wait(now + pause.wait);
                if pause.set_aside {
                    after.starts = self.deaths();
                }
            }
            RunEvent::Released => {
                self.must_run()?;
                after.problem = None;
                after.wait(now);
            }
            RunEvent::WorkerEnded => {
                self.must_run()?;
                // The worker was stopped, and did not die of the run.
                after.starts = self.deaths();
                after.lease = self.lease.clone().map(|lease| Lease { until: lease.until.min(now), ..lease });
            }
            RunEvent::Completed { confirmed, open, at } => {
                self.must_run()?;
                after.problem = None;
                let state = match (confirmed, open) {
                    (_, 0) => RunState::Succeeded,
                    (0, 1..) => RunState::Failed,
                    (1.., 1..) => RunState::PartiallySucceeded,
                };
                after.end(state, *at);
            }
            RunEvent::Failed { problem, at } => {
                self.must_run()?;
                after.problem = Some(problem.clone());
                after.end(RunState::Failed, *at);
            }
            RunEvent::Disconnected { at } => {
                self.must_run()?;
                after.problem = None;
                after.end(RunState::Cancelled, *at);
            }
            RunEvent::Cancelled { at } => {
                after.end(RunState::Cancelled, *at);
                after.lease = self.lease.clone().map(|lease| Lease { token: None, ..lease });
            }
        }
        Ok(after)
    }

    fn must_run(&self) -> Result<(), Impossible> {
        if self.state == RunState::Running { Ok(()) } else { Err(Impossible::Waiting) }
    }

    fn must_wait(&self) -> Result<(), Impossible> {
        if self.state == RunState::Queued { Ok(()) } else { Err(Impossible::Running) }
    }

    /// A worker that takes over waits until a request of the last one has ended, and so does the
    /// first worker after a cancelled run.
    fn claim(&mut self, claim: &Claim, now: DateTime<Utc>) -> Result<(), Impossible> {
        if claim.partner == RosterState::Archived {
            return Err(Impossible::PartnerArchived);
        }
        if self.state == RunState::Running {
            if self.lease.as_ref().is_some_and(|lease| lease.until + claim.grace >= now) {
                return Err(Impossible::Leased);
            }
        } else if self.next_attempt_at > now {
            return Err(Impossible::NotDue);
        } else if claim.cancelled_until.is_some_and(|until| until + claim.grace >= now) {
            return Err(Impossible::CancelledRunInFlight);
        }
        if self.starts > 0 && !claim.alone {
            return Err(Impossible::NotAlone);
        }
        self.state = RunState::Running;
        self.starts += 1;
        self.started_at.get_or_insert(claim.at);
        self.read_at = None;
        self.lease =
            Some(Lease { token: Some(claim.token), until: now + claim.length, worker: Some(claim.worker.clone()) });
        Ok(())
    }

    /// How many workers died during the run that is running now.
    pub(super) fn deaths(&self) -> u32 {
        self.starts.saturating_sub(1)
    }

    fn wait(&mut self, due: DateTime<Utc>) {
        self.state = RunState::Queued;
        self.next_attempt_at = due;
        self.lease = None;
        self.starts = 0;
    }

    fn end(&mut self, state: RunState, at: DateTime<Utc>) {
        self.state = state;
        self.finished_at = Some(at);
        self.lease = None;
    }
}
