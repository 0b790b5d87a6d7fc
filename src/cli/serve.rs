//! `serve`: serves the API until the process is stopped.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::signals::stop_at_signal;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::{ApiConfig, Config, ConfigError, Variables};
use crate::telemetry;

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let (config, api) = read(&Variables::of_this_process())?;
    telemetry::init(&config.log)?;
    let app = App::build(&config, Clock::system(), config.database.connections).await?;
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
    let metrics = async {
        match for_operator {
            Some(listener) => app.serve(listener, app.health().merge(app.metrics())).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(app.serve(listener, router), metrics)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads all sections. The error names the missing variables of all of them at once.
fn read(variables: &Variables) -> Result<(Config, ApiConfig), ConfigError> {
    match (Config::read(variables), ApiConfig::read(variables)) {
        (Err(ConfigError::Missing(mut all)), Err(ConfigError::Missing(more))) => {
            all.extend(more);
            Err(ConfigError::Missing(all))
        }
        (config, api) => Ok((config?, api?)),
    }
}
