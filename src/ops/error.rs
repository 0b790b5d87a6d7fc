//! The reasons why a verb did not carry out a request.
//!
//! A [`UserError`] is what the caller can fix: a code out of a closed set, the field, and a
//! sentence that says what to do.

use crate::auth::Denied;
use crate::domain::connection::Check;
use crate::halo::HaloError;
use crate::seal::OpenError;
use crate::storage::StorageError;

/// The message of every refused change of an archived partner.
pub const ARCHIVED: &str =
    "This partner is archived at INFIMA: it can be viewed but not changed. Contact INFIMA if that is a mistake.";

#[derive(Debug, thiserror::Error)]
pub enum OpError {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The partner is archived: it can be viewed but not changed.
    #[error("{ARCHIVED}")]
    Archived,
    /// The input cannot be carried out, and nothing was changed.
    #[error("{}", messages(.0))]
    Refused(Vec<UserError>),
    /// The connection details do not work, and nothing was stored. The findings say what works.
    #[error("the connection details do not work: {errors:?}")]
    ChecksFailed { errors: Vec<UserError>, checks: Vec<Check> },
    /// Halo did not answer a request that a user is waiting for.
    #[error(transparent)]
    Halo(#[from] HaloError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the transaction could not be carried out")]
    Transaction(#[source] sqlx::Error),
    /// The stored secret cannot be read with the keys at hand: a fault of the operator's.
    #[error("a stored secret cannot be opened")]
    Sealed(#[from] OpenError),
}

/// What the caller can fix, without the names of fields: a command has none.
fn messages(errors: &[UserError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
}

/// Halo's failure to answer, for the user who waits for the answer.
#[derive(Clone, Debug)]
pub struct HaloFailure {
    pub code: HaloFailureCode,
    pub message: String,
    /// The number of seconds after which to try again, if a limit on requests determines it.
    pub retry_after: Option<u64>,
}

impl From<&HaloError> for HaloFailure {
    fn from(error: &HaloError) -> Self {
        super::halo::failure(error)
    }
}

/// The kinds of failure of a request to Halo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HaloFailureCode {
    NotAHaloAddress,
    AddressBlocked,
    CredentialsRejected,
    PermissionMissing,
    LicensingOff,
    Unreachable,
    Unavailable,
    RateLimited,
    BudgetExhausted,
    RequestNotSent,
    RequestRefused,
    AnswerTooLarge,
    AnswerNotUnderstood,
}

impl From<HaloFailureCode> for UserErrorCode {
    fn from(code: HaloFailureCode) -> Self {
        match code {
            HaloFailureCode::NotAHaloAddress => UserErrorCode::NotAHaloAddress,
            HaloFailureCode::AddressBlocked => UserErrorCode::AddressBlocked,
            HaloFailureCode::CredentialsRejected => UserErrorCode::CredentialsRejected,
            HaloFailureCode::PermissionMissing => UserErrorCode::PermissionMissing,
            HaloFailureCode::LicensingOff => UserErrorCode::LicensingOff,
            HaloFailureCode::Unreachable => UserErrorCode::HaloUnreachable,
            HaloFailureCode::Unavailable => UserErrorCode::HaloUnavailable,
            HaloFailureCode::RateLimited => UserErrorCode::HaloRateLimited,
            HaloFailureCode::BudgetExhausted => UserErrorCode::HaloBudgetExhausted,
            HaloFailureCode::RequestNotSent => UserErrorCode::RequestNotSent,
            HaloFailureCode::RequestRefused => UserErrorCode::HaloRequestRefused,
            HaloFailureCode::AnswerTooLarge => UserErrorCode::HaloAnswerTooLarge,
            HaloFailureCode::AnswerNotUnderstood => UserErrorCode::HaloAnswerNotUnderstood,
        }
    }
}

impl OpError {
    pub fn refused(code: UserErrorCode, field: &[&str], message: impl Into<String>) -> Self {
        UserError::new(code, field, message).into()
    }
}

impl From<UserError> for OpError {
    fn from(error: UserError) -> Self {
        OpError::Refused(vec![error])
    }
}

impl From<sqlx::Error> for OpError {
    /// Only beginning, committing and the queue give this error here; tables are `storage/`'s.
    fn from(error: sqlx::Error) -> Self {
        OpError::Transaction(error)
    }
}

/// Something in the input that the caller can fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    pub code: UserErrorCode,
    /// The path to the field within the input; empty if the error is about the input as a whole.
    pub field: Vec<String>,
    /// What the person in front of the screen reads: it names no argument.
    pub message: String,
    /// What the developer of a frontend has to know besides, with the names of arguments.
    pub hint: Option<&'static str>,
}

impl UserError {
    pub fn new(code: UserErrorCode, field: &[&str], message: impl Into<String>) -> Self {
        let field = field.iter().map(|&part| part.to_owned()).collect();
        Self { code, field, message: message.into(), hint: None }
    }

    /// Adds what the developer of a frontend has to know.
    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Moves the error into an entry of a list.
    pub fn within(mut self, list: &str, index: usize) -> Self {
        self.field.splice(0..0, [list.to_owned(), index.to_string()]);
        self
    }
}

/// The closed list of codes. Adding a code is an addition to the API; renaming one breaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserErrorCode {
    Required,
    TooLong,
    TooMany,
    Invalid,
    Duplicate,
    ReasonRequired,
    TooManyAttempts,
    HaloUrlInvalid,
    ClientSecretRequired,
    NotConnected,
    NotAHaloAddress,
    AddressBlocked,
    CredentialsRejected,
    PermissionMissing,
    LicensingOff,
    HaloUnreachable,
    HaloUnavailable,
    HaloRateLimited,
    HaloBudgetExhausted,
    RequestNotSent,
    HaloRequestRefused,
    HaloAnswerTooLarge,
    HaloAnswerNotUnderstood,
    TenantChanged,
    ConnectionChanged,
    ClientNotFound,
    ClientArchived,
    ClientAssociated,
    ClientExcluded,
    ClientNotAssociated,
    AlreadyAssociated,
    CustomerAlreadyAssociated,
    HaloCustomerNotFound,
    HaloCustomerInactive,
    AssociationNotFound,
    AssociationEnding,
    NoAssociations,
    SyncPaused,
    SubscriptionNotDeleted,
    SubscriptionNotACandidate,
    NothingToResolve,
    ProblemNotFound,
    ProblemClosed,
    WebhookUrlInvalid,
    WebhookNotFound,
    WebhookSecretNotFound,
    WebhookDeliveryNotFound,
    WebhookDisabled,
    LastWebhookSecret,
    OwnerUnknown,
    BelongsToAnotherPartner,
}
