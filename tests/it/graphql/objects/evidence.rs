//! The evidence behind what clients were billed, day by day and month by month.

use infima_halo::domain::run::RunState;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching, Member};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

const DAYS: &str = "query($id: ID!, $from: Date!, $to: Date!) { node(id: $id) { ... on Client {
    billingEvidence(from: $from, to: $to) { date status quantity quantityBefore carriedForwardSince syncs
        rule changedInHalo problem { code } userCounts { counted deactivated } haloCustomer { name }
        run { status } result { outcome quantityAfter } } } } }";
const MONTH: &str = "query($month: Month!, $first: Int, $after: String) { partner {
    billingEvidence(month: $month, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
        nodes { client { name } firstQuantity lastQuantity maximumQuantity changes unconfirmedDays } } } }";

/// A time of the test's partner, which is in Berlin.
fn set_clock(world: &World, time: &str) -> anyhow::Result<()> {
    world.clock.set(format!("{time}:00+01:00").parse()?);
    Ok(())
}

/// Alder's four nights: 3 users, then 5, then none for a day, then one that failed.
async fn story() -> anyhow::Result<Api> {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2), ("Cedar", 1)]).await;
    let world = &api.world;
    world.set_users("Alder", 5).await;
    // 24 November in UTC.
    set_clock(world, "2026-11-25T00:30")?;
    world.sync().await;
    set_clock(world, "2026-11-25T02:00")?;
    world.set_users("Alder", 4).await;
    let subscription = world.association("Alder").await.subscription.expect("it was created").id.0;
    world.tenant.act(Act::SetCount { id: subscription, count: 9 })?;
    world.sync().await;

    set_clock(world, "2026-11-27T02:00")?;
    world.set_users("Alder", 7).await;
    world.tenant.inject(Fault::Forbidden, Matching::call(Call::Update), Lasting::Sticky);
    world.sync().await;
    world.tenant.clear_faults();
    set_clock(world, "2026-11-28T02:00")?;
    world.tenant.act(Act::RotateSecret)?;
    assert_eq!(world.sync().await.state, RunState::Failed);
    // What the roster says today is not what was billed.
    world.set_users("Alder", 50).await;
    Ok(api)
}

async fn days(api: &Api, client: &str, from: &str, to: &str) -> Value {
    let id = api.world.client(client).await.to_string();
    let variables = json!({ "id": id, "from": from, "to": to });
    api.data(&api.world.admin().await, DAYS, variables).await["node"]["billingEvidence"].take()
}

