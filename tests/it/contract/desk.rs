//! A frontend's desk: the API on a port, a partner with its Halo, and the operations of the
//! contract by name.

use std::collections::BTreeMap;

use axum::Router;
use chrono::Duration;
use infima_halo::auth::Role;
use infima_halo::config::{ApiConfig, Variables};
use infima_halo::sandbox::{SubscriptionSeed, TenantSeed};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::recorded::Recorded;
use crate::support::world::{PARTNER, World, rules};

/// The ids of the contract's operations, by their names.
pub fn contract() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../../../frontend-contract/document-ids.json")).unwrap()
}

pub struct Desk {
    pub world: World,
    contract: BTreeMap<String, String>,
    url: String,
    http: reqwest::Client,
    _serving: AbortOnDropHandle<()>,
}

impl Desk {
    /// Clients of these names with so many users, and Halo customers of the same names; one more
    /// customer is inactive and one has a subscription of ours that no client uses.
    pub async fn start(clients: &[(&str, usize)]) -> Self {
        let names = clients.iter().map(|(name, _)| *name).chain(["Elm", "Elder"]);
        let mut tenant = TenantSeed::with_customers("northwind", names);
        let [.., inactive, taken] = tenant.customers.as_mut_slice() else { unreachable!("two were added") };
        inactive.inactive = true;
        taken.subscriptions = vec![SubscriptionSeed::new("Security awareness", infima_halo::halo::VENDOR, 7, 3.0, 1.0)];
        let world = World::builder().clients(clients).tenant(tenant).build().await;

        let mut variables = Variables::default();
        let rules = rules();
        variables.set("INFIMA_AUTH_JWKS_URL", "https://issuer.test/jwks.json");
        variables.set("INFIMA_AUTH_ISSUER", rules.issuer);
        variables.set("INFIMA_AUTH_AUDIENCE", rules.audience);
        let api = ApiConfig::read(&variables).unwrap();
        let router =
            world.app.api(&world.config, &api, world.mint.verifier(world.clock.clone()), Router::new()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, contract: contract(), url, http: http(), _serving: AbortOnDropHandle::new(serving) }
    }

    pub fn admin(&self) -> String {
        self.token(Role::PartnerAdmin, Some(PARTNER), "Ada Admin")
    }

    pub fn support(&self) -> String {
        self.token(Role::Support, None, "Sam Support")
    }

    pub fn platform(&self) -> String {
        self.token(Role::Platform, None, "Roster service")
    }

    fn token(&self, role: Role, partner: Option<&str>, name: &str) -> String {
        let (mint, clock) = (&self.world.mint, &self.world.clock);
        mint.mint(role, partner, role.as_str(), name, Duration::hours(1), clock).expose_secret().to_owned()
    }

    /// The global id of the partner.
    pub async fn partner(&self) -> String {
        self.world.partner().await.to_string()
    }

    /// The global id of a client.
    pub async fn client(&self, name: &str) -> String {
        self.world.client(name).await.to_string()
    }

    /// The global id of a client's association.
    pub async fn association(&self, client: &str) -> String {
        self.world.association(client).await.id.to_string()
    }

    /// The details of the connection, as they are typed.
    pub fn details(&self) -> Value {
        let tenant = &self.world.tenant;
        json!({ "url": tenant.url(), "applicationClientId": tenant.client_id(), "clientSecret": tenant.client_secret() })
    }

    /// The entry that associates a client with the customer of a name.
    pub async fn entry(&self, client: &str, customer: &str) -> Value {
        let customers = self.world.tenant.customers();
        let customer = customers.iter().find(|known| known.name == customer).expect("a customer of the tenant");
        json!({ "clientId": self.client(client).await, "haloCustomerId": customer.id })
    }

    /// The status and the answer, as a frontend of today gets it.
    pub async fn send(&self, token: &str, request: &Value) -> (u16, Value) {
        let accept = "application/graphql-response+json";
        let sent = self.http.post(&self.url).bearer_auth(token).header("accept", accept).json(request).send();
        let answer = sent.await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The data of an operation of the contract, sent by its id.
    pub async fn ask(&self, token: &str, operation: &str, variables: Value) -> Value {
        let request = json!({ "documentId": self.contract[operation], "variables": variables });
        let (status, mut answer) = self.send(token, &request).await;
        assert!(status == 200 && answer["errors"].is_null(), "{operation}: {status} {answer}");
        answer["data"].take()
    }

    /// Executes the operation, and records the response as the operation's.
    pub async fn record(&self, recorded: &mut Recorded, operation: &str, variables: Value) -> Value {
        let data = self.ask(&self.admin(), operation, variables).await;
        let refused = data.as_object().unwrap().values().find_map(|payload| payload.get("userErrors")?.get(0));
        assert_eq!(refused, None, "{operation}");
        recorded.operation(operation, &data);
        data
    }

    /// Records another response of an operation: one with something special.
    pub async fn record_scenario(&self, recorded: &mut Recorded, operation: &str, name: &str, variables: Value) {
        let data = self.ask(&self.admin(), operation, variables).await;
        recorded.scenario(operation, name, &data);
    }

    /// Executes the operation as `token`'s bearer, who is refused with `code`, and records the
    /// refusal.
    pub async fn record_refusal(
        &self,
        recorded: &mut Recorded,
        code: &str,
        token: &str,
        operation: &str,
        input: Value,
    ) {
        let data = self.ask(token, operation, json!({ "input": input })).await;
        recorded.refusal(code, operation, &data);
    }

    /// Records that the admin is refused with `code`.
    pub async fn refused(&self, recorded: &mut Recorded, code: &str, operation: &str, input: Value) {
        self.record_refusal(recorded, code, &self.admin(), operation, input).await;
    }

    /// The first result of a subscription, by server-sent events.
    pub async fn first_event(&self, operation: &str, variables: Value) -> Value {
        let request = json!({ "documentId": self.contract[operation], "variables": variables });
        let sent = self.http.post(&self.url).bearer_auth(self.admin()).header("accept", "text/event-stream");
        let mut answer = sent.json(&request).send().await.unwrap();
        let mut text = String::new();
        while !text.contains("\n\n") {
            text += std::str::from_utf8(&answer.chunk().await.unwrap().expect("an event")).unwrap();
        }
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("the event has data");
        let mut result: Value = serde_json::from_str(data).unwrap();
        assert!(result["errors"].is_null(), "{result}");
        result["data"].take()
    }

    /// Saves the connection and associates clients with the customers of the same names; gives the
    /// run that is to create their subscriptions.
    pub async fn map(&self, names: &[&str]) -> infima_halo::ids::RunId {
        self.world.connect().await;
        self.world.map(names).await.run.expect("there is something to create")
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is a client of its own, and speaks to its own server")]
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // No TLS here: reading the system's certificates would take longer than the tests.
    reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap()
}
