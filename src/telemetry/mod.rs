//! Logs, metrics, traces and panics.
//!
//! No secret is written here: secrets are unprintable types, and what other crates log below `info`
//! (headers, frames, statements) is dropped by every filter. Modules log with `tracing` and count
//! with `metrics`; this module decides where both go, and knows no other module's types. `cli` and
//! `dev` call [`init`], `app` serves `/metrics`; tests use a [`subscriber`] of their own.
//!
//! The rules for logging:
//!
//! 1. An event names what happened, in a few words, in the past tense; everything variable is a
//!    field.
//! 2. Fields are named as elsewhere: `partner.id`, `connection.id`, `sync_run.id`, `halo.tenant`,
//!    `duration_ms`.
//! 3. Never a secret, a token, a person's address, query variables or a body of Halo's. Types that
//!    hold one do not print.
//! 4. `error`: a fault of ours that needs a person. `warn`: a failure that the system recovers from
//!    by itself.
//! 5. `info`: the normal course of operation: started, finished, stored, stopped.
//! 6. `debug`: for developers. Below `info`, only our own crate logs.
//! 7. An error is logged once, where it is handled, with its causes; returning it is not handling
//!    it.
//! 8. What a partner has to know is not a log line: it is a problem on its connection, association
//!    or run.
//! 9. Numbers that are watched are metrics, not log lines; a metric has no label that grows with
//!    partners.
//! 10. A panic is logged with its place, and with its message only if that is a literal.

mod logs;
mod metrics;
mod panics;
pub mod traces;

pub use logs::{FilterError, subscriber};
pub use metrics::Metrics;

use std::io::{self, IsTerminal as _};

use crate::config::{LogConfig, LogFormat};
use traces::Collector;

/// Sends logs to stderr and panics to the logs, and starts the metrics. Call it once, before
/// anything is logged.
///
/// # Errors
/// The filter is not valid, or telemetry is initialised already.
pub fn init(config: &LogConfig) -> Result<(), InitError> {
    init_traced(config, None)
}

/// The same, and sends traces to the collector. Within a runtime.
///
/// # Errors
/// As [`init`], or the collector's address cannot be used.
pub fn init_traced(config: &LogConfig, collector: Option<Collector>) -> Result<(), InitError> {
    let mut config = config.clone();
    if config.format == LogFormat::Auto {
        config.format = if io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json };
    }
    let traces = collector.map(traces::layer).transpose()?;
    let logs = logs::subscriber_with(&config, io::stderr, traces)?;
    tracing::subscriber::set_global_default(logs).map_err(|_| InitError::Twice)?;
    std::panic::set_hook(Box::new(panics::log));
    Metrics::of_this_process();
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT is not usable: {0}")]
    Traces(String),
    #[error("telemetry is initialised already")]
    Twice,
}
