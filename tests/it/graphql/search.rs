//! Searches of our own lists: by words, in any order, whatever the accents.

use serde_json::json;

use crate::graphql::Api;
use crate::support::world::World;

const CLIENTS: [&str; 7] = [
    "Café Zoë",
    "Łódź Precision",
    "Mueller Logistik",
    "Müller & Söhne \"Präzision\" KG",
    "Straßenbau 100% GmbH",
    "Æther Ångström",
    "東京デザイン株式会社",
];

#[tokio::test]
async fn client_is_found_by_words_in_any_order_whatever_the_accents() {
    let clients: Vec<_> = CLIENTS.into_iter().map(|name| (name, 0)).collect();
    let api = Api::over(World::builder().clients(&clients).customers::<&str>(&[]).build().await);
    let admin = api.world.admin().await;
    let table = "query($search: String!) { partner { clients(search: $search) { totalCount nodes { name } } } }";
    let [cafe, lodz, mueller, müller, strasse, aether, tokyo] = CLIENTS;
    for (search, expected) in [
        ("zoe cafe", vec![cafe]),
        ("ZOË", vec![cafe]),
        ("lodz", vec![lodz]),
        ("precision łó", vec![lodz]),
        ("sohne muller", vec![müller]),
        ("Söhne Müller", vec![müller]),
        ("kg praezision", vec![müller]),
        // Either spelling finds both.
        ("müller", vec![mueller, müller]),
        ("Mueller", vec![mueller, müller]),
        ("MULLER", vec![mueller, müller]),
        ("strassenbau", vec![strasse]),
        ("Straße", vec![strasse]),
        ("aether angstrom", vec![aether]),
        ("ångström", vec![aether]),
        ("デザイン", vec![tokyo]),
        // What a pattern would take for something else is a letter like any other.
        ("100%", vec![strasse]),
        ("%", vec![strasse]),
        ("_", vec![]),
        ("\\", vec![]),
        ("muller cafe", vec![]),
        ("northwind/Café Zoë", vec![cafe]),
    ] {
        let found = api.data(&admin, table, json!({ "search": search })).await["partner"]["clients"].take();
        let names: Vec<_> = found["nodes"].as_array().unwrap().iter().map(|client| &client["name"]).collect();
        assert_eq!(names, expected, "{search}");
        assert_eq!(found["totalCount"], expected.len(), "{search}");
    }
}

#[tokio::test]
async fn partner_is_found_by_words_of_its_clients() {
    let api = Api::over(World::builder().clients(&[("Müller & Söhne", 0)]).customers::<&str>(&[]).build().await);
    api.world.import_partner("Zürich Öffnung", &[]).await;
    let support = api.support().await;
    let list = "query($search: String!) { partners(search: $search) { totalCount nodes { externalId } } }";
    for (search, expected) in [
        ("sohne muller", vec!["northwind"]),
        ("offnung zurich", vec!["Zürich Öffnung"]),
        ("oeffnung", vec!["Zürich Öffnung"]),
        ("nothing", vec![]),
    ] {
        let found = api.data(&support, list, json!({ "search": search })).await["partners"].take();
        let ids: Vec<_> = found["nodes"].as_array().unwrap().iter().map(|partner| &partner["externalId"]).collect();
        assert_eq!(ids, expected, "{search}");
        assert_eq!(found["totalCount"], expected.len(), "{search}");
    }
}
