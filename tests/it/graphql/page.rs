//! Pages of lists: their size, their cursors and their order.

use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

#[tokio::test]
async fn page_has_1_to_100_entries_from_a_cursor() {
    let api = Api::over(World::builder().clients(&[("Alder", 1)]).build().await);
    api.world.connect().await;
    let admin = api.world.admin().await;
    let support = api.support().await;
    let lists = [
        (
            "partner",
            &admin,
            "query($first: Int, $after: String, $search: String) {
                partner { clients(first: $first, after: $after, search: $search) { nodes { name } } } }",
        ),
        (
            "haloCustomers",
            &admin,
            "query($first: Int, $after: String, $search: String! = \"\") {
                haloCustomers(first: $first, after: $after, search: $search) { nodes { name } } }",
        ),
        (
            "partners",
            &support,
            "query($first: Int, $after: String, $search: String) {
                partners(first: $first, after: $after, search: $search) { nodes { name } } }",
        ),
    ];
    let nul = "a\u{0}b";
    for (list, caller, document) in lists {
        for (arguments, field) in [
            (json!({ "first": 0 }), json!(["first"])),
            (json!({ "first": -1 }), json!(["first"])),
            (json!({ "first": 101 }), json!(["first"])),
            (json!({ "after": "" }), json!(["after"])),
            (json!({ "after": "not a cursor" }), json!(["after"])),
            (json!({ "after": "WzEsMl0" }), json!(["after"])),
            (json!({ "search": "x".repeat(201) }), json!(["search"])),
            (json!({ "search": "x".repeat(10_000) }), json!(["search"])),
            (json!({ "search": nul }), json!(["search"])),
        ] {
            let answer = api.ask(caller, document, arguments.clone()).await;
            assert_eq!(answer["data"][list], Value::Null, "{list} {arguments}");
            assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{list} {arguments}");
            assert_eq!(answer["errors"][0]["code"], "BAD_USER_INPUT", "{list} {arguments}");
            assert_eq!(answer["errors"][0]["field"], field, "{list} {arguments}");
        }
        for arguments in [json!({ "first": 1 }), json!({ "first": 100 }), json!({ "search": "x".repeat(200) })] {
            let answer = api.data(caller, document, arguments.clone()).await;
            assert_ne!(answer[list], Value::Null, "{list} {arguments}");
        }
    }
    let clients = "query($first: Int, $search: String, $order: ClientOrder) {
        partner { clients(first: $first, search: $search, orderBy: $order) { nodes { name } } } }";
    for arguments in [
        json!({ "first": 1 }),
        json!({ "first": 100 }),
        json!({ "search": "" }),
        json!({ "search": " " }),
        json!({ "first": null, "search": null, "order": null }),
    ] {
        let answer = api.data(&admin, clients, arguments.clone()).await;
        assert_eq!(answer["partner"]["clients"]["nodes"], json!([{ "name": "Alder" }]), "{arguments}");
    }
}

#[tokio::test]
async fn pages_together_are_the_whole_list() {
    let names =
        ["alder", "Alder", "ΑΛΦΑΣ", "αλφας", "Straße", "STRASSE", "İstanbul", "Zürich", "日本", "Ärzte", "beta"];
    let clients: Vec<_> = names.iter().map(|name| (*name, 0)).collect();
    let api = Api::over(World::builder().clients(&clients).build().await);
    let admin = api.world.admin().await;
    let page = "query($first: Int, $after: String, $order: ClientOrder) {
        partner { clients(first: $first, after: $after, orderBy: $order) {
            totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";
    let mut lists = Vec::new();
    for (first, order) in [(1, "NAME_ASC"), (3, "NAME_ASC"), (100, "NAME_ASC"), (2, "NAME_DESC"), (100, "NAME_DESC")] {
        let (mut list, mut after) = (Vec::new(), Value::Null);
        loop {
            let arguments = json!({ "first": first, "after": after, "order": order });
            let clients = api.data(&admin, page, arguments).await["partner"]["clients"].take();
            assert_eq!(clients["totalCount"], names.len());
            assert_eq!(clients["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
            list.extend(clients["nodes"].as_array().unwrap().iter().map(|node| node["name"].clone()));
            if clients["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = clients["pageInfo"]["endCursor"].clone();
        }
        lists.push(list);
    }
    assert_eq!(lists[2].len(), names.len());
    assert_eq!((&lists[0], &lists[1]), (&lists[2], &lists[2]));
    assert_eq!(lists[3], lists[4]);
    assert!(lists[4].iter().rev().eq(&lists[2]));
}
