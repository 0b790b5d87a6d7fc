//! Why a field could not be resolved: the errors beside `data`. What a caller can fix in a
//! mutation's input is among its `userErrors` instead.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::sync::Arc;

use async_graphql::{ErrorExtensions, PathSegment, Response, ServerError};

use super::error_code::{ErrorCode, INTERNAL_ERROR, SESSION_ENDED};
use crate::auth::{Denied, Role};
use crate::ops::admin::status::note_error;
use crate::ops::{ARCHIVED, HaloFailure, HaloFailureCode, OpError, Ops, UserErrorCode};
use crate::storage::{StorageError, is_out_of_reach};

/// Seconds after which to try again when the database is away.
const AWAY_SECONDS: u64 = 10;
const FORBIDDEN: &str = "Your role does not permit this.";

/// Adds to each refusal what a caller of this role can do about it.
pub(super) fn advise(response: &mut Response, role: Role) {
    let advice = match role {
        Role::PartnerViewer => "Ask an administrator of your organisation.",
        Role::PartnerAdmin => "Only INFIMA's own staff and services can do it.",
        Role::Support => "Ask one of the partner's administrators to do it.",
        Role::Platform => "The platform's service can only import the roster.",
    };
    for error in response.errors.iter_mut().filter(|error| error.message == FORBIDDEN) {
        error.message = format!("{FORBIDDEN} {advice}");
    }
}

/// Logs the causes of internal errors, each once: a batch fails for all fields that wait for it.
pub(super) fn log_causes(ops: &Ops, response: &Response, operation: Option<&str>, request_id: &str) {
    let mut logged = HashSet::new();
    for error in &response.errors {
        let Some(cause) = error.source::<Cause>() else { continue };
        if logged.insert(Arc::as_ptr(&cause.0).cast::<()>()) {
            note_error(ops, &*cause.0);
            let field = path_of(error);
            tracing::error!(operation, field, request_id, error = cause.chain(), "failed to resolve GraphQL field");
        }
    }
}

fn path_of(error: &ServerError) -> String {
    let segments = error.path.iter().map(|segment| match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    });
    segments.collect::<Vec<_>>().join(".")
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// A query's result: `None` for a partner that does not exist or is not the caller's.
pub(super) fn none_if_not_found<T>(result: std::result::Result<T, OpError>) -> Result<Option<T>> {
    match result {
        Err(OpError::Denied(Denied::NotFound)) => Ok(None),
        result => Ok(Some(result?)),
    }
}

/// Why a field could not be resolved. A cause is logged and never sent: what the caller reads is
/// written in the conversion below.
#[derive(Clone, Debug)]
pub enum Failure {
    NotFound,
    Forbidden,
    /// The partner is archived and can no longer be changed.
    Archived,
    /// The token expired while a subscription was open.
    Expired,
    /// A query's argument cannot be used. The message says what to do.
    BadArgument {
        field: Vec<String>,
        message: String,
        hint: Option<&'static str>,
    },
    /// A query needs Halo, and the partner is not connected to any. The message says what to do.
    NotConnected(String),
    /// The partner's Halo gave no usable answer to a query's request.
    Halo(HaloFailure),
    /// The database is out of reach.
    Unavailable(Cause),
    Internal(Cause),
}

/// The cause of an internal error, for the log.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn StdError + Send + Sync>);

