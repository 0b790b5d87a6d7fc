//! Logs, metrics, and what becomes of a panic.
//!
//! Nothing secret leaves through here: secrets are unprintable types already, and what other crates say below `info`
//! (headers, frames, statements) is dropped whatever the filter asks for. Rooms log with `tracing` and count with
//! `metrics`; this room only decides where that goes, and knows no other room's types. `cli` and `dev` call [`init`], `app`
//! answers `/metrics`; tests put a [`subscriber`] of their own in front of the code they run.
//!
//! How it is logged, everywhere:
//!
//! 1. An event says what happened, in a few words, in the past tense; everything variable is a field.
//! 2. Fields are named as elsewhere: `partner.id`, `connection.id`, `sync_run.id`, `halo.tenant`, `duration_ms`.
//! 3. Never a secret, a token, a person's address, query variables or a body of Halo's. Types that hold one do not print.
//! 4. `error`: a fault of ours that somebody should look at. `warn`: it went wrong, and goes on by itself.
//! 5. `info`: what an operator wants to read of a normal night: started, finished, stored, stopped.
//! 6. `debug`: for whoever is at the keyboard. Below `info` only our own crate may speak at all.
//! 7. An error is logged once, where it is dealt with, with its causes; passing it on is not dealing with it.
//! 8. What a partner has to know is not a log line: it is a problem on its connection, association or run.
//! 9. Numbers that are watched are metrics, not log lines; a metric has no label that grows with partners.
//! 10. A panic is logged with its place; what it said only where that is a literal.

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
pub fn init(config: &LogConfig) -> Result<(), InitError> {
    let mut config = config.clone();
    if config.format == LogFormat::Auto {
        config.format = if io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json };
    }
    let logs = subscriber(&config, io::stderr)?;
    tracing::subscriber::set_global_default(logs).map_err(|_| InitError::Twice)?;
    std::panic::set_hook(Box::new(panics::log));
    Metrics::of_this_process();
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error("logs already go somewhere: initialise telemetry once")]
    Twice,
}
