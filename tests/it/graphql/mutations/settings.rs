//! What a partner decides about its syncs: a pause, the name of new subscriptions, whether clients
//! without users get one, and how far a quantity may fall.

use chrono::{DateTime, Utc};
use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use infima_halo::ids::RunId;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::ops::sync::run::RunOutcome;
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

const PAUSE: &str = "mutation($until: Date!, $reason: String!, $partner: ID) {
    pauseHaloSyncs(input: { until: $until, reason: $reason, partnerId: $partner }) {
        partner { haloSyncPause { until endsAt reason pausedAt pausedBy { name role } } } userErrors { code field message } } }";
const RESUME: &str = "mutation($partner: ID) { resumeHaloSyncs(input: { partnerId: $partner }) {
    partner { haloSyncPause { until } } run { id } userErrors { code } } }";
const REQUEST: &str = "mutation { requestHaloSync(input: {}) { run { id } userErrors { code message } } }";
const UPDATE: &str = "mutation($input: UpdateHaloSyncSettingsInput!) { updateHaloSyncSettings(input: $input) {
    partner { haloSyncSettings { subscriptionName needsUsers fallLimitPercent } } userErrors { code field message } } }";
const RESOLVE: &str =
    "mutation($id: ID!, $held: Int) { resolveHaloSubscription(input: { associationId: $id, answer: CONFIRM_QUANTITY, heldQuantity: $held }) {
    association { status problem { code } } run { id } userErrors { code field message } } }";

async fn pause(api: &Api, until: &str, reason: &str) -> Value {
    let variables = json!({ "until": until, "reason": reason });
    api.data(&api.world.admin().await, PAUSE, variables).await["pauseHaloSyncs"].take()
}

async fn update(api: &Api, input: Value) -> Value {
    api.data(&api.world.admin().await, UPDATE, json!({ "input": input })).await["updateHaloSyncSettings"].take()
}

/// The run that waits, and when it is begun at the earliest.
async fn waiting(world: &World) -> Option<(RunId, DateTime<Utc>)> {
    let id = world.values::<String>("select id::text from sync_runs where state = 'queued'").await.pop()?;
    let run = world.run(RunId(id.parse().unwrap())).await;
    Some((run.id, run.next_attempt_at))
}

#[tokio::test]
async fn nothing_is_written_while_syncs_are_paused() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2)]).await;
    let (world, admin) = (&api.world, api.world.admin().await);
    let too_long = pause(&api, "2030-02-01", "A new price list").await;
    assert_eq!(
        too_long,
        json!({ "partner": Value::Null, "userErrors": [{ "code": "INVALID", "field": ["until"],
        "message": "A pause is at most a year long. Choose an earlier day, and extend the pause then." }] })
    );
    let paused = pause(&api, "2027-02-01", " A new price list ").await;
    let shown = json!({ "haloSyncPause": { "until": "2027-02-01", "endsAt": "2027-01-31T23:00:00.000Z",
        "reason": "A new price list", "pausedAt": "2026-11-24T09:00:00.000Z",
        "pausedBy": { "name": "Sam Example", "role": "PARTNER_ADMIN" } } });
    assert_eq!(paused, json!({ "partner": shown, "userErrors": [] }));

    world.set_users("Alder", 7).await;
    let mark = world.mark();
    let refused = api.data(&admin, REQUEST, json!({})).await["requestHaloSync"].take();
    let message = "Syncs are paused until 1 February 2027: A new price list. Resume them to sync before.";
    assert_eq!(refused, json!({ "run": null, "userErrors": [{ "code": "SYNC_PAUSED", "message": message }] }));
    for selection in [Selection::Due, Selection::Today] {
        world.clock.advance(chrono::Duration::days(2));
        assert_eq!(enqueue_nightly_syncs(world.ops(), selection).await.unwrap(), []);
    }
    // What is saved meanwhile is stored, and carried out afterwards.
    let removed =
        "mutation($id: ID!) { removeHaloClientAssociation(input: { associationId: $id, quantity: SET_TO_ZERO }) {
        run { id } userErrors { code } } }";
    let birch = world.association("Birch").await.id.to_string();
    let removed = api.data(&admin, removed, json!({ "id": birch })).await["removeHaloClientAssociation"].take();
    assert_eq!(removed["userErrors"], json!([]));
    let (run, due) = waiting(world).await.unwrap();
    assert_eq!(due.timestamp(), "2027-01-31T23:00:00Z".parse::<DateTime<Utc>>().unwrap().timestamp());
    assert_eq!(world.work(run).await, RunOutcome::Skipped);
    assert_eq!((world.writes_since(mark), world.billed()["Alder"].clone()), (0, vec![3]));

    let read = "{ partner { haloSyncPause { reason } haloTroubles { kind waitsFor message nextStep since }
        haloConnection { nextNightlySyncAt } } }";
    let partner = api.data(&admin, read, json!({})).await["partner"].take();
    let next: DateTime<Utc> = partner["haloConnection"]["nextNightlySyncAt"].as_str().unwrap().parse().unwrap();
    assert!(next >= due, "{next}");
    let trouble = json!({ "kind": "PAUSED", "waitsFor": "NO_ONE", "since": "2026-11-24T09:00:00.000Z",
        "message": "Syncs are paused until 1 February 2027, so quantities in Halo may be out of date: A new price list",
        "nextStep": "Syncs begin again by themselves on that day. Resume them to sync before." });
    assert!(partner["haloTroubles"].as_array().unwrap().contains(&trouble), "{partner}");

    // The pause ends by itself.
    world.change(sqlx::query("update partners set paused_until = now()")).await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!((world.billed()["Birch"].clone(), world.writes_since(mark)), (vec![0], 1));
    let partner = api.data(&admin, read, json!({})).await["partner"].take();
    assert_eq!(partner["haloSyncPause"], Value::Null);
    world.sync().await;
    assert_eq!(world.billed()["Alder"], [7]);
}

