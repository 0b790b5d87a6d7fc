//! What a caller can mend in a mutation's input.

use async_graphql::{Enum, Object};

use super::error::{Failure, Result};
use super::request_context::RequestContext;
use crate::ops::{self, OpError, Target};

pub struct UserError(ops::UserError);

/// Something in a mutation's input that has to be mended. The rest of the input may have been carried out all the same:
/// the payload's result says what was.
#[Object]
impl UserError {
    /// What is wrong, out of a closed list.
    async fn code(&self) -> UserErrorCode {
        self.0.code.into()
    }

    /// The way to the field within `input`, from the outside in; entries of a list by their index, from 0. Null where
    /// it is about the input as a whole.
    async fn field(&self) -> Option<&[String]> {
        Some(self.0.field.as_slice()).filter(|field| !field.is_empty())
    }

    /// What is wrong and what to do, for the person in front of the screen.
    async fn message(&self) -> &str {
        &self.0.message
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
        Err(OpError::Refused(errors)) => (None, shown(errors)),
        Err(error) => return Err(Failure::from(error)),
    };
    request_context.access_log.record(target.partner()).await?;
    Ok(payload)
}

pub(super) fn shown(errors: Vec<ops::UserError>) -> Vec<UserError> {
    errors.into_iter().map(UserError).collect()
}

/// What can be wrong with a mutation's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::ops::UserErrorCode")]
pub enum UserErrorCode {
    /// Something that is needed was left out.
    Required,
    /// A text is longer than it may be; the message says how long.
    TooLong,
    /// A list has more entries than one call may have.
    TooMany,
    /// The value cannot be used; the message says why.
    Invalid,
    /// The same entry is in the list twice.
    Duplicate,
    /// Support has to say why it does this.
    ReasonRequired,
    /// The connection was checked too often. Wait a minute.
    TooManyAttempts,
    /// The text is not the address of a Halo.
    HaloUrlInvalid,
    /// The Client Secret has to be typed: there is none yet, or it belongs to another address.
    ClientSecretRequired,
    /// Halo PSA is not connected yet.
    NotConnected,
    /// There is something at the address, but it is not a Halo.
    NotAHaloAddress,
    /// The address leads to a network that nothing is sent to.
    AddressBlocked,
    /// Halo does not accept the Client ID and Client Secret; or the application is deleted or inactive, its secret
    /// renewed, or its agent removed. Halo answers the same to all of these.
    CredentialsRejected,
    /// The application or its agent lacks a permission; the message says which.
    PermissionMissing,
    /// Software Licencing is switched off in Halo.
    LicensingOff,
    /// Halo did not answer. Try again in a few minutes.
    HaloUnreachable,
    /// Halo asked for a pause because of too many requests. Try again a little later.
    HaloRateLimited,
    /// INFIMA's own limit on requests to this Halo is reached. Try again a little later.
    HaloBudgetExhausted,
    /// Halo gave an answer that INFIMA does not understand.
    HaloAnswerNotUnderstood,
    /// The details are those of another Halo than the one that clients are mapped to.
    TenantChanged,
    /// There is no client with this id, or it is another partner's.
    ClientNotFound,
    /// The client is archived at INFIMA.
    ClientArchived,
    /// The client is not mapped to a Halo customer.
    ClientNotAssociated,
    /// The client is mapped to another Halo customer. To change that, say in `replace` what becomes of the quantity
    /// there.
    AlreadyAssociated,
    /// Another client is mapped to this Halo customer. To map both, set `allowSharedCustomer`.
    CustomerAlreadyAssociated,
    /// Halo has no such customer, or does not show it to the agent.
    HaloCustomerNotFound,
    /// The customer is inactive in Halo.
    HaloCustomerInactive,
    /// There is no association with this id, or it is another partner's.
    AssociationNotFound,
    /// The association is already coming to its end.
    AssociationEnding,
    /// No client is mapped to a Halo customer yet, so there is nothing to sync.
    NoAssociations,
    /// A new subscription can only be created where the old one was deleted in Halo.
    SubscriptionNotDeleted,
    /// The subscription is not one of those that could be this client's.
    SubscriptionNotACandidate,
    /// The association waits for no answer.
    NothingToResolve,
    /// The partner or client that the record belongs to is not known. Send that one first.
    OwnerUnknown,
    /// The record belongs to another partner and cannot be moved.
    BelongsToAnotherPartner,
}
