//! Mapping many clients at once.

use std::time::{Duration, Instant};

use infima_halo::domain::association::Ending;
use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::halo::VENDOR;
use infima_halo::ops::roster::import::Roster;
use infima_halo::sandbox::{Act, Fault, Lasting, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::halo_admin::SUCCEEDED;
use crate::support::world::{PARTNER, World};

const ACCEPT: &str =
    "mutation($input: AcceptHaloMappingSuggestionsInput!) { acceptHaloMappingSuggestions(input: $input) {
    result { mapped alreadyMapped ambiguous similar unmatched remaining }
    partner { clientCounts { mapped unmapped } }
    run { id status }
    userErrors { code field message }
} }";

async fn accept(api: &Api, input: Value) -> Value {
    let admin = api.world.admin().await;
    api.data(&admin, ACCEPT, json!({ "input": input })).await["acceptHaloMappingSuggestions"].take()
}

/// Clients without users, in one import.
async fn import_clients(world: &World, names: &[String]) {
    let clients = names.iter().map(|name| ClientRecord {
        external_id: format!("{PARTNER}/{name}"),
        partner_external_id: PARTNER.into(),
        name: name.clone(),
        state: RosterState::Active,
        version: 1,
    });
    world.import(Roster { clients: clients.collect(), ..Roster::default() }).await;
}

#[tokio::test]
async fn thousand_clients_are_mapped_with_few_requests() {
    let names: Vec<_> = (0..1_000).map(|number| format!("Company{number:04} Ltd")).collect();
    let customers: Vec<_> = (0..1_000).map(|number| format!("COMPANY{number:04}")).collect();
    let api = Api::over(World::builder().customers(&customers).connected().build().await);
    import_clients(&api.world, &names).await;

    let (mark, begun) = (api.world.mark(), Instant::now());
    let list = "{ partner { haloMappingSuggestions(first: 100) { counts { exact } nodes { kind client { name } } } } }";
    let listed = api.data(&api.world.admin().await, list, json!({})).await;
    assert_eq!(listed["partner"]["haloMappingSuggestions"]["counts"]["exact"], 1_000);
    let accepted = accept(&api, json!({})).await;
    let (requests, took) = (api.world.mark() - mark, begun.elapsed());
    assert_eq!(accepted["userErrors"], json!([]));
    assert_eq!(
        accepted["result"],
        json!({ "mapped": 1_000, "alreadyMapped": 0, "ambiguous": 0, "similar": 0, "unmatched": 0, "remaining": 0 })
    );
    assert_eq!(accepted["partner"]["clientCounts"], json!({ "mapped": 1_000, "unmapped": 0 }));
    assert!(requests <= 60, "{requests} requests");
    assert!(took < Duration::from_secs(60), "{took:?}");
    println!("1,000 clients were mapped with {requests} requests in {took:?}");
    let (runs, clients, saved): (i64, i32, i64) = sqlx::query_as(
        "select count(*), max(cardinality(client_ids)), (select count(*) from activity where act = 'association.saved')
         from sync_runs",
    )
    .fetch_one(&api.world.owner)
    .await
    .expect("the test's database answers");
    assert_eq!((runs, clients, saved), (1, 1_000, 1_000), "one run for all, and an entry in the audit log for each");
    let wrong: i64 = api
        .world
        .value(
            "select count(*) from associations a join clients c on c.id = a.client_id
             where upper(split_part(c.name, ' ', 1)) <> a.halo_customer_name",
        )
        .await;
    assert_eq!(wrong, 0);
}

