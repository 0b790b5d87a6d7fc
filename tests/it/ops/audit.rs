//! The audit log: a row for each change and for each operation of support, which no one changes
//! afterwards.

use infima_halo::auth::Role;
use infima_halo::ids::RunId;
use infima_halo::ops::admin::housekeeping::Job;
use infima_halo::ops::admin::request_failed_since;
use infima_halo::ops::admin::{self, housekeeping};
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching, TenantId};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::postgres::PgListener;

use crate::graphql::matrix::add_other_partner;
use crate::support::served::Served;
use crate::support::world::{MORNING, PARTNER, World};

/// A served world of a synced partner, and the partner's id.
async fn synced() -> (Served, String) {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let partner = world.partner().await.to_string();
    (Served::over(world).await, partner)
}

/// Actions, actors' roles, reasons and changed values since then, the oldest first.
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
async fn support_read_is_logged_for_each_partner() {
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

    // A list shows several partners, and each of them gets a row.
    forget(&served).await;
    served.data(&token, "query All { partners(first: 10) { nodes { name } } }", json!({})).await;
    assert_eq!(entries(&served).await, [read(Some("All")), read(Some("All"))]);

    // Reading no partner, or one that does not exist, leaves no row; nor does a partner that reads
    // itself.
    forget(&served).await;
    served.data(&token, "{ viewer { role } partner(id: \"partner_0\") { name } }", json!({})).await;
    let unknown_partner = json!({ "p": format!("partner_{}", "0".repeat(32)) });
    served.data(&token, "query($p: ID) { partner(id: $p) { name } }", unknown_partner).await;
    served.data(&served.admin(), "{ partner { name activity(first: 1) { totalCount } } }", json!({})).await;
    assert_eq!(entries(&served).await, []);
}

#[tokio::test]
async fn support_mutation_requires_a_reason_and_is_logged_once() {
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
    // Nothing was done, but the attempts are logged.
    assert_eq!(
        entries(&served).await,
        [read(Some("Sync")), read(Some("Sync")), read(Some("Check")), read(Some("Check"))]
    );
    forget(&served).await;
    for document in [sync, recheck] {
        served.data(&token, document, json!({ "p": partner, "why": "ticket 7" })).await;
    }
    let logged: Vec<_> = entries(&served).await.into_iter().map(|(act, role, why, _)| (act, role, why)).collect();
    let why = Some("ticket 7".to_owned());
    assert_eq!(
        logged,
        [
            ("sync.requested".to_owned(), "support".to_owned(), why.clone()),
            ("connection.rechecked".into(), "support".into(), why)
        ]
    );
}

/// By then Halo has already been queried on the partner's account.
#[tokio::test]
async fn support_read_cut_by_the_client_is_logged() -> anyhow::Result<()> {
    let (served, partner) = synced().await;
    forget(&served).await;
    let tenant = &served.world.tenant;
    tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Once);
    let search = "query Customers($p: ID) { haloCustomers(search: \"\", partnerId: $p) { totalCount } }";
    let (token, mut news) = (served.support(), PgListener::connect_with(&served.world.owner).await?);
    sqlx::raw_sql(
        "create function announce_entry() returns trigger language plpgsql as
             $$ begin perform pg_notify('entry', new.act); return null; end $$;
         create trigger announce_entry after insert on activity for each row execute function announce_entry();",
    )
    .execute(&served.world.owner)
    .await?;
    news.listen("entry").await?;
    tokio::select! {
        reply = served.ask(&token, search, json!({ "p": partner })) => panic!("Halo holds it: {reply:?}"),
        // Dropping the request closes its connection.
        () = tenant.until(|tenant| tenant.held() == 1) => {}
    }
    let heard = tokio::time::timeout(std::time::Duration::from_secs(20), news.recv()).await;
    assert_eq!(heard.expect("something is written")?.payload(), "support.read");
    assert_eq!(entries(&served).await, [read(Some("Customers"))]);
    tenant.release();
    Ok(())
}

#[tokio::test]
async fn support_read_is_logged_before_halo_is_queried() {
    let (served, partner) = synced().await;
    forget(&served).await;
    let tenant = &served.world.tenant;
    tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Once);
    let search = "query Customers($p: ID) { haloCustomers(search: \"\", partnerId: $p) { totalCount } }";
    let token = served.support();
    tokio::select! {
        reply = served.ask(&token, search, json!({ "p": partner })) => panic!("Halo holds it: {reply:?}"),
        () = async {
            tenant.until(|tenant| tenant.held() == 1).await;
            assert_eq!(entries(&served).await, [read(Some("Customers"))]);
        } => {}
    }
    tenant.release();
}

