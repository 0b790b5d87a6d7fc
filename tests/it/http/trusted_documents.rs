//! Trusted documents on the real API with the real contract: partners' callers may run its
//! operations and no others. `http` tests the forms in which clients send them.

use std::collections::BTreeMap;

use futures::{SinkExt, StreamExt};
use infima_halo::auth::Role;
use infima_halo::config::{ApiConfig, TrustedDocuments, Variables};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::support::served::{Reply, Served};
use crate::support::world::World;

const CONTRACT: &str = include_str!("../../../frontend-contract/persisted-documents.json");
const OUTSIDE: &str = "query Curious { viewer { role } }";

async fn enforcing() -> Served {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    Served::with(world, |_, api| api.documents.trusted = TrustedDocuments::Enforce).await
}

fn contract() -> BTreeMap<String, String> {
    serde_json::from_str(CONTRACT).expect("the contract's manifest")
}

#[test]
fn serve_enforces_trusted_documents_by_default() {
    let mut variables = Variables::default();
    for name in ["INFIMA_AUTH_JWKS_URL", "INFIMA_AUTH_ISSUER", "INFIMA_AUTH_AUDIENCE"] {
        variables.set(name, "https://issuer.test");
    }
    assert_eq!(ApiConfig::read(&variables).unwrap().documents.trusted, TrustedDocuments::Enforce);
}

#[tokio::test]
async fn contract_operation_is_accepted() {
    let served = enforcing().await;
    let token = served.admin();
    let contract = contract();
    assert!(contract.len() >= 10, "the contract has operations: {}", contract.len());
    for (id, text) in contract {
        let bare = id.trim_start_matches("sha256:").to_owned();
        // An operation without its variables is refused for that only. Subscriptions need another
        // transport.
        for ask in [
            json!({ "documentId": id }),
            json!({ "documentId": bare }),
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": bare } } }),
            json!({ "query": text }),
        ] {
            let reply = Reply::of(served.post(&token).json(&ask)).await;
            let fine = ["", "BAD_USER_INPUT", "NOT_ACCEPTABLE", "NOT_CONNECTED"];
            assert!(fine.contains(&reply.code()), "{ask}: {}", reply.body);
        }
    }
}

#[tokio::test]
async fn unknown_document_is_refused_on_every_transport() {
    let served = enforcing().await;
    let (id, text) = contract().into_iter().find(|(_, text)| text.starts_with("query")).unwrap();
    let unknown = format!("sha256:{}", "0".repeat(64));
    for role in [Role::PartnerAdmin, Role::PartnerViewer] {
        let token = served.token(role, Some("northwind"));
        for ask in [
            json!({ "query": OUTSIDE }),
            json!({ "query": format!("{text} query Curious {{ viewer {{ role }} }}"), "operationName": "Curious" }),
            json!({ "query": text.replacen('{', "{ viewer { role }", 1) }),
            json!({ "documentId": unknown }),
            // An id does not vouch for a text that is sent with it.
            json!({ "query": OUTSIDE, "documentId": id }),
        ] {
            let reply = Reply::of(served.post(&token).json(&ask)).await;
            assert_eq!((reply.status, reply.code()), (400, "DOCUMENT_NOT_TRUSTED"), "{ask}: {}", reply.body);
        }
        let by_get = served.client.get(served.url()).bearer_auth(&token).query(&[("query", OUTSIDE)]);
        assert_eq!(Reply::of(by_get).await.code(), "DOCUMENT_NOT_TRUSTED");
        let stream = served.client.post(served.url()).bearer_auth(&token).header("accept", "text/event-stream");
        assert_eq!(Reply::of(stream.json(&json!({ "query": OUTSIDE }))).await.code(), "DOCUMENT_NOT_TRUSTED");
        assert_eq!(over_a_socket(&served, &token, json!({ "query": OUTSIDE })).await, "DOCUMENT_NOT_TRUSTED");
        assert_eq!(over_a_socket(&served, &token, json!({ "documentId": unknown })).await, "DOCUMENT_NOT_TRUSTED");
    }
}

#[tokio::test]
async fn support_and_platform_may_send_any_document() {
    let served = enforcing().await;
    for role in [Role::Support, Role::Platform] {
        let token = served.token(role, None);
        assert_eq!(served.ask(&token, OUTSIDE, json!({})).await.body["errors"], Value::Null);
        assert_eq!(over_a_socket(&served, &token, json!({ "query": OUTSIDE })).await, "");
    }
}

/// The code of the first error with which a socket answers an operation; empty if there is no
/// error.
async fn over_a_socket(served: &Served, token: &str, payload: Value) -> String {
    let answer = answer_of_a_socket(served, token, payload).await;
    let code = match answer["type"].as_str() {
        Some("error") => &answer["payload"][0]["extensions"]["code"],
        _ => &answer["payload"]["errors"][0]["extensions"]["code"],
    };
    code.as_str().unwrap_or_default().to_owned()
}

/// The first message with which a socket answers an operation, or the close frame instead.
pub(crate) async fn answer_of_a_socket(served: &Served, token: &str, payload: Value) -> Value {
    let mut request = served.url().replacen("http", "ws", 1).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "token": token } });
    let subscribe = json!({ "type": "subscribe", "id": "a", "payload": payload });
    socket.send(Message::text(init.to_string())).await.unwrap();
    let acknowledged = said(&mut socket).await;
    if acknowledged["type"] != "connection_ack" {
        return acknowledged;
    }
    socket.send(Message::text(subscribe.to_string())).await.unwrap();
    said(&mut socket).await
}

/// The next message that is no ping, or why the socket was closed.
async fn said(socket: &mut (impl StreamExt<Item = tokio_tungstenite::tungstenite::Result<Message>> + Unpin)) -> Value {
    loop {
        match socket.next().await.expect("the socket is open").expect("the socket is sound") {
            Message::Text(text) => return serde_json::from_str(&text).expect("messages are JSON"),
            Message::Close(frame) => return json!({ "closed": format!("{frame:?}") }),
            _ => {}
        }
    }
}
