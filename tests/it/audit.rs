//! The audit log: a row for each change and for each operation of support's, which nobody changes afterwards.

use infima_halo::auth::Role;
use infima_halo::ops::housekeeping;
use infima_halo::sandbox::TenantSeed;
use serde_json::{Value, json};
use sqlx::Row;

use crate::matrix::add_other_partner;
use crate::support::served::Served;
use crate::support::world::{PARTNER, World};

/// A partner that is connected, mapped and synced, and its id.
async fn synced() -> (Served, String) {
    let world = World::with_clients(&[("Alder", 3), ("Birch", 5)]).await;
    world.connect().await;
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    world.work(run).await;
    let partner = world.partner().await.to_string();
    (Served::over(world).await, partner)
}

/// Acts, actors' roles, reasons and what is different since, the oldest first.
async fn entries(served: &Served) -> Vec<(String, String, Option<String>, Value)> {
    sqlx::query("select act, actor ->> 'role' as role, reason, after from activity order by at, id")
        .fetch_all(&served.world.database.owner().await)
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get("act"), row.get("role"), row.get("reason"), row.get::<Option<Value>, _>("after").into()))
        .collect()
}

async fn forget(served: &Served) {
    sqlx::query("delete from activity").execute(&served.world.database.owner().await).await.unwrap();
}

fn read(operation: Option<&str>) -> (String, String, Option<String>, Value) {
    let after = operation.map_or(Value::Null, |operation| json!({ "operation": operation }));
    ("support.read".into(), "support".into(), None, after)
}

#[tokio::test]
async fn each_operation_of_supports_leaves_a_row_for_each_partner_it_looked_at() {
    let (served, partner) = synced().await;
    add_other_partner(&served.world).await;
    let run: String = {
        let runs = "query($p: ID) { partner(id: $p) { haloSyncRuns(first: 1) { nodes { id } } } }";
        let data = served.data(&served.admin(), runs, json!({ "p": partner })).await;
        data["partner"]["haloSyncRuns"]["nodes"][0]["id"].as_str().unwrap().to_owned()
    };
    let token = served.support();
    let one = [
        ("query Look($p: ID) { partner(id: $p) { name clients(first: 5) { nodes { name haloAssociation { status } } }
            activity(first: 5) { totalCount } } a: partner(id: $p) { externalId } }", Some("Look")),
        ("query($p: ID) { partner(id: $p) { name } }", None),
        ("query Customers($p: ID) { haloCustomers(search: \"\", partnerId: $p) { totalCount } }", Some("Customers")),
        ("query Preview($p: ID) { haloSyncPreview(partnerId: $p) { complete } }", Some("Preview")),
        ("query Node($p: ID!) { node(id: $p) { id } }", Some("Node")),
    ];
    for (document, name) in one {
        forget(&served).await;
        served.data(&token, document, json!({ "p": partner })).await;
        assert_eq!(entries(&served).await, [read(name)], "{document}");
    }
    forget(&served).await;
    served.data(&token, "query Run($id: ID!) { haloSyncRun(id: $id) { status } }", json!({ "id": run })).await;
    let follow = "subscription Follow($id: ID!) { haloSyncRun(id: $id) { status partner { name } } }";
    served.events(&token, follow, json!({ "id": run })).await;
    assert_eq!(entries(&served).await, [read(Some("Run")), read(Some("Follow"))]);

    // A list shows several partners, and each of them hears of it.
    forget(&served).await;
    served.data(&token, "query All { partners(first: 10) { nodes { name } } }", json!({})).await;
    assert_eq!(entries(&served).await, [read(Some("All")), read(Some("All"))]);

    // Whoever looks at nobody, or at a partner that does not exist, leaves nothing; nor does a partner looking at itself.
    forget(&served).await;
    served.data(&token, "{ viewer { role } partner(id: \"partner_0\") { name } }", json!({})).await;
    let nobody = json!({ "p": format!("partner_{}", "0".repeat(32)) });
    served.data(&token, "query($p: ID) { partner(id: $p) { name } }", nobody).await;
    served.data(&served.admin(), "{ partner { name activity(first: 1) { totalCount } } }", json!({})).await;
    assert_eq!(entries(&served).await, []);
}

