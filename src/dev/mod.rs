//! What only development needs: the one-command stack, and the user guide's steps carried out on
//! it. Behind the cargo feature `dev`, so production carries none of it.
//!
//! One process runs what production runs in several: the app's API and worker, built by `app`, over
//! a Postgres of its own ([`postgres`]) and a Halo of its own (`sandbox/`), with tokens of its own.
//! The steps call the API over HTTP, as the frontend and INFIMA's platform do, and read the tenant
//! directly only to compare the result. Everything is kept in one data directory; an interrupted
//! start is resumed at the next one.
//!
//! `cli` starts the stack; the tests use [`postgres`] for their database. No module of production
//! may call this one.

mod announce;
mod ask;
mod callers;
mod data_dir;
mod flow;
pub mod postgres;
mod roster;
mod settings;
mod stack;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;
use tokio_util::sync::CancellationToken;

use self::data_dir::DataDir;
use self::stack::Stack;
use crate::clock::Clock;
use crate::config::Variables;
use crate::sandbox::{Sandbox, SandboxOptions, TenantSeed};

/// The data directory, below the working directory.
pub const DATA_DIR: &str = ".data";
/// The port of the sandbox's first tenant; the others follow.
pub const SANDBOX_PORT: u16 = 4010;
/// The sandbox's tenants, the one of the user guide first.
pub const TENANTS: [&str; 2] = ["northwind-msp", "other"];
const PORT: u16 = 8080;

#[derive(Debug, Default, clap::Args)]
pub struct DevOptions {
    #[arg(
        long,
        value_parser = port,
        help = format!("Port of the API [default: {PORT}]; where it is taken, another one is chosen")
    )]
    port: Option<u16>,
    #[arg(
        long,
        value_parser = port,
        help = format!(
            "Port of the sandbox's first tenant at its first start [default: {SANDBOX_PORT}]; where it is taken, another one \
             is chosen"
        )
    )]
    sandbox_port: Option<u16>,
    #[arg(long, value_name = "DIRECTORY", help = format!("Where everything is kept [default: {DATA_DIR}]"))]
    data_dir: Option<PathBuf>,
    /// Begin with nothing: what the data directory holds is removed. Not with DATABASE_URL: that
    /// database is yours to empty
    #[arg(long)]
    fresh: bool,
    /// Bring the roster in, but do not play the story
    #[arg(long)]
    no_story: bool,
    /// End after the story: with 0, or with 1 and the step that failed
    #[arg(long)]
    exit: bool,
}

/// Starts everything, carries out the user guide's steps, and stays until `stopping` (or the end of
/// the steps, with `--exit`). `sentence` puts an error into words.
///
/// # Errors
/// Something could not be started, or broke while running; with `--exit`, a step failed.
pub async fn run(
    options: DevOptions,
    variables: Variables,
    stopping: CancellationToken,
    sentence: fn(&anyhow::Error) -> String,
) -> anyhow::Result<ExitCode> {
    let data_dir = DataDir::claim(options.data_dir.as_deref().unwrap_or(Path::new(DATA_DIR)))?;
    if options.fresh {
        data_dir.empty(&variables).await?;
    }
    announce::title();
    let mut stack = tokio::select! {
        started = Stack::start(&options, &data_dir, variables) => match started {
            Ok(stack) => stack,
            Err(error) => {
                postgres::stop(data_dir.path()).await?;
                return Err(error);
            }
        },
        () = stopping.cancelled() => {
            postgres::stop(data_dir.path()).await?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let done = tokio::select! {
        done = live(&options, &stack.parts, &data_dir, &stopping, sentence) => done,
        why = stack.running.broke() => Err(why),
        () = stopping.cancelled() => Ok(()),
    };
    let done = match done {
        Err(error) => Err(stack.running.reason(error).await),
        done => done,
    };
    announce::gone(&data_dir);
    stack.running.stop().await?;
    done.map(|()| ExitCode::SUCCESS)
}

/// The life of a stack that is up.
async fn live(
    options: &DevOptions,
    parts: &stack::Parts,
    data_dir: &DataDir,
    stopping: &CancellationToken,
    sentence: fn(&anyhow::Error) -> String,
) -> anyhow::Result<()> {
    announce::addresses(parts);
    announce::write(parts, data_dir)?;
    let played = if options.no_story { flow::roster_only(parts).await } else { flow::play(parts).await };
    match (played, options.exit) {
        (Ok(()), true) => return Ok(()),
        (Err(error), true) => return Err(error),
        (Ok(()), false) => {}
        (Err(error), false) => announce::stopped_short(&sentence(&error), parts, data_dir),
    }
    announce::callers(parts, data_dir);
    stopping.cancelled().await;
    Ok(())
}

/// A port as given on the command line.
///
/// # Errors
/// The text is not a port; the error says what is.
pub fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "a port is a number up to 65535; 0 leaves the choice to the system".into())
}

/// The tenants to develop against, kept in the data directory.
///
/// # Errors
/// As [`Sandbox::start`].
pub async fn sandbox(data_dir: &Path, port: u16, clock: Clock) -> io::Result<Sandbox> {
    let mut seeds = vec![TenantSeed::northwind(), TenantSeed::other()];
    // 0 leaves the choice to the system.
    for (seed, after) in seeds.iter_mut().zip(0..) {
        seed.port = (port != 0).then(|| port.saturating_add(after));
    }
    Sandbox::start(SandboxOptions { dir: Some(data_dir.join("sandbox")), clock }, seeds).await
}

/// The failure of the stack itself, in place of the one that a task ended with.
fn ended(what: &str, how: Result<anyhow::Result<()>, tokio::task::JoinError>) -> anyhow::Error {
    match how {
        Ok(Ok(())) => anyhow!("the {what} ended unexpectedly"),
        Ok(Err(error)) => error.context(format!("the {what} broke off")),
        Err(error) => anyhow!("the {what} broke off: {error}"),
    }
}