#[tokio::test]
async fn refused_support_mutation_is_logged_for_its_partner() {
    let (served, partner) = synced().await;
    let token = served.support();
    let unknown_partner = format!("partner_{}", "0".repeat(32));
    for (act, document) in [
        (
            "SaveConnection",
            "mutation Try($p: ID) { saveHaloConnection(input: { partnerId: $p, url: \"https://x.halopsa.com\",
                clientSecret: \"typed\" }) { userErrors { code } } }",
        ),
        (
            "TestTypedConnection",
            "mutation Try($p: ID) { testHaloConnection(input: { partnerId: $p, clientSecret: \"typed\", reason: \"x\" }) {
                userErrors { code } } }",
        ),
        ("Disconnect", "mutation Try($p: ID) { disconnectHalo(input: { partnerId: $p }) { userErrors { code } } }"),
    ] {
        forget(&served).await;
        let mut unknown = served.ask(&token, document, json!({ "p": unknown_partner })).await;
        assert_eq!(entries(&served).await, [], "{act}");
        let mut known = served.ask(&token, document, json!({ "p": partner })).await;
        let after = json!({ "operation": "Try", "refused": act });
        assert_eq!(entries(&served).await, [("support.refused".into(), "support".into(), None, after)]);
        assert_eq!(known.code(), "FORBIDDEN");
        // The response does not reveal which partners exist.
        for reply in [&mut unknown, &mut known] {
            reply.body["errors"][0]["extensions"]["requestId"].take();
        }
        assert_eq!((unknown.status, unknown.body), (known.status, known.body));
    }
}

#[tokio::test]
async fn support_name_is_shown_only_to_support() {
    let (served, partner) = synced().await;
    let look = "query Look($p: ID) { partner(id: $p) { name } }";
    let looked = served.ask(&served.support(), look, json!({ "p": partner })).await;
    let activity = "query Log($p: ID) { partner(id: $p) { activity(first: 1) { nodes {
        action actor { name role } changes { name before after } requestId } } } }";
    let entry = |mut data: Value| data["partner"]["activity"]["nodes"][0].take();
    let seen = entry(served.data(&served.admin(), activity, json!({ "p": partner })).await);
    let changes = json!([{ "name": "OPERATION", "before": null, "after": "Look" }]);
    assert_eq!(
        seen,
        json!({ "action": "SUPPORT_READ", "actor": { "name": "INFIMA support", "role": "SUPPORT" },
            "changes": changes, "requestId": looked.header("x-request-id") })
    );
    let seen = entry(served.data(&served.support(), activity, json!({ "p": partner })).await);
    assert_eq!(seen["actor"]["name"], "Sam Example");
}

/// Data whose read cannot be logged is not shown.
#[tokio::test]
async fn audit_write_failure_fails_the_request() -> anyhow::Result<()> {
    let (served, partner) = synced().await;
    let owner = served.world.database.owner().await;
    sqlx::query("revoke insert on activity from infima_app").execute(&owner).await?;
    let reply =
        served.ask(&served.support(), "query($p: ID) { partner(id: $p) { name } }", json!({ "p": partner })).await;
    assert_eq!((reply.status, reply.code(), &reply.body["data"]), (500, "INTERNAL", &Value::Null));
    assert!(!reply.body.to_string().contains("NORTHWIND"), "{}", reply.body);
    Ok(())
}

/// Brings about a problem that a user has to resolve, and runs the sync that finds it. Gives the
/// association's id.
async fn meet_trouble(world: &World, act: &str) -> String {
    let id = world.association("Alder").await.id;
    match act {
        "subscription.recreated" => {
            world.look().await;
            let subscription = world.record_of("Alder").await.id;
            world.tenant.act(Act::DeleteSubscription { id: subscription }).unwrap();
            world.sync().await;
        }
        "subscription.resolved" => {
            // A create with an unclear outcome, twice.
            world.look().await;
            sqlx::query(
                "update associations set state = 'needs_attention',
                     problem = '{\"code\": \"subscription_exists\", \"since\": \"2026-11-24T09:00:00Z\", \"ids\": [1]}'",
            )
            .execute(&world.owner)
            .await
            .unwrap();
        }
        _ => drop(world.look().await),
    }
    id.to_string()
}

