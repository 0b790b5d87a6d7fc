//! Logs, metrics, and what becomes of a panic.
//!
//! Nothing secret leaves through here: secrets are unprintable types already, and what other crates say below `info`
//! (headers, frames, statements) is dropped whatever the filter asks for. Rooms log with `tracing` and count with
//! `metrics`; this room only decides where that goes, and knows no other room's types. `app` and `cli` call
//! [`init`]; tests put a [`subscriber`] of their own in front of the code they run.

mod logs;
mod metrics;
mod panics;

pub use logs::{FilterError, subscriber};
pub use metrics::Metrics;

use std::io::{self, IsTerminal as _};

use crate::config::{LogConfig, LogFormat};

/// Sends logs to stderr and panics to the logs, and starts counting. To be called once, before anything is logged.
///
/// # Errors
/// The filter is not one, or logs already go somewhere else.
pub fn init(config: &LogConfig) -> Result<Metrics, InitError> {
    let mut config = config.clone();
    if config.format == LogFormat::Auto {
        config.format = if io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json };
    }
    let logs = subscriber(&config, io::stderr)?;
    tracing::subscriber::set_global_default(logs).map_err(|_| InitError::Twice)?;
    std::panic::set_hook(Box::new(panics::log));
    Ok(Metrics::of_this_process())
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error("logs already go somewhere: initialise telemetry once")]
    Twice,
}
