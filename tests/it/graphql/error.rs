//! Top-level errors.

use infima_halo::auth::{Caller, Role};
use serde_json::json;

use crate::graphql::Api;

#[tokio::test]
async fn forbidden_role_gets_forbidden() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let partner = api.world.partner().await.to_string();
    let code =
        async |caller: &Caller, document: &str| api.ask(caller, document, json!({})).await["errors"][0]["code"].take();
    let viewer = api.world.caller(Role::PartnerViewer, Some("northwind")).await;
    let platform = api.world.caller(Role::Platform, None).await;
    let support = api.support().await;
    for mutation in [
        "requestHaloSync(input: {})",
        "saveHaloConnection(input: {})",
        "testHaloConnection(input: { url: \"x\" })",
        "disconnectHalo(input: {})",
        "saveHaloClientAssociations(input: { associations: [] })",
        "updateHaloSyncSettings(input: {})",
        "importRoster(input: {})",
    ] {
        let document = format!("mutation {{ {mutation} {{ userErrors {{ code }} }} }}");
        assert_eq!(code(&viewer, &document).await, "FORBIDDEN", "{mutation}");
        if !mutation.starts_with("importRoster") {
            assert_eq!(code(&platform, &document).await, "FORBIDDEN", "{mutation}");
        }
        if !mutation.starts_with("requestHaloSync") {
            assert_eq!(code(&support, &document).await, "FORBIDDEN", "{mutation}");
        }
    }
    assert_eq!(code(&api.world.admin().await, "{ partners { totalCount } }").await, "FORBIDDEN");
    let save = "mutation { saveHaloConnection(input: {}) { userErrors { code } } }";
    for (caller, document, advice) in [
        (&viewer, save, "Ask an administrator of your organisation."),
        (&support, save, "Ask one of the partner's administrators to do it."),
        (&api.world.admin().await, "{ partners { totalCount } }", "Only INFIMA's own staff and services can do it."),
        (&platform, "{ partner { name } }", "The platform's service can only import the roster."),
    ] {
        let message = api.ask(caller, document, json!({})).await["errors"][0]["message"].take();
        assert_eq!(message, format!("Your role does not permit this. {advice}"));
    }
    for query in [
        format!("{{ partner(id: \"{partner}\") {{ name }} }}"),
        format!("{{ node(id: \"{partner}\") {{ id }} }}"),
        "{ partner { name } }".to_owned(),
        "{ partners { totalCount } }".to_owned(),
        "{ haloCustomers(search: \"\") { totalCount } }".to_owned(),
    ] {
        assert_eq!(code(&platform, &query).await, "FORBIDDEN", "{query}");
    }
}
