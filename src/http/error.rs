//! Errors of the HTTP layer, and the HTTP status of every error.

use async_graphql::{Pos, Response, ServerError};
use axum::http::StatusCode;

use super::IdentifyError;
use crate::graphql::{ErrorCode, compat::document::DocumentError};

/// The HTTP status of an answer that holds nothing but this error.
pub fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::BadUserInput
        | ErrorCode::BadRequest
        | ErrorCode::ParseFailed
        | ErrorCode::ValidationFailed
        | ErrorCode::LimitExceeded
        | ErrorCode::DocumentNotTrusted => StatusCode::BAD_REQUEST,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::HaloUnreachable
        | ErrorCode::HaloUnavailable
        | ErrorCode::HaloRequestRefused
        | ErrorCode::HaloAnswerTooLarge
        | ErrorCode::HaloCredentialsRejected
        | ErrorCode::HaloPermissionMissing
        | ErrorCode::HaloLicensingOff
        | ErrorCode::HaloAddressWrong
        | ErrorCode::HaloRateLimited
        | ErrorCode::HaloBudgetExhausted
        | ErrorCode::HaloAnswerNotUnderstood
        | ErrorCode::NotConnected => StatusCode::OK,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Whether the fault lies in the GraphQL request and not in the HTTP request. Clients that accept
/// only `application/json` are answered 200 then (GraphQL over HTTP, section 6.4.1), because they
/// take other statuses for a broken connection.
pub(super) fn is_about_the_document(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::BadUserInput
            | ErrorCode::ParseFailed
            | ErrorCode::ValidationFailed
            | ErrorCode::LimitExceeded
            | ErrorCode::DocumentNotTrusted
            | ErrorCode::Forbidden
    )
}

/// The reason why a request is not executed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RequestError {
    pub(super) code: ErrorCode,
    pub(super) message: String,
    pub(super) at: Option<Pos>,
    /// The number of seconds after which to try again.
    pub(super) retry_after: Option<u64>,
    /// Further extensions of the error, by name.
    pub(super) extensions: Vec<(&'static str, String)>,
}

impl RequestError {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None, retry_after: None, extensions: Vec::new() }
    }

    pub(super) fn extension(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.extensions.push((name, value.into()));
        self
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

/// Seconds after which to try again when the database or the issuer is away.
const AWAY_SECONDS: u64 = 10;

impl From<IdentifyError> for RequestError {
    fn from(error: IdentifyError) -> Self {
        let request_error = Self::new(error.code(), error.to_string());
        match error {
            IdentifyError::Unavailable => request_error.retry_after(AWAY_SECONDS),
            IdentifyError::NoToken | IdentifyError::Expired | IdentifyError::Rejected => request_error,
        }
    }
}

impl From<DocumentError> for RequestError {
    fn from(error: DocumentError) -> Self {
        Self { at: error.at, ..Self::new(error.code, error.message) }
    }
}

impl From<RequestError> for Response {
    fn from(error: RequestError) -> Self {
        let mut server_error = ServerError::new(error.message, error.at);
        let extensions = server_error.extensions.get_or_insert_default();
        extensions.set("code", error.code.as_str());
        if let Some(seconds) = error.retry_after {
            extensions.set("retryAfter", seconds);
        }
        for (name, value) in error.extensions {
            extensions.set(name, value);
        }
        Response::from_errors(vec![server_error])
    }
}
