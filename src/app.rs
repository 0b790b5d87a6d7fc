//! The composition root: configuration in, running parts out.
//!
//! `serve`, `worker`, `dev`, the operator's commands and the tests all start here, so that what is tested is what runs. It
//! knows every room by its door and no rule of the business.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Caller, SystemScope, TokenRules, Verifier};
use crate::clock::Clock;
use crate::config::{ApiConfig, AuthConfig, Config, Environment, HaloConfig, HttpConfig, TrustedDocuments};
use crate::domain::roster::SyncSettings;
use crate::graphql;
use crate::halo::{Budget, BudgetAnswer, BudgetAsk, BudgetUnavailable, Halo, HaloSettings, Lane};
use crate::http::playground::{self, DevCaller, Oidc, PlaygroundConfig};
use crate::http::{self, Documents, Edge, Health, Identify, IdentifyError, ManifestError, Trust, limits::Limits};
use crate::jobs::{self, WorkerSettings};
use crate::net::{AllowList, Call, CannotBuildClient, Guard, HttpClient, HttpLimits, NotHostAndPort};
use crate::ops::{OpError, Ops, Settings, keys};
use crate::queue;
use crate::seal::{Keyring, KeyringError};
use crate::storage::budget::{self, Allowance};
use crate::storage::changes::Changes;
use crate::storage::leases::LeaseTerms;
use crate::storage::{self, Db, StorageError, partners};
use crate::telemetry::Metrics;

