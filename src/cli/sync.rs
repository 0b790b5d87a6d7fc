//! `sync`: enqueues syncs for the operator. A worker runs them; this command shows their progress.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use clap::ArgGroup;

use super::follow::follow;
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Variables};
use crate::domain::plan::{self, Plan};
use crate::ids::{PartnerId, RunId};
use crate::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use crate::ops::{Ops, admin};
use crate::telemetry;

#[derive(clap::Args)]
#[command(group = ArgGroup::new("which").required(true).args(["night", "partner", "failed_since"]))]
pub(super) struct SyncArgs {
    /// Tonight's sync of every partner, now; partners whose nightly sync was queued today already
    /// are left out
    #[arg(long)]
    night: bool,
    /// One partner, by INFIMA's own id
    #[arg(long, value_name = "EXTERNAL_ID")]
    partner: Option<String>,
    /// Every partner whose latest sync since then did not succeed, such as 2026-11-24T03:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    failed_since: Option<DateTime<Utc>>,
    /// Seconds over which the syncs are spread (with --failed-since)
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 600,
        value_parser = seconds,
        requires = "failed_since",
        conflicts_with_all = ["night", "partner"]
    )]
    spread: u32,
    /// Only print what the sync would change in Halo now (with --partner)
    #[arg(long, requires = "partner", conflicts_with_all = ["night", "failed_since", "no_wait"])]
    dry_run: bool,
    /// Do not wait for the syncs to end
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn run(args: SyncArgs) -> anyhow::Result<ExitCode> {
    let mut variables = Variables::of_this_process();
    variables.set_default("INFIMA_LOG", "warn");
    let config = Config::read(&variables)?;
    telemetry::init(&config.log)?;
    let app = App::build(&config, Clock::system(), 2).await?;
    if let (true, Some(external_id)) = (args.dry_run, &args.partner) {
        preview(&app.ops, external_id).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let queued = queue(&app.ops, &args).await?;
    match queued.len() {
        0 => writeln!(io::stdout(), "Nothing to sync{}.", why_nothing(&args))?,
        1 => writeln!(io::stdout(), "Queued the sync of 1 partner.")?,
        many => writeln!(io::stdout(), "Queued the syncs of {many} partners.")?,
    }
    if args.no_wait || queued.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    follow(&app.ops, queued).await
}

async fn queue(ops: &Ops, args: &SyncArgs) -> anyhow::Result<Vec<(PartnerId, RunId)>> {
    let queued = if let Some(external_id) = &args.partner {
        let partner = find(ops, external_id).await?;
        admin::request_sync(ops, partner).await.map(|run| vec![(partner, run)])
    } else if let Some(since) = args.failed_since {
        ensure!(since <= ops.clock.now(), "--failed-since is in the future: {since}");
        admin::request_failed_since(ops, since, Duration::from_secs(args.spread.into())).await
    } else {
        enqueue_nightly_syncs(ops, Selection::Today).await
    };
    Ok(queued?)
}

async fn find(ops: &Ops, external_id: &str) -> anyhow::Result<PartnerId> {
    let found = admin::find_partner(ops, external_id).await?;
    found.with_context(|| format!("there is no partner with the external id '{external_id}'"))
}

/// Prints the changes that a sync would make now.
async fn preview(ops: &Ops, external_id: &str) -> anyhow::Result<()> {
    let partner = find(ops, external_id).await?;
    let preview = admin::preview_sync(ops, partner).await?;
    let (all, requests) = (preview.entries.len(), preview.halo_requests);
    let steps: Vec<_> = preview.entries.into_iter().filter_map(|entry| entry.step).collect();
    let left_out = all - steps.len();
    let mut out = io::stdout();
    write!(out, "{}", plan::render(&Plan { steps }))?;
    writeln!(out, "Nothing was changed. Requests to Halo: {requests}.")?;
    if left_out > 0 {
        writeln!(out, "{left_out} of {all} clients were not read: a preview sends few requests.")?;
    }
    Ok(())
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    time.map_err(|_| {
        "a date, a time and its zone are needed, such as 2026-11-24T03:00:00Z or 2026-11-24T03:00:00+01:00".into()
    })
}

fn seconds(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "a whole number of seconds is needed, such as 600".into())
}

fn why_nothing(args: &SyncArgs) -> &'static str {
    match args.night {
        true => {
            ": the nightly sync of every connected partner was queued today already, syncs are paused, or no client is mapped"
        }
        false => ": no partner's latest sync since then failed",
    }
}
