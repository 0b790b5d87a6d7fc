//! The HTTP layer: executes GraphQL operations that arrive by POST, GET, server-sent events or
//! WebSocket, and serves health checks, metrics and the playground.
//!
//! This module decides whether a request is well formed, who is calling, whether the document is
//! trusted and within the limits, how long it may take, and what a response looks like. It does not
//! know what a field means, and knows no partners, no Halo and no database: `app/` passes the
//! schema and the function that turns a token into a caller. Error codes, the request's id, the
//! limits of documents and the workarounds for async-graphql belong to `graphql/`.
//!
//! A request passes `serve` (the connection), `layers` (id, headers, the rest of its body),
//! `endpoint` or `socket` (the transport) and `request_validator` (checks, executes and finishes
//! it), which uses `graphql_params`, `documents` and `callers` for its checks and `finish` for the
//! response.

mod addresses;
mod callers;
mod documents;
mod download;
mod endpoint;
mod error;
mod events;
mod finish;
mod graphql_params;
mod health;
mod layers;
pub mod limits;
mod media;
pub mod playground;
mod request_validator;
mod serve;
mod socket;
mod tokens;
mod unread_body;

use std::sync::Arc;

use async_graphql::Executor;
use axum::{
    Extension, Router,
    routing::{any, get},
};
use futures::future::BoxFuture;
use secrecy::SecretString;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use documents::{Documents, ManifestError};
pub use error::status_of;
pub use health::{Health, metrics as metrics_route, routes as health_routes};
pub use layers::Origins;
pub use serve::serve;

use crate::{
    auth::{Caller, Claims, VerifyError},
    clock::Clock,
    graphql::{Download, ErrorCode, SESSION_ENDED},
};

/// Turns a bearer token (without the word `Bearer`), or the lack of one, into a caller, in two
/// steps: what a token claims is known without the database, so that a caller over its limit costs
/// none of its time.
#[derive(Clone)]
pub struct Identify {
    pub verify: VerifyToken,
    pub look_up: LookUpCaller,
}

/// Verifies a token, and returns what it claims.
pub type VerifyToken =
    Arc<dyn Fn(Option<SecretString>) -> BoxFuture<'static, Result<Claims, IdentifyError>> + Send + Sync>;
/// Looks up whom the claims are about.
pub type LookUpCaller = Arc<dyn Fn(Claims) -> BoxFuture<'static, Result<Caller, IdentifyError>> + Send + Sync>;

/// The reason why a caller is not identified. Its message is for the user, and does not reveal what
/// is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyError {
    #[error("Sign in first: the request needs a bearer token.")]
    NoToken,
    #[error("{SESSION_ENDED}")]
    Expired,
    #[error("The token is not accepted. Sign in again.")]
    Rejected,
    /// The issuer or the database is unavailable.
    #[error("It cannot be checked just now who you are. Try again shortly.")]
    Unavailable,
}

impl IdentifyError {
    fn code(self) -> ErrorCode {
        match self {
            IdentifyError::Unavailable => ErrorCode::Unavailable,
            IdentifyError::NoToken | IdentifyError::Expired | IdentifyError::Rejected => ErrorCode::Unauthenticated,
        }
    }
}

impl From<VerifyError> for IdentifyError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Expired => IdentifyError::Expired,
            VerifyError::KeysUnavailable => IdentifyError::Unavailable,
            _ => IdentifyError::Rejected,
        }
    }
}

/// The parts of the GraphQL endpoint. Resolvers find the [`Caller`] and the
/// [`RequestId`](crate::graphql::RequestId) in their request's data.
pub struct GraphqlService<E> {
    pub schema: E,
    pub identify: Identify,
    pub clock: Clock,
    pub limits: limits::Limits,
    pub documents: Documents,
    /// Files beside GraphQL, for the same callers.
    pub downloads: Vec<Download>,
    /// Whether every caller may use introspection, as in development, or only those who may use the
    /// playground.
    pub public_introspection: bool,
    /// Cancelled when the server stops: sockets and event streams end.
    pub stopping: CancellationToken,
    /// The running mutations, and everything else that outlives its request: resolvers find the
    /// tracker in their request's data. After the server has stopped, close it and wait for it.
    pub mutations: TaskTracker,
}

/// The whole server: `/graphql`, the files under `/exports`, and beside them `others` (health,
/// playground, the development keys).
///
/// `origins` are the web origins that may call from a browser, such as
/// `https://app.infima.example`.
pub fn router<E: Executor>(service: GraphqlService<E>, origins: Origins, others: Router) -> Router {
    let validator = Arc::new(request_validator::RequestValidator::new(service));
    let mut routes = Router::new().route("/graphql", any(endpoint::endpoint::<E>));
    for Download { name, open } in validator.service.downloads.clone() {
        routes = routes.route(&format!("/exports/{name}"), get(download::download::<E>).layer(Extension(open)));
    }
    layers::wrap(routes.with_state(validator).merge(others), origins)
}