/// The queue listens on a connection for each kind of job, and fetches on a few more.
const QUEUE_CONNECTIONS: u32 = queue::Kind::ALL.len() as u32 + 4;
/// A JWKS document is a few kilobytes.
const LARGEST_JWKS: usize = 256 * 1024;
/// What running answers get to come to their end when the process is told to stop. Deployment tools kill after 30 seconds.
const STOP: Duration = Duration::from_secs(25);
/// What the database gets to let us in.
const CONNECT: Duration = Duration::from_secs(5);
/// What the database gets to say that it is there.
const PING: Duration = Duration::from_secs(1);
/// What connections to the database get to come back.
const CLOSE: Duration = Duration::from_secs(2);
/// Where the address of the database is found.
const DATABASE_URL: &str = "DATABASE_URL";
const NO_ANSWER: &str = "the database does not answer";
/// The operations that partners' callers may run.
const CONTRACT: &str = include_str!("../frontend-contract/persisted-documents.json");
const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why the process cannot start, in words that say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("INFIMA_KEYS cannot be used: {0}")]
    Keys(#[from] KeyringError),
    #[error(
        "INFIMA_KEYS holds the published development key, which protects nothing. Generate one: openssl rand -base64 32"
    )]
    DevelopmentKey,
    #[error(
        "DATABASE_URL names a role that row-level security does not bind, such as the owner of the tables. Use infima_app"
    )]
    Unwalled,
    #[error("INFIMA_KEYS is not the keyring this database was sealed with: {0}")]
    WrongKeys(#[source] OpError),
    #[error("INFIMA_HALO_DEVELOPMENT_ADDRESSES: {0}")]
    DevelopmentAddresses(#[from] NotHostAndPort),
    #[cfg(feature = "dev")]
    #[error("INFIMA_PAUSE_AT: {0}")]
    PauseAt(String),
    #[error(transparent)]
    Http(#[from] CannotBuildClient),
    // Without the parser's own words: they repeat what they could not parse, password and all.
    #[error("{0} is not an address of the form postgres://role:password@host:port/database")]
    DatabaseAddress(&'static str),
    #[error("Postgres at {at} ({variable}) {why}")]
    NoDatabase { at: String, variable: &'static str, why: String },
    #[error("the role in {0} may not change the tables: give `migrate` the database's owner, in MIGRATE_DATABASE_URL")]
    NotTheOwner(&'static str),
    #[error("the database has no tables of ours yet: run `infima-halo migrate` first")]
    NotMigrated,
    #[error("Postgres at DATABASE_URL: {0}")]
    Database(#[source] StorageError),
    #[error("the queue's tables: {0}")]
    QueueTables(#[from] queue::SetUpError),
    #[error("frontend-contract/persisted-documents.json: {0}")]
    Contract(#[from] ManifestError),
}

impl From<StorageError> for StartError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Database(error) => error.into(),
            error => StartError::Database(error),
        }
    }
}

impl From<sqlx::Error> for StartError {
    fn from(error: sqlx::Error) -> Self {
        const UNDEFINED_TABLE: &str = "42P01";
        match &error {
            sqlx::Error::Database(said) if said.code().as_deref() == Some(UNDEFINED_TABLE) => StartError::NotMigrated,
            _ => StartError::Database(error.into()),
        }
    }
}

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
        let keys = Keyring::parse(&config.keys.keys)?;
        if config.environment.environment == Environment::Production && keys.is_development_key() {
            return Err(StartError::DevelopmentKey);
        }
        reach(&config.database.url, DATABASE_URL).await?;
        let db = Db::connect(&config.database.url, connections).await?;
        let halo = halo(&config.halo, &db, &clock)?;
        let settings = Settings {
            settle: config.halo.settle,
            fresh: config.halo.fresh,
            lease: LeaseTerms { length: config.worker.lease, grace: config.halo.timeout },
            nights: SyncSettings {
                time_zone: config.night.time_zone,
                nightly: true,
                night_start: config.night.start,
                night_end: config.night.end,
            },
            #[cfg(feature = "dev")]
            stand_still_at: config
                .worker
                .pause_at
                .iter()
                .map(|step| step.parse())
                .collect::<Result<_, _>>()
                .map_err(StartError::PauseAt)?,
        };
        let ops = Ops::new(db, keys, halo, clock.clone(), settings);
        keys::check_canary(&ops).await.map_err(|error| match error {
            OpError::Storage(error) => error.into(),
            error => StartError::WrongKeys(error),
        })?;
        if !ops.db.is_walled().await? {
            return Err(StartError::Unwalled);
        }
        Ok(Self { ops, clock, stopping: CancellationToken::new(), mutations: TaskTracker::new() })
    }

    /// What `serve` answers: GraphQL, health and metrics, and beside them `others` (the playground; in development the keys).
    pub fn api(
        &self,
        config: &Config,
        api: &ApiConfig,
        verifier: Verifier,
        others: Router,
    ) -> Result<Router, StartError> {
        let edge = Edge {
            schema: graphql::schema(self.ops.clone(), Changes::listen(&self.ops.db)),
            identify: self.identify(verifier),
            clock: self.clock.clone(),
            limits: limits(&config.http),
            documents: documents(api.documents.trusted)?,
            schema_for_everybody: config.environment.environment == Environment::Development,
            stopping: self.stopping.clone(),
            mutations: self.mutations.clone(),
        };
        let origins = config.http.cors_origins.iter();
        let origins = origins.map(|origin| HeaderValue::from_str(origin).expect("a web origin is ASCII")).collect();
        Ok(http::router(edge, origins, others.merge(self.health())))
    }

    /// `/health/live`, `/health/ready` and `/metrics` of this process.
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
            metrics: Arc::new(|| Metrics::of_this_process().render()),
            stopping: self.stopping.clone(),
        })
    }

    /// Answers at `listener` until the app is stopped; what is being answered then, and every mutation, is brought to its
    /// end, within limits.
    pub async fn serve(&self, listener: TcpListener, router: Router) -> io::Result<()> {
        let told = self.stopping.clone();
        let serving = http::serve(listener, router, Limits::default().head_time, self.stopping.clone());
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
        let queue = queue_pool(&config.database.url)?;
        let settings = WorkerSettings {
            people_slots: config.worker.people_slots.into(),
            night_slots: config.worker.night_slots.into(),
            poll: config.worker.poll,
            orphan: config.worker.orphan,
            sweep: config.worker.sweep,
            stop: config.worker.stop,
        };
        jobs::run(self.ops.clone(), queue.clone(), settings, self.stopping.clone()).await;
        // A connection that does not come back is cut by the process' end.
        let _ = tokio::time::timeout(CLOSE, queue.close()).await;
        Ok(())
    }

    /// Gives the database's connections back. For a process that goes on, or whose database ends with it.
    pub async fn close(&self) {
        // One that does not come back is cut by the process' end.
        let _ = tokio::time::timeout(CLOSE, self.ops.db.pool().close()).await;
    }

    /// Turns tokens into callers: verified, and with our id of the partner they name.
    pub fn identify(&self, verifier: Verifier) -> Identify {
        let (db, verifier) = (self.ops.db.clone(), Arc::new(verifier));
        Arc::new(move |token| {
            let (db, verifier) = (db.clone(), verifier.clone());
            Box::pin(async move {
                let token = token.ok_or(IdentifyError::NoToken)?;
                let claims = verifier.verify(&token).await?;
                let partner = match claims.partner_external_id() {
                    Some(external_id) => partner_id(&db, external_id).await?,
                    None => None,
                };
                Ok(Caller::new(claims, partner))
            })
        })
    }
}