#[tokio::test]
async fn pause_ends_the_sync_that_waits_and_has_one_afterwards() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let world = &api.world;
    let before = world.request_sync().await;
    pause(&api, "2027-02-01", "Audit").await;
    assert_eq!(world.run(before).await.state, RunState::Cancelled);
    let (first, due) = waiting(world).await.unwrap();
    // A pause that is made longer takes its sync along.
    pause(&api, "2027-03-01", "Audit").await;
    assert_eq!(world.run(first).await.state, RunState::Cancelled);
    assert!(waiting(world).await.unwrap().1 > due);
}

#[tokio::test]
async fn resumed_partner_is_synced_at_once() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let (world, admin) = (&api.world, api.world.admin().await);
    let unpaused = json!({ "partner": { "haloSyncPause": null }, "run": null, "userErrors": [] });
    assert_eq!(api.data(&admin, RESUME, json!({})).await["resumeHaloSyncs"], unpaused);
    pause(&api, "2027-02-01", "Audit").await;
    world.set_users("Alder", 5).await;
    let resumed = api.data(&admin, RESUME, json!({})).await["resumeHaloSyncs"].take();
    assert_eq!(resumed["partner"], json!({ "haloSyncPause": null }));
    let run = resumed["run"]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed()["Alder"], [5]);
    let acts: Vec<String> = world.values("select act from activity where act like 'sync.%' order by id").await;
    assert_eq!(acts[acts.len() - 2..], ["sync.paused", "sync.resumed"]);
}

#[tokio::test]
async fn pause_without_a_future_day_or_reason_is_refused() {
    let api = Api::synced(&[("Alder", 3)]).await;
    for (until, reason, code, field) in [
        ("2027-02-01", " ", "REQUIRED", "reason"),
        ("2027-02-01", &"x".repeat(501), "TOO_LONG", "reason"),
        ("2026-11-24", "Audit", "INVALID", "until"),
        ("2027-11-26", "Audit", "INVALID", "until"),
    ] {
        let refused = pause(&api, until, reason).await;
        assert_eq!(refused["partner"], Value::Null);
        assert_eq!(
            (&refused["userErrors"][0]["code"], &refused["userErrors"][0]["field"]),
            (&json!(code), &json!([field]))
        );
    }
    let paused: Vec<bool> = api.world.values("select paused_until is not null from partners").await;
    assert_eq!(paused, [false]);
}

