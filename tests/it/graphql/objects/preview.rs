//! The preview of a sync.

use insta::assert_json_snapshot;
use serde_json::json;

use crate::graphql::Api;

#[tokio::test]
async fn preview_shows_what_a_sync_would_change() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 5)]).await;
    api.world.import_partner("northwind", &[("Cedar", 1)]).await;
    api.world.set_users("Birch", 9).await;
    let admin = api.world.admin().await;
    let preview = "{ haloSyncPreview { complete entries {
        client { name } action activeUserCount quantityInHalo quantityAfter changedInHalo problem { code } } } }";
    assert_json_snapshot!(api.data(&admin, preview, json!({})).await["haloSyncPreview"], @r#"
    {
      "complete": true,
      "entries": [
        {
          "action": "NO_CHANGE",
          "activeUserCount": 3,
          "changedInHalo": false,
          "client": {
            "name": "Alder"
          },
          "problem": null,
          "quantityAfter": 3,
          "quantityInHalo": 3
        },
        {
          "action": "SET_QUANTITY",
          "activeUserCount": 9,
          "changedInHalo": false,
          "client": {
            "name": "Birch"
          },
          "problem": null,
          "quantityAfter": 9,
          "quantityInHalo": 5
        }
      ]
    }
    "#);
    api.world.import_partner("northwind", &[("Birch, Ltd.", 1)]).await;
    let suggest = "{ partner { clients(first: 5) { nodes { name suggestedHaloCustomers(first: 2) {
        exact customer { name associatedClients { name } } } } } } }";
    assert_json_snapshot!(api.data(&admin, suggest, json!({})).await["partner"]["clients"]["nodes"], @r#"
    [
      {
        "name": "Alder",
        "suggestedHaloCustomers": null
      },
      {
        "name": "Birch",
        "suggestedHaloCustomers": null
      },
      {
        "name": "Birch, Ltd.",
        "suggestedHaloCustomers": [
          {
            "customer": {
              "associatedClients": [
                {
                  "name": "Birch"
                }
              ],
              "name": "Birch"
            },
            "exact": true
          }
        ]
      },
      {
        "name": "Cedar",
        "suggestedHaloCustomers": []
      }
    ]
    "#);
}
