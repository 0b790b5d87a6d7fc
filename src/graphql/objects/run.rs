//! A sync of a partner, queued, running or finished.

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
    scalars::Timestamp,
};
use crate::ids::{ClientId, PartnerId, RunId};

/// How soon a client should query a running sync again.
const POLL_RUNNING: Duration = Duration::seconds(1);
/// How soon a client should query a queued sync again, at least and at most: the next attempt may
/// be far away, or come earlier than planned.
const POLL_QUEUED: (Duration, Duration) = (Duration::seconds(2), Duration::seconds(30));

pub struct HaloSyncRun {
    run: run::Run,
    /// In an event, the clients whose rows changed since the one before it.
    changed: Option<Vec<ClientId>>,
}

impl From<run::Run> for HaloSyncRun {
    fn from(run: run::Run) -> Self {
        Self { run, changed: None }
    }
}

impl HaloSyncRun {
    /// The run that a mutation has queued, or that continues another one, if there is one.
    pub(in crate::graphql) async fn queued(
        request_context: &RequestContext,
        partner: Option<PartnerId>,
        run: Option<RunId>,
    ) -> Result<Option<Self>> {
        let (Some(partner), Some(run)) = (partner, run) else { return Ok(None) };
        Ok(request_context.load(ById(partner, run)).await?.map(Self::from))
    }

    /// The run as an event of a subscription has it.
    pub(in crate::graphql) fn event(run: run::Run, changed: Option<Vec<ClientId>>) -> Self {
        Self { run, changed }
    }
}

/// A sync of one partner, which brings the quantities of its subscriptions in Halo up to date.
#[Object]
impl HaloSyncRun {
    /// The sync's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.run.id.into()
    }

    /// The partner whose subscriptions are synced.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Partner> {
        RequestContext::of(ctx).load(self.run.partner).await?.map(Partner::from).ok_or(Failure::NotFound)
    }

    /// The reason why the sync was queued.
    async fn trigger(&self) -> HaloSyncTrigger {
        self.run.trigger.into()
    }

    /// The sync's status.
    async fn status(&self) -> HaloSyncStatus {
        self.run.state.into()
    }

    /// The person or service that requested the sync. Null for the nightly sync and others that
    /// INFIMA starts itself.
    async fn requested_by(&self) -> Option<Actor> {
        self.run.requested_by.clone().filter(|actor| actor.role != ActorRole::System).map(Actor)
    }

    /// The time when the sync was requested.
    async fn queued_at(&self) -> Timestamp {
        self.run.queued_at.into()
    }

    /// The time when the sync started. Null until then.
    async fn started_at(&self) -> Option<Timestamp> {
        self.run.started_at.map(Into::into)
    }

    /// The time when the sync finished, with any status. Null until then.
    async fn finished_at(&self) -> Option<Timestamp> {
        self.run.finished_at.map(Into::into)
    }

    /// The time of the next attempt. Null unless the sync is queued.
    async fn next_attempt_at(&self) -> Option<Timestamp> {
        (self.run.state == RunState::Queued).then(|| self.run.next_attempt_at.into())
    }

    /// The number of milliseconds after which to query the sync again. Null once it is finished.
    async fn poll_after_ms(&self, ctx: &Context<'_>) -> Option<i32> {
        let wait = match self.run.state {
            RunState::Queued if self.run.due => POLL_QUEUED.0,
            RunState::Queued => {
                let (soonest, latest) = POLL_QUEUED;
                (self.run.next_attempt_at - RequestContext::of(ctx).ops.clock.now()).clamp(soonest, latest)
            }
            RunState::Running => POLL_RUNNING,
            _ => return None,
        };
        i32::try_from(wait.num_milliseconds()).ok()
    }

    /// The number of associations that are processed, out of all that the sync covers.
    async fn progress(&self) -> HaloSyncProgress {
        HaloSyncProgress { done: self.run.progress.done, total: self.run.progress.total }
    }

    /// The numbers of outcomes so far.
    async fn summary(&self) -> HaloSyncSummary {
        let run::Summary { created, updated, unchanged, failed, skipped, halo_requests } = self.run.summary;
        HaloSyncSummary { created, updated, unchanged, failed, skipped, halo_requests }
    }

    /// The global ids of the clients whose rows of the mapping table changed, so that a table reads
    /// these rows again instead of its pages. In the first event of a subscription, those that the
    /// sync has results for; in each other event, those that changed since the event before it.
    /// Null if more than 100 changed, and outside of a subscription: then read the page again.
    async fn changed_client_ids(&self) -> Option<Vec<ID>> {
        Some(self.changed.as_ref()?.iter().map(|client| (*client).into()).collect())
    }

    /// The problem that affects the sync as a whole. Null if there is none; problems of single
    /// clients are in `results`.
    async fn problem(&self) -> Option<HaloProblem> {
        self.run.problem.clone().map(HaloProblem)
    }

    /// The sync that continues this one with the clients that were left, because this one had to
    /// wait while the other was queued. Null if there is none.
    async fn continued_by(&self, ctx: &Context<'_>) -> Result<Option<HaloSyncRun>> {
        Self::queued(RequestContext::of(ctx), Some(self.run.partner), self.run.continued_by).await
    }

    /// The results of the sync for each client, in the order in which they were recorded.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only results with one of these outcomes.")] outcome: Option<Vec<HaloSyncOutcome>>,
    ) -> Result<Paged<HaloSyncResult>> {
        let run::Run { partner, id, .. } = self.run;
        let page = page::page(first, after.as_deref())?;
        let outcomes = outcome.map(|outcomes| outcomes.into_iter().map(run::Outcome::from).collect::<Vec<_>>());
        let wanted = ResultsPage(partner, id, outcomes.clone(), page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let show = |result| HaloSyncResult { partner, result };
        let total = Total::Results(ResultsCount(partner, id, outcomes));
        Ok(page::shown(&page, slice, total, |result| (String::new(), result.id.0), show))
    }
}