#[tokio::test]
async fn support_pauses_a_partner_and_a_viewer_does_not() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let partner = api.world.partner().await.to_string();
    let variables = json!({ "until": "2027-02-01", "reason": "Asked by the partner", "partner": partner });
    let support = api.support().await;
    let paused = api.data(&support, PAUSE, variables).await["pauseHaloSyncs"].take();
    assert_eq!(paused["partner"]["haloSyncPause"]["pausedBy"]["role"], "SUPPORT");
    let viewer = api.world.caller(Role::PartnerViewer, Some(crate::support::world::PARTNER)).await;
    let resumed = api.data(&support, RESUME, json!({ "partner": partner })).await["resumeHaloSyncs"].take();
    assert_eq!(resumed["userErrors"], json!([{ "code": "REASON_REQUIRED" }]));
    let refused = api.ask(&viewer, RESUME, json!({})).await;
    assert_eq!(refused["errors"][0]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn new_subscription_has_the_name_of_the_partners_template() {
    let api = Api::over(World::builder().clients(&[("Alder", 3), ("Birch", 2)]).connected().build().await);
    let (world, admin) = (&api.world, api.world.admin().await);
    let updated = update(&api, json!({ "subscriptionName": " {customer}: INFIMA for {client} " })).await;
    let settings =
        json!({ "subscriptionName": "{customer}: INFIMA for {client}", "needsUsers": false, "fallLimitPercent": null });
    assert_eq!(updated, json!({ "partner": { "haloSyncSettings": settings }, "userErrors": [] }));
    let preview = "query($template: String) { partner { clients(first: 1) { nodes { haloSubscriptionName(template: $template) } } } }";
    let shown = |data: Value| data["partner"]["clients"]["nodes"][0]["haloSubscriptionName"].clone();
    assert_eq!(shown(api.data(&admin, preview, json!({})).await), "Alder: INFIMA for Alder");
    assert_eq!(shown(api.data(&admin, preview, json!({ "template": "Infima {client}" })).await), "Infima Alder");
    let refused = api.ask(&admin, preview, json!({ "template": "{user}" })).await;
    assert_eq!(
        (&refused["errors"][0]["code"], &refused["errors"][0]["field"]),
        (&json!("BAD_USER_INPUT"), &json!(["template"]))
    );

    let run = world.map(&["Alder"]).await.run.unwrap();
    world.work(run).await;
    let name: String = world.value("select observed_name from associations").await;
    assert_eq!(name, "Alder: INFIMA for Alder");
    // An existing subscription keeps its name.
    update(&api, json!({ "subscriptionName": "" })).await;
    let run = world.map(&["Birch"]).await.run.unwrap();
    world.work(run).await;
    let names: Vec<String> = world.values("select observed_name from associations order by id").await;
    assert_eq!(names, ["Alder: INFIMA for Alder", "INFIMA Security Awareness Training"]);
}

#[tokio::test]
async fn setting_that_makes_no_sense_is_refused_with_its_field() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let refused =
        update(&api, json!({ "subscriptionName": "Training", "fallLimitPercent": 100, "needsUsers": true })).await;
    let fields: Vec<_> =
        refused["userErrors"].as_array().unwrap().iter().map(|error| error["field"][0].clone()).collect();
    assert_eq!(
        (&refused["partner"], fields),
        (&Value::Null, vec![json!("subscriptionName"), json!("fallLimitPercent")])
    );
    let changed: Vec<bool> = api.world.values("select needs_users from partners").await;
    assert_eq!(changed, [false]);
}

#[tokio::test]
async fn client_that_needs_users_gets_its_subscription_with_the_first_one() {
    let api = Api::over(World::builder().clients(&[("Alder", 0), ("Birch", 2)]).connected().build().await);
    let (world, admin) = (&api.world, api.world.admin().await);
    update(&api, json!({ "needsUsers": true })).await;
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed().get("Alder").cloned().unwrap_or_default(), [0; 0]);
    assert_eq!(world.billed()["Birch"], [2]);
    let read = "{ haloSyncPreview { entries { action quantityAfter client { name } } }
        partner { haloConnection { lastSyncedAt } clientCounts { needingAttention } } }";
    let shown = api.data(&admin, read, json!({})).await;
    let alder = json!({ "action": "AWAIT_USERS", "quantityAfter": null, "client": { "name": "Alder" } });
    assert!(shown["haloSyncPreview"]["entries"].as_array().unwrap().contains(&alder), "{shown}");
    assert_ne!(shown["partner"]["haloConnection"]["lastSyncedAt"], Value::Null);
    assert_eq!(shown["partner"]["clientCounts"]["needingAttention"], 0);

    world.set_users("Alder", 1).await;
    world.sync().await;
    assert_eq!(world.billed()["Alder"], [1]);
    // A subscription that exists follows the count down.
    world.set_users("Alder", 0).await;
    world.sync().await;
    assert_eq!(world.billed()["Alder"], [0]);
}