async fn partner_id(db: &Db, external_id: &str) -> Result<Option<crate::ids::PartnerId>, IdentifyError> {
    let found = async {
        let mut reader = db.read(SystemScope::sign_in()).await?;
        partners::id_of(&mut reader, SystemScope::sign_in(), external_id).await
    };
    found.await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a caller's partner could not be looked up");
        IdentifyError::Unavailable
    })
}

/// Applies our migrations and the queue's, as the owner of the database. `variable` is where its address was found.
pub async fn migrate(owner_url: &SecretString, variable: &'static str) -> Result<(), StartError> {
    let options = reach(owner_url, variable).await?;
    let owner = PgPoolOptions::new().max_connections(2).acquire_timeout(CONNECT).connect_with(options).await?;
    let migrated = async {
        storage::migrate(&owner).await?;
        queue::set_up(&owner).await?;
        Ok(())
    };
    let migrated = migrated.await.map_err(|error| match is_not_permitted(&error) {
        true => StartError::NotTheOwner(variable),
        false => error,
    });
    owner.close().await;
    migrated
}

/// Connects once, to learn what is wrong: a pool waits for a server that refuses, and then only says that it waited.
async fn reach(url: &SecretString, variable: &'static str) -> Result<PgConnectOptions, StartError> {
    /// A server that is on its way up, or full: the pool may well wait for that.
    const FOR_A_MOMENT: [&str; 2] = ["57P03", "53300"];
    let options: PgConnectOptions = url.expose_secret().parse().map_err(|_| StartError::DatabaseAddress(variable))?;
    let why = match tokio::time::timeout(CONNECT, options.clone().disable_statement_logging().connect()).await {
        Ok(Ok(connection)) => {
            // It was only to see: one that does not part in peace is cut.
            let _ = tokio::time::timeout(CLOSE, connection.close()).await;
            return Ok(options);
        }
        Ok(Err(sqlx::Error::Database(said))) if said.code().is_some_and(|code| FOR_A_MOMENT.contains(&&*code)) => {
            return Ok(options);
        }
        Ok(Err(sqlx::Error::Database(said))) => format!("does not let us in: {}", said.message()),
        Ok(Err(sqlx::Error::Io(error))) => {
            format!("cannot be reached: {error}. Is it running, and is this its address?")
        }
        Ok(Err(error)) => format!("cannot be reached: {error}"),
        Err(_) => format!("cannot be reached: no answer within {} seconds", CONNECT.as_secs()),
    };
    let at = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    Err(StartError::NoDatabase { at, variable, why })
}

/// Whether Postgres said, at the bottom of it, that the role may not do that.
fn is_not_permitted(error: &StartError) -> bool {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<sqlx::Error>()?.as_database_error())
        .any(|said| said.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE))
}

/// Support's playground over this API. `dev_callers` may be chosen from instead of signing in: in development.
pub fn playground(config: &Config, api: &ApiConfig, dev_callers: Vec<DevCaller>) -> Router {
    let environment = match config.environment.environment {
        Environment::Production => "production",
        Environment::Development => "development",
    };
    let signs_in = api.playground.oidc_issuer.clone().zip(api.playground.oidc_client_id.clone());
    playground::routes(PlaygroundConfig {
        environment: environment.to_owned(),
        endpoint: "/graphql".to_owned(),
        websocket: "/graphql".to_owned(),
        oidc: signs_in.map(|(issuer, client_id)| Oidc {
            issuer,
            client_id,
            scope: "openid profile".to_owned(),
            audience: Some(api.auth.audience.clone()),
            endpoints: None,
        }),
        dev_callers,
    })
}

