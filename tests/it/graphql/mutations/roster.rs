//! The platform's import.

use infima_halo::auth::Role;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::served::{Reply, Served};
use crate::support::world::World;

#[tokio::test]
async fn import_reports_each_invalid_record() {
    let api = Api::over(World::builder().empty_roster().build().await);
    let platform = api.world.caller(Role::Platform, None).await;
    let import = "mutation($input: ImportRosterInput!) { importRoster(input: $input) {
        imported { stored alreadyKnown } userErrors { code field } } }";
    let partner = |id: &str, zone: Option<&str>, version: Value| json!({ "externalId": id, "name": id, "timeZone": zone, "state": "ACTIVE", "version": version });
    let input = json!({ "input": {
        "partners": [
            partner("one", Some("Europe/London"), json!(1_764_000_000_000_i64)),
            partner("two", Some("Middle/Earth"), json!("9007199254740993")),
            partner(" ", None, json!(1)),
        ],
        "clients": [
            { "externalId": "c1", "partnerExternalId": "one", "name": "Alder", "state": "ACTIVE", "version": 1 },
            { "externalId": "c2", "partnerExternalId": "unknown", "name": "Birch", "state": "ACTIVE", "version": 1 },
        ],
        "users": [
            { "externalId": "u1", "clientExternalId": "c1", "email": "A@x.example", "state": "ACTIVE", "version": 1 },
            { "externalId": "u2", "clientExternalId": "c1", "email": "a@x.example ", "state": "ACTIVE", "version": 1 },
            { "externalId": "u3", "clientExternalId": "c1", "state": "DEACTIVATED", "version": 1 },
        ],
    } });
    assert_json_snapshot!(api.data(&platform, import, input.clone()).await["importRoster"], @r#"
    {
      "imported": {
        "alreadyKnown": 0,
        "stored": 6
      },
      "userErrors": [
        {
          "code": "REQUIRED",
          "field": [
            "partners",
            "2",
            "externalId"
          ]
        },
        {
          "code": "OWNER_UNKNOWN",
          "field": [
            "clients",
            "1",
            "partnerExternalId"
          ]
        },
        {
          "code": "INVALID",
          "field": [
            "partners",
            "1",
            "timeZone"
          ]
        }
      ]
    }
    "#);
    let again = api.data(&platform, import, input).await["importRoster"]["imported"].take();
    assert_eq!(again["stored"], 0);
    let admin = api.world.caller(Role::PartnerAdmin, Some("one")).await;
    let read = "{ partner { haloSyncSettings { timeZone nightly nightStart nightEnd }
        clients { nodes { externalId activeUserCount archived haloAssociation { id } } } } }";
    assert_json_snapshot!(api.data(&admin, read, json!({})).await["partner"], @r#"
    {
      "clients": {
        "nodes": [
          {
            "activeUserCount": 1,
            "archived": false,
            "externalId": "c1",
            "haloAssociation": null
          }
        ]
      },
      "haloSyncSettings": {
        "nightEnd": "05:00",
        "nightStart": "01:00",
        "nightly": true,
        "timeZone": "Europe/London"
      }
    }
    "#);

    let change = "mutation($input: UpdateHaloSyncSettingsInput!) { updateHaloSyncSettings(input: $input) {
        partner { haloSyncSettings { timeZone nightly nightStart nightEnd } } userErrors { code field } } }";
    let input = json!({ "input": { "nightStart": "22:30", "nightEnd": "02:00", "timeZone": "Asia/Tokyo" } });
    assert_json_snapshot!(api.data(&admin, change, input).await["updateHaloSyncSettings"], @r#"
    {
      "partner": {
        "haloSyncSettings": {
          "nightEnd": "02:00",
          "nightStart": "22:30",
          "nightly": true,
          "timeZone": "Asia/Tokyo"
        }
      },
      "userErrors": []
    }
    "#);
    let wrong = json!({ "input": { "timeZone": "Middle/Earth" } });
    let wrong = api.data(&admin, change, wrong).await["updateHaloSyncSettings"].take();
    assert_eq!(wrong, json!({ "partner": null, "userErrors": [{ "code": "INVALID", "field": ["timeZone"] }] }));
}

/// What a person typed is an error of its field, each of them at once.
#[tokio::test]
async fn malformed_settings_are_errors_of_their_fields() {
    let api = Api::over(World::builder().clients(&[("Alder", 0)]).build().await);
    let save = "mutation($input: UpdateHaloSyncSettingsInput!) { updateHaloSyncSettings(input: $input) {
        partner { id } userErrors { code field message } } }";
    let typed = json!({ "input": { "nightStart": "25:00", "nightEnd": "half past five", "timeZone": "Mars/Olympus" } });
    let saved = api.data(&api.world.admin().await, save, typed).await["updateHaloSyncSettings"].take();
    assert_eq!(saved["partner"], Value::Null);
    let errors = saved["userErrors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| (&error["code"], &error["field"][0])).collect();
    let invalid = json!("INVALID");
    let (zone, start, end) = (json!("timeZone"), json!("nightStart"), json!("nightEnd"));
    assert_eq!(fields, [(&invalid, &zone), (&invalid, &start), (&invalid, &end)]);
    assert!(errors[1]["message"].as_str().unwrap().contains("hours and minutes"), "{errors:?}");
}

/// A value that GraphQL refuses before the mutation begins is named as well.
#[tokio::test]
async fn value_of_the_wrong_type_is_named_in_extensions() {
    let served = Served::over(World::builder().clients(&[("Alder", 0)]).build().await).await;
    let save =
        "mutation($input: UpdateHaloSyncSettingsInput!) { updateHaloSyncSettings(input: $input) { partner { id } } }";
    let map = "mutation($input: SaveHaloClientAssociationsInput!) {
        saveHaloClientAssociations(input: $input) { run { id } } }";
    let page = "query($first: Int) { partner { clients(first: $first) { totalCount } } }";
    let activity = "query($from: DateTime) { partner { activity(from: $from) { totalCount } } }";
    for (document, variables, field) in [
        (save, json!({ "input": { "nightStart": 130 } }), json!(["nightStart"])),
        (
            map,
            json!({ "input": { "associations": [{ "clientId": "a", "haloCustomerId": "x" }] } }),
            json!(["associations", "0", "haloCustomerId"]),
        ),
        (page, json!({ "first": "many" }), json!(["first"])),
        (activity, json!({ "from": "yesterday" }), json!(["from"])),
    ] {
        let request = served.post(&served.admin()).json(&json!({ "query": document, "variables": variables }));
        let answer = Reply::of(request).await.body;
        let error = &answer["errors"][0]["extensions"];
        assert_eq!((&error["code"], &error["field"]), (&json!("BAD_USER_INPUT"), &field), "{answer}");
    }
}