#[tokio::test]
async fn quantity_that_would_fall_far_waits_for_a_user() {
    let api = Api::synced(&[("Alder", 10), ("Birch", 10)]).await;
    let (world, admin) = (&api.world, api.world.admin().await);
    update(&api, json!({ "fallLimitPercent": 20 })).await;
    world.set_users("Alder", 7).await;
    world.set_users("Birch", 8).await;
    let mark = world.mark();
    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    assert_eq!((world.billed()["Alder"].clone(), world.billed()["Birch"].clone()), (vec![10], vec![8]));
    assert_eq!(world.writes_since(mark), 1);
    let read = "{ partner { clients(needsAttention: true) { nodes { name haloAssociation { id problem { code message remedy heldQuantity } } } } } }";
    let shown = api.data(&admin, read, json!({})).await["partner"]["clients"]["nodes"][0].take();
    assert_eq!(
        (&shown["name"], &shown["haloAssociation"]["problem"]["code"]),
        (&json!("Alder"), &json!("QUANTITY_HELD"))
    );
    let message = "The active user count is 7, and Halo shows 10. The quantity would fall by more than 20 %, so INFIMA has \
                   not written it.";
    assert_eq!(shown["haloAssociation"]["problem"]["message"], message);

    // Nor is it asked again while syncs are paused.
    let problem = "{ partner { haloProblems(first: 1) { nodes { id suggestedAct consequence } } } }";
    let problem = api.data(&admin, problem, json!({})).await["partner"]["haloProblems"]["nodes"][0].take();
    assert_eq!(
        (&problem["suggestedAct"], &problem["consequence"]),
        (&json!("RESOLVE_SUBSCRIPTION"), &json!("CLIENT_IS_NOT_SYNCED"))
    );
    pause(&api, "2027-02-01", "Audit").await;
    let recheck =
        "mutation($id: ID!) { recheckHaloProblem(input: { problemId: $id }) { run { id } userErrors { code } } }";
    let refused = api.data(&admin, recheck, json!({ "id": problem["id"] })).await["recheckHaloProblem"].take();
    assert_eq!(refused, json!({ "run": null, "userErrors": [{ "code": "SYNC_PAUSED" }] }));
    world.change(sqlx::query("update partners set paused_until = null, pause = null")).await;

    // What fell further since then is not what the user has confirmed.
    let id = shown["haloAssociation"]["id"].clone();
    assert_eq!(shown["haloAssociation"]["problem"]["heldQuantity"], 7);
    let confirmed = api.data(&admin, RESOLVE, json!({ "id": id, "held": 7 })).await["resolveHaloSubscription"].take();
    assert_eq!(confirmed["association"], json!({ "status": "ACTIVE", "problem": null }));
    world.set_users("Alder", 5).await;
    world.work(confirmed["run"]["id"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(world.billed()["Alder"], [10]);
    // Nor does a page that still shows the quantity before confirm one that no person has seen.
    let outdated = api.data(&admin, RESOLVE, json!({ "id": id, "held": 7 })).await["resolveHaloSubscription"].take();
    let message = "The quantity that waits is 5 now. Check the client's count, then confirm 5.";
    assert_eq!(
        outdated,
        json!({ "association": null, "run": null,
                "userErrors": [{ "code": "INVALID", "field": ["heldQuantity"], "message": message }] })
    );
    let unsaid = api.data(&admin, RESOLVE, json!({ "id": id })).await["resolveHaloSubscription"].take();
    assert_eq!(unsaid["userErrors"][0]["code"], "REQUIRED");

    let confirmed = api.data(&admin, RESOLVE, json!({ "id": id, "held": 5 })).await["resolveHaloSubscription"].take();
    world.set_users("Alder", 6).await;
    world.work(confirmed["run"]["id"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(world.billed()["Alder"], [6]);
    // Each fall is confirmed by itself.
    world.set_users("Alder", 3).await;
    world.sync().await;
    assert_eq!(world.billed()["Alder"], [6]);
    let nothing = update(&api, json!({ "fallLimitPercent": 0 })).await;
    assert_eq!(nothing["partner"]["haloSyncSettings"]["fallLimitPercent"], Value::Null);
    world.sync().await;
    assert_eq!(world.billed()["Alder"], [3]);
    let left = api.data(&admin, RESOLVE, json!({ "id": id, "held": 3 })).await["resolveHaloSubscription"].take();
    assert_eq!(left["userErrors"][0]["code"], "NOTHING_TO_RESOLVE");
}
