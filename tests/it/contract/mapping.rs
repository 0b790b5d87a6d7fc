//! The mapping table: entries that are refused, an association's ordinary life, and its repair.

use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use super::{desk::Desk, recorded::Recorded};

const SAVE: &str = "SaveAssociations";
/// The platform's operation, which is not part of the frontend's contract.
const IMPORT: &str = "mutation ImportRoster($input: ImportRosterInput!) { importRoster(input: $input) {
    imported { stored } userErrors { code field message __typename } __typename } }";

pub async fn is_refused(recorded: &mut Recorded) {
    let desk = Desk::start(&[("Alder", 3), ("Birch", 5), ("Cedar", 2)]).await;
    let run = desk.map(&["Alder"]).await;
    desk.world.work(run).await;
    let only = |entry: Value| json!({ "associations": [entry] });

    let unknown = json!({ "clientId": "client_unknown", "haloCustomerId": 41 });
    desk.refused(recorded, "CLIENT_NOT_FOUND", SAVE, only(unknown)).await;
    desk.refused(recorded, "ALREADY_ASSOCIATED", SAVE, only(desk.entry("Alder", "Birch").await)).await;
    desk.refused(recorded, "CUSTOMER_ALREADY_ASSOCIATED", SAVE, only(desk.entry("Birch", "Alder").await)).await;
    desk.refused(recorded, "HALO_CUSTOMER_INACTIVE", SAVE, only(desk.entry("Birch", "Elm").await)).await;
    let mut nowhere = desk.entry("Birch", "Birch").await;
    nowhere["haloCustomerId"] = 9999.into();
    desk.refused(recorded, "HALO_CUSTOMER_NOT_FOUND", SAVE, only(nowhere)).await;
    let many: Vec<_> =
        (1..=201).map(|id| json!({ "clientId": format!("client_{id}"), "haloCustomerId": id })).collect();
    desk.refused(recorded, "TOO_MANY", SAVE, json!({ "associations": many })).await;
    let birch = desk.entry("Birch", "Birch").await;
    desk.refused(recorded, "DUPLICATE", SAVE, json!({ "associations": [birch, birch] })).await;
    let clients = json!({ "clientIds": [desk.client("Cedar").await] });
    desk.refused(recorded, "CLIENT_NOT_ASSOCIATED", "SyncNow", clients).await;
    let support = json!({ "partnerId": desk.partner().await });
    desk.record_refusal(recorded, "REASON_REQUIRED", &desk.support(), "SyncNow", support).await;

    let ending = |association: &str| json!({ "associationId": association, "quantity": "SET_TO_ZERO" });
    desk.refused(recorded, "ASSOCIATION_NOT_FOUND", "RemoveAssociation", ending("association_unknown")).await;
    let alder = desk.association("Alder").await;
    let asked = json!({ "associationId": alder });
    desk.refused(recorded, "SUBSCRIPTION_NOT_DELETED", "RecreateSubscription", asked).await;
    let answer = json!({ "associationId": alder, "answer": "CREATE_NEW" });
    desk.refused(recorded, "NOTHING_TO_RESOLVE", "ResolveSubscription", answer).await;
    desk.record(recorded, "RemoveAssociation", json!({ "input": ending(&alder) })).await;

    let client = |id: &str, partner: &str, state: &str| {
        json!({ "clients": [{ "externalId": id, "partnerExternalId": partner, "name": "Cedar", "state": state,
                              "version": "9000000000000000000" }] })
    };
    for (code, records) in [
        ("OWNER_UNKNOWN", client("northwind/Cedar", "unknown", "ACTIVE")),
        ("BELONGS_TO_ANOTHER_PARTNER", client("northwind/Cedar", "southwind", "ACTIVE")),
    ] {
        desk.world.import_partner("southwind", &[]).await;
        let request = json!({ "query": IMPORT, "variables": { "input": records } });
        let (_, answer) = desk.send(&desk.platform(), &request).await;
        recorded.refusal(code, "ImportRoster", &answer["data"]);
    }
    let archive =
        json!({ "query": IMPORT, "variables": { "input": client("northwind/Cedar", "northwind", "ARCHIVED") } });
    let cedar = desk.entry("Cedar", "Cedar").await;
    desk.send(&desk.platform(), &archive).await;
    desk.refused(recorded, "CLIENT_ARCHIVED", SAVE, only(cedar)).await;
}

