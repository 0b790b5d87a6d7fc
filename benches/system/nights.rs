//! Nights: many partners whose Halos answer after a few milliseconds.

use std::time::{Duration, Instant};

use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};

use super::machine::{cpu_of, cpu_of_family, peak_memory};
use super::report::{Report, Rounds, round};
use super::roster::{self, Halos};
use super::stack::{Database, Ground};

const CLIENTS: u32 = 20;

/// What one night took.
struct Night {
    seconds: f64,
    /// CPU in milliseconds for each partner.
    ours: f64,
    postgres: f64,
    requests: f64,
    memory: f64,
}

/// A night of so many partners, of whose clients a tenth have changed, with so many workers.
async fn night(
    ground: &Ground,
    database: &Database,
    halos: &Halos,
    client: &reqwest::Client,
    workers: u32,
) -> anyhow::Result<Night> {
    let partners = halos.tenants.len() as f64;
    roster::change_a_tenth(database).await?;
    queue_night(ground, database).await?;
    let (requests, postgres) = (halos.requests(), cpu_of_family(database.postmaster));
    let began = Instant::now();
    let mut running = Vec::new();
    for _ in 0..workers {
        running.push(ground.worker(database, client).await?);
    }
    database.until_synced(Duration::from_millis(100)).await?;
    let seconds = began.elapsed().as_secs_f64();
    let ours: Duration = running.iter().map(|worker| cpu_of(worker.pid())).sum();
    let memory = running.iter().map(|worker| peak_memory(worker.pid())).fold(0.0, f64::max);
    drop(running);
    let postgres = cpu_of_family(database.postmaster).saturating_sub(postgres);
    let failed = "select count(*) from sync_runs where state <> 'succeeded'";
    anyhow::ensure!(database.count(failed).await? == 0, "not every sync succeeded");
    let doubled =
        "select count(*) from (select from sync_runs group by partner_id, nightly_date having count(*) > 1) twice";
    anyhow::ensure!(database.count(doubled).await? == 0, "a partner was synced twice");
    Ok(Night {
        seconds,
        ours: ours.as_secs_f64() * 1e3 / partners,
        postgres: postgres.as_secs_f64() * 1e3 / partners,
        requests: (halos.requests() - requests) as f64 / partners,
        memory,
    })
}

/// Queues a night of every partner, as if a day had passed since the one before.
pub async fn queue_night(ground: &Ground, database: &Database) -> anyhow::Result<()> {
    let back = "update sync_runs
                set nightly_date = date '2000-01-01' + (select count(distinct nightly_date) from sync_runs)::integer
                where nightly_date > date '2020-01-01'";
    sqlx::raw_sql(back).execute(&database.owner).await?;
    // Otherwise the request budgets of nights in a row would be used up.
    sqlx::raw_sql("delete from halo_budgets").execute(&database.owner).await?;
    let app = ground.app(database).await?;
    enqueue_nightly_syncs(&app.ops, Selection::Today).await?;
    Ok(())
}

/// The time of a night by the number of partners and of workers.
pub async fn nights(
    ground: &Ground,
    client: &reqwest::Client,
    report: &mut Report,
    partners: u32,
) -> anyhow::Result<()> {
    let (database, halos) = roster::connected(ground, partners, CLIENTS, true).await?;
    for (workers, times) in [(1, 3), (2, 1), (4, 1)] {
        let mut nights = Vec::new();
        for _ in 0..times {
            nights.push(night(ground, &database, &halos, client, workers).await?);
        }
        let of = |figure: fn(&Night) -> f64| Rounds::new(nights.iter().map(figure).collect());
        let what = format!("night of {partners} partners × {CLIENTS} clients, a tenth changed, {workers} worker(s)");
        let value = format!(
            "{}; {} and {} of Postgres a partner; {} requests a partner; at most {} MB",
            of(|night| night.seconds).show("s"),
            of(|night| night.ours).show("ms CPU"),
            of(|night| night.postgres).show("ms CPU"),
            round(of(|night| night.requests).median()),
            round(of(|night| night.memory).percentile(100)),
        );
        report.add(what, value, "10,000 in 2 min; ≤ 4 ms and ≤ 10 ms CPU a partner", "no partner twice or left out");
    }
    halos.sandbox.stop().await;
    Ok(())
}

/// So many nights in a row: the size of the tables, and whether the last one is as fast as the
/// first.
pub async fn many_nights(
    ground: &Ground,
    client: &reqwest::Client,
    report: &mut Report,
    partners: u32,
    nights: u32,
) -> anyhow::Result<()> {
    let (database, halos) = roster::connected(ground, partners, CLIENTS, true).await?;
    let mut seconds = Vec::new();
    for _ in 0..nights {
        seconds.push(night(ground, &database, &halos, client, 1).await?.seconds);
    }
    let jobs = database.count("select count(*) from apalis.jobs").await?;
    let size = database.count("select pg_database_size(current_database())").await? >> 20;
    let (first, last) = (seconds[0], seconds[seconds.len() - 1]);
    let value = format!("{} s, then {} s; {jobs} jobs left; database {size} MB", round(first), round(last));
    report.add(
        format!("{nights} nights of {partners} partners: the first and the last"),
        value,
        "within 10 %; tables bounded",
        "itself",
    );
    halos.sandbox.stop().await;
    Ok(())
}

/// One partner with very many clients, none of them changed.
pub async fn large_partner(
    ground: &Ground,
    client: &reqwest::Client,
    report: &mut Report,
    clients: u32,
) -> anyhow::Result<()> {
    let (database, halos) = roster::connected(ground, 1, clients, false).await?;
    let mut nights = Vec::new();
    for _ in 0..3 {
        queue_night(ground, &database).await?;
        let (requests, began) = (halos.requests(), Instant::now());
        let worker = ground.worker(&database, client).await?;
        database.until_synced(Duration::from_millis(20)).await?;
        nights.push((began.elapsed().as_secs_f64(), (halos.requests() - requests) as f64, peak_memory(worker.pid())));
    }
    let of = |figure: fn(&(f64, f64, f64)) -> f64| Rounds::new(nights.iter().map(figure).collect());
    let value = format!(
        "{}; {} requests; at most {} MB",
        of(|night| night.0).show("s"),
        round(of(|night| night.1).median()),
        round(of(|night| night.2).percentile(100))
    );
    report.add(format!("one partner with {clients} clients, unchanged"), value, "≤ 3 s, ≤ 110 requests", "");
    halos.sandbox.stop().await;
    Ok(())
}
