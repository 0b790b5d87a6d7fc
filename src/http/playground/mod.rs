//! The playground: a GraphQL page for INFIMA's support staff, with saved operations for what they are asked every day.
//!
//! This folder is two things. The page is an npm package (`page/`, `operations/`), built by `build.mjs` into `dist/`,
//! which is committed, so that building the binary needs no Node: `npm run check-bundle` holds the two together.
//! This file serves it: the page itself, new for each request, and its assets, cacheable for ever.
//!
//! The page talks to our own host and to the configured issuer, to nobody else, and a Content-Security-Policy says so
//! to the browser. It holds no rights: what its reader may do, the API decides by the token, as for every other caller.
//! `app` builds it for `serve` and `dev`, and `dev` brings its callers. It knows nothing of partners, tokens' contents or the
//! schema.

mod page;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use secrecy::SecretString;
use std::sync::Arc;

/// What the page has to know of its surroundings.
#[derive(Debug, Clone)]
pub struct PlaygroundConfig {
    /// Shown in the banner. Anywhere but in `development`, a mutation is asked about once more.
    pub environment: String,
    /// How people sign in. Without it, and without `dev_callers`, the page says that nobody can.
    pub oidc: Option<Oidc>,
    /// Ready-made callers to choose from instead of signing in, the first one chosen already. Their tokens are written
    /// into the page for everybody who can open it: empty outside development.
    pub dev_callers: Vec<DevCaller>,
}

/// An OpenID Connect issuer that knows the playground as a public client: authorization code with PKCE, the page's own
/// address as redirect address, and CORS for our origin at its discovery document and its token endpoint.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// Exactly as the issuer writes itself in its discovery document.
    pub issuer: String,
    pub client_id: String,
    /// Space-separated, `openid` among them.
    pub scope: String,
    /// Asked for by issuers that give a JWT only for a named API.
    pub audience: Option<String>,
}

/// A ready-made caller of the development stack.
#[derive(Debug, Clone)]
pub struct DevCaller {
    /// What the menu calls it, unique among them.
    pub label: String,
    pub token: SecretString,
}

/// `/playground` and its assets below `/playground/assets/<version>/`.
pub fn routes(config: PlaygroundConfig) -> Router {
    Router::new()
        .route("/playground", get(show))
        .route("/playground/", get(|| async { Redirect::permanent("/playground") }))
        .route("/playground/assets/{version}/{name}", get(asset))
        .with_state(Arc::new(config))
}

async fn show(State(config): State<Arc<PlaygroundConfig>>) -> Response {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let headers = [
        (header::CONTENT_SECURITY_POLICY, page::policy(&config, &nonce)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        // On the way back from the issuer the page's address holds a code for a moment: nobody may be told of it.
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin".to_owned()),
    ];
    (headers, Html(page::html(&config, &nonce))).into_response()
}

async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let found = page::ASSETS.iter().find(|asset| asset.name == name && version == page::version());
    let Some(asset) = found else {
        return (StatusCode::NOT_FOUND, "No such file. Reload the playground: it was renewed.\n").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        // Embedded only packed: every browser unpacks it, and says so even where a proxy hides that it does.
        (header::CONTENT_ENCODING, "gzip"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A worker's own file decides what the worker may do. Ours only think.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (headers, asset.packed).into_response()
}