#[tokio::test]
async fn each_mapped_day_has_what_its_last_sync_stored() -> anyhow::Result<()> {
    let api = story().await?;
    let all = days(&api, "Alder", "2026-11-20", "2026-12-31").await;
    let of = |name: &str| -> Vec<&Value> { all.as_array().unwrap().iter().map(|day| &day[name]).collect() };
    assert_eq!(of("date"), ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"]);
    assert_eq!(of("status"), ["CONFIRMED", "CONFIRMED", "NO_SYNC", "FAILED", "FAILED"]);
    assert_eq!(json!(of("quantity")), json!([3, 4, 4, 4, 4]));
    // Before the first sync of a day.
    assert_eq!(json!(of("quantityBefore")), json!([null, 3, null, 4, null]));
    let carried = json!([null, null, "2026-11-25", "2026-11-25", "2026-11-25"]);
    assert_eq!(json!(of("carriedForwardSince")), carried);
    assert_eq!(json!(of("syncs")), json!([1, 2, 0, 1, 0]));
    assert_eq!(json!(of("changedInHalo")), json!([false, true, false, false, false]));
    let counts = |counted: u32, deactivated: u32| json!({ "counted": counted, "deactivated": deactivated });
    assert_eq!(json!(of("userCounts")), json!([counts(3, 0), counts(4, 1), null, counts(7, 0), null]));
    assert_eq!(
        json!(of("rule")),
        json!(["ACTIVE_USERS_BY_ADDRESS", "ACTIVE_USERS_BY_ADDRESS", null, "ACTIVE_USERS_BY_ADDRESS", null])
    );
    let codes: Vec<_> = of("problem").into_iter().map(|problem| problem["code"].clone()).collect();
    assert_eq!(codes[4], "CREDENTIALS_REJECTED");
    assert!(codes[3].is_string() && codes[2].is_null(), "{codes:?}");
    assert_eq!(of("run")[4]["status"], "FAILED");
    assert_eq!((&of("run")[2], &of("result")[4]), (&&Value::Null, &&Value::Null));
    assert_eq!(of("result")[1], &json!({ "outcome": "UPDATED", "quantityAfter": 4 }));
    assert!(of("haloCustomer").iter().all(|customer| customer["name"] == "Alder"));
    // One day, as a dispute asks for it.
    let disputed = days(&api, "Alder", "2026-11-26", "2026-11-26").await;
    assert_eq!(disputed, json!([all[2]]));
    Ok(())
}

#[tokio::test]
async fn day_after_the_association_ended_has_no_entry() -> anyhow::Result<()> {
    let api = Api::synced(&[("Alder", 3)]).await;
    let ended = "update associations set state = 'ended', ending = 'keep_quantity', ended_at = '2026-11-26T10:00Z'";
    api.world.change(sqlx::query(ended)).await;
    set_clock(&api.world, "2026-11-29T10:00")?;
    let all = days(&api, "Alder", "2026-11-01", "2026-11-30").await;
    let dates: Vec<_> = all.as_array().unwrap().iter().map(|day| (&day["date"], &day["quantity"])).collect();
    let three = json!(3);
    let expected = ["2026-11-24", "2026-11-25", "2026-11-26"].map(|date| (json!(date), &three));
    assert_eq!(dates, expected.iter().map(|(date, quantity)| (date, *quantity)).collect::<Vec<_>>());
    assert_eq!(days(&api, "Alder", "2026-11-27", "2026-11-30").await, json!([]));
    Ok(())
}

#[tokio::test]
async fn month_has_a_summary_of_each_mapped_client() -> anyhow::Result<()> {
    let api = story().await?;
    let admin = api.world.admin().await;
    let page = async |variables: Value| api.data(&admin, MONTH, variables).await["partner"]["billingEvidence"].take();
    let first = page(json!({ "month": "2026-11", "first": 2 })).await;
    assert_eq!(first["totalCount"], 3);
    let summary = |name: &str, first: u32, last: u32, maximum: u32, changes: u32, unconfirmed: u32| {
        json!({ "client": { "name": name }, "firstQuantity": first, "lastQuantity": last, "maximumQuantity": maximum,
                "changes": changes, "unconfirmedDays": unconfirmed })
    };
    // Birch had a sync on the 27th that confirmed it, and none on the 26th.
    assert_eq!(first["nodes"], json!([summary("Alder", 3, 4, 4, 1, 3), summary("Birch", 2, 2, 2, 0, 2)]));
    let after = &first["pageInfo"]["endCursor"];
    let second = page(json!({ "month": "2026-11", "first": 2, "after": after })).await;
    assert_eq!(
        (&second["nodes"], &second["pageInfo"]["hasNextPage"]),
        (&json!([summary("Cedar", 1, 1, 1, 0, 2)]), &json!(false))
    );
    // Mapped later, or not begun.
    assert_eq!(page(json!({ "month": "2026-10" })).await["nodes"], json!([]));
    assert_eq!(page(json!({ "month": "2026-10" })).await["totalCount"], 0);
    Ok(())
}

#[tokio::test]
async fn bad_days_are_refused_with_the_argument() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let (admin, id) = (api.world.admin().await, api.world.client("Alder").await.to_string());
    for (from, to, code, said) in [
        ("2026-11-02", "2026-11-01", "BAD_USER_INPUT", "before the first"),
        ("2025-10-25", "2026-11-29", "BAD_USER_INPUT", "at most 400 days"),
        ("2026-11-31", "2026-11-31", "GRAPHQL_VALIDATION_FAILED", "from"),
        ("2026-11-1", "2026-11-02", "GRAPHQL_VALIDATION_FAILED", "from"),
    ] {
        let few = "query($id: ID!, $from: Date!, $to: Date!) { node(id: $id) { ... on Client {
            billingEvidence(from: $from, to: $to) { quantity } } } }";
        let answer = api.ask(&admin, few, json!({ "id": id, "from": from, "to": to })).await;
        let error = &answer["errors"][0];
        if code == "BAD_USER_INPUT" {
            assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["to"])), "{answer}");
            assert!(error["message"].as_str().unwrap().contains(said), "{answer}");
        } else {
            assert!(error["message"].is_string(), "{answer}");
        }
    }
    for month in ["2026-13", "2026-1", "November", "2026-11-01"] {
        let answer = api.ask(&admin, MONTH, json!({ "month": month })).await;
        assert!(answer["errors"][0]["message"].is_string(), "{month}: {answer}");
    }
}

