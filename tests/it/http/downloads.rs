//! Files beside GraphQL: for the same callers, and never in memory as a whole.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use infima_halo::auth::Role;
use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::graphql::{Download, Open, OpenFile};
use infima_halo::ops::Target;
use infima_halo::ops::evidence::export::export_evidence;
use infima_halo::ops::roster::import::Roster;
use serde_json::json;

use super::{Server, ServerOptions};
use crate::graphql::matrix::add_other_partner;
use crate::support::served::{Reply, Served};
use crate::support::statements::Statements;
use crate::support::until;
use crate::support::world::{PARTNER, World, request};

const PATH: &str = "exports/billing-evidence.csv";

async fn get(served: &Served, token: &str, query: &str) -> Reply {
    let request = served.client.get(format!("http://{}/{PATH}?{query}", served.address));
    Reply::of(if token.is_empty() { request } else { request.bearer_auth(token) }).await
}

/// The rows, each by the names of its columns.
fn rows(text: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').expect("a byte order mark").as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("it is CSV")
}

#[tokio::test]
async fn evidence_of_a_month_is_a_file_with_a_row_for_each_client_and_day() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    // Names come from other companies.
    let record = ClientRecord {
        external_id: format!("{PARTNER}/Birch"),
        partner_external_id: PARTNER.into(),
        name: "=HYPERLINK(\"https://evil.example\")".into(),
        state: RosterState::Active,
        version: 1_000,
    };
    world.import(Roster { clients: vec![record], ..Roster::default() }).await;
    world.clock.set("2026-11-25T10:00:00Z".parse()?);
    let served = Served::over(world).await;
    let reply = get(&served, &served.token(Role::PartnerViewer, Some(PARTNER)), "month=2026-11").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"billing-evidence-2026-11.csv\"");
    assert_eq!(reply.header("cache-control"), "no-store");
    let rows = rows(reply.body.as_str().expect("text"));
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            ["client_name", "date", "status", "quantity", "carried_forward_since", "users_counted"]
                .map(|name| row[name].as_str())
        })
        .collect();
    let formula = "'=HYPERLINK(\"https://evil.example\")";
    let expected = [
        [formula, "2026-11-24", "confirmed", "2", "", "2"],
        [formula, "2026-11-25", "no_sync", "2", "2026-11-24", ""],
        ["Alder", "2026-11-24", "confirmed", "3", "", "3"],
        ["Alder", "2026-11-25", "no_sync", "3", "2026-11-24", ""],
    ];
    assert_eq!(shown, expected);
    assert_eq!((rows[2]["rule"].as_str(), rows[2]["outcome"].as_str()), ("active_users_by_address", "created"));
    assert!(!rows[2]["current_halo_subscription_id"].is_empty());
    assert!(rows[2]["run_id"].starts_with("run_") && rows[3]["run_id"].is_empty());
    Ok(())
}

#[tokio::test]
async fn download_is_for_those_who_may_view_the_partner() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    add_other_partner(&world).await;
    let served = Served::over(world).await;
    let (own, other) = (served.world.partner().await, served.world.partner_named("other").await);
    let (support, admin) = (served.support(), served.admin());
    let platform = served.token(Role::Platform, None);
    let month = "month=2026-11";
    for (token, query, status, code) in [
        ("", month.to_owned(), 401, "UNAUTHENTICATED"),
        ("nonsense", month.to_owned(), 401, "UNAUTHENTICATED"),
        (&*admin, format!("{month}&partnerId={other}"), 404, "NOT_FOUND"),
        (&*admin, format!("{month}&partnerId=nonsense"), 404, "NOT_FOUND"),
        (&*platform, format!("{month}&partnerId={own}"), 403, "FORBIDDEN"),
        (&*support, month.to_owned(), 400, "BAD_USER_INPUT"),
        (&*support, format!("{month}&partnerId=partner_{}", "0".repeat(32)), 404, "NOT_FOUND"),
        (&*admin, String::new(), 400, "BAD_USER_INPUT"),
        (&*admin, "month=2026-13".to_owned(), 400, "BAD_USER_INPUT"),
        (&*admin, format!("{month}&partnerId={own}"), 200, ""),
        (&*support, format!("{month}&partnerId={own}"), 200, ""),
    ] {
        let reply = get(&served, token, &query).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{query}: {}", reply.body);
        if status != 200 {
            assert!(reply.is_well_put(), "{}", reply.body);
            let id = reply.body["errors"][0]["extensions"]["requestId"].as_str();
            assert_eq!(id, Some(reply.header("x-request-id")), "{}", reply.body);
        } else {
            let text = reply.body.as_str().unwrap();
            assert!(text.contains("Alder") && !text.contains("Dogwood"), "{text}");
        }
    }
    // What support reads is in the partner's audit log.
    let read = "query($id: ID!) { partner(id: $id) { activity(first: 1, action: [SUPPORT_READ]) { nodes { changes { name after } } } } }";
    let entries = served.data(&admin, read, json!({ "id": own.to_string() })).await;
    let entry = &entries["partner"]["activity"]["nodes"][0]["changes"][0];
    assert_eq!(entry, &json!({ "name": "OPERATION", "after": "billing-evidence.csv" }), "{entries}");
    Ok(())
}

