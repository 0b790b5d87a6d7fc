//! The composition root: configuration in, running parts out.
//!
//! `serve`, `worker`, `dev`, the operator's commands and the tests all start here, so that the
//! tests run what production runs. It knows the public interface of every module and no business
//! rule.
//!
//! This file holds the [`App`]. The other files build its parts: the database connection
//! (`database`), Halo with its budget (`halo`), the sender of webhooks (`webhooks`), sign-in
//! (`sign_in`), support's playground, and the errors of a failed start.

mod database;
pub mod doctor;
mod halo;
mod open_files;
mod playground;
pub mod probe;
mod shared_budget;
mod sign_in;
mod start_error;
mod traces;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use database::{migrate, schema_state};
pub use open_files::raise_limit;
pub use playground::playground;
pub use shared_budget::{BudgetTime, SharedBudget};
pub use sign_in::verifier;
pub use start_error::StartError;
pub use traces::collector;

use crate::auth::Verifier;
use crate::clock::Clock;
use crate::config::{ApiConfig, Config, DATABASE_URL, Environment, HttpConfig, LISTEN_DATABASE_URL, UserAddresses};
use crate::domain::roster::NightlySchedule;
use crate::graphql;
use crate::http::{self, Documents, GraphqlService, Health, limits::Limits};
use crate::jobs;
use crate::ops::admin::status::{self, NotReady};
use crate::ops::{OpError, Ops, Settings, admin::keys};
use crate::seal::Keyring;
use crate::storage::Db;
use crate::storage::leases::LeaseTerms;
use crate::storage::migrations;
use crate::storage::pooler;
use crate::storage::run_listener::RunListener;
use crate::telemetry::Metrics;