#[tokio::test]
async fn each_mutation_writes_one_audit_row_with_actor_and_change() -> anyhow::Result<()> {
    let served = Served::over(World::builder().clients(&[("Alder", 1)]).build().await).await;
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
            "connection.tenant_carried_over",
            "mutation($v: ConfirmHaloTenantChangeInput!) { confirmHaloTenantChange(input: $v) { userErrors { code } } }",
            json!({ "decision": "CARRY_OVER" }),
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
            "subscription.recreated",
            "mutation($v: RecreateHaloSubscriptionInput!) {
                recreateHaloSubscription(input: $v) { userErrors { code } } }",
            json!({ "associationId": null }),
        ),
        (
            "subscription.resolved",
            "mutation($v: ResolveHaloSubscriptionInput!) {
                resolveHaloSubscription(input: $v) { userErrors { code } } }",
            json!({ "associationId": null, "answer": "CREATE_NEW" }),
        ),
        (
            "association.removed",
            "mutation($v: RemoveHaloClientAssociationInput!) {
                removeHaloClientAssociation(input: $v) { userErrors { code } } }",
            json!({ "associationId": null, "quantity": "KEEP_QUANTITY" }),
        ),
        (
            "connection.removed",
            "mutation($v: DisconnectHaloInput!) { disconnectHalo(input: $v) { userErrors { code } } }",
            json!({}),
        ),
    ];
    for (act, document, mut input) in changes {
        if input.get("associationId").is_some() {
            input["associationId"] = json!(meet_trouble(world, act).await);
        }
        if act == "connection.tenant_carried_over" {
            tenant.act(Act::SetTenantId { tenant_id: TenantId::Named("northwind-msp".into()) })?;
        }
        forget(&served).await;
        let data = served.data(&token, document, json!({ "v": input })).await;
        assert!(data.to_string().contains("\"userErrors\":[]"), "{act}: {data}");
        let written: Vec<_> = entries(&served).await.into_iter().map(|(act, role, ..)| (act, role)).collect();
        assert_eq!(written, [(act.to_owned(), "partner_admin".to_owned())]);
        let shown: bool = sqlx::query_scalar(
            // A recheck may find everything unchanged, and a requested sync has not changed
            // anything yet.
            "select before is distinct from after or (act = 'connection.rechecked' and before ? 'state') from activity",
        )
        .fetch_one(&world.owner)
        .await?;
        assert!(shown, "{act} says what is different");
        let raw: Vec<String> =
            sqlx::query_scalar("select activity::text from activity").fetch_all(&world.database.owner().await).await?;
        assert!(!raw[0].contains(&tenant.client_secret()), "{act} shows the secret");
    }
    Ok(())
}

/// The log says that the secret was replaced, and never shows its value.
#[tokio::test]
async fn replaced_secret_is_logged_without_its_value() {
    let served = Served::over(World::builder().customers(&["Alder"]).build().await).await;
    let (tenant, token) = (&served.world.tenant, served.admin());
    let save = "mutation($v: SaveHaloConnectionInput!) { saveHaloConnection(input: $v) { userErrors { code } } }";
    let log = "{ partner { activity(first: 1) { nodes { action changes { name before after } } } } }";
    let with = json!({ "url": tenant.url(), "applicationClientId": tenant.client_id(), "clientSecret": tenant.client_secret() });
    let without = json!({ "applicationClientId": tenant.client_id() });
    for (details, change) in [(&with, "set"), (&with, "replaced"), (&without, "kept")] {
        served.data(&token, save, json!({ "v": details })).await;
        let entry = served.data(&token, log, json!({})).await["partner"]["activity"]["nodes"][0].take();
        assert_eq!(entry["action"], "CONNECTION_SAVED");
        let changes = entry["changes"].as_array().unwrap();
        let secret = json!({ "name": "CLIENT_SECRET", "before": null, "after": change });
        assert!(changes.contains(&secret), "{change}: {changes:?}");
        assert!(!entry.to_string().contains(&tenant.client_secret()));
    }
}