#[tokio::test]
async fn only_exact_suggestions_are_mapped_and_existing_mappings_stay() {
    let clients =
        [("Alder", 3), ("Birch", 4), ("Cedar", 5), ("Dogwood", 2), ("Elm Dental", 1), ("Fir", 1), ("Zebra", 1)];
    let customers = ["Alder", "Birch", "Birch Inc", "Cedar", "Dogwood", "Elm Veterinary", "Fir"];
    let api = Api::over(World::builder().clients(&clients).customers(&customers).connected().build().await);
    // Alder is mapped to another customer than the one of its name.
    let other = api.world.mapping("Alder", "Fir").await;
    assert_eq!(api.world.associate(&[other]).await.expect("it is free").errors, []);
    let before = api.world.association("Alder").await;

    let left_out = api.world.client("Dogwood").await.to_string();
    let accepted = accept(&api, json!({ "exceptClientIds": [left_out] })).await;
    assert_eq!(
        accepted["result"],
        json!({ "mapped": 1, "alreadyMapped": 1, "ambiguous": 1, "similar": 2, "unmatched": 1, "remaining": 1 })
    );
    let after = api.world.association("Alder").await;
    assert_eq!((after.id, after.customer.name), (before.id, before.customer.name));
    assert_eq!(api.world.association("Cedar").await.customer.name.as_deref(), Some("Cedar"));
    assert_eq!(api.world.look().await, Some(SUCCEEDED));
    assert_eq!(api.world.billed(), [("Cedar".into(), vec![5]), ("Fir".into(), vec![3])].into());

    let again = accept(&api, json!({})).await;
    assert_eq!((&again["result"]["mapped"], &again["result"]["alreadyMapped"]), (&json!(1), &json!(2)));
    let nothing = accept(&api, json!({})).await;
    assert_eq!((&nothing["result"]["mapped"], &nothing["run"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn customer_that_became_inactive_since_the_list_is_not_mapped() {
    let api = Api::over(World::builder().clients(&[("Alder", 3), ("Birch", 4)]).connected().build().await);
    let list = "{ partner { haloMappingSuggestions { counts { exact } } } }";
    let listed = api.data(&api.world.admin().await, list, json!({})).await;
    assert_eq!(listed["partner"]["haloMappingSuggestions"]["counts"]["exact"], 2);
    let inactive = Act::SetCustomerActive { id: api.world.customer("Alder").0, active: false };
    api.world.tenant.act(inactive).expect("it is there");
    let accepted = accept(&api, json!({})).await;
    assert_eq!((&accepted["result"]["mapped"], &accepted["result"]["unmatched"]), (&json!(1), &json!(1)));
    assert_eq!(api.world.associations().await.len(), 1);
}

#[tokio::test]
async fn customer_of_another_partners_client_is_an_error_of_that_client_alone() {
    let api = Api::over(World::builder().clients(&[("Alder", 3), ("Birch", 4)]).connected().build().await);
    // Another partner with the same Halo.
    api.world.import_partner("contoso", &[("Alder", 1)]).await;
    let partner = api.world.partner_named("contoso").await;
    let alder = api.world.customer("Alder").0;
    api.world
        .change(
            sqlx::query(
                "insert into associations (id, partner_id, client_id, tenant, halo_customer_id, shared, state, marker, initial_name)
                 select gen_random_uuid(), partner_id, id, (select tenant from connections), $2, false, 'pending', 'm', 'n'
                 from clients where partner_id = $1",
            )
            .bind(partner.0)
            .bind(alder),
        )
        .await;
    let accepted = accept(&api, json!({})).await;
    assert_eq!((&accepted["result"]["mapped"], &accepted["result"]["remaining"]), (&json!(1), &json!(1)));
    let error = &accepted["userErrors"][0];
    assert_eq!((&error["code"], &error["field"]), (&json!("CUSTOMER_ALREADY_ASSOCIATED"), &Value::Null));
    assert!(error["message"].as_str().unwrap().starts_with("Alder: Another client is mapped"), "{error}");
}

/// A subscription that a user moved in Halo is kept, as by a single mapping.
#[tokio::test]
async fn client_that_had_a_subscription_keeps_it() {
    let api = Api::over(
        World::builder()
            .clients(&[("Alder", 3), ("Birch", 4)])
            .customers(&["Alder", "Old", "Birch"])
            .connected()
            .build()
            .await,
    );
    let old = api.world.mapping("Alder", "Old").await;
    api.world.associate(&[old]).await.expect("it is free");
    assert_eq!(api.world.look().await, Some(SUCCEEDED));
    let record = api.world.record_of("Alder").await.id;
    let association = api.world.association("Alder").await.id;
    api.world.remove(association, Ending::KeepQuantity).await.expect("it may");
    let to = api.world.customer("Alder").0;
    api.world.tenant.act(Act::MoveSubscription { id: record, client_id: to }).expect("it is there");

    assert_eq!(accept(&api, json!({})).await["result"]["mapped"], 2);
    assert_eq!(api.world.association("Alder").await.subscription.map(|it| it.id.0), Some(record));
    assert_eq!(api.world.look().await, Some(SUCCEEDED));
    assert_eq!(api.world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![4])].into());
}

/// Every ended association, with all of its columns and the results that runs had for it.
async fn archived(api: &Api) -> Vec<Value> {
    let rows = "select to_jsonb(a) || jsonb_build_object('results', (
                    select jsonb_agg(to_jsonb(r) order by r.at) from sync_results r where r.association_id = a.id))
                from associations a where a.state = 'ended' order by a.id";
    sqlx::query_scalar(rows).fetch_all(&api.world.owner).await.expect("the test's database answers")
}