#[tokio::test]
async fn what_support_changes_has_a_reason_and_one_row() {
    let (served, partner) = synced().await;
    let token = served.support();
    forget(&served).await;
    let sync = "mutation Sync($p: ID, $why: String) { requestHaloSync(input: { partnerId: $p, reason: $why }) {
        run { partner { name } } userErrors { code } } }";
    let recheck = "mutation Check($p: ID, $why: String) { testHaloConnection(input: { partnerId: $p, reason: $why }) {
        test { works } haloConnection { url } userErrors { code } } }";
    for document in [sync, recheck] {
        for why in [Value::Null, json!(" ")] {
            let data = served.data(&token, document, json!({ "p": partner, "why": why })).await;
            assert!(data.to_string().contains("REASON_REQUIRED"), "{data}");
        }
    }
    // Nothing was done, but somebody tried.
    assert_eq!(
        entries(&served).await,
        [read(Some("Sync")), read(Some("Sync")), read(Some("Check")), read(Some("Check"))]
    );
    forget(&served).await;
    for document in [sync, recheck] {
        served.data(&token, document, json!({ "p": partner, "why": "ticket 7" })).await;
    }
    let told: Vec<_> = entries(&served).await.into_iter().map(|(act, role, why, _)| (act, role, why)).collect();
    let why = Some("ticket 7".to_owned());
    assert_eq!(
        told,
        [
            ("sync.requested".to_owned(), "support".to_owned(), why.clone()),
            ("connection.rechecked".into(), "support".into(), why)
        ]
    );
}

#[tokio::test]
async fn partners_see_infima_support_and_support_sees_the_person() {
    let (served, partner) = synced().await;
    let look = "query Look($p: ID) { partner(id: $p) { name } }";
    let looked = served.ask(&served.support(), look, json!({ "p": partner })).await;
    let activity = "query Log($p: ID) { partner(id: $p) { activity(first: 1) { nodes {
        action actor { name role } changes { name before after } requestId } } } }";
    let entry = |mut data: Value| data["partner"]["activity"]["nodes"][0].take();
    let seen = entry(served.data(&served.admin(), activity, json!({ "p": partner })).await);
    let changes = json!([{ "name": "operation", "before": null, "after": "Look" }]);
    assert_eq!(
        seen,
        json!({ "action": "support.read", "actor": { "name": "INFIMA support", "role": "SUPPORT" },
            "changes": changes, "requestId": looked.header("x-request-id") })
    );
    let seen = entry(served.data(&served.support(), activity, json!({ "p": partner })).await);
    assert_eq!(seen["actor"]["name"], "Sam Example");
}

/// What cannot be written down is not shown either.
#[tokio::test]
async fn no_row_no_answer() {
    let (served, partner) = synced().await;
    let owner = served.world.database.owner().await;
    sqlx::query("revoke insert on activity from infima_app").execute(&owner).await.unwrap();
    let reply =
        served.ask(&served.support(), "query($p: ID) { partner(id: $p) { name } }", json!({ "p": partner })).await;
    assert_eq!((reply.status, reply.code(), &reply.body["data"]), (500, "INTERNAL", &Value::Null));
    assert!(!reply.body.to_string().contains("NORTHWIND"), "{}", reply.body);
}

