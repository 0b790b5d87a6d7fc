//! What a person does about a subscription that INFIMA must not decide about by itself.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::association::HaloClientAssociation,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    user_error::{UserError, into_payload},
};
use crate::ids::{AssociationId, HaloSubscriptionId};
use crate::ops::association::recreate::recreate_subscription;
use crate::ops::association::resolve::{Resolution, resolve_subscription};
use crate::ops::{OpError, UserErrorCode};

#[derive(Default)]
pub struct SubscriptionMutations;

#[Object]
impl SubscriptionMutations {
    /// Has a new subscription created where the old one was deleted in Halo.
    async fn recreate_halo_subscription(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The association whose subscription was deleted.")] input: RecreateHaloSubscriptionInput,
    ) -> Result<RecreateHaloSubscriptionPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let id = input.association_id.parse::<AssociationId>().ok();
        let recreated = recreate_subscription(&request_context.ops, &request, target, id).await;
        let (recreated, user_errors) = into_payload(request_context, target, recreated).await?;
        let Some((association, run)) = recreated else {
            return Ok(RecreateHaloSubscriptionPayload { association: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), Some(run)).await?;
        let association = Some(HaloClientAssociation(association));
        Ok(RecreateHaloSubscriptionPayload { association, run, user_errors })
    }

    /// Answers a question that only a person can: which of Halo's subscriptions is the client's, or whether writing
    /// goes on after Halo did not keep a subscription's other fields.
    async fn resolve_halo_subscription(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: ResolveHaloSubscriptionInput,
    ) -> Result<ResolveHaloSubscriptionPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let id = input.association_id.parse::<AssociationId>().ok();
        let resolved = match input.resolution() {
            Ok(resolution) => resolve_subscription(&request_context.ops, &request, target, id, resolution).await,
            Err(error) => Err(error),
        };
        let (resolved, user_errors) = into_payload(request_context, target, resolved).await?;
        let Some((association, run)) = resolved else {
            return Ok(ResolveHaloSubscriptionPayload { association: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), Some(run)).await?;
        let association = Some(HaloClientAssociation(association));
        Ok(ResolveHaloSubscriptionPayload { association, run, user_errors })
    }
}

/// Where a new subscription is to be created.
#[derive(InputObject)]
pub struct RecreateHaloSubscriptionInput {
    /// The global id of the association whose subscription was deleted in Halo.
    association_id: ID,
    /// The partner's global id. Left out: the caller's own partner.
    partner_id: Option<ID>,
}

/// What became of it.
#[derive(SimpleObject)]
pub struct RecreateHaloSubscriptionPayload {
    /// The association as it is now. Null where nothing was done.
    association: Option<HaloClientAssociation>,
    /// The sync that creates the subscription.
    run: Option<HaloSyncRun>,
    /// What has to be mended in the input.
    user_errors: Vec<UserError>,
}

/// The answer to what an association asks.
#[derive(InputObject)]
pub struct ResolveHaloSubscriptionInput {
    /// The global id of the association whose problem asks for an answer.
    association_id: ID,
    /// What the person decided.
    answer: HaloSubscriptionAnswer,
    /// Halo's own id of the subscription to use. Needed with `ADOPT`.
    adopt_subscription_id: Option<i32>,
    /// The partner's global id. Left out: the caller's own partner.
    partner_id: Option<ID>,
}

impl ResolveHaloSubscriptionInput {
    fn resolution(&self) -> std::result::Result<Resolution, OpError> {
        match (self.answer, self.adopt_subscription_id) {
            (HaloSubscriptionAnswer::Adopt, Some(id)) => Ok(Resolution::Adopt(HaloSubscriptionId(id))),
            (HaloSubscriptionAnswer::Adopt, None) => {
                Err(OpError::refused(UserErrorCode::Required, &["adoptSubscriptionId"], "Say which subscription."))
            }
            (HaloSubscriptionAnswer::CreateNew, _) => Ok(Resolution::CreateNew),
            (HaloSubscriptionAnswer::Continue, _) => Ok(Resolution::Continue),
        }
    }
}

/// What a person can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloSubscriptionAnswer {
    /// The subscription that `adoptSubscriptionId` names is the client's.
    Adopt,
    /// None of those that are there: create a new one.
    CreateNew,
    /// The subscription's name, price and cost were looked at in Halo: writing may go on.
    Continue,
}

/// What became of the answer.
#[derive(SimpleObject)]
pub struct ResolveHaloSubscriptionPayload {
    /// The association as it is now. Null where nothing was done.
    association: Option<HaloClientAssociation>,
    /// The sync that acts on the answer.
    run: Option<HaloSyncRun>,
    /// What has to be mended in the input.
    user_errors: Vec<UserError>,
}
