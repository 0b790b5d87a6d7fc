//! Importing a file of mappings.

use infima_halo::sandbox::{Act, Call};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::graphql::matrix::add_other_partner;
use crate::support::halo_admin::SUCCEEDED;
use crate::support::world::World;

const IMPORT: &str = "mutation($input: ImportHaloMappingsInput!) { importHaloMappings(input: $input) {
    result { mapped alreadyMapped withoutCustomer invalid }
    partner { clientCounts { mapped unmapped } }
    run { status }
    userErrors { code field message }
} }";

async fn import(api: &Api, input: Value) -> Value {
    let admin = api.world.admin().await;
    api.data(&admin, IMPORT, json!({ "input": input })).await["importHaloMappings"].take()
}

/// A file with a line for each client and the id of a customer.
async fn file(world: &World, lines: &[(&str, String)]) -> String {
    let mut text = "infima_client_id,client_name,halo_customer_id,halo_customer_name\r\n".to_owned();
    for (client, customer) in lines {
        text += &format!("{},{client},{customer},\r\n", world.client(client).await);
    }
    text
}

fn id(world: &World, customer: &str) -> String {
    world.customer(customer).0.to_string()
}

/// The code, the field and the beginning of the message of each error.
fn errors(imported: &Value) -> Vec<(String, String)> {
    let shown = |error: &Value| {
        let parts: Vec<_> = error["field"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("Line {}: ", parts[1])), "{message}");
        (error["code"].as_str().unwrap().to_owned(), parts.join("."))
    };
    imported["userErrors"].as_array().unwrap().iter().map(shown).collect()
}

#[tokio::test]
async fn file_maps_its_clients_and_leaves_the_others() {
    let clients = [("Alder", 3), ("Birch", 4), ("Cedar", 5)];
    let api = Api::over(World::builder().clients(&clients).only(&["Cedar"]).mapped().build().await);
    let world = &api.world;
    let lines = [("Alder", id(world, "Birch")), ("Birch", String::new()), ("Cedar", id(world, "Cedar"))];
    let text = file(world, &lines).await;
    let mark = world.mark();
    let imported = import(&api, json!({ "csv": text })).await;
    assert_eq!(imported["userErrors"], json!([]));
    assert_eq!(imported["result"], json!({ "mapped": 1, "alreadyMapped": 1, "withoutCustomer": 1, "invalid": 0 }));
    assert_eq!(imported["partner"]["clientCounts"], json!({ "mapped": 2, "unmapped": 1 }));
    let singles = |entry: &&infima_halo::sandbox::Entry| entry.call == Call::CustomerSingle;
    assert_eq!(world.tenant.journal()[mark..].iter().filter(singles).count(), 0, "the list has every customer");
    assert_eq!(world.look().await, Some(SUCCEEDED));
    assert_eq!(world.billed(), [("Birch".into(), vec![3]), ("Cedar".into(), vec![5])].into());
    // The same file again.
    let again = import(&api, json!({ "csv": text })).await;
    assert_eq!((&again["result"]["alreadyMapped"], &again["run"]), (&json!(2), &Value::Null));
}

#[tokio::test]
async fn file_with_an_error_changes_nothing_unless_invalid_lines_are_skipped() {
    let clients = [("Alder", 1), ("Birch", 1), ("Cedar", 1), ("Dogwood", 1), ("Elm", 1), ("Fir", 1), ("Gone", 1)];
    let api = Api::over(World::builder().clients(&clients).only(&["Cedar"]).mapped().build().await);
    let world = &api.world;
    let gone = world.client("Gone").await;
    world.archive_client("Gone").await;
    let inactive = Act::SetCustomerActive { id: world.customer("Fir").0, active: false };
    let (fir, gone_customer) = (id(world, "Fir"), id(world, "Gone"));
    world.tenant.act(inactive).expect("it is there");
    add_other_partner(world).await;
    let foreign: uuid::Uuid = world.value("select id from clients where external_id = 'other/Dogwood'").await;
    let lines = [
        ("Alder", id(world, "Alder")),
        ("Birch", "4711".to_owned()),
        ("Cedar", id(world, "Birch")),
        ("Dogwood", id(world, "Cedar")),
        ("Elm", "elm".to_owned()),
        ("Fir", fir),
        ("Alder", id(world, "Elm")),
    ];
    let mut text = file(world, &lines).await;
    let foreign = infima_halo::ids::ClientId(foreign);
    text += &format!("nonsense,,1,\r\n{foreign},,{},\r\n{gone},,{gone_customer},\r\n,,1,\r\n", id(world, "Elm"));

    let refused = import(&api, json!({ "csv": text })).await;
    assert_eq!((&refused["result"], &refused["run"]), (&Value::Null, &Value::Null));
    let expected = [
        ("HALO_CUSTOMER_NOT_FOUND", "csv.3.halo_customer_id"),
        ("ALREADY_ASSOCIATED", "csv.4.halo_customer_id"),
        ("CUSTOMER_ALREADY_ASSOCIATED", "csv.5.halo_customer_id"),
        ("INVALID", "csv.6.halo_customer_id"),
        ("HALO_CUSTOMER_INACTIVE", "csv.7.halo_customer_id"),
        ("DUPLICATE", "csv.8.infima_client_id"),
        ("CLIENT_NOT_FOUND", "csv.9.infima_client_id"),
        ("CLIENT_NOT_FOUND", "csv.10.infima_client_id"),
        ("CLIENT_ARCHIVED", "csv.11.infima_client_id"),
        ("REQUIRED", "csv.12.infima_client_id"),
    ];
    let expected = expected.map(|(code, field)| (code.to_owned(), field.to_owned()));
    assert_eq!(errors(&refused), expected);
    let saved = "select count(*) from activity a join partners p on p.id = a.partner_id
                 where p.external_id = 'northwind' and act = 'association.saved'";
    assert_eq!((world.associations().await.len(), world.value::<i64>(saved).await), (1, 1));

    let skipped = import(&api, json!({ "csv": text, "skipInvalid": true })).await;
    assert_eq!(skipped["result"], json!({ "mapped": 1, "alreadyMapped": 0, "withoutCustomer": 0, "invalid": 10 }));
    assert_eq!(errors(&skipped), expected);
    assert_eq!(world.association("Alder").await.customer.name.as_deref(), Some("Alder"));
    assert_eq!((world.associations().await.len(), world.value::<i64>(saved).await), (2, 2));
}

#[tokio::test]
async fn file_that_is_none_is_refused_with_what_to_do() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).connected().build().await);
    let lines = "a,1\n".repeat(2_001);
    for (text, code, said) in [
        ("".to_owned(), "INVALID", "no column \"infima_client_id\""),
        ("infima_client_id,name".to_owned(), "INVALID", "no column \"halo_customer_id\""),
        ("infima_client_id,halo_customer_id".to_owned(), "REQUIRED", "no clients"),
        (format!("infima_client_id,halo_customer_id\n{lines}"), "TOO_MANY", "at most 2000"),
        ("x".repeat(200 * 1024 + 1), "TOO_LONG", "at most 200 KB"),
    ] {
        let refused = import(&api, json!({ "csv": text, "skipInvalid": true })).await;
        let error = &refused["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["csv"])), "{refused}");
        assert!(error["message"].as_str().unwrap().contains(said), "{refused}");
    }
}
