//! Measures the program as a whole on this machine: its own processes, Postgres, a Halo for each
//! partner, and peers beside it in turns. `make bench` runs everything, `make bench-quick` what
//! takes less than three minutes. Nothing here passes or fails; docs/performance.md has the targets
//! and what was changed for them.

mod bare;
mod load;
mod machine;
mod nights;
mod reads;
mod report;
mod roster;
mod small;
mod stack;

use std::path::Path;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use machine::Machine;
use report::Report;
use stack::Ground;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The mapping table beside its peers.
    Table,
    /// Lists of partners with 10,000 clients.
    Lists,
    /// The roster import.
    Import,
    /// The start of `serve`.
    Start,
    /// Idle processes.
    Idle,
    /// From a request to the first request at Halo.
    PickUp,
    /// One partner with 10,000 clients.
    Large,
    /// Nights of many partners.
    Nights,
    /// Thirty nights in a row.
    Month,
}

const ALL: [Part; 9] = [
    Part::Table,
    Part::Lists,
    Part::Import,
    Part::Start,
    Part::Idle,
    Part::PickUp,
    Part::Large,
    Part::Nights,
    Part::Month,
];
const QUICK: [Part; 4] = [Part::Table, Part::Import, Part::Start, Part::Nights];

/// Measures the program on this machine.
#[derive(Parser)]
struct Arguments {
    /// What is measured. Default: everything.
    parts: Vec<Part>,
    /// Measures less, for a figure within minutes.
    #[arg(long)]
    quick: bool,
    /// Measures on a busy machine, too.
    #[arg(long)]
    busy: bool,
    /// The number of partners of a night.
    #[arg(long)]
    partners: Option<u32>,
    /// The file that the table is written to.
    #[arg(long)]
    results: Option<std::path::PathBuf>,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    if given.first().is_some_and(|first| first == bare::COMMAND) {
        return bare::serve(&given[1..]).await;
    }
    let arguments = Arguments::parse();
    let machine = Machine::look(arguments.busy)?;
    infima_halo::app::raise_limit(20_000);
    let ground = Ground::prepare().await?;
    let mut report = Report::default();
    let measured = measure(&arguments, &ground, &mut report).await;
    ground.stop().await?;
    if let Some(file) = &arguments.results {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        report.write(&file, &machine, &format!("make bench{}", if arguments.quick { "-quick" } else { "" }))?;
    }
    measured
}

async fn measure(arguments: &Arguments, ground: &Ground, report: &mut Report) -> anyhow::Result<()> {
    let client = load::client()?;
    let quick = arguments.quick;
    let all = if quick { &QUICK[..] } else { &ALL };
    let parts = if arguments.parts.is_empty() { all } else { &arguments.parts };
    let choose = |less: u32, more: u32| arguments.partners.unwrap_or(if quick { less } else { more });
    for part in parts {
        match part {
            Part::Table => {
                let (rounds, seconds) = if quick { (3, 3) } else { (5, 6) };
                reads::mapping_table(ground, &client, report, rounds, Duration::from_secs(seconds)).await?;
            }
            Part::Lists => reads::large_lists(ground, &client, report, 10_000).await?,
            Part::Import => small::import(ground, report, 5_000).await?,
            Part::Start => small::cold_start(ground, &client, report).await?,
            Part::Idle => small::idle(ground, &client, report, Duration::from_secs(30)).await?,
            Part::PickUp => small::pick_up(ground, &client, report, choose(300, 1_000), 100).await?,
            Part::Large => nights::large_partner(ground, &client, report, 10_000).await?,
            Part::Nights => nights::nights(ground, &client, report, choose(200, 2_000)).await?,
            Part::Month => nights::many_nights(ground, &client, report, choose(100, 300), 30).await?,
        }
    }
    Ok(())
}
