//! The mapping table beside its peers, and lists of large partners.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use infima_halo::auth::Role;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::load::{Load, Post, wrk};
use super::machine::{cpu_of, cpu_of_family, peak_memory};
use super::report::{Report, Rounds, round};
use super::roster;
use super::stack::{Database, Ground, free_port};

const CLIENTS: u32 = 50;

const TABLE: &str = "query Table($first: Int!) { partner { clients(first: $first) { edges { node {
    id externalId name archived activeUserCount
    haloAssociation { id status lastSyncedAt lastSyncedQuantity
      haloCustomer { haloId name } subscription { haloId name quantity billing observedAt } } } }
  pageInfo { hasNextPage endCursor } } } }";

/// The same fields in the peer's schema.
const PEER_TABLE: &str = "query Table($first: Int!) { clients(first: $first) {
    id externalId name archived activeUserCount
    haloAssociation { id status lastSyncedAt lastSyncedQuantity
      haloCustomer { haloId name } subscription { haloId name quantity billing observedAt } } } }";

/// One server under load: what it answers, and the process whose CPU counts.
struct Contender {
    name: &'static str,
    post: Post,
    pid: u32,
    rounds: Vec<Measured>,
}

struct Measured {
    load: Load,
    /// CPU in milliseconds for each request.
    own: f64,
    postgres: f64,
}

/// Ours beside a graphql-yoga server and a bare handler, in turns.
pub async fn mapping_table(
    ground: &Ground,
    client: &reqwest::Client,
    report: &mut Report,
    rounds: usize,
    time: Duration,
) -> anyhow::Result<()> {
    let database = ground.database().await?;
    roster::insert(&database, 20, CLIENTS).await?;
    roster::map_without_halo(&database).await?;
    database.analyse().await?;
    let serve = ground.serve(&database, client).await?;
    let partner = sqlx::query_scalar::<_, uuid::Uuid>("select id from partners where external_id = 'partner-1'");
    let partner = partner.fetch_one(&database.owner).await?.to_string();
    let (yoga, yoga_url) = yoga(&database, &partner).await?;
    let (bare, bare_url) = bare(&database, &partner).await?;
    let token = ground.token(Role::PartnerAdmin, Some("partner-1"));
    let variables = || json!({ "first": CLIENTS });
    let others =
        (0..10).map(|number| ground.token_of(&format!("bench-{number}"), Role::PartnerAdmin, Some("partner-1")));
    let others: Vec<_> = others.collect();
    let contender = |name, post, pid| Contender { name, post, pid, rounds: Vec::new() };
    let mut contenders = [
        contender("ours", Post { others, ..Post::new(serve.graphql(), token, TABLE, variables()) }, serve.pid()),
        contender(
            "graphql-yoga + pg",
            Post::new(yoga_url, String::new(), PEER_TABLE, variables()),
            yoga.id().context("it runs")?,
        ),
        contender(
            "bare axum + sqlx",
            Post::new(bare_url, String::new(), "", Value::Null),
            bare.id().context("it runs")?,
        ),
    ];
    for contender in &contenders {
        until_answered(&contender.post, client).await.with_context(|| contender.name)?;
    }
    let ours = contenders[0].post.once(client).await?;
    let rows = ours["partner"]["clients"]["edges"].as_array().map_or(0, Vec::len);
    ensure!(rows == CLIENTS as usize, "the table has {rows} rows");
    for connections in [10, 50] {
        for contender in &mut contenders {
            contender.rounds.clear();
            wrk(&contender.post, connections, Duration::from_secs(2), &ground.dir).await?;
        }
        for _ in 0..rounds {
            for contender in &mut contenders {
                let (own, postgres) = (cpu_of(contender.pid), cpu_of_family(database.postmaster));
                let load = wrk(&contender.post, connections, time, &ground.dir).await?;
                let each = |used: Duration| used.as_secs_f64() * 1e3 / load.requests;
                contender.rounds.push(Measured {
                    own: each(cpu_of(contender.pid).saturating_sub(own)),
                    postgres: each(cpu_of_family(database.postmaster).saturating_sub(postgres)),
                    load,
                });
            }
        }
        let [ours, yoga, bare] = &contenders;
        let figures = |contender: &Contender| {
            let of = |figure: fn(&Measured) -> f64| Rounds::new(contender.rounds.iter().map(figure).collect());
            (of(|it| it.load.per_second), of(|it| it.load.p99_ms), of(|it| it.own), of(|it| it.postgres))
        };
        let show = |contender: &Contender| {
            let (speed, p99, own, postgres) = figures(contender);
            format!(
                "{}: {}, p99 {}, CPU {} + {} ms",
                contender.name,
                speed.show("requests/s"),
                p99.show("ms"),
                round(own.median()),
                round(postgres.median())
            )
        };
        let (speed, p99, own, postgres) = figures(ours);
        let (yoga_speed, yoga_p99, yoga_own, yoga_postgres) = figures(yoga);
        let bare_speed = figures(bare).0;
        let cpu = (own.median() + postgres.median()) / (yoga_own.median() + yoga_postgres.median());
        report.add(
            format!("mapping table of {CLIENTS}, {connections} connections, beside yoga"),
            format!(
                "{} × requests/s; p99 {} ×; CPU {} ×. {}",
                round(speed.median() / yoga_speed.median()),
                round(p99.median() / yoga_p99.median()),
                round(cpu),
                show(ours)
            ),
            "≥ 1.5 × (goal 3 ×); p99 ≤ 0.5 ×; CPU ≤ 0.5 ×",
            show(yoga),
        );
        report.add(
            format!("the same beside the bare handler, {connections} connections"),
            format!("{} × requests/s", round(speed.median() / bare_speed.median())),
            "≥ 0.4 ×",
            show(bare),
        );
    }
    report.add("memory of `serve` under this load", format!("{} MB", round(peak_memory(serve.pid()))), "≤ 80 MB", "");
    Ok(())
}

