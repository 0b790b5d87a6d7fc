//! One sync of one partner: who asked, how far it is, what it did.

use chrono::{DateTime, NaiveDate, Utc};

use super::activity::Actor;
use super::problem::Problem;
use crate::ids::{AssociationId, ClientId, PartnerId, ResultId, RunId};

words! {
    Trigger {
        Nightly = "nightly",
        OnDemand = "on_demand",
        AssociationSaved = "association_saved",
        AssociationEnded = "association_ended",
        SubscriptionRecreated = "subscription_recreated",
    }
}

words! {
    RunState {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        PartiallySucceeded = "partially_succeeded",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl RunState {
    pub fn is_finished(self) -> bool {
        !matches!(self, RunState::Queued | RunState::Running)
    }
}

words! {
    Outcome {
        Created = "created",
        Updated = "updated",
        Unchanged = "unchanged",
        Failed = "failed",
        /// Not reached, or waiting for something that a later run settles.
        Skipped = "skipped",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    pub partner: PartnerId,
    pub trigger: Trigger,
    pub state: RunState,
    /// None: all of the partner's associations.
    pub clients: Option<Vec<ClientId>>,
    pub nightly_date: Option<NaiveDate>,
    pub requested_by: Option<Actor>,
    pub queued_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub next_attempt_at: DateTime<Utc>,
    /// That moment has come, by the clock that judges it: Postgres'.
    pub due: bool,
    pub progress: Progress,
    pub summary: Summary,
    pub problem: Option<Problem>,
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
#[derive(Clone, Debug)]
pub struct RunResult {
    pub id: ResultId,
    pub run: RunId,
    pub association: AssociationId,
    pub client: ClientId,
    pub outcome: Outcome,
    /// As Halo had it.
    pub quantity_before: Option<u32>,
    pub quantity_after: Option<u32>,
    /// Halo's quantity was not what we last wrote.
    pub changed_in_halo: bool,
    pub problem: Option<Problem>,
    /// Halo's own answer, sanitised. For support only.
    pub evidence: Option<String>,
    pub at: DateTime<Utc>,
}
