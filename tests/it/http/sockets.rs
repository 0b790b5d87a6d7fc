//! Subscriptions over `graphql-transport-ws`, and the protocol's close codes.

use std::{
    net::SocketAddr,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use chrono::Duration as Lifetime;
use futures::{SinkExt, StreamExt};
use infima_halo::{auth::Role, http::limits::Limits};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

use super::{Reply, Server, ServerOptions, fixtures::acquired};

pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn open(server: &Server) -> Self {
        Self::open_with_protocol(server.address, Some("graphql-transport-ws")).await
    }

    async fn open_with_protocol(address: SocketAddr, protocol: Option<&str>) -> Self {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        let connection = TcpStream::connect(address).await.unwrap();
        // The client library fails if the server selects no protocol. The close code is tested.
        Self(client_async(request, connection).await.unwrap().0)
    }

    /// Opens a socket and signs in.
    async fn ready(server: &Server, role: Role) -> Self {
        Self::signed_in(server.address, &server.token(role)).await
    }

    pub(crate) async fn signed_in(address: SocketAddr, token: &str) -> Self {
        let mut socket = Self::open_with_protocol(address, Some("graphql-transport-ws")).await;
        socket.init(token).await;
        assert_eq!(socket.next().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn init(&mut self, token: &str) {
        self.send(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } }))
            .await;
    }

    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    pub(crate) async fn next(&mut self) -> Value {
        self.next_or_close().await.unwrap_or_else(|code| panic!("closed with {code}"))
    }

    /// The first message, or the code with which the socket is closed instead.
    async fn next_or_close(&mut self) -> Result<Value, u16> {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return Err(frame.map_or(0, |frame| frame.code.into())),
                _ => {}
            }
        }
    }

    /// Reads until the server closes the socket, and gives the close code.
    pub(crate) async fn closed(mut self) -> u16 {
        while let Some(Ok(message)) = self.0.next().await {
            if let Message::Close(Some(frame)) = message {
                return frame.code.into();
            }
        }
        panic!("the socket ended without a close frame");
    }
}

#[tokio::test]
async fn socket_runs_operations_of_every_kind() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::PartnerViewer).await;
    socket.send(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong", "payload": { "n": 1 } }));

    socket.subscribe("a", "subscription { count(to: 2) }").await;
    assert_eq!(socket.next().await, json!({ "type": "next", "id": "a", "payload": { "data": { "count": 1 } } }));
    assert_eq!(socket.next().await, json!({ "type": "next", "id": "a", "payload": { "data": { "count": 2 } } }));
    assert_eq!(socket.next().await, json!({ "type": "complete", "id": "a" }));

    socket.subscribe("b", "{ me late }").await;
    let data = json!({ "me": "partner_viewer user-1", "late": 1 });
    assert_eq!(socket.next().await, json!({ "type": "next", "id": "b", "payload": { "data": data } }));
    assert_eq!(socket.next().await, json!({ "type": "complete", "id": "b" }));
}

#[tokio::test]
async fn messages_before_sign_in_are_handled_by_the_protocol() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    socket.send(json!({ "type": "pong" })).await;
    socket.send(json!({ "type": "complete", "id": "unknown" })).await;
    socket.init(&server.token(Role::PartnerViewer)).await;
    assert_eq!(socket.next().await, json!({ "type": "connection_ack" }));

    let mut socket = Socket::open(&server).await;
    socket.init(&server.token(Role::PartnerViewer)).await;
    socket.init(&server.token(Role::PartnerViewer)).await;
    assert_eq!(socket.closed().await, 4429, "a second one while the first is checked, or after it");
}

#[tokio::test]
async fn invalid_operation_gets_an_error_message() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::PartnerViewer).await;
    for (query, code) in [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __schema { types { name } } }", "FORBIDDEN"),
    ] {
        socket.subscribe("a", query).await;
        let message = socket.next().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("a")), "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code);
        assert!(message["payload"][0]["extensions"]["requestId"].is_string());
    }
    // The id is free again after each.
    socket.subscribe("a", "subscription { count(to: 1) }").await;
    assert_eq!(socket.next().await["payload"]["data"]["count"], 1);
}

#[tokio::test]
async fn completed_operation_sends_nothing_more() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::PartnerViewer).await;
    socket.subscribe("a", "subscription { forever }").await;
    assert_eq!(socket.next().await["payload"]["data"]["forever"], 0);
    acquired(&server.probe.started).await;
    socket.send(json!({ "type": "complete", "id": "a" })).await;
    acquired(&server.probe.dropped).await;
    socket.send(json!({ "type": "complete", "id": "never-started" })).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn dropped_socket_ends_its_subscriptions() {
    let server = Server::start().await;
    let mut socket = Socket::ready(&server, Role::PartnerViewer).await;
    socket.subscribe("a", "subscription { forever }").await;
    acquired(&server.probe.started).await;
    drop(socket);
    acquired(&server.probe.dropped).await;
}