/// A list of ten partners with very many clients each.
pub async fn large_lists(
    ground: &Ground,
    client: &reqwest::Client,
    report: &mut Report,
    clients: u32,
) -> anyhow::Result<()> {
    let database = ground.database().await?;
    roster::insert(&database, 10, clients).await?;
    roster::map_without_halo(&database).await?;
    database.analyse().await?;
    let serve = ground.serve(&database, client).await?;
    let token = ground.token(Role::PartnerAdmin, Some("partner-1"));
    let list = "query List($first: Int!, $after: String, $search: String, $attention: Boolean, $counted: Boolean!) {
        partner { clients(first: $first, after: $after, search: $search, needsAttention: $attention) {
          totalCount @include(if: $counted) edges { node { id name activeUserCount haloAssociation { id status } } }
          pageInfo { endCursor hasNextPage } } } }";
    let post = |variables: Value| Post::new(serve.graphql(), token.clone(), list, variables);
    let mut after = Value::Null;
    // Of 10,000 clients, page 200 is the last.
    for _ in 1..clients / 50 {
        let page = post(json!({ "first": 50, "after": after, "counted": false })).once(client).await?;
        after = page["partner"]["clients"]["pageInfo"]["endCursor"].clone();
    }
    let cases = [
        ("page 1", json!({ "first": 50, "counted": false })),
        ("the last page", json!({ "first": 50, "after": after, "counted": false })),
        ("search", json!({ "first": 50, "search": "9123", "counted": false })),
        ("filter", json!({ "first": 50, "attention": true, "counted": false })),
        ("totalCount", json!({ "first": 50, "counted": true })),
    ];
    let mut first = f64::NAN;
    for (name, variables) in cases {
        let post = post(variables);
        post.timed(client, 5).await?;
        let took = post.timed(client, 50).await?;
        if name == "page 1" {
            first = took.median();
        }
        report.add(
            format!("list of 10 partners × {clients} clients: {name}"),
            format!("{}, p99 {} ms", took.show("ms"), round(took.percentile(99))),
            "within 2 × of page 1",
            format!("{} × page 1", round(took.median() / first)),
        );
    }
    Ok(())
}

/// Waits until a server that has just started answers.
async fn until_answered(post: &Post, client: &reqwest::Client) -> anyhow::Result<()> {
    for _ in 0..500 {
        if post.once(client).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    post.once(client).await.map(drop)
}

async fn yoga(database: &Database, partner: &str) -> anyhow::Result<(Child, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peer");
    if !dir.join("node_modules/graphql-yoga").exists() {
        let installed = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&dir).output().await;
        let installed = installed.context("Node is not there. Install Node 20 or later: the peer runs on it.")?;
        ensure!(installed.status.success(), "`npm ci` fails: {}", String::from_utf8_lossy(&installed.stderr));
    }
    let port = free_port()?;
    let child = Command::new("node")
        .arg(dir.join("yoga.mjs"))
        .env("DATABASE", database.owner_url.expose_secret())
        .env("PARTNER", partner)
        .env("PORT", port.to_string())
        .env("NODE_ENV", "production")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("Node is not there. Install Node 20 or later: the peer runs on it.")?;
    Ok((child, format!("http://127.0.0.1:{port}/graphql")))
}

/// This program itself, as the bare handler.
async fn bare(database: &Database, partner: &str) -> anyhow::Result<(Child, String)> {
    let port = free_port()?;
    let child = Command::new(std::env::current_exe()?)
        .args([super::bare::COMMAND, database.owner_url.expose_secret(), partner, &port.to_string()])
        .kill_on_drop(true)
        .spawn()?;
    Ok((child, format!("http://127.0.0.1:{port}/")))
}
