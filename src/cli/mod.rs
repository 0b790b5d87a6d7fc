//! The command line: one subcommand a file.
//!
//! Settings come from the environment (`config/`), so that no secret appears on a command line;
//! arguments only select what to do. An error ends here as one line on stderr and exit code 1. No
//! other module calls this one, and it knows no business rule, no SQL and no wire format.

/// Prints a line. A reader of the output that has read enough, such as `head`, does not stop what a
/// command does.
macro_rules! say {
    ($($line:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($line)*);
    }};
}

#[cfg(feature = "dev")]
mod dev;
mod doctor;
mod follow;
mod migrate;
mod probe;
mod ready;
mod rotate_keys;
#[cfg(feature = "dev")]
mod sandbox;
mod schema;
mod serve;
mod signals;
mod simulate;
mod sync;
mod worker;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
#[cfg(feature = "dev")]
use clap::error::{ContextKind, ContextValue, ErrorKind};

const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

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
    /// Runs everything in one process for development; the default without a command
    #[cfg(feature = "dev")]
    Dev(crate::dev::DevOptions),
    /// Serves the GraphQL API
    Serve(serve::ServeArgs),
    /// Runs the queued syncs
    Worker,
    /// Runs only the Halo sandbox of the development stack
    #[cfg(feature = "dev")]
    Sandbox(sandbox::SandboxArgs),
    /// Applies the migrations, as the database's owner
    Migrate(migrate::MigrateArgs),
    /// Asks a process on this machine whether it is ready; for health checks of containers
    Ready(ready::ReadyArgs),
    /// Examines configuration, database, queue and sign-in, and prints what is wrong and what to do
    Doctor(doctor::DoctorArgs),
    /// Prints the GraphQL schema
    Schema,
    /// Tests on a real Halo tenant what is believed about Halo's API, and prints a report without
    /// names
    Probe(probe::ProbeArgs),
    /// Enqueues syncs by hand and shows their progress
    Sync(sync::SyncArgs),
    /// Works out how long a night would take with more partners, and what would have to grow
    Simulate(simulate::SimulateArgs),
    /// Seals every stored secret with the first key of INFIMA_KEYS; every process must hold that
    /// key first
    RotateKeys(rotate_keys::RotateKeysArgs),
}

/// Runs the command line. The exit code is 0 on success, 1 on failure, and 2 for a command line
/// that is not valid.
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| add_hint(error).exit());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return print_error(&error.into()),
    };
    let code = runtime.block_on(run(cli.command)).unwrap_or_else(|error| print_error(&error));
    // A thread that is still blocked, for example by a name lookup, must not delay the exit.
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    code
}

/// Adds a hint for options of `dev` that were typed without `dev`: it is the default command, so
/// people try.
#[cfg(feature = "dev")]
fn add_hint(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else { return error };
    let name = unknown.trim_start_matches('-').split('=').next();
    let of_dev = <Cli as clap::CommandFactory>::command().find_subcommand("dev").cloned();
    let known = of_dev.is_some_and(|dev| dev.get_arguments().any(|option| option.get_long() == name));
    // After another command, the error is about that command.
    if known
        && error.kind() == ErrorKind::UnknownArgument
        && std::env::args().nth(1).is_some_and(|first| first.starts_with('-'))
    {
        let hint = "options of the development stack need the command `dev`, as in `infima-halo dev --exit`";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

#[cfg(not(feature = "dev"))]
fn add_hint(error: clap::Error) -> clap::Error {
    error
}

async fn run(command: Option<Command>) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(feature = "dev")]
        None => dev::run(crate::dev::DevOptions::default()).await,
        #[cfg(not(feature = "dev"))]
        None => unreachable!("clap requires a command"),
        #[cfg(feature = "dev")]
        Some(Command::Dev(options)) => dev::run(options).await,
        Some(Command::Serve(args)) => serve::run(args).await,
        Some(Command::Worker) => worker::run().await,
        #[cfg(feature = "dev")]
        Some(Command::Sandbox(args)) => sandbox::run(args).await,
        Some(Command::Migrate(args)) => migrate::run(args).await,
        Some(Command::Ready(args)) => ready::run(args).await,
        Some(Command::Doctor(args)) => doctor::run(args).await,
        Some(Command::Schema) => schema::run(),
        Some(Command::Probe(args)) => probe::run(args).await,
        Some(Command::Sync(args)) => sync::run(args).await,
        Some(Command::Simulate(args)) => simulate::run(args),
        Some(Command::RotateKeys(args)) => rotate_keys::run(args).await,
    }
}

/// Prints why a command failed. A reader of its output that has read enough, such as `head`, is no
/// error.
fn print_error(error: &anyhow::Error) -> ExitCode {
    let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    if !error.downcast_ref().is_some_and(is_closed) {
        eprintln!("error: {}", format_error_chain(error));
    }
    ExitCode::FAILURE
}

/// Formats an error with its causes. A cause that an outer error quotes already is left out.
fn format_error_chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn command_line_definition_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn repeated_cause_is_left_out() {
        let error =
            anyhow::anyhow!("connection refused").context("Postgres: connection refused").context("no database");
        assert_eq!(format_error_chain(&error), "no database: Postgres: connection refused");
        let error = Err::<(), _>(std::io::Error::other("disk full")).context("cannot write").unwrap_err();
        assert_eq!(format_error_chain(&error), "cannot write: disk full");
    }
}
