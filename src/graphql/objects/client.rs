//! A partner's client: a line of the mapping table.

use async_graphql::{Context, ID, Object, SimpleObject};

use crate::domain::association::AssociationState;
use crate::domain::roster::{self, RosterState};
use crate::graphql::{
    error::Result,
    loaders::{AssociationOf, ConnectionOf},
    objects::association::HaloClientAssociation,
    objects::customer::HaloCustomer,
    page,
    request_context::RequestContext,
};
use crate::ops::association::suggest_customers::{Suggestion, suggest_customers};

/// Suggestions for a page of clients would use up the requests that Halo grants to people.
const SUGGESTION_COST: usize = 400;
const SUGGESTIONS: i32 = 5;

pub struct Client(pub(in crate::graphql) roster::Client);

/// A partner's client: a small company whose users INFIMA trains.
#[Object]
impl Client {
    /// The client's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// INFIMA's own id of the client.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The client's name at INFIMA.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many of the client's users are active now: what the next sync writes into its Halo subscription. Each e-mail
    /// address counts once.
    async fn active_user_count(&self) -> u32 {
        self.0.active_users
    }

    /// The client is not with INFIMA any more. It counts no users, and stays mapped until somebody removes the
    /// association.
    async fn archived(&self) -> bool {
        self.0.state == RosterState::Archived
    }

    /// What the client is mapped to in Halo. Null where it is not mapped.
    async fn halo_association(&self, ctx: &Context<'_>) -> Result<Option<HaloClientAssociation>> {
        let association = RequestContext::of(ctx).load(AssociationOf(self.0.partner, self.0.id)).await?;
        Ok(association.map(HaloClientAssociation))
    }

    /// Customers in Halo that are called like the client, best first. Null for a client that is mapped; null, with an
    /// error beside it, where Halo is not connected or cannot be asked. Each client costs a request to Halo, so ask for
    /// few clients at once.
    #[graphql(complexity = "SUGGESTION_COST + page::paged(first.or(Some(SUGGESTIONS)), child_complexity)")]
    async fn suggested_halo_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most: 1 to 100, 5 unless told.", default_with = "Some(SUGGESTIONS)")]
        first: Option<i32>,
    ) -> Result<Option<Vec<HaloCustomerSuggestion>>> {
        let request_context = RequestContext::of(ctx);
        let most = page::size(first.or(Some(SUGGESTIONS)))?;
        let association = request_context.load(AssociationOf(self.0.partner, self.0.id)).await?;
        if association.is_some_and(|found| found.state != AssociationState::Ending) {
            return Ok(None);
        }
        let found = suggest_customers(
            &request_context.ops,
            &request_context.request(None),
            self.0.partner,
            &self.0,
            most.into(),
        )
        .await?;
        // Whoever has suggestions has a connection.
        let Some(connection) = request_context.load(ConnectionOf(self.0.partner)).await? else {
            return Ok(None);
        };
        let suggestions = found.into_iter().map(|Suggestion { customer, exact }| HaloCustomerSuggestion {
            customer: HaloCustomer { partner: self.0.partner, tenant: connection.tenant.clone(), customer },
            exact,
        });
        Ok(Some(suggestions.collect()))
    }
}

/// A customer in Halo that may be the client. Nothing is mapped until somebody says so.
#[derive(SimpleObject)]
pub struct HaloCustomerSuggestion {
    /// The customer in Halo that may be meant.
    customer: HaloCustomer,
    /// The names are the same but for upper and lower case, punctuation and legal form.
    exact: bool,
}
