//! Suggestions of customers for all unmapped clients.

use async_graphql::{Context, Enum, Object, SimpleObject, connection::Connection};

use crate::graphql::{
    error::{Failure, Result},
    loaders::ById,
    objects::client::Client,
    objects::customer::HaloCustomer,
    page::{self, Place},
    request_context::RequestContext,
    scalars::Timestamp,
};
use crate::ids::{HaloTenant, PartnerId};
use crate::ops::association::mapping_suggestion::{Candidate, MappingSuggestion, SuggestionKind};
use crate::ops::association::suggest_mappings::{SuggestedMappings, suggest_mappings};
use crate::storage::Page;

pub(in crate::graphql) type HaloMappingSuggestionConnection = Connection<Place, HaloMappingSuggestion, Suggested>;

pub struct HaloMappingSuggestion {
    partner: PartnerId,
    tenant: HaloTenant,
    suggestion: MappingSuggestion,
}

/// A client that is not mapped, and the customers in Halo that it may be. Nothing is mapped until a
/// user accepts the suggestion or saves an association.
#[Object]
impl HaloMappingSuggestion {
    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = RequestContext::of(ctx).load(ById(self.partner, self.suggestion.client)).await?;
        client.map(Client::from).ok_or(Failure::NotFound)
    }

    /// How sure the suggestion is.
    async fn kind(&self) -> HaloMappingSuggestionKind {
        self.suggestion.kind.into()
    }

    /// The customers that the client may be, the likeliest first, at most five.
    async fn candidates(&self) -> Vec<HaloMappingCandidate> {
        let candidate = |Candidate { customer, score, reason }: &Candidate| HaloMappingCandidate {
            customer: HaloCustomer { partner: self.partner, tenant: self.tenant.clone(), customer: customer.clone() },
            score: *score,
            reason: (*reason).into(),
        };
        self.suggestion.candidates.iter().map(candidate).collect()
    }
}

/// A customer in Halo that may be the client.
#[derive(SimpleObject)]
pub struct HaloMappingCandidate {
    /// The customer in Halo.
    customer: HaloCustomer,
    /// The percentage of the words of both names that both names have, from 0 to 100. 100 if the
    /// names are the same.
    score: u8,
    /// The reason why the customer is a candidate.
    reason: HaloMappingReason,
}

/// How sure a suggestion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::ops::association::mapping_suggestion::SuggestionKind")]
pub enum HaloMappingSuggestionKind {
    /// One customer has the client's name, no other client has that name, and no client is mapped
    /// to the customer. `acceptHaloMappingSuggestions` maps it.
    Exact,
    /// Several customers have the client's name, or several clients do. A user has to choose.
    Ambiguous,
    /// Customers share words with the client's name, or have them in another order, or another
    /// client is mapped to the customer of that name already.
    Similar,
    /// No customer has a name like the client's.
    None,
}

/// The reasons why a customer is a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::ops::association::mapping_suggestion::CandidateReason")]
pub enum HaloMappingReason {
    /// Before the partner connected another Halo, the client was mapped to a customer of this name.
    EarlierCustomer,
    /// The names have the same words in the same order. Case, accents (also spelt out, as in `ue`),
    /// spaces, punctuation, legal form, a leading "The" and words for "and" are ignored.
    SameName,
    /// The names share words that few customers have, or have the same words in another order.
    SharedWords,
}

/// What is known of the list as a whole.
#[derive(SimpleObject)]
pub struct Suggested {
    /// The number of entries on all pages of the list.
    total_count: u32,
    /// The numbers of unmapped clients by kind of suggestion, whatever the list is narrowed to.
    counts: HaloMappingSuggestionCounts,
    /// The time at which the customers were read from Halo. They are read again after five minutes,
    /// and whenever suggestions are accepted.
    customers_read_at: Timestamp,
}

/// The numbers of a partner's unmapped clients by kind of suggestion.
#[derive(Clone, Copy, SimpleObject)]
pub struct HaloMappingSuggestionCounts {
    /// The number of clients whose suggestion is `EXACT`.
    exact: u32,
    /// The number of clients whose suggestion is `AMBIGUOUS`.
    ambiguous: u32,
    /// The number of clients whose suggestion is `SIMILAR`.
    similar: u32,
    /// The number of clients whose suggestion is `NONE`.
    none: u32,
}

/// One page of the suggestions for a partner's unmapped clients.
pub(in crate::graphql) async fn suggestions(
    request_context: &RequestContext,
    partner: PartnerId,
    page: Page,
    kinds: Option<Vec<HaloMappingSuggestionKind>>,
) -> Result<HaloMappingSuggestionConnection> {
    let request = request_context.request(None);
    let found = suggest_mappings(&request_context.ops, &request, partner).await?;
    let SuggestedMappings { tenant, read_at, mut suggestions } = found;
    let of = |kind| count(suggestions.iter().filter(|suggestion| suggestion.kind == kind).count());
    let counts = HaloMappingSuggestionCounts {
        exact: of(SuggestionKind::Exact),
        ambiguous: of(SuggestionKind::Ambiguous),
        similar: of(SuggestionKind::Similar),
        none: of(SuggestionKind::None),
    };
    if let Some(kinds) = kinds {
        suggestions.retain(|suggestion| kinds.contains(&suggestion.kind.into()));
    }
    let total = Suggested { total_count: count(suggestions.len()), customers_read_at: read_at.into(), counts };
    let slice = page.of_sorted(suggestions, MappingSuggestion::place);
    let show = |suggestion| HaloMappingSuggestion { partner, tenant: tenant.clone(), suggestion };
    Ok(page::shown(&page, slice, total, MappingSuggestion::place, show))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
