//! What a user decides about a subscription, because INFIMA must not decide it by itself.

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
use crate::ops::association::resolve::{Answer, resolve_subscription};

#[derive(Default)]
pub struct SubscriptionMutations;

#[Object]
impl SubscriptionMutations {
    /// Requests a new subscription for an association whose subscription was deleted in Halo.
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
        let association = Some(HaloClientAssociation::from(association));
        Ok(RecreateHaloSubscriptionPayload { association, run, user_errors })
    }

    /// Resolves a problem that needs a user's decision: which subscription in Halo is the client's,
    /// whether writes resume after Halo overwrote a subscription's other fields, or whether a
    /// quantity may fall as far as the active user count has.
    async fn resolve_halo_subscription(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The association and the decision.")] input: ResolveHaloSubscriptionInput,
    ) -> Result<ResolveHaloSubscriptionPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let id = input.association_id.parse::<AssociationId>().ok();
        let resolved = resolve_subscription(&request_context.ops, &request, target, id, input.answer()).await;
        let (resolved, user_errors) = into_payload(request_context, target, resolved).await?;
        let Some((association, run)) = resolved else {
            return Ok(ResolveHaloSubscriptionPayload { association: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), Some(run)).await?;
        let association = Some(HaloClientAssociation::from(association));
        Ok(ResolveHaloSubscriptionPayload { association, run, user_errors })
    }
}

/// The input of `recreateHaloSubscription`.
#[derive(InputObject)]
pub struct RecreateHaloSubscriptionInput {
    /// The global id of the association whose subscription was deleted in Halo.
    association_id: ID,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `recreateHaloSubscription`.
#[derive(SimpleObject)]
pub struct RecreateHaloSubscriptionPayload {
    /// The association in its new state. Null if nothing was changed.
    association: Option<HaloClientAssociation>,
    /// The sync that creates the subscription.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `resolveHaloSubscription`.
#[derive(InputObject)]
pub struct ResolveHaloSubscriptionInput {
    /// The global id of the association whose problem is resolved.
    association_id: ID,
    /// The user's decision.
    answer: HaloSubscriptionAnswer,
    /// Halo's id of the subscription to use. Required with `ADOPT`.
    adopt_subscription_id: Option<i32>,
    /// The quantity that the user confirms: the problem's `heldQuantity`. Required with
    /// `CONFIRM_QUANTITY`. It is refused if another one is held meanwhile.
    held_quantity: Option<i32>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

impl ResolveHaloSubscriptionInput {
    fn answer(&self) -> Answer {
        match self.answer {
            HaloSubscriptionAnswer::Adopt => Answer::Adopt(self.adopt_subscription_id.map(HaloSubscriptionId)),
            HaloSubscriptionAnswer::CreateNew => Answer::CreateNew,
            HaloSubscriptionAnswer::Continue => Answer::Continue,
            HaloSubscriptionAnswer::ConfirmQuantity => {
                Answer::ConfirmQuantity(self.held_quantity.and_then(|quantity| u32::try_from(quantity).ok()))
            }
        }
    }
}

/// The answers to the problem of an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloSubscriptionAnswer {
    /// Uses the subscription in `adoptSubscriptionId` for the client.
    Adopt,
    /// Creates a new subscription and uses none of the existing ones.
    CreateNew,
    /// Resumes writes: a user has reviewed the subscription's name, price and cost in Halo.
    Continue,
    /// Writes the quantity in `heldQuantity`, which was held because it would fall far: a user has
    /// checked the count. A quantity that has fallen further since then is held again.
    ConfirmQuantity,
}

/// The result of `resolveHaloSubscription`.
#[derive(SimpleObject)]
pub struct ResolveHaloSubscriptionPayload {
    /// The association in its new state. Null if nothing was changed.
    association: Option<HaloClientAssociation>,
    /// The sync that carries out the decision.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}
