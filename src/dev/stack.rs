//! Everything in one process: started in order, stopped in the other.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Json;
use axum::routing::get;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::ask::RequestContext;
use super::callers::Callers;
use super::data_dir::DataDir;
use super::postgres::{self, Postgres, PostgresOptions};
use super::{DevOptions, PORT, SANDBOX_PORT, TENANTS, announce, ended, settings};
use crate::app::{self, App};
use crate::auth::DevTokenIssuer;
use crate::clock::Clock;
use crate::config::{ApiConfig, Config, Variables};
use crate::sandbox::{Sandbox, Tenant};
use crate::telemetry;

/// How long a killed database may take to end.
const ENDING: Duration = Duration::from_secs(3);

/// A running stack.
pub(super) struct Stack {
    pub parts: Parts,
    pub running: Running,
}

/// The parts that have to be ended.
pub(super) struct Running {
    postgres: Postgres,
    sandbox: Sandbox,
    api: App,
    worker: App,
    serving: JoinHandle<anyhow::Result<()>>,
    working: JoinHandle<anyhow::Result<()>>,
}

/// What the user guide's steps and the announcement need to know of the stack.
pub(super) struct Parts {
    /// The configuration of this stack.
    pub variables: Variables,
    pub config: Config,
    pub request_context: RequestContext,
    pub callers: Callers,
    pub tenants: [Tenant; TENANTS.len()],
    /// The database's address as its owner, who sees every row.
    pub database: SecretString,
    /// The developer runs the database.
    pub database_is_given: bool,
    address: Url,
}

/// The settings that another process of this program needs for this stack; the rest is as its own
/// environment says.
const OF_THIS_STACK: [&str; 4] = ["INFIMA_ENV", "DATABASE_URL", "INFIMA_KEYS", "INFIMA_HALO_DEVELOPMENT_ADDRESSES"];

impl Parts {
    /// The environment in which the operator's commands work on this stack.
    pub fn environment(&self) -> BTreeMap<&'static str, &str> {
        OF_THIS_STACK.into_iter().filter_map(|name| Some((name, self.variables.get(name)?.to_str()?))).collect()
    }

    /// The address of something that the API's port answers.
    pub fn url(&self, path: &str) -> String {
        self.address.join(path).expect("a path").into()
    }
}

impl Stack {
    pub async fn start(options: &DevOptions, data_dir: &DataDir, mut variables: Variables) -> anyhow::Result<Self> {
        settings::log(&mut variables);
        telemetry::init(&variables.read()?)?;
        let clock = Clock::system();

        let say = |line: &str| println!("  {line}");
        let postgres = PostgresOptions { say, ..PostgresOptions::new(data_dir.path(), &variables)? };
        let postgres = postgres::provide(postgres).await?;
        let migrated = app::migrate(postgres.owner_url(), postgres.owner_variable()).await;
        migrated.context(match postgres.is_given() {
            true => "the database cannot be brought up to date; one that another version made is to be emptied first",
            false => "the database cannot be brought up to date; what another version made is removed by --fresh",
        })?;

        let sandbox = super::sandbox(data_dir.path(), options.sandbox_port.unwrap_or(SANDBOX_PORT), clock.clone());
        let sandbox = sandbox.await.context("the Halo sandbox cannot start")?;
        let tenants = TENANTS.map(|name| sandbox.tenant(name));
        announce::ports(&sandbox, options.sandbox_port);

        let listener = listen(options.port.unwrap_or(PORT)).await?;
        let address = listener.local_addr()?;
        settings::complete(&mut variables, address, &postgres, &tenants);
        let (config, api_config) = (Config::read(&variables)?, ApiConfig::read(&variables)?);

        let mint = DevTokenIssuer::load_or_create(&data_dir.mint_key(), settings::token_rules())?;
        let callers = Callers::new(&mint, &clock);
        let api = App::build(&config, clock.clone(), config.database.connections).await?;
        let keys = mint.jwks();
        let playground = app::playground(&config, &api_config, callers.for_the_playground());
        let playground = playground.merge(api.metrics());
        let others = playground.route(settings::JWKS_PATH, get(|| async { Json(keys) }));
        let router = api.api(&config, &api_config, app::verifier(&api_config.auth, &clock)?, others)?;
        let serving = tokio::spawn({
            let api = api.clone();
            async move {
                api.serve(listener, router).await;
                Ok(())
            }
        });

        let worker = App::build(&config, clock, config.database.worker_connections).await?;
        let working = tokio::spawn({
            let (worker, config) = (worker.clone(), config.clone());
            async move { Ok(worker.work(&config).await?) }
        });

        let address: Url = format!("http://{address}").parse()?;
        let request_context = RequestContext::new(address.join("/graphql")?)?;
        let (database, database_is_given) = (postgres.owner_url().clone(), postgres.is_given());
        let parts =
            Parts { variables, config, request_context, callers, tenants, database, database_is_given, address };
        Ok(Self { parts, running: Running { postgres, sandbox, api, worker, serving, working } })
    }
}

impl Running {
    /// Waits until a part ends that should not, and gives its name.
    pub async fn broke(&mut self) -> anyhow::Error {
        tokio::select! {
            how = &mut self.serving => ended("API", how),
            how = &mut self.working => ended("worker", how),
            gone = self.postgres.until_gone() => anyhow!(gone),
        }
    }

    /// The error for a failure: if the database is gone, that is why, whichever part noticed it
    /// first. Its connections break before its process has ended, so that is waited for a while.
    pub async fn reason(&self, error: anyhow::Error) -> anyhow::Error {
        match tokio::time::timeout(ENDING, self.postgres.until_gone()).await {
            Ok(gone) => anyhow!(gone),
            Err(_) => error,
        }
    }

    /// The API first, so that no new request comes; Halo and the database when no part needs them
    /// any more.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.api.stopping.cancel();
        self.worker.stopping.cancel();
        // How the parts end no longer matters. A part that had ended before was noticed in `broke`.
        for part in [self.serving, self.working] {
            if !part.is_finished() {
                let _ = part.await;
            }
        }
        tokio::join!(self.api.close(), self.worker.close());
        self.sandbox.stop().await;
        self.postgres.stop().await
    }
}

/// The requested port, otherwise any.
async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            println!("  Port {port} is taken; another one is used for the API.");
            Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
        }
        bound => bound.with_context(|| format!("cannot listen on port {port} (--port)")),
    }
}
