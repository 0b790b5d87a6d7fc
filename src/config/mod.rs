//! Typed configuration: a section for each module, read once from the environment at the start.
//!
//! Every setting is one environment variable; its name, default, meaning and type are on the field
//! that receives it, and the table in `docs/configuration.md` is printed from there. Everything
//! secret can also be given as a file: `DATABASE_URL_FILE` instead of `DATABASE_URL`. There are no
//! flags for settings, so that no secret appears on a command line.
//!
//! This is the only module that reads the environment. It knows no other module: sections hold
//! plain values. Any module may take its own section; `cli`, `dev` and the tests read them.

mod auth;
mod database;
mod display;
mod documents;
mod environment;
mod error;
mod halo;
mod http;
mod keys;
mod log;
mod night;
mod parse;
mod playground;
mod read;
mod table;
mod traces;
mod worker;

pub use auth::AuthConfig;
pub use database::{DATABASE_URL, DatabaseConfig, LISTEN_DATABASE_URL, OwnerConfig};
pub use display::{DisplayConfig, UserAddresses};
pub use documents::{DocumentsConfig, TrustedDocuments};
pub use environment::{Environment, EnvironmentConfig};
pub use error::ConfigError;
pub use halo::HaloConfig;
pub use http::HttpConfig;
pub use keys::KeysConfig;
pub use log::{LogConfig, LogFormat};
pub use night::NightConfig;
pub use playground::PlaygroundConfig;
pub use read::Variables;
pub use table::table;
pub use traces::TracesConfig;
pub use worker::WorkerConfig;

/// The configuration of every long-running process.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub environment: EnvironmentConfig,
    #[command(flatten)]
    pub log: LogConfig,
    #[command(flatten)]
    pub traces: TracesConfig,
    #[command(flatten)]
    pub database: DatabaseConfig,
    #[command(flatten)]
    pub keys: KeysConfig,
    #[command(flatten)]
    pub http: HttpConfig,
    #[command(flatten)]
    pub halo: HaloConfig,
    #[command(flatten)]
    pub worker: WorkerConfig,
    #[command(flatten)]
    pub night: NightConfig,
    #[command(flatten)]
    pub display: DisplayConfig,
}

/// The additional configuration of a process that serves the API; a worker does not need it.
#[derive(Clone, Debug, clap::Args)]
pub struct ApiConfig {
    #[command(flatten)]
    pub auth: AuthConfig,
    #[command(flatten)]
    pub documents: DocumentsConfig,
    #[command(flatten)]
    pub playground: PlaygroundConfig,
}

impl Config {
    /// Reads every section and checks them against each other.
    ///
    /// # Errors
    /// A variable is missing, unreadable or out of range, or two of them contradict each other; the
    /// error names them.
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let config: Self = variables.read()?;
        check([
            config.environment.check(),
            config.halo.check(config.environment.environment),
            config.worker.check(config.environment.environment),
            config.night.check(),
        ])?;
        Ok(config)
    }
}

/// The configuration of `probe`, which needs no database and no keys.
#[derive(Clone, Debug, clap::Args)]
pub struct ProbeConfig {
    #[command(flatten)]
    environment: EnvironmentConfig,
    #[command(flatten)]
    pub log: LogConfig,
    #[command(flatten)]
    pub halo: HaloConfig,
}

impl ProbeConfig {
    /// Reads the sections of the probe.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let config: Self = variables.read()?;
        check([config.environment.check(), config.halo.check(config.environment.environment)])?;
        Ok(config)
    }
}

impl ApiConfig {
    /// Reads the sections of the API.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let config: Self = variables.read()?;
        let environment = variables.read::<EnvironmentConfig>()?.environment;
        check([config.auth.check(environment), config.playground.check()])?;
        Ok(config)
    }
}

/// Reads the sections of a process that serves the API, and names the mistakes of all of them at
/// once.
///
/// # Errors
/// As [`Config::read`].
pub fn read_serving(variables: &Variables) -> Result<(Config, ApiConfig), ConfigError> {
    match (Config::read(variables), ApiConfig::read(variables)) {
        (Ok(config), Ok(api)) => Ok((config, api)),
        (config, api) => {
            let errors = config.err().into_iter().chain(api.err()).collect();
            Err(ConfigError::all(errors).expect_err("one of them failed"))
        }
    }
}

fn check<const N: usize>(results: [Result<(), ConfigError>; N]) -> Result<(), ConfigError> {
    ConfigError::all(results.into_iter().filter_map(Result::err).collect())
}
