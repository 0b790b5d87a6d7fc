//! Following a run.

use std::time::Duration;

use async_graphql::{Request, Variables};
use futures::StreamExt;
use infima_halo::auth::{Caller, Role};
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use serde_json::{Value, json};
use sqlx::postgres::PgListener;
use uuid::Uuid;

use crate::graphql::{Api, shown};
use crate::support::world::World;

#[tokio::test]
async fn run_subscription_ends_when_run_finishes() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    let api = Api::over(world);
    let follow = "subscription($id: ID!) { haloSyncRun(id: $id) { \
                  status progress { done total } pollAfterMs summary { created haloRequests } } }";
    let subscribe = |caller: &Caller, id: String| {
        let request = Request::new(follow).variables(Variables::from_json(json!({ "id": id }))).data(caller.clone());
        api.schema.execute_stream(request).map(shown)
    };
    let admin = api.world.admin().await;
    let mut events = subscribe(&admin, run.to_string());
    let first = events.next().await.unwrap();
    assert_eq!(first["data"]["haloSyncRun"]["status"], "QUEUED");
    // Another process executes the run, and Halo is slow to answer the first create.
    api.world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Create), Lasting::Once);
    let tenant = api.world.tenant.clone();
    let follow_it = async {
        let mut seen = vec![events.next().await.unwrap()];
        while seen.last().unwrap()["data"]["haloSyncRun"]["progress"]["total"] == 0 {
            seen.push(events.next().await.unwrap());
        }
        tenant.until(|tenant| tenant.held() > 0).await;
        tenant.release();
        seen.extend(events.collect::<Vec<_>>().await);
        seen
    };
    let (seen, _) = tokio::join!(follow_it, api.world.work(run));
    let mut states: Vec<_> = seen.iter().map(|event| event["data"]["haloSyncRun"]["status"].clone()).collect();
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "nothing is said twice: {seen:?}");
    states.dedup();
    assert_eq!(states, ["RUNNING", "SUCCEEDED"]);
    let summary = seen.last().unwrap()["data"]["haloSyncRun"]["summary"].clone();
    assert_eq!(summary["created"], 2);
    let done = json!({ "done": 2, "total": 2 });
    let last = json!({ "status": "SUCCEEDED", "progress": done, "pollAfterMs": null, "summary": summary });
    assert_eq!(seen.last().unwrap()["data"]["haloSyncRun"], last);

    // A finished run reports its end once.
    let again: Vec<_> = subscribe(&admin, run.to_string()).collect().await;
    assert_eq!(again.iter().map(|event| &event["data"]["haloSyncRun"]).collect::<Vec<_>>(), [&last]);

    api.world.import_partner("other", &[]).await;
    let stranger = api.world.caller(Role::PartnerAdmin, Some("other")).await;
    for id in [run.to_string(), "run_0".into(), "".into()] {
        let refused: Vec<_> = subscribe(&stranger, id).collect().await;
        assert_eq!(refused.len(), 1);
        assert_eq!((&refused[0]["data"], &refused[0]["errors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
    }
}

#[tokio::test]
async fn run_subscription_ends_with_the_token() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    let api = Api::over(world);
    let admin = api.world.admin().await;
    let follow = format!("subscription {{ haloSyncRun(id: \"{run}\") {{ status }} }}");
    let mut events = api.schema.execute_stream(Request::new(follow).data(admin)).map(shown);
    assert_eq!(events.next().await.unwrap()["data"]["haloSyncRun"]["status"], "QUEUED");
    api.world.clock.advance(chrono::Duration::hours(2));
    let (rest, _) = tokio::join!(events.collect::<Vec<_>>(), api.world.work(run));
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["errors"][0]["code"], "UNAUTHENTICATED");
}

