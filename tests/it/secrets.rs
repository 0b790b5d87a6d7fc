//! Planted secrets: every operation is called with known secrets, also in the wrong way, against a
//! Halo that fails in every way and one that repeats what it received, through panics too. Then the
//! test looks for the secrets in logs at the highest level, in spans, metrics, responses, jobs, and
//! in every column of every table.
//!
//! The search runs in its own process with the telemetry of `serve`: a process has only one panic
//! hook.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::get;
use base64::{Engine, prelude::BASE64_STANDARD};
use infima_halo::auth::Role;
use infima_halo::config::{LogConfig, LogFormat};
use infima_halo::ops::admin::keys::rotate_keys;
use infima_halo::ops::admin::{self, housekeeping};
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::sandbox::{Act, Fault, Lasting, Matching};
use infima_halo::seal::Binding;
use infima_halo::telemetry;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use crate::graphql::matrix::{Asked, ROWS, filled_in};
use crate::http::trusted_documents::answer_of_a_socket;
use crate::support::served::Reply;
use crate::support::world::{MORNING, PARTNER};

const KEY: &[u8; 32] = b"planted key, planted key, plante";
const TYPED: &str = "planted-typed-secret";
/// A person's address: in the table of users and nowhere else.
const PERSON: &str = "planted.person@example.com";
const HALO_TOKEN: &str = "planted-halo-token";
const INNER: &str = "secrets::planted_secrets_in_own_process";
const PLANTED: &str = "planted: ";
const LEAK: &str = "leak: ";
const END: &str = "everything was driven";

#[test]
fn planted_secrets_appear_nowhere() -> anyhow::Result<()> {
    let inner = Command::new(std::env::current_exe()?)
        .args(["--exact", INNER, "--ignored", "--nocapture"])
        .stdin(Stdio::null())
        .output()?;
    let (said, logs) = (String::from_utf8_lossy(&inner.stdout), String::from_utf8_lossy(&inner.stderr));
    let tail = &logs[logs.floor_char_boundary(logs.len().saturating_sub(4_000))..];
    assert!(inner.status.success(), "it did not come to its end: {said}\n{tail}");
    let lines_after = |mark: &str| said.lines().filter_map(|line| line.strip_prefix(mark)).collect::<BTreeSet<_>>();
    let (planted, leaks) = (lines_after(PLANTED), lines_after(LEAK));
    assert!(planted.len() >= 10, "{planted:?}");
    assert!(leaks.is_empty(), "{leaks:#?}");
    // All logs are included, at the highest level, with the panics.
    for expected in ["\"DEBUG\"", "panicked", "request to Halo answered", "sync stopped", "answered", END] {
        assert!(logs.contains(expected), "the logs lack {expected}: {tail}");
    }
    for secret in planted {
        for form in forms(secret) {
            let line = logs.lines().find(|line| line.contains(&form));
            assert!(line.is_none(), "{secret:?} is in the logs as {form:?}: {:.600}", line.unwrap_or_default());
        }
    }
    Ok(())
}

/// The ways in which a secret may be written.
fn forms(secret: &str) -> BTreeSet<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    BTreeSet::from([secret.to_owned(), hex, BASE64_STANDARD.encode(secret), encoded])
}

struct Hunt {
    asked: Asked,
    planted: BTreeSet<String>,
    answers: Vec<String>,
}

