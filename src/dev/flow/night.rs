//! "Syncs occur nightly", and on demand.

use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use super::{print_line, wait};
use crate::dev::ask::Operation;
use crate::dev::stack::Parts;

/// The operator's command, in a separate process.
pub(super) async fn run(parts: &Parts) -> anyhow::Result<()> {
    let before = wait::latest(parts).await?;
    let this = std::env::current_exe().context("cannot find this program to start it again")?;
    // On Linux the program that runs, also where a build has replaced its file meanwhile.
    let running = std::path::Path::new("/proc/self/exe");
    let this = if running.exists() { running.to_owned() } else { this };
    let mut command = Command::new(this);
    command.args(["sync", "--night"]).env_remove("DATABASE_URL_FILE").env_remove("RUST_BACKTRACE");
    command.envs(parts.environment());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut running = command.spawn().context("cannot start `infima-halo sync --night`")?;
    let (said, complaints) = (running.stdout.take(), running.stderr.take());
    let mut lines = BufReader::new(said.context("stdout is piped")?).lines();
    while let Some(line) = lines.next_line().await? {
        print_line(line);
    }
    let mut complaint = String::new();
    complaints.context("stderr is piped")?.read_to_string(&mut complaint).await?;
    let ended = running.wait().await?;
    if !ended.success() {
        bail!("`infima-halo sync --night` ended with {ended}. {}", complaint.trim());
    }
    match wait::latest(parts).await? {
        Some(run) if before.as_ref() != Some(&run) => wait::until_finished(parts, &run).await,
        // The run was queued before. The start that did so may have been killed.
        _ => wait::until_quiet(parts).await,
    }
}

/// "Sync now", in the frontend.
pub(super) async fn resync(parts: &Parts) -> anyhow::Result<()> {
    let sync = Operation::Contract("SyncNow");
    let requested: Value = parts.request_context.change(parts.callers.partner_admin(), sync, json!({})).await?;
    wait::until_finished(parts, &requested["run"]["id"]).await
}
