//! Mapping clients to Halo customers, and ending that.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::association::{HaloAssociationEnding, HaloClientAssociation},
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    user_error::{UserError, into_payload, shown},
};
use crate::ids::{AssociationId, HaloCustomerId};
use crate::ops::association::remove::remove_association;
use crate::ops::association::save::{self, associate_clients};

#[derive(Default)]
pub struct AssociationMutations;

#[Object]
impl AssociationMutations {
    /// Maps clients to Halo customers, one or up to 200 at once, and queues the creation of their subscriptions. Each
    /// entry succeeds or fails by itself. Mapping a pair again that is mapped already changes nothing.
    async fn save_halo_client_associations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The entries.")] input: SaveHaloClientAssociationsInput,
    ) -> Result<SaveHaloClientAssociationsPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let mappings: Vec<_> = input.associations.iter().map(HaloClientAssociationInput::read).collect();
        let saved = associate_clients(&request_context.ops, &request_context.request(None), target, &mappings).await;
        let (saved, user_errors) = into_payload(request_context, target, saved).await?;
        let Some(saved) = saved else {
            return Ok(SaveHaloClientAssociationsPayload { associations: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), saved.run).await?;
        Ok(SaveHaloClientAssociationsPayload {
            associations: Some(saved.associations.into_iter().map(HaloClientAssociation).collect()),
            run,
            user_errors: shown(saved.errors),
        })
    }

    /// Ends the mapping of a client. The subscription stays in Halo; what becomes of its quantity is money, so the
    /// caller says it.
    async fn remove_halo_client_association(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which association, and what becomes of the quantity.")]
        input: RemoveHaloClientAssociationInput,
    ) -> Result<RemoveHaloClientAssociationPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let id = input.association_id.parse::<AssociationId>().ok();
        let removed = remove_association(&request_context.ops, &request, target, id, input.quantity.into()).await;
        let (removed, user_errors) = into_payload(request_context, target, removed).await?;
        let Some((association, run)) = removed else {
            return Ok(RemoveHaloClientAssociationPayload { association: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), run).await?;
        let association = Some(HaloClientAssociation(association));
        Ok(RemoveHaloClientAssociationPayload { association, run, user_errors })
    }
}

/// Clients and the Halo customers they are to be mapped to.
#[derive(InputObject)]
pub struct SaveHaloClientAssociationsInput {
    /// The entries, at most 200.
    associations: Vec<HaloClientAssociationInput>,
    /// The partner's global id. Left out: the caller's own partner.
    partner_id: Option<ID>,
}

/// A client and the Halo customer it is to be mapped to.
#[derive(InputObject)]
pub struct HaloClientAssociationInput {
    /// The global id of the client.
    client_id: ID,
    /// Halo's own id of the customer.
    halo_customer_id: i32,
    /// The customer may have other clients already. Each gets a subscription of its own there.
    #[graphql(default)]
    allow_shared_customer: bool,
    /// Needed where the client is mapped to another customer now.
    replace: Option<HaloAssociationReplacementInput>,
}

impl HaloClientAssociationInput {
    fn read(&self) -> save::Mapping {
        save::Mapping {
            client: self.client_id.parse().ok(),
            customer: HaloCustomerId(self.halo_customer_id),
            allow_shared: self.allow_shared_customer,
            replace: self.replace.as_ref().map(|replace| replace.previous_subscription.into()),
        }
    }
}

/// What becomes of the mapping that is replaced.
#[derive(InputObject)]
pub struct HaloAssociationReplacementInput {
    /// What becomes of the quantity that is billed for the customer the client was mapped to.
    previous_subscription: HaloAssociationEnding,
}

/// What became of the entries.
#[derive(SimpleObject)]
pub struct SaveHaloClientAssociationsPayload {
    /// The associations of the clients in the input, as they are now. Null where nothing could be done for any.
    associations: Option<Vec<HaloClientAssociation>>,
    /// The sync that creates the subscriptions. Null where nothing changed.
    run: Option<HaloSyncRun>,
    /// What has to be mended, with the entry's index: `["associations", "3", "haloCustomerId"]`.
    user_errors: Vec<UserError>,
}

/// Which association to end, and how.
#[derive(InputObject)]
pub struct RemoveHaloClientAssociationInput {
    /// The global id of the association to end.
    association_id: ID,
    /// What becomes of the quantity that is billed.
    quantity: HaloAssociationEnding,
    /// The partner's global id. Left out: the caller's own partner.
    partner_id: Option<ID>,
}

/// What became of the association.
#[derive(SimpleObject)]
pub struct RemoveHaloClientAssociationPayload {
    /// The association as it is now: ended, or ending until Halo has confirmed it. Null where nothing was done.
    association: Option<HaloClientAssociation>,
    /// The sync that brings it to its end. Null where nothing is left to do in Halo.
    run: Option<HaloSyncRun>,
    /// What has to be mended in the input.
    user_errors: Vec<UserError>,
}
