//! What one sync did for one association.

use async_graphql::{Context, Enum, Object};

use crate::auth::Act;
use crate::domain::run;
use crate::graphql::{
    error::{Failure, Result},
    loaders::ById,
    objects::client::Client,
    objects::problem::HaloProblem,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    scalars::Moment,
};
use crate::ids::PartnerId;

pub struct HaloSyncResult {
    pub(in crate::graphql) partner: PartnerId,
    pub(in crate::graphql) result: run::RunResult,
}

/// What one sync did for one client: the evidence behind what was billed.
#[Object]
impl HaloSyncResult {
    /// The client it was done for.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = RequestContext::of(ctx).load(ById(self.partner, self.result.client)).await?;
        client.map(Client).ok_or(Failure::NotFound)
    }

    /// The sync that did it.
    async fn run(&self, ctx: &Context<'_>) -> Result<HaloSyncRun> {
        let run = RequestContext::of(ctx).load(ById(self.partner, self.result.run)).await?;
        run.map(HaloSyncRun).ok_or(Failure::NotFound)
    }

    /// What became of the client's subscription.
    async fn outcome(&self) -> HaloSyncOutcome {
        self.result.outcome.into()
    }

    /// The quantity that Halo had before. Null where there was no subscription, or Halo showed none.
    async fn quantity_before(&self) -> Option<u32> {
        self.result.quantity_before
    }

    /// The quantity that Halo confirmed afterwards. Null where it confirmed none.
    async fn quantity_after(&self) -> Option<u32> {
        self.result.quantity_after
    }

    /// Halo's quantity was not what INFIMA had written last: somebody changed it there.
    async fn changed_in_halo(&self) -> bool {
        self.result.changed_in_halo
    }

    /// What has to be mended, or is worth a look. Null where all is well.
    async fn problem(&self) -> Option<HaloProblem> {
        self.result.problem.clone().map(HaloProblem)
    }

    /// Halo's own answer, without anything secret. For support only, null for everybody else.
    async fn evidence(&self, ctx: &Context<'_>) -> Option<&str> {
        self.result.evidence.as_deref().filter(|_| RequestContext::of(ctx).caller.may(Act::ViewEvidence))
    }

    /// When it was done.
    async fn at(&self) -> Moment {
        self.result.at.into()
    }
}

/// What a sync did for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "run::Outcome")]
pub enum HaloSyncOutcome {
    /// Its subscription was created.
    Created,
    /// Its subscription's quantity was written.
    Updated,
    /// Its subscription's quantity was right already.
    Unchanged,
    /// Something has to be mended first: see `problem`.
    Failed,
    /// It was not reached, or waits for something that a later sync settles.
    Skipped,
}
