//! What a caller can fix in a mutation's input.

use async_graphql::{Enum, Object};

use super::error::{Failure, Result};
use super::request_context::RequestContext;
use crate::ops::{self, OpError, Target};

pub struct UserError(ops::UserError);

/// An error in a mutation's input that the user can fix. The rest of the input may have been
/// carried out: see the payload's result.
#[Object]
impl UserError {
    /// The kind of error.
    async fn code(&self) -> UserErrorCode {
        self.0.code.into()
    }

    /// The path to the field within `input` that the user can change; list entries are given by
    /// their index, from 0. Null if the error is about the input as a whole.
    async fn field(&self) -> Option<&[String]> {
        Some(self.0.field.as_slice()).filter(|field| !field.is_empty())
    }

    /// The message for the user: what is wrong and what to do. It names no argument.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The hint for the frontend's developers, with the names of arguments. Null if the message
    /// says everything. Do not show it to users.
    async fn hint(&self) -> Option<&str> {
        self.0.hint
    }
}

/// Splits a verb's result into a payload's result and its `userErrors`. Every other error is one
/// beside `data`. Support's operation leaves a row for the partner even if nothing was changed.
pub(super) async fn into_payload<T>(
    request_context: &RequestContext,
    target: Target,
    result: std::result::Result<T, OpError>,
) -> Result<(Option<T>, Vec<UserError>)> {
    let payload = match result {
        Ok(result) => (Some(result), Vec::new()),
        Err(OpError::Refused(errors) | OpError::ChecksFailed { errors, .. }) => (None, shown(errors)),
        Err(error) => return Err(Failure::from(error)),
    };
    request_context.access_log.record(target.partner()).await?;
    Ok(payload)
}

pub(super) fn shown(errors: Vec<ops::UserError>) -> Vec<UserError> {
    errors.into_iter().map(UserError).collect()
}

/// The kinds of error in a mutation's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::ops::UserErrorCode")]
pub enum UserErrorCode {
    /// A required value is missing.
    Required,
    /// A text is too long. The message gives the maximum.
    TooLong,
    /// A list has too many entries. The message gives the maximum.
    TooMany,
    /// The value cannot be used. The message says why.
    Invalid,
    /// The list has the same entry twice.
    Duplicate,
    /// Support has to give a reason.
    ReasonRequired,
    /// The connection was checked too often. Try again in a minute.
    TooManyAttempts,
    /// The text cannot be the address of a Halo.
    HaloUrlInvalid,
    /// The Client Secret is required: none is stored, or the stored one belongs to another address.
    ClientSecretRequired,
    /// The partner is not connected to Halo PSA.
    NotConnected,
    /// The server at the address is not a Halo.
    NotAHaloAddress,
    /// The address leads to a network that INFIMA sends no requests to.
    AddressBlocked,
    /// Halo rejected the Client ID and Client Secret: they are wrong, the application is deleted or
    /// inactive, its secret was renewed, or its agent was removed. Halo gives the same answer to
    /// all of these.
    CredentialsRejected,
    /// The application or its agent lacks a permission. The message says which, and names Software
    /// Licencing being switched off where Halo answers the same to both.
    PermissionMissing,
    /// Software Licencing is switched off in Halo.
    LicensingOff,
    /// Halo did not answer. Try again in a few minutes.
    HaloUnreachable,
    /// Something answered in place of Halo's API, such as a server error or the page of a Halo in
    /// maintenance. Try again in a few minutes.
    HaloUnavailable,
    /// Halo asked for a pause because of too many requests. Try again a little later.
    HaloRateLimited,
    /// INFIMA's own limit on requests to this Halo is reached. Try again a little later.
    HaloBudgetExhausted,
    /// INFIMA could not send a request to Halo in time. Nothing was sent. Try again in a few
    /// minutes.
    RequestNotSent,
    /// Halo refused INFIMA's request. The message gives Halo's reason.
    HaloRequestRefused,
    /// Halo's answer is larger than INFIMA reads.
    HaloAnswerTooLarge,
    /// Halo gave an answer that INFIMA does not understand.
    HaloAnswerNotUnderstood,
    /// The details lead to a Halo with another identity than the one that clients are mapped to.
    /// Ask the user for a decision and send it in `tenantChange`.
    TenantChanged,
    /// The connection was saved or removed while Halo was asked, and nothing was stored. Try again.
    ConnectionChanged,
    /// The client does not exist or belongs to another partner.
    ClientNotFound,
    /// The client is archived at INFIMA.
    ClientArchived,
    /// The client is mapped to a Halo customer, so it cannot be excluded. Remove its association
    /// first.
    ClientAssociated,
    /// The client is excluded from billing. Include it with `includeHaloClients` first.
    ClientExcluded,
    /// The client is not mapped to a Halo customer.
    ClientNotAssociated,
    /// The client is mapped to another Halo customer. To change it, decide in `replace` what
    /// happens to the quantity there.
    AlreadyAssociated,
    /// Another client is mapped to this Halo customer. To map both, set `allowSharedCustomer`.
    CustomerAlreadyAssociated,
    /// The customer does not exist in Halo, or the agent may not view it.
    HaloCustomerNotFound,
    /// The customer is inactive in Halo.
    HaloCustomerInactive,
    /// The association does not exist or belongs to another partner.
    AssociationNotFound,
    /// The association is already ending.
    AssociationEnding,
    /// No client is mapped to a Halo customer, so there is nothing to sync.
    NoAssociations,
    /// Syncs are paused, so none is requested: see `Partner.haloSyncPause`.
    SyncPaused,
    /// The association's subscription was not deleted in Halo, so no new one can be created.
    SubscriptionNotDeleted,
    /// The subscription is not one of the problem's candidates.
    SubscriptionNotACandidate,
    /// There is no problem that needs this decision.
    NothingToResolve,
    /// The problem does not exist or belongs to another partner.
    ProblemNotFound,
    /// The problem is gone already. If it comes back, it is a new record.
    ProblemClosed,
    /// The text cannot be the address of a webhook.
    WebhookUrlInvalid,
    /// The webhook does not exist or belongs to another partner.
    WebhookNotFound,
    /// The webhook has no such secret.
    WebhookSecretNotFound,
    /// The delivery does not exist any more, or belongs to another partner.
    WebhookDeliveryNotFound,
    /// The webhook is disabled, so nothing is sent to it. Enable it with `updateHaloWebhook` first.
    WebhookDisabled,
    /// The webhook has no other secret. Add one with `rotateHaloWebhookSecret` first.
    LastWebhookSecret,
    /// The record's partner or client does not exist. Import it first.
    OwnerUnknown,
    /// The record belongs to another partner and cannot be moved.
    BelongsToAnotherPartner,
}