/// The progress of a sync.
#[derive(SimpleObject)]
pub struct HaloSyncProgress {
    /// The number of associations that are processed, with any outcome.
    done: u32,
    /// The number of associations that the sync covers. 0 until it is known.
    total: u32,
}

/// The numbers of a sync's outcomes and requests.
#[derive(SimpleObject)]
pub struct HaloSyncSummary {
    /// The number of subscriptions that were created.
    created: u32,
    /// The number of subscriptions whose quantity was written.
    updated: u32,
    /// The number of subscriptions whose quantity was already correct.
    unchanged: u32,
    /// The number of associations with a problem that has to be resolved.
    failed: u32,
    /// The number of associations that the sync did not reach, or that a later sync completes.
    skipped: u32,
    /// The number of requests that were sent to Halo. It is updated at the end of each attempt, so
    /// it is 0 during the first.
    halo_requests: u32,
}

/// The reasons why a sync is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "run::Trigger")]
pub enum HaloSyncTrigger {
    /// The nightly sync was due.
    Nightly,
    /// A user requested the sync.
    OnDemand,
    /// Clients were mapped, and their subscriptions have to be created.
    AssociationSaved,
    /// An association was removed.
    AssociationEnded,
    /// A user requested a new subscription in place of a deleted one.
    SubscriptionRecreated,
}

/// The statuses of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "run::RunState")]
pub enum HaloSyncStatus {
    /// The sync waits for its next attempt: see `nextAttemptAt`.
    Queued,
    /// The sync is running.
    Running,
    /// Halo confirmed every association.
    Succeeded,
    /// Halo confirmed some associations. Problems have to be resolved for the others.
    PartiallySucceeded,
    /// Halo confirmed no association.
    Failed,
    /// The sync ended before its time, without an error: another sync continues it (see
    /// `continuedBy`), or Halo was disconnected or the partner was archived.
    Cancelled,
}
