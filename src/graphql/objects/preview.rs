//! What a sync would change now.

use async_graphql::{Context, Enum, Object};

use crate::domain::plan::Action;
use crate::graphql::{
    error::{Failure, Result},
    loaders::ById,
    objects::association::HaloClientAssociation,
    objects::client::Client,
    objects::problem::HaloProblem,
    page,
    request_context::RequestContext,
    scalars::Moment,
};
use crate::ops::sync::preview::{Entry, Preview};

pub struct HaloSyncPreview(pub(in crate::graphql) Preview);

/// What a sync would change now, worked out against Halo as it stands. Asking for it changes nothing.
#[Object]
impl HaloSyncPreview {
    /// One entry for each association, whether or not something would change.
    #[graphql(complexity = "page::paged(Some(100), child_complexity)")]
    async fn entries(&self) -> Vec<HaloSyncPreviewEntry> {
        self.0.entries.iter().cloned().map(HaloSyncPreviewEntry).collect()
    }

    /// Halo was looked at for every association. A preview spends few requests, so with many clients it is not for all.
    async fn complete(&self) -> bool {
        self.0.complete
    }

    /// Requests that were sent to Halo for this preview.
    async fn halo_requests(&self) -> u32 {
        self.0.halo_requests
    }
}

pub struct HaloSyncPreviewEntry(Entry);

/// What a sync would do for one association.
#[Object]
impl HaloSyncPreviewEntry {
    /// The client that is mapped.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let association = &self.0.association;
        let client = RequestContext::of(ctx).load(ById(association.partner, association.client)).await?;
        client.map(Client).ok_or(Failure::NotFound)
    }

    /// The mapping that the entry is about, as it stands now.
    async fn association(&self) -> HaloClientAssociation {
        HaloClientAssociation(self.0.association.clone())
    }

    /// What the sync would do. Null where Halo was not looked at for this one.
    async fn action(&self) -> Option<HaloSyncAction> {
        self.0.step.as_ref().map(|step| match step.action {
            Action::Create { .. } => HaloSyncAction::Create,
            Action::Readopt { .. } => HaloSyncAction::Readopt,
            Action::SetQuantity { .. } => HaloSyncAction::SetQuantity,
            Action::NoChange { .. } => HaloSyncAction::NoChange,
            Action::End { .. } => HaloSyncAction::End,
            Action::Defer(_) => HaloSyncAction::Wait,
            Action::Blocked(_) => HaloSyncAction::Report,
        })
    }

    /// The client's active user count.
    async fn active_user_count(&self) -> u32 {
        self.0.active_users
    }

    /// The quantity that Halo shows, or showed when it was last looked at. Null where there is no subscription.
    async fn quantity_in_halo(&self) -> Option<u32> {
        match &self.0.step {
            Some(step) => step.observed.as_ref()?.quantity,
            None => self.0.association.subscription.as_ref()?.quantity,
        }
    }

    /// The quantity that Halo would show afterwards. Null where the sync would not settle that.
    async fn quantity_after(&self) -> Option<u32> {
        match &self.0.step.as_ref()?.action {
            Action::Create { quantity, .. } | Action::Readopt { quantity, .. } | Action::NoChange { quantity, .. } => {
                Some(*quantity)
            }
            Action::SetQuantity { to, .. } => Some(*to),
            Action::End { set_to_zero: Some(_) } => Some(0),
            Action::End { set_to_zero: None } | Action::Defer(_) | Action::Blocked(_) => None,
        }
    }

    /// Halo's quantity is not what INFIMA wrote last: somebody changed it there.
    async fn changed_in_halo(&self) -> bool {
        self.0.step.as_ref().is_some_and(|step| step.changed_in_halo)
    }

    /// What would be reported: something to mend first, or something worth a look.
    async fn problem(&self) -> Option<HaloProblem> {
        let step = self.0.step.as_ref()?;
        let problem = match &step.action {
            Action::Defer(problem) | Action::Blocked(problem) => Some(problem),
            _ => step.warning.as_ref(),
        };
        problem.cloned().map(HaloProblem)
    }

    /// When Halo last showed what is said here, where it was not looked at for this preview.
    async fn observed_at(&self) -> Option<Moment> {
        match self.0.step {
            Some(_) => None,
            None => self.0.association.subscription.as_ref()?.at.map(Into::into),
        }
    }
}

/// What a sync would do for one association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloSyncAction {
    /// Create the subscription.
    Create,
    /// Take a subscription back that is this client's already, and have its quantity be the active user count.
    Readopt,
    /// Set the quantity to the active user count.
    SetQuantity,
    /// Nothing: the quantity is right.
    NoChange,
    /// Bring the removed association to its end.
    End,
    /// Look again later: a create is not confirmed yet.
    Wait,
    /// Nothing but to report what has to be mended first.
    Report,
}
