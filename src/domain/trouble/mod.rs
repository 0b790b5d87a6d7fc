//! What is wrong with a partner's integration now, beyond the problem of one record: what waits for
//! a person, what INFIMA tries again by itself, and which night is missing. Each trouble says since
//! when, who has to act, and when INFIMA tries again; the words are in [`super::explain`].

#[cfg(test)]
mod tests;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use uuid::Uuid;

use super::association::DUPLICATE_SEARCH;
use super::problem::{Problem, ProblemCode};
use super::roster::{Partner, Pause};
use super::run::RunState;
use super::schedule::{self, NightlyHistory, NightlySync};
use crate::ids::RunId;

/// How late a night may be queued, or a queued run may be begun, before no worker seems to run.
pub const LATE: Duration = Duration::minutes(15);

/// What is known of a partner with a connection, as the tables have it at one moment.
#[derive(Clone, Debug)]
pub struct Facts {
    pub partner: Partner,
    /// When this was read, by the database's clock, which the next attempt of a run is judged by.
    pub read_at: DateTime<Utc>,
    /// The connection's problem.
    pub connection_problem: Option<Problem>,
    pub writes_suspended: bool,
    /// Last Sync Date.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// `None` if no client is mapped.
    pub history: Option<NightlyHistory>,
    /// The latest night that was queued.
    pub night: Option<NightRun>,
    /// The run that waits or is running; the one with a problem, if there are two.
    pub open_run: Option<OpenRun>,
    /// Clients that a user has to do something for, by the kind of problem.
    pub blocked: Vec<Blocked>,
    /// Clients for which a user has decided what no sync has carried out yet.
    pub decided: Option<Decided>,
}

/// The run of a night, or the run that continued it.
#[derive(Clone, Debug)]
pub struct NightRun {
    pub id: RunId,
    pub state: RunState,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub problem: Option<Problem>,
    /// How many clients it did not confirm.
    pub open_clients: u32,
}

#[derive(Clone, Debug)]
pub struct OpenRun {
    pub id: RunId,
    pub state: RunState,
    pub problem: Option<Problem>,
    pub queued_at: DateTime<Utc>,
    pub next_attempt_at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct Blocked {
    pub clients: u32,
    /// The name of one of them.
    pub example: String,
    /// The problem of that one, which has it the longest.
    pub problem: Problem,
}

#[derive(Clone, Debug)]
pub struct Decided {
    pub clients: u32,
    pub example: String,
    /// Until when a duplicate is looked for after the first of the decisions.
    pub duplicate_search_until: Option<DateTime<Utc>>,
}

/// Who has to act before it is resolved. The order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitsFor {
    Infima,
    Partner,
    NoOne,
}

/// What is wrong. The order is that of the list, among those that wait for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// A night is due and was not queued.
    NightMissing,
    /// A run is due, and no worker begins it.
    NotBegun,
    /// The connection's problem keeps every client from being synced.
    ConnectionBlocked,
    ClientsBlocked {
        clients: u32,
        example: String,
    },
    /// Halo does not answer, or something answers in its place.
    HaloDown,
    /// A sync is tried again, for another reason than Halo's silence.
    SyncRetried,
    NightFailed,
    NightEndedInPart {
        clients: u32,
    },
    /// A user has paused the partner's syncs.
    Paused(Pause),
    /// A user has decided, and the next sync carries it out. Without clients, the decision is about
    /// all of them.
    Decided {
        clients: Option<(u32, String)>,
    },
}

/// One trouble of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    pub waits_for: WaitsFor,
    pub since: DateTime<Utc>,
    /// When INFIMA tries again by itself; `None` if it does not.
    pub next_at: Option<DateTime<Utc>>,
    pub problem: Option<Problem>,
    pub run: Option<RunId>,
}

