//! The command line: one subcommand a file, each a short story over `app`.
//!
//! Settings come from the environment (`config/`), so that a secret never stands on a command line; arguments say only what is
//! to be done. What goes wrong ends here as one sentence on stderr and exit code 1. No other room calls in here, and no rule of
//! the business, no SQL and no wire format is known here.

#[cfg(feature = "dev")]
mod dev;
mod follow;
mod migrate;
mod rotate_keys;
#[cfg(feature = "dev")]
mod sandbox;
mod schema;
mod serve;
mod signals;
mod sync;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
#[cfg(feature = "dev")]
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::ops::OpError;

const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Keeps active-user counts in partners' Halo PSA subscriptions.
///
/// Settings come from environment variables; docs/configuration.md lists them.
#[derive(Parser)]
#[command(name = "infima-halo", version)]
#[cfg_attr(not(feature = "dev"), command(subcommand_required = true, arg_required_else_help = true))]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Everything in one process to develop against; this is what runs without a command
    #[cfg(feature = "dev")]
    Dev(crate::dev::DevOptions),
    /// Answers the GraphQL API
    Serve,
    /// Works the queue of syncs
    Worker,
    /// A Halo to develop against, without anything else
    #[cfg(feature = "dev")]
    Sandbox(sandbox::SandboxArgs),
    /// Brings the database up to date, as its owner
    Migrate,
    /// Prints the GraphQL schema
    Schema,
    /// Queues syncs by hand and follows them
    Sync(sync::SyncArgs),
    /// Seals every stored secret with the first key of INFIMA_KEYS, which by then every process has to hold
    RotateKeys(rotate_keys::RotateKeysArgs),
}

/// Does what the command line says. 0 where it was done, 1 where it was not, 2 where the command line was not understood.
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| hinted(error).exit());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return print_error(&error.into()),
    };
    let code = runtime.block_on(run(cli.command)).unwrap_or_else(|error| print_error(&error));
    // What still blocks a thread by now, such as the look-up of a name, is not waited for.
    runtime.shutdown_timeout(LAST_MOMENT);
    code
}

/// `dev` is what runs without a command, so its options are tried without it, too.
#[cfg(feature = "dev")]
fn hinted(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else { return error };
    let name = unknown.trim_start_matches('-').split('=').next();
    let of_dev = <Cli as clap::CommandFactory>::command().find_subcommand("dev").cloned();
    let known = of_dev.is_some_and(|dev| dev.get_arguments().any(|option| option.get_long() == name));
    // Behind another command, it is that one's matter.
    if known
        && error.kind() == ErrorKind::UnknownArgument
        && std::env::args().nth(1).is_some_and(|first| first.starts_with('-'))
    {
        let hint = "options of the development stack stand behind `dev`, as in `infima-halo dev --exit`";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

#[cfg(not(feature = "dev"))]
fn hinted(error: clap::Error) -> clap::Error {
    error
}

async fn run(command: Option<Command>) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(feature = "dev")]
        None => dev::run(crate::dev::DevOptions::default()).await,
        #[cfg(not(feature = "dev"))]
        None => unreachable!("clap asks for a command"),
        #[cfg(feature = "dev")]
        Some(Command::Dev(options)) => dev::run(options).await,
        Some(Command::Serve) => serve::run().await,
        Some(Command::Worker) => worker::run().await,
        #[cfg(feature = "dev")]
        Some(Command::Sandbox(args)) => sandbox::run(args).await,
        Some(Command::Migrate) => migrate::run().await,
        Some(Command::Schema) => schema::run(),
        Some(Command::Sync(args)) => sync::run(args).await,
        Some(Command::RotateKeys(args)) => rotate_keys::run(args).await,
    }
}

fn print_error(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", sentence(error));
    ExitCode::FAILURE
}

/// An error with its causes, each said once: some quote theirs already.
fn sentence(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

/// What a verb has to say to the operator, who made no input field to point at.
fn explain(error: OpError) -> anyhow::Error {
    match error {
        OpError::Refused(errors) => {
            anyhow::anyhow!(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" "))
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_parser_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_cause_is_said_once() {
        let error =
            anyhow::anyhow!("connection refused").context("Postgres: connection refused").context("no database");
        assert_eq!(sentence(&error), "no database: Postgres: connection refused");
        let error = Err::<(), _>(std::io::Error::other("disk full")).context("cannot write").unwrap_err();
        assert_eq!(sentence(&error), "cannot write: disk full");
    }
}
