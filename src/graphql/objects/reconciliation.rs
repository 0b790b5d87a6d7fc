//! The comparison of everything with Halo, and its findings.

use async_graphql::{Context, Enum, Object};

use crate::domain::association::{CustomerDetails, MappedCustomer};
use crate::domain::reconciliation::{Finding, MOST_FINDINGS, Reconciliation};
use crate::graphql::{
    error::Result, loaders::ById, objects::client::Client, objects::customer::HaloCustomer,
    request_context::RequestContext, scalars::Timestamp,
};
use crate::ids::{HaloTenant, PartnerId};

pub struct HaloReconciliation {
    pub(in crate::graphql) partner: PartnerId,
    pub(in crate::graphql) report: Reconciliation,
}

/// A comparison of all of a partner's subscriptions, customers and recurring invoices with Halo.
#[Object]
impl HaloReconciliation {
    /// The time of the comparison.
    async fn at(&self) -> Timestamp {
        self.report.at.into()
    }

    /// The number of clients that have a subscription.
    async fn subscription_count(&self) -> u32 {
        self.report.subscriptions
    }

    /// The number of clients whose subscription is there and active, at the customer that they are
    /// mapped to and with the quantity that was last confirmed. The customer is active, too.
    async fn right_count(&self) -> u32 {
        self.report.right
    }

    /// The number of clients whose subscription no recurring invoice bills as it is. Null if the
    /// agent may not read invoices.
    async fn not_billed_count(&self) -> Option<u32> {
        self.report.billing_known.then_some(self.report.not_billed)
    }

    /// The number of all findings. `findings` may list fewer.
    async fn finding_count(&self) -> u32 {
        self.report.total
    }

    /// The findings, by kind, at most 100. `findingCount` says how many there are in all.
    #[graphql(complexity = "MOST_FINDINGS * child_complexity")]
    async fn findings(&self) -> Vec<HaloReconciliationFinding> {
        let show = |finding: &Finding| HaloReconciliationFinding {
            partner: self.partner,
            tenant: self.report.tenant.clone(),
            finding: finding.clone(),
        };
        self.report.findings.iter().take(MOST_FINDINGS).map(show).collect()
    }
}

pub struct HaloReconciliationFinding {
    partner: PartnerId,
    tenant: HaloTenant,
    finding: Finding,
}

/// Something that is not as it should be, and what to do about it.
#[Object]
impl HaloReconciliationFinding {
    /// The kind of finding.
    async fn kind(&self) -> HaloReconciliationFindingKind {
        self.finding.kind.into()
    }

    /// The message for the user: what is wrong.
    async fn message(&self) -> String {
        self.finding.message()
    }

    /// What a person can do about it; `remedy` says how.
    async fn suggested_act(&self) -> HaloReconciliationAct {
        self.finding.suggested_act().into()
    }

    /// How to resolve it, as a text for the user.
    async fn remedy(&self) -> &str {
        self.finding.remedy()
    }

    /// The client. Null for a subscription that no client has.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>> {
        let Some(client) = self.finding.client else { return Ok(None) };
        Ok(RequestContext::of(ctx).load(ById(self.partner, client)).await?.map(Client::from))
    }

    /// The customer in Halo.
    async fn halo_customer(&self) -> HaloCustomer {
        let customer = MappedCustomer {
            id: self.finding.customer,
            name: self.finding.customer_name.clone(),
            top_level: None,
            details: CustomerDetails::default(),
        };
        HaloCustomer { partner: self.partner, tenant: self.tenant.clone(), customer }
    }

    /// Halo's id of the subscription.
    async fn halo_subscription_id(&self) -> Option<i32> {
        self.finding.subscription.map(|id| id.0)
    }

    /// Halo's id of the recurring invoice with the fixed quantity. Null for other findings.
    async fn recurring_invoice_id(&self) -> Option<i32> {
        self.finding.invoice.map(|id| id.0)
    }

    /// The quantity in Halo. Null if the subscription is missing or its quantity is no whole
    /// number.
    async fn quantity_in_halo(&self) -> Option<u32> {
        self.finding.quantity_in_halo
    }

    /// The quantity that a sync last confirmed. Null if there is none.
    async fn last_synced_quantity(&self) -> Option<u32> {
        self.finding.last_synced_quantity
    }
}

/// The kinds of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::reconciliation::FindingKind")]
pub enum HaloReconciliationFindingKind {
    /// Halo has a subscription from INFIMA that bills a quantity, and no client has or had it.
    SubscriptionWithoutClient,
    /// Halo's list does not show the client's subscription.
    SubscriptionMissing,
    /// The client's subscription is at another customer than the one that the client is mapped to.
    SubscriptionMoved,
    /// The client's subscription is inactive in Halo.
    SubscriptionInactive,
    /// The quantity in Halo is not the one that a sync last confirmed.
    QuantityDiffers,
    /// The customer is inactive, deleted, or hidden from the agent.
    CustomerInactive,
    /// A recurring invoice has a line for INFIMA with a fixed quantity instead of the
    /// subscription's.
    FixedQuantity,
    /// No recurring invoice bills the client's subscription.
    NotOnInvoice,
}

/// What a person can do about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::reconciliation::FindingAct")]
pub enum HaloReconciliationAct {
    /// Map the client that the subscription belongs to: `saveHaloClientAssociations`.
    MapClient,
    /// Map the client to another customer: `saveHaloClientAssociations`.
    MapAgain,
    /// Request a sync: `requestHaloSync`.
    RequestSync,
    /// Change something in Halo.
    FixInHalo,
}
