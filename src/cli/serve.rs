//! `serve`: serves the API until the process is stopped; with `--with-worker`, it also runs queued
//! syncs.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::signals::stop_at_signal;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::{self, Variables};
use crate::telemetry;

#[derive(clap::Args)]
pub(super) struct ServeArgs {
    /// Also runs queued syncs in this process, as `worker` does; for a small installation
    #[arg(long)]
    with_worker: bool,
}

pub(super) async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let (config, api) = config::read_serving(&Variables::of_this_process())?;
    telemetry::init_traced(&config.log, app::collector(&config.traces)?)?;
    app::raise_limit(config.http.connections as usize);
    let for_worker = if args.with_worker { config.database.worker_connections } else { 0 };
    let app = App::build(&config, Clock::system(), config.database.connections + for_worker).await?;
    app.check_pooler(&config).await?;
    let verifier = app::verifier(&api.auth, &app.clock)?;
    let router = app.api(&config, &api, verifier, app::playground(&config, &api, Vec::new()))?;
    let address = config.http.listen;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (INFIMA_LISTEN)"))?;
    let for_operator = match config.http.metrics_listen {
        Some(address) => {
            let bound = TcpListener::bind(address).await;
            Some(bound.with_context(|| format!("cannot listen on {address} (INFIMA_METRICS_LISTEN)"))?)
        }
        None => None,
    };
    stop_at_signal(app.stopping.clone())?;
    let metrics = for_operator.as_ref().map(TcpListener::local_addr).transpose()?;
    tracing::info!(address = %listener.local_addr()?, metrics = metrics.map(tracing::field::display), "serving");
    let checks = async {
        match for_operator {
            Some(listener) => app.answer_checks(listener).await,
            None => std::future::pending().await,
        }
    };
    let work = async { if args.with_worker { app.work(&config).await } else { Ok(()) } };
    let serve = async {
        app.serve(listener, router).await;
        Ok(())
    };
    tokio::select! {
        ended = async { tokio::try_join!(serve, work) } => drop(ended?),
        () = checks => {}
        () = app.watch_clock() => {}
    }
    telemetry::traces::flush().await;
    Ok(ExitCode::SUCCESS)
}