#[tokio::test]
#[ignore = "run by `planted_secrets_appear_nowhere`, in a process of its own"]
async fn planted_secrets_in_own_process() -> anyhow::Result<()> {
    telemetry::init(&LogConfig { filter: "trace".into(), format: LogFormat::Json })?;
    let (echo, mood, heard) = repeating_halo().await;
    let key = BASE64_STANDARD.encode(KEY);
    let adjust = {
        let (key, echo) = (key.clone(), echo.clone());
        move |variables: &mut infima_halo::config::Variables| {
            variables.set("INFIMA_KEYS", format!("planted:{key}"));
            variables.set("INFIMA_HALO_REQUESTS", "700");
            let allowed = variables.get("INFIMA_HALO_DEVELOPMENT_ADDRESSES").unwrap().to_str().unwrap().to_owned();
            variables.set("INFIMA_HALO_DEVELOPMENT_ADDRESSES", format!("{allowed},{echo}"));
        }
    };
    // A page of ours that panics with what it was given.
    let boom = Router::new().route(
        "/boom",
        get(|headers: HeaderMap| async move {
            if headers.contains_key("authorization") {
                panic!("unexpected: {headers:?}");
            }
        }),
    );
    let asked = Asked::start_with(adjust, boom).await;
    let mut planted = BTreeSet::from([key, TYPED.to_owned(), HALO_TOKEN.to_owned(), PERSON.to_owned()]);
    planted.insert(asked.served.world.tenant.client_secret());
    let mut hunt = Hunt { asked, planted, answers: Vec::new() };

    hunt.ask_the_wrong_way().await;
    hunt.ask_everything().await;
    hunt.do_what_no_caller_does().await;
    hunt.meet_every_fault().await;
    hunt.meet_a_halo_that_repeats(&echo, &mood).await;
    assert!(heard.lock().unwrap().contains(HALO_TOKEN), "the repeating Halo was given its token");
    hunt.panic().await;

    hunt.look_into_the_database().await;
    let metrics = infima_halo::telemetry::Metrics::of_this_process().render();
    assert!(metrics.contains("halo_requests_total"), "{metrics}");
    hunt.answers.push(metrics);
    for answer in &hunt.answers {
        hunt.look_into("an answer or the metrics", answer);
    }
    assert!(hunt.answers.len() > 150);
    for secret in &hunt.planted {
        println!("{PLANTED}{secret}");
    }
    tracing::info!("{END}");
    Ok(())
}

impl Hunt {
    /// A token, which is planted by being asked with: as a whole, and its signature.
    fn token(&mut self, role: Role, partner: Option<&str>) -> String {
        let token = self.asked.served.token(role, partner);
        self.planted.insert(token.clone());
        self.planted.extend(token.rsplit_once('.').map(|(_, signature)| signature.to_owned()));
        token
    }

    async fn keep(&mut self, request: reqwest::RequestBuilder) -> Value {
        let reply = Reply::of(request).await;
        self.answers.push(format!("{:?} {}", reply.headers, reply.body));
        reply.body
    }

    /// Every row of the matrix, by those who may most and by those who may not.
    async fn ask_everything(&mut self) {
        for (role, partner) in
            [(Role::PartnerAdmin, "other"), (Role::Platform, ""), (Role::Support, ""), (Role::PartnerAdmin, PARTNER)]
        {
            let token = self.token(role, Some(partner));
            for (name, document) in ROWS {
                // The last row would end the scenario.
                if !name.contains("disconnectHalo") || partner == "other" {
                    let document = filled_in(document, &self.asked.values);
                    let request = self.asked.served.post(&token).json(&json!({ "query": document }));
                    self.keep(request).await;
                    if document.starts_with("subscription") {
                        self.follow(&token, &document).await;
                    }
                }
            }
        }
    }

    /// A subscription as an event stream and over a socket, with valid and invalid tokens.
    async fn follow(&mut self, token: &str, document: &str) {
        for token in [token, TYPED] {
            let events = self.asked.served.events(token, document, json!({})).await;
            let said = answer_of_a_socket(&self.asked.served, token, json!({ "query": document })).await;
            let wrong = json!({ "query": TYPED, "documentId": TYPED, "variables": { "id": TYPED } });
            let refused = answer_of_a_socket(&self.asked.served, token, wrong).await;
            self.answers.extend([format!("{events:?}"), said.to_string(), refused.to_string()]);
        }
    }

    /// What the operator can do, and the platform with users' data.
    async fn do_what_no_caller_does(&mut self) {
        let import = "mutation($v: ImportRosterInput!) { importRoster(input: $v) { imported { stored } userErrors { message } } }";
        let user = |id: &str, client: &str, address: &str| json!({ "externalId": id, "clientExternalId": client, "email": address, "state": "ACTIVE", "version": 1 });
        let token = self.token(Role::Platform, None);
        for input in [
            json!({ "users": [user("u1", "northwind/Alder", PERSON), user("u2", "unknown", PERSON),
                user("u3", "northwind/Alder", &format!("{PERSON}\u{1}"))] }),
            json!({ "users": [{ "externalId": PERSON, "email": [PERSON] }], "surplus": PERSON }),
            json!(PERSON),
        ] {
            let request = self.asked.served.post(&token).json(&json!({ "query": import, "variables": { "v": input } }));
            self.keep(request).await;
        }
        let world = &self.asked.served.world;
        let (ops, partner) = (world.ops(), world.partner().await);
        admin::request_sync(ops, partner).await.unwrap();
        enqueue_nightly_syncs(ops, Selection::Today).await.unwrap();
        admin::preview_sync(ops, partner).await.unwrap();
        admin::request_failed_since(ops, MORNING.parse().unwrap(), Duration::ZERO).await.unwrap();
        let stale = "update connections set sealed_with = 'another'";
        sqlx::query(stale).execute(&world.owner).await.unwrap();
        let rotated = rotate_keys(ops, false).await.unwrap();
        assert!(rotated.resealed > 0, "{rotated:?}");
        housekeeping::sweep(ops).await.unwrap();
        housekeeping::run_due(ops).await.unwrap();
    }

