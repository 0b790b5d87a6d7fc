use secrecy::SecretString;

use super::error::{ConfigError, Missing};
use super::parse;

/// The Postgres database and the sizes of the connection pools.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseConfig {
    /// Address of the Postgres database, as the app's own role (not the owner):
    /// `postgres://role:password@host/database`
    #[arg(env = DATABASE_URL, id = "database-url", hide_env_values = true, value_parser = parse::secret)]
    pub url: SecretString,

    /// Address of the same database as its owner, for `migrate` (default: `DATABASE_URL`) and for
    /// `dev` with an existing database
    #[arg(env = "MIGRATE_DATABASE_URL", id = "migrate-database-url", hide_env_values = true, value_parser = parse::secret)]
    pub migrate_url: Option<SecretString>,

    /// Address of the same database that leads to Postgres directly, for notifications and the
    /// worker's queue, if `DATABASE_URL` leads through a pooler in transaction mode
    #[arg(env = LISTEN_DATABASE_URL, id = "listen-database-url", hide_env_values = true, value_parser = parse::secret)]
    pub listen_url: Option<SecretString>,

    /// Maximum number of connections for serving requests
    #[arg(
        env = "INFIMA_DATABASE_CONNECTIONS",
        id = "database-connections",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=500)
    )]
    pub connections: u32,

    /// Maximum number of connections for the worker
    #[arg(
        env = "INFIMA_DATABASE_WORKER_CONNECTIONS",
        id = "database-worker-connections",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(4..=500)
    )]
    pub worker_connections: u32,
}

pub const DATABASE_URL: &str = "DATABASE_URL";
pub const LISTEN_DATABASE_URL: &str = "LISTEN_DATABASE_URL";

impl DatabaseConfig {
    /// Returns the address at which notifications arrive, and the variable that holds it.
    pub fn listen_address(&self) -> (&SecretString, &'static str) {
        match &self.listen_url {
            Some(direct) => (direct, LISTEN_DATABASE_URL),
            None => (&self.url, DATABASE_URL),
        }
    }
}

/// The database as its owner, for `migrate`. The application's address is optional: its role may
/// not exist yet.
#[derive(Clone, Debug, clap::Args)]
pub struct OwnerConfig {
    #[arg(env = OWNER, id = "migrate-database-url", hide_env_values = true, value_parser = parse::secret)]
    migrate_url: Option<SecretString>,
    #[arg(env = DATABASE_URL, id = "database-url", hide_env_values = true, value_parser = parse::secret)]
    url: Option<SecretString>,
}

const OWNER: &str = "MIGRATE_DATABASE_URL";

impl OwnerConfig {
    /// Returns the owner's address and the variable that held it.
    ///
    /// # Errors
    /// Neither variable is set.
    pub fn address(self) -> Result<(SecretString, &'static str), ConfigError> {
        let owner = self.migrate_url.map(|owner| (owner, OWNER));
        owner.or(self.url.map(|url| (url, DATABASE_URL))).ok_or_else(|| {
            let help = "Address of the Postgres database as its owner: `postgres://role:password@host/database`";
            ConfigError::Missing(vec![Missing { variable: OWNER.into(), secret: true, help: help.into() }])
        })
    }
}
