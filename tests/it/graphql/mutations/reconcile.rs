//! Comparing everything with Halo at once.

use chrono::Duration;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::sandbox::{Act, AgentLevels, Call, Fault, Lasting, Level, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::graphql::matrix::add_other_partner;
use crate::support::world::World;

const REPORT: &str = "at subscriptionCount rightCount notBilledCount findingCount
    findings { kind message remedy client { name } haloCustomer { name } haloSubscriptionId recurringInvoiceId
               quantityInHalo lastSyncedQuantity }";

async fn reconcile(api: &Api) -> Value {
    let document = format!(
        "mutation {{ reconcileHalo(input: {{}}) {{ reconciliation {{ {REPORT} }} userErrors {{ code message }} }} }}"
    );
    api.data(&api.world.admin().await, &document, json!({})).await["reconcileHalo"].take()
}

async fn stored(api: &Api) -> Value {
    let document = format!("{{ partner {{ haloReconciliation {{ {REPORT} }} }} }}");
    api.data(&api.world.admin().await, &document, json!({})).await["partner"]["haloReconciliation"].take()
}

/// The kind, the client and the two quantities of each finding.
fn findings(report: &Value) -> Vec<Value> {
    let show = |it: &Value| json!([it["kind"], it["client"]["name"], it["quantityInHalo"], it["lastSyncedQuantity"]]);
    report["findings"].as_array().unwrap().iter().map(show).collect()
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_a_finding_with_what_to_do() {
    let clients = [("Alder", 3), ("Birch", 4), ("Cedar", 5), ("Dogwood", 2), ("Elm", 1), ("Fir", 6)];
    let api = Api::synced(&clients).await;
    let world = &api.world;
    let act = |act| world.tenant.act(act).expect("done by hand");
    for client in ["Alder", "Birch", "Cedar", "Dogwood"] {
        act(Act::PutOnInvoice { id: world.record_of(client).await.id });
    }
    act(Act::SetCount { id: world.record_of("Birch").await.id, count: 9 });
    act(Act::SetCustomerActive { id: world.customer("Cedar").0, active: false });
    act(Act::BillFixedQuantity { id: world.record_of("Dogwood").await.id });
    act(Act::DeleteSubscription { id: world.record_of("Fir").await.id });
    let client_id = world.customer("Alder").0;
    let orphan = act(Act::AddSubscription { client_id, name: "Training".into(), vendor: "Infima ".into(), count: 7 });
    act(Act::AddSubscription { client_id, name: "Backup".into(), vendor: "Datto".into(), count: 8 });

    let mark = world.mark();
    let report = reconcile(&api).await;
    assert_eq!(report["userErrors"], json!([]));
    assert_eq!(world.writes_since(mark), 0);
    let report = &report["reconciliation"];
    assert_eq!(
        findings(report),
        [
            json!(["SUBSCRIPTION_WITHOUT_CLIENT", null, 7, null]),
            json!(["SUBSCRIPTION_MISSING", "Fir", null, 6]),
            json!(["QUANTITY_DIFFERS", "Birch", 9, 4]),
            json!(["CUSTOMER_INACTIVE", "Cedar", 5, 5]),
            json!(["FIXED_QUANTITY", "Dogwood", 2, 2]),
            json!(["NOT_ON_INVOICE", "Elm", 1, 1]),
        ]
    );
    let numbers =
        ["subscriptionCount", "rightCount", "notBilledCount", "findingCount"].map(|name| report[name].clone());
    assert_eq!(numbers, [6, 3, 2, 6].map(|number| json!(number)));
    let [found, .., fixed, _] = &report["findings"].as_array().unwrap()[..] else { panic!("there are six") };
    assert_eq!((&found["haloSubscriptionId"], &found["haloCustomer"]["name"]), (&json!(orphan), &json!("Alder")));
    assert!(fixed["recurringInvoiceId"].as_i64().is_some_and(|id| id < 0), "{fixed}");
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["remedy"].as_str().unwrap().ends_with('.'), "{finding}");
    }
    assert_eq!(&stored(&api).await, report, "the report is kept");
    let audited: i64 = world.value("select count(*) from activity where act = 'connection.reconciled'").await;
    assert_eq!(audited, 1);
}

