//! A partner's client: a line of the mapping table.

use async_graphql::{Context, ID, Object, SimpleObject};

use crate::domain::association::{AssociationState, NameTemplate, initial_name};
use crate::domain::roster::{self, RosterState};
use crate::graphql::{
    error::{Failure, Result},
    loaders::{AssociationOf, ConnectionOf, UserCountsOf, UsersPage},
    objects::activity::Actor,
    objects::association::HaloClientAssociation,
    objects::customer::HaloCustomer,
    objects::evidence::{self, BillingDay},
    objects::user::{ClientUser, UserCounts},
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::{Date, Timestamp},
};
use crate::ops::association::suggest_customers::{Suggestion, suggest_customers};
use crate::storage::clients::{Listed, ListedClient};

/// Suggestions for a page of clients would use up the requests that are reserved for users.
pub(in crate::graphql) const SUGGESTION_COST: usize = 400;
const SUGGESTIONS: i32 = 5;

pub struct Client {
    client: roster::Client,
    /// What a list has read of the client's association.
    listed: Option<Listed>,
}

impl From<roster::Client> for Client {
    fn from(client: roster::Client) -> Self {
        Self { client, listed: None }
    }
}

impl From<ListedClient> for Client {
    fn from(ListedClient { client, listed }: ListedClient) -> Self {
        Self { client, listed }
    }
}