/// Halo took the quantity, and blanked other fields: what it bills is the new one, and a later
/// difference is no change that the partner made.
#[tokio::test]
async fn quantity_beside_overwritten_fields_is_what_halo_shows() -> anyhow::Result<()> {
    let api = Api::synced(&[("Alder", 3)]).await;
    let world = &api.world;
    set_clock(world, "2026-11-25T02:00")?;
    world.set_users("Alder", 5).await;
    world.tenant.act(Act::SetTerms { id: world.record_of("Alder").await.id })?;
    world.tenant.inject(Fault::MemberReset(Member::Price), Matching::call(Call::Update), Lasting::Once);
    world.sync().await;
    assert_eq!(world.billed()["Alder"], [5]);
    set_clock(world, "2026-11-26T02:00")?;
    world.set_users("Alder", 6).await;
    world.sync().await;
    let all = days(&api, "Alder", "2026-11-25", "2026-11-26").await;
    let shown: Vec<_> = all.as_array().unwrap().iter().map(|day| (&day["status"], &day["quantity"])).collect();
    assert_eq!(json!(shown), json!([["SUSPENDED", 5], ["SUSPENDED", 5]]));

    let id = world.association("Alder").await.id.to_string();
    let resolve = "mutation($id: ID!) { resolveHaloSubscription(input: { associationId: $id, answer: CONTINUE }) {
        run { id } userErrors { message } } }";
    set_clock(world, "2026-11-27T02:00")?;
    let resolved = api.data(&world.admin().await, resolve, json!({ "id": id })).await["resolveHaloSubscription"].take();
    world.work(resolved["run"]["id"].as_str().unwrap().parse()?).await;
    let all = days(&api, "Alder", "2026-11-27", "2026-11-27").await;
    let day = &all[0];
    assert_eq!(
        (&day["quantityBefore"], &day["quantity"], &day["changedInHalo"]),
        (&json!(5), &json!(6), &json!(false))
    );
    Ok(())
}

#[tokio::test]
async fn paused_days_say_so() -> anyhow::Result<()> {
    let api = Api::synced(&[("Alder", 3)]).await;
    let (world, admin) = (&api.world, api.world.admin().await);
    let pause = "mutation($until: Date!) { pauseHaloSyncs(input: { until: $until, reason: \"A new price list\" }) {
        userErrors { message } } }";
    let id = world.client("Alder").await.to_string();
    let statuses = async || {
        let variables = json!({ "id": id, "from": "2026-11-24", "to": "2026-12-31" });
        let all = api.data(&admin, DAYS, variables).await["node"]["billingEvidence"].take();
        all.as_array().unwrap().iter().map(|day| day["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    set_clock(world, "2026-11-24T15:00")?;
    api.data(&admin, pause, json!({ "until": "2027-01-15" })).await;
    set_clock(world, "2026-11-26T15:00")?;
    api.data(&admin, pause, json!({ "until": "2026-11-27" })).await;
    set_clock(world, "2026-11-28T15:00")?;
    assert_eq!(statuses().await, ["CONFIRMED", "PAUSED", "PAUSED", "NO_SYNC", "NO_SYNC"]);
    // Ended by a person before its day.
    api.data(&admin, pause, json!({ "until": "2026-12-24" })).await;
    set_clock(world, "2026-11-29T15:00")?;
    api.data(&admin, "mutation { resumeHaloSyncs(input: {}) { userErrors { message } } }", json!({})).await;
    set_clock(world, "2026-12-01T15:00")?;
    let expected = ["CONFIRMED", "PAUSED", "PAUSED", "NO_SYNC", "NO_SYNC", "PAUSED", "NO_SYNC", "NO_SYNC"];
    assert_eq!(statuses().await, expected);
    Ok(())
}
