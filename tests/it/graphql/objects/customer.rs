//! Halo's customers, and what their absence leaves intact.

use infima_halo::sandbox::{Act, AgentLevels, Call, CustomerSeed, Fault, Lasting, Level, Matching, TenantSeed};
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
    api.world.tenant.inject(Fault::CutBefore, Matching::any(), Lasting::Sticky);
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
          "message": "Halo did not answer. Check the address, or try again in a few minutes."
        },
        {
          "code": "HALO_UNREACHABLE",
          "field": null,
          "message": "Halo did not answer. Check the address, or try again in a few minutes."
        }
      ]
    }
    "#);
}

/// Only what heals by itself has a code whose handling is "retry".
#[tokio::test]
async fn query_that_halo_does_not_answer_has_the_code_that_is_true() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let admin = api.world.admin().await;
    let levels =
        |customers| Act::SetAgentLevels(AgentLevels { customers, licensing: Level::Modify, invoices: Level::Read });
    let question = "{ haloCustomers(search: \"a\") { totalCount } }";
    let error = async || api.ask(&admin, question, json!({})).await["errors"][0].take();
    for (fault, code) in [
        (Fault::Maintenance, "HALO_UNAVAILABLE"),
        (Fault::HtmlOk, "HALO_UNAVAILABLE"),
        (Fault::CutBefore, "HALO_UNREACHABLE"),
        (Fault::WrongShape, "HALO_ANSWER_NOT_UNDERSTOOD"),
        (Fault::RateLimitedSeconds(30), "HALO_RATE_LIMITED"),
    ] {
        api.world.tenant.inject(fault, Matching::call(Call::CustomerList), Lasting::Sticky);
        assert_eq!(error().await["code"], code, "{fault:?}");
        api.world.tenant.clear_faults();
    }
    // The pause that Halo asked for is Halo's, also for the next question.
    let paused = error().await;
    assert_eq!(paused["code"], "HALO_RATE_LIMITED");
    assert!(paused["message"].as_str().is_some_and(|it| it.contains("Try again in ")), "{paused}");
    api.world.end_pauses().await;

    api.world.tenant.act(levels(Level::None)).expect("done by hand");
    let refused = error().await;
    assert_eq!(refused["code"], "HALO_PERMISSION_MISSING");
    assert!(refused["message"].as_str().is_some_and(|it| it.contains("Customers Access Level")), "{refused}");
    api.world.tenant.act(levels(Level::Read)).expect("done by hand");
    api.world.tenant.act(Act::RotateSecret).expect("done by hand");
    assert_eq!(error().await["code"], "HALO_CREDENTIALS_REJECTED");
}

#[tokio::test]
async fn query_beyond_our_own_budget_does_not_blame_halo() {
    let world = World::builder()
        .clients(&[("Alder", 3)])
        .connected()
        .set("INFIMA_HALO_REQUESTS", 20)
        .set("INFIMA_HALO_INTERACTIVE_RESERVE", 15)
        .build()
        .await;
    let api = Api::over(world);
    let admin = api.world.admin().await;
    for number in 0..20 {
        // The same search would not be sent again.
        let search = format!("{{ haloCustomers(search: \"a{number}\") {{ totalCount }} }}");
        let answer = api.ask(&admin, &search, json!({})).await;
        let error = &answer["errors"][0];
        if error["code"] == Value::Null {
            continue;
        }
        assert_eq!(error["code"], "HALO_BUDGET_EXHAUSTED", "{answer}");
        assert!(
            error["message"].as_str().is_some_and(|it| it.starts_with("INFIMA limits its own requests")),
            "{answer}"
        );
        return;
    }
    panic!("twenty requests and more were sent");
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

#[tokio::test]
async fn customers_of_one_name_differ_by_what_halo_has() {
    let mut tenant = TenantSeed::with_customers("northwind", ["Alder"]);
    tenant.customers.push(CustomerSeed::named("Twin").at(
        " Main  office ",
        "https://www.Twin.example/about",
        "+1 555 0100",
        "1 High Street",
    ));
    tenant.customers.push(CustomerSeed::named("Twin").at("", "twin.example:443", "", ""));
    let api = Api::over(World::builder().clients(&[("Alder", 0)]).tenant(tenant).connected().build().await);
    let search = "{ haloCustomers(search: \"Twin\") { nodes { name siteName domain phone address } } }";
    let found = api.data(&api.world.admin().await, search, json!({})).await["haloCustomers"]["nodes"].take();
    let whole = json!({ "name": "Twin", "siteName": "Main office", "domain": "twin.example", "phone": "+1 555 0100",
        "address": "1 High Street" });
    let bare = json!({ "name": "Twin", "siteName": null, "domain": "twin.example", "phone": null, "address": null });
    assert_eq!(found, json!([whole, bare]));
}
