//! What an operator or a deployment tool says to a running process.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels at SIGTERM or Ctrl-C. At the second one the process ends at once, as in a crash.
///
/// # Errors
/// The system gives no way to hear signals.
pub(super) fn stop_at_signal(stopping: CancellationToken) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        for told in 1.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if told == 2 {
                std::process::exit(130);
            }
            tracing::info!("stopping");
            stopping.cancel();
        }
    });
    Ok(())
}
