//! History and activity by outcome or kind, by actor, by client, and between dates.

use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use infima_halo::ops::sync::settings::{SettingsChanges, update_settings};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::request;

const ACTIVITY: &str = "query($partner: ID, $action: [ActivityAction!], $actorRole: [ActorRole!], $actor: String,
        $clientId: ID, $from: DateTime, $to: DateTime, $changesOnly: Boolean) {
    partner(id: $partner) { activity(action: $action, actorRole: $actorRole, actor: $actor, clientId: $clientId, from: $from,
        to: $to, changesOnly: $changesOnly) {
        totalCount nodes { action at clientCount clients { name } actor { name } changes { name before after } } } } }";
const RUNS: &str = "query($status: [HaloSyncStatus!], $requestedBy: [ActorRole!], $clientId: ID, $from: DateTime,
        $to: DateTime, $changesOnly: Boolean, $trigger: HaloSyncTrigger) {
    partner { haloSyncRuns(status: $status, requestedBy: $requestedBy, clientId: $clientId, from: $from, to: $to,
        changesOnly: $changesOnly, trigger: $trigger) { totalCount nodes { id status queuedAt } } } }";
const HISTORY: &str = "query($id: ID!, $outcome: [HaloSyncOutcome!], $from: DateTime, $to: DateTime,
        $changesOnly: Boolean) {
    node(id: $id) { ... on HaloClientAssociation { history(outcome: $outcome, from: $from, to: $to,
        changesOnly: $changesOnly) { totalCount nodes { outcome at } } } } }";

/// The list's nodes, after a comparison with its length.
fn entries(list: &Value) -> Vec<Value> {
    let nodes = list["nodes"].as_array().expect("a list").clone();
    assert_eq!(list["totalCount"], nodes.len(), "{list}");
    nodes
}

#[tokio::test]
async fn activity_is_narrowed_by_act_actor_client_and_time() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 5)]).await;
    let (admin, support) = (api.world.admin().await, api.support().await);
    let (partner, alder) = (api.world.partner().await, api.world.client("Alder").await);
    let changes = SettingsChanges { nightly: Some(false), ..SettingsChanges::default() };
    update_settings(api.world.ops(), &request(&admin), partner, &changes).await.unwrap();
    api.data(&support, "query($id: ID) { partner(id: $id) { name } }", json!({ "id": partner.to_string() })).await;

    let read = async |variables: Value| {
        entries(&api.data(&admin, ACTIVITY, variables).await["partner"]["activity"])
            .into_iter()
            .map(|entry| entry["action"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(read(json!({ "action": ["SETTINGS_CHANGED"] })).await, ["SETTINGS_CHANGED"]);
    let reads = read(json!({ "actorRole": ["SUPPORT"] })).await;
    assert!(!reads.is_empty() && reads.iter().all(|action| action == "SUPPORT_READ"), "{reads:?}");
    assert_eq!(read(json!({ "actorRole": ["SUPPORT"], "changesOnly": true })).await, [""; 0]);
    let about_alder = read(json!({ "clientId": alder.to_string() })).await;
    assert_eq!(about_alder.iter().filter(|action| *action == "ASSOCIATION_SAVED").count(), 1, "{about_alder:?}");
    assert!(!about_alder.contains(&"SETTINGS_CHANGED".to_owned()));
    assert_eq!(read(json!({ "clientId": "client_unknown" })).await, [""; 0]);
    let everything = read(json!({})).await.len();
    let (past, future) = ("2020-01-01T00:00:00Z", "2120-01-01T00:00:00Z");
    assert_eq!(read(json!({ "from": past, "to": future })).await.len(), everything);
    assert_eq!(read(json!({ "from": future })).await, [""; 0]);
    assert_eq!(read(json!({ "to": past })).await, [""; 0]);

    // A partner finds support's staff by the name that it is shown, not by theirs.
    let staff = support.name().map_or_else(|| support.subject().to_owned(), str::to_owned);
    assert!(!read(json!({ "actor": "support infima" })).await.is_empty());
    assert!(!read(json!({ "actor": staff })).await.contains(&"SUPPORT_READ".to_owned()));
    let of_support = json!({ "partner": partner.to_string(), "actor": staff });
    let found = entries(&api.data(&support, ACTIVITY, of_support).await["partner"]["activity"]);
    assert!(found.iter().any(|entry| entry["action"] == "SUPPORT_READ"), "{found:?}");
    assert!(found.iter().all(|entry| entry["actor"]["name"] == staff.as_str()), "{found:?}");
}

#[tokio::test]
async fn activity_names_its_clients_and_every_value() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 5)]).await;
    let admin = api.world.admin().await;
    let ids = [api.world.client("Alder").await.to_string(), api.world.client("Birch").await.to_string()];
    let sync = "mutation($ids: [ID!]) { requestHaloSync(input: { clientIds: $ids }) { userErrors { code } } }";
    api.data(&admin, sync, json!({ "ids": ids })).await;
    let all = entries(&api.data(&admin, ACTIVITY, json!({})).await["partner"]["activity"]);
    let of = |action: &str| all.iter().find(|entry| entry["action"] == action).unwrap_or_else(|| panic!("{action}"));
    assert_eq!(of("SYNC_REQUESTED")["clients"], json!([{ "name": "Alder" }, { "name": "Birch" }]));
    assert_eq!(of("SYNC_REQUESTED")["clientCount"], 2);
    let saved = of("ASSOCIATION_SAVED");
    let name = saved["clients"][0]["name"].as_str().unwrap();
    assert_eq!(saved["clientCount"], 1);
    let change =
        |name: &str| saved["changes"].as_array().unwrap().iter().find(|change| change["name"] == name).cloned();
    assert_eq!(change("HALO_CUSTOMER_NAME").unwrap()["after"], name, "{saved}");
    for entry in &all {
        assert_ne!(entry["action"], "OTHER", "{entry}");
        assert!(entry["changes"].as_array().unwrap().iter().all(|change| change["name"] != "OTHER"), "{entry}");
    }
}

