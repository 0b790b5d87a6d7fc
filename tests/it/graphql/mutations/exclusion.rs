//! Clients that are excluded from billing on purpose.

use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::ops::roster::import::Roster;
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::{PARTNER, World};

const EXCLUDE: &str = "mutation($ids: [ID!]!, $reason: String!, $day: Date) {
    excludeHaloClients(input: { clientIds: $ids, reason: $reason, reviewOn: $day }) {
        clients { name haloExclusion { reason reviewOn excludedAt excludedBy { name role } } } userErrors { code field message } } }";
const INCLUDE: &str = "mutation($ids: [ID!]!) { includeHaloClients(input: { clientIds: $ids }) {
        clients { name haloExclusion { reason } } userErrors { code field } } }";
const SAVE: &str = "mutation($client: ID!, $customer: Int!) { saveHaloClientAssociations(input: {
    associations: [{ clientId: $client, haloCustomerId: $customer }] }) { associations { status } userErrors { code field } } }";
const LIST: &str = "query($associated: Boolean, $excluded: Boolean) { partner {
    clientCounts { total mapped unmapped excluded }
    clients(associated: $associated, excluded: $excluded) { totalCount nodes { name haloExclusion { reason } } } } }";

/// Alder is mapped; Birch and Cedar are not.
async fn api() -> Api {
    let clients = [("Alder", 3), ("Birch", 2), ("Cedar", 1)];
    Api::over(World::builder().clients(&clients).only(&["Alder"]).synced().build().await)
}

async fn exclude(api: &Api, clients: &[&str], reason: &str, day: Option<&str>) -> Value {
    let mut ids = Vec::new();
    for client in clients {
        ids.push(api.world.client(client).await.to_string());
    }
    let variables = json!({ "ids": ids, "reason": reason, "day": day });
    api.data(&api.world.admin().await, EXCLUDE, variables).await["excludeHaloClients"].take()
}

async fn list(api: &Api, variables: Value) -> (Vec<String>, Value) {
    let mut partner = api.data(&api.world.admin().await, LIST, variables).await["partner"].take();
    let clients = partner["clients"].take();
    let names: Vec<_> =
        clients["nodes"].as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(clients["totalCount"], names.len());
    (names, partner["clientCounts"].take())
}

fn counts(unmapped: u32, excluded: u32) -> Value {
    json!({ "total": 3, "mapped": 1, "unmapped": unmapped, "excluded": excluded })
}

#[tokio::test]
async fn excluded_client_is_no_work_to_do_and_stays_visible() {
    let api = api().await;
    let excluded = exclude(&api, &["Cedar"], " Pays by itself ", Some("2026-12-24")).await;
    let cedar = json!([{ "name": "Cedar", "haloExclusion": {
        "reason": "Pays by itself", "reviewOn": "2026-12-24", "excludedAt": "2026-11-24T09:00:00.000Z",
        "excludedBy": { "name": "Sam Example", "role": "PARTNER_ADMIN" } } }]);
    assert_eq!(excluded, json!({ "clients": cedar, "userErrors": [] }));
    let (names, numbers) = list(&api, json!({ "associated": false })).await;
    assert_eq!((names, numbers), (vec!["Birch".to_owned()], counts(1, 1)));
    for (filter, expected) in [
        (json!({}), "Alder Birch Cedar"),
        (json!({ "excluded": true }), "Cedar"),
        (json!({ "associated": false, "excluded": true }), "Cedar"),
        (json!({ "excluded": false }), "Alder Birch"),
        (json!({ "associated": true }), "Alder"),
    ] {
        assert_eq!(list(&api, filter.clone()).await.0.join(" "), expected, "{filter}");
    }
}

#[tokio::test]
async fn exclusion_ends_by_itself_when_its_day_begins_for_the_partner() {
    let api = api().await;
    exclude(&api, &["Birch", "Cedar"], "A trial", Some("2026-12-24")).await;
    // In Berlin.
    let ends: Vec<String> =
        api.world.values("select ends_at::timestamptz at time zone 'UTC' || '' from client_exclusions").await;
    assert_eq!(ends, ["2026-12-23 23:00:00", "2026-12-23 23:00:00"]);
    api.world.change(sqlx::query("update client_exclusions set ends_at = now() + interval '1 minute'")).await;
    assert_eq!(list(&api, json!({})).await.1, counts(0, 2));
    api.world.change(sqlx::query("update client_exclusions set ends_at = now()")).await;
    let (names, numbers) = list(&api, json!({ "associated": false })).await;
    assert_eq!((names.join(" "), numbers), ("Birch Cedar".to_owned(), counts(2, 0)));
    let read = "query($id: ID!) { node(id: $id) { ... on Client { haloExclusion { reason } } } }";
    let cedar = api.world.client("Cedar").await.to_string();
    let data = api.data(&api.world.admin().await, read, json!({ "id": cedar })).await;
    assert_eq!(data["node"]["haloExclusion"], Value::Null);
}

