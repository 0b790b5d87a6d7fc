//! Subscriptions as server-sent events.

use chrono::Duration;
use infima_halo::{auth::Role, http::limits::Limits};
use serde_json::{Value, json};

use super::{Reply, Server, ServerOptions, client, fixtures::acquired};

/// Reads the events of a stream that is at its end: names and data.
fn events(text: &str) -> Vec<(String, Value)> {
    let field = |event: &str, name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim).unwrap_or_default().to_owned()
    };
    text.split("\n\n")
        .filter(|event| event.contains("event:"))
        .map(|event| (field(event, "event:"), serde_json::from_str(&field(event, "data:")).unwrap_or_default()))
        .collect()
}

fn only_events(server: &Server, token: String, query: &str) -> reqwest::RequestBuilder {
    client()
        .post(server.url("/graphql"))
        .bearer_auth(token)
        .header("accept", "text/event-stream")
        .json(&json!({ "query": query }))
}

#[tokio::test]
async fn stream_sends_each_result_and_its_end_as_events() {
    let server = Server::start().await;
    let request = only_events(&server, server.token(Role::PartnerViewer), "subscription { count(to: 2) }");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let next = |n: i32| ("next".to_owned(), json!({ "data": { "count": n } }));
    let complete = ("complete".to_owned(), Value::Null);
    assert_eq!(events(&response.text().await.unwrap()), [next(1), next(2), complete.clone()]);

    let query = only_events(&server, server.token(Role::PartnerViewer), "{ hello }");
    let text = query.send().await.unwrap().text().await.unwrap();
    assert_eq!(events(&text), [("next".into(), json!({ "data": { "hello": "hello world" } })), complete]);
}

#[tokio::test]
async fn invalid_operation_is_refused_before_the_stream_opens() {
    let server = Server::start().await;
    let reply = Reply::of(only_events(&server, server.token(Role::PartnerViewer), "subscription {")).await;
    assert_eq!((reply.status, reply.code()), (400, "GRAPHQL_PARSE_FAILED"));
    assert_eq!(reply.header("content-type"), "application/graphql-response+json; charset=utf-8");
    let text = only_events(&server, server.token(Role::PartnerViewer), "subscription { denied }");
    let text = text.send().await.unwrap().text().await.unwrap();
    let events = events(&text);
    assert_eq!(events[0].1["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert_eq!(events[1].0, "complete");
}

#[tokio::test]
async fn stream_ends_with_token_and_frees_its_slot() {
    let limits = Limits { subscriptions: 1, ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let token = server.token_for(Role::PartnerViewer, "user-1", Duration::seconds(2));
    let open = only_events(&server, token, "subscription { forever }").send().await.unwrap();
    acquired(&server.probe.started).await;
    let again = only_events(&server, server.token(Role::PartnerViewer), "subscription { forever }");
    let reply = Reply::of(again.try_clone().unwrap()).await;
    assert_eq!((reply.status, reply.code()), (400, "LIMIT_EXCEEDED"));

    let events = events(&open.text().await.unwrap());
    assert_eq!(events[0].1, json!({ "data": { "forever": 0 } }));
    assert_eq!(events[1].1["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(events[2].0, "complete");
    acquired(&server.probe.dropped).await;
    assert_eq!(again.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn idle_stream_sends_keepalive_comments() {
    let limits = Limits { keep_alive: std::time::Duration::from_millis(20), ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let request = only_events(&server, server.token(Role::PartnerViewer), "subscription { forever }");
    let mut open = request.send().await.unwrap();
    let mut text = String::new();
    while text.matches("\n:").count() < 3 {
        text += std::str::from_utf8(&open.chunk().await.unwrap().expect("the stream is open")).unwrap();
    }
    assert_eq!(text.matches("event:").count(), 1, "{text}");
}

#[tokio::test]
async fn stream_ends_on_client_disconnect_and_server_shutdown() {
    let server = Server::start().await;
    let request = only_events(&server, server.token(Role::PartnerViewer), "subscription { forever }");
    let open = request.try_clone().unwrap().send().await.unwrap();
    acquired(&server.probe.started).await;
    drop(open);
    acquired(&server.probe.dropped).await;

    let open = request.send().await.unwrap();
    acquired(&server.probe.started).await;
    server.stopping.cancel();
    let events = events(&open.text().await.unwrap());
    assert_eq!(events.len(), 1, "no `complete`: {events:?}");
    server.serving.await.unwrap();
}
