//! The users behind a count, and those who are not counted.

use infima_halo::auth::{Caller, Role};
use infima_halo::domain::roster::{ClientRecord, RosterState, UserRecord, UserState};
use infima_halo::ops::roster::import::Roster;
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::{PARTNER, World};

const USERS: &str = "query($id: ID!, $counted: Boolean, $first: Int, $after: String) {
    node(id: $id) { ... on Client { activeUserCount
        userCounts { counted sameAddress deactivated archived clientArchived }
        users(counted: $counted, first: $first, after: $after) {
            totalCount pageInfo { hasNextPage endCursor }
            nodes { externalId email counted notCountedReason } edges { cursor } } } } }";

fn user(id: &str, email: Option<&str>, state: UserState) -> UserRecord {
    let client_external_id = format!("{PARTNER}/Alder");
    UserRecord { external_id: id.into(), client_external_id, email: email.map(str::to_owned), state, version: 1 }
}

async fn api(setting: Option<&'static str>) -> Api {
    let mut world = World::builder().clients(&[("Alder", 0)]);
    if let Some(setting) = setting {
        world = world.set("INFIMA_USER_ADDRESSES", setting);
    }
    let api = Api::over(world.synced().build().await);
    let users = vec![
        user("1", Some("zoe@alder.example"), UserState::Active),
        user("2", Some("ada@alder.example"), UserState::Active),
        user("3", Some(" ADA@alder.example"), UserState::Active),
        user("4", Some("bob@alder.example"), UserState::Deactivated),
        user("5", Some("eve@alder.example"), UserState::Archived),
        user("6", None, UserState::Active),
    ];
    api.world.import(Roster { users, ..Roster::default() }).await;
    api
}

async fn read(api: &Api, caller: &Caller, mut variables: Value) -> Value {
    variables["id"] = api.world.client("Alder").await.to_string().into();
    api.data(caller, USERS, variables).await["node"].take()
}

fn rows(users: &Value) -> Vec<(&'static str, &'static str, &'static str)> {
    let text = |value: &Value| -> &'static str { value.as_str().map_or("", |text| text.to_owned().leak()) };
    let nodes = users["nodes"].as_array().unwrap().iter();
    nodes.map(|user| (text(&user["externalId"]), text(&user["email"]), text(&user["notCountedReason"]))).collect()
}

#[tokio::test]
async fn counted_users_are_those_behind_the_count() {
    let api = api(Some("whole")).await;
    let admin = api.world.admin().await;
    let client = read(&api, &admin, json!({})).await;
    assert_eq!(client["activeUserCount"], 3);
    let counts = json!({ "counted": 3, "sameAddress": 1, "deactivated": 1, "archived": 1, "clientArchived": 0 });
    assert_eq!(client["userCounts"], counts);
    let all = [
        ("2", "ada@alder.example", ""),
        ("3", "ADA@alder.example", "SAME_ADDRESS"),
        ("4", "bob@alder.example", "DEACTIVATED"),
        ("5", "eve@alder.example", "ARCHIVED"),
        ("1", "zoe@alder.example", ""),
        ("6", "", ""),
    ];
    assert_eq!(rows(&client["users"]), all);
    assert_eq!(client["users"]["totalCount"], 6);
    let counted = read(&api, &admin, json!({ "counted": true })).await["users"].take();
    assert_eq!((rows(&counted), &counted["totalCount"]), (vec![all[0], all[4], all[5]], &json!(3)));
    let others = read(&api, &admin, json!({ "counted": false })).await["users"].take();
    assert_eq!((rows(&others), &others["totalCount"]), (vec![all[1], all[2], all[3]], &json!(3)));

    // Page by page, and no cursor holds an address.
    let (mut listed, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = read(&api, &admin, json!({ "first": 2, "after": after })).await["users"].take();
        listed.extend(rows(&page));
        after = page["pageInfo"]["endCursor"].clone();
        for edge in page["edges"].as_array().unwrap() {
            let cursor = edge["cursor"].as_str().unwrap();
            assert!(cursor.len() < 80, "{cursor}");
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(listed, all);

    // Of an archived client no user counts.
    let record = ClientRecord {
        external_id: format!("{PARTNER}/Alder"),
        partner_external_id: PARTNER.into(),
        name: "Alder".into(),
        state: RosterState::Archived,
        version: 1_000,
    };
    api.world.import(Roster { clients: vec![record], ..Roster::default() }).await;
    let client = read(&api, &admin, json!({})).await;
    let counts = json!({ "counted": 0, "sameAddress": 0, "deactivated": 1, "archived": 1, "clientArchived": 4 });
    assert_eq!((&client["userCounts"], &client["activeUserCount"]), (&counts, &json!(0)));
    assert!(rows(&client["users"]).iter().all(|(_, _, reason)| !reason.is_empty()));
}

#[tokio::test]
async fn addresses_are_masked_for_all_but_admins_whom_the_configuration_shows_them() {
    for (setting, admin_reads) in [(None, "a***@alder.example"), (Some("whole"), "ada@alder.example")] {
        let api = api(setting).await;
        let viewer = api.world.caller(Role::PartnerViewer, Some(PARTNER)).await;
        for (caller, email) in [
            (api.world.admin().await, admin_reads),
            (viewer, "a***@alder.example"),
            (api.support().await, "a***@alder.example"),
        ] {
            let users = read(&api, &caller, json!({ "first": 1 })).await["users"].take();
            assert_eq!(rows(&users)[0].1, email, "{setting:?} {:?}", caller.role());
        }
    }
}

#[tokio::test]
async fn past_sync_keeps_the_numbers_of_its_night() {
    let api = api(None).await;
    let admin = api.world.admin().await;
    api.world.sync().await;
    api.world
        .import(Roster {
            users: vec![UserRecord { version: 2, ..user("1", None, UserState::Archived) }],
            ..Roster::default()
        })
        .await;
    let history = "query($id: ID!) { node(id: $id) { ... on HaloClientAssociation { history(first: 1) { nodes {
        quantityAfter haloCustomer { haloId name } userCounts { counted sameAddress deactivated archived clientArchived } } } } } }";
    let id = api.world.association("Alder").await.id.to_string();
    let result = api.data(&admin, history, json!({ "id": id })).await["node"]["history"]["nodes"][0].take();
    let counts = json!({ "counted": 3, "sameAddress": 1, "deactivated": 1, "archived": 1, "clientArchived": 0 });
    assert_eq!((&result["userCounts"], &result["quantityAfter"]), (&counts, &json!(3)));
    let customer = json!({ "haloId": api.world.customer("Alder").0, "name": "Alder" });
    assert_eq!(result["haloCustomer"], customer);
    // A result of an earlier release has none.
    api.world.change(sqlx::query("update sync_results set user_counts = null")).await;
    let result = api.data(&admin, history, json!({ "id": id })).await["node"]["history"]["nodes"][0].take();
    assert_eq!(result["userCounts"], Value::Null);
}
