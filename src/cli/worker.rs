//! `worker`: runs queued syncs until the process is stopped, then hands its unfinished runs over.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::signals::stop_at_signal;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::{Config, Variables};
use crate::telemetry;

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let config = Config::read(&Variables::of_this_process())?;
    telemetry::init_traced(&config.log, app::collector(&config.traces)?)?;
    app::raise_limit(0);
    let app = App::build(&config, Clock::system(), config.database.worker_connections).await?;
    app.check_pooler(&config).await?;
    let listener = match config.worker.listen {
        Some(address) => {
            let bound = TcpListener::bind(address).await;
            Some(bound.with_context(|| format!("cannot listen on {address} (INFIMA_WORKER_LISTEN)"))?)
        }
        None => None,
    };
    stop_at_signal(app.stopping.clone())?;
    let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    tracing::info!(address = address.map(tracing::field::display), "working");
    let checks = async {
        match listener {
            Some(listener) => app.answer_checks(listener).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        worked = app.work(&config) => worked?,
        () = checks => {}
    }
    telemetry::traces::flush().await;
    Ok(ExitCode::SUCCESS)
}
