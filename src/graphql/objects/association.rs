//! What a client is mapped to in Halo, and the subscription that follows from it.

use async_graphql::{Context, Enum, ID, Object};

use crate::domain::association;
use crate::graphql::{
    error::{Failure, Result},
    loaders::{ById, ConnectionOf, HistoryCount, HistoryPage},
    objects::client::Client,
    objects::customer::HaloCustomer,
    objects::problem::HaloProblem,
    objects::result::{HaloSyncOutcome, HaloSyncResult},
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::Timestamp,
};
use crate::ids::{HaloCustomerId, PartnerId};
use crate::storage::results::ResultFilter;

pub struct HaloClientAssociation {
    association: association::Association,
    /// The address of the partner's Halo, if a list has read it.
    halo_url: Option<String>,
}

impl From<association::Association> for HaloClientAssociation {
    fn from(association: association::Association) -> Self {
        Self { association, halo_url: None }
    }
}

impl HaloClientAssociation {
    pub(in crate::graphql) fn listed(association: association::Association, halo_url: Option<String>) -> Self {
        Self { association, halo_url }
    }
}

/// The mapping of a client to a customer in the partner's Halo. INFIMA keeps exactly one
/// subscription there, whose quantity is the client's active user count.
#[Object]
impl HaloClientAssociation {
    /// The association's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.association.id.into()
    }

    /// The mapped client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = RequestContext::of(ctx).load(ById(self.association.partner, self.association.client)).await?;
        client.map(Client::from).ok_or(Failure::NotFound)
    }

    /// The customer that the client is mapped to, as last read from Halo.
    async fn halo_customer(&self) -> HaloCustomer {
        HaloCustomer::of(&self.association)
    }

    /// The subscription in Halo. Null until Halo has confirmed that it exists.
    async fn subscription(&self) -> Option<HaloSubscription> {
        let seen = self.association.subscription.clone()?;
        Some(HaloSubscription {
            name: seen.name.clone()?,
            observed_at: seen.at?.into(),
            seen,
            partner: self.association.partner,
            customer: self.association.customer.id,
            halo_url: self.halo_url.clone(),
        })
    }

    /// The association's status.
    async fn status(&self) -> HaloAssociationStatus {
        self.association.state.into()
    }

    /// The option that was chosen for the billed quantity. Null unless the association is ending or
    /// has ended.
    async fn ending(&self) -> Option<HaloAssociationEnding> {
        self.association.ending.map(Into::into)
    }

    /// The association's problem or warning. Null if there is none.
    async fn problem(&self) -> Option<HaloProblem> {
        self.association.problem.clone().map(HaloProblem)
    }

    /// The time when Halo last confirmed the quantity. Null if it never has.
    async fn last_synced_at(&self) -> Option<Timestamp> {
        self.association.last_synced.map(|last| last.at.into())
    }

    /// The quantity that Halo confirmed at `lastSyncedAt`.
    async fn last_synced_quantity(&self) -> Option<u32> {
        self.association.last_synced.map(|last| last.quantity)
    }

    /// The results of all syncs for this association, latest first: the evidence behind each billed
    /// quantity.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "one for each way to narrow the list")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only results with one of these outcomes.")] outcome: Option<Vec<HaloSyncOutcome>>,
        #[graphql(
            desc = "Whether to exclude syncs in which nothing changed and nothing was found.",
            default_with = "Some(false)"
        )]
        changes_only: Option<bool>,
        #[graphql(desc = "Returns only results from this time on.")] from: Option<Timestamp>,
        #[graphql(desc = "Returns only results before this time.")] to: Option<Timestamp>,
    ) -> Result<Paged<HaloSyncResult>> {
        let association::Association { partner, id, .. } = self.association;
        let page = page::page(first, after.as_deref())?;
        let filter = ResultFilter {
            outcomes: outcome.map(|outcomes| outcomes.into_iter().map(Into::into).collect()),
            changes_only: changes_only.unwrap_or_default(),
            during: page::period(from, to),
        };
        let wanted = HistoryPage(partner, id, filter.clone(), page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let show = |result| HaloSyncResult { partner, result };
        let total = Total::History(HistoryCount(partner, id, filter));
        Ok(page::shown(&page, slice, total, |result| (String::new(), result.id.0), show))
    }
}

pub struct HaloSubscription {
    seen: association::SubscriptionSnapshot,
    name: String,
    observed_at: Timestamp,
    partner: PartnerId,
    customer: HaloCustomerId,
    halo_url: Option<String>,
}

/// A subscription in the partner's Halo, as last read. INFIMA writes its quantity only; everything
/// else belongs to the partner.
#[Object]
impl HaloSubscription {
    /// Halo's id of the subscription.
    async fn halo_id(&self) -> i32 {
        self.seen.id.0
    }

