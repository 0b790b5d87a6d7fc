//! Suggestions of customers for all unmapped clients.

use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

const SUGGESTIONS: &str = "query($first: Int, $after: String, $kind: [HaloMappingSuggestionKind!]) { partner {
    haloMappingSuggestions(first: $first, after: $after, kind: $kind) {
        totalCount customersReadAt counts { exact ambiguous similar none } pageInfo { hasNextPage endCursor }
        nodes { kind client { name } candidates { score reason customer { name associatedClients { name } } } }
    } } }";

async fn suggestions(api: &Api, variables: Value) -> Value {
    let admin = api.world.admin().await;
    api.data(&admin, SUGGESTIONS, variables).await["partner"]["haloMappingSuggestions"].take()
}

/// A line for each suggestion: the client, the kind, and the candidates.
fn lines(found: &Value) -> Vec<String> {
    let line = |node: &Value| {
        let candidate = |it: &Value| {
            format!("{} {} {}", it["customer"]["name"].as_str().unwrap(), it["score"], it["reason"].as_str().unwrap())
        };
        let candidates: Vec<_> = node["candidates"].as_array().unwrap().iter().map(candidate).collect();
        let (client, kind) = (node["client"]["name"].as_str().unwrap(), node["kind"].as_str().unwrap());
        format!("{client}: {kind} {}", candidates.join(", ")).trim_end().to_owned()
    };
    found["nodes"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn each_unmapped_client_has_a_suggestion() {
    let clients = ["Alder GmbH", "Birch", "Cedar", "Dogwood", "Elm Dental", "Fir", "Gone", "Hazel", "Juniper"];
    let clients = clients.map(|name| (name, 0));
    let customers = ["ALDER", "Birch", "Birch Ltd", "Cedar", "Dogwood", "Elm Veterinary", "Dogwood Trading", "Hazel"];
    let api = Api::over(World::builder().clients(&clients).customers(&customers).connected().build().await);
    let dogwood = api.world.mapping("Fir", "Dogwood").await;
    assert_eq!(api.world.associate(&[dogwood]).await.expect("it is free").errors, []);
    api.world.archive_client("Gone").await;
    let inactive = Act::SetCustomerActive { id: api.world.customer("Hazel").0, active: false };
    api.world.tenant.act(inactive).expect("it is there");

    let found = suggestions(&api, json!({})).await;
    assert_eq!(
        lines(&found),
        [
            "Alder GmbH: EXACT ALDER 100 SAME_NAME",
            "Birch: AMBIGUOUS Birch 100 SAME_NAME, Birch Ltd 100 SAME_NAME",
            "Cedar: EXACT Cedar 100 SAME_NAME",
            "Dogwood: SIMILAR Dogwood 100 SAME_NAME",
            "Elm Dental: SIMILAR Elm Veterinary 50 SHARED_WORDS",
            "Hazel: NONE",
            "Juniper: NONE",
        ]
    );
    assert_eq!(found["counts"], json!({ "exact": 2, "ambiguous": 1, "similar": 2, "none": 2 }));
    assert_eq!(found["totalCount"], 7);
    let owner = &found["nodes"][3]["candidates"][0]["customer"]["associatedClients"];
    assert_eq!(owner, &json!([{ "name": "Fir" }]));

    let narrowed = suggestions(&api, json!({ "kind": ["AMBIGUOUS", "NONE"] })).await;
    let names: Vec<_> = lines(&narrowed).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!((names, &narrowed["totalCount"]), (["Birch", "Hazel", "Juniper"].map(String::from).into(), &json!(3)));
    assert_eq!(narrowed["counts"], found["counts"]);
}

#[tokio::test]
async fn suggestions_are_paged_and_read_once() {
    let clients = [("alder", 0), ("Birch", 0), ("CEDAR", 0), ("dogwood", 0), ("Elm", 0)];
    let api = Api::over(World::builder().clients(&clients).connected().build().await);
    let mark = api.world.mark();
    let (mut names, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = suggestions(&api, json!({ "first": 2, "after": after })).await;
        names.extend(lines(&page));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(names.len(), 5);
    assert!(names.is_sorted_by_key(|line| line.to_lowercase()), "{names:?}");
    let reads = |call| api.world.tenant.journal()[mark..].iter().filter(|entry| entry.call == call).count();
    assert_eq!((reads(Call::CustomerList), reads(Call::CustomerSingle)), (2, 0), "one page, and the proof of its end");
}

#[tokio::test]
async fn unreachable_halo_leaves_the_partner_intact() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).connected().build().await);
    let admin = api.world.admin().await;
    api.world.tenant.inject(Fault::CutBefore, Matching::any(), Lasting::Sticky);
    let question = "{ partner { name haloMappingSuggestions { totalCount } } }";
    let answer = api.ask(&admin, question, json!({})).await;
    assert_eq!(answer["data"]["partner"], json!({ "name": "NORTHWIND", "haloMappingSuggestions": null }));
    assert_eq!(answer["errors"][0]["code"], "HALO_UNREACHABLE");
    // A failure is not remembered.
    api.world.tenant.clear_faults();
    assert_eq!(suggestions(&api, json!({})).await["totalCount"], 1);
}

#[tokio::test]
async fn accepting_reads_the_customers_again() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 1)]).customers(&["Alder"]).connected().build().await;
    let api = Api::over(world);
    assert_eq!(suggestions(&api, json!({})).await["counts"]["none"], 1);
    api.world.tenant.act(Act::AddCustomer { name: "Birch".into() }).expect("done by hand");
    assert_eq!(suggestions(&api, json!({})).await["counts"]["none"], 1, "the list is remembered");
    let accept = "mutation { acceptHaloMappingSuggestions(input: {}) { result { mapped } } }";
    let accepted = api.data(&api.world.admin().await, accept, json!({})).await;
    assert_eq!(accepted["acceptHaloMappingSuggestions"]["result"]["mapped"], 2);
    assert_eq!(suggestions(&api, json!({})).await["totalCount"], 0);
}