/// An import is logged for each partner that it changed, with counts and without users' names.
#[tokio::test]
async fn import_is_logged_once_per_changed_partner() -> anyhow::Result<()> {
    let (served, _) = synced().await;
    add_other_partner(&served.world).await;
    let token = served.token(Role::Platform, None);
    let import = "mutation($v: ImportRosterInput!) { importRoster(input: $v) {
        imported { stored } userErrors { code field } } }";
    let user = |id: &str, client: &str, version: i64| {
        let address = format!("{id}@secret-address.example");
        json!({ "externalId": id, "clientExternalId": client, "email": address, "state": "ACTIVE", "version": version })
    };
    let report = json!({
        "partners": [{ "externalId": "third", "name": "Third", "state": "ACTIVE", "version": 1 }],
        "clients": [
            { "externalId": "northwind/Cedar", "partnerExternalId": PARTNER, "name": "Cedar", "state": "ACTIVE", "version": 1 },
            // Another partner's client, and one of an unknown partner: neither is stored or logged.
            { "externalId": "other/Dogwood", "partnerExternalId": PARTNER, "name": "Stolen", "state": "ACTIVE", "version": 99 },
            { "externalId": "x", "partnerExternalId": "unknown", "name": "X", "state": "ACTIVE", "version": 1 },
        ],
        "users": [user("new-1", "northwind/Alder", 1), user("new-2", "northwind/Cedar", 1)],
    });
    forget(&served).await;
    let reply = served.ask(&token, import, json!({ "v": report })).await;
    assert_eq!(reply.body["data"]["importRoster"]["imported"]["stored"], 4, "{}", reply.body);
    let rows: Vec<(String, Value, String, Option<Value>, Value, String)> = sqlx::query_as(
        "select p.external_id, a.actor, a.act, a.before, a.after, a.request_id
         from activity a join partners p on p.id = a.partner_id order by p.external_id",
    )
    .fetch_all(&served.world.owner)
    .await?;
    let platform = json!({ "role": "platform", "subject": "platform-1", "name": "Sam Example" });
    let id = reply.header("x-request-id").to_owned();
    let row = |partner: &str, before: Option<Value>, after: Value| {
        (partner.to_owned(), platform.clone(), "roster.imported".to_owned(), before, after, id.clone())
    };
    let northwind = |clients: i32, users: i32| {
        json!({ "name": "NORTHWIND", "timeZone": "Europe/Berlin", "state": "active",
            "activeClients": clients, "activeUsers": users })
    };
    let mut after = northwind(3, 10);
    after["clientsStored"] = json!(1);
    after["usersStored"] = json!(2);
    let third = json!({ "name": "Third", "timeZone": "UTC", "state": "active", "activeClients": 0, "activeUsers": 0,
        "partnersStored": 1 });
    assert_eq!(rows, [row("northwind", Some(northwind(2, 8)), after), row("third", None, third)]);

    // The same import again changes nothing, and neither does one that is refused as a whole.
    forget(&served).await;
    served.data(&token, import, json!({ "v": report })).await;
    assert_eq!(entries(&served).await, []);

    // Archiving the partner ends its connection, by the same actor.
    let archived = json!({ "partners": [{ "externalId": PARTNER, "name": "NW", "state": "ARCHIVED", "version": 99 }] });
    served.data(&token, import, json!({ "v": archived })).await;
    let logged: Vec<_> = entries(&served).await.into_iter().map(|(act, role, ..)| (act, role)).collect();
    let by_platform = |act: &str| (act.to_owned(), "platform".to_owned());
    assert_eq!(logged, [by_platform("partner.archived"), by_platform("roster.imported")]);
    Ok(())
}

/// An audit row and its change are in one transaction.
#[tokio::test]
async fn audit_write_failure_rolls_the_change_back() -> anyhow::Result<()> {
    let (served, _) = synced().await;
    let owner = &served.world.owner;
    let counts =
        "select (select count(*) from users) + (select count(*) from sync_runs) + (select count(*) from partners)
        + (select count(*) from associations where state = 'ending')
        + (select count(*) from connections where state = 'disconnected' or url <> $1)";
    let all =
        async || -> i64 { sqlx::query_scalar(counts).bind(served.world.tenant.url()).fetch_one(owner).await.unwrap() };
    let before = all().await;
    let association = served.world.association("Alder").await.id.to_string();
    sqlx::query("revoke insert on activity from infima_app").execute(owner).await?;
    let (admin, platform) = (served.admin(), served.token(Role::Platform, None));
    let remove = format!(
        "mutation {{ removeHaloClientAssociation(input: {{ associationId: \"{association}\",
        quantity: KEEP_QUANTITY }}) {{ userErrors {{ code }} }} }}"
    );
    let asks = [
        (&admin, "mutation { requestHaloSync(input: {}) { userErrors { code } } }"),
        (&admin, remove.as_str()),
        (&admin, "mutation { disconnectHalo(input: {}) { userErrors { code } } }"),
        (&admin, "mutation { updateHaloSyncSettings(input: { nightly: false }) { userErrors { code } } }"),
        (
            &platform,
            "mutation { importRoster(input: { users: [{ externalId: \"n\", clientExternalId: \"northwind/Alder\",
            state: ACTIVE, version: 1 }] }) { userErrors { code } } }",
        ),
    ];
    for (token, document) in asks {
        assert_eq!(served.ask(token, document, json!({})).await.code(), "INTERNAL", "{document}");
    }
    let ops = served.world.ops();
    let partner = served.world.partner().await;
    assert!(admin::request_sync(ops, partner).await.is_err());
    assert_eq!(enqueue_nightly_syncs(ops, Selection::Today).await?, []);
    assert_eq!(all().await, before);
    Ok(())
}

