//! The playground: a GraphQL page for INFIMA's support staff, with saved operations for their daily
//! questions. A partner's user, who may send the operations of the contract alone, is shown those.
//!
//! The folder has two parts. The page is an npm package (`page/`, `operations/`), which `build.mjs`
//! builds into `dist/`. The bundle is committed, so that building the binary needs no Node, and
//! `npm run check-bundle` compares it with its sources. This module serves the page, made for each
//! request, and its assets, which may be cached for ever.
//!
//! The page sends requests to our own host and to the configured issuer only, and its
//! Content-Security-Policy makes the browser enforce that. It has no rights of its own: the API
//! decides by the token what its user may do, as for every other caller. The module knows nothing
//! of partners, of what is in a token, or of the schema.

mod page;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use secrecy::SecretString;
use std::sync::Arc;

/// The configuration of the page.
#[derive(Debug, Clone)]
pub struct PlaygroundConfig {
    /// The name in the banner. Outside `development`, the page asks for confirmation before a
    /// mutation.
    pub environment: String,
    /// The issuer to sign in with. Without it and without `dev_callers`, the page says that no one
    /// can sign in.
    pub oidc: Option<Oidc>,
    /// Callers to choose from instead of signing in; the first one is selected. Their tokens are in
    /// the page for everyone who can open it, so the list is empty outside development.
    pub dev_callers: Vec<DevCaller>,
    /// The operations for callers who may not send others: a JSON object of their texts by their
    /// ids. The page shows them instead of its editor.
    pub operations: &'static str,
}

/// An OpenID Connect issuer with the playground as a public client: authorization code with PKCE,
/// the page's own address as redirect address, and CORS for our origin at its discovery document
/// and its token endpoint.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// The issuer's identifier, exactly as in its discovery document.
    pub issuer: String,
    pub client_id: String,
    /// The scopes, separated by spaces, with `openid` among them.
    pub scope: String,
    /// The API to request a token for. Some issuers give a JWT only with it.
    pub audience: Option<String>,
}

/// A caller of the development stack.
#[derive(Debug, Clone)]
pub struct DevCaller {
    /// The name in the menu, unique among the callers.
    pub label: String,
    pub token: SecretString,
}

/// The routes `/playground` and `/playground/assets/<version>/…`.
pub fn routes(config: PlaygroundConfig) -> Router {
    Router::new()
        .route("/playground", get(show))
        .route("/playground/", get(|| async { Redirect::permanent("/playground") }))
        .route("/playground/operations.json", get(operations))
        .route("/playground/assets/{version}/{name}", get(asset))
        .with_state(Arc::new(config))
}

async fn show(State(config): State<Arc<PlaygroundConfig>>) -> Response {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let headers = [
        (header::CONTENT_SECURITY_POLICY, page::policy(&config, &nonce)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        // After the redirect from the issuer, the page's address has the authorization code in it.
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin".to_owned()),
    ];
    (headers, Html(page::html(&config, &nonce))).into_response()
}

async fn operations(State(config): State<Arc<PlaygroundConfig>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, config.operations).into_response()
}

async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let found = page::ASSETS.iter().find(|asset| asset.name == name && version == page::version());
    let Some(asset) = found else {
        return (StatusCode::NOT_FOUND, "This file is not part of the current playground. Reload the page.\n")
            .into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        // Only the packed form is embedded: every browser accepts gzip, even if a proxy removes its
        // `Accept-Encoding`.
        (header::CONTENT_ENCODING, "gzip"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A worker is bound by the policy of its own file. Ours need no network.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (headers, asset.packed).into_response()
}
