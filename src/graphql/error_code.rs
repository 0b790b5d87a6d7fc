//! The closed list of codes that a top-level error can carry.

use async_graphql::{Error, ErrorExtensions, ServerError, Value};

/// The message once a token has ended, over every transport.
pub const SESSION_ENDED: &str = "Your session has ended. Sign in again.";
/// The message of every internal error: its cause is logged and never sent.
pub const INTERNAL_ERROR: &str =
    "Something went wrong on our side. Try again, or give support the request id so that they can find the cause.";

/// What `extensions.code` of a top-level error can be. The list is closed: the frontend's contract
/// has a branch for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    Unauthenticated,
    Forbidden,
    NotFound,
    BadUserInput,
    BadRequest,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    PayloadTooLarge,
    ParseFailed,
    ValidationFailed,
    LimitExceeded,
    DocumentNotTrusted,
    RateLimited,
    HaloUnreachable,
    HaloUnavailable,
    HaloCredentialsRejected,
    HaloPermissionMissing,
    HaloLicensingOff,
    HaloAddressWrong,
    HaloRateLimited,
    HaloBudgetExhausted,
    HaloRequestRefused,
    HaloAnswerTooLarge,
    HaloAnswerNotUnderstood,
    NotConnected,
    Timeout,
    Unavailable,
    Internal,
}