/// The server answers a close frame: a browser takes a socket that ends without one for a broken
/// connection, and its client connects again.
#[tokio::test]
async fn close_frame_is_answered_with_its_code() {
    let server = Server::start().await;
    for code in [1000, 1001, 4999] {
        for mut socket in [Socket::open(&server).await, Socket::ready(&server, Role::PartnerViewer).await] {
            let frame = CloseFrame { code: code.into(), reason: "done".into() };
            socket.0.send(Message::Close(Some(frame))).await.unwrap();
            assert_eq!(socket.closed().await, code);
        }
    }
    let mut socket = Socket::open(&server).await;
    socket.0.send(Message::Close(None)).await.unwrap();
    assert_eq!(socket.next_or_close().await, Err(0), "a close without a code");
    assert!(socket.0.next().await.is_none(), "and there it ends in order");
}

#[tokio::test]
async fn oversized_message_closes_with_its_code() {
    let server = Server::start().await;
    for mut socket in [Socket::open(&server).await, Socket::ready(&server, Role::PartnerViewer).await] {
        socket.0.send(Message::text("x".repeat(300_000))).await.unwrap();
        assert_eq!(socket.closed().await, 1009);
    }
}

#[tokio::test]
async fn each_protocol_violation_has_its_close_code() {
    let server = Server::start().await;
    let first = async |message: Value| {
        let mut socket = Socket::open(&server).await;
        socket.send(message).await;
        socket.closed().await
    };
    assert_eq!(first(json!({ "type": "subscribe", "id": "a", "payload": { "query": "{ hello }" } })).await, 4401);
    assert_eq!(first(json!({ "type": "nonsense" })).await, 4400);
    assert_eq!(first(json!([])).await, 4400);
    assert_eq!(first(json!({ "type": "connection_init" })).await, 4403);
    assert_eq!(first(json!({ "type": "connection_init", "payload": { "token": "x.y.z" } })).await, 4403);

    let then = async |message: Value| {
        let mut socket = Socket::ready(&server, Role::PartnerViewer).await;
        socket.subscribe("a", "subscription { forever }").await;
        assert_eq!(socket.next().await["payload"]["data"]["forever"], 0);
        socket.send(message).await;
        socket.closed().await
    };
    assert_eq!(then(json!({ "type": "connection_init" })).await, 4429);
    assert_eq!(then(json!({ "type": "subscribe", "id": "a", "payload": { "query": "{ hello }" } })).await, 4409);
    assert_eq!(then(json!({ "type": "subscribe", "id": "b", "payload": {} })).await, 4400);
    assert_eq!(then(json!({ "type": "subscribe", "payload": { "query": "{ hello }" } })).await, 4400);

    let mut socket = Socket::open(&server).await;
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(socket.closed().await, 4400);
    assert_eq!(Socket::open_with_protocol(server.address, None).await.closed().await, 4406);
}

