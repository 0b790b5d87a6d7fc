//! A partner sees its connection, its clients and their quantities.

use insta::assert_json_snapshot;
use serde_json::json;

use crate::graphql::{Api, MAPPING_TABLE};
use crate::support::world::World;

#[tokio::test]
async fn partner_connects_associates_and_sees_quantities() {
    let api = Api::over(World::builder().clients(&[("Alder", 3), ("Birch", 5)]).build().await);
    let admin = api.world.admin().await;
    let save = "mutation($input: SaveHaloConnectionInput!) { saveHaloConnection(input: $input) {
        haloConnection { status applicationClientId problem { code } checks { subject outcome required } }
        run { id } userErrors { code field message } } }";
    let tenant = &api.world.tenant;
    let details = json!({ "input": {
        "url": format!("{}/config/integrations?x=1", tenant.url()),
        "applicationClientId": tenant.client_id(), "clientSecret": tenant.client_secret(),
    } });
    let wrong = json!({ "input": { "url": "halo", "clientSecret": " " } });
    assert_json_snapshot!(api.data(&admin, save, wrong).await["saveHaloConnection"], @r#"
    {
      "haloConnection": null,
      "run": null,
      "userErrors": [
        {
          "code": "HALO_URL_INVALID",
          "field": [
            "url"
          ],
          "message": "\"halo\" is not a whole address. Use the whole name, such as https://halo.halopsa.com."
        },
        {
          "code": "REQUIRED",
          "field": [
            "applicationClientId"
          ],
          "message": "Enter the Client ID of the application that you created in Halo."
        },
        {
          "code": "CLIENT_SECRET_REQUIRED",
          "field": [
            "clientSecret"
          ],
          "message": "Enter the Client Secret of the application that you created in Halo."
        }
      ]
    }
    "#);
    let saved = api.data(&admin, save, details).await["saveHaloConnection"].take();
    assert_json_snapshot!(saved, { ".haloConnection.applicationClientId" => "[client id]" }, @r#"
    {
      "haloConnection": {
        "applicationClientId": "[client id]",
        "checks": [
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "outcome": "UNKNOWN",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "problem": null,
        "status": "CONNECTED"
      },
      "run": null,
      "userErrors": []
    }
    "#);

    let search = "{ haloCustomers(search: \"alder\") { totalCount nodes { haloId name associatedClients { name } } } }";
    assert_json_snapshot!(api.data(&admin, search, json!({})).await["haloCustomers"], { ".nodes[].haloId" => "[id]" }, @r#"
    {
      "nodes": [
        {
          "associatedClients": [],
          "haloId": "[id]",
          "name": "Alder"
        }
      ],
      "totalCount": 1
    }
    "#);

    let map = "mutation($associations: [HaloClientAssociationInput!]!) {
        saveHaloClientAssociations(input: { associations: $associations }) {
            associations { client { name } status subscription { name } }
            run { status trigger progress { done total } pollAfterMs requestedBy { name role } }
            userErrors { code field message }
        } }";
    let entry = |client: String, customer: i32| json!({ "clientId": client, "haloCustomerId": customer });
    let (alder, birch) = (api.world.client("Alder").await.to_string(), api.world.client("Birch").await.to_string());
    let entries =
        json!([entry(alder, api.world.customer("Alder").0), entry("unknown".into(), 1), entry(birch, 999_999),]);
    let mapped = api.data(&admin, map, json!({ "associations": entries })).await["saveHaloClientAssociations"].take();
    assert_json_snapshot!(mapped, { ".run.pollAfterMs" => "[soon]" }, @r#"
    {
      "associations": [
        {
          "client": {
            "name": "Alder"
          },
          "status": "PENDING",
          "subscription": null
        }
      ],
      "run": {
        "pollAfterMs": "[soon]",
        "progress": {
          "done": 0,
          "total": 0
        },
        "requestedBy": {
          "name": "Sam Example",
          "role": "PARTNER_ADMIN"
        },
        "status": "QUEUED",
        "trigger": "ASSOCIATION_SAVED"
      },
      "userErrors": [
        {
          "code": "CLIENT_NOT_FOUND",
          "field": [
            "associations",
            "1",
            "clientId"
          ],
          "message": "This client no longer exists. Load the table again."
        },
        {
          "code": "HALO_CUSTOMER_NOT_FOUND",
          "field": [
            "associations",
            "2",
            "haloCustomerId"
          ],
          "message": "Halo does not have this customer, or does not show it to the API agent. Search again and choose another."
        }
      ]
    }
    "#);

    let run = api.world.association("Alder").await;
    assert!(run.subscription.is_none());
    let queued = api.data(&admin, "{ partner { haloSyncRuns { nodes { id status } } } }", json!({})).await;
    let run = queued["partner"]["haloSyncRuns"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    api.world.work(run.parse().unwrap()).await;
    let follow = "query($id: ID!) { haloSyncRun(id: $id) {
        status pollAfterMs summary { created failed } progress { done total } partner { name }
        results { totalCount nodes { client { name } outcome quantityBefore quantityAfter evidence } } } }";
    assert_json_snapshot!(api.data(&admin, follow, json!({ "id": run })).await["haloSyncRun"], @r#"
    {
      "partner": {
        "name": "NORTHWIND"
      },
      "pollAfterMs": null,
      "progress": {
        "done": 1,
        "total": 1
      },
      "results": {
        "nodes": [
          {
            "client": {
              "name": "Alder"
            },
            "evidence": null,
            "outcome": "CREATED",
            "quantityAfter": 3,
            "quantityBefore": null
          }
        ],
        "totalCount": 1
      },
      "status": "SUCCEEDED",
      "summary": {
        "created": 1,
        "failed": 0
      }
    }
    "#);

    let table = api.data(&admin, MAPPING_TABLE, json!({})).await["partner"].take();
    assert_json_snapshot!(table, {
        ".**.id" => "[id]", ".**.haloId" => "[halo id]", ".**.endCursor" => "[cursor]", ".**.url" => "[url]",
            ".haloConnection.nextNightlySyncAt" => "[tonight]",
    }, @r#"
    {
      "clientCounts": {
        "mapped": 1,
        "needingAttention": 0,
        "total": 2,
        "unmapped": 1
      },
      "clients": {
        "nodes": [
          {
            "activeUserCount": 3,
            "haloAssociation": {
              "client": {
                "id": "[id]"
              },
              "haloCustomer": {
                "associatedClients": [
                  {
                    "id": "[id]",
                    "name": "Alder"
                  }
                ],
                "haloId": "[halo id]",
                "name": "Alder"
              },
              "id": "[id]",
              "lastSyncedAt": "2026-11-24T09:00:00.000Z",
              "lastSyncedQuantity": 3,
              "problem": null,
              "status": "ACTIVE",
              "subscription": {
                "billing": "NOT_ON_RECURRING_INVOICE",
                "haloId": "[halo id]",
                "name": "INFIMA Security Awareness Training",
                "observedAt": "2026-11-24T09:00:00.000Z",
                "quantity": 3,
                "url": "[url]"
              }
            },
            "id": "[id]",
            "name": "Alder"
          },
          {
            "activeUserCount": 5,
            "haloAssociation": null,
            "id": "[id]",
            "name": "Birch"
          }
        ],
        "pageInfo": {
          "endCursor": "[cursor]",
          "hasNextPage": false
        },
        "totalCount": 2
      },
      "haloConnection": {
        "lastSyncedAt": "2026-11-24T09:00:00.000Z",
        "nextNightlySyncAt": "[tonight]",
        "status": "CONNECTED"
      },
      "name": "NORTHWIND"
    }
    "#);
    let url = &table["clients"]["nodes"][0]["haloAssociation"]["subscription"]["url"];
    let customer = api.world.customer("Alder");
    assert_eq!(url, &json!(format!("{}/customer?clientid={customer}", api.world.tenant.url())));

    let activity =
        "{ partner { activity { totalCount nodes { action actor { name role } changes { name after } } } } }";
    let activity = api.data(&admin, activity, json!({})).await["partner"]["activity"].take();
    // The imports of the set-up come before them.
    let actions: Vec<_> = activity["nodes"].as_array().unwrap().iter().take(2).map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["ASSOCIATION_SAVED", "CONNECTION_SAVED"]);

    let remove = "mutation($id: ID!, $quantity: HaloAssociationEnding!) {
        removeHaloClientAssociation(input: { associationId: $id, quantity: $quantity }) {
            association { status ending } run { trigger } userErrors { code field } } }";
    let id = api.world.association("Alder").await.id.to_string();
    let removed = api.data(&admin, remove, json!({ "id": id, "quantity": "SET_TO_ZERO" })).await;
    assert_json_snapshot!(removed["removeHaloClientAssociation"], @r#"
    {
      "association": {
        "ending": "SET_TO_ZERO",
        "status": "ENDING"
      },
      "run": {
        "trigger": "ASSOCIATION_ENDED"
      },
      "userErrors": []
    }
    "#);
    let unknown = api.data(&admin, remove, json!({ "id": "association_1", "quantity": "SET_TO_ZERO" })).await;
    assert_eq!(unknown["removeHaloClientAssociation"]["userErrors"][0]["code"], "ASSOCIATION_NOT_FOUND");

    let disconnect = "mutation { disconnectHalo(input: {}) { partner { haloConnection { id } } userErrors { code } } }";
    let disconnected = api.data(&admin, disconnect, json!({})).await;
    assert_eq!(disconnected["disconnectHalo"], json!({ "partner": { "haloConnection": null }, "userErrors": [] }));
    let sync = "mutation { requestHaloSync(input: {}) { run { id } userErrors { code field } } }";
    let refused = api.data(&admin, sync, json!({})).await["requestHaloSync"].take();
    assert_eq!(refused, json!({ "run": null, "userErrors": [{ "code": "NOT_CONNECTED", "field": null }] }));
}
