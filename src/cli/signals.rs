//! Signals from an operator or a deployment tool.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels `stopping` at SIGTERM or Ctrl-C. A second signal ends the process at once, as a crash
/// does.
///
/// # Errors
/// The system does not let the process listen for signals.
pub(super) fn stop_at_signal(stopping: CancellationToken) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        for received in 1.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if received == 2 {
                std::process::exit(130);
            }
            tracing::info!("stopping");
            stopping.cancel();
        }
    });
    Ok(())
}
