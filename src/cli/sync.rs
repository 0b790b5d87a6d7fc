//! `sync`: queues syncs by the operator's hand. A worker does them; this command follows.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::ArgGroup;

use super::{explain, follow::follow};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Variables};
use crate::ids::{PartnerId, RunId};
use crate::ops::request_sync::request_failed_since;
use crate::ops::start_nights::{Which, start_nights};
use crate::ops::{OpError, Ops, by_operator};
use crate::telemetry;

#[derive(clap::Args)]
#[command(group = ArgGroup::new("which").required(true).args(["night", "partner", "failed_since"]))]
pub(super) struct SyncArgs {
    /// Tonight's sync of every partner, now; a partner whose night was queued today already is left out
    #[arg(long)]
    night: bool,
    /// One partner, by INFIMA's own id
    #[arg(long, value_name = "EXTERNAL_ID")]
    partner: Option<String>,
    /// Every partner whose latest sync since then did not succeed, such as 2026-11-24T03:00:00Z
    #[arg(long, value_name = "TIME")]
    failed_since: Option<DateTime<Utc>>,
    /// Over how many seconds those partners' syncs are spread
    #[arg(long, value_name = "SECONDS", requires = "failed_since", conflicts_with_all = ["night", "partner"])]
    spread: Option<u32>,
    /// Only queue; do not wait for the syncs to end
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn run(args: SyncArgs) -> anyhow::Result<ExitCode> {
    let mut variables = Variables::of_this_process();
    variables.set_default("INFIMA_LOG", "warn");
    let config = Config::read(&variables)?;
    telemetry::init(&config.log)?;
    let app = App::build(&config, Clock::System, 2).await?;
    let queued = queue(&app.ops, &args).await?;
    match queued.len() {
        0 => println!("Nothing to sync{}.", why_nothing(&args)),
        1 => println!("Queued the sync of 1 partner."),
        many => println!("Queued the syncs of {many} partners."),
    }
    if args.no_wait || queued.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    follow(&app.ops, queued).await
}

async fn queue(ops: &Ops, args: &SyncArgs) -> anyhow::Result<Vec<(PartnerId, RunId)>> {
    let queued = if let Some(external_id) = &args.partner {
        match by_operator::request_sync(ops, external_id).await {
            Err(OpError::Denied(_)) => bail!("there is no partner with the external id '{external_id}'"),
            queued => queued.map(|queued| vec![queued]),
        }
    } else if let Some(since) = args.failed_since {
        request_failed_since(ops, since, Duration::from_secs(args.spread.unwrap_or(0).into())).await
    } else {
        start_nights(ops, Which::Tonight).await
    };
    queued.map_err(explain)
}

fn why_nothing(args: &SyncArgs) -> &'static str {
    match args.night {
        true => ": every connected partner's night was queued today already, or no client is mapped",
        false => ": no partner's latest sync since then failed",
    }
}
