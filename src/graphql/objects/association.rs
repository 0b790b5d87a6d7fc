//! What a client is mapped to in Halo, and the subscription that follows from it.

use async_graphql::{Context, Enum, ID, Object};

use crate::domain::association;
use crate::graphql::{
    error::{Failure, Result},
    loaders::{ById, ConnectionOf, HistoryCount, HistoryPage},
    objects::client::Client,
    objects::customer::HaloCustomer,
    objects::problem::HaloProblem,
    objects::result::HaloSyncResult,
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::Moment,
};
use crate::ids::{HaloCustomerId, PartnerId};

pub struct HaloClientAssociation(pub(in crate::graphql) association::Association);

/// The mapping of a client to a customer in the partner's Halo. INFIMA keeps exactly one subscription there for it,
/// whose quantity is the client's active user count.
#[Object]
impl HaloClientAssociation {
    /// The association's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The client that is mapped.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = RequestContext::of(ctx).load(ById(self.0.partner, self.0.client)).await?;
        client.map(Client).ok_or(Failure::NotFound)
    }

    /// The customer it is mapped to, as Halo last showed it.
    async fn halo_customer(&self) -> HaloCustomer {
        HaloCustomer { partner: self.0.partner, tenant: self.0.tenant.clone(), customer: self.0.customer.clone() }
    }

    /// The subscription in Halo. Null until Halo has confirmed that there is one.
    async fn subscription(&self) -> Option<HaloSubscription> {
        let seen = self.0.subscription.clone()?;
        Some(HaloSubscription {
            name: seen.name.clone()?,
            observed_at: seen.at?.into(),
            seen,
            partner: self.0.partner,
            customer: self.0.customer.id,
        })
    }

    /// How the association stands.
    async fn status(&self) -> HaloAssociationStatus {
        self.0.state.into()
    }

    /// What becomes of the billed quantity, where the association is ending or has ended.
    async fn ending(&self) -> Option<HaloAssociationEnding> {
        self.0.ending.map(Into::into)
    }

    /// What is wrong, or worth a look. Null where all is well.
    async fn problem(&self) -> Option<HaloProblem> {
        self.0.problem.clone().map(HaloProblem)
    }

    /// When Halo last confirmed the quantity. Null where it never has.
    async fn last_synced_at(&self) -> Option<Moment> {
        self.0.last_synced.map(|last| last.at.into())
    }

    /// The quantity that Halo confirmed at `lastSyncedAt`.
    async fn last_synced_quantity(&self) -> Option<u32> {
        self.0.last_synced.map(|last| last.quantity)
    }

    /// What each sync did for this association, the latest first: the evidence behind what was billed.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries the page has at most: 1 to 100, 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins. Left out: the beginning.")] after: Option<String>,
    ) -> Result<Paged<HaloSyncResult>> {
        let association::Association { partner, id, .. } = self.0;
        let page = page::page(first, after.as_deref())?;
        let slice = RequestContext::of(ctx).load(HistoryPage(partner, id, page.clone())).await?.unwrap_or_default();
        let show = |result| HaloSyncResult { partner, result };
        let total = Total::History(HistoryCount(partner, id));
        Ok(page::shown(&page, slice, total, |result| (String::new(), result.id.0), show))
    }
}

pub struct HaloSubscription {
    seen: association::SubscriptionSnapshot,
    name: String,
    observed_at: Moment,
    partner: PartnerId,
    customer: HaloCustomerId,
}

/// A subscription in the partner's Halo, as it was last seen. Everything but its quantity is the partner's to change.
#[Object]
impl HaloSubscription {
    /// Halo's own id of the subscription.
    async fn halo_id(&self) -> i32 {
        self.seen.id.0
    }

    /// Its name in Halo.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Its quantity in Halo. Null where Halo shows something that is no whole number.
    async fn quantity(&self) -> Option<u32> {
        self.seen.quantity
    }

    /// Whether a recurring invoice bills its quantity.
    async fn billing(&self) -> HaloBillingStatus {
        billing(self.seen.billing).0
    }

    /// Why the recurring invoice that has it does not bill it. Null if no invoice has it, or one bills it.
    async fn billing_reason(&self) -> Option<HaloBillingReason> {
        billing(self.seen.billing).1
    }

    /// When Halo last showed it.
    async fn observed_at(&self) -> &Moment {
        &self.observed_at
    }

    /// An address for people to open: the customer in the partner's Halo, whose page lists its subscriptions. Halo has no
    /// known address for a single subscription, and does not document this one either: where it leads nowhere, search
    /// Halo for the customer.
    async fn url(&self, ctx: &Context<'_>) -> Result<String> {
        let connection = RequestContext::of(ctx).load(ConnectionOf(self.partner)).await?.ok_or(Failure::NotFound)?;
        Ok(format!("{}/customer?clientid={}", connection.url, self.customer))
    }
}

/// How an association stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "association::AssociationState")]
pub enum HaloAssociationStatus {
    /// Halo has not confirmed the subscription yet.
    Pending,
    /// The subscription is there and its quantity is kept up to date.
    Active,
    /// Something has to be mended: see `problem`.
    NeedsAttention,
    /// Somebody removed it; Halo has not confirmed yet what becomes of the quantity.
    Ending,
    /// It is over. Shown only to who asks for it by its id.
    Ended,
}

/// What becomes of the billed quantity when an association ends. The subscription itself is never deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "association::Ending")]
pub enum HaloAssociationEnding {
    /// It stays as it is, and so on the invoice, until the partner changes it in Halo.
    KeepQuantity,
    /// It is set to 0, so that nothing more is billed for it.
    SetToZero,
}

/// Whether a subscription is billed by a recurring invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloBillingStatus {
    /// A recurring invoice bills it.
    OnRecurringInvoice,
    /// No recurring invoice bills it: nothing is billed until the partner adds it to one. `billingReason` says whether an
    /// invoice has it that does not bill.
    NotOnRecurringInvoice,
    /// It is not known: no full sync has read the invoices yet, Halo does not let INFIMA see them, or Halo did not show
    /// their lines.
    Unknown,
}

/// Why a recurring invoice that has a subscription does not bill it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloBillingReason {
    /// The invoice is disabled in Halo.
    InvoiceDisabled,
    /// The invoice's end date has passed.
    InvoiceEnded,
    /// The invoice line is inactive.
    LineInactive,
    /// The invoice line's end date has passed.
    LineEnded,
}

fn billing(billing: association::Billing) -> (HaloBillingStatus, Option<HaloBillingReason>) {
    let not_billed = |reason| (HaloBillingStatus::NotOnRecurringInvoice, Some(reason));
    match billing {
        association::Billing::OnRecurringInvoice => (HaloBillingStatus::OnRecurringInvoice, None),
        association::Billing::NotOnRecurringInvoice => (HaloBillingStatus::NotOnRecurringInvoice, None),
        association::Billing::InvoiceDisabled => not_billed(HaloBillingReason::InvoiceDisabled),
        association::Billing::InvoiceEnded => not_billed(HaloBillingReason::InvoiceEnded),
        association::Billing::LineInactive => not_billed(HaloBillingReason::LineInactive),
        association::Billing::LineEnded => not_billed(HaloBillingReason::LineEnded),
        association::Billing::Unknown => (HaloBillingStatus::Unknown, None),
    }
}