/// A table reads the rows again that an event names, and misses none.
#[tokio::test]
async fn run_event_names_the_clients_whose_rows_changed() {
    let names = ["Alder", "Birch", "Cedar"];
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 2)]).connected().build().await;
    let run = world.map(&names).await.run.unwrap();
    let api = Api::over(world);
    let admin = api.world.admin().await;
    let follow = "subscription($id: ID!) { haloSyncRun(id: $id) { status progress { done } changedClientIds } }";
    let subscribe = || {
        let variables = Variables::from_json(json!({ "id": run.to_string() }));
        let request = Request::new(follow).variables(variables).data(admin.clone());
        api.schema.execute_stream(request).map(shown)
    };
    let (tenant, mut events) = (api.world.tenant.clone(), subscribe());
    assert_eq!(events.next().await.unwrap()["data"]["haloSyncRun"]["changedClientIds"], json!([]));
    tenant.inject(Fault::HeldBefore, Matching::call(Call::Create).nth(2), Lasting::Once);
    let follow_it = async {
        tenant.until(|tenant| tenant.held() > 0).await;
        tenant.release();
        events.collect::<Vec<_>>().await
    };
    let (seen, _) = tokio::join!(follow_it, api.world.work(run));
    let changed = |event: &Value| event["data"]["haloSyncRun"]["changedClientIds"].as_array().expect("ids").clone();
    let ids: Vec<_> = seen.iter().flat_map(changed).collect();
    let mut expected = Vec::new();
    for name in names {
        expected.push(json!(api.world.client(name).await.to_string()));
    }
    let sorted = |mut ids: Vec<Value>| {
        ids.sort_by_key(ToString::to_string);
        ids
    };
    assert_eq!(sorted(ids), sorted(expected.clone()), "each once: {seen:?}");
    assert!(seen.iter().filter(|event| !changed(event).is_empty()).count() > 1, "not all at the end: {seen:?}");

    // Who follows a finished sync has to read all that it did.
    let late: Vec<_> = subscribe().collect().await;
    assert_eq!(sorted(changed(&late[0])), sorted(expected));
    let query = "query($id: ID!) { haloSyncRun(id: $id) { changedClientIds } }";
    let asked = api.data(&admin, query, json!({ "id": run.to_string() })).await;
    assert_eq!(asked["haloSyncRun"]["changedClientIds"], Value::Null);
}

/// The results of a night notify no process, since each notification wakes all of them. Who follows
/// a nightly sync sees them all the same.
#[tokio::test]
async fn nightly_run_is_followed_without_notifications_of_its_results() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).mapped().build().await;
    world.sync().await;
    for (client, users) in [("Alder", 4), ("Birch", 6)] {
        world.set_users(client, users).await;
    }
    let night = enqueue_nightly_syncs(world.ops(), Selection::Today).await?[0].1;
    let api = Api::over(world);
    let mut news = PgListener::connect_with(&api.world.owner).await?;
    news.listen("sync_run").await?;
    let follow = format!("subscription {{ haloSyncRun(id: \"{night}\") {{ status progress {{ done }} }} }}");
    let request = Request::new(follow).data(api.world.admin().await);
    let mut events = api.schema.execute_stream(request).map(|event| shown(event)["data"]["haloSyncRun"].clone());
    let tenant = api.world.tenant.clone();
    for write in [1, 2] {
        tenant.inject(Fault::HeldBefore, Matching::call(Call::Update).nth(write), Lasting::Once);
    }
    let follow_it = async {
        tenant.until(|tenant| tenant.held() == 1).await;
        while events.next().await.expect("it has not ended")["status"] != "RUNNING" {}
        tenant.release();
        // Nothing announces the first result, and the second write is under way until it is seen.
        let seen = events.next().await.expect("it has not ended");
        assert_eq!(seen, json!({ "status": "RUNNING", "progress": { "done": 1 } }));
        tenant.until(|tenant| tenant.held() == 1).await;
        tenant.release();
        events.collect::<Vec<_>>().await
    };
    let followed = tokio::time::timeout(Duration::from_secs(10), follow_it);
    let (seen, _) = tokio::join!(followed, api.world.work(night));
    assert_eq!(seen?.last().expect("an end")["progress"]["done"], 2);

    let on_demand = api.world.sync().await.id;
    let mut heard = Vec::new();
    while heard.last() != Some(&on_demand.0) {
        heard.push(news.recv().await?.payload().parse::<Uuid>()?);
    }
    assert_eq!(heard.iter().filter(|run| **run == night.0).count(), 3, "its beginning, its plan and its end");
    Ok(())
}
