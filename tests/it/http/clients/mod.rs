//! The clients of other languages against a refusal before the body was read.

use chrono::Duration;
use infima_halo::auth::Role;
use tokio::process::Command;

use super::Server;
use crate::support::LONGEST;

const UNDICI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/http/clients/undici.mjs");
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/http/clients/python.py");
/// A rest that is read, and one that is not.
const SIZES: [&str; 2] = ["30000", "6291456"];

/// Whether the program can be used. Without it the test is left out, and says so.
async fn is_installed(program: &str, arguments: &[&str]) -> bool {
    let there = Command::new(program).args(arguments).output().await.is_ok_and(|output| output.status.success());
    if !there {
        println!("skipped: {program} {arguments:?} is not installed");
    }
    there
}

/// Each refusal is understood, and the request after it is answered.
async fn is_answered(program: &str, arguments: &[&str], at: impl Fn(&Server) -> String) {
    let server = Server::start().await;
    let expired = server.token_for(Role::Platform, "importer", Duration::seconds(-60));
    let (token, at) = (server.token(Role::PartnerAdmin), at(&server));
    for size in SIZES {
        let client = Command::new(program).args(arguments).args([&*at, &expired, &token, size]).output();
        let output = tokio::time::timeout(LONGEST, client).await.expect("it ends").expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said, "401 UNAUTHENTICATED 200\n".repeat(10), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test]
async fn undici_gets_the_answer_to_a_body_that_is_not_read() {
    if is_installed("node", &["--eval", "fetch"]).await {
        is_answered("node", &[UNDICI], |server| server.url("/graphql")).await;
    }
}

#[tokio::test]
async fn http_client_of_python_gets_the_answer_to_a_body_that_is_not_read() {
    if is_installed("python3", &["--version"]).await {
        is_answered("python3", &[PYTHON, "http.client"], |server| server.address.to_string()).await;
    }
}

#[tokio::test]
async fn urllib3_gets_the_answer_to_a_body_that_is_not_read() {
    if is_installed("python3", &["-c", "import urllib3"]).await {
        is_answered("python3", &[PYTHON, "urllib3"], |server| server.address.to_string()).await;
    }
}
