//! `dev`, and what runs without a command: the whole stack, and the guide's story played on it.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::{sentence, signals::stop_at_signal};
use crate::config::Variables;
use crate::dev::{self, DevOptions};

pub(super) async fn run(options: DevOptions) -> anyhow::Result<ExitCode> {
    let stopping = CancellationToken::new();
    stop_at_signal(stopping.clone())?;
    dev::run(options, Variables::of_this_process(), stopping, sentence).await
}