    /// Secrets in places and in forms where they do not belong.
    async fn ask_the_wrong_way(&mut self) {
        let token = self.token(Role::PartnerAdmin, Some(PARTNER));
        let save = "mutation Save($v: SaveHaloConnectionInput!) { saveHaloConnection(input: $v) {
            haloConnection { id } userErrors { code field message } } }";
        let test = "mutation Test($v: TestHaloConnectionInput!) { testHaloConnection(input: $v) {
            test { checks { message } problem { message } } userErrors { code field message } } }";
        let url = self.asked.served.world.tenant.url();
        let with_user = url.replace("://", &format!("://user:{TYPED}@"));
        let mut asks = Vec::new();
        for document in [save, test] {
            for input in [
                json!({ "url": url, "clientSecret": TYPED }),
                json!({ "url": with_user, "clientSecret": TYPED }),
                json!({ "url": "https://127.0.0.1/", "clientSecret": TYPED }),
                json!({ "url": "not a url", "clientSecret": TYPED }),
                json!({ "url": 5, "clientSecret": TYPED }),
                json!({ "clientSecret": [TYPED] }),
                json!({ "clientSecret": { "secret": TYPED } }),
                json!({ "clientSecret": TYPED, "surplus": TYPED }),
                json!({ "clientSecret": TYPED, "partnerId": TYPED }),
                json!({ "clientSecret": TYPED.repeat(50) }),
                json!(TYPED),
            ] {
                asks.push(json!({ "query": document, "variables": { "v": input }, "operationName": null }));
            }
        }
        for literal in [
            format!(
                "mutation {{ saveHaloConnection(input: {{ clientSecret: \"{TYPED}\", surplus: 1 }}) {{ run {{ id }} }} }}"
            ),
            format!("mutation {{ saveHaloConnection(input: {{ clientSecret: [\"{TYPED}\"] }}) {{ run {{ id }} }} }}"),
            format!("mutation {{ saveHaloConnection(input: {{ clientSecret: \"{TYPED}\" ) {{ run {{ id }} }} }}"),
            format!("mutation {{ saveHaloConnection(input: \"{TYPED}\") {{ run {{ id }} }} }}"),
            format!("mutation {{ saveHaloConnection(input: {{ clientSecret: \"{TYPED}\" }}) {{ nothing }} }}"),
        ] {
            asks.push(json!({ "query": literal }));
        }
        let remove = "mutation($v: RemoveHaloClientAssociationInput!) {
            removeHaloClientAssociation(input: $v) { userErrors { message } } }";
        for input in [
            json!({ "associationId": TYPED, "quantity": TYPED }),
            json!({ "associationId": { "id": TYPED }, "quantity": "SET_TO_ZERO" }),
            json!({ "associationId": TYPED, "quantity": "SET_TO_ZERO" }),
        ] {
            asks.push(json!({ "query": remove, "variables": { "v": input } }));
        }
        let resolve = "mutation($v: ResolveHaloSubscriptionInput!) {
            resolveHaloSubscription(input: $v) { userErrors { message } } }";
        let recreate = "mutation($v: RecreateHaloSubscriptionInput!) {
            recreateHaloSubscription(input: $v) { userErrors { message } } }";
        for input in [
            json!({ "associationId": TYPED, "answer": TYPED }),
            json!({ "associationId": TYPED, "answer": "ADOPT", "subscriptionId": TYPED }),
            json!({ "associationId": TYPED, "answer": "CREATE_NEW", "partnerId": TYPED }),
            json!({ "associationId": TYPED }),
        ] {
            for document in [resolve, recreate] {
                asks.push(json!({ "query": document, "variables": { "v": input } }));
            }
        }
        let settings = "mutation($v: UpdateHaloSyncSettingsInput!) {
            updateHaloSyncSettings(input: $v) { userErrors { message } } }";
        for field in ["nightStart", "timeZone", "nightly"] {
            asks.push(json!({ "query": settings, "variables": { "v": { field: TYPED } } }));
        }
        let clients = "query($after: String, $order: ClientOrder) {
            partner { clients(after: $after, orderBy: $order) { totalCount } } }";
        for variables in [json!({ "after": TYPED }), json!({ "order": TYPED })] {
            asks.push(json!({ "query": clients, "variables": variables }));
        }
        for ask in asks {
            let request = self.asked.served.post(&token).json(&ask);
            self.keep(request).await;
        }
        let post = |token: &str| self.asked.served.post(token);
        let broken = post(&token).header("content-type", "application/json").body(format!("{{\"query\": \"{TYPED}"));
        let plain = post(&token).header("content-type", "text/plain").body(TYPED);
        let query =
            self.asked.served.client.get(format!("{}?query={TYPED}", self.asked.served.url())).bearer_auth(&token);
        // Texts that are no tokens, or invalid ones.
        let (none, spoilt) = (post(TYPED), post(&format!("{}x", &token[..token.len() - 3])));
        for request in [broken, plain, query, none.json(&json!({})), spoilt.json(&json!({}))] {
            self.keep(request).await;
        }
    }

    /// One sync and one search for every way in which Halo can fail, and one with a secret that is
    /// no longer valid.
    async fn meet_every_fault(&mut self) {
        let token = self.token(Role::PartnerAdmin, Some(PARTNER));
        // Those that wait for the test, and one that only takes long.
        let skip = |fault: Fault| matches!(fault, Fault::HeldBefore | Fault::HeldAfter | Fault::HugeAnswer);
        for fault in Fault::all().filter(|fault| !skip(*fault)) {
            self.asked.served.world.tenant.inject(fault, Matching::any(), Lasting::Once);
            self.sync_and_search(&token).await;
            self.asked.served.world.tenant.clear_faults();
        }
        self.asked.served.world.tenant.act(Act::RotateSecret).unwrap();
        self.planted.insert(self.asked.served.world.tenant.client_secret());
        self.sync_and_search(&token).await;
    }

    async fn sync_and_search(&mut self, token: &str) {
        // Halo's pauses, and runs that wait for the next attempt, are not waited for.
        let owner = self.asked.served.world.database.owner().await;
        sqlx::query("delete from halo_budgets").execute(&owner).await.unwrap();
        let run = self.asked.served.world.request_sync().await;
        self.asked.served.world.bring_forward(run).await;
        self.asked.served.world.work(run).await;
        let search = "{ haloCustomers(search: \"a\") { totalCount } partner { activity(first: 3) { nodes { action } }
            haloSyncRuns(first: 3) { nodes { problem { message } results { nodes { evidence problem { message } } } } }
            haloConnection { problem { message } checks { message } } } }";
        let request = self.asked.served.post(token).json(&json!({ "query": search }));
        self.keep(request).await;
        let partner = self.asked.values["partner"].clone();
        let support = self.token(Role::Support, None);
        let search = search.replacen("partner {", &format!("partner(id: {partner}) {{"), 1);
        let search = search.replacen("search: \"a\"", &format!("search: \"a\", partnerId: {partner}"), 1);
        let request = self.asked.served.post(&support).json(&json!({ "query": search }));
        self.keep(request).await;
    }

    /// The stored secret goes to a host that repeats it.
    async fn meet_a_halo_that_repeats(&mut self, echo: &str, mood: &AtomicUsize) {
        let world = &self.asked.served.world;
        let (connection, url) = (world.connection().await, format!("http://{echo}"));
        let (table, column) = ("connections", "sealed_secret");
        let place = Binding { table, column, row: connection.id.0, partner: connection.partner, address: &url };
        let secret = world.ops().keys.seal(&world.tenant.client_secret().into(), &place);
        sqlx::query("update connections set url = $1, sealed_secret = $2 where id = $3")
            .bind(&url)
            .bind(secret.as_bytes())
            .bind(connection.id.0)
            .execute(&world.owner)
            .await
            .unwrap();
        let token = self.token(Role::PartnerAdmin, Some(PARTNER));
        for next in 0..MOODS {
            mood.store(next, Ordering::SeqCst);
            self.sync_and_search(&token).await;
        }
    }

    async fn panic(&mut self) {
        let token = self.token(Role::PartnerAdmin, Some(PARTNER));
        let url = format!("http://{}/boom", self.asked.served.address);
        let request = self.asked.served.client.get(url).bearer_auth(&token);
        let answer = self.keep(request).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL");
        let typed = secrecy::SecretString::from(TYPED);
        let task = tokio::spawn(async move { panic!("unexpected: {}", typed.expose_secret()) });
        task.await.unwrap_err();
    }

    async fn look_into_the_database(&self) {
        let owner = self.asked.served.world.database.owner().await;
        let (mut rows, mut jobs) = (0, 0);
        for table in tables(&owner).await {
            let all = format!("select coalesce(t::text, '') from {table} t");
            let all: Vec<String> = sqlx::query_scalar(AssertSqlSafe(all)).fetch_all(&owner).await.unwrap();
            rows += all.len();
            jobs += if table == "apalis.jobs" { all.len() } else { 0 };
            assert!(table != "users" || all.iter().any(|row| row.contains(PERSON)), "the person was taken in");
            for row in all.into_iter().filter(|_| table != "users") {
                self.look_into(&format!("the table {table}"), &row);
            }
        }
        assert!(rows > 300 && jobs > 3, "there was something to look at: {rows} rows, {jobs} jobs");
        // The search itself works: it finds a secret in a careless column.
        let careless = format!("select t::text from (select convert_to('{TYPED}', 'UTF8') as job) t");
        let careless: String = sqlx::query_scalar(AssertSqlSafe(careless)).fetch_one(&owner).await.unwrap();
        assert!(forms(TYPED).iter().any(|form| careless.contains(form)), "{careless}");
    }

    fn look_into(&self, place: &str, text: &str) {
        for secret in &self.planted {
            if let Some(at) = forms(secret).iter().find_map(|form| text.find(form)) {
                let around = &text[text.floor_char_boundary(at.saturating_sub(300))..];
                println!("{LEAK}{secret:?} is in {place}: {around:.600}");
            }
        }
    }
}