/// An operator at the command line leaves rows as any caller does.
#[tokio::test]
async fn operator_command_is_logged() -> anyhow::Result<()> {
    let (served, _) = synced().await;
    let world = &served.world;
    let (ops, partner) = (world.ops(), world.partner().await);
    let logged = async || -> Vec<(String, Value, Option<String>)> {
        let rows = sqlx::query_as("select act, actor, subject from activity order by at, id");
        let rows = rows.fetch_all(&world.owner).await.unwrap();
        forget(&served).await;
        rows
    };
    let asked = |run: RunId| {
        let operator = json!({ "role": "system", "subject": "operator" });
        vec![("sync.requested".to_owned(), operator, Some(run.to_string()))]
    };
    forget(&served).await;
    let run = admin::request_sync(ops, partner).await?;
    assert_eq!(logged().await, asked(run));
    world.work(run).await;

    let tonight = enqueue_nightly_syncs(ops, Selection::Today).await?;
    assert_eq!(logged().await, asked(tonight[0].1));
    world.tenant.inject(Fault::ServerErrorBefore, Matching::any(), Lasting::Sticky);
    world.work(tonight[0].1).await;
    world.tenant.clear_faults();
    sqlx::query("update sync_runs set state = 'failed', finished_at = now(), lease_token = null, lease_until = null where id = $1")
        .bind(tonight[0].1.0)
        .execute(&world.owner)
        .await
        ?;
    let again = request_failed_since(ops, MORNING.parse()?, std::time::Duration::ZERO).await?;
    assert_eq!(logged().await, asked(again[0].1));
    world.work(again[0].1).await;

    // A nightly sync that comes by itself is in the history of runs.
    world.clock.advance(chrono::Duration::hours(36));
    assert_eq!(enqueue_nightly_syncs(ops, Selection::Due).await?.len(), 1);
    assert_eq!(logged().await, []);
    Ok(())
}

#[tokio::test]
async fn prune_removes_only_expired_audit_rows() -> anyhow::Result<()> {
    let (served, _) = synced().await;
    let (owner, app) = (served.world.database.owner().await, served.world.database.app().await);
    let before = entries(&served).await.len();
    // The owner sets the time back; the world's clock is not the database's.
    sqlx::query("update activity set at = now() - interval '2 years' + interval '1 hour'").execute(&owner).await?;
    sqlx::query(
        "insert into activity (id, partner_id, at, actor, act)
         select gen_random_uuid(), id, now() - interval '2 years 1 hour', '{}', 'old' from partners",
    )
    .execute(&owner)
    .await?;
    let gone = housekeeping::run(served.world.ops(), Job::AuditLog).await?;
    assert_eq!(gone, 1);
    assert_eq!(entries(&served).await.len(), before);
    // The function takes no argument that says what to remove, and only the app may call it.
    let gone = housekeeping::run(served.world.ops(), Job::AuditLog).await?;
    assert_eq!(gone, 0);
    let open: bool = sqlx::query_scalar("select has_function_privilege('public', 'prune_activity()', 'execute')")
        .fetch_one(&app)
        .await?;
    assert!(!open);
    Ok(())
}

/// Scopes come from one place, so that no field can show support a partner without an audit row.
#[test]
fn graphql_takes_scopes_only_from_the_access_log() -> anyhow::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql");
    let folders = [folder.clone(), folder.join("objects"), folder.join("mutations")];
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry?.path();
        if path.is_dir() {
            continue;
        }
        let code = std::fs::read_to_string(&path)?;
        let asks = code.contains(" permit(") || code.contains("(permit(") || code.contains("PartnerScope::for_worker");
        assert!(!asks || path.ends_with("access_log.rs"), "{} asks the policy past `AccessLog`", path.display());
    }
    Ok(())
}

#[tokio::test]
async fn platform_request_is_not_logged_as_support() {
    let (served, _) = synced().await;
    forget(&served).await;
    let token = served.token(Role::Platform, None);
    served.data(&token, "mutation { importRoster(input: {}) { userErrors { code } } }", json!({})).await;
    assert_eq!(entries(&served).await, []);
}
