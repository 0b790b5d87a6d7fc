//! The HTTP layer as a client meets it: a real port, real tokens, and a test schema behind it.

mod api_limits;
mod clients;
mod documents;
mod downloads;
mod fixtures;
mod limits;
mod mapping_file;
mod requests;
pub(crate) mod sockets;
mod streams;
pub(crate) mod trusted_documents;
mod unread_bodies;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::http::HeaderValue;
use chrono::Duration;
use infima_halo::{
    auth::{Caller, DevTokenIssuer, Role, TokenRules},
    clock::Clock,
    graphql::Download,
    http::{
        Documents, GraphqlService, Health, Identify, IdentifyError, Origins, health_routes, limits::Limits,
        metrics_route, router, serve,
    },
    ids::PartnerId,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::served::{Reply, client};
use fixtures::Probe;

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// The options of a test's server.
struct ServerOptions {
    limits: Limits,
    documents: Documents,
    public_introspection: bool,
    leeway: std::time::Duration,
    downloads: Vec<Download>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            documents: Documents::none(),
            public_introspection: false,
            leeway: std::time::Duration::ZERO,
            downloads: Vec::new(),
        }
    }
}

struct Server {
    address: SocketAddr,
    client: reqwest::Client,
    mint: Arc<DevTokenIssuer>,
    probe: Probe,
    stopping: CancellationToken,
    mutations: TaskTracker,
    serving: JoinHandle<()>,
    /// How often the database would have been asked for a caller's partner.
    lookups: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        Self::with(ServerOptions::default()).await
    }

    async fn with(options: ServerOptions) -> Self {
        let mint = Arc::new(DevTokenIssuer::generate(TokenRules {
            issuer: "https://id.infima.example".into(),
            audience: "infima-halo".into(),
            partner_claim: "partner".into(),
            leeway: options.leeway,
        }));
        let verifier = Arc::new(mint.verifier(Clock::system()));
        let lookups = Arc::new(AtomicUsize::new(0));
        let counted = lookups.clone();
        let identify = Identify {
            verify: Arc::new(move |token: Option<SecretString>| {
                let verifier = verifier.clone();
                Box::pin(async move { Ok(verifier.verify(&token.ok_or(IdentifyError::NoToken)?).await?) })
            }),
            look_up: Arc::new(move |claims| {
                counted.fetch_add(1, Ordering::SeqCst);
                Box::pin(async move { Ok(Caller::new(claims, Some(PartnerId::generate()))) })
            }),
        };
        let (probe, stopping, mutations) = (Probe::default(), CancellationToken::new(), TaskTracker::new());
        let limits = options.limits.clone();
        let service = GraphqlService {
            schema: probe.schema(),
            identify,
            clock: Clock::system(),
            limits: options.limits,
            documents: options.documents,
            downloads: options.downloads,
            public_introspection: options.public_introspection,
            stopping: stopping.clone(),
            mutations: mutations.clone(),
        };
        let health = Health { ready: Arc::new(|| Box::pin(async { Ok(()) })), stopping: stopping.clone() };
        let listed = vec![HeaderValue::from_static("https://app.infima.example")];
        let origins = Origins { listed, any_loopback: false };
        let app = router(service, origins, health_routes(health).merge(metrics_route(|| "up 1\n".to_owned())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn({
            let stopping = stopping.clone();
            async move { serve(listener, app, &limits, stopping).await }
        });
        Self { address, client: client(), mint, probe, stopping, mutations, serving, lookups }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn token(&self, role: Role) -> String {
        self.token_for(role, "user-1", Duration::minutes(5))
    }

    fn token_for(&self, role: Role, subject: &str, lifetime: Duration) -> String {
        let partner = role.belongs_to_a_partner().then_some("msp-7");
        self.mint.mint(role, partner, subject, "Ada", lifetime, &Clock::system()).expose_secret().to_owned()
    }

    /// A POST as a modern client sends it.
    fn post(&self, role: Role) -> reqwest::RequestBuilder {
        self.client.post(self.url("/graphql")).bearer_auth(self.token(role)).header("accept", GRAPHQL_RESPONSE)
    }

    /// Runs a document for a partner's administrator.
    async fn ask(&self, query: &str) -> Reply {
        Reply::of(self.post(Role::PartnerAdmin).json(&json!({ "query": query }))).await
    }
}