async fn tables(owner: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')",
    )
    .fetch_all(owner)
    .await
    .unwrap()
}

const MOODS: usize = 7;

/// A server at a Halo's address that issues tokens and repeats, in another way in each of its
/// modes, what it received.
async fn repeating_halo() -> (String, Arc<AtomicUsize>, Arc<Mutex<String>>) {
    let (mood, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(String::new())));
    let answer = {
        let (mood, heard) = (mood.clone(), heard.clone());
        move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let (mood, heard) = (mood.load(Ordering::SeqCst), heard.clone());
            async move {
                let bearer = headers.get("authorization").map(|value| value.to_str().unwrap_or("")).unwrap_or("");
                let said = format!("{bearer} {}", String::from_utf8_lossy(&body));
                heard.lock().unwrap().push_str(&said);
                let refused = StatusCode::BAD_REQUEST;
                match (uri.path(), mood) {
                    ("/api/authinfo", _) => {
                        (StatusCode::OK, json!({ "tenant_id": "echo", "auth_url": "/auth" }).to_string())
                    }
                    ("/auth/token", 0) => {
                        (refused, json!({ "error": "invalid_client", "error_description": said }).to_string())
                    }
                    ("/auth/token", 1) => (StatusCode::OK, json!({ "access_token": [said] }).to_string()),
                    ("/auth/token", _) => {
                        let token = json!({ "access_token": HALO_TOKEN, "token_type": "Bearer", "expires_in": 3600,
                            "scope": "read:customers read:invoices edit:softwarelicensing" });
                        (StatusCode::OK, token.to_string())
                    }
                    (_, 2) => (refused, json!(said).to_string()),
                    (_, 3) => (refused, json!({ "errors": { "id": [format!("no {HALO_TOKEN} here")] } }).to_string()),
                    (_, 4) => (
                        StatusCode::OK,
                        json!({ "clients": [{ "id": said }], "licences": [{ "id": said }] }).to_string(),
                    ),
                    (_, 5) => (StatusCode::INTERNAL_SERVER_ERROR, said),
                    _ => (StatusCode::FORBIDDEN, format!("<html>{said}</html>")),
                }
            }
        }
    };
    let router = Router::new().fallback(answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, mood, heard)
}
