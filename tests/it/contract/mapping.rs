//! The mapping table: entries and answers that are refused.

use serde_json::{Value, json};

use super::{desk::Desk, recorded::Recorded};

const SAVE: &str = "SaveAssociations";
/// The platform's operation, which is not part of the frontend's contract.
const IMPORT: &str = "mutation ImportRoster($input: ImportRosterInput!) { importRoster(input: $input) {
    imported { stored } userErrors { code field message __typename } __typename } }";

pub async fn is_refused(recorded: &mut Recorded) {
    let desk = Desk::start(&[("Alder", 3), ("Birch", 5), ("Cedar", 2), ("Dogwood", 1)]).await;
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

    let exclude = |client: String| json!({ "clientIds": [client], "reason": "A trial" });
    desk.refused(recorded, "CLIENT_ASSOCIATED", "ExcludeClients", exclude(desk.client("Alder").await)).await;
    let excluded = json!({ "input": exclude(desk.client("Dogwood").await) });
    desk.ask(&desk.admin(), "ExcludeClients", excluded).await;
    desk.refused(recorded, "CLIENT_EXCLUDED", SAVE, only(desk.entry("Dogwood", "Dogwood").await)).await;
}

/// What is refused while associations have problems, or end.
pub async fn repair_is_refused(recorded: &mut Recorded) {
    let desk = Desk::start(&[("Birch", 5)]).await;
    desk.world.connect().await;
    let mapped = json!({ "input": { "associations": [desk.entry("Birch", "Elder").await] } });
    let saved = desk.ask(&desk.admin(), SAVE, mapped).await;
    let run = saved["saveHaloClientAssociations"]["run"]["id"].as_str().unwrap().parse().unwrap();
    desk.world.work(run).await;
    let adopt = |birch: &str, id: i32| json!({ "associationId": birch, "answer": "ADOPT", "adoptSubscriptionId": id });
    let inbox = desk.ask(&desk.admin(), "ProblemInbox", json!({})).await;
    let problem = json!({ "problemId": inbox["partner"]["haloProblems"]["edges"][0]["node"]["id"] });
    desk.refused(recorded, "PROBLEM_NOT_FOUND", "RecheckProblem", json!({ "problemId": "problem_unknown" })).await;
    let birch = desk.association("Birch").await;
    desk.refused(recorded, "SUBSCRIPTION_NOT_A_CANDIDATE", "ResolveSubscription", adopt(&birch, 9999)).await;
    let customer = desk.world.customer("Elder").0;
    let [ours] = &desk.world.tenant.live_subscriptions_of(customer, infima_halo::halo::VENDOR)[..] else {
        panic!("Elder has one subscription of ours")
    };
    let adopted = desk.ask(&desk.admin(), "ResolveSubscription", json!({ "input": adopt(&birch, ours.id) })).await;
    assert_eq!(adopted["resolveHaloSubscription"]["userErrors"], json!([]));
    desk.refused(recorded, "PROBLEM_CLOSED", "RecheckProblem", problem).await;
    let ended = json!({ "input": { "associationId": birch, "quantity": "SET_TO_ZERO" } });
    desk.ask(&desk.admin(), "RemoveAssociation", ended).await;
    desk.refused(recorded, "ASSOCIATION_ENDING", "ResolveSubscription", adopt(&birch, ours.id)).await;
}
