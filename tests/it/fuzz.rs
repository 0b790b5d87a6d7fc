//! Arbitrary input: Halo's responses, tokens and headers, ids, cursors, addresses and whole
//! requests. Nothing panics, nothing is mistaken for something else, and the server continues.
//! Failures found are kept as test cases.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::{FutureExt, SinkExt, StreamExt};
use infima_halo::auth::Role;
use infima_halo::clock::Clock;
use infima_halo::halo::{BudgetAnswer, Credentials, Halo, HaloSettings, HaloUrl, KeptRows, Priority};
use infima_halo::ids::{AssociationId, ClientId, ConnectionId, HaloCustomerId, HaloSubscriptionId, PartnerId, RunId};
use infima_halo::net::{AllowList, Guard, HttpClient, HttpLimits, guard::is_public};
use infima_halo::seal::Sealed;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::support::served::{Reply, Served};
use crate::support::world::World;

/// The number of cases for tests with a round trip; the others have proptest's own number.
const ROUND_TRIPS: usize = 150;

/// Generates this many values, always the same ones, so that a failure can be repeated.
fn values<S: Strategy>(strategy: S, many: usize) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    (0..many).map(move |_| strategy.new_tree(&mut runner).expect("a value").current())
}

/// JSON with the names that Halo's answers have, and values that they do not.
fn halo_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "id",
        "name",
        "clients",
        "licences",
        "invoices",
        "record_count",
        "page_size",
        "count",
        "client_id",
        "is_active",
        "inactive",
        "vendor",
        "lines",
        "licence_id",
        "auth_url",
        "tenant_id",
        "access_token",
        "expires_in",
        "scope",
        "error",
        "errors",
        "Message",
        "toplevel_name",
        "third_party_client_id",
        "notes",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
        (-3..300i64).prop_map(Value::from),
        prop::sample::select(vec!["1e400", "-0", "5.0", "read:customers", "https://169.254.169.254/", "//x", "\u{0}"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

fn halo_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => halo_json().prop_map(|value| value.to_string().into_bytes()),
        1 => halo_json().prop_map(|value| { let mut cut = value.to_string().into_bytes(); cut.truncate(cut.len() / 2); cut }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => "<html>.{0,40}".prop_map(String::into_bytes),
    ]
}

#[tokio::test]
async fn arbitrary_halo_response_is_result_or_error() {
    // Each request gets the next of a list of responses; the token's, where the case says so, is a
    // valid one.
    type Script = Arc<Mutex<(bool, Vec<(u16, Vec<u8>)>)>>;
    let script = Script::default();
    let answers = script.clone();
    let router = Router::new().fallback(move |uri: axum::http::Uri| async move {
        let mut script = answers.lock().unwrap();
        let token = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 3600, "scope": "all" });
        match uri.path() {
            "/api/authinfo" if script.0 => json!({ "tenant_id": "x", "auth_url": "/auth" }).to_string().into_response(),
            "/auth/token" if script.0 => token.to_string().into_response(),
            _ => {
                let (status, body) = script.1.pop().unwrap_or((404, Vec::new()));
                (StatusCode::from_u16(status).unwrap(), body).into_response()
            }
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = HttpClient::for_typed_addresses(
        Guard::new(AllowList::parse([&address]).unwrap()),
        HttpLimits { answer: 1 << 20, ..HttpLimits::default() },
    );
    let settings = HaloSettings { request_timeout: Duration::from_secs(5), ..HaloSettings::default() };
    let clock = Clock::manual("2026-11-24T09:00:00Z".parse().unwrap());
    let budget = Arc::new(|_| async { Ok(BudgetAnswer::Go) }.boxed());
    let halo = Halo::new(http.unwrap(), budget, clock, settings);
    let url = halo.address(&format!("http://{address}")).unwrap();

    let status = prop::sample::select(vec![200u16, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 503]);
    let cases = (any::<bool>(), prop::collection::vec((status, halo_bytes()), 1..6));
    let (mut good, mut bad) = (0, 0);
    for (number, (token, answers)) in values(cases, ROUND_TRIPS).enumerate() {
        *script.lock().unwrap() = (token, answers);
        // Another secret for each case, so that no token of an earlier one is used.
        let credentials = Credentials::new(url.clone(), "x", &format!("secret {number}").into());
        let session = halo.session(credentials, Priority::Background).at_most(20);
        let found = session.search_customers("a", 1, 10).await;
        let looked = session.subscriptions_of(HaloCustomerId(41), &mut KeptRows::default()).await;
        let report =
            halo.session(Credentials::new(url.clone(), "x", &format!("check {number}").into()), Priority::Interactive);
        let report = report.at_most(20).check().await;
        let invoiced = session.recurring_billing(&[(HaloSubscriptionId(9001), HaloCustomerId(41))].into()).await;
        for outcome in [found.map(drop), looked.map(drop), invoiced.map(drop)] {
            match outcome {
                Ok(()) => good += 1,
                Err(error) => {
                    bad += 1;
                    assert!(error.evidence().chars().count() < 500, "{error:?}");
                }
            }
        }
        drop(report);
    }
    assert!(good > 0 && bad > good, "the cases are mixed: {good} good, {bad} bad");
}

#[tokio::test]
async fn arbitrary_request_is_answered() {
    let served = Served::over(World::builder().clients(&[("Alder", 1)]).build().await).await;
    let token = served.admin();
    let header = prop::collection::vec(prop_oneof![Just(b'\t'), 32u8..127, 128u8..=255], 0..60);
    let cases = (header.clone(), header.clone(), header, prop::collection::vec(any::<u8>(), 0..120), any::<bool>());
    for (accept, content_type, authorization, body, signed_in) in values(cases, ROUND_TRIPS) {
        let mut request = served.client.post(served.url()).header("accept", accept);
        request = if signed_in {
            request.bearer_auth(&token).header("content-type", "application/json")
        } else {
            request
                .header("authorization", [b"Bearer ".as_slice(), &authorization].concat())
                .header("content-type", content_type)
        };
        let reply = Reply::of(request.body(body)).await;
        assert!((400..500).contains(&reply.status), "{} {}", reply.status, reply.body);
        assert_ne!(reply.code(), "");
    }
    // Documents, names of operations, and values of the wrong kind.
    let words = prop::sample::select(vec![
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$x",
        "@include",
        "...",
        "query",
        "mutation",
        "fragment",
        "on",
        "partner",
        "name",
        "\"",
        "\"\"\"",
        "\\u{0}",
        "#",
        "\n",
        "clients",
        "first",
        "1",
        "-",
        "1e99",
        "é",
        "😀",
        "__typename",
        "null",
    ]);
    for document in values(prop::collection::vec(words, 0..30), ROUND_TRIPS) {
        let reply = served.ask(&token, &document.join(" "), json!({ "x": 1 })).await;
        assert!([200, 400, 403, 406].contains(&reply.status), "{document:?}: {}", reply.body);
    }
    assert_eq!(served.data(&token, "{ partner { name } }", json!({})).await["partner"]["name"], "NORTHWIND");
}

/// Any message over a socket is answered, or the socket is closed with a code; the server
/// continues.
#[tokio::test]
async fn arbitrary_socket_message_is_answered_or_closes() {
    let served = Served::over(World::builder().clients(&[("Alder", 1)]).build().await).await;
    let kind = prop::sample::select(vec!["subscribe", "complete", "ping", "pong", "next", "connection_init", "", "é"]);
    let id =
        prop::sample::select(vec![json!("a"), json!(""), json!(1), Value::Null, json!({}), json!("x".repeat(200))]);
    let payload = prop::sample::select(vec![
        json!({ "query": "{ partner { name } }" }),
        json!({ "query": "subscription {" }),
        json!({ "query": 1, "variables": [], "operationName": {} }),
        json!({ "documentId": "\u{0}", "extensions": { "persistedQuery": 1 } }),
        json!([]),
        json!("\u{0}"),
        Value::Null,
    ]);
    let well_formed = (kind, id, payload)
        .prop_map(|(kind, id, payload)| json!({ "type": kind, "id": id, "payload": payload }).to_string().into_bytes());
    // Without some valid messages, no socket would live long enough to receive a second message.
    let harmless = prop::sample::select(vec![
        json!({ "type": "ping", "payload": [] }),
        json!({ "type": "pong" }),
        json!({ "type": "complete", "id": "never begun" }),
    ]);
    let harmless = harmless.prop_map(|message| message.to_string().into_bytes());
    let harmless = harmless.prop_map(|bytes| (bytes, true));
    let foreign = prop_oneof![3 => well_formed, 1 => prop::collection::vec(any::<u8>(), 0..80)];
    let message = prop_oneof![4 => harmless, 1 => (foreign, any::<bool>())];
    let (mut answered, mut closed) = (0, 0);
    for messages in values(prop::collection::vec(message, 1..8), ROUND_TRIPS / 4) {
        match after_these(&served, &served.admin(), messages).await {
            None => answered += 1,
            Some(code) => {
                assert!([4400, 4401, 4403, 4409, 4429, 1007].contains(&code), "{code}");
                closed += 1;
            }
        }
    }
    assert!(answered > 0 && closed > 0, "the cases are mixed: {answered} answered, {closed} closed");
    assert_eq!(served.data(&served.admin(), "{ partner { name } }", json!({})).await["partner"]["name"], "NORTHWIND");
}

/// The code with which a signed-in socket is closed on receiving these messages; `None` if it stays
/// open.
async fn after_these(served: &Served, token: &str, messages: Vec<(Vec<u8>, bool)>) -> Option<u16> {
    let mut request = served.url().replacen("http", "ws", 1).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "token": token } });
    socket.send(Message::text(init.to_string())).await.unwrap();
    while !matches!(socket.next().await.unwrap().unwrap(), Message::Text(_)) {}
    for (bytes, as_text) in messages {
        // This client cannot send invalid UTF-8 as text.
        let message = match String::from_utf8(bytes) {
            Ok(text) if as_text => Message::text(text),
            Ok(text) => Message::binary(text.into_bytes()),
            Err(not_text) => Message::binary(not_text.into_bytes()),
        };
        if socket.send(message).await.is_err() {
            break;
        }
    }
    let _ = socket.send(Message::text(r#"{"type":"ping","payload":"the last"}"#)).await;
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) if text.contains("the last") => return None,
            Some(Ok(Message::Close(Some(frame)))) => return Some(frame.code.into()),
            Some(Ok(_)) => {}
            other => panic!("the socket ended without a close frame: {other:?}"),
        }
    }
}

