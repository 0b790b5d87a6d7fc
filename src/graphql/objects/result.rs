//! What one sync did for one association.

use async_graphql::{Context, Enum, Object};

use crate::auth::Act;
use crate::domain::run;
use crate::graphql::{
    error::{Failure, Result},
    loaders::ById,
    objects::client::Client,
    objects::customer::HaloCustomer,
    objects::problem::HaloProblem,
    objects::run::HaloSyncRun,
    objects::user::UserCounts,
    request_context::RequestContext,
    scalars::Timestamp,
};
use crate::ids::PartnerId;

pub struct HaloSyncResult {
    pub(in crate::graphql) partner: PartnerId,
    pub(in crate::graphql) result: run::RunResult,
}

/// The result of one sync for one client: the evidence behind the billed quantity.
#[Object]
impl HaloSyncResult {
    /// The client that was synced.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = RequestContext::of(ctx).load(ById(self.partner, self.result.client)).await?;
        client.map(Client::from).ok_or(Failure::NotFound)
    }

    /// The Halo customer that the client was mapped to.
    async fn halo_customer(&self, ctx: &Context<'_>) -> Result<HaloCustomer> {
        let association = RequestContext::of(ctx).load(ById(self.partner, self.result.association)).await?;
        association.as_ref().map(HaloCustomer::of).ok_or(Failure::NotFound)
    }

    /// The numbers of the client's users when the sync read them: who was counted, and who was not.
    /// Null for syncs that ran before INFIMA stored the numbers.
    async fn user_counts(&self) -> Option<UserCounts> {
        self.result.users.map(UserCounts::from)
    }

    /// The sync that gave the result.
    async fn run(&self, ctx: &Context<'_>) -> Result<HaloSyncRun> {
        let run = RequestContext::of(ctx).load(ById(self.partner, self.result.run)).await?;
        run.map(HaloSyncRun::from).ok_or(Failure::NotFound)
    }

    /// The outcome for the client's subscription.
    async fn outcome(&self) -> HaloSyncOutcome {
        self.result.outcome.into()
    }

    /// The quantity in Halo before the sync. Null if there was no subscription, or Halo returned no
    /// quantity.
    async fn quantity_before(&self) -> Option<u32> {
        self.result.quantity_before
    }

    /// The quantity that Halo confirmed after the sync. Null if it confirmed none.
    async fn quantity_after(&self) -> Option<u32> {
        self.result.quantity_after
    }

    /// Whether the quantity had been changed in Halo since INFIMA last wrote it.
    async fn changed_in_halo(&self) -> bool {
        self.result.changed_in_halo
    }

    /// The problem or warning. Null if there is none.
    async fn problem(&self) -> Option<HaloProblem> {
        self.result.problem.clone().map(HaloProblem)
    }

    /// Halo's answer, without secrets. Null unless the caller is support.
    async fn evidence(&self, ctx: &Context<'_>) -> Option<&str> {
        self.result.evidence.as_deref().filter(|_| RequestContext::of(ctx).caller.may(Act::ViewEvidence))
    }

    /// The time when the result was recorded.
    async fn at(&self) -> Timestamp {
        self.result.at.into()
    }
}

/// The outcomes of a sync for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "run::Outcome")]
pub enum HaloSyncOutcome {
    /// The subscription was created.
    Created,
    /// The quantity was written.
    Updated,
    /// The quantity was already correct.
    Unchanged,
    /// A problem has to be resolved first: see `problem`.
    Failed,
    /// The sync did not reach the client, or a later sync completes it.
    Skipped,
}
