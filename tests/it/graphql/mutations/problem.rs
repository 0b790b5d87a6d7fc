//! Asking again about a problem, and what people note about it.

use chrono::Duration;
use infima_halo::auth::{Caller, Role};
use infima_halo::sandbox::Act;
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::graphql::objects::problem_record::{open_problem, problems, set_active};
use crate::support::world::World;

const RECHECK: &str = "mutation($id: ID!, $partner: ID, $reason: String) {
    recheckHaloProblem(input: { problemId: $id, partnerId: $partner, reason: $reason }) {
        problem { id state } run { id status progress { total } } userErrors { code field message } } }";
const ACKNOWLEDGE: &str = "mutation($id: ID!, $note: String!, $partner: ID, $reason: String) {
    acknowledgeHaloProblem(input: { problemId: $id, note: $note, partnerId: $partner, reason: $reason }) {
        problem { state acknowledgement { at note by { name role } } } userErrors { code field message } } }";
const SNOOZE: &str = "mutation($id: ID!, $until: Date, $partner: ID, $reason: String) {
    snoozeHaloProblem(input: { problemId: $id, until: $until, partnerId: $partner, reason: $reason }) {
        problem { state snoozedUntil } userErrors { code field message } } }";

/// The permissions that the guide asks for.
fn granted() -> Act {
    Act::SetScopes { scopes: ["read:customers", "read:invoices", "edit:softwarelicensing"].map(String::from).to_vec() }
}

async fn send(api: &Api, caller: &Caller, document: &str, variables: Value) -> Value {
    let data = api.data(caller, document, variables).await;
    data.as_object().unwrap().values().next().unwrap().clone()
}

/// Alder's subscription is inactive in Halo, and a sync has found that; Birch's is right.
async fn api() -> (Api, String) {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2)]).await;
    set_active(&api.world, "Alder", false).await;
    api.world.sync().await;
    let id = open_problem(&api).await["id"].as_str().unwrap().to_owned();
    (api, id)
}

#[tokio::test]
async fn recheck_asks_for_that_client_alone_and_closes_what_was_fixed() {
    let (api, id) = api().await;
    let (world, admin) = (&api.world, api.world.admin().await);
    let before = open_problem(&api).await;
    let asked = send(&api, &admin, RECHECK, json!({ "id": id })).await;
    assert_eq!(asked["problem"], json!({ "id": id, "state": "OPEN" }));
    assert_eq!((&asked["run"]["status"], &asked["userErrors"]), (&json!("QUEUED"), &json!([])));
    // Who asks twice gets the same sync.
    assert_eq!(send(&api, &admin, RECHECK, json!({ "id": id })).await["run"], asked["run"]);
    let run = asked["run"]["id"].as_str().unwrap().parse().unwrap();
    world.work(run).await;
    assert_eq!(world.results(run).await.len(), 1);
    let mut after = open_problem(&api).await;
    assert!(after["lastSeenAt"].as_str() > before["lastSeenAt"].as_str(), "{after}");
    after["lastSeenAt"] = before["lastSeenAt"].clone();
    assert_eq!(after, before);

    set_active(world, "Alder", true).await;
    let asked = send(&api, &admin, RECHECK, json!({ "id": id })).await;
    world.work(asked["run"]["id"].as_str().unwrap().parse().unwrap()).await;
    let closed = problems(&api, "").await;
    assert_eq!((&closed[0]["id"], &closed[0]["state"], closed.len()), (&json!(id), &json!("CLOSED"), 1));
}

#[tokio::test]
async fn recheck_of_the_connections_problem_asks_for_all_clients() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2)]).await;
    let (world, admin) = (&api.world, api.world.admin().await);
    world.tenant.act(Act::SwitchLicensing { on: false }).unwrap();
    world.sync().await;
    let id = open_problem(&api).await["id"].take();
    world.tenant.act(Act::SwitchLicensing { on: true }).unwrap();
    let asked = send(&api, &admin, RECHECK, json!({ "id": id })).await;
    let run = asked["run"]["id"].as_str().unwrap().parse().unwrap();
    world.work(run).await;
    assert_eq!(world.results(run).await.len(), 2);
    assert_eq!(problems(&api, "(state: [OPEN])").await, [""; 0]);
}