#[tokio::test]
async fn another_halo_is_mapped_as_the_one_before_whose_associations_stay_as_they_are() {
    let clients = [("Alder", 3), ("Birch", 4), ("Cedar", 5), ("Dogwood", 2)];
    let customers = ["Elder", "Birch", "Willow", "Gone"];
    let api = Api::over(World::builder().clients(&clients).customers(&customers).connected().build().await);
    let world = &api.world;
    for (client, customer) in [("Alder", "Elder"), ("Birch", "Birch"), ("Cedar", "Willow"), ("Dogwood", "Gone")] {
        let mapping = world.mapping(client, customer).await;
        assert_eq!(world.associate(&[mapping]).await.expect("it is free").errors, []);
    }
    assert_eq!(world.look().await, Some(SUCCEEDED));
    // A user removed Cedar's mapping before the partner changed to another Halo.
    world.remove(world.association("Cedar").await.id, Ending::KeepQuantity).await.expect("it may");
    world.clock.advance(chrono::Duration::hours(1));

    let other = world.sandbox.tenant("other");
    for name in ["ELDER Ltd", "Alder", "Birch", "Willow", "Cedar"] {
        other.act(Act::AddCustomer { name: name.into() }).expect("any name will do");
    }
    let save =
        "mutation($input: SaveHaloConnectionInput!) { saveHaloConnection(input: $input) { userErrors { code } } }";
    let details = |decision: &str| {
        json!({ "input": { "url": other.url(), "applicationClientId": other.client_id(),
                           "clientSecret": other.client_secret(), "tenantChange": decision } })
    };
    let saved = api.data(&world.admin().await, save, details("ARCHIVE")).await;
    assert_eq!(saved["saveHaloConnection"]["userErrors"], json!([]));
    let before = archived(&api).await;
    assert_eq!(before.len(), 4);
    assert!(before.iter().all(|row| row["results"].is_array()), "their history is kept: {before:?}");

    let list = "{ partner { haloMappingSuggestions {
        nodes { kind client { name } candidates { reason customer { name } } } } } }";
    let listed = api.data(&world.admin().await, list, json!({})).await;
    let found: Vec<_> = listed["partner"]["haloMappingSuggestions"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let candidate = &node["candidates"][0];
            json!([node["client"]["name"], node["kind"], candidate["customer"]["name"], candidate["reason"]])
        })
        .collect();
    assert_eq!(
        found,
        [
            json!(["Alder", "EXACT", "ELDER Ltd", "EARLIER_CUSTOMER"]),
            json!(["Birch", "EXACT", "Birch", "EARLIER_CUSTOMER"]),
            json!(["Cedar", "EXACT", "Cedar", "SAME_NAME"]),
            json!(["Dogwood", "NONE", null, null]),
        ]
    );

    let mark = world.mark();
    assert_eq!(accept(&api, json!({})).await["result"]["mapped"], 3);
    let run = world.open_run().await.expect("there is something to create");
    world.work(run).await;
    world.set_users("Alder", 9).await;
    world.sync().await;
    let billed = |name: &str| {
        let records = other.live_subscriptions_of(other.customer_named(name).id, VENDOR);
        records.iter().map(|record| record.count).collect::<Vec<_>>()
    };
    assert_eq!((billed("ELDER Ltd"), billed("Birch"), billed("Cedar")), (vec![9.0], vec![4.0], vec![5.0]));
    assert_eq!((billed("Alder"), billed("Willow")), (vec![], vec![]));
    assert_eq!(world.writes_since(mark), 0, "the Halo before is not written");
    assert_eq!(archived(&api).await, before, "nor is what was archived");
}

#[tokio::test]
async fn refused_input_maps_nothing() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let code = async |input| accept(&api, input).await["userErrors"][0]["code"].take();
    assert_eq!(code(json!({})).await, "NOT_CONNECTED");
    api.world.connect().await;
    let many: Vec<_> = (0..201).map(|number| format!("client_{number}")).collect();
    assert_eq!(code(json!({ "exceptClientIds": many })).await, "TOO_MANY");
    api.world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    assert_eq!(code(json!({})).await, "HALO_UNAVAILABLE");
    assert_eq!(api.world.associations().await.len(), 0);
}