#[tokio::test]
async fn each_change_has_one_row_with_who_and_what() {
    let world = World::start(TenantSeed::with_customers("northwind", ["Alder"])).await;
    world.import_partner(PARTNER, &[("Alder", 1)]).await;
    let served = Served::over(world).await;
    let token = served.admin();
    let (tenant, world) = (&served.world.tenant, &served.world);
    let client = world.client("Alder").await.to_string();
    let changes = [
        (
            "connection.saved",
            "mutation($v: SaveHaloConnectionInput!) { saveHaloConnection(input: $v) { userErrors { code } } }",
            json!({ "url": tenant.url(), "applicationClientId": tenant.client_id(), "clientSecret": tenant.client_secret() }),
        ),
        (
            "connection.rechecked",
            "mutation($v: TestHaloConnectionInput!) { testHaloConnection(input: $v) { userErrors { code } } }",
            json!({}),
        ),
        (
            "association.saved",
            "mutation($v: SaveHaloClientAssociationsInput!) {
                saveHaloClientAssociations(input: $v) { userErrors { code } } }",
            json!({ "associations": [{ "clientId": client, "haloCustomerId": world.customer("Alder").0 }] }),
        ),
        (
            "sync.requested",
            "mutation($v: RequestHaloSyncInput!) { requestHaloSync(input: $v) { userErrors { code } } }",
            json!({}),
        ),
        (
            "settings.changed",
            "mutation($v: UpdateHaloSyncSettingsInput!) { updateHaloSyncSettings(input: $v) { userErrors { code } } }",
            json!({ "nightly": false }),
        ),
        (
            "connection.removed",
            "mutation($v: DisconnectHaloInput!) { disconnectHalo(input: $v) { userErrors { code } } }",
            json!({}),
        ),
    ];
    for (act, document, input) in changes {
        forget(&served).await;
        let data = served.data(&token, document, json!({ "v": input })).await;
        assert!(data.to_string().contains("\"userErrors\":[]"), "{act}: {data}");
        let written: Vec<_> = entries(&served).await.into_iter().map(|(act, role, ..)| (act, role)).collect();
        assert_eq!(written, [(act.to_owned(), "partner_admin".to_owned())]);
        let raw: Vec<String> = sqlx::query_scalar("select activity::text from activity")
            .fetch_all(&world.database.owner().await)
            .await
            .unwrap();
        assert!(!raw[0].contains(&tenant.client_secret()), "{act} shows the secret");
    }
}

#[tokio::test]
async fn pruning_removes_what_is_past_its_time_and_nothing_else() {
    let (served, _) = synced().await;
    let (owner, app) = (served.world.database.owner().await, served.world.database.app().await);
    let before = entries(&served).await.len();
    // Set back behind the app's back; the world's clock is not the database's.
    sqlx::query("update activity set at = now() - interval '2 years' + interval '1 hour'")
        .execute(&owner)
        .await
        .unwrap();
    sqlx::query(
        "insert into activity (id, partner_id, at, actor, act)
         select gen_random_uuid(), id, now() - interval '2 years 1 hour', '{}', 'old' from partners",
    )
    .execute(&owner)
    .await
    .unwrap();
    let (_, gone) = housekeeping::prune(served.world.ops()).await.unwrap();
    assert_eq!(gone, 1);
    assert_eq!(entries(&served).await.len(), before);
    // It takes no wish about what goes, and nobody but the app may call it.
    let (_, gone) = housekeeping::prune(served.world.ops()).await.unwrap();
    assert_eq!(gone, 0);
    let open: bool = sqlx::query_scalar("select has_function_privilege('public', 'prune_activity()', 'execute')")
        .fetch_one(&app)
        .await
        .unwrap();
    assert!(!open);
}

/// Scopes come from one place, so that no field can show support a partner without leaving a row.
#[test]
fn graphql_gets_its_scopes_where_reads_are_noted() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let code = std::fs::read_to_string(&path).unwrap();
        let asks = code.contains(" permit(") || code.contains("(permit(") || code.contains("PartnerScope::for_worker");
        assert!(!asks || path.ends_with("reads.rs"), "{} asks the policy past `Reads`", path.display());
    }
}

#[tokio::test]
async fn the_platform_leaves_no_row_of_supports() {
    let (served, _) = synced().await;
    forget(&served).await;
    let token = served.token(Role::Platform, None);
    served.data(&token, "mutation { importRoster(input: {}) { userErrors { code } } }", json!({})).await;
    assert_eq!(entries(&served).await, []);
}
