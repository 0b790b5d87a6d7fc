//! The flow of one partner, from which every answer of the mocks is: they agree with each other, as
//! the screens of one frontend have to.

use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching, TenantId};
use serde_json::{Value, json};

use super::{desk::Desk, recorded::Recorded, webhook};

/// The platform's operation, which is not part of the frontend's contract.
const IMPORT_USERS: &str = "mutation ImportRoster($input: ImportRosterInput!) {
    importRoster(input: $input) { imported { stored } userErrors { code } } }";

/// Comes to the moment at which a client is in each state, records all queries there, and then
/// what changes everything.
pub async fn is_recorded(recorded: &mut Recorded) {
    let names = ["Alder", "Birch", "Cedar", "Dogwood", "Fir", "Grove", "Hazel"];
    let clients: Vec<_> = names.into_iter().zip([3, 5, 2, 4, 7, 6, 9]).collect();
    let desk = Desk::start(&clients).await;
    is_connected_and_mapped(recorded, &desk).await;
    let run = is_followed(recorded, &desk).await;
    has_each_state(recorded, &desk).await;
    is_read(recorded, &desk, run).await;
    webhook::is_recorded(recorded, &desk).await;
    is_repaired(recorded, &desk).await;
    is_ended(recorded, &desk).await;
}

/// From the details of the connection to a night in which Halo confirmed every client.
async fn is_connected_and_mapped(recorded: &mut Recorded, desk: &Desk) {
    import_users(desk).await;
    desk.ask(&desk.admin(), "SaveConnection", json!({ "input": desk.details() })).await;
    let run = desk.map(&["Alder", "Birch", "Cedar", "Dogwood"]).await;
    desk.world.work(run).await;
    desk.record(recorded, "TestConnection", json!({ "input": desk.details() })).await;
    desk.record(recorded, "UpdateSyncSettings", json!({ "input": { "timeZone": "Europe/London" } })).await;
    desk.record(recorded, "SubscriptionNames", json!({ "template": "INFIMA for {client}" })).await;
    let pause = json!({ "until": "2027-01-04", "reason": "New prices from January on" });
    desk.record(recorded, "PauseSyncs", json!({ "input": pause })).await;
    desk.refused(recorded, "SYNC_PAUSED", "SyncNow", json!({})).await;
    desk.record(recorded, "ResumeSyncs", json!({ "input": {} })).await;
    let resumed = desk.world.open_run().await.expect("a sync makes up for the pause");
    desk.world.work(resumed).await;
}

/// A user of Alder for each reason for which users are not counted.
async fn import_users(desk: &Desk) {
    let user = |id: &str, email: &str, state: &str| json!({ "externalId": id, "clientExternalId": "northwind/Alder", "email": email, "state": state, "version": "1" });
    let users = json!([
        user("northwind/Alder/ada", "ada@alder.example", "ACTIVE"),
        user("northwind/Alder/ada-2", "Ada@Alder.example", "ACTIVE"),
        user("northwind/Alder/bob", "bob@alder.example", "DEACTIVATED"),
        user("northwind/Alder/eve", "eve@alder.example", "ARCHIVED"),
    ]);
    let request = json!({ "query": IMPORT_USERS, "variables": { "input": { "users": users } } });
    let (_, answer) = desk.send(&desk.platform(), &request).await;
    assert_eq!(answer["data"]["importRoster"]["imported"]["stored"], 4, "{answer}");
}

/// A sync that writes two clients, watched from the beginning to the end. Its id is returned.
async fn is_followed(recorded: &mut Recorded, desk: &Desk) -> Value {
    let alder = desk.world.association("Alder").await.subscription.unwrap().id.0;
    desk.world.tenant.act(Act::SetCount { id: alder, count: 30 }).unwrap();
    desk.world.set_users("Birch", 8).await;
    let clients = json!({ "clientIds": [desk.client("Alder").await, desk.client("Birch").await] });
    let queued = desk.ask(&desk.admin(), "SyncNow", json!({ "input": clients })).await;
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
    id
}