/// A server with a file that never comes to its end, and one that is cut off.
async fn with_files() -> Server {
    let file = |name, chunks: fn() -> BoxStream<'static, io::Result<Vec<u8>>>| {
        let open: Open = Arc::new(move |_, _, _| {
            Box::pin(async move { Ok(OpenFile { name: "file.csv".into(), chunks: chunks() }) })
        });
        Download { name, open }
    };
    let endless = file("endless.csv", || stream::iter([Ok(b"a\r\n".to_vec())]).chain(stream::pending()).boxed());
    let cut = file("cut.csv", || {
        stream::iter([Ok(b"a\r\n".to_vec()), Err(io::Error::other("the database is gone"))]).boxed()
    });
    Server::with(ServerOptions { downloads: vec![endless, cut], ..ServerOptions::default() }).await
}

async fn open(server: &Server, name: &str) -> reqwest::Result<reqwest::Response> {
    let url = server.url(&format!("/exports/{name}"));
    server.client.get(url).bearer_auth(server.token(Role::PartnerAdmin)).send().await
}

#[tokio::test]
async fn caller_has_two_downloads_open_at_most() -> anyhow::Result<()> {
    let server = with_files().await;
    let (first, _second) = (open(&server, "endless.csv").await?, open(&server, "endless.csv").await?);
    assert_eq!(first.status(), 200);
    let third = open(&server, "endless.csv").await?;
    assert_eq!(third.status(), 400);
    let refusal = third.text().await?;
    assert!(refusal.contains("LIMIT_EXCEEDED") && refusal.contains("You have 2 downloads open."), "{refusal}");
    // A client that goes away gives its place back.
    drop(first);
    until(async || open(&server, "endless.csv").await.is_ok_and(|response| response.status() == 200)).await;
    Ok(())
}

#[tokio::test]
async fn download_that_fails_halfway_does_not_look_whole() {
    // The connection may be closed before the client has seen the head.
    let server = with_files().await;
    let whole = async { open(&server, "cut.csv").await?.text().await };
    assert!(whole.await.is_err(), "the client sees that the file is cut off");
}

#[tokio::test]
async fn export_reads_the_next_clients_when_it_is_asked_for_them() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let more = "with c as (
            insert into clients (id, partner_id, external_id, name, state, source_version)
            select gen_random_uuid(), p.id, 'c' || n, 'Client ' || n, 'active', 1 from partners p, generate_series(1, 149) n
            returning id, partner_id)
        insert into associations (id, partner_id, client_id, tenant, halo_customer_id, shared, state, marker, initial_name, created_at)
        select gen_random_uuid(), partner_id, id, 't', 1, true, 'pending', 'm', 'n', '2026-11-01' from c";
    world.change(sqlx::query(more)).await;
    let (app, statements) = Statements::reported(&world).await;
    let admin = world.admin().await;
    let _listening = statements.listen();
    let partner = Target::Partner(world.partner().await);
    let mut export = export_evidence(&app.ops, &request(&admin), partner, Some("2026-11")).await?;
    let heading = export.chunks.next().await.expect("a heading")?;
    assert_eq!(heading.iter().filter(|byte| **byte == b'\n').count(), 1);
    let mut clients = Vec::new();
    loop {
        statements.clear();
        let Some(chunk) = export.chunks.next().await else { break };
        let rows = String::from_utf8(chunk?)?.lines().count();
        // Each chunk has its own transaction, which has ended.
        clients.push((rows, statements.begun(), statements.ended()));
    }
    // 24 days each, but for the one that was mapped today.
    assert_eq!(clients, [(50 * 24 - 23, 1, 1), (50 * 24, 1, 1), (50 * 24, 1, 1)]);
    Ok(())
}
