//! Requests for a sync.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::graphql::Api;

#[tokio::test]
async fn sync_request_with_empty_or_unknown_clients_is_refused() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let admin = api.world.admin().await;
    let sync = "mutation($clients: [ID!]) { requestHaloSync(input: { clientIds: $clients }) {
        run { id } userErrors { code field } } }";
    let empty = api.data(&admin, sync, json!({ "clients": [] })).await["requestHaloSync"].take();
    assert_eq!(empty, json!({ "run": null, "userErrors": [{ "code": "REQUIRED", "field": ["clientIds"] }] }));

    let preview = "query($clients: [ID!]) { haloSyncPreview(clientIds: $clients) { entries { client { name } } } }";
    let alder = api.world.client("Alder").await.to_string();
    for unknown in ["client_x", "client_00000000000000000000000000000000"] {
        let asked = api.ask(&admin, preview, json!({ "clients": [alder, unknown] })).await;
        assert_eq!(asked["data"]["haloSyncPreview"], Value::Null);
        let error = (&asked["errors"][0]["code"], &asked["errors"][0]["field"]);
        assert_eq!(error, (&json!("BAD_USER_INPUT"), &json!(["clientIds", "1"])));
    }
}

#[tokio::test]
async fn support_must_name_partner_and_reason() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let support = api.support().await;
    let partner = api.world.partner().await.to_string();
    let unnamed = api.ask(&support, "{ partner { name } }", json!({})).await;
    assert_eq!(
        (&unnamed["errors"][0]["code"], &unnamed["errors"][0]["field"]),
        (&json!("BAD_USER_INPUT"), &json!(["id"]))
    );
    let find = "query($search: String) { partners(search: $search, first: 5) { totalCount nodes { externalId
        haloConnection { status } clientCounts { total mapped } } } }";
    let found = api.data(&support, find, json!({ "search": "alder" })).await["partners"].take();
    assert_json_snapshot!(found, @r#"
    {
      "nodes": [
        {
          "clientCounts": {
            "mapped": 1,
            "total": 1
          },
          "externalId": "northwind",
          "haloConnection": {
            "status": "CONNECTED"
          }
        }
      ],
      "totalCount": 1
    }
    "#);
    assert_eq!(api.data(&support, find, json!({ "search": "nowhere" })).await["partners"]["totalCount"], 0);
    let customers = "query($search: String!, $partner: ID) {
        haloCustomers(search: $search, partnerId: $partner) { totalCount } }";
    for query in [find, customers] {
        let refused = api.ask(&support, query, json!({ "search": "a\u{0}b", "partner": partner })).await;
        let error = (&refused["errors"][0]["code"], &refused["errors"][0]["field"]);
        assert_eq!(error, (&json!("BAD_USER_INPUT"), &json!(["search"])), "{query}");
    }

    let sync = "mutation($partner: ID, $reason: String) {
        requestHaloSync(input: { partnerId: $partner, reason: $reason }) {
            run { id requestedBy { name role } } userErrors { code field } } }";
    let refusal = |code: &str, field: &str| json!({ "run": null, "userErrors": [{ "code": code, "field": [field] }] });
    let ask = async |partner: Option<&str>, reason: Option<&str>| {
        api.data(&support, sync, json!({ "partner": partner, "reason": reason })).await["requestHaloSync"].take()
    };
    assert_eq!(ask(None, Some("ticket 7")).await, refusal("REQUIRED", "partnerId"));
    assert_eq!(ask(Some(&partner), None).await, refusal("REASON_REQUIRED", "reason"));
    assert_eq!(ask(Some(&partner), Some("  ")).await, refusal("REASON_REQUIRED", "reason"));
    assert_eq!(ask(Some(&partner), Some(&"x".repeat(501))).await, refusal("TOO_LONG", "reason"));
    assert_eq!(ask(Some(&partner), Some("ticket\u{0}7")).await, refusal("INVALID", "reason"));
    let unknown = json!({ "partner": "partner_00000000000000000000000000000000", "reason": "ticket 7" });
    assert_eq!(api.ask(&support, sync, unknown).await["errors"][0]["code"], "NOT_FOUND");
    let requested = ask(Some(&partner), Some("ticket 7")).await;
    assert_eq!(requested["run"]["requestedBy"], json!({ "name": "Sam Example", "role": "SUPPORT" }));

    let admin = api.world.admin().await;
    let seen = "query($run: ID!) { haloSyncRun(id: $run) { requestedBy { name } }
        partner { activity(first: 1) { nodes { action actor { name role } reason subjectId requestId } } } }";
    let run = requested["run"]["id"].clone();
    let seen = api.data(&admin, seen, json!({ "run": run })).await;
    assert_eq!(seen["haloSyncRun"]["requestedBy"]["name"], "INFIMA support");
    let entry = &seen["partner"]["activity"]["nodes"][0];
    assert_eq!((&entry["action"], &entry["reason"]), (&json!("SYNC_REQUESTED"), &json!("ticket 7")));
    assert_eq!((&entry["actor"]["name"], &entry["subjectId"]), (&json!("INFIMA support"), &run));
}