#[tokio::test]
async fn excluded_client_is_mapped_only_after_it_was_included() {
    let api = api().await;
    let admin = api.world.admin().await;
    exclude(&api, &["Birch", "Cedar"], "A trial", None).await;
    let cedar = api.world.client("Cedar").await.to_string();
    let mapping = json!({ "client": cedar, "customer": api.world.customer("Cedar").0 });
    let refused = api.data(&admin, SAVE, mapping.clone()).await["saveHaloClientAssociations"].take();
    let error = json!([{ "code": "CLIENT_EXCLUDED", "field": ["associations", "0", "clientId"] }]);
    assert_eq!(refused["userErrors"], error);
    // Nor by a call for all clients.
    let accept = "mutation { acceptHaloMappingSuggestions(input: {}) { result { mapped } userErrors { code } } }";
    let accepted = api.data(&admin, accept, json!({})).await["acceptHaloMappingSuggestions"].take();
    assert_eq!(accepted, json!({ "result": { "mapped": 0 }, "userErrors": [] }));

    let included = api.data(&admin, INCLUDE, json!({ "ids": [cedar, cedar] })).await["includeHaloClients"].take();
    assert_eq!(included, json!({ "clients": [{ "name": "Cedar", "haloExclusion": null }], "userErrors": [] }));
    assert_eq!(list(&api, json!({})).await.1, counts(1, 1));
    let saved = api.data(&admin, SAVE, mapping).await["saveHaloClientAssociations"].take();
    assert_eq!(saved, json!({ "associations": [{ "status": "PENDING" }], "userErrors": [] }));
}

#[tokio::test]
async fn each_exclusion_is_in_the_audit_log_with_its_clients() {
    let api = api().await;
    let admin = api.world.admin().await;
    exclude(&api, &["Birch", "Cedar"], "A trial", Some("2026-12-24")).await;
    let ids =
        json!({ "ids": [api.world.client("Birch").await.to_string(), api.world.client("Alder").await.to_string()] });
    api.data(&admin, INCLUDE, ids.clone()).await;
    // What is not excluded stays as it is, and leaves no entry.
    api.data(&admin, INCLUDE, ids).await;
    let log = "query($id: ID) { partner { activity(action: [CLIENT_EXCLUDED, CLIENT_INCLUDED], clientId: $id) {
        nodes { action actor { name } clients { name } changes { name after } } } } }";
    let entries = api.data(&admin, log, json!({})).await["partner"]["activity"]["nodes"].take();
    let names = |entry: &Value| -> Vec<String> {
        entry["clients"].as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap().to_owned()).collect()
    };
    let entries: Vec<_> = entries.as_array().unwrap().clone();
    let shown: Vec<_> =
        entries.iter().map(|entry| (entry["action"].as_str().unwrap(), names(entry).join(" "))).collect();
    assert_eq!(shown, [("CLIENT_INCLUDED", "Birch".to_owned()), ("CLIENT_EXCLUDED", "Birch Cedar".to_owned())]);
    let changes = entries[1]["changes"].as_array().unwrap();
    for change in
        [json!({ "name": "REASON", "after": "A trial" }), json!({ "name": "REVIEW_ON", "after": "2026-12-24" })]
    {
        assert!(changes.contains(&change), "{changes:?}");
    }
    let of_cedar = api.data(&admin, log, json!({ "id": api.world.client("Cedar").await.to_string() })).await;
    assert_eq!(of_cedar["partner"]["activity"]["nodes"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn entries_that_cannot_be_excluded_are_refused_and_the_others_are_excluded() {
    let api = api().await;
    let record = ClientRecord {
        external_id: format!("{PARTNER}/Cedar"),
        partner_external_id: PARTNER.into(),
        name: "Cedar".into(),
        state: RosterState::Archived,
        version: 1_000,
    };
    let cedar = api.world.client("Cedar").await;
    api.world.import(Roster { clients: vec![record], ..Roster::default() }).await;
    let [alder, birch] = [api.world.client("Alder").await, api.world.client("Birch").await].map(|id| id.to_string());
    let ids = json!([alder, "nonsense", birch, cedar.to_string(), birch]);
    let variables = json!({ "ids": ids, "reason": "A trial", "day": null });
    let answer = api.data(&api.world.admin().await, EXCLUDE, variables).await["excludeHaloClients"].take();
    let refused: Vec<_> =
        answer["userErrors"].as_array().unwrap().iter().map(|error| (&error["code"], &error["field"][1])).collect();
    assert_eq!(
        json!(refused),
        json!([["CLIENT_NOT_FOUND", "1"], ["CLIENT_ASSOCIATED", "0"], ["CLIENT_ARCHIVED", "3"]])
    );
    assert_eq!(answer["clients"].as_array().map(|clients| clients.len()), Some(1));
    assert_eq!(list(&api, json!({ "excluded": true })).await.0, ["Birch"]);
}

#[tokio::test]
async fn bad_input_excludes_no_client() {
    let api = api().await;
    let birch = api.world.client("Birch").await.to_string();
    let many: Vec<_> = (0..201).map(|_| birch.clone()).collect();
    for (ids, reason, day, code, field) in [
        (json!([]), "A trial".to_owned(), None, "REQUIRED", "clientIds"),
        (json!(many), "A trial".to_owned(), None, "TOO_MANY", "clientIds"),
        (json!([birch]), " \n ".to_owned(), None, "REQUIRED", "reason"),
        (json!([birch]), "a".repeat(501), None, "TOO_LONG", "reason"),
        (json!([birch]), "a\u{7}".to_owned(), None, "INVALID", "reason"),
        // It is the 24th in Berlin.
        (json!([birch]), "A trial".to_owned(), Some("2026-11-24"), "INVALID", "reviewOn"),
    ] {
        let variables = json!({ "ids": ids, "reason": reason, "day": day });
        let answer = api.data(&api.world.admin().await, EXCLUDE, variables).await["excludeHaloClients"].take();
        let error = &answer["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"], &answer["clients"]),
            (&json!(code), &json!([field]), &Value::Null)
        );
        assert!(error["message"].as_str().unwrap().ends_with('.'), "{answer}");
    }
    assert_eq!(list(&api, json!({})).await.1, counts(2, 0));
    // The next day may be chosen.
    assert_eq!(exclude(&api, &["Birch"], "A trial", Some("2026-11-25")).await["userErrors"], json!([]));
}