#[tokio::test]
async fn arbitrary_cursor_or_id_finds_nothing() {
    let world = World::builder().clients(&[("Alder", 1)]).connected().build().await;
    let served = Served::over(world).await;
    let token = served.admin();
    let cursor = prop_oneof![
            halo_json().prop_map(|value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string())),
            ("[a-zA-Z ]{0,4}", any::<[u8; 16]>()).prop_map(
                |(name, id)| BASE64_URL_SAFE_NO_PAD.encode(json!([name, uuid::Uuid::from_bytes(id)]).to_string())
            ),
            (any::<u32>(), any::<u16>(), any::<u16>()).prop_map(|(number, size, skip)| {
                BASE64_URL_SAFE_NO_PAD.encode(json!({ "number": number, "size": size, "skip": skip }).to_string())
            }),
            ".{0,30}",
        ];
    let id = prop_oneof![
        "(partner|client|association|connection|run|result|x)_[0-9a-f]{32}",
        "[a-z_]{0,12}[0-9a-fA-F_-]{0,40}",
        ".{0,20}",
    ];
    let document = "query($c: String, $id: ID!) { node(id: $id) { id } haloSyncRun(id: $id) { id }
        partner { clients(after: $c) { nodes { name } } haloSyncRuns(after: $c) { totalCount } activity(after: $c) { totalCount } } }";
    for (cursor, id) in values((cursor, id), ROUND_TRIPS) {
        let reply = served.ask(&token, document, json!({ "c": cursor, "id": id })).await;
        assert!(matches!(reply.code(), "" | "BAD_USER_INPUT"), "{cursor:?} {id:?}: {}", reply.body);
        assert_eq!(reply.body["data"]["node"], Value::Null, "{id:?}");
        let search = "query($c: String) { haloCustomers(search: \"\", after: $c, first: 1) { totalCount } }";
        if cursor.len() < 4 {
            let reply = served.ask(&token, search, json!({ "c": cursor })).await;
            assert!(matches!(reply.code(), "" | "BAD_USER_INPUT"), "{cursor:?}: {}", reply.body);
        }
    }
    assert_eq!(served.ask(&served.token(Role::Support, None), "{ viewer { role } }", json!({})).await.status, 200);
}

