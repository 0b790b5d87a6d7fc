//! The frontend's contract, compared with what the server answers: each of its operations, and each
//! code of `userErrors`, over HTTP with the app as `serve` builds it and the sandbox as Halo.
//!
//! The responses are in `frontend-contract/recorded/`, where the frontend's mocks come from. `make
//! contract-update` writes them; otherwise this test reports what is stale.

mod connection;
mod desk;
mod flow;
mod mapping;
mod recorded;
mod webhook;

use infima_halo::graphql::{ErrorCode, sdl};
use infima_halo::http::status_of;
use serde_json::{Value, json};

use desk::{Desk, contract};
use recorded::{Recorded, hold};

#[tokio::test]
async fn operations_and_refusals_match_recordings() {
    let mut recorded = Recorded::default();
    connection::is_checked(&mut recorded).await;
    connection::is_refused(&mut recorded).await;
    mapping::is_refused(&mut recorded).await;
    mapping::repair_is_refused(&mut recorded).await;
    flow::is_recorded(&mut recorded).await;

    let operations: Vec<_> = contract().into_keys().collect();
    assert_eq!(recorded.operations(), operations, "each operation of the contract is recorded");
    assert_eq!(recorded.refusals(), values_of("UserErrorCode"), "each code is recorded");
    let stable = recorded.stable();
    hold("operations.json", &stable.operations);
    hold("user-errors.json", &stable.refusals);
    hold("scenarios.json", &stable.scenarios);
}

/// Users read the messages: the names of arguments and fields are for `hint`.
#[test]
fn messages_for_users_name_no_argument() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/frontend-contract/recorded/user-errors.json");
    let refusals: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for (code, refusal) in refusals.as_object().unwrap() {
        let payload = refusal["data"].as_object().unwrap().values().next().unwrap();
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        let is_name = |word: &str| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            !word.starts_with("Halo")
                && word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
        };
        let named = message.split_whitespace().find(|word| word.contains(['`', '_']) || is_name(word));
        assert_eq!(named, None, "{code}: {message}");
        assert!(message.ends_with('.'), "{code}: {message}");
    }
}

#[test]
fn top_level_error_codes_match_recording() {
    let codes = ErrorCode::ALL.iter().map(|code| {
        let recorded_code = json!({ "status": status_of(*code).as_u16(), "meaning": code.meaning() });
        (code.as_str().to_owned(), recorded_code)
    });
    hold("error-codes.json", &codes.collect());
}

#[test]
fn contract_version_matches_the_server() {
    let package = include_str!("../../frontend-contract/package.json");
    let package: Value = serde_json::from_str(package).unwrap();
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"), "a refusal names the version that the frontend installs");
}

#[tokio::test]
async fn outdated_document_error_names_operation_and_version() {
    let desk = Desk::start(&[("Alder", 3)]).await;
    let by_id = json!({ "documentId": format!("sha256:{}", "0".repeat(64)), "operationName": "MappingTable" });
    let by_text = json!({ "query": "query MappingTable { partner { id name clientsOfOld { id } } }" });
    for outdated in [by_id, by_text] {
        let (status, answer) = desk.send(&desk.admin(), &outdated).await;
        let error = &answer["errors"][0];
        assert_eq!((status, &error["extensions"]["code"]), (400, &json!("DOCUMENT_NOT_TRUSTED")), "{answer}");
        assert_eq!(error["extensions"]["operation"], "MappingTable", "{answer}");
        assert_eq!(error["extensions"]["contractVersion"], env!("CARGO_PKG_VERSION"), "{answer}");
        let message = error["message"].as_str().unwrap();
        for said in ["\"MappingTable\"", concat!("version ", env!("CARGO_PKG_VERSION"))] {
            assert!(message.contains(said), "{message}");
        }
    }
    // A caller that may send any document learns which field is gone.
    let outdated = json!({ "query": "query Old($id: ID!) { partner(id: $id) { clientsOfOld { id } } }",
                           "variables": { "id": desk.partner().await } });
    let (status, answer) = desk.send(&desk.support(), &outdated).await;
    let error = &answer["errors"][0];
    assert_eq!((status, &error["extensions"]["code"]), (400, &json!("GRAPHQL_VALIDATION_FAILED")), "{answer}");
    let message = error["message"].as_str().unwrap();
    for said in ["clientsOfOld", "\"Old\"", concat!("version ", env!("CARGO_PKG_VERSION"))] {
        assert!(message.contains(said), "{message}");
    }
}

fn values_of(name: &str) -> Vec<String> {
    let sdl = sdl();
    let (_, rest) = sdl.split_once(&format!("\nenum {name} {{")).expect("an enum of the schema");
    let (values, _) = rest.split_once("\n}").expect("the enum ends");
    let value = |line: &&str| !line.is_empty() && line.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    values.lines().map(str::trim).filter(value).map(str::to_owned).collect()
}