#[tokio::test]
async fn runs_are_narrowed_by_status_requester_client_and_time() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 5)]).await;
    let admin = api.world.admin().await;
    let unchanged = api.world.sync().await;
    api.world.set_users("Birch", 8).await;
    api.world.tenant.inject(Fault::Forbidden, Matching::call(Call::Update), Lasting::Sticky);
    let failed = api.world.sync().await;
    api.world.tenant.clear_faults();
    assert_eq!(unchanged.state, RunState::Succeeded);
    assert_ne!(failed.state, RunState::Succeeded);
    let birch = vec![api.world.client("Birch").await.to_string()];
    let sync = "mutation($ids: [ID!]) { requestHaloSync(input: { clientIds: $ids }) { run { id } } }";
    let queued = api.data(&admin, sync, json!({ "ids": birch })).await["requestHaloSync"]["run"]["id"].take();

    let read = async |variables: Value| {
        let data = api.data(&admin, RUNS, variables).await;
        entries(&data["partner"]["haloSyncRuns"]).into_iter().map(|run| run["id"].clone()).collect::<Vec<_>>()
    };
    let all = read(json!({})).await;
    assert_eq!(all.len(), 4);
    assert_eq!(read(json!({ "status": ["QUEUED"] })).await, std::slice::from_ref(&queued));
    assert_eq!(read(json!({ "requestedBy": ["SUPPORT"] })).await, [""; 0]);
    assert!(read(json!({ "requestedBy": ["PARTNER_ADMIN"] })).await.contains(&queued));
    let of_alder = read(json!({ "clientId": api.world.client("Alder").await.to_string() })).await;
    assert_eq!(of_alder, all[1..], "the queued one is for Birch alone");
    let changed = read(json!({ "changesOnly": true })).await;
    assert!(!changed.contains(&json!(unchanged.id.to_string())), "{changed:?}");
    assert!(changed.contains(&json!(failed.id.to_string())), "{changed:?}");
    assert_eq!(read(json!({ "to": "2020-01-01T00:00:00Z" })).await, [""; 0]);
    assert_eq!(read(json!({ "from": "2020-01-01T00:00:00Z", "trigger": "NIGHTLY" })).await, [""; 0]);
}

#[tokio::test]
async fn history_is_narrowed_by_outcome_and_change() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let admin = api.world.admin().await;
    api.world.sync().await;
    let id = api.world.association("Alder").await.subscription.unwrap().id.0;
    api.world.tenant.act(Act::SetCount { id, count: 30 }).unwrap();
    api.world.sync().await;
    let association = api.world.association("Alder").await.id.to_string();
    let read = async |mut variables: Value| {
        variables["id"] = association.clone().into();
        let data = api.data(&admin, HISTORY, variables).await;
        entries(&data["node"]["history"]).into_iter().map(|it| it["outcome"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(read(json!({})).await, ["UPDATED", "UNCHANGED", "CREATED"]);
    assert_eq!(read(json!({ "changesOnly": true })).await, ["UPDATED", "CREATED"]);
    assert_eq!(read(json!({ "outcome": ["UNCHANGED", "FAILED"] })).await, ["UNCHANGED"]);
    assert_eq!(read(json!({ "from": "2120-01-01T00:00:00Z" })).await, [""; 0]);
    assert_eq!(read(json!({ "to": "2120-01-01T00:00:00Z" })).await.len(), 3);
    // A viewer of the partner narrows as well; a stranger sees nothing.
    let viewer = api.world.caller(Role::PartnerViewer, Some("northwind")).await;
    let seen = api.data(&viewer, HISTORY, json!({ "id": association, "outcome": ["CREATED"] })).await;
    assert_eq!(entries(&seen["node"]["history"]).len(), 1);
}