proptest! {
    #[test]
    fn id_has_one_spelling(text in prop_oneof![".{0,50}", "(partner|client|run)_[0-9a-fA-F-]{30,36}"]) {
        if let Ok(id) = text.parse::<PartnerId>() { prop_assert_eq!(id.to_string(), text.as_str()); }
        if let Ok(id) = text.parse::<ClientId>() { prop_assert_eq!(id.to_string(), text.as_str()); }
        if let Ok(id) = text.parse::<RunId>() { prop_assert_eq!(id.to_string(), text.as_str()); }
        let kinds = [text.parse::<PartnerId>().is_ok(), text.parse::<ClientId>().is_ok(), text.parse::<RunId>().is_ok(),
            text.parse::<AssociationId>().is_ok(), text.parse::<ConnectionId>().is_ok()];
        prop_assert!(kinds.iter().filter(|is| **is).count() <= 1);
    }

    #[test]
    fn accepted_halo_url_is_an_https_host_only(
        text in prop_oneof![
            ".{0,60}",
            "(https?|ftp|file|javascript|)(://|:|//|)[a-zA-Z0-9.:@\\[\\]%_é-]{0,30}(/[a-z?#@]{0,8})?",
            "(https://)?[0-9a-fx]{1,10}(\\.[0-9a-fx]{1,5}){0,3}\\.?",
        ]
    ) {
        if let Ok(url) = HaloUrl::parse(&text, &AllowList::default()) {
            let read = url::Url::parse(&url.to_string()).unwrap();
            prop_assert_eq!(read.scheme(), "https");
            prop_assert!(read.port().is_none() && read.username().is_empty() && read.password().is_none());
            prop_assert!(read.path() == "/" && read.query().is_none() && read.fragment().is_none());
            prop_assert!(read.host_str().unwrap().is_ascii());
            // The accepted address parses to itself, and the guard at the connection agrees about
            // what it can see.
            prop_assert_eq!(HaloUrl::parse(&url.to_string(), &AllowList::default()).unwrap(), url);
            prop_assert!(Guard::new(AllowList::default()).check_url(&read).is_ok(), "{}", text);
            match read.host().unwrap() {
                url::Host::Ipv4(ip) => prop_assert!(is_public(ip.into())),
                url::Host::Ipv6(ip) => prop_assert!(is_public(ip.into())),
                url::Host::Domain(name) => prop_assert!(name.contains('.')),
            }
        }
    }

    #[test]
    fn ipv4_mapped_ipv6_is_classified_as_ipv4(ip in any::<[u8; 4]>()) {
        let v4 = std::net::Ipv4Addr::from(ip);
        prop_assert_eq!(is_public(v4.to_ipv6_mapped().into()), is_public(v4.into()));
        // Tunnels are never public, whatever they lead to.
        let [a, b] = [u16::from_be_bytes([ip[0], ip[1]]), u16::from_be_bytes([ip[2], ip[3]])];
        for tunnel in [
            std::net::Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1),
            std::net::Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
            std::net::Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, a, b),
            std::net::Ipv6Addr::new(0x2001, 0, a, b, 0, 0, a, b),
            std::net::Ipv6Addr::new(0, 0, 0, 0, 0, 0, a, b),
        ] {
            prop_assert!(!is_public(tunnel.into()), "{}", tunnel);
        }
    }

    #[test]
    fn arbitrary_sealed_bytes_are_opened_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(sealed) = Sealed::from_bytes(bytes.clone()) {
            prop_assert_eq!(sealed.as_bytes(), bytes.as_slice());
            let _ = sealed.key_id();
        }
    }
}
