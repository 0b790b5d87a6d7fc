//! `dev`, the default command: the development stack, and the walkthrough of the user guide on it.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::{format_error_chain, signals::stop_at_signal};
use crate::config::Variables;
use crate::dev::{self, DevOptions};

pub(super) async fn run(options: DevOptions) -> anyhow::Result<ExitCode> {
    let stopping = CancellationToken::new();
    stop_at_signal(stopping.clone())?;
    dev::run(options, Variables::of_this_process(), stopping, format_error_chain).await
}