#[tokio::test]
async fn subscription_that_a_client_of_any_partner_has_or_had_is_no_orphan() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let world = &api.world;
    let others = add_other_partner(world).await;
    let client_id = world.customer("Alder").0;
    let mut added = Vec::new();
    for name in ["Ended", "Other", "Orphan"] {
        let add = Act::AddSubscription { client_id, name: name.into(), vendor: "Infima ".into(), count: 7 };
        added.push(world.tenant.act(add).expect("done by hand"));
    }
    let ended = "insert into associations (id, partner_id, client_id, tenant, halo_customer_id, shared, state, ending, ended_at,
                                           marker, initial_name, subscription_id)
                 select gen_random_uuid(), partner_id, client_id, tenant, halo_customer_id, false, 'ended', 'keep_quantity',
                        now(), 'm', 'n', $1
                 from associations where partner_id = $2";
    let (own, others) = (world.partner().await.0, others.0);
    world.change(sqlx::query(ended).bind(added[0]).bind(own)).await;
    let other = "update associations set subscription_id = $1, halo_customer_id = 4711,
                     tenant = (select tenant from connections where partner_id = $2)
                 where partner_id = $3";
    world.change(sqlx::query(other).bind(added[1]).bind(own).bind(others)).await;
    let report = reconcile(&api).await["reconciliation"].take();
    let orphans: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["kind"] == "SUBSCRIPTION_WITHOUT_CLIENT")
        .map(|finding| finding["haloSubscriptionId"].clone())
        .collect();
    assert_eq!(orphans, [json!(added[2])]);
}

#[tokio::test]
async fn agent_without_invoices_is_no_finding() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let levels = AgentLevels { customers: Level::Read, licensing: Level::Modify, invoices: Level::None };
    api.world.tenant.act(Act::SetAgentLevels(levels)).expect("done by hand");
    let report = reconcile(&api).await["reconciliation"].take();
    assert_eq!((&report["rightCount"], &report["notBilledCount"]), (&json!(1), &Value::Null));
    assert_eq!(findings(&report), [Value::Null; 0]);
}

#[tokio::test]
async fn comparison_that_halo_does_not_answer_keeps_the_report_before() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let code = async || reconcile(&api).await["userErrors"][0]["code"].take();
    assert_eq!(code().await, "NOT_CONNECTED");
    api.world.connect().await;
    let report = reconcile(&api).await["reconciliation"].take();
    assert_eq!(report["subscriptionCount"], 0);
    api.world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    assert_eq!(code().await, "HALO_UNAVAILABLE");
    assert_eq!(stored(&api).await, report);
}

/// Executes the partner's next nightly sync.
async fn night(world: &World) {
    let [(_, run)] = enqueue_nightly_syncs(world.ops(), Selection::Today).await.expect("it is queued")[..] else {
        panic!("one night")
    };
    world.work(run).await;
}

#[tokio::test]
async fn report_is_renewed_once_a_week_after_a_nightly_sync() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let world = &api.world;
    assert_eq!(stored(&api).await, Value::Null, "a sync that a user requests compares nothing");
    night(world).await;
    let first = stored(&api).await;
    assert_eq!(first["rightCount"], 1);
    world.clock.advance(Duration::days(6));
    night(world).await;
    assert_eq!(stored(&api).await, first);
    world.clock.advance(Duration::days(1));
    night(world).await;
    assert_ne!(stored(&api).await["at"], first["at"]);
}

#[tokio::test]
async fn weekly_comparison_that_fails_is_tried_again_after_a_week() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let world = &api.world;
    world.tenant.inject(Fault::WrongShape, Matching::call(Call::CustomerList), Lasting::Sticky);
    night(world).await;
    world.tenant.clear_faults();
    world.clock.advance(Duration::days(1));
    night(world).await;
    assert_eq!(stored(&api).await, Value::Null);
    world.clock.advance(Duration::days(6));
    night(world).await;
    assert_eq!(stored(&api).await["rightCount"], 1);
}
