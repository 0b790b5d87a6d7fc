//! Halo's customers, and what their absence leaves intact.

use infima_halo::sandbox::{Fault, Lasting, Matching};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

#[tokio::test]
async fn halo_customers_are_paged() {
    let names: Vec<_> = (0..7).map(|number| format!("Customer {number}")).collect();
    let api = Api::over(World::builder().clients(&[("Alder", 0)]).customers(&names).connected().build().await);
    let admin = api.world.admin().await;
    let page = "query($first: Int, $after: String) { haloCustomers(search: \"\", first: $first, after: $after) {
        totalCount edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }";
    // A page of another size than the cursor's continues at the same place.
    for sizes in [[3, 3, 3], [3, 1, 100], [100, 1, 1]] {
        let (mut list, mut after) = (Vec::new(), Value::Null);
        for first in sizes.into_iter().chain(std::iter::repeat(2)) {
            let arguments = json!({ "first": first, "after": after });
            let found = api.data(&admin, page, arguments).await["haloCustomers"].take();
            list.extend(found["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["name"].clone()));
            after = found["pageInfo"]["endCursor"].clone();
            if found["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(list, names, "{sizes:?}");
    }
    let first = api.data(&admin, page, json!({ "first": 5 })).await["haloCustomers"].take();
    let middle = first["edges"][1]["cursor"].clone();
    let rest = api.data(&admin, page, json!({ "first": 2, "after": middle })).await["haloCustomers"].take();
    let rest: Vec<_> = rest["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["name"].clone()).collect();
    assert_eq!(rest, &names[2..4]);
    for after in ["", "WzEsMl0", "eyJudW1iZXIiOjAsInNpemUiOjMsInNraXAiOjB9"] {
        let answer = api.ask(&admin, page, json!({ "after": after })).await;
        assert_eq!(
            (&answer["data"]["haloCustomers"], &answer["errors"][0]["field"]),
            (&Value::Null, &json!(["after"]))
        );
    }
}

#[tokio::test]
async fn unreachable_halo_leaves_other_fields_intact() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let admin = api.world.admin().await;
    api.world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    let screen = "{ haloCustomers(search: \"a\") { nodes { name } } haloSyncPreview { complete }
        partner { clients { nodes { name activeUserCount haloAssociation { lastSyncedQuantity } } } } }";
    assert_json_snapshot!(api.ask(&admin, screen, json!({})).await, @r#"
    {
      "data": {
        "haloCustomers": null,
        "haloSyncPreview": null,
        "partner": {
          "clients": {
            "nodes": [
              {
                "activeUserCount": 3,
                "haloAssociation": {
                  "lastSyncedQuantity": 3
                },
                "name": "Alder"
              }
            ]
          }
        }
      },
      "errors": [
        {
          "code": "HALO_UNREACHABLE",
          "field": null,
          "message": "Halo cannot be reached at the moment. Look at the connection's status, or try again in a few minutes."
        },
        {
          "code": "HALO_UNREACHABLE",
          "field": null,
          "message": "Halo cannot be reached at the moment. Look at the connection's status, or try again in a few minutes."
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn missing_connection_error_names_the_form() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let admin = api.world.admin().await;
    let questions = [
        ("{ partner { name } asked: haloCustomers(search: \"a\") { totalCount } }", "/asked"),
        ("{ partner { name } asked: haloSyncPreview { complete } }", "/asked"),
        (
            "{ partner { name clients(first: 1) { nodes { asked: suggestedHaloCustomers { exact } } } } }",
            "/partner/clients/nodes/0/asked",
        ),
    ];
    for (question, asked) in questions {
        let answer = api.ask(&admin, question, json!({})).await;
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{answer}");
        let error = &answer["errors"][0];
        assert_eq!(error["code"], "NOT_CONNECTED", "{question}");
        assert!(error["message"].as_str().unwrap().starts_with("Halo PSA is not connected. Save"), "{error}");
        assert_eq!(answer["data"].pointer(asked), Some(&Value::Null), "{question}");
        assert_eq!(answer["data"]["partner"]["name"], "NORTHWIND", "the rest is answered");
    }
}
