//! `migrate`: applies our migrations and the queue's, as the database's owner. Running it again, or
//! beside a running server, is safe.

use std::process::ExitCode;

use crate::app;
use crate::config::{OwnerConfig, Variables};

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let (owner, variable) = Variables::of_this_process().read::<OwnerConfig>()?.address()?;
    app::migrate(&owner, variable).await?;
    println!("The database is up to date.");
    Ok(ExitCode::SUCCESS)
}
