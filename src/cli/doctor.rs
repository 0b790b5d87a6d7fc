//! `doctor`: shows in one table what an operator would check by hand.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::json;

use crate::app::doctor::{Finding, Severity, examine};
use crate::config::{LogConfig, Variables};
use crate::telemetry;

/// Warnings alone; a failure is 1, as everywhere.
const ONLY_WARNINGS: u8 = 3;

#[derive(clap::Args)]
pub(super) struct DoctorArgs {
    /// Also asks the Halo of this partner, by INFIMA's own id
    #[arg(long, value_name = "EXTERNAL_ID")]
    partner: Option<String>,
    /// Prints JSON instead of the table
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let mut variables = Variables::of_this_process();
    variables.set_default("INFIMA_LOG", "error");
    // A wrong filter is a finding like every other mistake.
    if let Ok(log) = variables.read::<LogConfig>() {
        telemetry::init(&log)?;
    }
    let findings = examine(&variables, args.partner.as_deref()).await;
    if args.json {
        print_json(&findings)?
    } else {
        print_table(&findings)?
    }
    Ok(match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Failed) | None => ExitCode::FAILURE,
        Some(Severity::Warning) => ONLY_WARNINGS.into(),
        Some(Severity::Ok) => ExitCode::SUCCESS,
    })
}

fn print_table(findings: &[Finding]) -> io::Result<()> {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or_default();
    for Finding { subject, severity, message } in findings {
        let severity: &str = severity.into();
        writeln!(io::stdout(), "{severity:<8} {subject:<width$}  {message}")?;
    }
    Ok(())
}

fn print_json(findings: &[Finding]) -> io::Result<()> {
    for Finding { subject, severity, message } in findings {
        let severity: &str = severity.into();
        writeln!(io::stdout(), "{}", json!({ "subject": subject, "severity": severity, "message": message }))?;
    }
    Ok(())
}
