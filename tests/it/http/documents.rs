//! Trusted documents, in every way clients send them.

use std::fmt::Write as _;

use infima_halo::{auth::Role, config::TrustedDocuments, http::Documents};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Reply, Server, ServerOptions, client};

const GREETING: &str = "query Greeting($n: String) {\n  node {\n    ...Named\n  }\n  hello(name: $n)\n}\n\nfragment Named on Node {\n  name\n}";

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn documents(trusted: TrustedDocuments) -> Documents {
    let manifest = json!({ format!("sha256:{}", hash(GREETING)): GREETING });
    Documents::read(&manifest.to_string(), "1.4.0", trusted).unwrap()
}

async fn server(trusted: TrustedDocuments) -> Server {
    Server::with(ServerOptions { documents: documents(trusted), ..ServerOptions::default() }).await
}

#[tokio::test]
async fn contract_operation_is_accepted_in_every_form() {
    let server = server(TrustedDocuments::Enforce).await;
    let (bare, full) = (hash(GREETING), format!("sha256:{}", hash(GREETING)));
    let as_apollo = "query Greeting($n: String) { node { ...Named __typename } hello(name: $n) }\nfragment Named on Node { name __typename }";
    let as_urql =
        "fragment Named on Node{__typename name}query Greeting($n:String){node{__typename ...Named}hello(name:$n)}";
    let forms = [
        json!({ "documentId": full }),
        json!({ "documentId": bare }),
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": full } } }),
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": bare } } }),
        json!({ "query": GREETING }),
        json!({ "query": as_apollo }),
        json!({ "query": as_urql }),
        json!({ "query": as_apollo, "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash(as_apollo) } } }),
    ];
    for form in forms {
        let mut request = form.clone();
        request["variables"] = json!({ "n": "Ada" });
        request["operationName"] = json!("Greeting");
        let reply = Reply::of(server.post(Role::PartnerViewer).json(&request)).await;
        assert_eq!(reply.body["data"]["hello"], "hello Ada", "{form}");
        assert_eq!(reply.body["data"]["node"]["name"], "node", "{form}");
    }
    let by_get = client()
        .get(server.url("/graphql"))
        .bearer_auth(server.token(Role::PartnerViewer))
        .query(&[("documentId", full.as_str()), ("variables", r#"{"n":"Bo"}"#)]);
    assert_eq!(Reply::of(by_get).await.body["data"]["hello"], "hello Bo");
}

#[tokio::test]
async fn unknown_operation_is_only_for_support_and_platform() {
    let server = server(TrustedDocuments::Enforce).await;
    let old = json!({ "query": "query Old { hello }" });
    let reply = Reply::of(server.post(Role::PartnerAdmin).json(&old)).await;
    assert_eq!((reply.status, reply.code()), (400, "DOCUMENT_NOT_TRUSTED"));
    assert!(reply.message().contains("\"Old\"") && reply.message().contains("1.4.0"), "{}", reply.message());
    let unknown = json!({ "documentId": format!("sha256:{}", hash("x")), "operationName": "Newer" });
    for role in [Role::PartnerAdmin, Role::Support] {
        let reply = Reply::of(server.post(role).json(&unknown)).await;
        assert_eq!((reply.status, reply.code()), (400, "DOCUMENT_NOT_TRUSTED"));
        assert!(reply.message().contains("\"Newer\""), "{}", reply.message());
    }
    let smuggled = json!({ "query": "query Greeting { me }", "documentId": hash(GREETING) });
    assert_eq!(Reply::of(server.post(Role::PartnerAdmin).json(&smuggled)).await.code(), "DOCUMENT_NOT_TRUSTED");
    for role in [Role::Support, Role::Platform] {
        assert_eq!(Reply::of(server.post(role).json(&old)).await.body["data"]["hello"], "hello world");
    }
}

#[tokio::test]
async fn report_and_off_modes_accept_every_document() {
    for trusted in [TrustedDocuments::Report, TrustedDocuments::Off] {
        let server = server(trusted).await;
        assert_eq!(server.ask("{ hello }").await.body["data"]["hello"], "hello world", "{trusted:?}");
    }
}

#[test]
fn invalid_manifest_is_refused_at_start() {
    let read = |manifest: Value| Documents::read(&manifest.to_string(), "1", TrustedDocuments::Enforce).map(|_| ());
    assert!(read(json!({ format!("sha256:{}", hash("{ a }")): "{ a }" })).is_ok());
    assert!(
        read(json!({ format!("sha256:{}", hash("{ a }")): "{ b }" })).unwrap_err().to_string().contains("generate")
    );
    assert!(read(json!([])).is_err());
}
