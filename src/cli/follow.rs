//! Watching runs until they end: bars on a terminal, a line for each run that is over.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::{explain, signals::stop_at_signal};
use crate::domain::run::{Run, RunState};
use crate::ids::{PartnerId, RunId};
use crate::ops::Ops;
use crate::ops::admin::{RunStatus, run_statuses};

/// Between looks, and how much longer for each run that is looked at.
const LOOK: Duration = Duration::from_millis(300);
const LOOK_MORE: Duration = Duration::from_millis(10);
/// After so long without any run taken up, a hint is due.
const SILENCE: Duration = Duration::from_secs(15);

/// Follows the runs until each has ended, or was put back to be tried much later. Exit code 1 where one did not succeed.
pub(super) async fn follow(ops: &Ops, mut runs: Vec<(PartnerId, RunId)>) -> anyhow::Result<ExitCode> {
    let stopping = CancellationToken::new();
    stop_at_signal(stopping.clone())?;
    let bars = Bars::new(runs.len())?;
    let (all, begun) = (runs.len(), tokio::time::Instant::now());
    let (mut failed, mut taken_up, mut hinted) = (0, false, false);
    while !runs.is_empty() {
        for RunStatus { partner, run } in run_statuses(ops, &runs).await.map_err(explain)? {
            taken_up |= run.state != RunState::Queued || run.problem.is_some();
            let Some(ended) = ended(&run) else {
                bars.show(&partner, &run);
                continue;
            };
            bars.end(&run, &format!("{partner}: {ended}"));
            failed += usize::from(run.state != RunState::Succeeded);
            runs.retain(|(_, id)| *id != run.id);
        }
        if !taken_up && !hinted && begun.elapsed() > SILENCE {
            bars.say("No worker has taken anything up yet; is `infima-halo worker` running?");
            hinted = true;
        }
        if runs.is_empty() {
            break;
        }
        let pause = LOOK + LOOK_MORE * u32::try_from(runs.len()).unwrap_or(u32::MAX);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopping.cancelled() => {
                bars.say(&format!("No longer watching; {} of {all} syncs go on.", runs.len()));
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
    if failed > 0 {
        bars.say(&format!("{failed} of {all} syncs did not succeed."));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// How the run came out, once there is nothing more to wait for here.
fn ended(run: &Run) -> Option<String> {
    let problem = run.problem.as_ref().map(|problem| format!(": {}", problem.message())).unwrap_or_default();
    Some(match run.state {
        RunState::Running => return None,
        RunState::Queued if run.problem.is_none() => return None,
        RunState::Queued => format!("put back until {}{problem}", run.next_attempt_at.format("%H:%M:%S UTC")),
        RunState::Succeeded => counts(run),
        RunState::PartiallySucceeded => format!("partly done, {}", counts(run)),
        RunState::Failed => format!("failed{problem}"),
        RunState::Cancelled => "cancelled".to_owned(),
    })
}

fn counts(run: &Run) -> String {
    let summary = &run.summary;
    let all = [
        (summary.created, "created"),
        (summary.updated, "updated"),
        (summary.unchanged, "unchanged"),
        (summary.failed, "failed"),
        (summary.skipped, "left for later"),
    ];
    let counts: Vec<_> =
        all.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") }
}

/// A bar over all runs and one for each that is running. Hidden where stderr is no terminal.
struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    style: ProgressStyle,
    running: std::cell::RefCell<HashMap<RunId, ProgressBar>>,
}

impl Bars {
    fn new(runs: usize) -> anyhow::Result<Self> {
        let style = ProgressStyle::with_template("  {prefix:30!} {bar:30} {pos}/{len}").context("a constant")?;
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(runs as u64).with_style(style.clone()).with_prefix("syncs"));
        Ok(Self { all, total, style, running: std::cell::RefCell::default() })
    }

    fn show(&self, partner: &str, run: &Run) {
        if run.state != RunState::Running {
            return;
        }
        let mut running = self.running.borrow_mut();
        let bar = running.entry(run.id).or_insert_with(|| {
            self.all.add(ProgressBar::no_length().with_style(self.style.clone()).with_prefix(partner.to_owned()))
        });
        bar.set_length(run.progress.total.into());
        bar.set_position(run.progress.done.into());
    }

    fn end(&self, run: &Run, line: &str) {
        if let Some(bar) = self.running.borrow_mut().remove(&run.id) {
            bar.finish_and_clear();
        }
        self.total.inc(1);
        self.say(line);
        if self.total.length() == Some(self.total.position()) {
            self.total.finish_and_clear();
        }
    }

    /// A line on stdout, above the bars.
    fn say(&self, line: &str) {
        self.all.suspend(|| println!("{line}"));
    }
}
