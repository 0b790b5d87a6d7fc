//! How much one caller may request, and what happens to an operation whose client has gone.

use std::{sync::atomic::Ordering, time::Duration};

use chrono::Duration as Lifetime;
use infima_halo::{auth::Role, http::limits::Limits};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{Reply, Server, ServerOptions, fixtures::acquired};

#[tokio::test]
async fn document_over_limits_is_refused_before_execution() {
    let server = Server::start().await;
    let deep = format!("{{ {} name {} }}", "node { ".repeat(25), "}".repeat(25));
    let nested = "{".repeat(100_000);
    let list = format!("{{ hello(name: {}{}) }}", "[".repeat(50_000), "]".repeat(50_000));
    let long = format!("{{ {} }}", "hello ".repeat(4_000));
    let aliases = format!("{{ {} }}", (0..40).map(|n| format!("a{n}: hello ")).collect::<String>());
    // Each fragment spreads the next one twice: a billion fields in thirty lines.
    let bomb: String =
        (0..30).map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }} ", n + 1, n + 1)).collect::<String>();
    let bomb = format!("{{ ...F0 }} {bomb} fragment F30 on Query {{ hello }}");
    let aliased_bomb = "{ ...A ...A ...A ...A } fragment A on Query { ...B ...B ...B } fragment B on Query { a: hello b: hello c: hello }";
    let directives = format!("{{ hello {} }}", "@include(if: true) ".repeat(9));
    for document in [&deep, &nested, &list, &long, &aliases, &bomb, aliased_bomb, &directives] {
        let reply = server.ask(document).await;
        assert_eq!((reply.status, reply.code()), (400, "LIMIT_EXCEEDED"), "{:.80} {:?}", document, reply.body);
        assert!(reply.is_well_put(), "{reply:?}");
    }
    let reply = server.ask("{ ...F } fragment F on Query { hello ...F }").await;
    assert_eq!((reply.status, reply.code()), (400, "GRAPHQL_VALIDATION_FAILED"));
    assert!(reply.is_well_put(), "{reply:?}");
}

#[tokio::test]
async fn body_over_the_callers_limit_is_refused() {
    let server = Server::start().await;
    let request =
        json!({ "query": "mutation ($t: String!) { length(text: $t) }", "variables": { "t": "x".repeat(300_000) } });
    let reply = Reply::of(server.post(Role::PartnerAdmin).json(&request)).await;
    assert_eq!((reply.status, reply.code()), (413, "PAYLOAD_TOO_LARGE"));
    assert!(reply.is_well_put(), "{reply:?}");
    let reply = Reply::of(server.post(Role::Platform).json(&request)).await;
    assert_eq!(reply.body, json!({ "data": { "length": 300_000 } }));
    // Without a declared length, too.
    let chunks = futures::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>("x".repeat(10_000))));
    let endless = server.post(Role::PartnerAdmin).header("content-type", "application/json");
    let reply = Reply::of(endless.body(reqwest::Body::wrap_stream(chunks))).await;
    assert_eq!(reply.code(), "PAYLOAD_TOO_LARGE");
}