/// Without a mapped client, there is nothing to sync: the connection itself is asked.
#[tokio::test]
async fn recheck_without_clients_checks_the_connection() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).connected().build().await);
    let (world, admin) = (&api.world, api.world.admin().await);
    let check = "mutation { testHaloConnection(input: {}) { test { works } } }";
    world.tenant.act(Act::SetScopes { scopes: Vec::new() }).unwrap();
    api.data(&admin, check, json!({})).await;
    let id = open_problem(&api).await["id"].take();
    let asked = send(&api, &admin, RECHECK, json!({ "id": id })).await;
    assert_eq!(asked, json!({ "problem": { "id": id, "state": "OPEN" }, "run": null, "userErrors": [] }));
    world.tenant.act(granted()).unwrap();
    let asked = send(&api, &admin, RECHECK, json!({ "id": id })).await;
    assert_eq!(asked["problem"], json!({ "id": id, "state": "CLOSED" }));
}

#[tokio::test]
async fn acknowledged_and_snoozed_problem_comes_back_by_itself() {
    let (api, id) = api().await;
    let admin = api.world.admin().await;
    let noted = send(&api, &admin, ACKNOWLEDGE, json!({ "id": id, "note": " Asked Alder \n" })).await;
    let acknowledgement = json!({ "at": "2026-11-24T09:00:00.000Z", "note": "Asked Alder",
                                  "by": { "name": "Sam Example", "role": "PARTNER_ADMIN" } });
    let problem = json!({ "state": "ACKNOWLEDGED", "acknowledgement": acknowledgement });
    assert_eq!(noted, json!({ "problem": problem, "userErrors": [] }));
    let again = send(&api, &admin, ACKNOWLEDGE, json!({ "id": id, "note": "They answered" })).await;
    assert_eq!(again["problem"]["acknowledgement"]["note"], "They answered");

    // In Berlin.
    let snoozed = send(&api, &admin, SNOOZE, json!({ "id": id, "until": "2026-11-26" })).await;
    let problem = json!({ "state": "SNOOZED", "snoozedUntil": "2026-11-25T23:00:00.000Z" });
    assert_eq!(snoozed, json!({ "problem": problem, "userErrors": [] }));
    assert_eq!(open_problem(&api).await["acknowledgement"]["note"], "They answered");
    api.world.clock.set("2026-11-25T22:59:59Z".parse().unwrap());
    assert_eq!(open_problem(&api).await["state"], "SNOOZED");
    api.world.clock.advance(Duration::seconds(1));
    assert_eq!(open_problem(&api).await["state"], "ACKNOWLEDGED");
    // Or a user ends it.
    let admin = api.world.admin().await;
    send(&api, &admin, SNOOZE, json!({ "id": id, "until": "2026-11-30" })).await;
    let ended = send(&api, &admin, SNOOZE, json!({ "id": id, "until": null })).await;
    assert_eq!(ended["problem"], json!({ "state": "ACKNOWLEDGED", "snoozedUntil": null }));

    // A sync closes it all the same, and if it comes back it is another one, which no person knows.
    send(&api, &admin, SNOOZE, json!({ "id": id, "until": "2026-11-30" })).await;
    set_active(&api.world, "Alder", true).await;
    api.world.sync().await;
    assert_eq!(problems(&api, "(state: [OPEN, ACKNOWLEDGED, SNOOZED])").await, [""; 0]);
    set_active(&api.world, "Alder", false).await;
    api.world.sync().await;
    let back = open_problem(&api).await;
    assert_eq!((&back["state"], &back["acknowledgement"]), (&json!("OPEN"), &Value::Null));
    assert_ne!(back["id"], id);
}

#[tokio::test]
async fn closed_or_unknown_problem_is_refused() {
    let (api, id) = api().await;
    set_active(&api.world, "Alder", true).await;
    api.world.sync().await;
    let runs = api.world.value::<i64>("select count(*) from sync_runs").await;
    let unknown = infima_halo::ids::ProblemId::generate().to_string();
    let admin = api.world.admin().await;
    for (id, code) in [(id.as_str(), "PROBLEM_CLOSED"), (&unknown, "PROBLEM_NOT_FOUND"), ("x", "PROBLEM_NOT_FOUND")] {
        for document in [RECHECK, ACKNOWLEDGE, SNOOZE] {
            let variables = json!({ "id": id, "note": "known", "until": "2026-11-30" });
            let answer = send(&api, &admin, document, variables).await;
            let error = &answer["userErrors"][0];
            assert_eq!(
                (&error["code"], &error["field"], &answer["problem"]),
                (&json!(code), &Value::Null, &Value::Null)
            );
            assert!(error["message"].as_str().unwrap().ends_with("the list again."), "{answer}");
        }
    }
    assert_eq!(api.world.value::<i64>("select count(*) from sync_runs").await, runs);
    let untouched = "select count(*) from problems where acknowledged_at is null and snoozed_until is null";
    assert_eq!(api.world.value::<i64>(untouched).await, 1);
}