/// Clients that are unmapped, pending, active, in need of attention, and ending.
async fn has_each_state(recorded: &mut Recorded, desk: &Desk) {
    let everything = desk.world.request_sync().await;
    desk.world.work(everything).await;
    let id = desk.world.association("Cedar").await.subscription.unwrap().id.0;
    desk.world.tenant.act(Act::DeleteSubscription { id }).unwrap();
    let mapped = json!({ "input": { "associations": [desk.entry("Hazel", "Elder").await] } });
    desk.ask(&desk.admin(), "SaveAssociations", mapped).await;
    let cedar = json!({ "input": { "clientIds": [desk.client("Cedar").await] } });
    let queued = desk.ask(&desk.admin(), "SyncNow", cedar).await;
    let id = json!({ "id": queued["requestHaloSync"]["run"]["id"] });
    desk.world.work(id["id"].as_str().unwrap().parse().unwrap()).await;
    desk.record_scenario(recorded, "RunProgress", "failed", id.clone()).await;
    desk.record_scenario(recorded, "RunResults", "failed", id).await;

    let dogwood = json!({ "associationId": desk.association("Dogwood").await, "quantity": "SET_TO_ZERO" });
    desk.record(recorded, "RemoveAssociation", json!({ "input": dogwood })).await;
    let grove = json!({ "input": { "associations": [desk.entry("Grove", "Grove").await] } });
    desk.record(recorded, "SaveAssociations", grove).await;
    desk.record(recorded, "SyncNow", json!({ "input": {} })).await;
    desk.record(recorded, "SaveConnection", json!({ "input": desk.details() })).await;
}

/// Every query, at one moment.
async fn is_read(recorded: &mut Recorded, desk: &Desk, run: Value) {
    desk.record(recorded, "ConnectionForm", json!({})).await;
    desk.record(recorded, "IntegrationStatus", json!({})).await;
    desk.record(recorded, "SyncSettings", json!({})).await;
    desk.record(recorded, "CustomerSearch", json!({ "search": "alder" })).await;
    let fir = json!({ "clientId": desk.client("Fir").await });
    desk.record(recorded, "CustomerSuggestions", fir).await;
    desk.record(recorded, "MappingSuggestions", json!({})).await;
    desk.record(recorded, "Reconcile", json!({ "input": {} })).await;
    desk.record(recorded, "LatestReconciliation", json!({})).await;
    desk.record(recorded, "ProblemInbox", json!({ "clientId": desk.client("Cedar").await })).await;
    desk.record(recorded, "SyncPreview", json!({})).await;
    desk.record(recorded, "RunProgress", run.clone()).await;
    desk.record(recorded, "RunResults", run).await;
    let fir = json!([desk.client("Fir").await]);
    let excluded = json!({ "clientIds": fir, "reason": "Pays by itself", "reviewOn": "2026-12-24" });
    desk.record(recorded, "ExcludeClients", json!({ "input": excluded })).await;
    desk.record_scenario(recorded, "MappingTable", "excluded", json!({ "excluded": true })).await;
    desk.record(recorded, "IncludeClients", json!({ "input": { "clientIds": fir } })).await;
    desk.record(recorded, "MappingTable", json!({})).await;
    desk.record_scenario(recorded, "MappingTable", "needsAttention", json!({ "needsAttention": true })).await;
    let (alder, birch) = (desk.client("Alder").await, desk.client("Birch").await);
    desk.record(recorded, "ClientRow", json!({ "clientId": alder })).await;
    desk.record(recorded, "ClientRows", json!({ "clientIds": [alder, birch] })).await;
    desk.record(recorded, "CountedUsers", json!({ "clientId": alder })).await;
    desk.record(recorded, "SyncHistory", json!({})).await;
    let association = json!({ "associationId": desk.association("Alder").await });
    desk.record(recorded, "AssociationHistory", association).await;
    desk.record(recorded, "ActivityLog", json!({})).await;
    desk.record(recorded, "BillingMonth", json!({ "month": "2026-11" })).await;
    let days = json!({ "clientId": alder, "from": "2026-11-24", "to": "2026-11-24" });
    desk.record(recorded, "BillingDays", days).await;
    desk.record(recorded, "BillingDay", json!({ "clientId": alder, "date": "2026-11-24" })).await;
}

