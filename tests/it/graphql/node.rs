//! Global ids: another partner's id is answered like one of no record.

use infima_halo::auth::Role;
use serde_json::{Value, json};

use crate::graphql::Api;

#[tokio::test]
async fn foreign_id_is_answered_like_an_unknown_id() {
    let api = Api::synced(&[("Alder", 3)]).await;
    api.world.import_partner("other", &[("Elsewhere", 1)]).await;
    let stranger = api.world.caller(Role::PartnerAdmin, Some("other")).await;
    let partner = api.world.partner().await.to_string();
    let association = api.world.association("Alder").await;
    let connection = api.world.connection().await.id.to_string();
    let admin = api.world.admin().await;
    let runs = api.data(&admin, "{ partner { haloSyncRuns { nodes { id } } } }", json!({})).await;
    let run = runs["partner"]["haloSyncRuns"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let blocked = "update associations set state = 'needs_attention',
                       problem = jsonb_build_object('code', 'subscription_deleted', 'since', now())";
    api.world.change(sqlx::query(blocked)).await;
    let problem = api.data(&admin, "{ partner { haloProblems { nodes { id } } } }", json!({})).await;
    let problem = problem["partner"]["haloProblems"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let register = "mutation { registerHaloWebhook(input: { url: \"https://8.8.8.8/\", eventTypes: [SYNC_FAILED] }) {
        webhook { id } } }";
    let webhook = api.data(&admin, register, json!({})).await["registerHaloWebhook"]["webhook"]["id"].take();
    let ids = [
        partner.clone(),
        association.client.to_string(),
        association.id.to_string(),
        connection,
        run.clone(),
        problem,
        webhook.as_str().unwrap().to_owned(),
    ];
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let own = api.data(&admin, nodes, json!({ "ids": ids })).await;
    let kinds: Vec<_> = own["nodes"].as_array().unwrap().iter().map(|node| node["__typename"].clone()).collect();
    assert_eq!(
        kinds,
        [
            "Partner",
            "Client",
            "HaloClientAssociation",
            "HaloConnection",
            "HaloSyncRun",
            "HaloProblemRecord",
            "HaloWebhook"
        ]
    );
    assert!(own["nodes"].as_array().unwrap().iter().zip(&ids).all(|(node, id)| node["id"] == json!(id)));

    let foreign = api.data(&stranger, nodes, json!({ "ids": ids })).await;
    assert_eq!(foreign["nodes"], json!([null, null, null, null, null, null, null]));
    let unknown: Vec<_> = ids.iter().map(|id| format!("{}{}", &id[..id.len() - 4], "0000")).collect();
    let malformed = ["", "client", "client_", "CLIENT_0", "result_00000000000000000000000000000000", "\u{0}"];
    for ids in [unknown, malformed.map(String::from).to_vec()] {
        for caller in [&admin, &api.support().await] {
            let answer = api.data(caller, nodes, json!({ "ids": ids })).await;
            assert!(answer["nodes"].as_array().unwrap().iter().all(Value::is_null), "{ids:?}");
        }
    }
    let one = "query($partner: ID, $run: ID!) { partner(id: $partner) { name } haloSyncRun(id: $run) { id }
        haloCustomers(search: \"\", partnerId: $partner) { totalCount } node(id: $run) { id } }";
    let nothing = json!({ "partner": null, "haloSyncRun": null, "haloCustomers": null, "node": null });
    for (partner, run) in [(partner.as_str(), run.as_str()), ("partner_0", "run_0"), ("x", "x")] {
        assert_eq!(api.data(&stranger, one, json!({ "partner": partner, "run": run })).await, nothing);
    }
    for mutation in [
        "requestHaloSync(input: { partnerId: $partner })",
        "disconnectHalo(input: { partnerId: $partner })",
        "testHaloConnection(input: { partnerId: $partner })",
        "confirmHaloTenantChange(input: { decision: ARCHIVE, partnerId: $partner })",
        "saveHaloConnection(input: { partnerId: $partner })",
        "saveHaloClientAssociations(input: { associations: [], partnerId: $partner })",
        "removeHaloClientAssociation(input: { associationId: \"x\", quantity: SET_TO_ZERO, partnerId: $partner })",
        "recreateHaloSubscription(input: { associationId: \"x\", partnerId: $partner })",
        "resolveHaloSubscription(input: { associationId: \"x\", answer: CREATE_NEW, partnerId: $partner })",
        "recheckHaloProblem(input: { problemId: \"x\", partnerId: $partner })",
        "acknowledgeHaloProblem(input: { problemId: \"x\", note: \"x\", partnerId: $partner })",
        "snoozeHaloProblem(input: { problemId: \"x\", partnerId: $partner })",
        "updateHaloSyncSettings(input: { nightly: false, partnerId: $partner })",
        "registerHaloWebhook(input: { url: \"x\", eventTypes: [], partnerId: $partner })",
        "updateHaloWebhook(input: { webhookId: \"x\", partnerId: $partner })",
        "removeHaloWebhook(input: { webhookId: \"x\", partnerId: $partner })",
        "sendTestHaloWebhook(input: { webhookId: \"x\", partnerId: $partner })",
    ] {
        let document = format!("mutation($partner: ID) {{ {mutation} {{ userErrors {{ code }} }} }}");
        let foreign = api.ask(&stranger, &document, json!({ "partner": partner })).await;
        assert_eq!(
            (&foreign["data"], &foreign["errors"][0]["code"]),
            (&Value::Null, &json!("NOT_FOUND")),
            "{mutation}"
        );
        for unknown in ["partner_00000000000000000000000000000000", "", "client_1"] {
            assert_eq!(api.ask(&stranger, &document, json!({ "partner": unknown })).await, foreign, "{mutation}");
        }
    }
}
