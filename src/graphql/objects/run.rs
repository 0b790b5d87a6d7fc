//! A sync of a partner, queued, under way or finished.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::Duration;

use crate::domain::activity::ActorRole;
use crate::domain::run::{self, RunState};
use crate::graphql::{
    error::{Failure, Result},
    loaders::{ById, ResultsCount, ResultsPage},
    objects::activity::Actor,
    objects::partner::Partner,
    objects::problem::HaloProblem,
    objects::result::{HaloSyncOutcome, HaloSyncResult},
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::Moment,
};
use crate::ids::{PartnerId, RunId};

/// How soon to ask again for a sync that is under way.
const POLL_RUNNING: Duration = Duration::seconds(1);
/// How soon to ask again for one that waits: its time may be long in coming, or come earlier than planned.
const POLL_QUEUED: (Duration, Duration) = (Duration::seconds(2), Duration::seconds(30));

pub struct HaloSyncRun(pub(in crate::graphql) run::Run);

impl HaloSyncRun {
    /// The run that a mutation has queued, if it has.
    pub(in crate::graphql) async fn queued(
        request_context: &RequestContext,
        partner: Option<PartnerId>,
        run: Option<RunId>,
    ) -> Result<Option<Self>> {
        let (Some(partner), Some(run)) = (partner, run) else { return Ok(None) };
        Ok(request_context.load(ById(partner, run)).await?.map(Self))
    }
}

/// A sync of one partner: it brings the quantities of the partner's subscriptions in Halo up to date.
#[Object]
impl HaloSyncRun {
    /// The sync's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner whose subscriptions are synced.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Partner> {
        RequestContext::of(ctx).load(self.0.partner).await?.map(Partner).ok_or(Failure::NotFound)
    }

    /// Why it was queued.
    async fn trigger(&self) -> HaloSyncTrigger {
        self.0.trigger.into()
    }

    /// Whether it waits, is under way, or how it ended.
    async fn status(&self) -> HaloSyncStatus {
        self.0.state.into()
    }

    /// Who asked for it. Null where nobody did, as for the nightly sync.
    async fn requested_by(&self) -> Option<Actor> {
        self.0.requested_by.clone().filter(|actor| actor.role != ActorRole::System).map(Actor)
    }

    /// When it was asked for.
    async fn queued_at(&self) -> Moment {
        self.0.queued_at.into()
    }

    /// When work on it began. Null while nobody has begun.
    async fn started_at(&self) -> Option<Moment> {
        self.0.started_at.map(Into::into)
    }

    /// When it came to its end, however it ended. Null until then.
    async fn finished_at(&self) -> Option<Moment> {
        self.0.finished_at.map(Into::into)
    }

    /// When it is tried (again). Null unless it is queued.
    async fn next_attempt_at(&self) -> Option<Moment> {
        (self.0.state == RunState::Queued).then(|| self.0.next_attempt_at.into())
    }

    /// In how many milliseconds to ask again. Null once it is finished.
    async fn poll_after_ms(&self, ctx: &Context<'_>) -> Option<i32> {
        let wait = match self.0.state {
            RunState::Queued if self.0.due => POLL_QUEUED.0,
            RunState::Queued => {
                let (soonest, latest) = POLL_QUEUED;
                (self.0.next_attempt_at - RequestContext::of(ctx).ops.clock.now()).clamp(soonest, latest)
            }
            RunState::Running => POLL_RUNNING,
            _ => return None,
        };
        i32::try_from(wait.num_milliseconds()).ok()
    }

    /// How many associations are done, out of how many.
    async fn progress(&self) -> HaloSyncProgress {
        HaloSyncProgress { done: self.0.progress.done, total: self.0.progress.total }
    }

    /// What it has done so far, in numbers.
    async fn summary(&self) -> HaloSyncSummary {
        let run::Summary { created, updated, unchanged, failed, skipped, halo_requests } = self.0.summary;
        HaloSyncSummary { created, updated, unchanged, failed, skipped, halo_requests }
    }

    /// What keeps the sync as a whole from its work, or what it waits for. Problems of single clients are in their
    /// results.
    async fn problem(&self) -> Option<HaloProblem> {
        self.0.problem.clone().map(HaloProblem)
    }

    /// What it did for each client, in the order in which it was done.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries the page has at most: 1 to 100, 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins. Left out: the beginning.")] after: Option<String>,
        #[graphql(desc = "Only results with one of these outcomes.")] outcome: Option<Vec<HaloSyncOutcome>>,
    ) -> Result<Paged<HaloSyncResult>> {
        let run::Run { partner, id, .. } = self.0;
        let page = page::page(first, after.as_deref())?;
        let outcomes = outcome.map(|outcomes| outcomes.into_iter().map(run::Outcome::from).collect::<Vec<_>>());
        let wanted = ResultsPage(partner, id, outcomes.clone(), page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let show = |result| HaloSyncResult { partner, result };
        let total = Total::Results(ResultsCount(partner, id, outcomes));
        Ok(page::shown(&page, slice, total, |result| (String::new(), result.id.0), show))
    }
}

/// How far a sync is.
#[derive(SimpleObject)]
pub struct HaloSyncProgress {
    /// Associations that are done, in whatever way.
    done: u32,
    /// Associations that are looked at. 0 until that is known.
    total: u32,
}

/// How many associations had which outcome, and what it took.
#[derive(SimpleObject)]
pub struct HaloSyncSummary {
    /// Subscriptions that were created.
    created: u32,
    /// Subscriptions whose quantity was written.
    updated: u32,
    /// Subscriptions whose quantity was right already.
    unchanged: u32,
    /// Associations where something has to be mended.
    failed: u32,
    /// Associations that were not reached, or that wait for something a later sync settles.
    skipped: u32,
    /// Requests that were sent to Halo. They are counted at the end of each attempt: 0 while the first is under way.
    halo_requests: u32,
}

/// Why a sync was queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "run::Trigger")]
pub enum HaloSyncTrigger {
    /// The night came.
    Nightly,
    /// Somebody asked for it.
    OnDemand,
    /// Clients were mapped: their subscriptions are created.
    AssociationSaved,
    /// A mapping was ended.
    AssociationEnded,
    /// Somebody asked for a new subscription in place of a deleted one.
    SubscriptionRecreated,
}

/// How a sync stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "run::RunState")]
pub enum HaloSyncStatus {
    /// It waits to be started, for the first time or again: see `nextAttemptAt`.
    Queued,
    /// It is under way.
    Running,
    /// Halo confirmed every association.
    Succeeded,
    /// Halo confirmed some associations; something has to be mended for the others.
    PartiallySucceeded,
    /// Halo confirmed no association.
    Failed,
    /// It was cancelled, because Halo was disconnected or the partner archived.
    Cancelled,
}