#[tokio::test]
async fn bad_input_changes_no_problem() {
    let (api, id) = api().await;
    let admin = api.world.admin().await;
    for (note, code) in [(" \n".to_owned(), "REQUIRED"), ("a".repeat(501), "TOO_LONG"), ("a\u{7}".into(), "INVALID")] {
        let answer = send(&api, &admin, ACKNOWLEDGE, json!({ "id": id, "note": note })).await;
        let error = &answer["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["note"])));
    }
    // It is the 24th in Berlin; the second day is more than a year away.
    for day in ["2026-11-24", "2027-11-26"] {
        let answer = send(&api, &admin, SNOOZE, json!({ "id": id, "until": day })).await;
        let error = &answer["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("INVALID"), &json!(["until"])), "{day}");
    }
    let after = open_problem(&api).await;
    assert_eq!((&after["state"], &after["snoozedUntil"]), (&json!("OPEN"), &Value::Null));
    for day in ["2026-11-25", "2027-11-25"] {
        let answer = send(&api, &admin, SNOOZE, json!({ "id": id, "until": day })).await;
        assert_eq!(answer["userErrors"], json!([]), "{day}");
    }
}

#[tokio::test]
async fn disconnected_partner_cannot_ask_again() {
    let (api, id) = api().await;
    api.world.disconnect().await;
    let answer = send(&api, &api.world.admin().await, RECHECK, json!({ "id": id })).await;
    assert_eq!(answer["userErrors"][0]["code"], "NOT_CONNECTED");
}

#[tokio::test]
async fn each_act_is_in_the_audit_log_with_its_client_and_supports_reason() {
    let (api, id) = api().await;
    let (support, partner) = (api.support().await, api.world.partner().await.to_string());
    let viewer = api.world.caller(Role::PartnerViewer, Some(crate::support::world::PARTNER)).await;
    for document in [RECHECK, ACKNOWLEDGE, SNOOZE] {
        let variables = json!({ "id": id, "note": "Asked Alder", "until": "2026-11-26", "partner": partner });
        let answer = send(&api, &support, document, variables.clone()).await;
        assert_eq!(answer["userErrors"][0]["code"], "REASON_REQUIRED");
        let refused = api.ask(&viewer, document, variables.clone()).await;
        assert_eq!(refused["errors"][0]["code"], "FORBIDDEN");
        let mut variables = variables;
        variables["reason"] = "ticket 7".into();
        let answer = send(&api, &support, document, variables).await;
        assert_eq!(answer["userErrors"], json!([]));
    }
    let admin = api.world.admin().await;
    send(&api, &admin, ACKNOWLEDGE, json!({ "id": id, "note": "They answered" })).await;
    let log = "query($client: ID) { partner { activity(
        action: [PROBLEM_RECHECKED, PROBLEM_ACKNOWLEDGED, PROBLEM_SNOOZED], clientId: $client) { nodes {
            action reason actor { name } clients { name } subject { __typename } changes { name before after } } } } }";
    let client = api.world.client("Alder").await.to_string();
    let entries = api.data(&admin, log, json!({ "client": client })).await["partner"]["activity"]["nodes"].take();
    let entries = entries.as_array().unwrap();
    let shown: Vec<_> = entries.iter().map(|entry| (entry["action"].as_str().unwrap(), &entry["reason"])).collect();
    let reason = json!("ticket 7");
    assert_eq!(
        shown,
        [
            ("PROBLEM_ACKNOWLEDGED", &Value::Null),
            ("PROBLEM_SNOOZED", &reason),
            ("PROBLEM_ACKNOWLEDGED", &reason),
            ("PROBLEM_RECHECKED", &reason)
        ]
    );
    for entry in entries {
        assert_eq!(entry["clients"], json!([{ "name": "Alder" }]), "{entry}");
        assert_eq!(entry["subject"]["__typename"], "HaloProblemRecord", "{entry}");
    }
    let change = |entry: &Value, name: &str| {
        let mut changes = entry["changes"].as_array().unwrap().iter();
        changes.find(|change| change["name"] == name).cloned().unwrap_or_default()
    };
    let noted = json!({ "name": "NOTE", "before": "Asked Alder", "after": "They answered" });
    assert_eq!(change(&entries[0], "NOTE"), noted);
    assert_eq!(change(&entries[1], "SNOOZED_UNTIL")["after"], "2026-11-25T23:00:00Z");
    assert_eq!(change(&entries[3], "PROBLEM")["after"], "subscription_inactive");
}
