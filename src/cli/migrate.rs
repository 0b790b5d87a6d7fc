//! `migrate`: applies our migrations and the queue's, as the database's owner. Running it again, or
//! beside a running server, is safe. `migrate status` shows which are applied, and changes nothing.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::app;
use crate::config::{OwnerConfig, Variables};

#[derive(clap::Args)]
pub(super) struct MigrateArgs {
    #[command(subcommand)]
    command: Option<MigrateCommand>,
}

#[derive(clap::Subcommand)]
enum MigrateCommand {
    /// Shows which migrations are applied; the exit code is 1 if one is missing
    Status,
}

pub(super) async fn run(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let (owner, variable) = Variables::of_this_process().read::<OwnerConfig>()?.address()?;
    let Some(MigrateCommand::Status) = args.command else {
        app::migrate(&owner, variable).await?;
        writeln!(io::stdout(), "The database is up to date.")?;
        return Ok(ExitCode::SUCCESS);
    };
    let schema = app::schema_state(&owner, variable).await?;
    for (version, description, applied) in &schema.migrations {
        writeln!(io::stdout(), "{version:04}  {}  {description}", if *applied { "applied" } else { "missing" })?;
    }
    for version in &schema.unknown {
        writeln!(io::stdout(), "{version:04}  unknown  applied by a newer release")?;
    }
    Ok(if schema.pending() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
