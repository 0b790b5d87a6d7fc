//! Shows the progress of runs until they end: bars on a terminal, and a line for each finished run.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::signals::stop_at_signal;
use crate::domain::run::{Run, RunState};
use crate::ids::{PartnerId, RunId};
use crate::ops::Ops;
use crate::ops::admin::{RunStatus, run_statuses};

/// The pause between two polls, and the addition for each run that is polled.
const POLL: Duration = Duration::from_millis(300);
const POLL_PER_RUN: Duration = Duration::from_millis(10);
/// The time without any started run after which a hint is printed.
const HINT_AFTER: Duration = Duration::from_secs(15);

/// Follows the runs until each has ended or was rescheduled. The exit code is 1 if one did not
/// succeed.
pub(super) async fn follow(ops: &Ops, mut runs: Vec<(PartnerId, RunId)>) -> anyhow::Result<ExitCode> {
    let stopping = CancellationToken::new();
    stop_at_signal(stopping.clone())?;
    let bars = Bars::new(runs.len())?;
    let (all, begun) = (runs.len(), tokio::time::Instant::now());
    let (mut failed, mut started, mut hinted) = (0, false, false);
    while !runs.is_empty() {
        for RunStatus { partner, run } in run_statuses(ops, &runs).await? {
            if let Some(next) = run.continued_by {
                follow_on(&mut runs, run.id, next);
                continue;
            }
            started |= run.state != RunState::Queued || run.problem.is_some();
            let Some(ended) = ended(&run) else {
                bars.show(&partner, &run);
                continue;
            };
            bars.end(&run, &format!("{partner}: {ended}"));
            failed += usize::from(run.state != RunState::Succeeded);
            runs.retain(|(_, id)| *id != run.id);
        }
        if !started && !hinted && begun.elapsed() > HINT_AFTER {
            bars.print("No worker has started a sync yet. Is `infima-halo worker` running?");
            hinted = true;
        }
        if runs.is_empty() {
            break;
        }
        let pause = POLL + POLL_PER_RUN * u32::try_from(runs.len()).unwrap_or(u32::MAX);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopping.cancelled() => {
                bars.print(&format!("Stopped watching; {} of {all} syncs continue.", runs.len()));
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
    if failed > 0 {
        bars.print(&format!("{failed} of {all} syncs did not succeed."));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Follows the run that continues another one instead of it.
fn follow_on(runs: &mut [(PartnerId, RunId)], from: RunId, to: RunId) {
    for (_, run) in runs.iter_mut().filter(|(_, run)| *run == from) {
        *run = to;
    }
}

/// Describes the result of a run; `None` while it is worth waiting for.
fn ended(run: &Run) -> Option<String> {
    let problem = run.problem.as_ref().map(|problem| format!(": {}", problem.message())).unwrap_or_default();
    Some(match run.state {
        RunState::Running => return None,
        RunState::Queued if run.problem.is_none() => return None,
        RunState::Queued => format!("rescheduled to {}{problem}", run.next_attempt_at.format("%H:%M:%S UTC")),
        RunState::Succeeded => counts(run),
        RunState::PartiallySucceeded => format!("partly succeeded, {}", counts(run)),
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

/// One progress bar for all runs and one for each running run. Hidden if stderr is not a terminal.
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
        self.print(line);
        if self.total.length() == Some(self.total.position()) {
            self.total.finish_and_clear();
        }
    }

    /// Prints a line on stdout, above the bars.
    fn print(&self, line: &str) {
        self.all.suspend(|| say!("{line}"));
    }
}
