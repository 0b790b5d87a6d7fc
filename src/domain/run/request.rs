//! A request for a sync, and which run answers it. A partner never has more than one running and
//! one waiting run.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Impossible, Lifecycle, Night, Pause, RunEvent, RunState, Trigger};
use crate::domain::problem::ProblemCode;
use crate::ids::{ClientId, RunId};

/// A request for a sync, by a user or by the nightly schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    pub trigger: Trigger,
    /// `None` covers all of the partner's associations.
    pub clients: Option<Vec<ClientId>>,
    pub nightly_date: Option<NaiveDate>,
    /// A user is waiting.
    pub interactive: bool,
}

impl RunRequest {
    /// What a user asks for and waits for.
    pub fn interactive(trigger: Trigger, clients: Option<Vec<ClientId>>) -> Self {
        Self { trigger, clients, nightly_date: None, interactive: true }
    }
}

/// The run that answers a request, with what has to be stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The running run has not read yet and covers the request.
    Covered(RunId, Lifecycle),
    /// The waiting run covers the request from now on.
    Joined(RunId, Lifecycle),
    /// A new run is queued. A waiting run whose night is over ends before.
    New { interactive: bool, over: Option<(RunId, Lifecycle)> },
}

/// Decides which run answers the request, by the partner's open runs. `wait`: the run need not
/// begin earlier. `at` is the time of the request, and `now` the database's clock.
pub fn answer(
    open: &[(RunId, Lifecycle)],
    request: &RunRequest,
    wait: Duration,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Answer {
    let in_state = |state| open.iter().find(move |(_, run)| run.state == state);
    let requested = RunEvent::Requested { request: request.clone(), wait, at };
    if let Some((id, running)) = in_state(RunState::Running)
        && let Ok(after) = running.apply(&requested, now)
    {
        return Answer::Covered(*id, after);
    }
    let Some((id, waiting)) = in_state(RunState::Queued) else {
        return Answer::New { interactive: request.interactive, over: None };
    };
    // A night that is still being tried when the next one comes has had its time. A user who had
    // joined that run is still waiting.
    if let Some(next) = request.nightly_date
        && let Ok(over) = waiting.apply(&RunEvent::NightOver { next, at }, now)
    {
        return Answer::New { interactive: request.interactive || waiting.interactive, over: Some((*id, over)) };
    }
    match waiting.apply(&requested, now) {
        Ok(after) => Answer::Joined(*id, after),
        // Never the case: every waiting run takes requests.
        Err(_) => Answer::New { interactive: request.interactive, over: None },
    }
}

impl Lifecycle {
    /// A running run covers what it has not read yet; a waiting one is widened, and begins when the
    /// earlier of both is due. A pause that Halo asked for is kept, also if a user waits, and so
    /// is that of a run that is set aside, which becomes the nightly sync of the latest night.
    pub(super) fn cover(
        &mut self,
        request: &RunRequest,
        due: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<(), Impossible> {
        let night = request.nightly_date.map(|date| Night { date, requested_at: at });
        if self.state == RunState::Running {
            if self.read_at.is_some() {
                return Err(Impossible::AlreadyRead);
            }
            if !self.includes(request.clients.as_deref()) {
                return Err(Impossible::OtherClients);
            }
            if night.is_some() && self.night.is_some() {
                return Err(Impossible::OtherNight);
            }
        } else {
            self.widen(request.clients.as_deref());
            self.interactive |= request.interactive;
            let limited = self.problem.as_ref().is_some_and(|problem| problem.code() == ProblemCode::RateLimited);
            if !limited && !self.is_set_aside() {
                self.next_attempt_at = self.next_attempt_at.min(due);
            }
        }
        self.night = if self.is_set_aside() { night.or(self.night) } else { self.night.or(night) };
        Ok(())
    }

    /// A pause for all of the partner's clients concerns this run as well. What is left of a sync
    /// of all clients is a sync of all clients again, because only such a one reads the invoices
    /// and the customers; what it confirmed before is read and not written.
    pub(super) fn take_over(
        &mut self,
        from: &Lifecycle,
        left: Option<&[ClientId]>,
        pause: Option<&Pause>,
        now: DateTime<Utc>,
    ) {
        self.widen(from.clients.as_deref().map(|clients| left.unwrap_or(clients)));
        self.interactive |= from.interactive;
        self.attempts = self.attempts.max(from.attempts);
        if let Some(pause) = pause {
            self.problem = Some(pause.problem.clone());
            if pause.set_aside {
                self.starts = from.deaths();
            }
            if !pause.for_some {
                self.next_attempt_at = self.next_attempt_at.max(now + pause.wait);
            }
        }
    }

    fn includes(&self, clients: Option<&[ClientId]>) -> bool {
        match (&self.clients, clients) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ours), Some(clients)) => clients.iter().all(|client| ours.contains(client)),
        }
    }

    fn widen(&mut self, clients: Option<&[ClientId]>) {
        self.clients = self.clients.take().zip(clients).map(|(mut ours, clients)| {
            let new: Vec<_> = clients.iter().filter(|client| !ours.contains(client)).copied().collect();
            ours.extend(new);
            ours
        });
    }
}
