//! The import, a start, an idle process, and the way from a request to Halo.

use std::time::{Duration, Instant};

use infima_halo::auth::Role;
use infima_halo::domain::roster::{UserRecord, UserState};
use infima_halo::ops::Request;
use infima_halo::ops::roster::import::{Roster, import_roster};
use serde_json::json;

use super::load::Post;
use super::machine::{cpu_of, cpu_of_family, resident_memory};
use super::nights::queue_night;
use super::report::{Report, Rounds, round};
use super::roster;
use super::stack::{Database, Ground};

/// An import of new and of unchanged users, beside `COPY` into an unlogged table and one upsert.
pub async fn import(ground: &Ground, report: &mut Report, records: usize) -> anyhow::Result<()> {
    let database = ground.database().await?;
    roster::insert(&database, 10, 50).await?;
    database.analyse().await?;
    let app = ground.app(&database).await?;
    let platform = ground.caller(&app, Role::Platform, None).await?;
    let request = Request { caller: &platform, id: "bench", operation: None, reason: None };
    let (mut new, mut unchanged, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..5 {
        let user = |number: usize| UserRecord {
            external_id: format!("import-{round}-{number}"),
            client_external_id: format!("partner-{}/client-{}", number % 10 + 1, number / 10 % 50 + 1),
            email: Some(format!("user{number}@round{round}.example")),
            state: UserState::Active,
            version: 1,
        };
        let roster = Roster { users: (0..records).map(user).collect(), ..Roster::default() };
        for durations in [&mut new, &mut unchanged] {
            let began = Instant::now();
            let imported = import_roster(&app.ops, &request, &roster).await?;
            durations.push(began.elapsed().as_secs_f64() * 1e3);
            anyhow::ensure!(imported.errors.is_empty(), "the import has errors");
        }
        beside.push(copy(&database, round, records).await?);
    }
    let (new, unchanged, beside) = (Rounds::new(new), Rounds::new(unchanged), Rounds::new(beside));
    report.add(
        format!("import of {records} new users"),
        new.show("ms"),
        "≤ 300 ms",
        format!("COPY and one upsert: {}; {} ×", beside.show("ms"), round(new.median() / beside.median())),
    );
    report.add(format!("import of {records} unchanged users"), unchanged.show("ms"), "writes nothing", "");
    Ok(())
}

async fn copy(database: &Database, round: i32, records: usize) -> anyhow::Result<f64> {
    let mut connection = database.owner.acquire().await?;
    let create = "create temporary table report (client text, external_id text, email text) on commit drop";
    let began = Instant::now();
    sqlx::raw_sql("begin").execute(&mut *connection).await?;
    sqlx::raw_sql(create).execute(&mut *connection).await?;
    let mut rows = String::new();
    for number in 0..records {
        let client = format!("partner-{}/client-{}", number % 10 + 1, number / 10 % 50 + 1);
        rows += &format!("{client}\tcopy-{round}-{number}\tuser{number}@copy{round}.example\n");
    }
    let mut copying = connection.copy_in_raw("copy report from stdin").await?;
    copying.send(rows.as_bytes()).await?;
    copying.finish().await?;
    sqlx::raw_sql(
        "insert into users (id, partner_id, client_id, external_id, email, state, source_version)
         select gen_random_uuid(), c.partner_id, c.id, r.external_id, r.email, 'active', 1
         from report r join clients c on c.external_id = r.client
         on conflict (external_id) do update set email = excluded.email, source_version = excluded.source_version
         where users.source_version < excluded.source_version",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::raw_sql("commit").execute(&mut *connection).await?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

/// The time from the start of `serve` until it is ready.
pub async fn cold_start(ground: &Ground, client: &reqwest::Client, report: &mut Report) -> anyhow::Result<()> {
    let database = ground.database().await?;
    let mut took = Vec::new();
    for _ in 0..7 {
        let began = Instant::now();
        let serve = ground.serve(&database, client).await?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
        drop(serve);
    }
    report.add("start of `serve` until it is ready", Rounds::new(took).show("ms"), "≤ 200 ms", "");
    Ok(())
}

/// What `serve` and a worker cost while nothing happens.
pub async fn idle(
    ground: &Ground,
    client: &reqwest::Client,
    report: &mut Report,
    time: Duration,
) -> anyhow::Result<()> {
    let database = ground.database().await?;
    roster::insert(&database, 100, 20).await?;
    roster::map_without_halo(&database).await?;
    // Outside of any night, so that no partner is due.
    sqlx::raw_sql("update partners set nightly_sync = false").execute(&database.owner).await?;
    database.analyse().await?;
    for name in ["serve", "worker"] {
        let process = match name {
            "serve" => ground.serve(&database, client).await?,
            _ => ground.worker(&database, client).await?,
        };
        // A backend of Postgres that has become idle reports its transactions within ten seconds:
        // those of the start must not be counted.
        tokio::time::sleep(Duration::from_secs(15)).await;
        let before = (cpu_of(process.pid()), cpu_of_family(database.postmaster), database.transactions().await?);
        tokio::time::sleep(time).await;
        let after = (cpu_of(process.pid()), cpu_of_family(database.postmaster), database.transactions().await?);
        let seconds = time.as_secs_f64();
        let percent = |used: Duration| used.as_secs_f64() / seconds * 100.0;
        let value = format!(
            "{} % of a core + {} % of Postgres; {} transactions/s; {} MB",
            round(percent(after.0.saturating_sub(before.0))),
            round(percent(after.1.saturating_sub(before.1))),
            round((after.2 - before.2) as f64 / seconds),
            round(resident_memory(process.pid())),
        );
        report.add(format!("idle `{name}`"), value, "≤ 1 % with Postgres, ≤ 5 transactions/s", "");
    }
    Ok(())
}

/// The time from `requestHaloSync` to the first request at Halo: idle, and while a night is
/// waiting.
pub async fn pick_up(
    ground: &Ground,
    client: &reqwest::Client,
    report: &mut Report,
    partners: u32,
    times: usize,
) -> anyhow::Result<()> {
    let (database, halos) = roster::connected(ground, partners, 20, false).await?;
    let serve = ground.serve(&database, client).await?;
    let worker = ground.worker(&database, client).await?;
    let request = "mutation { requestHaloSync(input: {}) { run { id } userErrors { code message } } }";
    for (name, target) in [("idle", "p50 ≤ 20 ms, p99 ≤ 100 ms"), ("behind a night", "p99 ≤ 500 ms")] {
        if name != "idle" {
            queue_night(ground, &database).await?;
        }
        let mut took = Vec::new();
        // The last partners are the last of the night.
        for index in (partners as usize - times..partners as usize).rev() {
            let tenant = &halos.tenants[index];
            let token = ground.token(Role::PartnerAdmin, Some(&format!("partner-{}", index + 1)));
            let post = Post::new(serve.graphql(), token, request, json!({}));
            let before = tenant.journal().len();
            let began = Instant::now();
            let data = post.once(client).await?;
            anyhow::ensure!(data["requestHaloSync"]["userErrors"] == json!([]), "the sync is refused: {data}");
            let arrived = tenant.until(|tenant| tenant.journal().len() > before);
            tokio::time::timeout(Duration::from_secs(60), arrived).await?;
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let waiting = database.count("select count(*) from sync_runs where state = 'queued'").await?;
        let took = Rounds::new(took);
        report.add(
            format!("`requestHaloSync` to the first request at Halo, {name}"),
            format!("{}, p99 {} ms", took.show("ms"), round(took.percentile(99))),
            target,
            format!("{waiting} runs still waiting"),
        );
    }
    drop(worker);
    halos.sandbox.stop().await;
    Ok(())
}
