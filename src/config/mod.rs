//! What the environment said: a section for each room, read once at the start and handed in as values.
//!
//! Every setting is one environment variable; its name, default, meaning and type stand on the field that receives it,
//! and the table in `docs/configuration.md` is printed from there. Everything secret can also be given as a file: `DATABASE_URL_FILE`
//! instead of `DATABASE_URL`. There are no flags for settings, so a secret never stands on a command line.
//!
//! The only room that reads the environment. It knows no other room: sections hold plain values, and the room that is
//! handed its section gives them their meaning. Any room may take its own section; `cli`, `dev` and the tests read them.

mod auth;
mod database;
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
mod worker;

pub use auth::AuthConfig;
pub use database::{DatabaseConfig, OwnerConfig};
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
pub use worker::WorkerConfig;

/// What every long-running process is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub environment: EnvironmentConfig,
    #[command(flatten)]
    pub log: LogConfig,
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
}

/// What a process that answers the API is told beside [`Config`]; a worker does without.
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
    /// Reads every section and holds them against each other.
    ///
    /// # Errors
    /// A variable is missing, unreadable or out of range, or two of them contradict each other; the error names them.
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let config: Self = variables.read()?;
        config.environment.check()?;
        config.halo.check(config.environment.environment)?;
        config.worker.check(config.environment.environment)?;
        config.night.check()?;
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
        config.auth.check(variables.read::<EnvironmentConfig>()?.environment)?;
        config.playground.check()?;
        Ok(config)
    }
}