/// The interval in which the clocks are compared.
const CLOCK_INTERVAL: Duration = Duration::from_secs(10);
/// The time that the database gets to answer a health check.
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// The operations that partners' callers may run.
pub(in crate::app) const CONTRACT: &str = include_str!("../../frontend-contract/persisted-documents.json");
const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The parts of every process that serves requests or runs syncs.
#[derive(Clone)]
pub struct App {
    pub ops: Ops,
    pub clock: Clock,
    /// Cancelled when the process is asked to stop: it is no longer ready, and takes no job.
    pub stopping: CancellationToken,
    /// Cancelled when the API stops listening: sockets are closed.
    closing: CancellationToken,
    drain: Duration,
    shutdown_timeout: Duration,
    /// Mutations in progress. The process waits for them when it stops.
    mutations: TaskTracker,
    limits: Limits,
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
        database::reach(&config.database.url, DATABASE_URL).await?;
        let mut db = Db::connect(&config.database.url, connections).await?;
        if let Some(direct) = &config.database.listen_url {
            database::reach(direct, LISTEN_DATABASE_URL).await?;
            db = db.listening_at(direct)?;
        }
        let schema = migrations::schema_state(&mut *db.acquire().await?).await?;
        match schema.pending() {
            0 => {}
            all if all == schema.migrations.len() => return Err(StartError::NotMigrated),
            some => return Err(StartError::Outdated(some)),
        }
        let halo = halo::build(&config.halo, &db, &clock)?;
        let settings = Settings {
            create_confirmation_timeout: config.halo.create_confirmation,
            max_observation_age: config.halo.max_observation_age,
            lease: LeaseTerms {
                length: config.worker.lease,
                grace: config.halo.timeout,
                cool_down: config.worker.cool_down,
            },
            retention_months: config.worker.retention_months,
            nights: NightlySchedule {
                time_zone: config.night.time_zone,
                nightly: true,
                night_start: config.night.start,
                night_end: config.night.end,
            },
            guide_url: config.display.guide_url.clone(),
            admins_see_addresses: config.display.user_addresses == UserAddresses::Whole,
        };
        let webhooks = webhooks::build(&config.halo)?;
        let ops = Ops::new(db, keys, halo, webhooks, clock.clone(), settings);
        keys::check_canary(&ops).await.map_err(|error| match error {
            OpError::Storage(error) => error.into(),
            error => StartError::WrongKeys(error),
        })?;
        if !ops.db.rls_is_enforced().await? {
            return Err(StartError::RlsNotEnforced);
        }
        Ok(Self {
            ops,
            clock,
            stopping: CancellationToken::new(),
            closing: CancellationToken::new(),
            drain: config.http.drain,
            shutdown_timeout: config.http.shutdown_timeout,
            mutations: TaskTracker::new(),
            limits: limits(&config.http),
        })
    }

    /// Refuses a pooler in front of the database that loses prepared statements or notifications. A
    /// database that does not answer is no reason: the process waits for it.
    ///
    /// # Errors
    /// The pooler loses one of them.
    pub async fn check_pooler(&self, config: &Config) -> Result<(), StartError> {
        let db = &self.ops.db;
        if let Ok(false) = pooler::statements_are_kept(db).await {
            return Err(StartError::StatementsLost);
        }
        match pooler::notification_arrives(db, database::NOTIFICATION_TIMEOUT).await {
            Ok(false) => Err(StartError::NotificationsLost(config.database.listen_address().1)),
            Ok(true) | Err(_) => Ok(()),
        }
    }

    /// Returns the router of `serve`: GraphQL and health, and `others` (the playground; in
    /// development the keys).
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
            downloads: graphql::downloads(self.ops.clone()),
            documents: Documents::read(CONTRACT, CONTRACT_VERSION, api.documents.trusted)?,
            public_introspection: config.environment.environment == Environment::Development,
            stopping: self.closing.clone(),
            mutations: self.mutations.clone(),
        };
        let listed = config.http.cors_origins.iter();
        let origins = http::Origins {
            listed: listed.map(|origin| HeaderValue::from_str(origin).expect("a web origin is ASCII")).collect(),
            any_loopback: config.environment.environment == Environment::Development,
        };
        Ok(http::router(service, origins, others.merge(self.health())))
    }

    /// `/health/live` and `/health/ready` of this process.
    pub fn health(&self) -> Router {
        let ops = self.ops.clone();
        http::health_routes(Health {
            ready: Arc::new(move || {
                let ops = ops.clone();
                Box::pin(async move {
                    let checked = tokio::time::timeout(PING_TIMEOUT, status::check_ready(&ops)).await;
                    checked.unwrap_or(Err(NotReady::NoAnswer)).map_err(|reason| reason.to_string())
                })
            }),
            stopping: self.stopping.clone(),
        })
    }

    /// `/metrics` of this process, for the operator alone.
    pub fn metrics(&self) -> Router {
        let pool = self.ops.db.pool().clone();
        http::metrics_route(move || {
            let idle = pool.num_idle();
            metrics::gauge!("database_connections", "state" => "idle").set(idle as f64);
            metrics::gauge!("database_connections", "state" => "busy")
                .set((pool.size() as usize).saturating_sub(idle) as f64);
            Metrics::of_this_process().render()
        })
    }

    /// Serves the API until the app is stopped, and for a while after it: load balancers notice
    /// that it is not ready, and send no new requests. Requests in progress and every mutation are
    /// then completed, within the shutdown timeout.
    pub async fn serve(&self, listener: TcpListener, router: Router) {
        let serving = http::serve(listener, router, &self.limits, self.closing.clone());
        let timed_out = async {
            self.stopping.cancelled().await;
            tokio::time::sleep(self.drain).await;
            self.closing.cancel();
            tokio::time::sleep(self.shutdown_timeout).await;
        };
        tokio::select! {
            () = async {
                serving.await;
                self.mutations.close();
                self.mutations.wait().await;
            } => {}
            () = timed_out => tracing::warn!("some requests were not completed before the shutdown timeout"),
        }
    }

    /// Answers the operator's checks, without an end: a process that stops says so until it is
    /// gone.
    pub async fn answer_checks(&self, listener: TcpListener) {
        let router = self.health().merge(self.metrics());
        http::serve(listener, router, &self.limits, CancellationToken::new()).await;
    }

    /// Compares this machine's clock with the database's, without an end: a wrong clock is reported
    /// even if no one asks whether the process is ready. A worker does so before it enqueues.
    pub async fn watch_clock(&self) {
        loop {
            if let Err(error) = status::compare_clocks(&self.ops).await {
                tracing::debug!(%error, "the database's clock could not be read");
            }
            tokio::time::sleep(CLOCK_INTERVAL).await;
        }
    }

    /// Runs queued jobs until the app is stopped.
    pub async fn work(&self, config: &Config) -> Result<(), StartError> {
        let queue = database::queue_pool(&config.database)?;
        jobs::run(self.ops.clone(), queue.clone(), &config.worker, self.stopping.clone()).await;
        // The end of the process closes a connection that is not returned in time.
        let _ = tokio::time::timeout(database::CLOSE_TIMEOUT, queue.close()).await;
        Ok(())
    }

    /// Closes the database connections, for a process that continues or whose database ends with
    /// it.
    pub async fn close(&self) {
        // The end of the process closes a connection that is not returned in time.
        let _ = tokio::time::timeout(database::CLOSE_TIMEOUT, self.ops.db.pool().close()).await;
    }
}

fn limits(config: &HttpConfig) -> Limits {
    Limits {
        body: config.body_bytes as usize,
        connections: config.connections as usize,
        connections_per_address: config.connections_per_address as usize,
        trusted_proxies: config.trusted_proxies.clone(),
        import_body: config.import_body_bytes as usize,
        query_timeout: config.request_time,
        requests_per_minute: config.requests_per_minute,
        subscriptions: config.subscriptions_per_caller as usize,
        ..Limits::default()
    }
}
