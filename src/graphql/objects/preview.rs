//! What a sync would change now.

use async_graphql::{Context, Enum, Object};

use crate::domain::plan::Action;
use crate::graphql::{
    error::{Failure, Result},
    loaders::ById,
    objects::association::HaloClientAssociation,
    objects::client::Client,
    objects::customer::HaloCustomer,
    objects::problem::HaloProblem,
    page,
    request_context::RequestContext,
    scalars::Timestamp,
};
use crate::ops::sync::preview::{Entry, Preview};

pub struct HaloSyncPreview(pub(in crate::graphql) Preview);

/// The changes that a sync would make now, computed from live data in Halo. A preview changes
/// nothing.
#[Object]
impl HaloSyncPreview {
    /// One entry for each association, also if nothing would change.
    #[graphql(complexity = "page::paged(Some(100), child_complexity)")]
    async fn entries(&self) -> Vec<HaloSyncPreviewEntry> {
        self.0.entries.iter().cloned().map(HaloSyncPreviewEntry).collect()
    }

    /// Whether every association was read from Halo. A preview sends few requests, so it does not
    /// cover all of many clients.
    async fn complete(&self) -> bool {
        self.0.complete
    }

    /// The number of requests that were sent to Halo for this preview.
    async fn halo_requests(&self) -> u32 {
        self.0.halo_requests
    }
}

pub struct HaloSyncPreviewEntry(Entry);

/// An entry of a preview: what a sync would do for one association.
#[Object]
impl HaloSyncPreviewEntry {
    /// The mapped client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let association = &self.0.association;
        let client = RequestContext::of(ctx).load(ById(association.partner, association.client)).await?;
        client.map(Client::from).ok_or(Failure::NotFound)
    }

    /// The Halo customer whose subscription the entry is about.
    async fn halo_customer(&self) -> HaloCustomer {
        HaloCustomer::of(&self.0.association)
    }

    /// The association in its current state.
    async fn association(&self) -> HaloClientAssociation {
        self.0.association.clone().into()
    }

    /// The action of the sync. Null if the association was not read from Halo for this preview.
    async fn action(&self) -> Option<HaloSyncAction> {
        self.0.step.as_ref().map(|step| match step.action {
            Action::Create { .. } => HaloSyncAction::Create,
            Action::Readopt { .. } => HaloSyncAction::Readopt,
            Action::SetQuantity { .. } => HaloSyncAction::SetQuantity,
            Action::NoChange { .. } => HaloSyncAction::NoChange,
            Action::AwaitUsers => HaloSyncAction::AwaitUsers,
            Action::End { .. } => HaloSyncAction::End,
            Action::Defer(_) => HaloSyncAction::Wait,
            Action::Blocked(_) => HaloSyncAction::Report,
        })
    }

    /// The client's active user count.
    async fn active_user_count(&self) -> u32 {
        self.0.active_users
    }

    /// The quantity in Halo when it was last read. Null if there is no subscription.
    async fn quantity_in_halo(&self) -> Option<u32> {
        match &self.0.step {
            Some(step) => step.observed.as_ref()?.quantity,
            None => self.0.association.subscription.as_ref()?.quantity,
        }
    }

    /// The quantity after the sync. Null if the sync would not determine it.
    async fn quantity_after(&self) -> Option<u32> {
        match &self.0.step.as_ref()?.action {
            Action::Create { quantity, .. } | Action::Readopt { quantity, .. } | Action::NoChange { quantity, .. } => {
                Some(*quantity)
            }
            Action::SetQuantity { to, .. } => Some(*to),
            Action::End { set_to_zero: Some(_) } => Some(0),
            Action::End { set_to_zero: None } | Action::AwaitUsers | Action::Defer(_) | Action::Blocked(_) => None,
        }
    }

    /// Whether the quantity was changed in Halo since INFIMA last wrote it.
    async fn changed_in_halo(&self) -> bool {
        self.0.step.as_ref().is_some_and(|step| step.changed_in_halo)
    }

    /// The problem or warning that the sync would report. Null if there is none.
    async fn problem(&self) -> Option<HaloProblem> {
        let step = self.0.step.as_ref()?;
        let problem = match &step.action {
            Action::Defer(problem) | Action::Blocked(problem) => Some(problem),
            _ => step.warning.as_ref(),
        };
        problem.cloned().map(HaloProblem)
    }

    /// The time when the entry's data was last read from Halo. Null if it was read for this
    /// preview.
    async fn observed_at(&self) -> Option<Timestamp> {
        match self.0.step {
            Some(_) => None,
            None => self.0.association.subscription.as_ref()?.at.map(Into::into),
        }
    }
}

/// The actions that a sync would take for an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloSyncAction {
    /// Creates the subscription.
    Create,
    /// Uses a subscription again that is already this client's, and sets its quantity to the active
    /// user count.
    Readopt,
    /// Sets the quantity to the active user count.
    SetQuantity,
    /// Changes nothing: the quantity is correct.
    NoChange,
    /// Creates no subscription: the client has no active users, and the partner wants none before
    /// it has.
    AwaitUsers,
    /// Ends the removed association.
    End,
    /// Waits, because a create is not confirmed yet.
    Wait,
    /// Reports a problem that has to be resolved first.
    Report,
}
