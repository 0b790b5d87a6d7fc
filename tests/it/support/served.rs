//! A world behind a real port, answering as `serve` does: in production, unless a test says
//! otherwise.

use std::net::SocketAddr;

use axum::Router;
use chrono::Duration;
use infima_halo::auth::Role;
use infima_halo::config::{ApiConfig, Config, Environment, TrustedDocuments, Variables};
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::world::{PARTNER, World};

pub struct Served {
    pub world: World,
    pub address: SocketAddr,
    pub client: reqwest::Client,
}

impl Served {
    /// Serves the world. Any operation may be sent, and no caller is rate-limited.
    pub async fn over(world: World) -> Self {
        Self::with(world, |_, _| {}).await
    }

    pub async fn with(world: World, adjust: impl FnOnce(&mut Config, &mut ApiConfig)) -> Self {
        Self::beside(world, Router::new(), adjust).await
    }

    /// With more pages at the same port.
    pub async fn beside(world: World, others: Router, adjust: impl FnOnce(&mut Config, &mut ApiConfig)) -> Self {
        let mut variables = Variables::default();
        variables.set("INFIMA_AUTH_JWKS_URL", "https://issuer.test/jwks.json");
        variables.set("INFIMA_AUTH_ISSUER", "https://issuer.test");
        variables.set("INFIMA_AUTH_AUDIENCE", "infima-halo");
        let mut api = ApiConfig::read(&variables).expect("the test's configuration");
        let mut config = world.config.clone();
        // The app was built in development, for the sandbox's address; the HTTP layer is
        // production's.
        config.environment.environment = Environment::Production;
        config.http.requests_per_minute = 100_000;
        api.documents.trusted = TrustedDocuments::Off;
        adjust(&mut config, &mut api);
        let address = serve(&world, &config, &api, others).await;
        Self { world, address, client: client() }
    }

    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    pub fn token(&self, role: Role, partner: Option<&str>) -> String {
        let subject = format!("{}-1", role.as_str());
        let partner = partner.filter(|_| role.belongs_to_a_partner());
        let token = self.world.mint.mint(role, partner, &subject, "Sam Example", Duration::hours(1), &self.world.clock);
        token.expose_secret().to_owned()
    }

    pub fn admin(&self) -> String {
        self.token(Role::PartnerAdmin, Some(PARTNER))
    }

    pub fn support(&self) -> String {
        self.token(Role::Support, None)
    }

    /// A POST with this token, or none.
    pub fn post(&self, token: &str) -> reqwest::RequestBuilder {
        let request = self.client.post(self.url()).header("accept", "application/graphql-response+json");
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub async fn ask(&self, token: &str, document: &str, variables: Value) -> Reply {
        Reply::of(self.post(token).json(&json!({ "query": document, "variables": variables }))).await
    }

    /// The data of an answer without errors.
    pub async fn data(&self, token: &str, document: &str, variables: Value) -> Value {
        let mut reply = self.ask(token, document, variables).await;
        assert_eq!(reply.body["errors"], Value::Null, "{document}");
        reply.body["data"].take()
    }

    /// The events of a stream that ends by itself.
    pub async fn events(&self, token: &str, document: &str, variables: Value) -> Vec<Value> {
        let request = self.client.post(self.url()).header("accept", "text/event-stream");
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        let reply = Reply::of(request.json(&json!({ "query": document, "variables": variables }))).await;
        let Value::String(text) = reply.body else { return vec![reply.body] };
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        data.filter_map(|data| serde_json::from_str(data).ok()).collect()
    }
}

/// Serves an app on a port of its own until the test ends.
async fn serve(world: &World, config: &Config, api: &ApiConfig, others: Router) -> SocketAddr {
    let verifier = world.mint.verifier(world.clock.clone());
    let router = world.app.api(config, api, verifier, others).expect("the API can be built");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it listens");
    let app = world.app.clone();
    tokio::spawn(async move { app.serve(listener, router).await });
    address
}

#[expect(clippy::disallowed_methods, reason = "a test is a client of its own, and speaks to its own server")]
pub fn client() -> reqwest::Client {
    infima_halo::net::install_tls_provider();
    // No TLS here: reading the system's certificates for each client would take longer than the
    // tests.
    reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client without TLS")
}

/// The response.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as JSON, or as text if it is not JSON.
    pub body: Value,
}

impl Reply {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("the answer is text");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// The code of the first error; empty if there is none.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("")
    }

    pub fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or("")
    }

    /// Whether the error messages are whole sentences.
    pub fn is_well_put(&self) -> bool {
        self.message().starts_with(|c: char| c.is_uppercase()) && self.message().ends_with('.')
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }
}