/// A client of a partner: a company whose users INFIMA trains.
#[Object]
impl Client {
    /// The client's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.client.id.into()
    }

    /// INFIMA's id of the client.
    async fn external_id(&self) -> &str {
        &self.client.external_id
    }

    /// The client's name at INFIMA.
    async fn name(&self) -> &str {
        &self.client.name
    }

    /// The number of the client's active users, which the next sync writes to the Halo
    /// subscription. Users with the same e-mail address count once.
    async fn active_user_count(&self) -> u32 {
        self.client.active_users
    }

    /// The numbers of the client's users now: who is counted, and who is not.
    /// `HaloSyncResult.userCounts` has those of a past night.
    async fn user_counts(&self, ctx: &Context<'_>) -> Result<UserCounts> {
        let counts = RequestContext::of(ctx).load(UserCountsOf(self.client.partner, self.client.id)).await?;
        Ok(counts.unwrap_or_default().into())
    }

    /// The client's users by e-mail address, as they are counted now.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only users who are counted (true) or who are not counted (false).")] counted: Option<
            bool,
        >,
    ) -> Result<Paged<ClientUser>> {
        let roster::Client { partner, id, .. } = self.client;
        let page = page::page(first, after.as_deref())?;
        let wanted = UsersPage(partner, id, counted, page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Users(UserCountsOf(partner, id), counted);
        // A cursor holds no address: callers to whom it is masked would read it there.
        Ok(page::shown(&page, slice, total, |user| (String::new(), user.id.0), ClientUser))
    }

    /// Whether the client has left INFIMA. An archived client has an active user count of 0 and
    /// stays mapped until its association is removed.
    async fn archived(&self) -> bool {
        self.client.state == RosterState::Archived
    }

    /// Why the client is not mapped on purpose. Null if it is mapped or is to be mapped.
    async fn halo_exclusion(&self) -> Option<HaloClientExclusion> {
        self.client.exclusion.clone().map(HaloClientExclusion)
    }

    /// The client's association with a customer in Halo. Null if the client is not mapped.
    async fn halo_association(&self, ctx: &Context<'_>) -> Result<Option<HaloClientAssociation>> {
        if let Some(Listed { association, halo_url }) = &self.listed {
            return Ok(association.clone().map(|it| HaloClientAssociation::listed(it, halo_url.clone())));
        }
        let association = RequestContext::of(ctx).load(AssociationOf(self.client.partner, self.client.id)).await?;
        Ok(association.map(HaloClientAssociation::from))
    }

    /// The name that a subscription of the client would get if it were mapped now, with the
    /// customer that the client is mapped to, or else with the client's own name in the customer's
    /// place. The client's name is added where several clients share a customer and the template
    /// does not have it. A subscription that exists keeps its name.
    async fn halo_subscription_name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A template to try. Default: the partner's setting `subscriptionName`.")] template: Option<
            String,
        >,
    ) -> Result<String> {
        let request_context = RequestContext::of(ctx);
        let template = match template {
            Some(text) => {
                Some(NameTemplate::parse(&text).map_err(|why| Failure::bad_argument("template", why.to_string()))?)
            }
            None => request_context.load(self.client.partner).await?.and_then(|partner| partner.rules.name),
        };
        let association = request_context.load(AssociationOf(self.client.partner, self.client.id)).await?;
        let customer = association.and_then(|association| association.customer.name);
        Ok(initial_name(template.as_ref(), &self.client.name, customer.as_deref(), false))
    }

    /// The evidence behind what the client was billed, an entry for each day on which it was
    /// mapped, up to today: what was billable on a day is what syncs stored then, never computed
    /// again.
    #[graphql(complexity = "evidence::cost(&from, &to, child_complexity)")]
    async fn billing_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day. There may be at most 400 days.")] to: Date,
    ) -> Result<Vec<BillingDay>> {
        let roster::Client { partner, id, .. } = self.client;
        let request_context = RequestContext::of(ctx);
        let days = evidence::days(request_context, partner, from.0, to.0).await?;
        Ok(evidence::shown(partner, &evidence::of_client(request_context, partner, id, days).await?))
    }

    /// The customers in Halo whose names are like the client's, the likeliest first. Null if the
    /// client is mapped; null with an error if Halo is not connected or not reachable. Each client
    /// costs a request to Halo, so query few clients at once.
    #[graphql(complexity = "SUGGESTION_COST + page::paged(first.or(Some(SUGGESTIONS)), child_complexity)")]
    async fn suggested_halo_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The maximum number of suggestions to return (1–100). Default: 5.",
            default_with = "Some(SUGGESTIONS)"
        )]
        first: Option<i32>,
    ) -> Result<Option<Vec<HaloCustomerSuggestion>>> {
        let request_context = RequestContext::of(ctx);
        let most = page::size(first.or(Some(SUGGESTIONS)))?;
        let association = request_context.load(AssociationOf(self.client.partner, self.client.id)).await?;
        if association.is_some_and(|found| found.state != AssociationState::Ending) {
            return Ok(None);
        }
        let request = request_context.request(None);
        // Apart, because it is large: each field of each client in a list takes as much memory as
        // the largest one could need.
        let found = Box::pin(suggest_customers(&request_context.ops, &request, &self.client, most.into())).await?;
        // A partner with suggestions has a connection.
        let Some(connection) = request_context.load(ConnectionOf(self.client.partner)).await? else {
            return Ok(None);
        };
        let suggestions = found.into_iter().map(|Suggestion { customer, exact }| HaloCustomerSuggestion {
            customer: HaloCustomer { partner: self.client.partner, tenant: connection.tenant.clone(), customer },
            exact,
        });
        Ok(Some(suggestions.collect()))
    }
}

/// A customer in Halo that may be the client. Nothing is mapped until a user saves the association.
#[derive(SimpleObject)]
pub struct HaloCustomerSuggestion {
    /// The suggested customer in Halo.
    customer: HaloCustomer,
    /// Whether the names have the same words in the same order. Case, accents (also spelt out, as
    /// in `ue`), spaces, punctuation, legal form, a leading "The" and words for "and" are ignored.
    exact: bool,
}

pub struct HaloClientExclusion(roster::Exclusion);

/// The exclusion of a client from billing: a user does not want it to be mapped. It ends when a
/// user includes the client, or by itself when `reviewOn` begins.
#[Object]
impl HaloClientExclusion {
    /// The reason that the user gave.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The day from which the client is to be mapped again. Null if only a user ends the exclusion.
    async fn review_on(&self) -> Option<Date> {
        self.0.review_on.map(Date)
    }

    /// The time of the exclusion.
    async fn excluded_at(&self) -> Timestamp {
        self.0.at.into()
    }

    /// The user who excluded the client.
    async fn excluded_by(&self) -> Actor {
        Actor(self.0.by.clone())
    }
}