pub async fn is_lived_with(recorded: &mut Recorded) {
    let desk = Desk::start(&[("Alder", 3), ("Birch", 5), ("Cedar", 2)]).await;
    desk.world.connect().await;
    desk.record(recorded, "CustomerSearch", json!({ "search": "alder" })).await;
    let clients = [desk.entry("Alder", "Alder").await, desk.entry("Birch", "Birch").await];
    desk.record(recorded, SAVE, json!({ "input": { "associations": clients } })).await;
    let cedar = json!({ "clientId": desk.client("Cedar").await });
    desk.record(recorded, "CustomerSuggestions", cedar).await;
    let queued = desk.ask(&desk.admin(), "SyncNow", json!({ "input": {} })).await;
    let run = queued["requestHaloSync"]["run"]["id"].as_str().unwrap().parse().unwrap();
    desk.world.work(run).await;

    let alder = desk.world.association("Alder").await.subscription.unwrap().id.0;
    desk.world.tenant.act(Act::SetCount { id: alder, count: 30 }).unwrap();
    desk.world.set_users("Birch", 8).await;
    desk.record(recorded, "SyncPreview", json!({})).await;
    let queued = desk.record(recorded, "SyncNow", json!({ "input": {} })).await;
    let id = json!({ "id": queued["requestHaloSync"]["run"]["id"] });
    let queued = desk.first_event("RunChanges", id.clone()).await;
    recorded.operation("RunChanges", &queued);
    recorded.scenario("RunChanges", "queued", &queued);
    // Halo takes its time over the second of two.
    let (tenant, run) = (&desk.world.tenant, id["id"].as_str().unwrap().parse().unwrap());
    tenant.inject(Fault::HeldBefore, Matching::call(Call::Update).nth(2), Lasting::Once);
    let watched = async {
        tenant.until(|tenant| tenant.held() == 1).await;
        recorded.scenario("RunChanges", "running", &desk.first_event("RunChanges", id.clone()).await);
        desk.record_scenario(recorded, "RunProgress", "running", id.clone()).await;
        tenant.release();
    };
    tokio::join!(desk.world.work(run), watched);
    recorded.scenario("RunChanges", "finished", &desk.first_event("RunChanges", id.clone()).await);

    desk.record(recorded, "RunProgress", id.clone()).await;
    desk.record(recorded, "RunResults", id).await;
    desk.record(recorded, "MappingTable", json!({})).await;
    desk.record(recorded, "SyncHistory", json!({})).await;
    let association = json!({ "associationId": desk.association("Alder").await });
    desk.record(recorded, "AssociationHistory", association).await;
    desk.record(recorded, "ActivityLog", json!({})).await;
}

pub async fn is_repaired(recorded: &mut Recorded) {
    let desk = Desk::start(&[("Alder", 3), ("Birch", 5)]).await;
    let run = desk.map(&["Alder"]).await;
    desk.world.work(run).await;
    let mapped = json!({ "input": { "associations": [desk.entry("Birch", "Elder").await] } });
    desk.ask(&desk.admin(), SAVE, mapped).await;
    let id = desk.world.association("Alder").await.subscription.unwrap().id.0;
    desk.world.tenant.act(Act::DeleteSubscription { id }).unwrap();
    let run = desk.world.request_sync().await;
    desk.world.work(run).await;
    let id = json!({ "id": run.to_string() });
    desk.record_scenario(recorded, "RunProgress", "failed", id.clone()).await;
    desk.record_scenario(recorded, "RunResults", "failed", id).await;
    desk.record_scenario(recorded, "MappingTable", "needsAttention", json!({ "needsAttention": true })).await;
    desk.record_scenario(recorded, "SyncPreview", "needsAttention", json!({})).await;

    let alder = json!({ "input": { "associationId": desk.association("Alder").await } });
    desk.record(recorded, "RecreateSubscription", alder).await;
    let adopt = |birch: &str, id: i32| json!({ "associationId": birch, "answer": "ADOPT", "adoptSubscriptionId": id });
    let birch = desk.association("Birch").await;
    desk.refused(recorded, "SUBSCRIPTION_NOT_A_CANDIDATE", "ResolveSubscription", adopt(&birch, 9999)).await;
    let customer = desk.world.customer("Elder").0;
    let [ours] = &desk.world.tenant.live_subscriptions_of(customer, infima_halo::halo::VENDOR)[..] else {
        panic!("Elder has one subscription of ours")
    };
    desk.record(recorded, "ResolveSubscription", json!({ "input": adopt(&birch, ours.id) })).await;
    let ended = json!({ "input": { "associationId": birch, "quantity": "SET_TO_ZERO" } });
    desk.ask(&desk.admin(), "RemoveAssociation", ended).await;
    desk.refused(recorded, "ASSOCIATION_ENDING", "ResolveSubscription", adopt(&birch, ours.id)).await;

    // The partner's Halo rejects INFIMA's credentials.
    desk.world.tenant.act(Act::RotateSecret).unwrap();
    let run = desk.world.request_sync().await;
    desk.world.work(run).await;
    desk.record_scenario(recorded, "IntegrationStatus", "credentialsRejected", json!({})).await;
    desk.record_scenario(recorded, "ConnectionForm", "credentialsRejected", json!({})).await;
}