#[tokio::test]
async fn socket_must_sign_in_in_time_and_ends_with_its_token() {
    let limits = Limits { init_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    assert_eq!(Socket::open(&server).await.closed().await, 4408);

    let mut socket = Socket::open(&server).await;
    socket.init(&server.token_for(Role::Support, "user-1", Lifetime::seconds(2))).await;
    assert_eq!(socket.next().await, json!({ "type": "connection_ack" }));
    socket.subscribe("a", "subscription { forever }").await;
    assert_eq!(socket.closed().await, 4403);
    acquired(&server.probe.dropped).await;
}

/// A token that the leeway accepts over HTTP is accepted on a socket, for the same time.
#[tokio::test]
async fn socket_token_has_the_same_leeway_as_requests() {
    let server = Server::with(ServerOptions { leeway: Duration::from_secs(12), ..ServerOptions::default() }).await;
    let expired = server.token_for(Role::Support, "user-1", Lifetime::seconds(-8));
    let by_post = server.client.post(server.url("/graphql")).bearer_auth(&expired);
    let reply = Reply::of(by_post.json(&json!({ "query": "{ hello }" }))).await;
    assert_eq!(reply.status, 200);

    let mut socket = Socket::open(&server).await;
    socket.init(&expired).await;
    assert_eq!(socket.next().await, json!({ "type": "connection_ack" }));
    let acknowledged = Instant::now();
    assert_eq!(socket.closed().await, 4403);
    assert!(acknowledged.elapsed() > Duration::from_millis(500), "it ends when the leeway does, not before");

    let too_old = server.token_for(Role::Support, "user-1", Lifetime::seconds(-13));
    let mut socket = Socket::open(&server).await;
    socket.init(&too_old).await;
    assert_eq!(socket.closed().await, 4403);
}

#[tokio::test]
async fn caller_over_socket_limit_is_refused() {
    let limits = Limits { sockets: 2, ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let first = Socket::ready(&server, Role::PartnerViewer).await;
    let mut second = Socket::ready(&server, Role::PartnerViewer).await;
    let mut third = Socket::open(&server).await;
    third.init(&server.token(Role::PartnerViewer)).await;
    assert_eq!(third.closed().await, 1013);
    second.subscribe("a", "{ hello }").await;
    assert_eq!(second.next().await["type"], "next", "open sockets keep working");
    // Another caller has a limit of its own.
    Socket::ready(&server, Role::PartnerAdmin).await;
    // A closed socket frees its slot as soon as the server has noticed.
    drop(first);
    while {
        let mut again = Socket::open(&server).await;
        again.init(&server.token(Role::PartnerViewer)).await;
        again.next_or_close().await == Err(1013)
    } {}
}

#[tokio::test]
async fn unauthenticated_sockets_over_the_limit_are_refused() {
    let limits = Limits { unauthenticated_sockets: 2, ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let (mut first, _second) = (Socket::open(&server).await, Socket::open(&server).await);
    let refused = async || {
        let url = server.url("/graphql");
        let request = server.client.get(url).header("connection", "upgrade").header("upgrade", "websocket");
        let request =
            request.header("sec-websocket-version", "13").header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        let response = request.header("sec-websocket-protocol", "graphql-transport-ws").send().await.unwrap();
        response.status().as_u16()
    };
    assert_eq!(refused().await, 503);
    // A socket that has signed in counts for its caller.
    first.init(&server.token(Role::PartnerViewer)).await;
    assert_eq!(first.next().await, json!({ "type": "connection_ack" }));
    let _third = Socket::open(&server).await;
    assert_eq!(refused().await, 503);
}

/// One address takes its own places, and another one finds some.
#[tokio::test]
async fn unauthenticated_sockets_are_limited_for_each_address_behind_a_trusted_proxy() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let limits = Limits { unauthenticated_sockets_per_address: 2, trusted_proxies, ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let upgrade = async |client: &str| {
        let request = server.client.get(server.url("/graphql")).header("connection", "upgrade");
        let request = request.header("upgrade", "websocket").header("sec-websocket-version", "13");
        let request = request.header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        let request = request.header("sec-websocket-protocol", "graphql-transport-ws");
        request.header("x-forwarded-for", client).send().await.unwrap()
    };
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(upgrade("192.0.2.1, 198.51.100.1").await);
    }
    assert!(open.iter().all(|socket| socket.status() == 101));
    // What the client writes itself before the proxy's word does not help.
    assert_eq!(upgrade("192.0.2.2, 198.51.100.1").await.status(), 503);
    let other = upgrade("192.0.2.1, 198.51.100.2").await;
    assert_eq!(other.status(), 101);
}

/// The number of results that wait for a client that does not read is bounded, and so is the time.
#[tokio::test]
async fn socket_that_does_not_read_is_closed() {
    let limits = Limits { send_timeout: Duration::from_millis(500), ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let mut socket = Socket::ready(&server, Role::PartnerViewer).await;
    socket.subscribe("a", "subscription { flood }").await;
    acquired(&server.probe.dropped).await;
    let made = server.probe.made.load(Ordering::SeqCst);
    assert!((1..100).contains(&made), "{made} events of 200 kB were made for a client that reads none");
}

#[tokio::test]
async fn silent_socket_is_pinged_then_closed() {
    let limits = Limits { keep_alive: Duration::from_millis(500), ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let mut socket = Socket::ready(&server, Role::PartnerViewer).await;
    socket.subscribe("a", "subscription { forever }").await;
    let mut pings = 0;
    while pings < 2 {
        // Reading a ping answers it: the socket stays open.
        pings += usize::from(matches!(socket.0.next().await.unwrap().unwrap(), Message::Ping(_)));
    }
    // A client that does not read answers no ping.
    acquired(&server.probe.dropped).await;
    drop(socket);
}

#[tokio::test]
async fn caller_over_subscription_limit_is_refused_on_any_socket() {
    let limits = Limits { subscriptions: 2, ..Limits::default() };
    let server = Server::with(ServerOptions { limits, ..ServerOptions::default() }).await;
    let mut first = Socket::ready(&server, Role::PartnerViewer).await;
    let mut second = Socket::ready(&server, Role::PartnerViewer).await;
    first.subscribe("a", "subscription { forever }").await;
    second.subscribe("a", "subscription { forever }").await;
    assert_eq!(first.next().await["type"], "next");
    assert_eq!(second.next().await["type"], "next");
    second.subscribe("b", "subscription { forever }").await;
    let message = second.next().await;
    assert_eq!(message["payload"][0]["extensions"]["code"], "LIMIT_EXCEEDED", "{message}");
    drop(first);
    acquired(&server.probe.dropped).await;
    second.subscribe("c", "subscription { forever }").await;
    assert_eq!(second.next().await["payload"]["data"]["forever"], 0);
}

#[tokio::test]
async fn server_shutdown_closes_sockets() {
    let server = Server::start().await;
    let socket = Socket::ready(&server, Role::PartnerViewer).await;
    server.stopping.cancel();
    assert_eq!(socket.closed().await, 1001);
    server.serving.await.unwrap();
}
