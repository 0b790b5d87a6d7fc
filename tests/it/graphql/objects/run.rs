//! The history of runs, and their results.

use infima_halo::auth::Caller;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

#[tokio::test]
async fn runs_and_activity_are_filtered() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let (admin, support) = (api.world.admin().await, api.support().await);
    // A nightly sync; one that came while a requested sync was waiting; and what was requested
    // since.
    let nights = "insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at, nightly_date, nightly_requested_at)
        select ('ffffffff-0000-7000-8000-00000000000' || n)::uuid, p.id, trigger, 'succeeded', false, now(), night, case when night is not null then now() end
        from partners p, (values (1, 'nightly', date '2026-11-22'), (2, 'on_demand', '2026-11-23'), (3, 'on_demand', null),
                                 (4, 'on_demand', null), (5, 'on_demand', null)) as r (n, trigger, night)";
    sqlx::query(nights).execute(&api.world.owner).await.expect("the rows fit");
    let list = "query($trigger: HaloSyncTrigger, $first: Int, $after: String) { partner {
        haloSyncRuns(trigger: $trigger, first: $first, after: $after) {
            totalCount nodes { trigger } pageInfo { hasNextPage endCursor } } } }";
    let runs = async |variables| api.data(&admin, list, variables).await["partner"]["haloSyncRuns"].take();
    let night = runs(json!({ "trigger": "NIGHTLY", "first": 1 })).await;
    assert_eq!((&night["totalCount"], &night["nodes"]), (&json!(2), &json!([{ "trigger": "ON_DEMAND" }])));
    assert_eq!(night["pageInfo"]["hasNextPage"], true);
    let before = json!({ "trigger": "NIGHTLY", "first": 1, "after": night["pageInfo"]["endCursor"] });
    let before = runs(before).await;
    assert_eq!(before["nodes"], json!([{ "trigger": "NIGHTLY" }]));
    assert_eq!(before["pageInfo"]["hasNextPage"], false);
    assert_eq!(runs(json!({ "trigger": "ON_DEMAND" })).await["totalCount"], 4);
    assert_eq!(runs(json!({ "trigger": "ASSOCIATION_SAVED" })).await["totalCount"], 1);
    assert_eq!(runs(json!({})).await["totalCount"], 6);

    let partner = api.world.partner().await.to_string();
    let log = "query($partner: ID!, $changes: Boolean) { partner(id: $partner) { activity(changesOnly: $changes) {
        totalCount nodes { action subject { __typename ... on HaloClientAssociation { client { name } } } } } } }";
    let activity = async |changes: Option<bool>| {
        let variables = json!({ "partner": partner, "changes": changes });
        api.data(&support, log, variables).await["partner"]["activity"].take()
    };
    for _ in 0..3 {
        activity(None).await;
    }
    let (all, changes) = (activity(Some(false)).await, activity(Some(true)).await);
    assert_eq!(all["nodes"][0]["action"], "SUPPORT_READ");
    let changed = changes["nodes"].as_array().expect("a list");
    assert_eq!(changes["totalCount"], changed.len());
    assert!(changed.iter().all(|entry| entry["action"] != "SUPPORT_READ"), "{changed:?}");
    let saved = changed.iter().find(|entry| entry["action"] == "ASSOCIATION_SAVED").expect("Alder was mapped");
    assert_eq!(saved["subject"], json!({ "__typename": "HaloClientAssociation", "client": { "name": "Alder" } }));
}

#[tokio::test]
async fn halo_error_text_is_shown_only_to_support() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Create), Lasting::Sticky);
    world.work(run).await;
    let api = Api::over(world);
    let evidence = "query($id: ID!) { haloSyncRun(id: $id) { results { nodes { evidence problem { code } } } } }";
    let id = json!({ "id": run.to_string() });
    let of = async |caller: &Caller| {
        api.data(caller, evidence, id.clone()).await["haloSyncRun"]["results"]["nodes"][0].take()
    };
    let (partner, support) = (of(&api.world.admin().await).await, of(&api.support().await).await);
    assert_eq!(partner["problem"], support["problem"]);
    assert_eq!(partner["evidence"], Value::Null);
    assert!(support["evidence"].is_string());
}
