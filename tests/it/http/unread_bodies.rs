//! A refusal before the body was read: its answer arrives, and the next request is not harmed.

use axum::http::StatusCode;
use chrono::Duration;
use infima_halo::auth::Role;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Server;

/// As Python's and Node's clients do it: the whole request is written before anything is read.
async fn send_whole(stream: &mut TcpStream, token: &str, size: usize) {
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; size]).await.expect("the connection stays open while the body is sent");
}

#[tokio::test]
async fn large_import_with_an_expired_token_gets_its_answer() {
    let server = Server::start().await;
    let expired = server.token_for(Role::Platform, "importer", Duration::seconds(-60));
    for _ in 0..10 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        send_whole(&mut stream, &expired, 6 << 20).await;
        let mut said = String::new();
        stream.read_to_string(&mut said).await.expect("the answer is not destroyed by a reset");
        assert!(said.starts_with("HTTP/1.1 401"), "{said}");
        assert!(said.contains("connection: close"), "{said}");
        assert!(said.contains("UNAUTHENTICATED"), "{said}");
    }
}

#[tokio::test]
async fn small_rest_of_a_body_is_read_and_the_connection_is_reused() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..10 {
        send_whole(&mut stream, "no-token", 30_000).await;
        let mut said = vec![0; 12];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&said), "HTTP/1.1 401");
        let rest = read_answer(&mut stream).await;
        assert!(!rest.contains("connection: close"), "{rest}");
    }
}

/// Reads the rest of an answer that says its length.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut said = String::new();
    loop {
        said.push(char::from(stream.read_u8().await.unwrap()));
        if said.ends_with("\r\n\r\n") {
            let length = said.to_lowercase();
            let length = length.split("content-length: ").nth(1).expect("it says its length");
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            return said;
        }
    }
}

/// A client that asks first is answered at once, without its body.
#[tokio::test]
async fn client_that_waits_for_permission_is_not_asked_for_its_body() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 401"), "{said}");
}

#[tokio::test]
async fn pooled_client_is_answered_after_each_refusal() {
    let server = Server::start().await;
    let expired = server.token_for(Role::Platform, "importer", Duration::seconds(-60));
    let body = format!("{}{}", json!({ "query": "{ hello }" }), " ".repeat(6 << 20));
    for turn in 0..10 {
        let refused = server.client.post(server.url("/graphql")).bearer_auth(&expired);
        let refused = refused.header("content-type", "application/json").body(body.clone()).send().await;
        assert_eq!(refused.expect("it is answered").status(), StatusCode::UNAUTHORIZED, "{turn}");
        assert_eq!(server.ask("{ hello }").await.status, 200, "{turn}");
    }
}
