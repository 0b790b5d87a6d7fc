//! `simulate`: how long a night would take with so many partners, and what would have to grow.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::ensure;
use chrono::{Duration, NaiveTime};
use chrono_tz::Tz;

use crate::clock::Clock;
use crate::domain::forecast::{Capacity, Fleet, Forecast, forecast};

/// The figures of one night's length are those of the machine in docs/performance.md, unless they
/// are given.
#[derive(clap::Args)]
pub(super) struct SimulateArgs {
    /// Partners with a connection
    #[arg(long, default_value_t = 10_000)]
    partners: u32,
    /// Mapped clients of each partner
    #[arg(long, default_value_t = 20)]
    clients: u32,
    /// Licence records of other vendors in each Halo
    #[arg(long, default_value_t = 80)]
    other_licences: u32,
    /// Of a hundred clients, how many have another count than the night before
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    changed_percent: u32,
    /// Time zones of the partners, in turns
    #[arg(long, value_delimiter = ',', default_value = "America/New_York")]
    time_zones: Vec<Tz>,
    /// Beginning of each partner's window, local time
    #[arg(long, default_value = "01:00", value_parser = local_time)]
    night_start: NaiveTime,
    /// End of each partner's window, local time
    #[arg(long, default_value = "05:00", value_parser = local_time)]
    night_end: NaiveTime,
    /// Worker processes
    #[arg(long, default_value_t = 1)]
    workers: u32,
    /// Concurrent nightly syncs of each worker (INFIMA_WORKER_NIGHTLY_CONCURRENCY)
    #[arg(long, default_value_t = 16)]
    concurrency: u32,
    /// Cores for all workers and Postgres together
    #[arg(long, default_value_t = 2)]
    cores: u32,
    /// Milliseconds of CPU for each sync, Postgres included
    #[arg(long, default_value_t = 25)]
    cpu_per_sync: u32,
    /// Milliseconds of CPU for each client that is written, Postgres included
    #[arg(long, default_value_t = 6)]
    cpu_per_write: u32,
    /// Milliseconds that Halo takes for a request
    #[arg(long, default_value_t = 250)]
    latency: u32,
    /// Requests that syncs may send to one Halo in five minutes: INFIMA_HALO_REQUESTS without
    /// INFIMA_HALO_INTERACTIVE_RESERVE and half as much again
    #[arg(long, default_value_t = 180)]
    budget: u32,
}

fn local_time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "a local time is given as in 01:00".to_owned())
}

pub(super) fn run(args: SimulateArgs) -> anyhow::Result<ExitCode> {
    ensure!(args.partners > 0 && args.clients > 0, "a night needs at least one partner with one client");
    ensure!(args.night_start != args.night_end, "the night ends when it begins: give another --night-end");
    let milliseconds = |number: u32| Duration::milliseconds(number.into());
    let fleet = Fleet {
        partners: args.partners,
        clients: args.clients,
        other_licences: args.other_licences,
        changed_percent: args.changed_percent,
        time_zones: args.time_zones,
        night_start: args.night_start,
        night_end: args.night_end,
    };
    let capacity = Capacity {
        slots: args.workers * args.concurrency,
        cores: args.cores,
        cpu_per_sync: milliseconds(args.cpu_per_sync),
        cpu_per_write: milliseconds(args.cpu_per_write),
        latency: milliseconds(args.latency),
        budget: args.budget,
        window: Duration::minutes(5),
    };
    print(&forecast(&fleet, &capacity, Clock::system().now()))?;
    Ok(ExitCode::SUCCESS)
}

fn print(night: &Forecast) -> io::Result<()> {
    let rows = [
        ("from the first sync until the last has ended", in_words(night.length)),
        ("most syncs that wait for a slot", night.most_waiting.to_string()),
        ("wait for a slot, median", in_words(night.median_wait)),
        ("wait for a slot, longest", in_words(night.longest_wait)),
        ("requests to each Halo", night.requests.to_string()),
        ("one sync by itself", in_words(night.shortest_sync)),
        ("slots busy", format!("{} %", night.slots_busy)),
        ("cores busy", format!("{} %", night.cores_busy)),
        ("the limit", night.limit.advice().to_owned()),
    ];
    for (name, value) in rows {
        writeln!(io::stdout(), "{name:<46} {value}")?;
    }
    Ok(())
}

fn in_words(time: Duration) -> String {
    match time.num_seconds() {
        0..60 => format!("{:.1} s", time.num_milliseconds() as f64 / 1e3),
        60..3600 => format!("{} min {} s", time.num_minutes(), time.num_seconds() % 60),
        _ => format!("{} h {} min", time.num_hours(), time.num_minutes() % 60),
    }
}