impl Trouble {
    /// The place in a list of troubles: what needs a person first, then what is older.
    pub fn urgency(&self) -> (WaitsFor, u8, DateTime<Utc>) {
        let rank = match self.kind {
            TroubleKind::NightMissing => 0,
            TroubleKind::NotBegun => 1,
            TroubleKind::ConnectionBlocked => 2,
            TroubleKind::ClientsBlocked { .. } => 3,
            TroubleKind::HaloDown => 4,
            TroubleKind::NightFailed => 5,
            TroubleKind::NightEndedInPart { .. } => 6,
            TroubleKind::SyncRetried => 7,
            TroubleKind::Paused(_) => 8,
            TroubleKind::Decided { .. } => 9,
        };
        (self.waits_for, rank, self.since)
    }
}

/// A partner and its troubles, the most urgent first.
#[derive(Clone, Debug)]
pub struct PartnerInTrouble {
    pub partner: Partner,
    pub first: Trouble,
    pub troubles: Vec<Trouble>,
}

/// The partners that have trouble, by the most urgent trouble of each. `now` is the clock that the
/// nights are judged by.
pub fn in_trouble(facts: Vec<Facts>, now: impl Fn(DateTime<Utc>) -> DateTime<Utc>) -> Vec<PartnerInTrouble> {
    let found = facts.into_iter().filter_map(|facts| {
        let troubles = troubles(&facts, now(facts.read_at));
        Some(PartnerInTrouble { first: troubles.first()?.clone(), partner: facts.partner, troubles })
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(PartnerInTrouble::place);
    found
}

impl PartnerInTrouble {
    /// The place in the list.
    pub fn place(&self) -> (String, Uuid) {
        let (waits_for, rank, since) = self.first.urgency();
        let since = since.to_rfc3339_opts(SecondsFormat::Micros, true);
        (format!("{} {rank} {since}", waits_for as u8), self.partner.id.0)
    }
}

/// The partner's troubles, the most urgent first. `now` is the clock that the nights are judged by.
pub fn troubles(facts: &Facts, now: DateTime<Utc>) -> Vec<Trouble> {
    let nightly = facts.history.as_ref();
    let nightly =
        nightly.and_then(|history| schedule::next_sync(facts.partner.id, &facts.partner.settings, history, now));
    let waiting = facts.open_run.as_ref().map(|run| run.next_attempt_at.max(facts.read_at));
    // The next sync is the run that waits already, else the next night.
    let next_sync = waiting.or_else(|| nightly.map(|nightly| nightly.due.max(now)));
    let mut found = Vec::new();
    found.extend(nightly.filter(|nightly| nightly.due + LATE < now).map(missing_night));
    found.extend(facts.open_run());
    found.extend(facts.connection(next_sync));
    found.extend(facts.blocked.iter().map(|blocked| blocked.trouble(next_sync)));
    found.extend(facts.last_night(next_sync));
    found.extend(facts.paused(next_sync));
    found.extend(facts.decided_clients(next_sync));
    found.sort_by_key(Trouble::urgency);
    found
}

fn missing_night(nightly: NightlySync) -> Trouble {
    Trouble {
        kind: TroubleKind::NightMissing,
        waits_for: WaitsFor::Infima,
        since: nightly.due,
        next_at: None,
        problem: None,
        run: None,
    }
}

impl Blocked {
    fn trouble(&self, next_sync: Option<DateTime<Utc>>) -> Trouble {
        Trouble {
            kind: TroubleKind::ClientsBlocked { clients: self.clients, example: self.example.clone() },
            waits_for: WaitsFor::Partner,
            since: self.problem.since,
            next_at: next_sync,
            problem: Some(self.problem.clone()),
            run: None,
        }
    }
}

impl Facts {
    /// The trouble of the run that is not over yet. A run that waits for its time has a problem,
    /// and one that is late may have none.
    fn open_run(&self) -> Option<Trouble> {
        let run = self.open_run.as_ref()?;
        if run.state == RunState::Queued && run.next_attempt_at + LATE < self.read_at {
            return Some(Trouble {
                kind: TroubleKind::NotBegun,
                waits_for: WaitsFor::Infima,
                since: run.next_attempt_at,
                next_at: None,
                problem: run.problem.clone(),
                run: Some(run.id),
            });
        }
        let problem = run.problem.clone()?;
        let (kind, waits_for) = match &problem {
            problem if problem.code() == ProblemCode::InternalFault => (TroubleKind::SyncRetried, WaitsFor::Infima),
            problem if problem.is_transient() => (TroubleKind::HaloDown, WaitsFor::NoOne),
            _ => (TroubleKind::SyncRetried, WaitsFor::NoOne),
        };
        Some(Trouble {
            kind,
            waits_for,
            since: problem.since,
            next_at: Some(run.next_attempt_at.max(self.read_at)),
            problem: Some(problem),
            run: Some(run.id),
        })
    }

    /// The trouble of the connection. The open run has the same one with its next attempt.
    fn connection(&self, next_at: Option<DateTime<Utc>>) -> Option<Trouble> {
        let problem = self.connection_problem.clone()?;
        let retried = self.open_run.as_ref().and_then(|run| run.problem.as_ref());
        if retried.is_some_and(|retried| retried.code() == problem.code()) {
            return None;
        }
        // Writes resume with the next sync, which ends the problem.
        let resumed = problem.code() == ProblemCode::FieldsOverwritten && !self.writes_suspended;
        let (kind, waits_for) = match problem.code() {
            _ if resumed => (TroubleKind::Decided { clients: None }, WaitsFor::NoOne),
            _ if problem.is_transient() => (TroubleKind::HaloDown, WaitsFor::NoOne),
            ProblemCode::RateLimited | ProblemCode::BudgetExhausted => (TroubleKind::SyncRetried, WaitsFor::NoOne),
            ProblemCode::InternalFault | ProblemCode::AnswerNotUnderstood => {
                (TroubleKind::ConnectionBlocked, WaitsFor::Infima)
            }
            _ => (TroubleKind::ConnectionBlocked, WaitsFor::Partner),
        };
        let since = problem.since;
        Some(Trouble { kind, waits_for, since, next_at, problem: Some(problem), run: None })
    }

    /// The trouble of the last night, unless every client was confirmed since it began.
    fn last_night(&self, next_at: Option<DateTime<Utc>>) -> Option<Trouble> {
        let night = self.night.as_ref()?;
        let since = night.finished_at?;
        let began = night.started_at.unwrap_or(since);
        if self.last_synced_at.is_some_and(|confirmed| confirmed >= began) {
            return None;
        }
        let kind = match night.state {
            RunState::Failed => TroubleKind::NightFailed,
            RunState::PartiallySucceeded => TroubleKind::NightEndedInPart { clients: night.open_clients },
            RunState::Queued | RunState::Running | RunState::Succeeded | RunState::Cancelled => return None,
        };
        Some(Trouble {
            kind,
            waits_for: WaitsFor::NoOne,
            since,
            next_at,
            problem: night.problem.clone(),
            run: Some(night.id),
        })
    }

    fn paused(&self, next_at: Option<DateTime<Utc>>) -> Option<Trouble> {
        let pause = self.partner.pause.clone()?;
        let (waits_for, since) = (WaitsFor::NoOne, pause.at);
        Some(Trouble { kind: TroubleKind::Paused(pause), waits_for, since, next_at, problem: None, run: None })
    }

    fn decided_clients(&self, next_at: Option<DateTime<Utc>>) -> Option<Trouble> {
        let Decided { clients, example, duplicate_search_until } = self.decided.clone()?;
        let requested = || self.open_run.as_ref().map_or(self.read_at, |run| run.queued_at);
        Some(Trouble {
            kind: TroubleKind::Decided { clients: Some((clients, example)) },
            waits_for: WaitsFor::NoOne,
            since: duplicate_search_until.map_or_else(requested, |until| until - DUPLICATE_SEARCH),
            next_at,
            problem: None,
            run: self.open_run.as_ref().map(|run| run.id),
        })
    }
}