/// The verifier of callers' tokens, with keys fetched from the address the operator configured.
pub fn verifier(config: &AuthConfig, clock: &Clock) -> Result<Verifier, StartError> {
    let rules = TokenRules {
        issuer: config.issuer.clone(),
        audience: config.audience.clone(),
        partner_claim: config.partner_claim.clone(),
        leeway: config.leeway,
    };
    let limits = HttpLimits { answer: LARGEST_JWKS, ..HttpLimits::default() };
    let http = HttpClient::for_configured_addresses(limits)?;
    let fetch: crate::auth::FetchKeys = Arc::new(move |url| {
        let http = http.clone();
        Box::pin(async move {
            let answer = http.send(Call::get(url)).await?;
            if !answer.status.is_success() {
                return Err(format!("the address answered {}", answer.status).into());
            }
            Ok(answer.body)
        })
    });
    Ok(Verifier::new(rules, config.jwks_url.clone(), fetch, clock.clone()))
}

fn limits(config: &HttpConfig) -> Limits {
    Limits {
        body: config.body_bytes as usize,
        import_body: config.import_body_bytes as usize,
        query_time: config.request_time,
        requests_per_minute: config.requests_per_minute,
        subscriptions: config.subscriptions_per_caller as usize,
        ..Limits::default()
    }
}

fn documents(trusted: TrustedDocuments) -> Result<Documents, ManifestError> {
    let trust = match trusted {
        TrustedDocuments::Enforce => Trust::Enforce,
        TrustedDocuments::Report => Trust::Report,
        TrustedDocuments::Off => Trust::Off,
    };
    Documents::read(CONTRACT, CONTRACT_VERSION, trust)
}

/// It connects when it is first used, and again whenever it has to: a database that goes away ends no worker.
fn queue_pool(url: &SecretString) -> Result<PgPool, StartError> {
    let options = url.expose_secret().parse().map_err(|_| StartError::DatabaseAddress(DATABASE_URL))?;
    Ok(PgPoolOptions::new().max_connections(QUEUE_CONNECTIONS).acquire_timeout(CONNECT).connect_lazy_with(options))
}

fn halo(config: &HaloConfig, db: &Db, clock: &Clock) -> Result<Halo, StartError> {
    let allowed = AllowList::parse(config.development_addresses.iter().map(ToString::to_string))?;
    let limits = HttpLimits { total: config.timeout, ..HttpLimits::default() };
    let http = HttpClient::for_typed_addresses(Guard::new(allowed), limits)?;
    let allowance = Allowance { total: config.requests, kept_for_people: config.people_requests, span: config.window };
    // By then whatever used the budget up is out of the window, and what came meanwhile as well.
    let long_reading_max_wait = config.window * 2;
    let settings = HaloSettings { request_timeout: config.timeout, long_reading_max_wait, ..HaloSettings::default() };
    Ok(Halo::new(http, shared_budget(db.clone(), allowance), clock.clone(), settings))
}

/// The budget that all processes share, as the function that `halo/` asks before every request.
fn shared_budget(db: Db, allowance: Allowance) -> Budget {
    Arc::new(move |ask| {
        let db = db.clone();
        Box::pin(async move {
            let asked = async {
                let mut connection = db.pool().acquire().await?;
                match ask {
                    BudgetAsk::Request { host, lane } => {
                        budget::take(&mut connection, &host, lane == Lane::People, allowance).await
                    }
                    BudgetAsk::LimitedByHalo { host, wait } => {
                        budget::pause(&mut connection, &host, wait).await.map(|()| None)
                    }
                }
            };
            match asked.await {
                Ok(wait) => Ok(wait.map_or(BudgetAnswer::Go, BudgetAnswer::Wait)),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the request budget cannot be asked");
                    Err(BudgetUnavailable)
                }
            }
        })
    })
}
