//! `probe`: tests on a real Halo tenant what docs/halo-api.md says about Halo, and reports without
//! names or secrets.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use secrecy::SecretString;

use crate::app::probe::{self, ProbeReport, ProbeWrites};
use crate::clock::Clock;
use crate::config::{ProbeConfig, Variables};
use crate::ids::HaloCustomerId;
use crate::telemetry;

#[derive(clap::Args)]
pub(super) struct ProbeArgs {
    /// Address of the Halo tenant, such as https://yourcompany.halopsa.com
    #[arg(long)]
    url: String,
    /// Client ID of the API application
    #[arg(long)]
    client_id: String,
    /// File with the Client Secret; without it, the secret is read from a prompt
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Also test writes: creates one subscription, changes its quantity twice and sets it to 0
    /// (with --customer)
    #[arg(long, requires = "customer")]
    write: bool,
    /// Halo's id of the customer that gets the subscription of --write
    #[arg(long, value_name = "ID", requires = "write", value_parser = clap::value_parser!(i32).range(1..))]
    customer: Option<i32>,
    /// Do not ask before writing
    #[arg(long, requires = "write")]
    yes: bool,
    /// Also write the report to this file. It holds no secret, no name and no address, and can be
    /// shared
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(super) async fn run(args: ProbeArgs) -> anyhow::Result<ExitCode> {
    let mut variables = Variables::of_this_process();
    variables.set_default("INFIMA_LOG", "error");
    let config = ProbeConfig::read(&variables)?;
    telemetry::init(&config.log)?;
    let secret = secret(args.secret_file.as_deref())?;
    let session = probe::session(&config, &args.url, &args.client_id, &secret)?;
    let writes = args.customer.map(|customer| {
        let at = Clock::system().now();
        ProbeWrites {
            customer: HaloCustomerId(customer),
            name: format!("INFIMA probe {}, can be deleted", at.format("%Y-%m-%d %H:%M:%S UTC")),
            marker: format!("infima-probe-{}", at.timestamp()),
        }
    });
    if let Some(writes) = &writes {
        confirm(writes, args.yes)?;
    }

    say!("Reading from Halo. Nothing is changed.");
    let mut report = session.probe_reads().await;
    if let Some(writes) = &writes {
        if !report.has_token() {
            say!("Nothing was written: Halo issued no token.");
        } else {
            say!("Writing to Halo: \"{}\".", writes.name);
            let created;
            (report, created) = session.probe_writes(report, writes).await;
            match created {
                Some(id) => say!("The subscription has the id {id} in Halo. You can delete it there."),
                None => say!("Look in Halo for a subscription named \"{}\". If it exists, delete it.", writes.name),
            }
        }
    }
    let text = format!("infima-halo {} probe\n\n{report}", env!("CARGO_PKG_VERSION"));
    say!("\n{}", text.trim_end());
    if let Some(file) = &args.report {
        std::fs::write(file, &text).with_context(|| format!("the report cannot be written to {}", file.display()))?;
        say!("The report is in {}.", file.display());
    }
    Ok(exit_code(&report))
}

/// Refuted statements are a result, not a failure: only a probe without a token fails.
fn exit_code(report: &ProbeReport) -> ExitCode {
    if report.has_token() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "error: Halo issued no token. Check the URL, the Client ID and the Client Secret, and run the probe again."
    );
    ExitCode::FAILURE
}

fn secret(file: Option<&Path>) -> anyhow::Result<SecretString> {
    let secret = match file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("--secret-file names {}, which cannot be read", file.display()))?,
        None if io::stdin().is_terminal() => rpassword::prompt_password("Client Secret: ")?,
        None => bail!("the Client Secret cannot be typed here; name a file that holds it with --secret-file"),
    };
    let secret = SecretString::from(secret.trim());
    Ok(secret)
}

/// Says what is going to be written, and asks.
fn confirm(writes: &ProbeWrites, yes: bool) -> anyhow::Result<()> {
    say!("After reading, the probe writes to this Halo:");
    say!("  1. It creates the subscription \"{}\" with quantity 1 for the customer {}.", writes.name, writes.customer);
    say!("  2. It sets the quantity to 2, then to 3, and compares every field of the subscription each time.");
    say!("  3. It sets the quantity to 0. Nothing else is changed, and nothing is deleted.");
    if yes {
        return Ok(());
    }
    print!("Type yes to continue: ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        bail!("nothing was sent to Halo, because you did not type yes");
    }
    Ok(())
}
