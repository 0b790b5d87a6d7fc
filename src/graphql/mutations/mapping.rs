//! Mapping many clients at once.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::partner::{self, Partner},
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    user_error::{UserError, into_payload, shown},
};
use crate::ops::association::accept_suggestions::{Accepted, accept_suggestions};

#[derive(Default)]
pub struct MappingMutations;

#[Object]
impl MappingMutations {
    /// Maps all clients whose suggestion is `EXACT`, up to 2,000 at once, and queues the creation
    /// of their subscriptions. Halo's customers are read again before. A client that is mapped
    /// already stays as it is.
    async fn accept_halo_mapping_suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, and the clients to leave out.")] input: AcceptHaloMappingSuggestionsInput,
    ) -> Result<AcceptHaloMappingSuggestionsPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let left_out: Vec<_> = input.except_client_ids.iter().map(|id| id.parse().ok()).collect();
        let accepted = accept_suggestions(&request_context.ops, &request, target, &left_out).await;
        let (accepted, user_errors) = into_payload(request_context, target, accepted).await?;
        let Some(Accepted { errors, run, mapped, already_mapped, ambiguous, similar, unmatched, remaining }) = accepted
        else {
            return Ok(AcceptHaloMappingSuggestionsPayload { result: None, partner: None, run: None, user_errors });
        };
        Ok(AcceptHaloMappingSuggestionsPayload {
            result: Some(HaloMappingResult { mapped, already_mapped, ambiguous, similar, unmatched, remaining }),
            partner: partner::find(request_context, target).await?,
            run: HaloSyncRun::queued(request_context, target.partner(), run).await?,
            user_errors: shown(errors),
        })
    }
}

/// The input of `acceptHaloMappingSuggestions`.
#[derive(InputObject)]
pub struct AcceptHaloMappingSuggestionsInput {
    /// The global ids of clients that are not to be mapped, at most 200.
    #[graphql(default)]
    except_client_ids: Vec<ID>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `acceptHaloMappingSuggestions`.
#[derive(SimpleObject)]
pub struct AcceptHaloMappingSuggestionsPayload {
    /// The numbers of clients by what became of their suggestions. Null if nothing could be done.
    result: Option<HaloMappingResult>,
    /// The partner, with its new counts. Null if nothing could be done.
    partner: Option<Partner>,
    /// The sync that creates the subscriptions. Null if nothing was changed.
    run: Option<HaloSyncRun>,
    /// The errors that have to be fixed. One about a client begins with the client's name and has
    /// no `field`; the other clients are mapped.
    user_errors: Vec<UserError>,
}

/// What became of the suggestions for a partner's clients.
#[derive(SimpleObject)]
pub struct HaloMappingResult {
    /// The number of clients that were mapped now.
    mapped: u32,
    /// The number of clients that were mapped before. They were not changed.
    already_mapped: u32,
    /// The number of clients whose suggestion is `AMBIGUOUS`.
    ambiguous: u32,
    /// The number of clients whose suggestion is `SIMILAR`.
    similar: u32,
    /// The number of clients without a suggestion.
    unmatched: u32,
    /// The number of clients whose suggestion is `EXACT` and that were not mapped: they were left
    /// out, have an error in `userErrors`, or were too many for one call. Accept again for those.
    remaining: u32,
}
