//! `rotate-keys`: seals stored secrets with the active key while everything runs. After an
//! interruption, run it again.

use std::process::ExitCode;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Variables};
use crate::ops::admin::keys::{Rotation, rotate_keys};
use crate::telemetry;

#[derive(clap::Args)]
pub(super) struct RotateKeysArgs {
    /// Only print what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: RotateKeysArgs) -> anyhow::Result<ExitCode> {
    let mut variables = Variables::of_this_process();
    variables.set_default("INFIMA_LOG", "warn");
    let config = Config::read(&variables)?;
    telemetry::init(&config.log)?;
    let app = App::build(&config, Clock::system(), 2).await?;
    let Rotation { resealed, remaining, in_use } = rotate_keys(&app.ops, args.dry_run).await?;
    let active = app.ops.keys.active_id();
    match args.dry_run {
        true => say!("{resealed} stored secrets would be re-encrypted with the key '{active}'."),
        false => say!("{resealed} stored secrets were re-encrypted with the key '{active}'."),
    }
    for (key, secrets) in &in_use {
        say!("  {key}: seals {secrets}");
    }
    let unused = app.ops.keys.ids().filter(|id| *id != active && in_use.iter().all(|(key, _)| key != id));
    for id in unused {
        say!("  {id}: seals nothing any more and can be removed from INFIMA_KEYS");
    }
    for (why, secrets) in &remaining {
        eprintln!("error: {secrets} left as they are: {why}");
    }
    Ok(if remaining.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
