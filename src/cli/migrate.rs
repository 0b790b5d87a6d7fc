//! `migrate`: our tables and the queue's, as the owner of the database. May be run again and beside a running server.

use std::process::ExitCode;

use crate::app;
use crate::config::{DatabaseConfig, Variables};

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let database: DatabaseConfig = Variables::of_this_process().read()?;
    let (owner, variable) = match database.migrate_url {
        Some(owner) => (owner, "MIGRATE_DATABASE_URL"),
        None => (database.url, "DATABASE_URL"),
    };
    app::migrate(&owner, variable).await?;
    println!("The database is up to date.");
    Ok(ExitCode::SUCCESS)
}