impl ErrorCode {
    pub const ALL: &'static [ErrorCode] = &[
        ErrorCode::Unauthenticated,
        ErrorCode::Forbidden,
        ErrorCode::NotFound,
        ErrorCode::BadUserInput,
        ErrorCode::BadRequest,
        ErrorCode::MethodNotAllowed,
        ErrorCode::NotAcceptable,
        ErrorCode::UnsupportedMediaType,
        ErrorCode::PayloadTooLarge,
        ErrorCode::ParseFailed,
        ErrorCode::ValidationFailed,
        ErrorCode::LimitExceeded,
        ErrorCode::DocumentNotTrusted,
        ErrorCode::RateLimited,
        ErrorCode::HaloUnreachable,
        ErrorCode::HaloUnavailable,
        ErrorCode::HaloCredentialsRejected,
        ErrorCode::HaloPermissionMissing,
        ErrorCode::HaloLicensingOff,
        ErrorCode::HaloAddressWrong,
        ErrorCode::HaloRateLimited,
        ErrorCode::HaloBudgetExhausted,
        ErrorCode::HaloRequestRefused,
        ErrorCode::HaloAnswerTooLarge,
        ErrorCode::HaloAnswerNotUnderstood,
        ErrorCode::NotConnected,
        ErrorCode::Timeout,
        ErrorCode::Unavailable,
        ErrorCode::Internal,
    ];

    /// The code as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::Unauthenticated => "UNAUTHENTICATED",
            ErrorCode::Forbidden => "FORBIDDEN",
            ErrorCode::NotFound => "NOT_FOUND",
            ErrorCode::BadUserInput => "BAD_USER_INPUT",
            ErrorCode::BadRequest => "BAD_REQUEST",
            ErrorCode::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            ErrorCode::NotAcceptable => "NOT_ACCEPTABLE",
            ErrorCode::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            ErrorCode::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            ErrorCode::ParseFailed => "GRAPHQL_PARSE_FAILED",
            ErrorCode::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            ErrorCode::LimitExceeded => "LIMIT_EXCEEDED",
            ErrorCode::DocumentNotTrusted => "DOCUMENT_NOT_TRUSTED",
            ErrorCode::RateLimited => "RATE_LIMITED",
            ErrorCode::HaloUnreachable => "HALO_UNREACHABLE",
            ErrorCode::HaloUnavailable => "HALO_UNAVAILABLE",
            ErrorCode::HaloCredentialsRejected => "HALO_CREDENTIALS_REJECTED",
            ErrorCode::HaloPermissionMissing => "HALO_PERMISSION_MISSING",
            ErrorCode::HaloLicensingOff => "HALO_LICENSING_OFF",
            ErrorCode::HaloAddressWrong => "HALO_ADDRESS_WRONG",
            ErrorCode::HaloRateLimited => "HALO_RATE_LIMITED",
            ErrorCode::HaloBudgetExhausted => "HALO_BUDGET_EXHAUSTED",
            ErrorCode::HaloRequestRefused => "HALO_REQUEST_REFUSED",
            ErrorCode::HaloAnswerTooLarge => "HALO_ANSWER_TOO_LARGE",
            ErrorCode::HaloAnswerNotUnderstood => "HALO_ANSWER_NOT_UNDERSTOOD",
            ErrorCode::NotConnected => "NOT_CONNECTED",
            ErrorCode::Timeout => "TIMEOUT",
            ErrorCode::Unavailable => "UNAVAILABLE",
            ErrorCode::Internal => "INTERNAL",
        }
    }

    /// What the code means and what the caller can do, for the contract's documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            ErrorCode::Unauthenticated => "The request has no valid token. Sign in again.",
            ErrorCode::Forbidden => {
                "The caller's role does not permit this for any partner, or the partner is archived and can no longer \
                 be changed."
            }
            ErrorCode::NotFound => {
                "The record does not exist or belongs to another partner. The error does not say which."
            }
            ErrorCode::BadUserInput => {
                "An argument or variable has a value that cannot be used. `extensions.field` names it if it is known."
            }
            ErrorCode::BadRequest => "The HTTP request is not a well-formed GraphQL request.",
            ErrorCode::MethodNotAllowed => {
                "The HTTP method is not allowed. Send queries by GET or POST, mutations by POST."
            }
            ErrorCode::NotAcceptable => "The Accept header allows none of the media types of an answer.",
            ErrorCode::UnsupportedMediaType => "The body is not application/json in UTF-8.",
            ErrorCode::PayloadTooLarge => "The body is too large. Send less at once.",
            ErrorCode::ParseFailed => "The document is not valid GraphQL.",
            ErrorCode::ValidationFailed => {
                "The document does not match the schema. An outdated frontend receives this or DOCUMENT_NOT_TRUSTED."
            }
            ErrorCode::LimitExceeded => {
                "The document requests too much at once: it is too deep, too wide or too long, or too many operations \
                 are open."
            }
            ErrorCode::DocumentNotTrusted => {
                "The operation is not part of the contract that this server was released with."
            }
            ErrorCode::RateLimited => {
                "The caller sent too many requests. Try again after `extensions.retryAfter` seconds."
            }
            ErrorCode::HaloUnreachable => {
                "The partner's Halo does not answer. `data` still has everything that does not need Halo. Try again in \
                 a few minutes."
            }
            ErrorCode::HaloUnavailable => {
                "Something answered in place of the API of the partner's Halo, such as a server error or the page of a \
                 Halo in maintenance. Try again in a few minutes."
            }
            ErrorCode::HaloCredentialsRejected => {
                "The partner's Halo no longer accepts the Client ID and Client Secret. Save new connection details."
            }
            ErrorCode::HaloPermissionMissing => {
                "The application or its agent lacks a permission in the partner's Halo. The message names it, and names \
                 Software Licencing being switched off where Halo answers the same to both."
            }
            ErrorCode::HaloLicensingOff => "Software Licencing is switched off in the partner's Halo.",
            ErrorCode::HaloAddressWrong => {
                "The saved address leads to no Halo, or to a network that nothing is sent to."
            }
            ErrorCode::HaloRateLimited => {
                "The partner's Halo asked for a pause because of too many requests. Try again after \
                 `extensions.retryAfter` seconds."
            }
            ErrorCode::HaloBudgetExhausted => {
                "INFIMA's own limit on requests to the partner's Halo is reached; Halo has not refused anything. \
                 Try again after `extensions.retryAfter` seconds."
            }
            ErrorCode::HaloRequestRefused => "The partner's Halo refused the request. The message gives Halo's reason.",
            ErrorCode::HaloAnswerTooLarge => "The partner's Halo gave an answer that is larger than INFIMA reads.",
            ErrorCode::HaloAnswerNotUnderstood => {
                "The partner's Halo gave an answer that INFIMA does not understand. Support can see it."
            }
            ErrorCode::NotConnected => {
                "The partner is not connected to Halo PSA. `data` still has everything that does not need Halo."
            }
            ErrorCode::Timeout => {
                "The operation took too long. A query was stopped; a mutation continues, so check its result before \
                 sending it again."
            }
            ErrorCode::Unavailable => {
                "The service is temporarily unavailable, for example because its database is. Try again shortly."
            }
            ErrorCode::Internal => "An internal error. `extensions.requestId` lets support find its cause in the logs.",
        }
    }

    /// Makes a resolver's error with this code. The message is for the caller and has no internals.
    pub fn error(self, message: impl Into<String>) -> Error {
        Error::new(message).extend_with(|_, extensions| extensions.set("code", self.as_str()))
    }

    /// Reads the code of an error, if it has one.
    pub(super) fn of(error: &ServerError) -> Option<Self> {
        let code = error.extensions.as_ref()?.get("code")?;
        Self::ALL.iter().copied().find(|known| *code == Value::from(known.as_str()))
    }
}