/// Before the head of a request is complete there is no token: only a time limit helps.
#[tokio::test]
async fn incomplete_request_head_times_out() {
    let limits = Limits { head_timeout: Duration::from_millis(100), ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    for started in ["", "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        connection.write_all(started.as_bytes()).await.unwrap();
        let mut said = String::new();
        connection.read_to_string(&mut said).await.unwrap();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    }
    assert_eq!(server.ask("{ hello }").await.status, 200);
    // A response may take longer than a request head, and so may a stream and a socket.
    let asked = tokio::spawn(Reply::of(server.post(Role::PartnerAdmin).json(&json!({ "query": "{ slow }" }))));
    acquired(&server.probe.started).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    let mut nothing = [0; 1];
    assert_eq!(idle.peek(&mut nothing).await.unwrap(), 0, "the head's time is over");
    server.probe.proceed.add_permits(1);
    assert_eq!(asked.await.unwrap().body, json!({ "data": { "slow": 1 } }));
}

/// Sending requests and not reading the answers needs no token.
#[tokio::test]
async fn client_that_does_not_read_is_disconnected() {
    let limits = Limits { send_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut connection = socket.connect(server.address).await.unwrap();
    let many = "GET /graphql HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000);
    let asking = async { while connection.write_all(many.as_bytes()).await.is_ok() {} };
    timeout(Duration::from_secs(30), asking).await.expect("the connection is cut");
    assert_eq!(server.ask("{ hello }").await.status, 200);
}

#[tokio::test]
async fn connection_over_the_limit_waits() {
    let server = Server::with(ServerOptions {
        limits: Limits { connections: 1, ..Limits::default() },
        ..ServerOptions::default()
    })
    .await;
    let ask = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut said = [0; 12];
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(ask).await.unwrap();
    first.read_exact(&mut said).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(ask).await.unwrap();
    assert!(timeout(Duration::from_millis(300), second.read_exact(&mut said)).await.is_err(), "there is no place");
    drop(first);
    second.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 200");
}

/// Anonymous connections from one address do not take every place.
#[tokio::test]
async fn anonymous_connections_are_limited_for_each_address() {
    let limits = Limits { connections_per_address: 2, ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let ask = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut said = [0; 12];
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(ask).await.unwrap();
    first.read_exact(&mut said).await.unwrap();
    // A connection on which a caller was identified has no such place.
    for _ in 0..3 {
        assert_eq!(server.ask("{ hello }").await.status, 200);
    }
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(ask).await.unwrap();
    second.read_exact(&mut said).await.unwrap();
    let mut third = TcpStream::connect(server.address).await.unwrap();
    let _ = third.write_all(ask).await;
    assert!(!matches!(third.read(&mut said).await, Ok(1..)), "there is no place");
    // The caller keeps the connection that it has.
    assert_eq!(server.ask("{ hello }").await.status, 200);
}

#[tokio::test]
async fn caller_over_rate_limit_gets_retry_after() {
    let server = Server::with(ServerOptions {
        limits: Limits { requests_per_minute: 3, ..Limits::default() },
        ..ServerOptions::default()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(server.ask("{ hello }").await.status, 200);
    }
    let reply = server.ask("{ hello }").await;
    assert_eq!((reply.status, reply.code()), (429, "RATE_LIMITED"));
    assert!(reply.is_well_put(), "{reply:?}");
    let seconds = reply.body["errors"][0]["extensions"]["retryAfter"].as_u64().unwrap();
    assert!((1..=21).contains(&seconds));
    assert_eq!(reply.header("retry-after"), seconds.to_string());
    // Another caller is not affected.
    let token = server.token_for(Role::PartnerAdmin, "user-2", Lifetime::minutes(1));
    let other = server.client.post(server.url("/graphql")).bearer_auth(token).json(&json!({ "query": "{ hello }" }));
    assert_eq!(Reply::of(other).await.status, 200);
}

#[tokio::test]
async fn caller_over_rate_limit_costs_no_lookup() {
    let server = Server::with(ServerOptions {
        limits: Limits { requests_per_minute: 3, ..Limits::default() },
        ..ServerOptions::default()
    })
    .await;
    for _ in 0..20 {
        server.ask("{ hello }").await;
    }
    assert_eq!(server.ask("{ hello }").await.code(), "RATE_LIMITED");
    assert_eq!(server.lookups.load(Ordering::SeqCst), 3);
    // A malformed request is one as well.
    assert_eq!(Reply::of(server.post(Role::PartnerAdmin).body("x")).await.code(), "RATE_LIMITED");
}

/// A document of 4 KB has a thousand errors, and each repeats its names.
#[tokio::test]
async fn errors_of_a_document_are_counted_and_cut() {
    let server = Server::start().await;
    let fields: String = (0..600).map(|number| format!("f{number} ")).collect();
    let reply = server.ask(&format!("{{ {fields}}}")).await;
    assert_eq!((reply.status, reply.code()), (400, "GRAPHQL_VALIDATION_FAILED"));
    assert_eq!(reply.body["errors"].as_array().unwrap().len(), 20);
    let long = server.ask(&format!("{{ {} }}", "x".repeat(4_000))).await;
    for reply in [reply, long] {
        assert!(reply.is_well_put(), "{reply:?}");
        assert!(reply.body.to_string().len() < 20_000, "{} bytes", reply.body.to_string().len());
    }
}

fn short_timeouts() -> ServerOptions {
    let limits = Limits {
        query_timeout: Duration::from_millis(50),
        mutation_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    ServerOptions { limits, ..ServerOptions::default() }
}

#[tokio::test]
async fn query_over_time_limit_is_stopped() {
    let server = Server::with(short_timeouts()).await;
    let reply = server.ask("{ slow }").await;
    assert_eq!((reply.status, reply.code()), (504, "TIMEOUT"));
    acquired(&server.probe.dropped).await;
    assert!(!server.probe.finished.load(Ordering::SeqCst));
}

#[tokio::test]
async fn mutation_over_time_limit_continues() {
    let server = Server::with(short_timeouts()).await;
    let reply = server.ask("mutation { slow }").await;
    assert_eq!((reply.status, reply.code()), (504, "TIMEOUT"));
    server.probe.proceed.add_permits(1);
    acquired(&server.probe.dropped).await;
    assert!(server.probe.finished.load(Ordering::SeqCst));
}

async fn start_and_disconnect(server: &Server, document: &str) {
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let body = json!({ "query": document }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        server.token(Role::PartnerAdmin),
        body.len()
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    acquired(&server.probe.started).await;
    drop(connection);
}

#[tokio::test]
async fn query_whose_client_disconnects_is_stopped() {
    let server = Server::start().await;
    start_and_disconnect(&server, "{ slow }").await;
    acquired(&server.probe.dropped).await;
    assert!(!server.probe.finished.load(Ordering::SeqCst));
}

#[tokio::test]
async fn mutation_whose_client_disconnects_completes() {
    let server = Server::start().await;
    start_and_disconnect(&server, "mutation { slow }").await;
    // The server has no connection left: it has seen the client go.
    server.stopping.cancel();
    server.serving.await.unwrap();
    assert_eq!(server.mutations.len(), 1);
    server.probe.proceed.add_permits(1);
    server.mutations.close();
    server.mutations.wait().await;
    assert!(server.probe.finished.load(Ordering::SeqCst));
}
