//! The closed list of codes that a top-level error can carry, and the refusals this room itself gives.

use async_graphql::{Error, ErrorExtensions, Pos, Response, ServerError};
use axum::http::StatusCode;

/// What is said once a token has ended, over whatever transport.
pub const SESSION_ENDED: &str = "Your session has ended. Sign in again.";
/// All that is said of a fault of ours.
pub const OUR_FAULT: &str = "Something went wrong on our side. Support finds it by the request id.";

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $meaning:literal;)+) => {
        /// What `extensions.code` of a top-level error can be. The list is closed: the frontend's contract has a branch
        /// for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = $meaning] $name,)+
        }

        impl ErrorCode {
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),+];

            /// The code as it is sent.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $text,)+ }
            }

            /// What it means and what to do, for the contract's documentation.
            pub fn meaning(self) -> &'static str {
                match self { $(ErrorCode::$name => $meaning,)+ }
            }

            /// The HTTP status of an answer that holds nothing but this error.
            pub fn status(self) -> StatusCode {
                match self { $(ErrorCode::$name => StatusCode::$status,)+ }
            }
        }
    };
}

codes! {
    Unauthenticated = "UNAUTHENTICATED", UNAUTHORIZED,
        "There is no valid token with the request. Sign in again.";
    Forbidden = "FORBIDDEN", FORBIDDEN,
        "The caller's role does not permit this, whatever the partner; or the partner is archived, and nothing of it is changed any more.";
    NotFound = "NOT_FOUND", NOT_FOUND,
        "There is no such record, or it is another partner's: the two are not told apart.";
    BadUserInput = "BAD_USER_INPUT", BAD_REQUEST,
        "An argument or variable has a value that cannot be used. `extensions.field` says which, where it is known.";
    BadRequest = "BAD_REQUEST", BAD_REQUEST,
        "The HTTP request is not a well-formed GraphQL request.";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED,
        "Queries go by GET or POST, mutations by POST.";
    NotAcceptable = "NOT_ACCEPTABLE", NOT_ACCEPTABLE,
        "The Accept header allows none of the forms an answer can have.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE,
        "The body has to be application/json in UTF-8.";
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", PAYLOAD_TOO_LARGE,
        "The body is too large. Send less at once.";
    ParseFailed = "GRAPHQL_PARSE_FAILED", BAD_REQUEST,
        "The document is not GraphQL.";
    ValidationFailed = "GRAPHQL_VALIDATION_FAILED", BAD_REQUEST,
        "The document does not fit the schema. An outdated frontend is told so by this or by DOCUMENT_NOT_TRUSTED.";
    LimitExceeded = "LIMIT_EXCEEDED", BAD_REQUEST,
        "The document asks for too much at once: too deep, too wide, too long, or too many at the same time.";
    DocumentNotTrusted = "DOCUMENT_NOT_TRUSTED", BAD_REQUEST,
        "The operation is not part of the contract that this server was released with.";
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS,
        "Too many requests from this caller. `extensions.retryAfter` says in how many seconds to go on.";
    HaloUnreachable = "HALO_UNREACHABLE", OK,
        "The partner's Halo does not answer as it should. Everything that does not need it is still in `data`.";
    NotConnected = "NOT_CONNECTED", OK,
        "The partner has no connection to Halo PSA yet. Everything that does not need it is still in `data`.";
    Timeout = "TIMEOUT", GATEWAY_TIMEOUT,
        "It took too long. A query was stopped; a mutation goes on, so look before sending it again.";
    Unavailable = "UNAVAILABLE", SERVICE_UNAVAILABLE,
        "The service cannot answer just now, such as while its database is away. Try again shortly.";
    Internal = "INTERNAL", INTERNAL_SERVER_ERROR,
        "Our fault. `extensions.requestId` lets support find what happened.";
}

impl ErrorCode {
    /// A resolver's error with this code. The message is for the reader: no internals.
    pub fn error(self, message: impl Into<String>) -> Error {
        Error::new(message).extend_with(|_, extensions| extensions.set("code", self.as_str()))
    }

    /// Whether the fault lies in the GraphQL request, not in the HTTP one. Clients that accept only `application/json` are
    /// answered 200 then (GraphQL over HTTP, section 6.4.1), because they take other statuses for a broken connection.
    pub(super) fn is_about_the_document(self) -> bool {
        matches!(
            self,
            ErrorCode::BadUserInput
                | ErrorCode::ParseFailed
                | ErrorCode::ValidationFailed
                | ErrorCode::LimitExceeded
                | ErrorCode::DocumentNotTrusted
                | ErrorCode::Forbidden
        )
    }
}

/// Why a request goes no further.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) message: String,
    pub(super) at: Option<Pos>,
    /// In how many seconds to try again.
    pub(super) retry_after: Option<u64>,
    /// What else a program may want to know, by name.
    pub(super) facts: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None, retry_after: None, facts: Vec::new() }
    }

    pub(super) fn at(self, at: Pos) -> Self {
        Self { at: Some(at), ..self }
    }

    pub(super) fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let mut error = ServerError::new(refusal.message, refusal.at);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", refusal.code.as_str());
        if let Some(seconds) = refusal.retry_after {
            extensions.set("retryAfter", seconds);
        }
        for (name, value) in refusal.facts {
            extensions.set(name, value);
        }
        Response::from_errors(vec![error])
    }
}