/// The users' decisions about the clients that need attention.
async fn is_repaired(recorded: &mut Recorded, desk: &Desk) {
    let cedar = json!({ "clientId": desk.client("Cedar").await });
    let inbox = desk.ask(&desk.admin(), "ProblemInbox", cedar.clone()).await;
    let problem = &inbox["partner"]["haloProblems"]["edges"][0]["node"]["id"];
    desk.record(recorded, "RecheckProblem", json!({ "input": { "problemId": problem } })).await;
    let note = json!({ "problemId": problem, "note": "They deleted it by mistake" });
    desk.record(recorded, "AcknowledgeProblem", json!({ "input": note })).await;
    let day = json!({ "problemId": problem, "until": "2026-12-24" });
    desk.record(recorded, "SnoozeProblem", json!({ "input": day })).await;
    desk.record_scenario(recorded, "ProblemInbox", "snoozed", cedar).await;
    let cedar = json!({ "input": { "associationId": desk.association("Cedar").await } });
    desk.record(recorded, "RecreateSubscription", cedar).await;
    let customer = desk.world.customer("Elder").0;
    let [ours] = &desk.world.tenant.live_subscriptions_of(customer, infima_halo::halo::VENDOR)[..] else {
        panic!("Elder has one subscription of ours")
    };
    let hazel = desk.association("Hazel").await;
    let adopt = json!({ "associationId": hazel, "answer": "ADOPT", "adoptSubscriptionId": ours.id });
    desk.record(recorded, "ResolveSubscription", json!({ "input": adopt })).await;
}

/// The partner's Halo rejects INFIMA's credentials; later it is another Halo, and left.
async fn is_ended(recorded: &mut Recorded, desk: &Desk) {
    let tenant = &desk.world.tenant;
    tenant.act(Act::RotateSecret).unwrap();
    let run = desk.world.request_sync().await;
    desk.world.work(run).await;
    desk.record_scenario(recorded, "IntegrationStatus", "credentialsRejected", json!({})).await;
    desk.record_scenario(recorded, "ConnectionForm", "credentialsRejected", json!({})).await;
    desk.ask(&desk.admin(), "SaveConnection", json!({ "input": desk.details() })).await;

    // Discovery names the tenant otherwise, and no subscription has its marker any more.
    tenant.act(Act::SetTenantId { tenant_id: TenantId::Named("northwind-msp".into()) }).unwrap();
    for name in ["Alder", "Birch", "Cedar", "Grove", "Hazel"] {
        if let Some(subscription) = desk.world.association(name).await.subscription {
            tenant.act(Act::ClearMarkers { id: subscription.id.0 }).unwrap();
        }
    }
    let run = desk.world.request_sync().await;
    desk.world.work(run).await;
    desk.record_scenario(recorded, "ConnectionForm", "tenantChanged", json!({})).await;
    desk.record(recorded, "ConfirmTenantChange", json!({ "input": { "decision": "ARCHIVE" } })).await;
    // The clients are mapped to the customers of the same names in the other Halo.
    desk.record_scenario(recorded, "MappingSuggestions", "anotherHalo", json!({})).await;
    desk.record(recorded, "AcceptMappingSuggestions", json!({ "input": {} })).await;
    let line = format!("{},\r\n", desk.client("Fir").await);
    let file = json!({ "csv": format!("infima_client_id,halo_customer_id\r\n{line}") });
    desk.record(recorded, "ImportMappings", json!({ "input": file })).await;
    desk.record(recorded, "Disconnect", json!({ "input": {} })).await;
}
