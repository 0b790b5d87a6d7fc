//! The composition root: configuration in, running parts out.
//!
//! `serve`, `worker`, `dev`, the operator's commands and the tests all start here, so that what is tested is what runs. It
//! knows every room by its door and no rule of the business.
//!
//! Here is the [`App`] and what it answers and works. Beside it are the parts it is built of: the way to the database
//! (`database`), Halo with its budget (`halo`), who signs in (`sign_in`), support's playground, and why it may not start.

mod database;
mod halo;
mod playground;
mod sign_in;
mod start_error;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use database::migrate;
pub use playground::playground;
pub use sign_in::verifier;
pub use start_error::StartError;

use crate::auth::Verifier;
use crate::clock::Clock;
use crate::config::{ApiConfig, Config, Environment, HttpConfig};
use crate::domain::roster::NightlySchedule;
use crate::graphql;
use crate::http::{self, Documents, GraphqlService, Health, limits::Limits};
use crate::jobs;
use crate::ops::{OpError, Ops, Settings, admin::keys};
use crate::seal::Keyring;
use crate::storage::Db;
use crate::storage::leases::LeaseTerms;
use crate::storage::run_listener::RunListener;
use crate::telemetry::Metrics;

/// What running answers get to come to their end when the process is told to stop. Deployment tools kill after 30 seconds.
const STOP: Duration = Duration::from_secs(25);
/// What the database gets to say that it is there.
const PING: Duration = Duration::from_secs(1);
const NO_ANSWER: &str = "the database does not answer";
/// The operations that partners' callers may run.
const CONTRACT: &str = include_str!("../../frontend-contract/persisted-documents.json");
const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every process that does something is made of.
#[derive(Clone)]
pub struct App {
    pub ops: Ops,
    pub clock: Clock,
    /// Once cancelled, everything comes to an end.
    pub stopping: CancellationToken,
    /// Mutations that run: they are waited for.
    mutations: TaskTracker,
}

impl App {
    /// Connects to the database and builds the parts. `connections` is the size of the pool.
    pub async fn build(config: &Config, clock: Clock, connections: u32) -> Result<Self, StartError> {
        #[cfg(feature = "dev")]
        crate::ops::sync::run::stop_process_at(&config.worker.failpoints).map_err(StartError::Failpoints)?;
        let keys = Keyring::parse(&config.keys.keys)?;
        if config.environment.environment == Environment::Production && keys.is_development_key() {
            return Err(StartError::DevelopmentKey);
        }
        database::reach(&config.database.url, database::DATABASE_URL).await?;
        let db = Db::connect(&config.database.url, connections).await?;
        let halo = halo::build(&config.halo, &db, &clock)?;
        let settings = Settings {
            settle: config.halo.settle,
            fresh: config.halo.fresh,
            lease: LeaseTerms { length: config.worker.lease, grace: config.halo.timeout },
            nights: NightlySchedule {
                time_zone: config.night.time_zone,
                nightly: true,
                night_start: config.night.start,
                night_end: config.night.end,
            },
        };
        let ops = Ops::new(db, keys, halo, clock.clone(), settings);
        keys::check_canary(&ops).await.map_err(|error| match error {
            OpError::Storage(error) => error.into(),
            error => StartError::WrongKeys(error),
        })?;
        if !ops.db.rls_is_enforced().await? {
            return Err(StartError::RlsNotEnforced);
        }
        Ok(Self { ops, clock, stopping: CancellationToken::new(), mutations: TaskTracker::new() })
    }

    /// What `serve` answers: GraphQL and health, and beside them `others` (the playground; in development the keys).
    pub fn api(
        &self,
        config: &Config,
        api: &ApiConfig,
        verifier: Verifier,
        others: Router,
    ) -> Result<Router, StartError> {
        let service = GraphqlService {
            schema: graphql::schema(self.ops.clone(), RunListener::listen(&self.ops.db)),
            identify: self.identify(verifier),
            clock: self.clock.clone(),
            limits: limits(&config.http),
            documents: Documents::read(CONTRACT, CONTRACT_VERSION, api.documents.trusted)?,
            public_introspection: config.environment.environment == Environment::Development,
            stopping: self.stopping.clone(),
            mutations: self.mutations.clone(),
        };
        let origins = config.http.cors_origins.iter();
        let origins = origins.map(|origin| HeaderValue::from_str(origin).expect("a web origin is ASCII")).collect();
        Ok(http::router(service, origins, others.merge(self.health())))
    }

    /// `/health/live` and `/health/ready` of this process.
    pub fn health(&self) -> Router {
        let db = self.ops.db.clone();
        http::health_routes(Health {
            ready: Arc::new(move || {
                let db = db.clone();
                Box::pin(async move {
                    let answered = tokio::time::timeout(PING, db.ping()).await;
                    answered.is_ok_and(|ping| ping.is_ok()).then_some(()).ok_or_else(|| NO_ANSWER.to_owned())
                })
            }),
            stopping: self.stopping.clone(),
        })
    }

    /// `/metrics` of this process, for the operator alone.
    pub fn metrics(&self) -> Router {
        http::metrics_route(|| Metrics::of_this_process().render())
    }

    /// Answers at `listener` until the app is stopped; what is being answered then, and every mutation, is brought to its
    /// end, within limits.
    pub async fn serve(&self, listener: TcpListener, router: Router) -> io::Result<()> {
        let told = self.stopping.clone();
        let limits = Limits::default();
        let serving = http::serve(listener, router, &limits, self.stopping.clone());
        let too_late = async {
            told.cancelled().await;
            tokio::time::sleep(STOP).await;
        };
        tokio::select! {
            served = async {
                serving.await;
                self.mutations.close();
                self.mutations.wait().await;
                Ok(())
            } => served,
            () = too_late => {
                tracing::warn!("some answers did not come to their end in time");
                Ok(())
            }
        }
    }

    /// Works the queue until the app is stopped.
    pub async fn work(&self, config: &Config) -> Result<(), StartError> {
        let queue = database::queue_pool(&config.database.url)?;
        jobs::run(self.ops.clone(), queue.clone(), &config.worker, self.stopping.clone()).await;
        // A connection that does not come back is cut by the process' end.
        let _ = tokio::time::timeout(database::CLOSE, queue.close()).await;
        Ok(())
    }

    /// Gives the database's connections back. For a process that goes on, or whose database ends with it.
    pub async fn close(&self) {
        // One that does not come back is cut by the process' end.
        let _ = tokio::time::timeout(database::CLOSE, self.ops.db.pool().close()).await;
    }
}

fn limits(config: &HttpConfig) -> Limits {
    Limits {
        body: config.body_bytes as usize,
        import_body: config.import_body_bytes as usize,
        query_timeout: config.request_time,
        requests_per_minute: config.requests_per_minute,
        subscriptions: config.subscriptions_per_caller as usize,
        ..Limits::default()
    }
}
