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
use crate::ops::association::import_mappings::{ImportedMappings, import_mappings};

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

    /// Maps clients by a file in the form of `/exports/halo-mappings.csv`, and queues the creation
    /// of their subscriptions. The file is validated as a whole first: if any line has an error,
    /// nothing is changed, unless `skipInvalid` is set. No mapping is changed or removed, unless
    /// Halo shows the client's subscription at the customer of its line already.
    async fn import_halo_mappings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, and the file.")] input: ImportHaloMappingsInput,
    ) -> Result<ImportHaloMappingsPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let ops = &request_context.ops;
        let imported = import_mappings(ops, &request, target, &input.csv, input.skip_invalid).await;
        let (imported, user_errors) = into_payload(request_context, target, imported).await?;
        let Some(ImportedMappings { mapped, already_mapped, without_customer, invalid, errors, run }) = imported else {
            return Ok(ImportHaloMappingsPayload { result: None, partner: None, run: None, user_errors });
        };
        Ok(ImportHaloMappingsPayload {
            result: Some(HaloMappingImportResult { mapped, already_mapped, without_customer, invalid }),
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

/// The input of `importHaloMappings`.
#[derive(InputObject)]
pub struct ImportHaloMappingsInput {
    /// The file as text: CSV with commas, semicolons or tabs, at most 200 KB and 2,000 lines. Its
    /// first line names the columns, of which `infima_client_id` and `halo_customer_id` are read. A
    /// line without a customer changes nothing.
    csv: String,
    /// Whether to map the clients of the lines without an error if others have one.
    #[graphql(default)]
    skip_invalid: bool,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `importHaloMappings`.
#[derive(SimpleObject)]
pub struct ImportHaloMappingsPayload {
    /// The numbers of lines by what became of them. Null if nothing was changed because of errors.
    result: Option<HaloMappingImportResult>,
    /// The partner, with its new counts. Null if nothing was changed because of errors.
    partner: Option<Partner>,
    /// The sync that creates the subscriptions. Null if nothing was changed.
    run: Option<HaloSyncRun>,
    /// The errors in the file, at most 200, each with its line, counted from 1, and its column:
    /// `["csv", "3", "halo_customer_id"]`.
    user_errors: Vec<UserError>,
}

/// What became of the lines of a file of mappings.
#[derive(SimpleObject)]
pub struct HaloMappingImportResult {
    /// The number of clients that were mapped now.
    mapped: u32,
    /// The number of clients that were mapped to the customer of their line before.
    already_mapped: u32,
    /// The number of lines without a customer. Nothing was done about their clients.
    without_customer: u32,
    /// The number of lines that were left out because of an error.
    invalid: u32,
}
