//! Mapping clients to Halo customers, and ending a mapping.

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
    /// Maps up to 200 clients to Halo customers and queues the creation of their subscriptions.
    /// Each entry succeeds or fails on its own. Mapping a client to its current customer changes
    /// nothing.
    async fn save_halo_client_associations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clients and the customers to map them to.")] input: SaveHaloClientAssociationsInput,
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
            associations: Some(saved.associations.into_iter().map(HaloClientAssociation::from).collect()),
            run,
            user_errors: shown(saved.errors),
        })
    }

    /// Removes the association of a client. The subscription stays in Halo; `quantity` decides what
    /// is billed for it from now on.
    async fn remove_halo_client_association(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The association, and what happens to the billed quantity.")]
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
        let association = Some(association.into());
        Ok(RemoveHaloClientAssociationPayload { association, run, user_errors })
    }
}

/// The input of `saveHaloClientAssociations`.
#[derive(InputObject)]
pub struct SaveHaloClientAssociationsInput {
    /// The clients and the customers to map them to, at most 200.
    associations: Vec<HaloClientAssociationInput>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// A client and the Halo customer to map it to.
#[derive(InputObject)]
pub struct HaloClientAssociationInput {
    /// The client's global id.
    client_id: ID,
    /// Halo's id of the customer.
    halo_customer_id: i32,
    /// Whether the customer may already have other clients. Each client gets its own subscription
    /// there.
    #[graphql(default)]
    allow_shared_customer: bool,
    /// The ending of the client's current association. Required if the client is mapped to another
    /// customer.
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

/// The ending of the association that is replaced.
#[derive(InputObject)]
pub struct HaloAssociationReplacementInput {
    /// The option for the quantity that is billed at the customer that the client was mapped to.
    previous_subscription: HaloAssociationEnding,
}

/// The result of `saveHaloClientAssociations`.
#[derive(SimpleObject)]
pub struct SaveHaloClientAssociationsPayload {
    /// The associations of the clients in the input, in their new state. Null if none could be
    /// saved.
    associations: Option<Vec<HaloClientAssociation>>,
    /// The sync that creates the subscriptions. Null if nothing was changed.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed, with the entry's index in `field`:
    /// `["associations", "3", "haloCustomerId"]`.
    user_errors: Vec<UserError>,
}

/// The input of `removeHaloClientAssociation`.
#[derive(InputObject)]
pub struct RemoveHaloClientAssociationInput {
    /// The global id of the association to remove.
    association_id: ID,
    /// The option for the billed quantity.
    quantity: HaloAssociationEnding,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `removeHaloClientAssociation`.
#[derive(SimpleObject)]
pub struct RemoveHaloClientAssociationPayload {
    /// The association, which has ended or is ending until Halo has confirmed the quantity. Null if
    /// nothing was changed.
    association: Option<HaloClientAssociation>,
    /// The sync that ends the association. Null if nothing has to be changed in Halo.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}
