//! One sync of one partner: who asked, how far it is, what it did.

mod lifecycle;
mod request;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

pub use lifecycle::{Claim, Impossible, Lease, Lifecycle, Night, Pause, RunEvent};
pub use request::{Answer, RunRequest, answer};

use super::activity::Actor;
use super::problem::Problem;
use super::roster::UserCounts;
use crate::ids::{AssociationId, ClientId, PartnerId, ResultId, RunId};

/// Why a run was enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Trigger {
    Nightly,
    OnDemand,
    AssociationSaved,
    AssociationEnded,
    SubscriptionRecreated,
}

impl Trigger {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RunState {
    Queued,
    Running,
    Succeeded,
    PartiallySucceeded,
    Failed,
    Cancelled,
}

impl RunState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl RunState {
    pub fn is_finished(self) -> bool {
        !matches!(self, RunState::Queued | RunState::Running)
    }
}

/// What a run did for one association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    Failed,
    /// The run did not reach the client, or a later run completes it.
    Skipped,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    pub partner: PartnerId,
    pub trigger: Trigger,
    pub state: RunState,
    /// `None` covers all of the partner's associations.
    pub clients: Option<Vec<ClientId>>,
    pub nightly_date: Option<NaiveDate>,
    pub requested_by: Option<Actor>,
    pub queued_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub next_attempt_at: DateTime<Utc>,
    /// Whether that time has come, by Postgres' clock.
    pub due: bool,
    pub progress: Progress,
    pub summary: Summary,
    pub problem: Option<Problem>,
    /// The run that took over what was left of this one. Such a run is cancelled.
    pub continued_by: Option<RunId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub done: u32,
    pub total: u32,
}

/// How many associations had which outcome, and what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub created: u32,
    pub updated: u32,
    pub unchanged: u32,
    pub failed: u32,
    pub skipped: u32,
    pub halo_requests: u32,
}

/// What one run did for one association: the evidence behind a bill.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    pub id: ResultId,
    pub run: RunId,
    pub association: AssociationId,
    pub client: ClientId,
    /// The client's users when the run read them. Results of early releases have none.
    pub users: Option<UserCounts>,
    pub outcome: Outcome,
    /// The quantity that Halo showed.
    pub quantity_before: Option<u32>,
    pub quantity_after: Option<u32>,
    /// Halo's quantity was not what we last wrote.
    pub changed_in_halo: bool,
    pub problem: Option<Problem>,
    /// Halo's own answer, sanitised. For support only.
    pub evidence: Option<String>,
    pub at: DateTime<Utc>,
}

impl RunResult {
    /// The result of a run of which an earlier attempt already had a result for the association. An
    /// attempt that writes nothing never hides what an earlier one wrote to Halo; what went wrong
    /// since then stands beside it.
    pub fn following(self, earlier: RunResult) -> RunResult {
        let wrote = |outcome| matches!(outcome, Outcome::Created | Outcome::Updated);
        let (id, problem) = (earlier.id, self.problem.clone());
        let evidence = self.evidence.clone().or_else(|| earlier.evidence.clone());
        let shown = if wrote(earlier.outcome) && !wrote(self.outcome) { earlier } else { self };
        RunResult { id, problem, evidence, ..shown }
    }
}
