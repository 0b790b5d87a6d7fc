//! What is wrong between INFIMA and a partner's Halo.

use async_graphql::{Context, Enum, Object};

use crate::domain::guide::{GuideStep, address_of_heading};
use crate::domain::problem;
use crate::graphql::{request_context::RequestContext, scalars::Timestamp};

pub struct HaloProblem(pub(in crate::graphql) problem::Problem);

/// A problem between INFIMA and a partner's Halo: what happened, why, and how to resolve it.
#[Object]
impl HaloProblem {
    /// The kind of problem.
    async fn code(&self) -> HaloProblemCode {
        self.0.code().into()
    }

    /// The message for the user: what happened and why.
    async fn message(&self) -> String {
        self.0.message()
    }

    /// The way to resolve the problem, as a text for the user. Null if nothing has to be done.
    async fn remedy(&self) -> Option<&str> {
        self.0.remedy()
    }

    /// The heading in INFIMA's published guide that describes how to resolve the problem. Null if
    /// the guide does not.
    async fn guide_step(&self) -> Option<&str> {
        self.0.guide_step().map(GuideStep::heading)
    }

    /// The address of that heading. Null if there is none, or if the server does not know where the
    /// guide is published.
    async fn guide_url(&self, ctx: &Context<'_>) -> Option<String> {
        let guide = RequestContext::of(ctx).ops.settings.guide_url.as_deref()?;
        Some(address_of_heading(guide, self.0.guide_step()?.heading()))
    }

    /// Halo's ids of the subscriptions among which the user has to choose.
    /// `resolveHaloSubscription` can adopt one of them if it belongs to the customer that the
    /// client is mapped to. Empty for problems without a choice.
    async fn halo_subscription_ids(&self) -> Vec<i32> {
        self.0.subscriptions().iter().map(|id| id.0).collect()
    }

    /// The quantity that is not written before a user confirms it: `resolveHaloSubscription`. Null
    /// for other problems.
    async fn held_quantity(&self) -> Option<u32> {
        self.0.held_quantity()
    }

    /// The time when the problem was first found.
    async fn since(&self) -> Timestamp {
        self.0.since.into()
    }
}

/// The kinds of problem between INFIMA and a partner's Halo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "problem::ProblemCode")]
pub enum HaloProblemCode {
    /// No Halo answers at the address.
    NotAHaloAddress,
    /// The address leads to a network that INFIMA sends no requests to.
    AddressBlocked,
    /// The Halo at the address has another identity than the one that clients are mapped to: it was
    /// renamed or moved, or it is another Halo. `confirmHaloTenantChange` decides.
    TenantChanged,
    /// Halo did not answer.
    HaloUnreachable,
    /// Something answered in place of Halo's API, such as a server error or the page of a Halo in
    /// maintenance.
    HaloUnavailable,
    /// Halo asked for a pause because of too many requests.
    RateLimited,
    /// INFIMA's own limit on requests to this Halo is reached. The limit is not Halo's.
    BudgetExhausted,
    /// INFIMA could not send a request to Halo in time. Nothing was sent.
    RequestNotSent,
    /// Halo gave an answer that INFIMA does not understand.
    AnswerNotUnderstood,
    /// Halo's answer is larger than INFIMA reads, even for a single record.
    AnswerTooLarge,
    /// Halo refused a request that writes nothing. The message gives Halo's reason.
    RequestRefused,
    /// Halo rejected the Client ID and Client Secret: they are wrong, the application is deleted or
    /// inactive, its secret was renewed, or its agent was removed. Halo gives the same answer to
    /// all of these.
    CredentialsRejected,
    /// The application or its agent lacks a permission. The message names it, and names Software
    /// Licencing being switched off where Halo answers the same to both.
    PermissionMissing,
    /// Software Licencing is switched off in Halo.
    LicensingOff,
    /// Halo refused to create the subscription. The message says why.
    CreateRefused,
    /// Halo has not confirmed yet that it created the subscription. INFIMA looks for it before it
    /// sends anything again.
    CreateUnconfirmed,
    /// The customer already has an INFIMA subscription that no client uses. The user has to choose.
    SubscriptionExists,
    /// Halo has more than one subscription for the client.
    DuplicateSubscription,
    /// The subscription was deleted in Halo.
    SubscriptionDeleted,
    /// Halo shows neither the subscription nor its customer: the API agent may no longer see them,
    /// or both were deleted. The sync continues as soon as they are visible again.
    SubscriptionNotVisible,
    /// The API agent no longer sees most of the customers that clients are mapped to.
    CustomersNotVisible,
    /// The subscription is inactive in Halo.
    SubscriptionInactive,
    /// The subscription was moved to another customer in Halo. INFIMA still keeps it up to date.
    SubscriptionMoved,
    /// The customer was deleted in Halo, or the API agent may no longer see it.
    CustomerDeleted,
    /// The customer was merged into another one in Halo.
    CustomerMerged,
    /// The customer is inactive in Halo.
    CustomerInactive,
    /// Halo refused the quantity. The message says why.
    QuantityRefused,
    /// The quantity was changed in Halo. The sync set it to the active user count again.
    QuantityChangedInHalo,
    /// The active user count fell to zero or by more than half. INFIMA wrote it; the partner should
    /// check it.
    QuantityFell,
    /// The quantity would fall by more than the partner's `fallLimitPercent`. INFIMA has not
    /// written it: a user has to confirm it.
    QuantityHeld,
    /// Halo changed more than the quantity: other fields of the subscription are blank, or a second
    /// subscription was made. INFIMA writes nothing for any of the partner's clients until the user
    /// confirms.
    FieldsOverwritten,
    /// The partner edited the subscription during the sync. The edit was kept.
    FieldsChanged,
    /// More than one subscription could be the client's. The user has to choose.
    AmbiguousRecovery,
    /// INFIMA has an internal error, and its support was notified.
    InternalFault,
}
