//! `viewer`: who the caller is, and what it may do.

use infima_halo::auth::Role;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

#[tokio::test]
async fn viewer_describes_each_role() {
    let api = Api::over(World::builder().clients(&[("Alder", 1)]).build().await);
    let id = async |role, partner| {
        let caller = api.world.caller(role, partner).await;
        api.data(&caller, "{ viewer { id } }", json!({})).await["viewer"]["id"].take()
    };
    let admin = id(Role::PartnerAdmin, Some("northwind")).await;
    assert_eq!(id(Role::PartnerAdmin, Some("northwind")).await, admin, "the same whenever the same person calls");
    assert_ne!(id(Role::Support, None).await, admin);
    let about = api.data(&api.support().await, "{ __schema { description } }", json!({})).await;
    let about = about["__schema"]["description"].as_str().expect("a text");
    assert!(about.starts_with("INFIMA's Halo PSA integration."), "{about}");
    let viewer = "{ viewer { name role partner { externalId name } may } }";
    let ask = async |role, partner| {
        let caller = api.world.caller(role, partner).await;
        api.data(&caller, viewer, json!({})).await["viewer"].take()
    };
    assert_json_snapshot!(ask(Role::PartnerViewer, Some("northwind")).await, @r#"
    {
      "may": [
        "VIEW_PARTNER",
        "VIEW_USERS",
        "VIEW_ACTIVITY",
        "SEARCH_CUSTOMERS",
        "PREVIEW"
      ],
      "name": "Sam Example",
      "partner": {
        "externalId": "northwind",
        "name": "NORTHWIND"
      },
      "role": "PARTNER_VIEWER"
    }
    "#);
    assert_json_snapshot!(ask(Role::Platform, None).await, @r#"
    {
      "may": [
        "IMPORT_ROSTER"
      ],
      "name": "Sam Example",
      "partner": null,
      "role": "PLATFORM"
    }
    "#);
    let stranger = ask(Role::PartnerAdmin, Some("not in the roster")).await;
    assert_eq!((&stranger["role"], &stranger["partner"]), (&json!("PARTNER_ADMIN"), &Value::Null));
}