impl Cause {
    fn new(error: impl StdError + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    /// The error and its sources, in one line.
    fn chain(&self) -> String {
        let mut chain = self.0.to_string();
        let mut source = self.0.source();
        while let Some(error) = source {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            source = error.source();
        }
        chain
    }
}

impl Failure {
    pub(super) fn bad_argument(field: &str, message: impl Into<String>) -> Self {
        Failure::BadArgument { field: vec![field.to_owned()], message: message.into(), hint: None }
    }
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound => ErrorCode::NotFound.error("There is no such record."),
            Failure::Forbidden => ErrorCode::Forbidden.error(FORBIDDEN),
            Failure::Archived => ErrorCode::Forbidden.error(ARCHIVED),
            Failure::Expired => ErrorCode::Unauthenticated.error(SESSION_ENDED),
            Failure::BadArgument { field, message, hint } => {
                ErrorCode::BadUserInput.error(message).extend_with(|_, extensions| {
                    extensions.set("field", field);
                    if let Some(hint) = hint {
                        extensions.set("hint", hint);
                    }
                })
            }
            Failure::NotConnected(message) => ErrorCode::NotConnected.error(message),
            Failure::Halo(HaloFailure { code, message, retry_after }) => {
                halo_code(code).error(message).extend_with(|_, extensions| {
                    if let Some(seconds) = retry_after {
                        extensions.set("retryAfter", seconds);
                    }
                })
            }
            Failure::Unavailable(cause) => {
                let message = "The service is temporarily unavailable. Try again in a minute.";
                let error = Self { source: Some(Arc::new(cause)), ..ErrorCode::Unavailable.error(message) };
                error.extend_with(|_, extensions| extensions.set("retryAfter", AWAY_SECONDS))
            }
            Failure::Internal(cause) => {
                Self { source: Some(Arc::new(cause)), ..ErrorCode::Internal.error(INTERNAL_ERROR) }
            }
        }
    }
}

/// The code of an error about Halo. Only what heals by itself has a code that says "try again".
fn halo_code(code: HaloFailureCode) -> ErrorCode {
    match code {
        HaloFailureCode::CredentialsRejected => ErrorCode::HaloCredentialsRejected,
        HaloFailureCode::PermissionMissing => ErrorCode::HaloPermissionMissing,
        HaloFailureCode::LicensingOff => ErrorCode::HaloLicensingOff,
        HaloFailureCode::AddressBlocked | HaloFailureCode::NotAHaloAddress => ErrorCode::HaloAddressWrong,
        HaloFailureCode::RateLimited => ErrorCode::HaloRateLimited,
        HaloFailureCode::BudgetExhausted => ErrorCode::HaloBudgetExhausted,
        HaloFailureCode::Unreachable => ErrorCode::HaloUnreachable,
        HaloFailureCode::Unavailable => ErrorCode::HaloUnavailable,
        // INFIMA's own service could not do it.
        HaloFailureCode::RequestNotSent => ErrorCode::Unavailable,
        HaloFailureCode::RequestRefused => ErrorCode::HaloRequestRefused,
        HaloFailureCode::AnswerTooLarge => ErrorCode::HaloAnswerTooLarge,
        HaloFailureCode::AnswerNotUnderstood => ErrorCode::HaloAnswerNotUnderstood,
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Failure::NotFound,
            Denied::Forbidden => Failure::Forbidden,
        }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        if error.is_about_unstorable_text() {
            let message = "A text in the request has a character that cannot be stored (NUL). Remove it.";
            return Failure::BadArgument { field: Vec::new(), message: message.into(), hint: None };
        }
        match error.is_out_of_reach() {
            true => Failure::Unavailable(Cause::new(error)),
            false => Failure::Internal(Cause::new(error)),
        }
    }
}

impl From<OpError> for Failure {
    fn from(error: OpError) -> Self {
        match error {
            OpError::Denied(denied) => denied.into(),
            OpError::Archived => Failure::Archived,
            OpError::Refused(mut errors) if !errors.is_empty() => {
                let error = errors.swap_remove(0);
                match error.code {
                    UserErrorCode::NotConnected => Failure::NotConnected(error.message),
                    _ => Failure::BadArgument { field: error.field, message: error.message, hint: error.hint },
                }
            }
            OpError::Halo(error) => Failure::Halo((&error).into()),
            OpError::Storage(error) => error.into(),
            OpError::Transaction(ref cause) if is_out_of_reach(cause) => Failure::Unavailable(Cause::new(error)),
            OpError::Refused(_) | OpError::ChecksFailed { .. } | OpError::Transaction(_) | OpError::Sealed(_) => {
                Failure::Internal(Cause::new(error))
            }
        }
    }
}
