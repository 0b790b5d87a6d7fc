//! The file of mappings: exported, edited and imported.

use infima_halo::auth::Role;
use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::ops::roster::import::Roster;
use serde_json::{Value, json};

use crate::graphql::matrix::add_other_partner;
use crate::support::served::{Reply, Served};
use crate::support::world::{PARTNER, World};

async fn export(served: &Served, token: &str, query: &str) -> Reply {
    let request = served.client.get(format!("http://{}/exports/halo-mappings.csv{query}", served.address));
    Reply::of(if token.is_empty() { request } else { request.bearer_auth(token) }).await
}

async fn rename(world: &World, client: &str, name: &str) {
    let record = ClientRecord {
        external_id: format!("{PARTNER}/{client}"),
        partner_external_id: PARTNER.into(),
        name: name.into(),
        state: RosterState::Active,
        version: 1_000,
    };
    world.import(Roster { clients: vec![record], ..Roster::default() }).await;
}

#[tokio::test]
async fn export_that_a_user_fills_in_is_imported() {
    let clients = [("Alder", 3), ("Birch", 4), ("Cedar", 5)];
    let served = Served::over(World::builder().clients(&clients).only(&["Cedar"]).mapped().build().await);
    let served = served.await;
    let world = &served.world;
    let (alder, birch, cedar) = (world.client("Alder").await, world.client("Birch").await, world.client("Cedar").await);
    // Names come from other companies.
    rename(world, "Alder", "=HYPERLINK(\"https://evil.example\")").await;
    let reply = export(&served, &served.token(Role::PartnerViewer, Some(PARTNER)), "").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"halo-mappings.csv\"");
    let text = reply.body.as_str().expect("text");
    let customer = world.customer("Cedar");
    assert_eq!(
        text,
        format!(
            "\u{feff}infima_client_id,client_name,halo_customer_id,halo_customer_name\r\n\
             {alder},\"'=HYPERLINK(\"\"https://evil.example\"\")\",,\r\n{birch},Birch,,\r\n{cedar},Cedar,{customer},Cedar\r\n"
        )
    );
    let filled = text.replace("Birch,,", &format!("Birch,{},", world.customer("Birch")));
    let import = "mutation($csv: String!) { importHaloMappings(input: { csv: $csv }) {
        result { mapped alreadyMapped withoutCustomer } userErrors { message } } }";
    let imported = served.data(&served.admin(), import, json!({ "csv": filled })).await;
    assert_eq!(
        imported["importHaloMappings"],
        json!({ "result": { "mapped": 1, "alreadyMapped": 1, "withoutCustomer": 1 }, "userErrors": [] })
    );
    let after = export(&served, &served.admin(), "").await;
    let after = after.body.as_str().expect("text").to_owned();
    assert!(after.contains(&format!("Birch,{},Birch\r\n", world.customer("Birch"))), "{after}");
}

#[tokio::test]
async fn export_of_many_synced_clients_is_imported_with_new_lines() {
    let names: Vec<_> = (0..47).map(|number| (format!("Company {number:02}"), 1)).collect();
    let synced: Vec<_> = names[..45].iter().map(|(name, _)| name.as_str()).collect();
    let world = World::builder().clients(&names).only(&synced).unlimited_requests().synced().build().await;
    let served = Served::over(world).await;
    let text = export(&served, &served.admin(), "").await.body.as_str().expect("text").to_owned();
    let filled = ["Company 45", "Company 46"].iter().fold(text, |text, name| {
        text.replace(&format!("{name},,"), &format!("{name},{},", served.world.customer(name)))
    });
    let import = "mutation($csv: String!) { importHaloMappings(input: { csv: $csv }) {
        result { mapped alreadyMapped invalid } userErrors { message } } }";
    let mark = served.world.mark();
    let imported = served.data(&served.admin(), import, json!({ "csv": filled })).await;
    assert_eq!(
        imported["importHaloMappings"],
        json!({ "result": { "mapped": 2, "alreadyMapped": 45, "invalid": 0 }, "userErrors": [] })
    );
    let requests = served.world.mark() - mark;
    assert!(requests <= 20, "{requests} requests");
}

#[tokio::test]
async fn export_is_for_those_who_may_view_the_partner() {
    let served = Served::over(World::builder().clients(&[("Alder", 3)]).mapped().build().await).await;
    add_other_partner(&served.world).await;
    let (own, other) = (served.world.partner().await, served.world.partner_named("other").await);
    let (support, admin) = (served.support(), served.admin());
    let platform = served.token(Role::Platform, None);
    for (token, query, status, code) in [
        ("", String::new(), 401, "UNAUTHENTICATED"),
        (&*admin, format!("?partnerId={other}"), 404, "NOT_FOUND"),
        (&*admin, "?partnerId=nonsense".into(), 404, "NOT_FOUND"),
        (&*platform, format!("?partnerId={own}"), 403, "FORBIDDEN"),
        (&*support, String::new(), 400, "BAD_USER_INPUT"),
        (&*support, format!("?partnerId=partner_{}", "0".repeat(32)), 404, "NOT_FOUND"),
        (&*admin, format!("?partnerId={own}"), 200, ""),
        (&*support, format!("?partnerId={own}"), 200, ""),
    ] {
        let reply = export(&served, token, &query).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{query}: {}", reply.body);
        if status == 200 {
            let text = reply.body.as_str().unwrap();
            assert!(text.contains("Alder") && !text.contains("Dogwood"), "{text}");
        } else {
            assert!(reply.is_well_put(), "{}", reply.body);
        }
    }
    let read = "query($id: ID!) { partner(id: $id) { activity(first: 1, action: [SUPPORT_READ]) { nodes {
        changes { name after } } } } }";
    let entries = served.data(&admin, read, json!({ "id": own.to_string() })).await;
    let entry: &Value = &entries["partner"]["activity"]["nodes"][0]["changes"][0];
    assert_eq!(entry, &json!({ "name": "OPERATION", "after": "halo-mappings.csv" }), "{entries}");
}

#[tokio::test]
async fn export_of_many_clients_is_whole() {
    let served = Served::over(World::builder().connected().build().await).await;
    let clients = (0..1_203).map(|number| ClientRecord {
        external_id: format!("{PARTNER}/{number}"),
        partner_external_id: PARTNER.into(),
        // Names that are equal are distinguished by their ids.
        name: format!("Company {}", number / 3),
        state: RosterState::Active,
        version: 1,
    });
    served.world.import(Roster { clients: clients.collect(), ..Roster::default() }).await;
    let reply = export(&served, &served.admin(), "").await;
    let text = reply.body.as_str().expect("text").to_owned();
    let ids: std::collections::BTreeSet<_> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!((text.lines().count(), ids.len()), (1_204, 1_203));
}
