//! The metrics of this process, in Prometheus' text format.

use std::{sync::OnceLock, thread, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds for everything measured in seconds, from a quick query to the slowest answer of
/// Halo.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// The metrics of the process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Returns the metrics of this process; recording starts with the first call.
    ///
    /// # Panics
    /// Another library of this process has installed a recorder, which none of ours does.
    pub fn of_this_process() -> Self {
        static COUNTING: OnceLock<Metrics> = OnceLock::new();
        COUNTING.get_or_init(start).clone()
    }

    /// Renders the answer of `/metrics`.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

fn start() -> Metrics {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .expect("no other recorder is installed in this process");
    metrics::describe_gauge!("infima_build_info", "1, with the version of this build as a label");
    metrics::gauge!("infima_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let upkeep = handle.clone();
    // Without upkeep, histograms that are not scraped keep every single value.
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_secs(5));
            upkeep.run_upkeep();
        }
    });
    Metrics(handle)
}