    /// The subscription's name in Halo.
    async fn name(&self) -> &str {
        &self.name
    }

    /// The subscription's quantity in Halo. Null if it is not a whole number.
    async fn quantity(&self) -> Option<u32> {
        self.seen.quantity
    }

    /// Whether a recurring invoice bills the subscription's quantity.
    async fn billing(&self) -> HaloBillingStatus {
        billing(self.seen.billing).0
    }

    /// The reason why the recurring invoice that lists the subscription does not bill it. Null if
    /// no invoice lists it, or one bills it.
    async fn billing_reason(&self) -> Option<HaloBillingReason> {
        billing(self.seen.billing).1
    }

    /// Halo's id of the recurring invoice that bills the subscription, or that lists it without
    /// billing it. Halo's ids of recurring invoices are negative. Null if no invoice lists it, or
    /// `billing` is unknown.
    async fn recurring_invoice_id(&self) -> Option<i32> {
        self.seen.invoice.map(|id| id.0)
    }

    /// The time when the subscription was last read from Halo.
    async fn observed_at(&self) -> &Timestamp {
        &self.observed_at
    }

    /// The address of the customer's page in the partner's Halo, which lists its subscriptions.
    /// Halo has no known address for a single subscription and does not document this one: if the
    /// page does not open, search for the customer in Halo.
    async fn url(&self, ctx: &Context<'_>) -> Result<String> {
        let halo_url = match &self.halo_url {
            Some(url) => url.clone(),
            None => RequestContext::of(ctx).load(ConnectionOf(self.partner)).await?.ok_or(Failure::NotFound)?.url,
        };
        Ok(format!("{halo_url}/customer?clientid={}", self.customer))
    }
}

/// The statuses of an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "association::AssociationState")]
pub enum HaloAssociationStatus {
    /// Halo has not confirmed the subscription yet.
    Pending,
    /// The subscription exists and its quantity is kept up to date.
    Active,
    /// A problem has to be resolved: see `problem`.
    NeedsAttention,
    /// The association was removed, and Halo has not confirmed the final quantity yet.
    Ending,
    /// The association has ended. It can only be read by its id.
    Ended,
}

/// The options for the billed quantity when an association ends. The subscription is never deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "association::Ending")]
pub enum HaloAssociationEnding {
    /// The quantity stays as it is, and on the invoice, until the partner changes it in Halo.
    KeepQuantity,
    /// The quantity is set to 0, so that the subscription is no longer billed.
    SetToZero,
}

/// The billing statuses of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloBillingStatus {
    /// A recurring invoice bills the subscription.
    OnRecurringInvoice,
    /// No recurring invoice bills the subscription: nothing is billed until the partner adds it to
    /// one. If an invoice lists the subscription and does not bill it, `billingReason` says why.
    NotOnRecurringInvoice,
    /// Unknown: no full sync has read the invoices yet, INFIMA has no permission to read them, or
    /// Halo did not return their lines.
    Unknown,
}

/// The reasons why a recurring invoice that lists a subscription does not bill it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloBillingReason {
    /// The invoice is disabled in Halo.
    InvoiceDisabled,
    /// The invoice's end date has passed.
    InvoiceEnded,
    /// The invoice's start date has not come.
    InvoiceNotStarted,
    /// The invoice line is inactive.
    LineInactive,
    /// The invoice line's end date has passed.
    LineEnded,
    /// The invoice line's start date has not come.
    LineNotStarted,
}

fn billing(billing: association::Billing) -> (HaloBillingStatus, Option<HaloBillingReason>) {
    let not_billed = |reason| (HaloBillingStatus::NotOnRecurringInvoice, Some(reason));
    match billing {
        association::Billing::OnRecurringInvoice => (HaloBillingStatus::OnRecurringInvoice, None),
        association::Billing::NotOnRecurringInvoice => (HaloBillingStatus::NotOnRecurringInvoice, None),
        association::Billing::InvoiceDisabled => not_billed(HaloBillingReason::InvoiceDisabled),
        association::Billing::InvoiceEnded => not_billed(HaloBillingReason::InvoiceEnded),
        association::Billing::InvoiceNotStarted => not_billed(HaloBillingReason::InvoiceNotStarted),
        association::Billing::LineInactive => not_billed(HaloBillingReason::LineInactive),
        association::Billing::LineEnded => not_billed(HaloBillingReason::LineEnded),
        association::Billing::LineNotStarted => not_billed(HaloBillingReason::LineNotStarted),
        association::Billing::Unknown => (HaloBillingStatus::Unknown, None),
    }
}
