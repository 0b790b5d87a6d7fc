//! Publishes what an operator watches. Every worker publishes the same numbers, since each may be
//! the last one: an alert takes the maximum over the processes.

use std::collections::HashSet;
use std::time::Duration;

use metrics::gauge;
use tokio_util::sync::CancellationToken;

use crate::ops::Ops;
use crate::ops::admin::figures::{Figures, read_figures};

const INTERVAL: Duration = Duration::from_secs(30);

pub(super) async fn publish_figures(ops: Ops, stop: CancellationToken) {
    let mut published = HashSet::new();
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        match read_figures(&ops).await {
            Ok(figures) => publish(&figures, &mut published),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the figures could not be read; the next interval tries again"
                );
            }
        }
    }
}

/// `published` are the labels that had a value once: a problem that is gone is 0, not its last
/// number.
fn publish(figures: &Figures, published: &mut HashSet<(&'static str, &'static str, String)>) {
    let runs = &figures.runs;
    gauge!("sync_runs", "state" => "queued").set(runs.queued as f64);
    gauge!("sync_runs", "state" => "running").set(runs.running as f64);
    gauge!("sync_oldest_due_run_seconds").set(runs.oldest_due_seconds);
    gauge!("partners_with_failed_night").set(runs.partners_with_failed_night as f64);
    if let Some(seconds) = runs.seconds_since_successful_night {
        gauge!("seconds_since_successful_night").set(seconds);
    }
    let deliveries = &figures.deliveries;
    gauge!("webhook_pending_deliveries").set(deliveries.pending as f64);
    gauge!("webhook_oldest_due_delivery_seconds").set(deliveries.oldest_due_seconds);
    gauge!("webhooks_failing").set(deliveries.failing as f64);
    let counted = figures.problems.iter().map(|(code, count)| ("open_problems", "code", code, *count));
    let counted = counted.chain(figures.secrets.iter().map(|(key, count)| ("sealed_secrets", "key", key, *count)));
    let counted: Vec<_> = counted.collect();
    for (metric, label, value) in published.iter() {
        if !counted.iter().any(|(name, _, known, _)| name == metric && *known == value) {
            gauge!(*metric, *label => value.clone()).set(0.0);
        }
    }
    for (metric, label, value, count) in counted {
        gauge!(metric, label => value.clone()).set(count as f64);
        published.insert((metric, label, value.clone()));
    }
}
