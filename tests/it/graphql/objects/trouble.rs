//! What support sees of partners in trouble, what needs a person first.

use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::graphql::matrix::add_other_partner;
use crate::support::world::World;

const LIST: &str = "query($first: Int, $after: String) { partnersInTrouble(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { externalId haloTroubles {
        kind waitsFor message nextStep since nextAt clientCount problem { code } run { status } } } } }";

async fn in_trouble(api: &Api) -> Value {
    api.data(&api.support().await, LIST, json!({})).await["partnersInTrouble"].take()
}

/// The kinds of the only partner's troubles, and who has to act.
async fn kinds(api: &Api) -> Vec<(String, String)> {
    let found = in_trouble(api).await;
    let text = |value: &Value| value.as_str().expect("an enum").to_owned();
    let troubles = found["nodes"][0]["haloTroubles"].as_array().cloned().unwrap_or_default();
    troubles.iter().map(|trouble| (text(&trouble["kind"]), text(&trouble["waitsFor"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, party)| ((*kind).to_owned(), (*party).to_owned())).collect()
}

#[tokio::test]
async fn partner_is_in_trouble_until_it_is_resolved() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2)]).await;
    let world = &api.world;
    assert_eq!(in_trouble(&api).await["totalCount"], 0);

    // One client's subscription is inactive in Halo, and the night ends in part.
    let id = world.association("Alder").await.subscription.expect("it was created").id.0;
    world.tenant.act(Act::SetSubscriptionActive { id, active: false }).unwrap();
    world.clock.set(world.clock.now() + chrono::Duration::hours(1));
    let [(_, night)] = enqueue_nightly_syncs(world.ops(), Selection::Today).await.unwrap()[..] else {
        panic!("one night")
    };
    world.work(night).await;
    let partly = [("CLIENTS_BLOCKED", "PARTNER"), ("NIGHT_ENDED_IN_PART", "NO_ONE")];
    assert_eq!(kinds(&api).await, pairs(&partly));
    let found = in_trouble(&api).await["nodes"][0]["haloTroubles"].take();
    assert_eq!(found[0]["clientCount"], 1);
    assert_eq!(found[0]["problem"]["code"], "SUBSCRIPTION_INACTIVE");
    assert!(found[0]["message"].as_str().expect("a text").starts_with("Alder: "), "{found}");
    assert!(found[0]["nextStep"].as_str().expect("a text").starts_with("Activate it in Halo"), "{found}");
    assert!(found[1]["nextAt"].is_string() && found[1]["run"]["status"] == "PARTIALLY_SUCCEEDED", "{found}");

    // Halo is down, and the sync is tried again.
    world.tenant.inject(Fault::Maintenance, Matching::default(), Lasting::Sticky);
    let run = world.request_sync().await;
    world.work(run).await;
    let down = [partly[0], ("HALO_DOWN", "NO_ONE"), partly[1]];
    assert_eq!(kinds(&api).await, pairs(&down));
    let found = in_trouble(&api).await["nodes"][0]["haloTroubles"][1].take();
    assert_eq!((&found["problem"]["code"], &found["run"]["status"]), (&json!("HALO_UNAVAILABLE"), &json!("QUEUED")));
    assert!(found["since"].as_str() < found["nextAt"].as_str(), "{found}");

    // Everything is in order again.
    world.tenant.clear_faults();
    world.tenant.act(Act::SetSubscriptionActive { id, active: true }).unwrap();
    world.bring_forward(run).await;
    world.work(run).await;
    assert_eq!(in_trouble(&api).await["nodes"], json!([]));
}

#[tokio::test]
async fn night_that_no_worker_begins_waits_for_infima() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let run = api.world.request_sync().await;
    assert_eq!(kinds(&api).await, [], "a sync that was just requested is no trouble");
    let late = "update sync_runs set next_attempt_at = now() - interval '1 hour' where id = $1";
    api.world.change(sqlx::query(late).bind(run.0)).await;
    assert_eq!(kinds(&api).await, pairs(&[("NOT_BEGUN", "INFIMA")]));

    // Two days later, and no night was queued.
    api.world.work(run).await;
    api.world.clock.set(api.world.clock.now() + chrono::Duration::days(2));
    assert_eq!(kinds(&api).await, pairs(&[("NIGHT_MISSING", "INFIMA")]));
}

#[tokio::test]
async fn decision_of_a_user_is_trouble_until_a_sync_carries_it_out() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Create), Lasting::Sticky);
    let run = world.map(&["Alder"]).await.run.expect("there is something to create");
    world.work(run).await;
    let api = Api::over(world);
    assert_eq!(kinds(&api).await, pairs(&[("SYNC_RETRIED", "NO_ONE")]));
    let approved =
        "update associations set creation_approved = true, duplicate_search_until = now() + interval '1 day'";
    api.world.change(sqlx::query(approved)).await;
    assert_eq!(kinds(&api).await, pairs(&[("SYNC_RETRIED", "NO_ONE"), ("DECIDED", "NO_ONE")]));
}

#[tokio::test]
async fn partners_in_trouble_are_paged_by_urgency() {
    let api = Api::synced(&[("Alder", 3)]).await;
    add_other_partner(&api.world).await;
    // The first partner's sync is tried again; the other one has a client that waits for a user.
    api.world.tenant.inject(Fault::Maintenance, Matching::default(), Lasting::Sticky);
    let run = api.world.request_sync().await;
    api.world.work(run).await;
    let blocked = "update associations set state = 'needs_attention',
                       problem = jsonb_build_object('code', 'subscription_deleted', 'since', now())
                   where partner_id <> $1";
    api.world.change(sqlx::query(blocked).bind(api.world.partner().await.0)).await;

    let support = api.support().await;
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "first": 1, "after": after });
        let page = api.data(&support, LIST, variables).await["partnersInTrouble"].take();
        assert_eq!(page["totalCount"], 2);
        seen.push(page["nodes"][0]["externalId"].clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, ["other", "northwind"]);
}
